"""Facebook: a post is shared when it is for everyone, standing, and in an open place."""

import json

import pytest

from platforms.records import Identity, MediaKind, Role, Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import codes, items, readings, replaced, without
from tests.platforms.sources.meta_dumps import (
    ALBUM_ID,
    ALICE_ID,
    EVENT_ID,
    FACEBOOK_ENTRY,
    GROUP_ID,
    PAGE_ID,
    album,
    envelope,
    event,
    fb_post,
    group,
    items_of_files,
    page,
    photo,
    privacy,
    shared_post,
    zipped,
)

SOURCE = f"{PAGE_ID}_9002"
OPEN = {"container.privacy": "public"}
IN_GROUP = f"{GROUP_ID}_9001"
IN_EVENT = f"{EVENT_ID}_9001"
BY_ALICE = {"from": {"id": ALICE_ID, "name": "Alice Example"}}


def only(tmp_path, *records, facts=None):
    """The item of the first record."""
    found = items(tmp_path, "facebook", list(records), facts=facts)
    return next(item for item in found if item.native_id == records[0]["id"])


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param([fb_post(), page()], id="a list"),
        pytest.param(envelope(fb_post(), page()), id="an API response"),
        pytest.param(json.dumps(fb_post()) + "\n" + json.dumps(page()), id="NDJSON"),
        pytest.param(page(posts=envelope(fb_post())), id="the posts of a page"),
        pytest.param([fb_post(privacy={"value": "EVERYONE"}), page()], id="a short privacy"),
        pytest.param([fb_post(targeting={}), page()], id="nobody is targeted"),
        pytest.param([fb_post(feed_targeting={"age_min": 21}), page()], id="sorted in feeds"),
        pytest.param([fb_post(IN_GROUP), group()], id="a post in an open group"),
        pytest.param([fb_post(IN_EVENT), event()], id="a post in a public event"),
        pytest.param(
            [fb_post(status_type="shared_story", attachments={"data": [
                {"type": "share", "title": "x", "target": {"url": "https://tides.example"}}
            ]}), page()],
            id="a link",
        ),
        pytest.param([photo(), page()], id="a photo"),
        pytest.param([photo(album={"id": ALBUM_ID, "name": "x"}), page()], id="with its audience"),
    ],
)  # fmt: skip
def test_a_post_for_everyone_in_an_open_place_is_shared(tmp_path, dump):
    (item,) = items(tmp_path, "facebook", dump)

    assert codes(item) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"privacy": privacy("ALL_FRIENDS")}, "privacy_all_friends"),
        ({"privacy": privacy("FRIENDS_OF_FRIENDS")}, "privacy_friends_of_friends"),
        ({"privacy": privacy("SELF")}, "privacy_self"),
        ({"privacy": privacy("CUSTOM", friends="ALL_FRIENDS", deny="77")}, "privacy_custom"),
        ({"privacy": privacy("EVERYONE", deny="77")}, "privacy_custom"),
        ({"privacy": privacy("EVERYONE", allow="77")}, "privacy_custom"),
        ({"privacy": privacy("EVERYONE", networks="1")}, "privacy_custom"),
        ({"privacy": privacy("EVERYONE", friends="SOME_FRIENDS")}, "privacy_custom"),
        ({"is_published": False}, "is_published_unpublished"),
        ({"is_hidden": True}, "is_hidden_removed_author"),
        ({"is_expired": True}, "is_expired_expired"),
        ({"timeline_visibility": "hidden"}, "timeline_visibility_removed_author"),
        ({"targeting": {"geo_locations": {"countries": ["DE"]}}}, "targeted"),
        ({"sponsor_tags": {"data": [{"id": "1"}]}}, "sponsored"),
        ({"is_inline_created": True}, "sponsored"),
        ({"status_type": "approved_friend"}, "status_type_out_of_scope"),
        ({"from": {"id": PAGE_ID, "age_range": {"max": 17, "min": 13}}}, "minor"),
        ({"created_time": "2090-01-01T00:00:00+0000"}, "published_in_the_future"),
    ],
)
def test_what_is_known_not_to_be_shared_is_excluded(tmp_path, change, code):
    item = only(tmp_path, fb_post(**change), page())

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"privacy": privacy("")}, "privacy_unknown"),
        ({"privacy": privacy("WORLD")}, "privacy_unknown"),
        ({"privacy": privacy(None)}, "privacy_unknown"),
        ({"privacy": privacy("EVERYONE", deny=["77"])}, "privacy_unknown"),
        ({"privacy": None}, "privacy_unknown"),
        ({"is_published": "true"}, "is_published_unknown"),
        ({"is_hidden": None}, "is_hidden_unknown"),
        ({"is_expired": 0}, "is_expired_unknown"),
        ({"timeline_visibility": "shown"}, "timeline_visibility_unknown"),
        ({"from": None}, "author_unknown"),
        ({"from": {"name": "Low tide"}}, "author_unknown"),
        ({"created_time": 1600000000}, "published_at_unknown"),
        ({"targeting": None}, "targeting_unknown"),
        ({"status_type": "danced"}, "status_type_unknown"),
        ({"attachments": "x"}, "attachments_unknown"),
        ({"attachments": {"data": [{"type": "hologram"}]}}, "attachments_unknown"),
        ({"parent_id": "x"}, "parent_id_unknown"),
        ({"from": {"id": PAGE_ID, "birthday": "soon"}}, "age_unknown"),
    ],
)
def test_what_is_not_understood_is_held(tmp_path, change, code):
    item = only(tmp_path, fb_post(**change), page())

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("privacy", "privacy_unknown"),
        ("is_published", "is_published_unknown"),
        ("is_hidden", "is_hidden_unknown"),
        ("is_expired", "is_expired_unknown"),
        ("timeline_visibility", "timeline_visibility_unknown"),
        ("from", "author_unknown"),
        ("created_time", "published_at_unknown"),
    ],
)
def test_a_field_that_decides_must_be_there(tmp_path, field, code):
    item = only(tmp_path, without(fb_post(), field), page())

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


STATE_FACTS = {
    "post.is_published": "true",
    "post.is_hidden": "false",
    "post.is_expired": "false",
    "post.timeline_visibility": "normal",
}


def test_the_state_of_all_posts_can_be_asserted_and_a_record_that_says_worse_wins(tmp_path):
    names = [name.partition(".")[2] for name in STATE_FACTS]
    bare = {name: value for name, value in fb_post().items() if name not in names}

    assert codes(only(tmp_path, bare, page(), facts=STATE_FACTS)) == set()
    hidden = only(tmp_path, {**bare, "is_hidden": True}, page(), facts=STATE_FACTS)
    asserted = only(tmp_path, fb_post(), page(), facts={"post.is_hidden": "true"})
    assert judge(hidden).verdict is Verdict.EXCLUDE
    assert judge(asserted).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    ("number", "place", "verdict"),
    [
        (fb_post()["id"], page(is_published=False), Verdict.EXCLUDE),
        (fb_post()["id"], page(is_published=None), Verdict.HOLD),
        (IN_GROUP, group(privacy="CLOSED"), Verdict.EXCLUDE),
        (IN_GROUP, group(privacy="SECRET"), Verdict.EXCLUDE),
        (IN_GROUP, group(privacy="everyone"), Verdict.HOLD),
        (IN_GROUP, page(), Verdict.HOLD),
        (IN_EVENT, event(type="private"), Verdict.EXCLUDE),
        (IN_EVENT, event(type="group"), Verdict.EXCLUDE),
        (IN_EVENT, event(type="party"), Verdict.HOLD),
        (IN_EVENT, event(is_draft=True), Verdict.EXCLUDE),
        (IN_GROUP, group(is_locked=True), Verdict.EXCLUDE),
    ],
)
def test_a_post_is_no_more_public_than_its_place(tmp_path, number, place, verdict):
    item = only(tmp_path, fb_post(number), place)

    assert judge(item).verdict is verdict
    asserted = only(tmp_path, fb_post(number), place, facts=OPEN)
    assert (judge(asserted).verdict is Verdict.EXCLUDE) is (verdict is Verdict.EXCLUDE)


def test_a_place_of_which_nothing_is_known_is_held_with_what_would_settle_it(tmp_path):
    (reason,) = judge(only(tmp_path, fb_post())).reasons

    assert reason.code == "container_unknown"
    assert "--fact container.privacy=public" in reason.detail
    assert codes(only(tmp_path, fb_post(), facts=OPEN)) == set()


def test_a_post_on_another_page_or_group_has_that_place_in_it_too(tmp_path):
    item = only(tmp_path, fb_post(IN_GROUP, **BY_ALICE), group())

    assert codes(item) == set()
    assert {(p.role, p.identity, p.native_id) for p in item.principals} == {
        (Role.OWNER, Identity.STABLE, ALICE_ID),
        (Role.CONTAINER, Identity.STABLE, GROUP_ID),
    }


def test_every_place_that_a_post_was_put_into_must_be_open(tmp_path):
    post = fb_post(to={"data": [{"id": GROUP_ID, "name": "x"}]})

    secret = only(tmp_path, post, page(), group(privacy="SECRET"))
    unknown = only(tmp_path, post, page())
    opened = only(tmp_path, post, page(), group())

    assert judge(secret).verdict is Verdict.EXCLUDE
    assert codes(unknown) == {"container_unknown"}
    assert codes(opened) == set()


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        (fb_post(SOURCE), Verdict.SHARE),
        (None, Verdict.HOLD),
        (fb_post(SOURCE, privacy=privacy("SELF")), Verdict.EXCLUDE),
        (fb_post(SOURCE, is_published=False), Verdict.EXCLUDE),
        (without(fb_post(SOURCE), "privacy"), Verdict.HOLD),
        (fb_post(SOURCE, **{"from": None}), Verdict.HOLD),
    ],
)
def test_a_shared_post_is_no_more_public_than_what_it_shares(tmp_path, source, verdict):
    others = [source] if source else []

    item = only(tmp_path, shared_post(), page(), *others)

    assert judge(item).verdict is verdict
    assert any(p.role is Role.QUOTED for p in item.principals) is bool(source)


def test_a_picture_that_may_be_anothers_is_held(tmp_path):
    attachments = {"data": [{"type": "photo", "media": {"image": {"src": "https://f.example/a"}}}]}

    own = only(tmp_path, fb_post(attachments=attachments, status_type="added_photos"), page())
    unsaid = only(tmp_path, without(fb_post(attachments=attachments), "status_type"), page())

    assert codes(own) == set()
    assert own.media_kinds == {MediaKind.TEXT, MediaKind.IMAGE}
    assert codes(unsaid) == {"shared_post_unknown"}


BARE_PHOTO = without(photo(album={"id": ALBUM_ID}), "privacy")


@pytest.mark.parametrize(
    ("record", "others", "verdict"),
    [
        (BARE_PHOTO, [album()], Verdict.SHARE),
        (BARE_PHOTO, [], Verdict.HOLD),
        (BARE_PHOTO, [album(privacy="friends")], Verdict.EXCLUDE),
        (BARE_PHOTO, [album(privacy="self")], Verdict.EXCLUDE),
        (BARE_PHOTO, [album(privacy="neighbours")], Verdict.HOLD),
        (replaced(BARE_PHOTO, album(), "album"), [], Verdict.SHARE),
        (photo(album=album(privacy="friends")), [], Verdict.EXCLUDE),
        (without(BARE_PHOTO, "album"), [], Verdict.HOLD),
        (without(photo(), "is_published"), [], Verdict.HOLD),
        (photo(page_story_id=SOURCE), [], Verdict.HOLD),
        (photo(page_story_id=SOURCE), [fb_post(SOURCE)], Verdict.SHARE),
        (photo(page_story_id=SOURCE), [fb_post(SOURCE, is_published=False)], Verdict.EXCLUDE),
        (photo(page_story_id=None), [], Verdict.HOLD),
        (photo(privacy=privacy("SELF")), [], Verdict.EXCLUDE),
    ],
)
def test_a_photo_is_no_more_public_than_its_album_and_its_post(tmp_path, record, others, verdict):
    assert judge(only(tmp_path, record, page(), *others)).verdict is verdict


@pytest.mark.parametrize("missing", ["type", "count", "id"])
@pytest.mark.parametrize(
    ("audience", "verdict"),
    [
        ("everyone", Verdict.SHARE),
        ("friends", Verdict.EXCLUDE),
        ("custom", Verdict.EXCLUDE),
        ("neighbours", Verdict.HOLD),
    ],
)
def test_photos_that_an_album_lists_are_no_more_public_than_it(
    tmp_path, audience, verdict, missing
):
    held = Verdict.HOLD if missing == "id" else verdict
    photos = envelope(without(photo(), "privacy"))
    listed = without(album(type="normal", privacy=audience, photos=photos), missing)

    for dump in ([listed, page()], [page(albums=envelope(listed))]):
        (item,) = items(tmp_path, "facebook", dump)
        assert judge(item).verdict is held


@pytest.mark.parametrize("named", [album(id="77"), {"id": "77"}, "77"], ids=str)
def test_a_photo_that_names_another_album_is_no_more_public_than_the_one_that_lists_it(
    tmp_path, named
):
    photos = envelope(without(photo(album=named), "privacy"))
    listed, other = album(privacy="friends", photos=photos), album(id="77")

    found = items(tmp_path, "facebook", [listed, other, page()])

    assert {item.native_id for item in found} == {photo()["id"]}
    assert Verdict.EXCLUDE in {judge(item).verdict for item in found}


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (page(is_verified=True), Verdict.SHARE),
        (page(verification_status="blue_verified"), Verdict.SHARE),
        (page(followers_count=100), Verdict.SHARE),
        (page(followers_count=99), Verdict.EXCLUDE),
        (page(is_verified=False), Verdict.EXCLUDE),
        (page(), Verdict.HOLD),
    ],
)
def test_an_operator_may_ask_for_public_figures_only(tmp_path, record, verdict):
    item = only(tmp_path, fb_post(), record, facts={"public_figures_only": "true"})

    assert judge(item).verdict is verdict


def test_an_id_that_the_dump_also_holds_as_not_open_is_held(tmp_path):
    item = only(tmp_path, fb_post(), fb_post(privacy=privacy("SELF")), page())

    assert codes(item) == {"conflicting_appearances"}


@pytest.mark.parametrize(
    "place",
    [
        {"group": {"name": "Tide watchers", "privacy": "CLOSED"}},
        {"event": GROUP_ID},
        {"target": {"id": "tides"}},
        {"to": envelope({"name": "Tide watchers", "is_locked": True})},
        {"to": [{"id": PAGE_ID}, GROUP_ID]},
        {"to": {"name": "Tide watchers"}},
    ],
)
def test_a_place_without_an_id_holds_the_post(tmp_path, place):
    item = only(tmp_path, fb_post(**place), page())

    assert codes(item) == {"place_id_unknown"}


@pytest.mark.parametrize("none", [{"group": None, "to": None}, {"event": {}, "to": envelope()}])
def test_no_place_is_no_unknown_place(tmp_path, none):
    assert judge(only(tmp_path, fb_post(**none), page())).verdict is Verdict.SHARE


@pytest.mark.parametrize("record", [photo(album={"id": ALBUM_ID}), photo(album=album())])
def test_a_mark_in_the_record_of_its_album_holds_a_photo(tmp_path, record):
    marked = album(cover_photo={"id": "1", "is_private": True})

    for dump in ([record, marked], [record, album(), marked], [record, marked, album()]):
        assert codes(only(tmp_path, *dump, page())) == {"mark_not_read"}


@pytest.mark.parametrize(
    "part",
    [
        {"is_private": True},
        {"target": {"id": "1", "is_published": False}},
        {"media": {"audience": "friends"}},
        {"subattachments": {"data": [{"type": "photo", "privacy": {"value": "SELF"}}]}},
    ],
)
def test_a_mark_anywhere_in_an_attachment_holds_the_post(tmp_path, part):
    attached = {"data": [{"type": "photo"} | part]}

    item = only(tmp_path, fb_post(attachments=attached), page())

    assert codes(item) == {"mark_not_read"}


def test_a_mark_in_the_album_inside_a_photo_holds_the_photo(tmp_path):
    inner = {"id": ALBUM_ID, "is_private": True}

    item = only(tmp_path, photo(album=inner), page())

    assert codes(item) == {"mark_not_read"}


@pytest.mark.parametrize(
    "field",
    [
        {"to": {"data": [page(is_published=False)]}},
        {"album": {"id": ALBUM_ID, "from": page(is_published=False)}},
    ],
)
def test_whatever_a_record_says_of_a_page_inside_it_counts(tmp_path, field):
    item = only(tmp_path, photo(**field), page())

    assert judge(item).verdict is Verdict.EXCLUDE
    assert "unpublished" in codes(item)


def test_a_dump_tells_what_it_says_of_pages_and_groups(tmp_path):
    closed = readings(
        tmp_path, "facebook", [fb_post(), page(is_published=False), group(privacy="SECRET")]
    )
    opened = readings(tmp_path, "facebook", [fb_post(), page()])

    assert {r.native_id: r.denies for r in closed} == {
        PAGE_ID: {"unpublished"},
        GROUP_ID: {"private"},
    }
    assert [(r.native_id, r.clears) for r in opened] == [(PAGE_ID, {"unpublished"})]


@pytest.mark.parametrize("facts", [{}, OPEN | STATE_FACTS])
@pytest.mark.parametrize(
    "content",
    [
        [FACEBOOK_ENTRY],
        {"group_posts_v2": [FACEBOOK_ENTRY]},
        {"photos_v2": [{"uri": "a.jpg", "creation_timestamp": 1600000000, "description": "x"}]},
    ],
)
def test_a_download_can_never_prove_a_post_public_whatever_is_asserted(tmp_path, content, facts):
    (item,) = items(tmp_path, "facebook", content, facts=facts)

    assert judge(item).verdict is Verdict.HOLD
    (reason,) = [r for r in judge(item).reasons if r.code == "download_proves_nothing"]
    assert "Graph API" in reason.detail


@pytest.mark.parametrize("name", ["trash.json", "archive.json", "archived_stories.json"])
def test_what_a_download_holds_as_thrown_away_or_archived_is_excluded(tmp_path, name):
    (item,) = items_of_files(tmp_path, "facebook", {name: [FACEBOOK_ENTRY]})

    assert judge(item).verdict is Verdict.EXCLUDE


def test_an_entry_keeps_the_authors_words_repaired_and_no_names_of_others(tmp_path):
    (item,) = items(tmp_path, "facebook", [FACEBOOK_ENTRY])

    assert item.text == "Ebbe im Hafen – schön"
    assert "Bob" not in repr(item)


def test_a_zipped_download_is_read_by_the_names_of_its_files(tmp_path):
    posts = "facebook-alice/your_facebook_activity/posts"
    download = zipped(
        {
            f"{posts}/your_posts__check_ins__photos_and_videos_1.json": [FACEBOOK_ENTRY],
            f"{posts}/your_photos.json": {"other_photos_v2": []},
            f"{posts}/trash.json": {"trash_v2": [FACEBOOK_ENTRY]},
            "facebook-alice/messages/inbox/bob/message_1.json": "{ private",
            "facebook-alice/security/ip_addresses.json": "{ private",
        }
    )

    found = items_of_files(tmp_path, "facebook", {"alice.zip": download})

    assert [judge(item).verdict for item in found] == [Verdict.HOLD, Verdict.EXCLUDE]


def test_an_empty_audience_says_how_to_ask_for_it(tmp_path):
    (item,) = items(tmp_path, "facebook", [fb_post(privacy=privacy("")), page()])

    (reason,) = judge(item).reasons
    assert reason.code == "privacy_unknown"
    assert "a token of its page" in reason.detail


@pytest.mark.parametrize(
    ("time", "verdict", "code"),
    [
        pytest.param(4_102_444_800, Verdict.EXCLUDE, "scheduled", id="to come"),
        pytest.param("2099-12-31T00:00:00+0000", Verdict.EXCLUDE, "scheduled", id="as text"),
        pytest.param("soon", Verdict.HOLD, "scheduled_publish_time_unknown", id="garbage"),
    ],
)
def test_a_scheduled_post_is_not_out_whatever_is_asserted(time, verdict, code, tmp_path):
    post = without(fb_post(scheduled_publish_time=time), "is_published")

    item = only(tmp_path, post, page(), facts={"post.is_published": "true"})

    assert judge(item).verdict is verdict
    assert code in codes(item)
