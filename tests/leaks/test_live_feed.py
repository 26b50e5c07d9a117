"""What a platform reports over HTTP binds files that were built before, through the real gate."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from audit.events import operator_command
from exports.actions.agree import add_dataset, add_partner
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.actions.publish import publish_file, publish_release
from exports.gate import GateClosed, clear
from exports.models import File
from platforms.actions import add_missing_platforms, feeds, import_dump, keyring
from platforms.actions.tokens import issue_token
from platforms.feeds.lines import text_of
from platforms.keys import account_key_text
from platforms.models import Platform
from tests.leaks.releases import rows_in
from tests.platforms.sources.dumps import ALICE, BOB, blog, post

OPERATOR = operator_command()
EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
POST = {"kind": "post", "id": "1", "container": ALICE}


@pytest.fixture
def tumblr(transactional_db, settings):
    settings.FEED_GATHER_SECONDS = 0
    add_missing_platforms()
    return Platform.objects.get(slug="tumblr")


@pytest.fixture
def send(tumblr):
    token = issue_token(tumblr, by=OPERATOR)[1]
    client, numbers = Client(headers={"Authorization": f"Bearer {token}"}), iter(range(100))

    def post_lines(place, *records):
        response = client.post(
            f"/api/v1/platforms/tumblr/{place}/",
            "".join(json.dumps(record) + "\n" for record in records),
            content_type="application/x-ndjson",
            headers={"Idempotency-Key": str(next(numbers))},
        )
        assert response.status_code in (200, 202), response.content
        return response.json()

    return post_lines


@pytest.fixture
def dataset(tumblr):
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    return add_dataset(
        partner,
        "blogs",
        name="Blogs",
        platforms=["tumblr"],
        media_kinds=["text"],
        buckets=1,
        by=OPERATOR,
    )


@pytest.fixture
def published(dataset, tmp_path):
    """A file with one post of Alice's and one of Bob's."""
    path = tmp_path / "dump.json"
    theirs = post(2, blog_name="bob", blog=blog("bob", BOB))
    path.write_bytes(text_of(post(1)) + text_of(theirs))
    import_dump("tumblr", [path], {}, by=OPERATOR, now=timezone.now())
    return release(dataset)


def release(dataset):
    planned = plan_release(dataset, by=OPERATOR)
    file = planned.files.get()
    build(file.pk)
    publish_release(planned.pk)
    publish_file(file.pk)
    return File.objects.get(pk=file.pk)


@pytest.mark.parametrize(
    "event",
    [
        *({"event": event, "item": POST} for event in ("deleted", "made_private", "moderated")),
        *(
            {"event": event, "account": {"id": ALICE}}
            for event in ("suspended", "deleted", "made_private", "opted_out")
        ),
        {"event": "suspended", "account": {"handle": "alice"}},
    ],
    ids=lambda line: f"{line['event']} {'item' if 'item' in line else 'account'}",
)
def test_what_is_taken_back_closes_a_file_that_was_built_before(published, send, event):
    clear(published)

    send("removals", event)

    with pytest.raises(GateClosed):
        clear(published)


def test_what_is_given_back_is_in_the_next_release_and_not_in_the_old_file(
    published, dataset, send
):
    send("removals", {"event": "deleted", "item": POST, "occurred_at": EARLY})
    with pytest.raises(GateClosed):
        clear(published)
    without = rows_in(release(dataset))

    restored = {"event": "restored", "reverses": ["deleted"], "item": POST, "occurred_at": LATE}
    send("removals", restored)

    with pytest.raises(GateClosed):
        clear(published)
    assert (without, rows_in(release(dataset))) == (1, 2)


def test_the_platforms_reset_of_its_flag_never_shares_again(published, dataset, send):
    send("removals", {"event": "opted_out", "account": {"id": ALICE}, "occurred_at": EARLY})
    send("facts", blog(type="private"))
    send("facts", blog())

    restored = {"event": "restored", "reverses": ["made_private"], "account": {"id": ALICE}}
    send("removals", restored | {"occurred_at": LATE})

    assert rows_in(release(dataset)) == 1


def test_an_item_that_comes_in_private_closes_the_file_before_it_is_imported(published, send):
    send("items", post(1, state="private"))

    with pytest.raises(GateClosed):
        clear(published)


@pytest.mark.parametrize("named", ["id", "handle", "key"])
def test_a_listed_opt_out_bites_when_the_content_comes_in_later(dataset, send, tumblr, named):
    names = {
        "id": ALICE,
        "handle": "alice",
        "key": account_key_text(keyring().account("tumblr", ALICE)),
    }
    send("opt-outs", {named: names[named]})

    send("items", post(1), post(2, blog_name="bob", blog=blog("bob", BOB)))
    feeds.import_received(tumblr)

    assert rows_in(release(dataset)) == 1


def test_a_listed_opt_out_closes_a_file_that_was_built_before(published, send):
    send("opt-outs", {"id": ALICE})

    with pytest.raises(GateClosed):
        clear(published)


def test_an_opt_out_of_a_name_follows_the_account_to_its_next_names(dataset, send, tumblr):
    send("opt-outs", {"handle": "alice"})

    for before, now in (("alice", "moss"), ("moss", "fern")):
        account = {"id": ALICE, "handle": before}
        send("removals", {"event": "renamed", "account": account, "new_handle": now})
    send(
        "items",
        post(1, blog_name="fern", blog=blog("fern")),
        post(2, blog_name="bob", blog=blog("bob", BOB)),
    )
    feeds.import_received(tumblr)

    assert rows_in(release(dataset)) == 1
