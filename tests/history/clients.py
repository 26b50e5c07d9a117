"""The clients of one history: a program that forks them, and says on standard output how far it is.

Run by the tests as ``python -m tests.history.clients``: each line on standard input is an
``Order``, or the answer to "between". Each client notes in a file of its own what it began
and how it ended, by a clock that all processes of a machine share. A lost connection is an
unknown outcome, never a crash.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import InterfaceError, OperationalError, connection  # noqa: E402

from audit.events import SYSTEM  # noqa: E402
from audit.models import Entry  # noqa: E402
from consent.actions import opt_out  # noqa: E402
from consent.models import Source, Standing, Statement  # noqa: E402
from exports.actions import receive  # noqa: E402
from exports.models import File, Receipt  # noqa: E402
from platforms.models import Account  # noqa: E402
from tests.history import gates, house  # noqa: E402

DOWN = (OperationalError, InterfaceError)
FORK = get_context("fork")


@dataclass(frozen=True)
class Order:
    """What one run is to be.

    Each phase ends once so many opt-outs were acknowledged and so many files served, or
    after ``patience_s``. Between two phases a client of each kind is killed, and whoever
    started the run does what else they like before they answer.
    """

    name: str
    gate: str
    folder: str
    phases: int = 1
    acknowledged: int = 120
    served: int = 0
    patience_s: float = 10.0
    accounts: int = 1000
    buckets: int = 32
    people: int = 4
    pipelines: int = 2
    workers: int = 0
    pause_s: float = 0.15
    slow_share: float = 0.25
    slow_s: float = 0.06


@dataclass
class Scene:
    """What all clients of a run share."""

    order: Order
    house: house.House
    over: Any = field(default_factory=FORK.Event)
    acknowledged: Any = field(default_factory=lambda: FORK.Value("i", 0))
    served: Any = field(default_factory=lambda: FORK.Value("i", 0))

    def notes(self, name: str) -> "Notes":
        return Notes(Path(self.order.folder) / f"{name}.ndjson")

    def chance(self, name: str) -> random.Random:
        return random.Random(f"{self.order.name} {name}")


@dataclass
class Notes:
    """One client's log; each line is written at once, so a killed client leaves what it knew."""

    path: Path
    op: int = 0

    def __post_init__(self) -> None:
        self._log = self.path.open("ab", buffering=0)

    def invoke(self, what: str, **facts: Any) -> None:
        self.op += 1
        self._note("invoke", what=what, facts=facts)

    def end(self, outcome: str, **facts: Any) -> None:
        self._note(outcome, facts=facts)

    def _note(self, kind: str, **rest: Any) -> None:
        line = {"op": self.op, "type": kind, "at": time.monotonic_ns(), **rest}
        self._log.write(json.dumps(line).encode() + b"\n")


def main() -> None:
    call_command("migrate", verbosity=0, skip_checks=True)
    say("ready")
    for line in sys.stdin:
        say(json.dumps(play(Order(**json.loads(line)))))


def play(order: Order) -> dict[str, Any]:
    house.slow_commits(order.slow_share, order.slow_s)
    scene = Scene(order, house.prepare(order.name, accounts=order.accounts, buckets=order.buckets))
    # Forked clients must not share a connection.
    connection.close()
    build_everything(scene)
    clients = Clients(scene)
    for phase in range(order.phases):
        if phase:
            clients.kill_one_of_each()
            say("between")
            sys.stdin.readline()
        wait_for_phase(scene)
    scene.over.set()
    clients.join()
    return what_is_kept(scene.house)


def build_everything(scene: Scene) -> None:
    builders = [FORK.Process(target=house.finish_release, args=(scene.house,)) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()


def wait_for_phase(scene: Scene) -> None:
    acknowledged = scene.acknowledged.value + scene.order.acknowledged
    served = scene.served.value + scene.order.served
    deadline = time.monotonic() + scene.order.patience_s
    while time.monotonic() < deadline:
        if scene.acknowledged.value >= acknowledged and scene.served.value >= served:
            return
        time.sleep(0.02)


class Clients:
    """The processes of a run."""

    def __init__(self, scene: Scene) -> None:
        order = scene.order
        self.scene = scene
        self.running: dict[str, Any] = {}
        self.killed = 0
        kinds = {person: order.people, pipeline: order.pipelines, worker: order.workers}
        for kind, number in kinds.items():
            for n in range(number):
                self.start(kind, f"{kind.__name__}-{n}")
        if order.gate == "late flag":
            self.start(flagger, "flagger")

    def start(self, kind: Callable[[Scene, str], None], name: str) -> None:
        self.running[name] = FORK.Process(target=kind, args=(self.scene, name), name=name)
        self.running[name].start()

    def kill_one_of_each(self) -> None:
        """Kill a client of each kind wherever it is, and let another take its place."""
        for kind in (person, pipeline, worker):
            victim = self.running.pop(f"{kind.__name__}-0")
            os.kill(victim.pid, signal.SIGKILL)
            victim.join()
            self.start(kind, f"{kind.__name__}-new")

    def join(self) -> None:
        for client in self.running.values():
            client.join()
        if failed := [name for name, client in self.running.items() if client.exitcode]:
            raise SystemExit(f"clients failed: {failed}")


# People ---------------------------------------------------------------------------------------


def person(scene: Scene, name: str) -> None:
    """Opts out one random account after the other, and asks again until it is acknowledged."""
    chance, notes = scene.chance(name), scene.notes(name)
    for account in chance.sample(scene.house.accounts, len(scene.house.accounts)):
        while not scene.over.is_set() and not say_no(account, name, notes):
            time.sleep(0.1)
        if scene.over.is_set():
            return
        with scene.acknowledged.get_lock():
            scene.acknowledged.value += 1
        time.sleep(chance.expovariate(1 / scene.order.pause_s))


def say_no(account: Account, client: str, notes: Notes) -> bool:
    """One attempt; a repeated one is the same request."""
    notes.invoke("opt_out", account=account.native_id)
    try:
        key = f"{client} {account.pk}"
        opt_out(account, source=Source.WEB, by=SYSTEM, idempotency_key=key)
    except DOWN:
        notes.end("unknown")
        connection.close()
        return False
    notes.end("ok")
    return True


# Partners -------------------------------------------------------------------------------------


def pipeline(scene: Scene, name: str) -> None:
    """Fetches what it saw published a moment ago; some of that is gone now."""
    chance, notes = scene.chance(name), scene.notes(name)
    gate = gates.GATES[scene.order.gate]()
    files: list[File] = []
    while not scene.over.is_set():
        with down_for_a_while():
            files = list(File.objects.published().filter(release__dataset=scene.house.dataset))
        for file in chance.sample(files, min(len(files), 8)):
            if fetch(file, scene.house, gate, notes):
                with scene.served.get_lock():
                    scene.served.value += 1


def fetch(file: File, made: house.House, gate: gates.Gate, notes: Notes) -> bool:
    """One download, in the order of the delivery: receipt, commit, check, serve."""
    notes.invoke("fetch", file=str(file.pk))
    try:
        receipt = receive.ask(file, credential=made.credential)
        gate.require(file)
        served = house.people_in(file)
    except (gates.Refused, FileNotFoundError):
        notes.end("fail")
        end(receipt, Receipt.Outcome.DENIED)
        return False
    except DOWN:
        notes.end("fail")
        connection.close()
        time.sleep(0.02)
        return False
    notes.end("ok", accounts=served, receipt=str(receipt.pk))
    end(receipt, Receipt.Outcome.SENT)
    return True


def end(receipt: Receipt, outcome: Receipt.Outcome) -> None:
    with down_for_a_while():
        receive.end(receipt, outcome)


@contextmanager
def down_for_a_while() -> Iterator[None]:
    try:
        yield
    except DOWN:
        connection.close()
        time.sleep(0.1)


# The house's own ------------------------------------------------------------------------------


def worker(scene: Scene, name: str) -> None:
    """Rebuilds and publishes what was withdrawn, so that there is something to fetch."""
    while not scene.over.is_set():
        with down_for_a_while():
            if not house.work(scene.house):
                time.sleep(0.02)


def flagger(scene: Scene, name: str) -> None:
    files = list(File.objects.published().filter(release__dataset=scene.house.dataset))
    while not scene.over.is_set():
        gates.flag_files(files)
        time.sleep(gates.LATE_S)


def what_is_kept(made: house.House) -> dict[str, Any]:
    """What the database says after the run."""
    platform = made.accounts[0].platform
    statements = Statement.objects.filter(account__platform=platform)
    denied = Standing.objects.filter(account__platform=platform, denied=True)
    entries = Entry.objects.filter(event="consent.opted_out", platform=platform.slug)
    receipts = Receipt.objects.filter(partner=made.credential.partner)
    return {
        "denied": list(denied.values_list("account__native_id", flat=True)),
        "stated": list(statements.values_list("account__native_id", flat=True)),
        "recorded": entries.count(),
        "receipts": [str(pk) for pk in receipts.values_list("pk", flat=True)],
    }


def say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    main()
