"""Hints, the sweep and the workers: nothing is lost when a message is."""

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from queue import Empty

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.db import DataError, transaction
from django.db.models.functions import Now

from audit.events import operator_command
from audit.models import Entry
from exports import tasks
from exports.actions import build, plan, sweep
from exports.gate import clear
from exports.models import MAX_ATTEMPTS, File, Release

OPERATOR = operator_command()


@pytest.fixture
def messages() -> Iterator[Callable[[], list[tuple[str, str]]]]:
    """What was sent to the broker since the last time that anybody looked."""
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        queue.clear()
        yield lambda: sorted(received(queue))
        queue.clear()
        queue.close()


def received(queue) -> Iterator[tuple[str, str]]:
    while True:
        try:
            message = queue.get_nowait()
        except Empty:
            return
        message.ack()
        yield message.headers["task"].removeprefix("exports.tasks."), *message.payload[0]


@pytest.fixture
def planned(dataset, archive, post, alice) -> Release:
    archive(post(alice))
    return plan.plan_release(dataset, by=OPERATOR)


def publish_all(release: Release) -> File:
    file = release.files.get()
    tasks.build_file(str(file.pk))
    tasks.publish_release(str(release.pk))
    return release.files.get(state=File.State.PUBLISHED)


# Hints --------------------------------------------------------------------------------------


def test_workers_are_told_of_a_planned_file_after_the_commit(dataset, messages):
    with transaction.atomic():
        release = plan.plan_release(dataset, by=OPERATOR)
        before = messages()

    assert before == []
    assert messages() == [("build_file", str(release.files.get().pk))]


def test_nobody_is_told_of_what_was_rolled_back(dataset, messages):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        plan.plan_release(dataset, by=OPERATOR)
        1 / 0  # noqa: B018

    assert messages() == []


def test_a_broken_broker_loses_a_message_and_no_work(dataset, messages, caplog):
    with broken_broker():
        release = plan.plan_release(dataset, by=OPERATOR)

    assert messages() == []
    assert "on_commit" in caplog.text
    tasks.sweep()
    assert messages() == [("build_file", str(release.files.get().pk))]


class broken_broker:
    """The broker's folder is gone, and what is there in its place takes no message."""

    folder = Path(settings.BROKER_DIR) / "queue"

    def __enter__(self) -> None:
        self.folder.rename(self.folder.with_name("away"))
        self.folder.touch()

    def __exit__(self, *failure: object) -> None:
        self.folder.unlink()
        self.folder.with_name("away").rename(self.folder)


def test_each_step_tells_the_workers_of_the_next(planned, messages, opt_out, alice):
    file = planned.files.get()
    messages()

    tasks.build_file(str(file.pk))
    assert messages() == [("publish_release", str(planned.pk))]

    tasks.publish_release(str(planned.pk))
    opt_out(alice)
    tasks.sweep()
    successor = File.objects.get(replaces=file)
    assert messages() == [("build_file", str(successor.pk))]


def test_workers_do_the_whole_of_it_from_messages_alone(planned):
    with start_worker(current_app, pool="solo", perform_ping_check=False):
        plan.hints.after_commit("exports.tasks.build_file", planned.files.get().pk)
        wait_until(lambda: Release.objects.get(pk=planned.pk).state == Release.State.PUBLISHED)

    assert planned.files.get().state == File.State.PUBLISHED


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# The sweep ----------------------------------------------------------------------------------


def test_the_sweep_withdraws_without_anybody_asking_and_a_successor_is_published(
    planned, opt_out, take_back_opt_out, alice
):
    file = publish_all(planned)
    opt_out(alice)

    tasks.sweep()

    file.refresh_from_db()
    assert file.state == File.State.WITHDRAWN
    take_back_opt_out(alice, include_older=True)
    tasks.build_file(str(file.successor.pk))
    tasks.publish_file(str(file.successor.pk))
    assert planned.files.current().get().state == File.State.PUBLISHED


def test_the_sweep_finds_work_whose_worker_died(planned, messages):
    file = planned.files.get()
    build.claim(file.pk)
    messages()
    tasks.sweep()
    while_leased = messages()
    File.objects.update(lease_until=Now() - timedelta(seconds=1))

    tasks.sweep()

    assert while_leased == []
    assert messages() == [("build_file", str(file.pk))]


def test_the_sweep_finds_a_release_that_nobody_published(planned, messages):
    build.build(planned.files.get().pk)
    messages()

    tasks.sweep()

    assert messages() == [("publish_release", str(planned.pk))]


def test_the_sweep_finds_a_successor_that_nobody_published(a_file, alice, messages):
    published = a_file(alice)
    successor = a_file(alice, release=published.release, state=File.State.STAGED)

    tasks.sweep()

    assert messages() == [("publish_file", str(successor.pk))]


def test_the_sweep_leaves_a_file_in_its_pause_alone(planned, messages):
    File.objects.update(not_before=Now() + timedelta(minutes=1))
    messages()

    tasks.sweep()

    assert messages() == []


def test_a_file_that_kills_its_workers_is_set_aside(planned):
    file = planned.files.get()
    for _ in range(MAX_ATTEMPTS):
        build.claim(file.pk)
        File.objects.update(lease_until=Now() - timedelta(seconds=1))

    tasks.sweep()
    tasks.sweep()

    file.refresh_from_db()
    assert file.state == File.State.QUARANTINED
    assert Entry.objects.get(event="file.quarantined").facts["reason"] == "worker_lost"


def test_a_file_that_cannot_be_checked_keeps_the_sweep_from_no_other(
    a_file, alice, bob, opt_out, caplog
):
    broken, withdrawn = a_file(alice), a_file(bob)
    File.objects.filter(pk=broken.pk).update(
        cleared="no snapshot", published_at="2026-01-01T00:00Z"
    )
    opt_out(bob)

    with pytest.raises(sweep.NotAllChecked, match="1 published file"):
        tasks.sweep()

    withdrawn.refresh_from_db()
    assert withdrawn.state == File.State.WITHDRAWN
    assert f"file {broken.pk} could not be checked" in caplog.text
    assert "no snapshot" not in caplog.text


def test_nothing_of_a_file_that_cannot_be_checked_leaves(a_file, alice):
    broken = a_file(alice)
    File.objects.filter(pk=broken.pk).update(cleared="no snapshot")

    with pytest.raises(DataError):
        clear(broken)

    assert File.objects.get(pk=broken.pk).state == File.State.PUBLISHED


def test_a_doubled_sweep_does_no_harm(planned, opt_out, alice):
    file = publish_all(planned)
    opt_out(alice)

    tasks.sweep()
    tasks.sweep()

    assert File.objects.filter(replaces=file).count() == 1
    assert Entry.objects.filter(event="file.withdrawn").count() == 1


def test_a_message_for_work_that_is_done_does_nothing(planned):
    file = publish_all(planned)

    tasks.build_file(str(file.pk))
    tasks.publish_release(str(planned.pk))
    tasks.publish_file(str(file.pk))

    assert planned.files.get().fence == 1


# Tidying ------------------------------------------------------------------------------------


def test_what_belongs_to_nobody_is_removed_when_it_is_old(planned, storage, alice, opt_out):
    file = publish_all(planned)
    young, old = storage / "releases" / "young", storage / "releases" / "a" / "old"
    old.parent.mkdir()
    for path in (young, old):
        path.write_bytes(b"left by a worker that was killed")
    for path in (old, *(storage / "releases").rglob("*.*")):
        os.utime(path, (0, 0))

    removed = sweep.tidy()

    assert removed == 1
    assert not old.exists()
    assert young.exists()
    for path in (file.path, file.accounts_path, file.items_path, file.parents_path):
        assert (storage / path).exists()


def test_of_a_withdrawn_file_the_keys_are_kept(a_file, alice, storage):
    file = a_file(alice, state=File.State.WITHDRAWN)
    for path in (storage / "releases").rglob("*.*"):
        os.utime(path, (0, 0))

    sweep.tidy()

    assert not (storage / file.path).exists()
    assert (storage / file.accounts_path).exists()
    assert (storage / file.items_path).exists()
    assert (storage / file.parents_path).exists()
