"""What hangs on something that was taken back leaves with it, though nobody reports it itself."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from audit.events import operator_command
from consent.actions import opt_out
from consent.models import ReasonCode, Source
from exports.actions.agree import add_dataset, add_partner
from exports.gate import GateClosed, clear
from platforms.actions import (
    add_missing_platforms,
    ensure_account,
    import_dump,
    request_resolution,
    resolve,
)
from platforms.actions.tokens import issue_token
from platforms.models import Platform
from platforms.records import MediaKind
from tests.leaks.releases import released, rows_in
from tests.platforms.sources import anywhere, dumps
from tests.platforms.sources.reddit_dumps import ALICE, comment, crosspost, lines, post

OPERATOR = operator_command()
SITE = "https://tides.example"
ENTRY = {"kind": "post", "id": "11", "container": SITE}
WORDPRESS = pytest.param(
    "wordpress",
    dumps.wxr(dumps.entry(dumps.comment()), dumps.attachment()),
    ENTRY,
    dumps.wxr(dumps.entry(wp__status="private")),
    id="comment and attachment",
)
REDDIT = pytest.param(
    "reddit",
    lines(post(), comment()),
    {"kind": "post", "id": "abc1"},
    lines(post(removed_by_category="deleted")),
    id="comment",
)
CROSSPOST = pytest.param(
    "reddit",
    lines(post("src1"), crosspost()),
    {"kind": "post", "id": "src1"},
    lines(post("src1", removed_by_category="deleted")),
    id="crosspost",
)

ROOT = anywhere.lines(anywhere.reply(), *anywhere.FACTS)


@pytest.fixture
def take_in(transactional_db, tmp_path):
    add_missing_platforms()

    def bring(platform, text):
        path = tmp_path / f"dump-{len(list(tmp_path.iterdir()))}"
        path.write_text(text)
        facts = dumps.PUBLIC_SITE if platform == "wordpress" else {}
        return import_dump(platform, [path], facts, by=OPERATOR, now=timezone.now())

    return bring


@pytest.fixture
def dataset(transactional_db):
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    return add_dataset(
        partner,
        "everything",
        name="Everything",
        platforms=["reddit", "wordpress", "generic"],
        media_kinds=list(MediaKind),
        buckets=1,
        by=OPERATOR,
    )


def take_back(platform, item, event="made_private"):
    token = issue_token(Platform.objects.get(slug=platform), by=OPERATOR)[1]
    response = Client(headers={"Authorization": f"Bearer {token}"}).post(
        f"/api/v1/platforms/{platform}/removals/",
        json.dumps({"event": event, "item": item}) + "\n",
        content_type="application/x-ndjson",
        headers={"Idempotency-Key": "1"},
    )
    assert response.status_code == 200, response.content


@pytest.mark.parametrize("event", ["made_private", "deleted", "moderated"])
@pytest.mark.parametrize(("platform", "dump", "parent", "newer"), [WORDPRESS, REDDIT, CROSSPOST])
def test_what_hangs_on_an_item_that_was_taken_back_is_not_delivered(
    take_in, dataset, platform, dump, parent, newer, event
):
    take_in(platform, dump)
    assert rows_in(released(dataset)) > 1

    take_back(platform, parent, event)

    assert rows_in(released(dataset)) == 0


@pytest.mark.parametrize(("platform", "dump", "parent", "newer"), [WORDPRESS, REDDIT, CROSSPOST])
def test_what_hangs_on_an_item_that_a_newer_dump_excludes_is_not_delivered(
    take_in, dataset, platform, dump, parent, newer
):
    take_in(platform, dump)
    assert rows_in(released(dataset)) > 1

    take_in(platform, newer)

    assert rows_in(released(dataset)) == 0


@pytest.fixture
def only_the_comment(take_in, dataset):
    """A published file with Bob's comment; Alice, under whose post it stands, does not share."""
    take_in("reddit", lines(post(), comment()))
    alice = ensure_account(Platform.objects.get(slug="reddit"), native_id=ALICE, by=OPERATOR)
    opt_out(alice, source=Source.OPERATOR, by=OPERATOR, reason=ReasonCode.LEGAL)
    file = released(dataset)
    assert rows_in(file) == 1
    return file


def test_a_file_with_the_comment_alone_closes_when_its_post_is_made_private(only_the_comment):
    clear(only_the_comment)

    take_back("reddit", {"kind": "post", "id": "abc1"})

    with pytest.raises(GateClosed):
        clear(only_the_comment)


def test_a_file_with_the_comment_alone_closes_when_a_newer_dump_excludes_its_post(
    only_the_comment, take_in
):
    clear(only_the_comment)

    take_in("reddit", lines(post(removed_by_category="deleted")))

    with pytest.raises(GateClosed):
        clear(only_the_comment)


def test_the_successor_of_a_closed_file_stays_as_it_is(only_the_comment, take_in, dataset):
    take_in("reddit", lines(post("abc9"), comment("c9", "abc9")))
    take_back("reddit", {"kind": "post", "id": "abc1"})

    after = released(dataset)

    assert rows_in(after) == 1
    assert clear(after)


def test_the_same_dump_once_more_leaves_the_file_open(only_the_comment, take_in):
    take_in("reddit", lines(post(), comment(), post("abc9")))

    assert clear(only_the_comment)


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param(anywhere.parent(visibility="private"), id="private"),
        pytest.param(anywhere.parent(minor=True), id="of a minor"),
        pytest.param(anywhere.parent(signals=["no_ai"]), id="not for AI"),
        pytest.param(anywhere.parent(visibility="unknown"), id="nobody knows"),
        pytest.param(anywhere.parent(visibility="for some"), id="not understood"),
    ],
)
def test_what_hangs_on_something_that_a_newer_parent_record_closes_is_not_delivered(
    take_in, dataset, closed
):
    take_in("generic", ROOT)
    file = released(dataset)
    assert rows_in(file) == 1

    take_in("generic", anywhere.lines(closed))

    assert rows_in(released(dataset)) == 0
    with pytest.raises(GateClosed):
        clear(file)


def test_what_was_settled_by_a_parent_goes_with_all_that_the_parent_hangs_on(take_in, dataset):
    take_in("reddit", lines(comment(link="abc2", quarantine=False)))
    take_in("reddit", lines(crosspost()))
    resolve(request_resolution(Platform.objects.get(slug="reddit"), {}, by=OPERATOR).pk)
    assert rows_in(released(dataset)) == 2

    take_in("reddit", lines(post("src1", removed_by_category="deleted")))

    assert rows_in(released(dataset)) == 0
