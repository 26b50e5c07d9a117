"""Facebook: each class of post that nobody may pass on, one test for each.

Each case differs from a shared item in the one thing that makes it a leak.
"""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import items
from tests.platforms.sources.meta_dumps import (
    ALICE_ID,
    EVENT_ID,
    FACEBOOK_ENTRY,
    GROUP_ID,
    PAGE_ID,
    album,
    event,
    fb_post,
    group,
    items_of_files,
    page,
    photo,
    privacy,
    shared_post,
)

SOURCE = f"{PAGE_ID}_9002"
# What the operator vouches for must not open what a record closes.
VOUCHED = {
    "container.privacy": "public",
    "post.is_published": "true",
    "post.is_hidden": "false",
    "post.is_expired": "false",
    "post.timeline_visibility": "normal",
}
LEAKS = [
    pytest.param([fb_post(privacy=privacy("ALL_FRIENDS"))], id="post for friends"),
    pytest.param([fb_post(privacy=privacy("FRIENDS_OF_FRIENDS"))], id="for friends of friends"),
    pytest.param([fb_post(privacy=privacy("SELF"))], id="post for oneself"),
    pytest.param([fb_post(privacy=privacy("CUSTOM", allow="77"))], id="post for a list"),
    pytest.param([fb_post(privacy=privacy("EVERYONE", deny="77"))], id="post kept from somebody"),
    pytest.param([fb_post(is_published=False)], id="draft or scheduled post"),
    pytest.param([fb_post(is_hidden=True)], id="post that its page hid"),
    pytest.param([fb_post(is_expired=True)], id="expired post"),
    pytest.param([fb_post(timeline_visibility="hidden")], id="post that is on no timeline"),
    pytest.param([fb_post(targeting={"age_min": 21})], id="post that some cannot see"),
    pytest.param([fb_post(), page(is_published=False)], id="post of a page that is not public"),
    pytest.param([fb_post(f"{GROUP_ID}_1"), group(privacy="CLOSED")], id="post in a closed group"),
    pytest.param([fb_post(f"{GROUP_ID}_1"), group(privacy="SECRET")], id="post in a secret group"),
    pytest.param([fb_post(f"{EVENT_ID}_1"), event(type="private")], id="post in a private event"),
    pytest.param(
        [fb_post(**{"from": {"id": ALICE_ID, "age": 16}})], id="post of somebody under age"
    ),
    pytest.param(
        [fb_post(), {"id": PAGE_ID, "name": "x", "birthday": "05/02/2008"}],
        id="post of somebody under age by the account's record",
    ),
    pytest.param(
        [shared_post(), fb_post(SOURCE, privacy=privacy("ALL_FRIENDS"))], id="shared private post"
    ),
    pytest.param([photo(album=album(privacy="friends"))], id="photo of an album for friends"),
    pytest.param(
        [photo(page_story_id=SOURCE), fb_post(SOURCE, is_published=False)], id="photo of a draft"
    ),
    pytest.param([fb_post(sponsor_tags={"data": [{"id": "1"}]})], id="advertisement"),
    pytest.param([fb_post(is_inline_created=True)], id="made as an advertisement"),
]


@pytest.mark.parametrize("records", LEAKS)
def test_what_was_never_for_everyone_is_never_shared(tmp_path, records):
    first, *_ = items(tmp_path, "facebook", records, facts=VOUCHED)

    assert judge(first).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize("name", ["your_posts_1.json", "trash.json", "whatever.json"])
def test_nothing_of_a_download_is_ever_shared(tmp_path, name):
    (item,) = items_of_files(tmp_path, "facebook", {name: [FACEBOOK_ENTRY]}, VOUCHED)

    assert judge(item).verdict is not Verdict.SHARE


def test_the_posts_from_which_those_differ_are_shared(tmp_path):
    places = [page(), group(), event()]
    posts = [fb_post(), shared_post(id=f"{PAGE_ID}_3"), fb_post(SOURCE), photo(album=album())]
    posts += [fb_post(f"{GROUP_ID}_1"), fb_post(f"{EVENT_ID}_1")]

    found = items(tmp_path, "facebook", [*posts, *places])

    assert [judge(item).verdict for item in found] == [Verdict.SHARE] * len(posts)
