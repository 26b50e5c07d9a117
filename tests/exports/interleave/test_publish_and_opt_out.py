"""Publish, opt-out and fetch, statement by statement: ours never leaks, five others do.

The shipped code is what moves here, between its own SQL statements. The refuted
protocols are written below; each was proposed once, and each looks right.
"""

import itertools
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings

from audit.events import operator_command
from consent import actions as consent
from consent.models import ReasonCode, Source, Standing
from exports import gate
from exports.actions import publish, receive
from exports.models import File, Receipt, Release
from exports.primary import one_snapshot
from platforms.snapshots import current_snapshot, new_transaction_id, xmin_of

pytestmark = [pytest.mark.interleave, pytest.mark.timeout(600)]

OPERATOR = operator_command()
SCHEDULES = 300
FEW_SCHEDULES = 100
ATTEMPTS_TO_REFUTE = 2_000

chosen_by_hypothesis = settings(
    max_examples=SCHEDULES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Scene:
    """One verified file of Alice's, in a release that is about to be published."""

    file: File
    alice: object
    credential: object
    clock: itertools.count = field(default_factory=itertools.count)
    acknowledged: float = float("inf")
    notified: set = field(default_factory=set)
    served: list = field(default_factory=list)

    def publish(self) -> None:
        with suppress(publish.NotPublishable):
            publish.publish_release(self.file.release_id)

    def opt_out(self) -> None:
        consent.opt_out(self.alice, source=Source.OPERATOR, by=OPERATOR, reason=ReasonCode.LEGAL)
        self.acknowledged = next(self.clock)
        receipts = Receipt.objects.filter(file__release=self.file.release_id)
        self.notified = set(receipts.values_list("pk", flat=True))

    def fetch(self) -> None:
        invoked = next(self.clock)
        receipt = receive.ask(self.file, credential=self.credential)
        try:
            gate.clear(self.file)
        except gate.GateClosed:
            receive.end(receipt, Receipt.Outcome.DENIED)
            return
        self.served.append((invoked, receipt.pk))
        receive.end(receipt, Receipt.Outcome.SENT)

    def fetch_twice(self) -> None:
        self.fetch()
        self.fetch()

    @property
    def leaked_to(self) -> list:
        """Who was served after the acknowledgement, or before it and is on no notice."""
        return [
            receipt
            for invoked, receipt in self.served
            if invoked > self.acknowledged or receipt not in self.notified
        ]


@pytest.fixture
def scene(a_release, a_file, alice, credential) -> Callable[[], Scene]:
    """A scene of its own for each schedule; the account and its bytes are the same."""
    template = a_file(alice, release=a_release(), state=File.State.VERIFIED)
    dataset = template.release.dataset
    versions = itertools.count(100)

    def set_up() -> Scene:
        Standing.objects.filter(account=alice).update(denied=False, reasons=[])
        release = Release.objects.create(dataset=dataset, version=next(versions))
        with one_snapshot() as now:
            pass
        file = File.objects.get(pk=template.pk)
        file.pk, file.release, file.snapshot, file.cleared = None, release, *[now.snapshot] * 2
        file._state.adding = True
        file.save()
        return Scene(file, alice, credential)

    return set_up


# Ours -----------------------------------------------------------------------------------------


def test_the_shipped_protocol_never_leaks(scene, stage, schedule):
    assert outcomes(scene, stage, schedule, tries=FEW_SCHEDULES) == {True, False}


@pytest.mark.long
def test_the_shipped_protocol_never_leaks_in_many_schedules(scene, stage, schedule):
    assert outcomes(scene, stage, schedule, tries=SCHEDULES) == {True, False}


def outcomes(scene, stage, schedule, tries) -> set:
    """Whether anybody was served, in any of so many schedules, of which none leaks."""
    players = stage(3)
    seen = set()

    @settings(chosen_by_hypothesis, max_examples=tries)
    @given(schedule(3))
    def play(chosen):
        now = scene()
        players.play(chosen, now.publish, now.opt_out, now.fetch_twice)
        seen.add(bool(now.served))
        assert now.leaked_to == []
        now.fetch()
        assert now.leaked_to == []

    play()

    return seen


@pytest.mark.long
def test_publishing_is_safe_by_itself_where_opting_out_flags_what_it_finds(scene, stage, schedule):
    assert leaks(scene, stage, schedule, shipped, tries=SCHEDULES) == []


def test_asking_the_gate_before_the_receipt_is_committed_leaves_somebody_without_notice(
    scene, stage, schedule
):
    players = stage(2)
    found = []

    @chosen_by_hypothesis
    @given(schedule(2))
    def play(chosen):
        if found:
            return
        now = scene()
        now.publish()
        players.play(chosen, now.opt_out, lambda: fetch_with_a_late_receipt(now))
        found.extend(now.leaked_to)

    play()

    assert found


def fetch_with_a_late_receipt(now: Scene) -> None:
    invoked = next(now.clock)
    with suppress(gate.GateClosed):
        gate.clear(now.file)
        receipt = receive.ask(now.file, credential=now.credential)
        now.served.append((invoked, receipt.pk))


# Not ours -------------------------------------------------------------------------------------


@pytest.mark.long
def test_publishing_directly_leaks(scene, stage, schedule):
    assert leaks(scene, stage, schedule, publish_directly)


@pytest.mark.long
def test_checking_again_in_the_publishing_transaction_leaks(scene, stage, schedule):
    assert leaks(scene, stage, schedule, check_in_the_same_transaction)


@pytest.mark.long
def test_checking_again_after_staging_leaks(scene, stage, schedule):
    assert leaks(scene, stage, schedule, stage_and_check)


@pytest.mark.long
def test_waiting_for_the_own_transaction_id_leaks(scene, stage, schedule):
    assert leaks(scene, stage, schedule, wait_for_own_id)


@pytest.mark.long
def test_waiting_for_the_end_of_the_snapshot_leaks(scene, stage, schedule):
    assert leaks(scene, stage, schedule, wait_for_xmax)


def leaks(scene, stage, schedule, publishing, tries=ATTEMPTS_TO_REFUTE) -> list:
    """The first schedule after which the file is published with Alice's post in it."""
    players = stage(2)
    found = []

    @settings(chosen_by_hypothesis, max_examples=tries)
    @given(schedule(2))
    def play(chosen):
        if found:
            return
        now = scene()
        players.play(chosen, lambda: publishing(now), lambda: opt_out_with_a_flag(now))
        now.file.refresh_from_db()
        if now.file.state == File.State.PUBLISHED:
            found.append(chosen)

    play()
    return found


def opt_out_with_a_flag(now: Scene) -> None:
    """Deny, and withdraw the files that can be seen: what the gate would then read."""
    with transaction.atomic():
        Standing.objects.update_or_create(
            account=now.alice,
            partner="",
            defaults={"denied": True, "reasons": ["legal"], "version": 1},
        )
        set_state(now, ["staged", "published"], "withdrawn")


def set_state(now: Scene, before: list[str], after: str) -> None:
    File.objects.filter(pk=now.file.pk, state__in=before).update(state=after)


def nobody_objects(now: Scene) -> bool:
    return not Standing.objects.changed_since(now.file.snapshot).denied().exists()


def shipped(now: Scene) -> None:
    now.publish()


def publish_directly(now: Scene) -> None:
    set_state(now, ["verified"], "published")


def check_in_the_same_transaction(now: Scene) -> None:
    with transaction.atomic():
        if nobody_objects(now):
            set_state(now, ["verified"], "published")


def stage_and_check(now: Scene) -> None:
    stage_in_a_transaction(now)
    if nobody_objects(now):
        set_state(now, ["staged"], "published")


def stage_in_a_transaction(now: Scene) -> int:
    """Staging takes a moment: an opt-out can begin, and look for files, before its commit."""
    with transaction.atomic():
        set_state(now, ["verified"], "staged")
        return new_transaction_id()


def wait_for_own_id(now: Scene) -> None:
    own = stage_in_a_transaction(now)
    wait(lambda: xmin_of(current_snapshot()) > own)
    if nobody_objects(now):
        set_state(now, ["staged"], "published")


def wait_for_xmax(now: Scene) -> None:
    """A snapshot's xmax follows the newest id that has ended: open ones lie above it."""
    stage_in_a_transaction(now)
    xmax = int(current_snapshot().split(":")[1])
    wait(lambda: xmin_of(current_snapshot()) >= xmax)
    if nobody_objects(now):
        set_state(now, ["staged"], "published")


def wait(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(publish.POLL_S)
