"""Answers of few fields: what they say against a post or an account counts for all of it."""

import json

import pytest

from platforms.records import Verdict
from platforms.sources import BadInput
from platforms.visibility import judge
from tests.platforms.sources import dumps, meta_dumps, reddit_dumps, wp_answers
from tests.platforms.sources.examples import EXAMPLES, Example

INSTAGRAM, THREADS = EXAMPLES["instagram media"].number, EXAMPLES["threads quote"].number
FACEBOOK = EXAMPLES["facebook post"].number
MATCH = {"status": {"status": "completed", "matches_found": True}}
WP_LINKS = {"_links": wp_answers.post()["_links"]}
AGAINST = [
    ("instagram media", {"id": INSTAGRAM, "copyright_check_information": MATCH}),
    ("instagram media", {"id": INSTAGRAM, "media_product_type": "STORY"}),
    ("instagram media", {"id": INSTAGRAM, "is_archived": True}),
    ("instagram media", {"id": INSTAGRAM, "isArchived": True}),
    ("instagram media", {"id": INSTAGRAM, "audience": "close_friends"}),
    ("instagram media", {"id": meta_dumps.ALICE_ID, "is_private": True}),
    ("instagram media", {"id": meta_dumps.ALICE_ID, "isPrivate": True}),
    ("instagram media", {"id": meta_dumps.ALICE_ID, "age": 15}),
    ("instagram media", {"username": "alice_tides", "is_private": True}),
    ("threads quote", {"id": THREADS, "is_deleted": True}),
    ("threads quote", {"id": meta_dumps.BOB_ID, "is_private": True}),
    ("threads quote", {"username": "bob_tides", "isPrivate": True}),
    ("facebook post", {"id": FACEBOOK, "is_hidden": True}),
    ("facebook post", {"id": FACEBOOK, "is_published": False}),
    ("facebook post", {"id": FACEBOOK, "timeline_visibility": "hidden"}),
    ("facebook post", {"id": FACEBOOK, "targeting": {"countries": ["DE"]}}),
    ("facebook post", {"id": FACEBOOK, "sponsor_tags": {"data": [{"id": "7"}]}}),
    ("facebook post", {"id": FACEBOOK, "is_inline_created": True}),
    ("facebook post", {"id": FACEBOOK, "scheduled_publish_time": 4_102_444_800}),
    ("facebook post", {"id": FACEBOOK, "isHidden": True}),
    ("facebook post", {"id": meta_dumps.PAGE_ID, "is_published": False}),
    ("facebook post", {"id": meta_dumps.PAGE_ID, "privacy": "SECRET"}),
    ("facebook post", {"id": meta_dumps.PAGE_ID, "is_locked": True}),
    ("shutterstock image", {"id": "501", "deleted_time": "2020-06-01T00:00:00Z"}),
    ("shutterstock image", {"id": "501", "review_state": "rejected"}),
    ("shutterstock image", {"id": "501", "live": False}),
    ("shutterstock image", {"id": "800100", "account_status": "closed"}),
    ("tumblr reblog", {"id": 1001, "state": "private"}),
    ("tumblr reblog", {"id_string": "1001", "is_private": True}),
    ("tumblr reblog", {"uuid": dumps.ALICE, "type": "private"}),
    ("tumblr reblog", {"name": "alice", "is_password_protected": True}),
    ("reddit post", {"id": "abc1", "name": "t3_abc1", "removed_by_category": "moderator"}),
    ("reddit post", {"name": reddit_dumps.subreddit()["name"], "subreddit_type": "private"}),
    ("wordpress rest post", {"id": 11, "status": "private"} | WP_LINKS),
    ("wordpress rest post", {"id": 11, "status": "trash"} | WP_LINKS),
    ("wordpress rest post", {"id": 11, "password": "tide"} | WP_LINKS),
    ("wordpress rest post", {"id": 11, "content": {"protected": True}} | WP_LINKS),
]


@pytest.mark.parametrize(("name", "record"), AGAINST)
def test_a_short_record_speaks_against_what_has_its_id(name, record, tmp_path):
    example = EXAMPLES[name]
    records = {**example.records, "short": record}

    assert not Example(example.platform, example.number, records, example.facts).is_shared(tmp_path)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("instagram media", {"id": INSTAGRAM, "like_count": 7}),
        ("instagram media", {"id": meta_dumps.ALICE_ID, "followers_count": 7}),
        ("threads quote", {"id": THREADS, "views": 7}),
        ("facebook post", {"id": FACEBOOK, "shares": {"count": 7}}),
        ("shutterstock image", {"id": "501", "download_count": 7}),
        ("tumblr reblog", {"id": 1001, "note_count": 7}),
        ("wordpress rest post", {"id": 11, "slug": "tide"} | WP_LINKS),
    ],
)
def test_a_short_record_that_says_nothing_of_it_holds_nothing(name, record, tmp_path):
    example = EXAMPLES[name]
    records = {**example.records, "short": record}

    assert Example(example.platform, example.number, records, example.facts).is_shared(tmp_path)


@pytest.mark.parametrize(("name", "record"), AGAINST)
def test_a_short_record_by_itself_shares_nothing(name, record, tmp_path):
    try:
        found = dumps.items(tmp_path, EXAMPLES[name].platform, json.dumps(record))
    except BadInput:
        found = []

    assert Verdict.SHARE not in [judge(item).verdict for item in found]
