"""Instagram: each class of media that nobody may pass on, one test for each.

Each case differs from a shared item in the one thing that makes it a leak.
"""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import codes, items, without
from tests.platforms.sources.meta_dumps import (
    ALICE_ID,
    BOB_ID,
    INSTAGRAM_ENTRY,
    account,
    items_of_files,
    media,
)

VOUCHED = {"account.privacy": "public", "media.surface": "feed"}


def album(**changes):
    """An album with one picture, to which ``changes`` belong."""
    picture = {"id": "18000000000000009", "media_type": "IMAGE"} | changes
    return media(media_type="CAROUSEL_ALBUM", children={"data": [picture]})


LEAKS = [
    pytest.param([media(), account(is_private=True)], id="post of a private account"),
    pytest.param([media(), account(is_deactivated=True)], id="post of a deactivated account"),
    pytest.param([media(), account(is_suspended=True)], id="post of a suspended account"),
    pytest.param([media(media_product_type="STORY")], id="story"),
    pytest.param(
        [
            without(media(), "media_product_type")
            | {"permalink": "https://instagram.com/stories/alice_tides/2421224614649404224"}
        ],
        id="story by its link",
    ),
    pytest.param(
        [account(stories={"data": [without(media(), "media_product_type")]})],
        id="story by the account's list",
    ),
    pytest.param(
        [account(stories={"data": [media()]})], id="story that says it is none, by the list"
    ),
    pytest.param([album(permalink="https://instagram.com/stories/a/1")], id="story in an album"),
    pytest.param([album(owner={"id": ALICE_ID, "is_private": True})], id="album of a private one"),
    pytest.param([album(owner={"id": BOB_ID, "is_private": True})], id="private one in an album"),
    pytest.param(
        [album(collaborators={"data": [{"id": BOB_ID, "is_private": True}]})],
        id="private collaborator in an album",
    ),
    pytest.param(
        [album(copyright_check_information={"status": {"matches_found": True}})],
        id="another's work in an album",
    ),
    pytest.param([media(media_product_type="AD")], id="advertisement"),
    pytest.param([media(is_close_friends=True)], id="for close friends, by its flag"),
    pytest.param([media(), account(age_range={"min": 13, "max": 17})], id="under age by range"),
    pytest.param([media(audience="close_friends")], id="post for close friends"),
    pytest.param([media(audience="subscribers")], id="post for subscribers"),
    pytest.param([media(is_archived=True)], id="archived post"),
    pytest.param([media(is_deleted=True)], id="deleted post"),
    pytest.param([media(is_draft=True)], id="draft"),
    pytest.param([media(), account(age=17)], id="post of somebody under age"),
    pytest.param([media(), account(birthday="12/31/2009")], id="under age by birthday"),
]


@pytest.mark.parametrize("records", LEAKS)
def test_what_was_never_public_is_never_shared(tmp_path, records):
    first, *_ = items(tmp_path, "instagram", records, facts=VOUCHED)

    assert judge(first).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    "name",
    [
        "stories.json",
        "archived_posts.json",
        "recently_deleted_content.json",
        "drafts.json",
        "close_friends_stories.json",
        "broadcast_channel_messages.json",
    ],
)
def test_what_a_download_holds_besides_posts_is_excluded(tmp_path, name):
    (item,) = items_of_files(tmp_path, "instagram", {name: [INSTAGRAM_ENTRY]}, VOUCHED)

    assert judge(item).verdict is Verdict.EXCLUDE


def test_nothing_of_a_download_is_ever_shared(tmp_path):
    (item,) = items_of_files(tmp_path, "instagram", {"posts_1.json": [INSTAGRAM_ENTRY]}, VOUCHED)

    assert judge(item).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    "other",
    [
        {"id": "18000000000000009", "isPrivate": True},
        media("18000000000000009", is_archived=True),
        media("18000000000000008", children=album(is_archived=True)["children"]),
    ],
    ids=["a record of a mark alone", "a record of its own", "another album"],
)
def test_an_album_is_held_where_one_of_its_pictures_is_elsewhere_not_open(tmp_path, other):
    found = items(tmp_path, "instagram", [album(), other], facts=VOUCHED)

    assert judge(found[0]).verdict is Verdict.HOLD
    assert codes(found[0]) == {"conflicting_appearances"}


def test_the_media_from_which_those_differ_are_shared(tmp_path):
    found = items(
        tmp_path,
        "instagram",
        [
            media(),
            media("2", media_product_type="REELS"),
            account(age=18, media={"data": [media("3")]}),
            album(owner={"id": ALICE_ID}) | {"id": "4"},
            media("5", permalink="https://www.instagram.com/alice_tides/reel/Cabc123/"),
        ],
    )

    assert [judge(item).verdict for item in found] == [Verdict.SHARE] * 5
