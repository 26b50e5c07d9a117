"""Threads: each class of post that nobody may pass on, one test for each.

Each case differs from a shared item in the one thing that makes it a leak.
"""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import items, without
from tests.platforms.sources.meta_dumps import (
    BOB_ID,
    account,
    bobs_thread,
    quote,
    reply,
    thread,
)

VOUCHED = {
    "account.privacy": "public",
    "post.is_reply": "false",
    "post.is_quote_post": "false",
    "post.hide_status": "not_hushed",
}
PRIVATE_BOB = account(BOB_ID, "bob_tides", is_private=True)
LEAKS = [
    pytest.param([thread(), account(is_private=True)], id="post of a private account"),
    pytest.param([thread(media_type="REPOST_FACADE")], id="repost"),
    pytest.param([thread(ghost_post_status="ACTIVE")], id="ghost post"),
    pytest.param([thread(ghost_post_status="ARCHIVED")], id="ghost post that has vanished"),
    pytest.param([thread(allowlisted_country_codes=["DE"])], id="post for some countries"),
    pytest.param([without(thread(), "permalink")], id="flagged post"),
    pytest.param(
        [thread(ghost_post_expiration_timestamp="2026-01-01T00:00:00+0000")],
        id="ghost post by its end",
    ),
    pytest.param(
        [account(ghost_posts={"data": [thread()]})], id="ghost post by the account's list"
    ),
    pytest.param(
        [quote(quoted_post=bobs_thread(owner={"id": BOB_ID, "is_private": True}))],
        id="quote that shows a private account",
    ),
    pytest.param(
        [
            bobs_thread(),
            quote(quoted_post={"id": bobs_thread()["id"], "owner": PRIVATE_BOB}),
        ],
        id="post of an account that a quote of it calls private",
    ),
    pytest.param([reply(hide_status="HIDDEN"), bobs_thread()], id="hidden reply"),
    pytest.param([reply(reply_approval_status="PENDING"), bobs_thread()], id="unapproved reply"),
    pytest.param([reply(), bobs_thread(), PRIVATE_BOB], id="reply to a private account"),
    pytest.param([quote(), bobs_thread(), PRIVATE_BOB], id="quote of a private account"),
    pytest.param([quote(), bobs_thread(ghost_post_status="ARCHIVED")], id="quoted ghost post"),
    pytest.param([thread(), account(age_range={"min": 13, "max": 17})], id="somebody under age"),
    pytest.param([quote(), bobs_thread(), account(BOB_ID, "bob", age=14)], id="quoted minor"),
]


@pytest.mark.parametrize("records", LEAKS)
def test_what_was_never_public_is_never_shared(tmp_path, records):
    first, *_ = items(tmp_path, "threads", records, facts=VOUCHED)

    assert judge(first).verdict is Verdict.EXCLUDE


def test_a_quote_of_a_post_that_is_not_there_is_held(tmp_path):
    (item,) = items(tmp_path, "threads", [quote()], facts=VOUCHED)

    assert judge(item).verdict is Verdict.HOLD


def test_what_an_account_lists_as_a_reply_is_one_whatever_is_asserted(tmp_path):
    listed = account(replies={"data": [without(thread(), "is_reply")]})

    (item,) = items(tmp_path, "threads", [listed], facts=VOUCHED)

    assert {reason.code for reason in judge(item).reasons} == {
        "replied_to_unknown",
        "root_post_unknown",
    }


def test_posts_of_an_account_that_lists_ghost_posts_beside_them_are_shared(tmp_path):
    records = [account(threads={"data": [thread()]}, ghost_posts={"data": [{"id": "5"}]})]

    first, ghost = items(tmp_path, "threads", records)

    assert [judge(item).verdict for item in (first, ghost)] == [Verdict.SHARE, Verdict.EXCLUDE]


def test_the_posts_from_which_those_differ_are_shared(tmp_path):
    records = [thread(), quote(), reply(), bobs_thread()]

    found = items(tmp_path, "threads", records, facts={"account.privacy": "public"})

    assert [judge(item).verdict for item in found] == [Verdict.SHARE] * 4
