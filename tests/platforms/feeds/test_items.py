"""Items and facts that a platform sends are judged at once, kept, and imported together."""

import json
import os
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from audit.models import Entry
from platforms.actions import feeds, keyring
from platforms.actions.tokens import issue_token
from platforms.models import AccountState, Batch, Dump, Fact, ItemState, Run
from platforms.sources import BadInput
from platforms.tasks import import_batches, sweep
from tests.platforms.feeds.conftest import NDJSON, OPERATOR, machine, results_of
from tests.platforms.sources import reddit_dumps
from tests.platforms.sources.dumps import ALICE, blog, post
from tests.platforms.test_import_dump import disk_that_holds


@pytest.fixture(autouse=True)
def soon(settings):
    """Nothing waits for others to come."""
    settings.FEED_GATHER_SECONDS = 0


def spooled():
    return sorted((configured.STORAGE_DIR / "spool").glob("*"))


def work(platform):
    while feeds.import_received(platform):
        pass


def test_each_line_is_judged_at_once(send):
    answer = send("items", post(1), post(2, state="private"), post(3, blog={"name": "alice"}))

    assert answer.status_code == 202
    assert results_of(answer) == ["share", "exclude", "hold"]
    assert answer.json()["results"][1]["reasons"]


def test_lines_of_one_batch_complete_each_other(send):
    bare = {name: value for name, value in post(1).items() if name != "blog"}
    bare["blog"] = {"name": "alice", "uuid": ALICE}

    alone = results_of(send("items", bare))
    together = results_of(send("items", bare, blog()))

    assert (alone, together) == (["hold"], ["share", "noted"])


@pytest.mark.parametrize("line", ['{"a": 1}', "nonsense", "5", "null", '{"state": '])
def test_a_line_that_is_no_record_is_refused_and_the_others_are_taken(send, tumblr, line):
    body = f"{json.dumps(post(1))}\n{line}\n{json.dumps(post(2))}\n"

    answer = send("items", body=body)
    work(tumblr)

    assert results_of(answer) == ["share", "refused", "share"]
    assert Dump.objects.get().counts["read"] == 2


def test_a_batch_of_which_nothing_can_be_read_is_done(send):
    answer = send("items", {"a": 1})

    assert answer.json()["state"] == "applied"
    assert spooled() == []


def test_batches_that_wait_are_imported_as_one_dump(send, tumblr):
    send("items", post(1))
    send("items", post(2), post(3))

    work(tumblr)

    assert Dump.objects.get().counts["shared"] == 3
    assert set(Batch.objects.values_list("state", "dump")) == {("imported", Dump.objects.get().pk)}
    assert spooled() == []


def test_batches_wait_for_each_other_for_a_while(send, tumblr, settings):
    settings.FEED_GATHER_SECONDS = 60
    send("items", post(1))

    assert feeds.import_received(tumblr) is False


def test_batches_under_other_facts_are_another_dump(send, token, tumblr):
    client = machine(token)
    for key, query in (("a", ""), ("b", "?fact=blog.is_paywall_on=false")):
        client.post(
            f"/api/v1/platforms/tumblr/items/{query}",
            json.dumps(post(1)),
            content_type="application/x-ndjson",
            headers={"Idempotency-Key": key},
        )

    work(tumblr)

    assert sorted(Dump.objects.values_list("facts", flat=True), key=len) == [
        {},
        {"blog.is_paywall_on": "false"},
    ]


def test_a_fact_that_nobody_knows_is_refused(token):
    response = machine(token).post(
        "/api/v1/platforms/tumblr/items/?fact=blog.colour=blue",
        json.dumps(post(1)),
        content_type="application/x-ndjson",
        headers={"Idempotency-Key": "k"},
    )

    assert (response.status_code, Batch.objects.count()) == (400, 0)


def test_what_a_record_says_against_its_item_counts_before_the_import(send):
    send("items", post(7, state="private"))

    assert ItemState.objects.blocking().exists()
    assert not Run.objects.exists()


def test_what_a_record_says_against_its_blog_counts_before_the_import(send):
    send("items", post(7, blog=blog(type="private")))

    key = keyring().account("tumblr", ALICE)
    assert AccountState.objects.get(account_key=key).reasons == ["private"]


def test_an_import_that_comes_late_does_not_clear_what_was_said_since(send, tumblr):
    send("removals", {"event": "made_private", "account": {"id": ALICE}})
    send("items", post(1), blog())
    send("removals", {"event": "made_private", "account": {"id": ALICE}})

    work(tumblr)

    assert AccountState.objects.get(account_key=keyring().account("tumblr", ALICE)).denied


def test_no_record_of_an_item_gives_back_what_an_event_took(send, tumblr):
    send("removals", {"event": "made_private", "account": {"id": ALICE}})

    send("items", post(1), blog())
    at_once = AccountState.objects.get(account_key=keyring().account("tumblr", ALICE)).reasons
    work(tumblr)

    imported = AccountState.objects.get(account_key=keyring().account("tumblr", ALICE)).reasons
    assert (at_once, imported) == (["private"], ["private"])


def test_facts_are_over_by_facts_and_events_by_events_only(send):
    key = keyring().account("tumblr", ALICE)
    send("removals", {"event": "made_private", "account": {"id": ALICE}})
    send("facts", blog(allow_search_indexing=False))
    before = AccountState.objects.get(account_key=key).reasons

    send("facts", blog())

    assert before == ["private", "search_discouraged"]
    assert AccountState.objects.get(account_key=key).reasons == ["private"]


def test_a_retry_of_items_is_not_imported_twice(send, tumblr):
    first = send("items", post(1), key="k")
    work(tumblr)

    again = send("items", post(1), key="k")

    assert (again.status_code, again.json()["state"]) == (202, "imported")
    assert again.json()["results"] == first.json()["results"]
    assert feeds.import_received(tumblr) is False


def test_too_much_that_waits_is_refused_with_a_time_to_come_again(send, settings):
    settings.FEED_WAITING_BATCHES = 1
    send("items", post(1), key="first")

    response = send("items", post(2))

    assert (response.status_code, response.json()["code"]) == (429, "too_much_waits")
    assert response["Retry-After"] == "30"
    assert send("items", post(1), key="first").status_code == 202


def test_too_many_bytes_that_wait_are_refused_until_they_are_imported(send, settings, tumblr):
    settings.FEED_WAITING_BYTES = 100
    send("items", post(1))
    refused = send("items", post(2), key="again").status_code

    work(tumblr)

    assert (refused, send("items", post(2), key="again").status_code) == (429, 202)


def test_removals_and_opt_outs_are_taken_however_much_waits(send, settings):
    settings.FEED_WAITING_BATCHES = 0

    statuses = [
        send("items", post(1)).status_code,
        send("removals", {"event": "deleted", "item": {"kind": "post", "id": "1"}}).status_code,
        send("facts", blog()).status_code,
        send("opt-outs", {"id": ALICE}).status_code,
    ]

    assert statuses == [429, 200, 200, 200]


def test_a_batch_has_an_end(send, monkeypatch):
    monkeypatch.setattr(feeds, "LINES", 1)

    assert send("items", post(1), post(2)).status_code == 413
    assert spooled() == []


def test_a_batch_whose_worker_died_is_imported_by_another(send, tumblr):
    send("items", post(1))
    (claimed,) = feeds._claim(tumblr)
    Batch.objects.update(lease_until="2026-01-01T00:00Z")

    work(tumblr)

    assert Batch.objects.get().state == Batch.State.IMPORTED
    with pytest.raises(feeds.LeaseLost):
        feeds._finish([claimed], Dump.objects.get())


def test_a_batch_whose_workers_keep_dying_is_given_up(send):
    send("items", post(1))
    Batch.objects.update(attempts=5)

    sweep()

    assert Batch.objects.get().state == Batch.State.FAILED
    assert Entry.objects.filter(event="feed.batch_failed").exists()


def test_a_batch_that_cannot_be_imported_does_not_stop_the_others(send, tumblr):
    send("items", post(1))
    send("items", post(2))
    spooled()[0].write_text("<html>")

    work(tumblr)

    assert sorted(Batch.objects.values_list("state", flat=True)) == ["failed", "imported"]
    failed = Batch.objects.get(state="failed")
    assert failed.last_error and "spool" not in failed.last_error


def test_a_disk_that_stays_full_costs_no_batch_its_attempts(send, tumblr, storage):
    send("items", post(1))
    (configured.STORAGE_DIR / "archive").write_text("This is in the way.")
    for _ in range(6):
        with pytest.raises(OSError):
            feeds.import_received(tumblr)

    sweep()

    assert Batch.objects.get().state == Batch.State.RECEIVED
    (configured.STORAGE_DIR / "archive").unlink()
    work(tumblr)
    assert Batch.objects.get().state == Batch.State.IMPORTED


@pytest.mark.parametrize("place", ["items", "facts"])
def test_a_full_disk_is_told_apart_from_a_line_that_is_wrong(send, place):
    with disk_that_holds(0):
        answer = send(place, blog(), key="k")

    assert (answer.status_code, answer.json()["code"]) == (503, "not_kept")
    assert int(answer["Retry-After"]) > 0
    assert spooled() == []
    assert results_of(send(place, blog(), key="k")) == ["noted"]


def test_a_disk_that_is_full_for_a_reader_costs_no_batch_either(reddit):
    client = machine(issue_token(reddit, by=OPERATOR)[1])
    record = json.dumps(reddit_dumps.post())
    headers = {"Idempotency-Key": "k"}
    client.post("/api/v1/platforms/reddit/items/", record, content_type=NDJSON, headers=headers)

    with disk_that_holds(0), pytest.raises((OSError, BadInput)):
        feeds.import_received(reddit)

    assert Batch.objects.get().state == Batch.State.RECEIVED
    work(reddit)
    assert Batch.objects.get().state == Batch.State.IMPORTED


def test_a_batch_that_kills_its_workers_takes_no_other_with_it(send, tumblr):
    send("items", post(1))
    send("items", post(2))
    together = feeds._claim(tumblr)
    Batch.objects.update(lease_until="2026-01-01T00:00Z")
    send("items", post(3))

    claims = []
    while claimed := feeds._claim(tumblr):
        claims.append(len(claimed))
        Batch.objects.filter(pk__in=[batch.pk for batch in claimed]).update(state="imported")

    assert (len(together), claims) == (2, [1, 1, 1])


def test_a_batch_whose_body_is_gone_is_given_up_and_the_others_go_on(send, tumblr):
    send("items", post(1))
    send("items", post(2))
    spooled()[0].unlink()

    work(tumblr)

    assert sorted(Batch.objects.values_list("state", flat=True)) == ["failed", "imported"]


def test_a_message_leads_to_the_import(send):
    send("items", post(1))

    import_batches(str(Batch.objects.get().pk))

    assert Run.objects.get().rows == 1


def test_facts_of_accounts_are_noted_and_items_among_them_refused(send):
    answer = send("facts", blog(type="private"), post(1), {"a": 1})

    assert results_of(answer) == ["noted", "refused", "refused"]
    assert AccountState.objects.get(account_key=keyring().account("tumblr", ALICE)).denied


def test_many_facts_ask_the_database_no_more_often_than_few(send, round_trips):
    send("facts", blog())

    counted = []
    for first, lines in ((0, 4), (4, 60)):
        blogs = [
            blog(uuid=f"t:{number}", name=f"name-{number}", type=kind)
            for number, kind in enumerate(["public", "private"] * lines, start=first)
        ]
        with round_trips() as asked:
            answer = send("facts", *blogs)
        assert set(results_of(answer)) == {"noted"}
        counted.append(len(asked))

    assert counted[1] == counted[0]


def test_facts_settle_items_that_come_later(send):
    bare = post(1, blog={"name": "alice", "uuid": ALICE})

    send("facts", blog())

    assert Fact.objects.exists()
    assert results_of(send("items", bare)) == ["share"]


def test_what_no_batch_needs_is_removed_from_the_spool_after_a_time(send, tumblr, storage):
    send("items", post(1))
    (kept,) = spooled()
    orphan = kept.with_name("orphan.ndjson")
    orphan.write_bytes(b"{}")
    for path in (kept, orphan):
        os.utime(path, (0, 0))

    feeds.sweep_spool(now=timezone.now())

    assert spooled() == [kept]


def test_results_of_lines_are_forgotten_after_a_time_and_the_key_is_not(send):
    send("removals", {"event": "deleted", "item": {"kind": "post", "id": "1"}}, key="k")

    feeds.drop_results(now=timezone.now() + timedelta(days=91))

    again = send("removals", {"event": "deleted", "item": {"kind": "post", "id": "1"}}, key="k")
    assert again.json() == again.json() | {"results": [], "counts": {"applied": 1}}
    assert send("removals", {"event": "moderated"}, key="k").status_code == 422
