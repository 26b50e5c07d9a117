"""The gate that we ship, and three that people build instead. The checker must tell them apart.

Each answers one question: may this file leave? It raises ``Refused`` if not.
"""

import time
from collections.abc import Callable
from typing import Protocol

from django.conf import settings

from consent.models import Standing, Statement
from exports import gate
from exports.models import File
from platforms.archive import keyfile

LATE_S = 0.25
CACHED_S = 1.0


class Refused(Exception):
    """The file does not leave."""


class Gate(Protocol):
    def require(self, file: File) -> None: ...


class Shipped:
    """``exports.gate``: what was committed, read on the primary, each time."""

    def require(self, file: File) -> None:
        try:
            gate.clear(file)
        except gate.GateClosed as closed:
            raise Refused(str(closed)) from closed


class SequenceTail:
    """Broken: it remembers the highest statement id it has seen, and reads those above."""

    def __init__(self) -> None:
        self.last = 0
        self.denied: set[int] = set()

    def require(self, file: File) -> None:
        news = Statement.objects.filter(pk__gt=self.last).order_by("pk")
        for pk, keys in news.values_list("pk", "account__keys"):
            self.last = pk
            self.denied.update(keys)
        if self.denied & keys_in(file):
            raise Refused


class CachedAnswer:
    """Broken: a right answer, kept for a second."""

    def __init__(self) -> None:
        self.answers: dict[object, tuple[float, bool]] = {}

    def require(self, file: File) -> None:
        asked, good = self.answers.get(file.pk, (0.0, False))
        if time.monotonic() - asked > CACHED_S:
            good = not denied_now() & keys_in(file)
            self.answers[file.pk] = (time.monotonic(), good)
        if not good:
            raise Refused


class LateFlag:
    """Broken: it reads a flag on the file, which a task sets after the opt-out's commit."""

    def require(self, file: File) -> None:
        if File.objects.filter(pk=file.pk, withdrawn_because=FLAG).exists():
            raise Refused


FLAG = "flagged"
GATES: dict[str, Callable[[], Gate]] = {
    "shipped": Shipped,
    "sequence tail": SequenceTail,
    "cached answer": CachedAnswer,
    "late flag": LateFlag,
}


def flag_files(files: list[File]) -> None:
    """The task of ``LateFlag``: complete, never lost, and always a little late."""
    denied = denied_now()
    flagged = [file.pk for file in files if denied & keys_in(file)]
    File.objects.filter(pk__in=flagged).update(withdrawn_because=FLAG)


def denied_now() -> set[int]:
    denied = Standing.objects.filter(denied=True).values_list("account__keys", flat=True)
    return {key for keys in denied for key in keys}


def keys_in(file: File) -> set[int]:
    path = settings.STORAGE_DIR / file.accounts_path
    return set(keyfile.load(path, file.accounts_sha256).tolist())
