"""Reddit: which fields decide, and who is in a post or comment."""

from datetime import UTC, datetime
from time import process_time

import pytest

from platforms.records import Identity, MediaKind, Role, Verdict
from platforms.sources import SOURCES, BadFact
from platforms.sources.reddit.media import media_of
from platforms.visibility import judge
from tests.platforms.sources.dumps import NOW, codes, replaced, without
from tests.platforms.sources.dumps import items as items_of
from tests.platforms.sources.dumps import readings as readings_of
from tests.platforms.sources.dumps import shared as shared_of
from tests.platforms.sources.reddit_dumps import (
    ALICE,
    BOB,
    CAROL,
    CLIFFS,
    TIDES,
    account,
    comment,
    crosspost,
    lines,
    listing,
    page,
    post,
    source,
    subreddit,
    thing,
)


def items(tmp_path, *contents, **kwargs):
    return items_of(tmp_path, "reddit", *contents, **kwargs)


def shared(tmp_path, *contents, **kwargs):
    return shared_of(tmp_path, "reddit", *contents, **kwargs)


def readings(tmp_path, *contents, **kwargs):
    return readings_of(tmp_path, "reddit", *contents, **kwargs)


def only(tmp_path, *contents, **kwargs):
    (item,) = items(tmp_path, *contents, **kwargs)
    return item


def last(tmp_path, *contents, **kwargs):
    """The comment where there is one; items come in no order."""
    return sorted(items(tmp_path, *contents, **kwargs), key=lambda item: item.kind)[0]


def roles(item):
    return {(p.role, p.identity, p.native_id, p.handle) for p in item.principals}


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param(post(), id="a bare post"),
        pytest.param(thing("t3", post()), id="a thing"),
        pytest.param(listing(thing("t3", post())), id="a listing"),
        pytest.param([post()], id="a list"),
        pytest.param({"data": [post()]}, id="an archive's answer"),
        pytest.param(lines(post(), subreddit()), id="NDJSON"),
        pytest.param(page(post(), comment()), id="a comments page"),
        pytest.param(lines(comment(), post()), id="a comment before its post"),
        pytest.param(listing(thing("t3", post()), thing("more", {"children": []})), id="more"),
        pytest.param(without(post(), "name"), id="an archive without fullnames"),
        pytest.param(post(created_utc="1600000000"), id="seconds as text"),
        pytest.param(post(_meta={"retrieved_2nd_on": 1_600_200_000}), id="an archive, read twice"),
        pytest.param(post(hidden=True, saved=True, locked=True, archived=True), id="the viewer's"),
        pytest.param(post(spoiler=True, no_follow=True, score=-7), id="what has no influence"),
        pytest.param(lines(crosspost(), subreddit("cliffs", CLIFFS)), id="a crosspost"),
        pytest.param(lines(post(), comment(collapsed_reason_code="LOW_SCORE")), id="a low score"),
        pytest.param(lines(post(), account()), id="an account that may be indexed"),
        pytest.param(post(promoted=False), id="no advert"),
    ],
)
def test_an_item_of_which_everything_is_known_is_shared(tmp_path, dump):
    found = items(tmp_path, dump)

    assert found
    assert {code for item in found for code in codes(item)} == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *(
            ({"removed_by_category": category}, code)
            for category, code in {
                "deleted": "deleted",
                "author": "deleted",
                "moderator": "removed",
                "automod_filtered": "removed",
                "reddit": "removed",
                "anti_evil_ops": "removed",
                "community_ops": "removed",
                "legal_operations": "removed",
                "content_takedown": "removed",
                "copyright_takedown": "removed",
                "trademark_takedown": "removed",
            }.items()
        ),
        ({"is_robot_indexable": False}, "not_indexable"),
        ({"removal_reason": "legal"}, "removed"),
        ({"selftext": "[deleted]"}, "removed"),
        ({"selftext": " [removed]\n"}, "removed"),
        ({"title": "[deleted by user]"}, "removed"),
        ({"selftext": "[ Removed by Reddit in response to a copyright notice. ]"}, "removed"),
        ({"author": "[deleted]"}, "principal_gone"),
        ({"author": None}, "principal_gone"),
        ({"quarantine": True}, "quarantined"),
        ({"promoted": True}, "commercial"),
        ({"is_created_from_ads_ui": True}, "commercial"),
        ({"promoted_by": "t2_fizz"}, "commercial"),
        ({"call_to_action": "Shop Now"}, "commercial"),
        ({"promo_layout": "SPOTLIGHT_VIDEO"}, "commercial"),
        ({"href_url": "https://fizz.example"}, "commercial"),
        ({"adserver_click_url": "https://fizz.example"}, "commercial"),
        ({"adserver_imp_pixel": "https://fizz.example/1"}, "commercial"),
        ({"subreddit_type": "private"}, "private"),
        ({"subreddit_type": "gold_only"}, "private"),
        ({"subreddit_type": "gold_restricted"}, "private"),
        ({"subreddit_type": "employees_only"}, "private"),
        ({"sr_detail": {"name": TIDES, "subreddit_type": "private"}}, "private"),
        ({"sr_detail": {"subreddit_type": "private"}}, "private"),
        ({"_meta": {"was_deleted_later": True}}, "removed_later"),
        ({"_meta": {"removal_type": "moderator"}}, "removed_later"),
        ({"_meta": {"removal_type": "deleted"}}, "deleted"),
        ({"_meta": {"removal_type": "removed by reddit"}}, "removed_later"),
        ({"_meta": {"edited_title": "[ Removed by moderator ]"}}, "removed_later"),
        ({"removed": True}, "removed"),
        ({"spam": True}, "removed"),
        ({"filtered": True}, "removed"),
        ({"banned_by": "mallory"}, "removed"),
        ({"banned_at_utc": 1_600_000_500}, "removed"),
        ({"ban_note": "remove not spam"}, "removed"),
        ({"mod_note": "off topic", "approved_by": "mallory"}, "removed"),
        ({"mod_reason_title": "Rule 3"}, "removed"),
        ({"mod_reason_by": "mallory"}, "removed"),
        ({"$event": {"action": "deleted"}}, "deleted"),
        ({"$event": {"action": "gone"}}, "removed"),
        ({"$event.action": "deleted"}, "deleted"),
        ({"created_utc": 4_000_000_000}, "published_in_the_future"),
    ],
)
def test_what_is_known_not_to_be_public_is_excluded(tmp_path, change, code):
    item = only(tmp_path, post(**change))

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


@pytest.mark.parametrize("kind", ["restricted", "user", "archived", "public"])
def test_subreddits_that_everybody_can_read_are_public(tmp_path, kind):
    assert shared(tmp_path, post(subreddit_type=kind))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"removed_by_category": "new_team"}, "removed_by_category_unknown"),
        ({"is_robot_indexable": None}, "is_robot_indexable_unknown"),
        ({"removal_reason": "spam"}, "removal_reason_unknown"),
        ({"over_18": 0}, "over_18_unknown"),
        ({"quarantine": None}, "quarantine_unknown"),
        ({"promoted": None}, "promoted_unknown"),
        ({"subreddit_type": None}, "subreddit_type_unknown"),
        ({"subreddit_type": "invite"}, "subreddit_type_unknown"),
        ({"subreddit_id": None}, "subreddit_unknown"),
        ({"subreddit": None}, "principal_anonymous"),
        ({"selftext": None}, "text_unknown"),
        ({"title": 7}, "text_unknown"),
        ({"author_fullname": None}, "principal_name_only"),
        ({"author_fullname": "alice"}, "principal_name_only"),
        ({"_meta": None}, "archive_unknown"),
        ({"_meta": {"was_hidden": True}}, "archive_unknown"),
        ({"_meta": {"edited_title": "Low tide, again"}}, "archive_unknown"),
        ({"_meta": {"edited_title": None}}, "archive_unknown"),
        ({"_meta": {"was_deleted_later": None}}, "was_deleted_later_unknown"),
        ({"_meta": {"removal_type": "vanished"}}, "removal_type_unknown"),
        ({"_meta": {"was_initially_deleted": True}}, "removed_before"),
        ({"_meta": {"retrieved_2nd_on": "yesterday"}}, "observed_at_unknown"),
        ({"retrieved_on": "yesterday"}, "observed_at_unknown"),
        ({"removed": "no"}, "removed_unknown"),
        ({"$event": {"action": "edit"}}, "event_unknown"),
        ({"$event": None}, "event_unknown"),
        ({"$event.action": "created"}, "event_unknown"),
        ({"id": 7}, "native_id_unknown"),
        ({"id": "other"}, "native_id_unknown"),
        ({"name": "t1_abc1"}, "native_id_unknown"),
        ({"created_utc": None}, "published_at_unknown"),
        ({"created_utc": 1_600_000_000.5}, "published_at_unknown"),
    ],
)
def test_what_is_not_understood_is_held(tmp_path, change, code):
    item = only(tmp_path, thing("t3", post(**change)))

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


VIDEO = {"height": 9, "transcoding_status": "completed", "is_gif": False}
PICTURE = {"id": "x1", "status": "valid", "m": "image/png", "e": "Image"}


@pytest.mark.parametrize(
    "inside",
    [
        {"media": {"reddit_video": VIDEO | {"is_private": True}}},
        {"secure_media": {"reddit_video": VIDEO | {"members_only": 1}}},
        {"media_metadata": {"x1": PICTURE | {"hidden": True}}},
        {"gallery_data": {"items": [{"media_id": "x1", "do_not_train": True}]}},
        {"poll_data": {"options": [], "visibility": "followers"}},
        {"brand_new": [[{"settings": {"privacy": "friends"}}]]},
        {"media": {"status": "private"}},
    ],
)
@pytest.mark.parametrize("around", [lambda one: one, lambda one: crosspost(source(**one))])
def test_a_mark_in_an_object_of_a_post_holds_it(tmp_path, inside, around):
    raw = around(inside)
    item = only(tmp_path, raw if "id" in raw else post(**raw))

    assert judge(item).verdict is Verdict.HOLD
    assert "mark_not_read" in codes(item)


def test_objects_as_reddit_writes_them_hold_nothing(tmp_path):
    nsfw = {"variants": {"nsfw": {"source": {}}, "obfuscated": {}}}
    usual = {
        "media": {"reddit_video": VIDEO},
        "secure_media": {"type": "video.example", "oembed": {"html": "", "is_private": True}},
        "media_metadata": {"x1": PICTURE, "giphy|aPrivate|b": {"status": "unprocessed"}},
        "gallery_data": {"items": [{"media_id": "x1", "id": 1}, {"is_deleted": True}]},
        "poll_data": {"options": [{"text": "a", "id": "1"}], "prediction_status": None},
        "preview": {"images": [nsfw], "enabled": False},
        "tournament_data": {"status": "CLOSED"},
        "all_awardings": [{"is_enabled": True, "award_sub_type": "PREMIUM"}],
        "author_flair_richtext": [{"e": "text", "t": "x"}],
    }

    assert shared(tmp_path, post(**usual))


@pytest.mark.parametrize("raw", [post(over_18=True), lines(subreddit(over18=True), post())])
def test_adult_is_a_flag_and_no_verdict(tmp_path, raw):
    item = last(tmp_path, raw)

    assert judge(item).verdict is Verdict.SHARE
    assert judge(item).adult


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param(lines(post(thumbnail="nsfw")), id="the word in place of a thumbnail"),
        pytest.param(lines(post(whitelist_status="promo_adult_nsfw")), id="adverts of the post"),
        pytest.param(lines(post(parent_whitelist_status="promo_adult")), id="of its subreddit"),
        pytest.param(lines(crosspost(source(thumbnail="nsfw"))), id="the post it repeats"),
        pytest.param(
            lines(subreddit(whitelist_status="promo_adult_nsfw"), post()), id="the subreddit"
        ),
        pytest.param(page(post(thumbnail="nsfw"), comment()), id="a comment's post"),
        pytest.param(lines(post(thumbnail="nsfw"), post()), id="another appearance"),
    ],
)
def test_what_is_shown_or_sold_as_adult_is_adult_whatever_its_rating_says(tmp_path, dump):
    item = last(tmp_path, dump)

    assert judge(item).verdict is Verdict.SHARE
    assert judge(item).adult


@pytest.mark.parametrize(
    "changes",
    [
        {"thumbnail": "spoiler", "spoiler": True},
        {"thumbnail": "https://b.thumbs.example/nsfw.jpg"},
        {"thumbnail": None, "whitelist_status": None},
        {"whitelist_status": "house_only", "parent_whitelist_status": "no_ads"},
    ],
)
def test_other_thumbnails_and_adverts_say_nothing_of_the_rating(tmp_path, changes):
    assert not judge(only(tmp_path, post(**changes))).adult


def test_a_comment_is_as_adult_as_its_post(tmp_path):
    item = last(tmp_path, page(post(over_18=True), comment()))

    assert judge(item).adult


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"body": "[deleted]", "author": "[deleted]"}, "principal_gone"),
        ({"body": "[removed]"}, "removed"),
        ({"body": "[ Removed by Reddit ]", "removal_reason": "legal"}, "removed"),
        ({"collapsed_reason_code": "DELETED"}, "deleted"),
        ({"_meta": {"was_deleted_later": True}}, "removed_later"),
        ({"_meta": {"removal_type": "removed"}}, "removed_later"),
        ({"$event": {"action": "deleted"}}, "deleted"),
        ({"subreddit_type": "private"}, "private"),
    ],
)
def test_a_comment_that_is_not_public_is_excluded(tmp_path, change, code):
    item = last(tmp_path, page(post(), comment(**change)))

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"collapsed_reason_code": "CROWD"}, "collapsed_reason_code_unknown"),
        ({"link_id": None}, "parent_unknown"),
        ({"link_id": "t1_abc1"}, "parent_unknown"),
        ({"link_id": "t3_elsewhere"}, "parent_outside_dump"),
        ({"subreddit_id": "t5_other"}, "container_contradictory"),
        ({"body": None}, "text_unknown"),
        ({"author_fullname": None}, "principal_name_only"),
    ],
)
def test_a_comment_that_is_not_understood_is_held(tmp_path, change, code):
    item = last(tmp_path, page(post(), comment(**change)))

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    ("change", "verdict", "code"),
    [
        ({"removed_by_category": "moderator"}, Verdict.EXCLUDE, "parent_removed"),
        ({"removed_by_category": "deleted"}, Verdict.EXCLUDE, "parent_deleted"),
        ({"is_robot_indexable": False}, Verdict.EXCLUDE, "parent_not_indexable"),
        ({"author": "[deleted]"}, Verdict.EXCLUDE, "parent_author_gone"),
        ({"promoted": True}, Verdict.EXCLUDE, "parent_commercial"),
        ({"quarantine": True}, Verdict.EXCLUDE, "quarantined"),
        ({"author_fullname": None}, Verdict.HOLD, "parent_principal_name_only"),
        ({"created_utc": None}, Verdict.HOLD, "parent_published_at_unknown"),
        ({"removed_by_category": "new"}, Verdict.HOLD, "parent_removed_by_category_unknown"),
        ({"crosspost_parent": "t3_gone"}, Verdict.HOLD, "parent_crosspost_source_unproven"),
    ],
)
def test_a_comment_is_no_more_public_than_its_post(tmp_path, change, verdict, code):
    item = last(tmp_path, page(post(**change), comment()))

    assert judge(item).verdict is verdict
    assert code in codes(item)


def test_a_comment_below_a_crosspost_is_no_more_public_than_what_that_repeats(tmp_path):
    dump = lines(
        subreddit("cliffs", CLIFFS, subreddit_type="private"), crosspost(), comment(link="abc2")
    )

    assert "private" in codes(last(tmp_path, dump))


@pytest.mark.parametrize("code", [None, "LOW_SCORE", "POTENTIALLY_TOXIC"])
def test_a_comment_that_is_folded_up_for_everybody_is_public(tmp_path, code):
    assert len(shared(tmp_path, page(post(), comment(collapsed_reason_code=code)))) == 2


def test_the_post_may_be_in_another_file(tmp_path):
    assert len(shared(tmp_path, lines(comment()), lines(post()))) == 2


def test_replies_are_read_however_deep(tmp_path):
    tree = comment("c0")
    for number in range(1, 60):
        tree = comment(f"c{number}", replies=listing(thing("t1", tree)))

    assert len(shared(tmp_path, page(post(), tree))) == 61


def test_everybody_who_is_in_a_post_is_named(tmp_path):
    item = only(tmp_path, crosspost())

    assert roles(item) == {
        (Role.OWNER, Identity.STABLE, ALICE, "alice"),
        (Role.CONTAINER, Identity.STABLE, TIDES, "r/tides"),
        (Role.REBLOG_ROOT, Identity.STABLE, CAROL, "carol"),
        (Role.CONTAINER, Identity.STABLE, CLIFFS, "r/cliffs"),
    }
    assert "Carol wrote this first." in item.text


def test_the_author_of_a_comment_is_its_owner(tmp_path):
    item = last(tmp_path, page(post(), comment()))

    assert item.owner.native_id == BOB
    assert (item.kind, item.native_id) == ("comment", "c1")


@pytest.mark.parametrize(
    ("change", "verdict", "code"),
    [
        ({"removed_by_category": "deleted"}, Verdict.EXCLUDE, "deleted"),
        ({"is_robot_indexable": False}, Verdict.EXCLUDE, "not_indexable"),
        ({"author": "[deleted]"}, Verdict.EXCLUDE, "principal_gone"),
        ({"subreddit_type": "private"}, Verdict.EXCLUDE, "private"),
        ({"quarantine": True}, Verdict.EXCLUDE, "quarantined"),
        ({"selftext": "[removed]"}, Verdict.EXCLUDE, "removed"),
        ({"author_fullname": None}, Verdict.HOLD, "principal_name_only"),
        ({"removed_by_category": "new"}, Verdict.HOLD, "removed_by_category_unknown"),
        ({"subreddit_type": None}, Verdict.HOLD, "subreddit_type_unknown"),
        ({"crosspost_parent": "t3_x"}, Verdict.HOLD, "crosspost_unknown"),
        ({"id": None}, Verdict.HOLD, "crosspost_unknown"),
    ],
)
def test_what_a_crosspost_repeats_is_judged_by_itself(tmp_path, change, verdict, code):
    item = only(tmp_path, crosspost(source(**change)))

    assert judge(item).verdict is verdict
    assert code in codes(item)


@pytest.mark.parametrize(
    "change",
    [
        {"crosspost_parent": None},
        {"crosspost_parent_list": None},
        {"crosspost_parent_list": []},
        {"crosspost_parent_list": "src1"},
        {"crosspost_parent_list": [7]},
        {"crosspost_parent": "t3_other"},
    ],
)
def test_a_crosspost_that_does_not_show_what_it_repeats_is_held(tmp_path, change):
    assert judge(only(tmp_path, crosspost(**change))).verdict is Verdict.HOLD


def test_an_adult_source_makes_the_crosspost_adult(tmp_path):
    assert judge(only(tmp_path, crosspost(source(over_18=True)))).adult


def test_a_fact_is_not_about_what_others_wrote(tmp_path):
    facts = {"post.removed_by_category": "none", "subreddit.subreddit_type": "public"}
    bare = without(without(source(), "removed_by_category"), "subreddit_type")

    item = only(tmp_path, crosspost(bare), facts=facts)

    assert codes(item) == {"removed_by_category_unknown", "subreddit_type_unknown"}
    assert not any("--fact" in str(reason) for reason in judge(item).reasons)


def test_a_record_of_the_subreddit_settles_what_posts_do_not_say(tmp_path):
    bare = without(without(post(), "subreddit_type"), "quarantine")

    assert shared(tmp_path, bare) == []
    assert len(shared(tmp_path, lines(bare, subreddit()))) == 1


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"subreddit_type": "private"}, Verdict.EXCLUDE),
        ({"quarantine": True}, Verdict.EXCLUDE),
        ({"subreddit_type": None}, Verdict.HOLD),
        ({"quarantine": None}, Verdict.HOLD),
        ({"$event": {"action": "deleted"}}, Verdict.EXCLUDE),
    ],
)
def test_the_worst_record_of_a_subreddit_wins(tmp_path, change, verdict):
    item = last(tmp_path, lines(subreddit(), subreddit(**change), post()))

    assert judge(item).verdict is verdict


def test_a_subreddit_of_which_an_archive_knows_no_more_than_the_name_is_not_proven(tmp_path):
    bare = {"display_name": "tides", "id": "tides", "_meta": {"num_posts": 3}}

    assert "subreddit_type_unknown" in codes(last(tmp_path, lines(bare, post())))


def test_a_record_without_id_speaks_against_the_subreddit_of_its_name_only(tmp_path):
    nameless = without(without(subreddit(), "name"), "id")
    bare = without(post(), "subreddit_type")

    assert shared(tmp_path, lines(nameless, bare)) == []
    worse = replaced(nameless, "private", "subreddit_type")
    assert "private" in codes(last(tmp_path, lines(worse, post(subreddit="Tides"))))


@pytest.mark.parametrize(
    ("change", "verdict", "code"),
    [
        ({"hide_from_robots": True}, Verdict.EXCLUDE, "search_discouraged"),
        ({"hide_from_robots": None}, Verdict.HOLD, "hide_from_robots_unknown"),
        ({"is_suspended": True}, Verdict.EXCLUDE, "principal_gone"),
        ({"is_suspended": "yes"}, Verdict.HOLD, "is_suspended_unknown"),
        ({"$event": {"action": "gone"}}, Verdict.EXCLUDE, "principal_gone"),
    ],
)
@pytest.mark.parametrize("number", [ALICE, "t2_somebody_else"])
def test_what_is_said_of_an_account_counts_for_all_it_wrote(
    tmp_path, change, verdict, code, number
):
    item = last(tmp_path, lines(thing("t2", account(number=number, **change)), post()))

    assert judge(item).verdict is verdict
    assert code in codes(item)


def test_the_account_behind_a_crosspost_counts_too(tmp_path):
    dump = lines(account("carol", CAROL, hide_from_robots=True), crosspost())

    assert "search_discouraged" in codes(last(tmp_path, dump))


def test_suspended_accounts_have_no_id_in_the_api(tmp_path):
    raw = {"name": "Alice", "is_suspended": True, "awardee_karma": 0}

    item = last(tmp_path, lines(thing("t2", raw), post()))

    assert item.owner.identity is Identity.GONE


def by_subject(found):
    return {(one.native_id, one.handle): (one.denies, one.clears) for one in found}


def test_a_dump_says_what_denies_accounts_and_subreddits(tmp_path):
    found = readings(
        tmp_path,
        lines(
            account(hide_from_robots=True),
            thing("t2", {"name": "bob", "is_suspended": True}),
            subreddit(subreddit_type="private"),
            subreddit("cliffs", CLIFFS, quarantine=True),
            {"$event": {"action": "deleted"}, "name": CAROL},
        ),
    )

    assert by_subject(found) == {
        (ALICE, "alice"): ({"search_discouraged"}, set()),
        (None, "bob"): ({"suspended"}, set()),
        (CAROL, None): ({"gone"}, set()),
        (TIDES, "r/tides"): ({"private"}, set()),
        (CLIFFS, "r/cliffs"): ({"quarantined"}, set()),
    }


def test_only_a_record_of_today_that_says_the_contrary_ends_a_denial(tmp_path):
    today = readings(tmp_path, lines(account(), subreddit()))
    archived = readings(
        tmp_path, lines(account(retrieved_on=1_600_000_000), subreddit(_meta={}), post())
    )
    asserted = readings(tmp_path, lines(post()), facts={"subreddit.subreddit_type": "public"})

    assert by_subject(today) == {
        (ALICE, "alice"): (set(), {"search_discouraged"}),
        (TIDES, "r/tides"): (set(), {"private", "quarantined", "adult"}),
    }
    assert archived == asserted == []


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"$event": {"action": "deleted"}, "name": "t3_abc1"}, id="fullname"),
        pytest.param({"$event": {"action": "gone"}, "id": "t3_abc1"}, id="fullname as id"),
        pytest.param({"$event.action": "deleted", "id": "abc1"}, id="id of unknown kind"),
        pytest.param({"$event": {"action": "deleted"}, **thing("t3", {"id": "abc1"})}, id="thing"),
    ],
)
def test_an_event_takes_every_appearance_of_its_item(tmp_path, event):
    found = items(tmp_path, lines(post(), comment(), event))

    assert {judge(item).verdict for item in found} == {Verdict.EXCLUDE}
    assert [item.native_id for item in found].count("abc1") >= 2


def test_an_edit_holds_the_text_that_was_read_before_it(tmp_path):
    found = items(tmp_path, lines(post(), {"$event": {"action": "edit"}, "name": "t3_abc1"}))

    assert {judge(item).verdict for item in found} == {Verdict.HOLD}


def test_the_worst_appearance_of_an_item_wins(tmp_path):
    found = items(tmp_path, lines(post(), post(removed_by_category="moderator"), comment()))

    assert {judge(item).verdict for item in found} == {Verdict.EXCLUDE}


def test_what_a_crosspost_shows_of_a_post_counts_against_that_post(tmp_path):
    repeated = source("abc1", removed_by_category="deleted")

    found = items(tmp_path, lines(post(), crosspost(repeated)))

    assert {judge(item).verdict for item in found} == {Verdict.EXCLUDE}


@pytest.mark.parametrize(
    ("missing", "facts"),
    [
        ("removed_by_category", {"post.removed_by_category": "none"}),
        ("is_robot_indexable", {"post.is_robot_indexable": "true"}),
        ("removal_reason", {"post.removal_reason": "none"}),
        ("over_18", {"post.over_18": "false"}),
        ("is_created_from_ads_ui", {"post.is_created_from_ads_ui": "false"}),
        ("subreddit_type", {"subreddit.subreddit_type": "public"}),
        ("quarantine", {"subreddit.quarantine": "false"}),
    ],
)
def test_the_fact_named_in_the_reason_settles_it(tmp_path, missing, facts):
    (fact,) = facts.items()
    bare = without(post(), missing)

    reasons = [str(reason) for reason in judge(only(tmp_path, bare)).reasons]

    assert len(reasons) == 1
    assert f"--fact {fact[0]}={fact[1]}" in reasons[0]
    assert len(shared(tmp_path, bare, facts=facts)) == 1


def test_what_has_no_subreddit_id_is_not_said_to_be_settled_by_a_fact(tmp_path):
    bare = {name: raw for name, raw in post().items() if name not in ("subreddit_id", "quarantine")}
    facts = {"subreddit.quarantine": "false"}

    reasons = [str(reason) for reason in judge(only(tmp_path, bare, facts=facts)).reasons]

    assert any("quarantine is missing, and so is subreddit_id" in reason for reason in reasons)
    assert not any("--fact" in reason for reason in reasons)


def test_facts_settle_old_comments(tmp_path):
    facts = {"comment.removal_reason": "none", "comment.collapsed_reason_code": "none"}
    bare = without(without(comment(), "removal_reason"), "collapsed_reason_code")

    assert len(shared(tmp_path, page(post(), bare))) == 1
    assert len(shared(tmp_path, page(post(), bare), facts=facts)) == 2


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"subreddit_type": "private"}, {"subreddit.subreddit_type": "public"}),
        ({"removed_by_category": "deleted"}, {"post.removed_by_category": "none"}),
        ({"is_robot_indexable": None}, {"post.is_robot_indexable": "true"}),
        ({"quarantine": True}, {"subreddit.quarantine": "false"}),
        ({}, {"subreddit.subreddit_type": "private"}),
        ({}, {"post.removed_by_category": "moderator"}),
        ({}, {"post.is_robot_indexable": "false"}),
        ({}, {"subreddit.quarantine": "true"}),
    ],
)
def test_the_worse_of_a_record_and_a_fact_wins(tmp_path, change, facts):
    assert shared(tmp_path, post(**change), facts=facts) == []


def test_an_unknown_fact_is_refused():
    with pytest.raises(BadFact, match=r"subreddit\.subreddit_type"):
        SOURCES["reddit"].read([], {"subreddit.type": "x"}, observed_at=NOW, progress=print)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"retrieved_on": 1_600_086_400}, datetime(2020, 9, 14, 12, 26, 40, tzinfo=UTC)),
        (
            {"retrieved_on": 1_600_000_010, "_meta": {"retrieved_2nd_on": 1_600_086_400}},
            datetime(2020, 9, 14, 12, 26, 40, tzinfo=UTC),
        ),
        ({"retrieved_on": 4_000_000_000}, NOW),
        ({}, NOW),
    ],
)
def test_a_state_is_as_old_as_the_archive_s_last_reading(tmp_path, change, expected):
    assert only(tmp_path, post(**change)).observed_at == expected


def test_private_messages_are_never_read(tmp_path):
    message = thing("t4", {"id": "m1", "author": "alice", "body": "for your eyes only"})

    found = items(tmp_path, listing(message, thing("t3", post())))

    assert [judge(item).verdict for item in found] == [Verdict.EXCLUDE, Verdict.SHARE]
    assert "eyes" not in repr(found)


@pytest.mark.parametrize("odd", ["7", '"text"', "[]", '{"kind": "wikipage", "data": {}}', "{}"])
def test_an_odd_record_between_good_ones_is_held(tmp_path, odd):
    found = items(tmp_path, lines(post()) + odd + "\n" + lines(post("abc9")))

    (held,) = (item for item in found if item.native_id is None)
    shared = {item.native_id for item in found if judge(item).verdict is Verdict.SHARE}
    assert shared == {"abc1", "abc9"}
    assert judge(held).verdict is Verdict.HOLD
    assert codes(held) >= {"record_not_understood"}


def test_uploaded_pictures_are_read_and_embedded_media_are_not(tmp_path):
    raw = post(
        url="https://i.redd.it/tide.jpg",
        gallery_data={"items": [{"media_id": "aa11", "caption": "The pier"}]},
        media_metadata={
            "aa11": {"status": "valid", "e": "Image", "m": "image/png", "id": "aa11"},
            "bb22": {"status": "failed", "m": "image/png", "id": "bb22"},
            "giphy|cc": {"status": "valid", "m": "image/gif", "id": "giphy|cc", "t": "giphy"},
        },
        secure_media={"oembed": {"author_name": "Mallory Tuber", "html": "<iframe>"}},
        preview={"images": [{"source": {"url": "https://preview.redd.it/x?s=SIGNED"}}]},
    )

    item = only(tmp_path, raw)

    assert [(m.kind, m.url, m.alt) for m in item.media] == [
        (MediaKind.IMAGE, "https://i.redd.it/tide.jpg", ""),
        (MediaKind.IMAGE, "https://i.redd.it/aa11.png", "The pier"),
    ]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"gallery_data": {"items": [{"media_id": "aa11"}]}}, ["aa11"]),
        ({"gallery_data": {"items": [{"media_id": "aa11", "is_deleted": True}]}}, []),
        ({"gallery_data": None}, []),
        ({"selftext": "The pier: ![img](bb22)"}, ["bb22"]),
        ({"selftext": "https://preview.redd.it/bb22.png?width=600&s=SIGNED"}, ["bb22"]),
        ({"selftext": "https://preview.redd.it/the-pier-v0-bb22.png?width=600"}, ["bb22"]),
        ({"selftext": "The piers xaa11 and bb22x, _bb22_"}, ["bb22"]),
    ],
    ids=str,
)
def test_a_picture_that_the_author_took_out_is_not_in_the_post(tmp_path, changes, names):
    pictures = {
        name: {"status": "valid", "e": "Image", "m": "image/png", "id": name}
        for name in ("aa11", "bb22")
    }

    item = only(tmp_path, post(media_metadata=pictures, **changes))

    assert [m.url for m in item.media] == [f"https://i.redd.it/{name}.png" for name in names]


def test_a_long_text_is_searched_once_for_all_pictures():
    names = [f"aa{number}" for number in range(10_000)]
    pictures = {
        name: {"status": "valid", "m": "image/png", "id": name} for name in (*names, "zz99")
    }
    began = process_time()

    found = list(media_of({"media_metadata": pictures, "selftext": "z9 " * 1_000_000 + "zz99"}))

    assert [medium.url for medium in found] == ["https://i.redd.it/zz99.png"]
    assert process_time() - began < 5


def test_a_video_is_read_only_where_it_was_uploaded(tmp_path):
    uploaded = only(tmp_path, post(url="https://v.redd.it/abc", is_video=True))
    linked = only(tmp_path, post(url="https://video.example/abc", is_video=True))

    assert [medium.kind for medium in uploaded.media] == [MediaKind.VIDEO]
    assert linked.media == ()


SEEDED = {
    "author_flair_text": "SEED-flair",
    "approved_by": "SEED-moderator",
    "mod_reports": [["SEED-report", "SEED-moderator"]],
    "user_reports": [["SEED-report", 1]],
    "link_author": "SEED-link-author",
    "author_ip": "192.0.2.7",
    "email": "SEED@mail.example",
    "geo": {"lat": 1.5, "lon": "SEED-gps"},
    "user_agent": "SEED-agent",
    "modhash": "SEED-modhash",
    "adserver_click_url": None,
    "impression_id": "SEED-impression",
    "preview": {"images": [{"source": {"url": "https://preview.redd.it/a?s=SEED-signature"}}]},
    "secure_media": {"oembed": {"author_name": "SEED-oembed", "html": "SEED"}},
}


def test_personal_data_that_rides_along_never_gets_into_an_item(tmp_path):
    dump = lines(
        page(post(**SEEDED), comment(**SEEDED)),
        crosspost(source(**SEEDED), **SEEDED),
        post("abc3", mod_note="SEED-note", mod_reason_by="SEED-moderator"),
        account(email="SEED@mail.example", icon_img="SEED", **{"subreddit": {"title": "SEED"}}),
        subreddit(moderators=["SEED"], submit_text="SEED"),
        thing("wikipage", {"revision_by": "SEED"}),
    )

    found = items(tmp_path, dump)

    assert len(shared(tmp_path, dump)) == 3
    assert "SEED" not in repr(found)
    assert "192.0.2.7" not in repr(found)
