"""What archives of Reddit hold although nobody can read it there: one test for each class.

Each case differs from a shared item in the one thing that makes it a leak.
"""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import items, without
from tests.platforms.sources.reddit_dumps import (
    CAROL,
    CLIFFS,
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

LEAKS = [
    pytest.param(
        lines(account(hide_from_robots=True), post()), id="post of somebody hidden from robots"
    ),
    pytest.param(
        lines(account("carol", CAROL, hide_from_robots=True), crosspost()),
        id="crosspost of somebody hidden from robots",
    ),
    pytest.param(post(removed_by_category="deleted"), id="deleted post with its full text"),
    pytest.param(
        post(_meta={"was_deleted_later": True, "removal_type": "deleted"}),
        id="post deleted after the archive had read it",
    ),
    pytest.param(post(removed_by_category="moderator"), id="post removed by moderators"),
    pytest.param(post(removed_by_category="reddit"), id="post in the spam filter"),
    pytest.param(post(removed_by_category="copyright_takedown"), id="taken down"),
    *(
        pytest.param(post(removed_by_category=who), id=f"removed: {who}")
        for who in (
            "author",
            "automod_filtered",
            "anti_evil_ops",
            "community_ops",
            "legal_operations",
            "content_takedown",
            "trademark_takedown",
        )
    ),
    pytest.param(post(selftext="[removed]"), id="removed, by its text only"),
    pytest.param(post(selftext="[deleted]"), id="deleted, by its text only"),
    pytest.param(post(removal_reason="legal"), id="removed for legal reasons"),
    pytest.param(
        post(is_robot_indexable=False), id="removed without a word but hidden from robots"
    ),
    pytest.param(post(banned_by="mallory"), id="removed post in a moderator's dump"),
    pytest.param(post(author="[deleted]"), id="text of a deleted account"),
    pytest.param(lines(account(is_suspended=True), post()), id="text of a suspended account"),
    pytest.param(
        lines({"$event": {"action": "deleted"}, "name": "t3_abc1"}, post()),
        id="deleted by the compliance stream",
    ),
    pytest.param(
        lines({"$event": {"action": "gone"}, "name": "t2_alice"}, post()),
        id="account gone by the compliance stream",
    ),
    pytest.param(post(subreddit_type="private"), id="private subreddit"),
    pytest.param(post(subreddit_type="employees_only"), id="employees only"),
    pytest.param(post(subreddit_type="gold_only"), id="paid subreddit"),
    pytest.param(post(subreddit_type="gold_restricted"), id="subreddit where payers write"),
    pytest.param(lines(subreddit(quarantine=True), post()), id="quarantined subreddit"),
    pytest.param(crosspost(source(over_18=True)), id="crosspost of an explicit post"),
    pytest.param(
        lines(subreddit(subreddit_type="private"), post()),
        id="subreddit that went private after the post was read",
    ),
    pytest.param(post(quarantine=True), id="quarantined"),
    pytest.param(post(promoted=True), id="advert"),
    pytest.param(post(is_created_from_ads_ui=True), id="advert that looks like a post"),
    pytest.param(post(over_18=True), id="explicit post"),
    pytest.param(lines(subreddit(over18=True), post()), id="explicit subreddit"),
    pytest.param(
        crosspost(source(removed_by_category="deleted")), id="crosspost of a deleted post"
    ),
    pytest.param(crosspost(source(author="[deleted]")), id="crosspost of a deleted account"),
    pytest.param(
        crosspost(source(subreddit_type="private", subreddit_id=CLIFFS)),
        id="crosspost from a private subreddit",
    ),
    pytest.param(page(post(removed_by_category="deleted"), comment()), id="below a deleted post"),
    pytest.param(page(post(quarantine=True), comment()), id="comment in quarantine"),
    pytest.param(page(post(), comment(author="[deleted]", body="[deleted]")), id="deleted comment"),
    pytest.param(page(post(), comment(collapsed_reason_code="DELETED")), id="collapsed as deleted"),
    pytest.param(page(post(), comment(body="[removed]")), id="removed comment"),
    pytest.param(
        page(post(), comment(body="[ Removed by Reddit ]", removal_reason="legal")),
        id="comment removed by Reddit with a notice",
    ),
    pytest.param(page(post(removed_by_category="moderator"), comment()), id="below a removed post"),
    pytest.param(
        listing(thing("t4", {"id": "m", "author": "alice", "body": "psst"})), id="private message"
    ),
]


@pytest.mark.parametrize("dump", LEAKS)
def test_what_is_not_public_on_reddit_is_never_shared(tmp_path, dump):
    judgement = judge(items(tmp_path, "reddit", dump)[-1]).under(adult=False)

    assert judgement.verdict is Verdict.EXCLUDE
    assert judgement.reasons


def test_the_items_from_which_the_leaks_differ_are_shared(tmp_path):
    good = lines(subreddit(), account(), page(post(), comment()), crosspost())

    found = items(tmp_path, "reddit", good)

    assert {judge(item).under(adult=False).verdict for item in found} == {Verdict.SHARE}


NOT_KNOWN = [
    pytest.param(post(_meta={"was_initially_deleted": True}), id="deleted before it was read"),
    pytest.param(post(removed_by_category="brand_new"), id="removed by somebody new"),
    pytest.param(without(post(), "author_fullname"), id="author by name only"),
    pytest.param(post(subreddit_type="brand_new"), id="subreddit of a new kind"),
    pytest.param(without(post(), "subreddit_type"), id="subreddit of no kind"),
    pytest.param(comment(), id="comment without its post"),
    pytest.param(
        lines(post(), post(is_robot_indexable=None)), id="one post, readable and perhaps not"
    ),
]


@pytest.mark.parametrize("dump", NOT_KNOWN)
def test_what_is_not_known_to_be_public_is_not_shared(tmp_path, dump):
    found = items(tmp_path, "reddit", dump)

    assert found
    assert judge(found[-1]).verdict is not Verdict.SHARE
