"""Instagram: only feed posts and reels of accounts that are proven public are shared."""

import json

import pytest

from platforms.records import Identity, Role, Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import codes, items, readings, without
from tests.platforms.sources.meta_dumps import (
    ALICE_ID,
    BOB_ID,
    INSTAGRAM_ENTRY,
    account,
    envelope,
    items_of_files,
    media,
    zipped,
)

PUBLIC = {"account.privacy": "public"}


def only(tmp_path, *contents, facts=PUBLIC):
    (item,) = items(tmp_path, "instagram", *contents, facts=facts)
    return item


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param(media(), id="one object"),
        pytest.param(envelope(media()), id="an API response"),
        pytest.param([media()], id="a list"),
        pytest.param({"18000000000000001": media()}, id="an answer for several ids"),
        pytest.param(json.dumps(media()) + "\n" + json.dumps(account()), id="NDJSON"),
        pytest.param(account(media=envelope(media())), id="the media of an account"),
        pytest.param(media(media_product_type="REELS", media_type="VIDEO"), id="a reel"),
        pytest.param(media(is_shared_to_feed=False), id="a reel outside the feed"),
        pytest.param(
            media(media_type="CAROUSEL_ALBUM", children={"data": [{"id": "1"}]}), id="an album"
        ),
        pytest.param(media(audience="everyone"), id="an audience of everybody"),
        pytest.param(media(caption=None), id="no caption"),
    ],
)
def test_a_post_of_a_public_account_is_shared(tmp_path, dump):
    assert codes(only(tmp_path, dump)) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"media_product_type": "STORY"}, "media_product_type_expired"),
        ({"media_product_type": "AD"}, "media_product_type_commercial"),
        ({"is_archived": True}, "is_archived_unpublished"),
        ({"is_draft": True}, "is_draft_unpublished"),
        ({"is_deleted": True}, "is_deleted_removed_author"),
        ({"is_close_friends": True}, "is_close_friends_restricted"),
        ({"audience": "close_friends"}, "audience_restricted"),
        ({"audience": "subscribers"}, "audience_paid"),
        ({"is_paid_partnership": True}, "is_paid_partnership_commercial"),
        ({"is_affiliate": True}, "is_affiliate_commercial"),
        ({"copyright_check_information": {"status": {"matches_found": True}}}, "copyright_match"),
        ({"owner": {"id": ALICE_ID, "is_private": True}}, "private"),
        ({"owner": {"id": ALICE_ID, "age": 16}}, "minor"),
        ({"children": {"data": [{"media_product_type": "STORY"}]}}, "media_product_type_expired"),
    ],
)
def test_what_is_known_not_to_be_shared_is_excluded(tmp_path, change, code):
    item = only(tmp_path, media(**change))

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"media_type": "HOLOGRAM"}, "media_type_unknown"),
        ({"media_product_type": "CHANNEL"}, "media_product_type_unknown"),
        ({"media_product_type": None}, "media_product_type_unknown"),
        ({"permalink": "https://evil.example/p/1"}, "permalink_unknown"),
        ({"permalink": None}, "permalink_unknown"),
        ({"username": 7}, "username_unknown"),
        ({"owner": {}}, "owner_id_unknown"),
        ({"owner": {"id": "x"}}, "owner_id_unknown"),
        ({"timestamp": 1600000000}, "published_at_unknown"),
        ({"timestamp": "2020-09-13T12:26:40"}, "published_at_unknown"),
        ({"is_archived": "no"}, "is_archived_unknown"),
        ({"audience": "neighbours"}, "audience_unknown"),
        ({"children": "x"}, "children_unknown"),
        ({"children": {"data": [{"media_type": "HOLOGRAM"}]}}, "media_type_unknown"),
        ({"collaborators": 7}, "collaborators_unknown"),
        ({"coauthor_producers": [{"pk": "7", "username": "bob"}]}, "collaborators_unknown"),
        ({"copyright_check_information": {}}, "copyright_unknown"),
        ({"owner": {"id": ALICE_ID, "age": "young"}}, "age_unknown"),
    ],
)
def test_what_is_not_understood_is_held(tmp_path, change, code):
    item = only(tmp_path, media(**change))

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("media_product_type", "media_product_type_unknown"),
        ("permalink", "permalink_unknown"),
        ("owner", "owner_id_unknown"),
        ("timestamp", "published_at_unknown"),
    ],
)
def test_a_field_that_decides_must_be_there(tmp_path, field, code):
    item = only(tmp_path, without(media(), field))

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


def test_without_the_owners_id_the_hold_names_neither_record_nor_fact_for_the_account(tmp_path):
    for facts in (PUBLIC, {}):
        item = only(tmp_path, without(media(), "owner"), facts=facts)
        reasons = [str(one) for one in judge(item).reasons if one.code == "account_unknown"]

        assert reasons == [
            "account_unknown: nothing settles whether the account is public without its id"
        ]


def test_an_account_of_which_nothing_is_known_is_held_with_what_would_settle_it(tmp_path):
    item = only(tmp_path, media(), facts={})

    (reason,) = judge(item).reasons

    assert reason.code == "account_unknown"
    assert "is_private" in reason.detail
    assert "--fact account.privacy=public" in reason.detail


def test_the_surface_can_be_asserted_where_the_api_does_not_tell_it(tmp_path):
    facts = PUBLIC | {"media.surface": "feed"}

    assert codes(only(tmp_path, without(media(), "media_product_type"), facts=facts)) == set()
    story = only(tmp_path, media(media_product_type="STORY"), facts=facts)
    assert judge(story).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    "record",
    [
        account(is_private=True),
        account(privacy="private"),
        account(number="178414", user_id=ALICE_ID, is_private=True),
        {"username": "Alice_Tides", "is_private": True, "id": "9"},
        account(is_deactivated=True),
        account(is_suspended=True),
        account(age_range={"min": 13, "max": 17}),
        account(birthday="06/01/2010"),
        account(is_minor=True),
    ],
)
def test_no_assertion_overrides_a_record_that_says_worse(tmp_path, record):
    found = [{**media(), "username": "alice_tides"}, record]
    found[1]["id"] = record["id"] if record["id"] != "9" else ALICE_ID

    assert judge(only(tmp_path, found)).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize("value", [None, "no", 0, "PUBLIC"])
def test_an_account_whose_privacy_is_garbled_is_held(tmp_path, value):
    found = only(tmp_path, [media(), account(is_private=value)])

    assert judge(found).verdict is Verdict.HOLD


def test_an_id_that_the_dump_also_holds_as_a_story_is_not_shared(tmp_path):
    found = items(tmp_path, "instagram", [media(), media(media_product_type="STORY")], facts=PUBLIC)

    assert [judge(item).verdict for item in found] == [Verdict.HOLD, Verdict.EXCLUDE]


def test_collaborators_are_in_the_post(tmp_path):
    bob = {"id": BOB_ID, "username": "bob_tides", "invite_status": "Accepted"}

    shared = only(tmp_path, media(collaborators={"data": [bob]}))
    private = only(tmp_path, [media(collaborators=[bob]), account(BOB_ID, is_private=True)])
    nameless = only(tmp_path, media(collaborators=[{"username": "bob_tides"}]))

    assert codes(shared) == set()
    assert [(p.role, p.identity, p.native_id) for p in shared.principals] == [
        (Role.OWNER, Identity.STABLE, ALICE_ID),
        (Role.CO_AUTHOR, Identity.STABLE, BOB_ID),
    ]
    assert judge(private).verdict is Verdict.EXCLUDE
    assert codes(nameless) == {"principal_name_only"}


def test_an_image_keeps_neither_the_signature_nor_the_token_of_its_address(tmp_path):
    (image,) = only(tmp_path, media()).media

    assert image.url == "https://scontent.cdninstagram.com/v/harbour.jpg"


def test_a_dump_tells_which_accounts_are_private_public_or_of_minors(tmp_path):
    private = readings(tmp_path, "instagram", [media(), account(is_private=True)])
    public = readings(tmp_path, "instagram", [media(), account()])
    minor = readings(tmp_path, "instagram", [media(), account(age=15)])

    assert [(r.native_id, r.handle, r.denies) for r in private] == [
        (ALICE_ID, "alice_tides", {"private"})
    ]
    assert [(r.denies, r.clears) for r in public] == [(set(), {"private"})]
    assert [(r.denies, r.clears) for r in minor] == [({"minor"}, set())]


def test_an_assertion_about_the_accounts_of_a_dump_clears_nothing(tmp_path):
    facts = {"account.privacy": "public"}
    (described,) = readings(tmp_path, "instagram", [media(), account()], facts=facts)

    assert readings(tmp_path, "instagram", [media()], facts=facts) == []
    assert described.clears == {"private"}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("posts_1.json", Verdict.HOLD),
        ("reels.json", Verdict.HOLD),
        ("igtv_videos.json", Verdict.HOLD),
        ("other_content.json", Verdict.HOLD),
        ("whatever.json", Verdict.HOLD),
        ("stories.json", Verdict.EXCLUDE),
        ("archived_posts.json", Verdict.EXCLUDE),
        ("recently_deleted_content.json", Verdict.EXCLUDE),
        ("drafts.json", Verdict.EXCLUDE),
        ("broadcast_channels.json", Verdict.EXCLUDE),
        ("close_friends_stories.json", Verdict.EXCLUDE),
        ("profile_photos.json", Verdict.EXCLUDE),
    ],
)
def test_a_download_is_never_shared_and_its_file_says_what_is_known_not_to_be_public(
    tmp_path, name, verdict
):
    (item,) = items_of_files(tmp_path, "instagram", {name: [INSTAGRAM_ENTRY]}, PUBLIC)

    assert judge(item).verdict is verdict
    assert "download_proves_nothing" in codes(item)
    assert item.text == "Ebbe im Hafen – schön"


def test_a_list_of_stories_is_one_whatever_its_file_is_called(tmp_path):
    stories = {"ig_stories": INSTAGRAM_ENTRY["media"]}

    (item,) = items_of_files(tmp_path, "instagram", {"posts_1.json": stories}, PUBLIC)

    assert judge(item).verdict is Verdict.EXCLUDE


def test_a_zipped_download_is_read_by_the_names_of_its_files(tmp_path):
    folder = "instagram-alice/your_instagram_activity/media"
    download = zipped(
        {
            f"{folder}/posts_1.json": [INSTAGRAM_ENTRY],
            f"{folder}/archived_posts.json": {"ig_archived_post_media": [INSTAGRAM_ENTRY]},
            f"{folder}/reels.json": {"ig_reels_media": []},
            f"{folder}/harbour.jpg": b"\xff\xd8",
            "instagram-alice/messages/inbox/bob/message_1.json": "{ private",
        }
    )

    found = items_of_files(tmp_path, "instagram", {"alice.zip": download}, PUBLIC)

    assert [judge(item).verdict for item in found] == [Verdict.HOLD, Verdict.EXCLUDE]


def test_a_post_that_was_boosted_as_an_advert_is_held(tmp_path):
    item = only(tmp_path, media(boost_ads_list=[{"ad_id": "1200", "ad_status": "ACTIVE"}]))

    assert codes(item) == {"mark_not_read"}
