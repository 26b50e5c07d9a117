"""One file is built: who may, what is left when it fails, what is left when it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from datetime import UTC, datetime, timedelta
from io import StringIO

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from audit.events import operator_command
from audit.models import Entry
from consent.models import Standing
from exports import tasks
from exports.actions import build, plan, withdraw
from exports.actions.lease import Lease
from exports.models import MAX_ATTEMPTS, File
from platforms.actions import ensure_account
from platforms.models import Platform, Run

OPERATOR = operator_command()
ONCE = datetime(2020, 1, 1, tzinfo=UTC)
LATELY = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def planned(dataset) -> File:
    return plan.plan_release(dataset, by=OPERATOR).files.get()


def lapse(file: File) -> None:
    File.objects.filter(pk=file.pk).update(lease_until=Now() - timedelta(seconds=1))


def make_due(file: File) -> None:
    File.objects.filter(pk=file.pk).update(not_before=None)


def test_a_release_is_planned_with_one_file_for_each_bucket(dataset):
    type(dataset).objects.filter(pk=dataset.pk).update(buckets=4)
    dataset.refresh_from_db()

    first = plan.plan_release(dataset, by=OPERATOR)
    second = plan.plan_release(dataset, by=OPERATOR)

    assert [file.bucket for file in first.files.order_by("bucket")] == [0, 1, 2, 3]
    assert (first.version, second.version) == (1, 2)
    assert Entry.objects.filter(event="release.planned").count() == 2


def test_a_file_is_built_from_what_may_be_shared(planned, archive, post, alice, bob, opt_out):
    archive(post(alice), post(bob))
    opt_out(bob)

    build.build(planned.pk)

    planned.refresh_from_db()
    rows = pq.read_table(settings.STORAGE_DIR / planned.path)
    assert planned.state == File.State.VERIFIED
    assert rows["text"].to_pylist() == ["Words of alice"]
    assert planned.rows == 1
    assert planned.counts == {"opted_out": 1}
    assert planned.snapshot == planned.cleared != ""
    assert planned.lease_until is None
    events = Entry.objects.filter(subject=f"file:{planned.pk}").order_by("id")
    assert [entry.event for entry in events] == ["file.built", "file.verified"]


def test_a_yes_under_a_mere_name_allows_nothing_where_only_a_yes_counts(
    planned, archive, post, alice, tumblr
):
    Platform.objects.filter(pk=tumblr.pk).update(mode=Platform.Mode.OPT_IN)
    archive(post(alice))
    named = ensure_account(tumblr, handle="alice", by=OPERATOR)
    Standing.objects.create(account=named, denied=False, allowed=True, version=1)

    build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.EMPTY
    assert planned.counts == {"not_opted_in": 1}


def test_a_file_with_nothing_in_it_is_empty_and_has_no_bytes(planned, archive, post, bob, opt_out):
    archive(post(bob))
    opt_out(bob)

    build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.EMPTY
    assert planned.path == ""


def test_a_file_of_an_empty_archive_is_empty(planned):
    build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.EMPTY


def test_a_build_knows_until_when_its_file_may_be_used(planned, archive, post, alice, bob):
    row = archive(post(alice, observed_at=LATELY - timedelta(days=2)), post(bob))

    build.build(planned.pk)

    planned.refresh_from_db()
    assert row.rows == planned.rows == 2
    assert planned.usable_until == LATELY - timedelta(days=2) + timedelta(days=30)


def test_items_that_grow_old_one_after_the_other_do_not_have_the_file_built_for_each(
    planned, archive, post, alice
):
    minute = timedelta(minutes=1)
    about_to_go = LATELY - timedelta(days=30) + timedelta(hours=2)
    archive(
        *(
            post(alice, n, published_at=ONCE, observed_at=about_to_go + n * minute)
            for n in range(9)
        ),
        post(alice, 9),
    )

    build.build(planned.pk)

    planned.refresh_from_db()
    assert (planned.rows, planned.counts) == (1, {"reading_too_old": 9})
    assert planned.usable_until - planned.snapshot_at > timedelta(days=1)


def test_what_was_agreed_for_the_dataset_is_what_a_build_asks_for(planned, archive, post, alice):
    archive(post(alice, published_at=LATELY - timedelta(hours=80)))
    dataset = planned.release.dataset
    type(dataset).objects.filter(pk=dataset.pk).update(settle_hours=81)

    build.build(planned.pk)

    planned.refresh_from_db()
    assert (planned.state, planned.counts) == (File.State.EMPTY, {"not_settled": 1})


def test_a_run_that_was_replaced_is_not_read(planned, archive, post, alice):
    run = archive(post(alice))
    type(run.dump).objects.filter(pk=run.dump_id).update(superseded_at=Now())

    build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.EMPTY


# Who may build ------------------------------------------------------------------------------


def test_of_several_workers_one_gets_the_file(planned):
    claims = []
    together = threading.Barrier(8)

    def work():
        try:
            together.wait(10)
            claims.append(build.claim(planned.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claims) == 8
    assert [claim.fence for claim in claims if claim] == [1]


def test_a_file_under_a_live_lease_is_left_alone(planned):
    build.claim(planned.pk)

    build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.BUILDING
    assert planned.fence == 1


def test_a_lapsed_lease_is_taken_over_and_the_old_worker_can_write_no_more(planned):
    slow = build.claim(planned.pk)
    lapse(planned)

    quick = build.claim(planned.pk)

    assert (slow.fence, quick.fence) == (1, 2)
    with pytest.raises(build.LeaseLost):
        build.write(slow, state=File.State.VERIFIED)
    build.write(quick, last_error="")
    planned.refresh_from_db()
    assert planned.state == File.State.BUILDING


def test_the_late_worker_leaves_the_other_ones_file_alone(planned, archive, post, alice):
    archive(post(alice))
    slow = build.claim(planned.pk)
    work = build.Work.on(slow)
    lapse(planned)
    build.build(planned.pk)
    built = build.build_file(
        work.runs, work.buckets, **work.rule, withheld=work.withheld, into=work.places
    )

    with pytest.raises(build.LeaseLost):
        build.say_built(work, built)

    planned.refresh_from_db()
    assert planned.state == File.State.VERIFIED
    assert (settings.STORAGE_DIR / planned.path).exists()
    assert not planned.path.endswith(work.places.rows.as_posix())


def test_a_lease_is_renewed_while_its_worker_lives(planned, settings):
    settings.LEASE_SECONDS = 0.4
    claim = build.claim(planned.pk)

    with Lease(claim):
        time.sleep(1.2)
        stolen = build.claim(planned.pk)

    assert stolen is None


def test_a_lease_lapses_when_nobody_renews_it(planned, settings):
    settings.LEASE_SECONDS = 0.2
    build.claim(planned.pk)

    time.sleep(0.4)

    assert build.claim(planned.pk).fence == 2


def test_a_worker_killed_on_the_way_loses_nothing(planned, archive, post, alice, settings):
    archive(post(alice))
    killed = in_a_process(
        """
        import os, signal
        from exports.actions import build
        build.verify = lambda work, built: os.kill(os.getpid(), signal.SIGKILL)
        build.build(PK)
    """,
        planned,
    )
    assert killed.returncode == -signal.SIGKILL
    planned.refresh_from_db()
    assert planned.state == File.State.BUILT
    lapse(planned)

    build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.VERIFIED
    assert planned.attempts == 2


# When it fails ------------------------------------------------------------------------------


def spoil(run: Run) -> None:
    (settings.STORAGE_DIR / run.path).unlink()


def test_a_failed_file_is_tried_again_after_a_pause(planned, archive, post, alice):
    spoil(archive(post(alice)))

    with pytest.raises(build.BuildFailed):
        build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.PLANNED
    assert planned.last_error == "FileNotFoundError: No such file or directory"
    assert planned.not_before > planned.created_at
    assert build.claim(planned.pk) is None
    make_due(planned)
    assert build.claim(planned.pk).attempts == 2


def test_five_failures_set_the_file_aside(planned, archive, post, alice, caplog):
    spoil(archive(post(alice)))

    for _ in range(MAX_ATTEMPTS):
        make_due(planned)
        with pytest.raises(build.BuildFailed):
            build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.QUARANTINED
    assert Entry.objects.filter(event="file.quarantined", subject=f"file:{planned.pk}").exists()
    assert "is set aside after 5 attempts" in caplog.text
    make_due(planned)
    assert build.claim(planned.pk) is None


def test_a_worker_with_another_key_secret_builds_nothing(planned, archive, post, alice, settings):
    archive(post(alice))
    settings.KEY_SECRET = "another secret of at least 32 bytes"

    with pytest.raises(build.BuildFailed, match="WrongKeySecret"):
        build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.PLANNED


def give_up(file: File, error: str = "OSError: No space left on device") -> None:
    claim = build.claim(file.pk)
    build.give_up(claim, because=error)


def test_an_operator_lets_a_file_that_was_given_up_be_tried_again(planned, archive, post, alice):
    archive(post(alice))
    give_up(planned)

    call_command("retry_file", str(planned.pk), stdout=StringIO())
    build.build(planned.pk)

    planned.refresh_from_db()
    entry = Entry.objects.get(event="file.retried")
    assert (planned.state, planned.attempts) == (File.State.VERIFIED, 1)
    assert (entry.subject, entry.actor) == (f"file:{planned.pk}", "operator:command")
    assert entry.facts["reason"] == "OSError: No space left on device"


def test_the_worker_that_failed_last_cannot_write_into_the_new_attempt(planned):
    late = build.claim(planned.pk)
    build.give_up(late, because="worker_lost")
    build.retry(planned, by=OPERATOR)
    build.claim(planned.pk)

    with pytest.raises(build.LeaseLost):
        build.write(late, state=File.State.VERIFIED)


@pytest.mark.parametrize("state", [state for state in File.State if state != "quarantined"])
def test_only_a_file_that_was_given_up_is_tried_again(a_file, alice, state):
    file = a_file(alice, state=state)

    with pytest.raises(CommandError, match="Nothing was queued"):
        call_command("retry_file", str(file.pk))

    assert not Entry.objects.filter(event="file.retried").exists()


def test_a_damaged_file_is_not_tried_again_because_its_successor_is(a_file, alice):
    file = a_file(alice)
    withdraw.set_aside(file, because="keys_damaged")

    with pytest.raises(build.NotGivenUp):
        build.retry(file, by=OPERATOR)


WORDS = "Words of alice"


def quoting(*args, **kwargs):
    raise ValueError(WORDS)


def test_no_log_of_a_failed_build_quotes_a_post(planned, monkeypatch, caplog):
    monkeypatch.setattr(build, "build_file", quoting)

    with pytest.raises(build.BuildFailed) as failed:
        tasks.build_file(str(planned.pk))

    printed = "".join(traceback.format_exception(failed.value))
    assert str(failed.value) == "ValueError"
    assert WORDS not in printed + caplog.text


def test_nor_does_the_log_of_a_failure_that_could_not_be_written_down(planned, monkeypatch):
    def taken_over_while_failing(*args, **kwargs):
        lapse(planned)
        build.claim(planned.pk)
        quoting()

    monkeypatch.setattr(build, "build_file", taken_over_while_failing)

    with pytest.raises(build.LeaseLost) as failed:
        build.build(planned.pk)

    assert WORDS not in "".join(traceback.format_exception(failed.value))


def test_pauses_grow_to_an_hour_and_differ():
    pauses = [build.pause_after(attempts) for attempts in range(1, 12)]

    assert timedelta(seconds=5) <= pauses[0] <= timedelta(seconds=10)
    assert timedelta(minutes=30) <= pauses[-1] <= timedelta(hours=1)
    assert len(set(pauses)) == len(pauses)


def test_an_archive_that_was_tampered_with_fails_the_verification(
    planned, archive, post, alice, monkeypatch
):
    archive(post(alice))
    built_by_us = build.build_file

    def build_and_tamper(*args, into, **kwargs):
        built = built_by_us(*args, into=into, **kwargs)
        into.rows.write_bytes(into.rows.read_bytes() + b"!")
        return built

    monkeypatch.setattr(build, "build_file", build_and_tamper)

    with pytest.raises(build.BuildFailed):
        build.build(planned.pk)

    planned.refresh_from_db()
    assert planned.state == File.State.PLANNED
    assert planned.last_error == "VerificationFailed: bytes_changed"


def test_a_full_disk_fails_the_build_leaves_nothing_and_is_tried_again(
    planned, archive, post, alice, storage
):
    archive(*(post(alice, number, text=os.urandom(2_000).hex()) for number in range(200)))

    full = in_a_process(
        """
        import resource
        from exports.actions import build
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        build.build(PK)
    """,
        planned,
    )

    planned.refresh_from_db()
    assert full.returncode == 1
    assert planned.state == File.State.PLANNED
    assert planned.last_error == "OSError: File too large"
    assert [path for path in (storage / "releases").rglob("*") if path.is_file()] == []
    make_due(planned)
    build.build(planned.pk)
    planned.refresh_from_db()
    assert planned.state == File.State.VERIFIED
    assert planned.rows == 200


def in_a_process(code: str, file: File) -> subprocess.CompletedProcess[str]:
    """Run ``code`` as a worker of its own would, on the test's database and storage."""
    prelude = f"""
        import django
        from django.conf import settings
        settings.DATABASES["default"]["NAME"] = {connection.settings_dict["NAME"]!r}
        settings.STORAGE_DIR = __import__("pathlib").Path({str(settings.STORAGE_DIR)!r})
        django.setup()
        PK = {str(file.pk)!r}
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    print(ended.stderr)
    return ended
