"""Reads a history and finds what must never be in it: a file served after the no of somebody in it.

The rule is about real time, as a person sees it: once their opt-out has been acknowledged,
no fetch that begins later may hold their words. A fetch that began before, and an opt-out
whose outcome nobody knows (the connection was lost in the commit), count neither way.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Violation:
    """``account`` was acknowledged, and ``late_ns`` later a fetch began that was served them."""

    account: str
    file: str
    late_ns: int


@dataclass(frozen=True)
class Operation:
    """One thing that a client did: when it began, when and how it ended (None: unknown)."""

    what: str
    began: int
    ended: int | None
    outcome: str
    facts: dict[str, Any]


class History:
    """Everything that every client noted, in no order between clients."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = list(operations)

    @classmethod
    def read(cls, folder: Path) -> "History":
        return cls(each for log in sorted(folder.glob("*.ndjson")) for each in operations_in(log))

    def of(self, what: str, outcome: str, *, since: int = 0) -> list[Operation]:
        """What ended so, of what began at ``since`` or later."""
        return [
            each
            for each in self.operations
            if each.what == what and each.outcome == outcome and each.began >= since
        ]

    def acknowledged(self) -> dict[str, int]:
        """For each account the instant from which its no is promised to hold."""
        said: dict[str, int] = {}
        for each in self.of("opt_out", "ok"):
            account, at = each.facts["account"], each.ended or 0
            said[account] = min(at, said.get(account, at))
        return said

    def violations(self) -> Iterator[Violation]:
        said = self.acknowledged()
        for fetch in self.of("fetch", "ok"):
            for account in fetch.facts["accounts"]:
                if account in said and said[account] < fetch.began:
                    yield Violation(account, fetch.facts["file"], fetch.began - said[account])


def operations_in(log: Path) -> Iterator[Operation]:
    """The operations of one client; one that never ended has an unknown outcome."""
    begun: dict[int, dict[str, Any]] = {}
    for line in log.read_text().splitlines():
        event = json.loads(line)
        if event["type"] == "invoke":
            begun[event["op"]] = event
            continue
        start = begun.pop(event["op"])
        facts = {**start["facts"], **event["facts"]}
        yield Operation(start["what"], start["at"], event["at"], event["type"], facts)
    for start in begun.values():
        yield Operation(start["what"], start["at"], None, "unknown", start["facts"])
