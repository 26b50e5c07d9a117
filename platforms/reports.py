"""What a platform said of one account or item, reason by reason, and when it said so.

Plain Python. Reports come late, twice and out of order. For each reason the newest word
counts; of two words of the same moment the one that denies does.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

OPT_OUT: Final = "platform_opt_out"
ADULT: Final = "adult"
"""The one reason that an agreement may admit."""


class Outcome(StrEnum):
    """What became of one word. ``STALE`` means that a newer one is known already."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"


class Word(NamedTuple):
    """That ``reason`` denies, or does so no more, as of ``at`` (aware)."""

    reason: str
    denies: bool
    at: datetime


class Ledger:
    """The reasons that deny now, and the time of the newest word on each reason.

    ``times`` are as ``kept`` gave them. A reason that denies without a time, from before
    times were kept, counts as said at ``since``.
    """

    def __init__(
        self, active: Iterable[str], times: Mapping[str, str] | None, since: datetime
    ) -> None:
        self.active = set(active)
        self._times = dict.fromkeys(self.active, since)
        self._times |= {reason: datetime.fromisoformat(at) for reason, at in (times or {}).items()}

    def hear(self, word: Word) -> Outcome:
        """Take ``word`` in unless a newer one is known. Nobody's opt-out is cleared here."""
        if word.reason == OPT_OUT and not word.denies:
            raise ValueError("only a person clears an opt-out")
        denied = word.reason in self.active
        known = self._times.get(word.reason)
        if known is not None and _is_overtaken(word, known, denied):
            return Outcome.STALE
        self._times[word.reason] = word.at
        if denied == word.denies:
            return Outcome.UNCHANGED
        (self.active.add if word.denies else self.active.remove)(word.reason)
        return Outcome.APPLIED

    def said_at(self, reason: str) -> datetime:
        """When the newest word on ``reason`` was said, which denies now."""
        return self._times[reason]

    def newest(self) -> str:
        """The reason that was said last, of those that deny; empty where none does."""
        return max(self.active, key=lambda reason: (self._times[reason], reason), default="")

    def kept(self) -> dict[str, str]:
        """The times, as JSON can hold them."""
        return {
            reason: at.astimezone(UTC).isoformat() for reason, at in sorted(self._times.items())
        }


def overall(outcomes: Iterable[Outcome]) -> Outcome:
    """One outcome for a report that concerned several keys or reasons."""
    found = set(outcomes)
    for outcome in (Outcome.APPLIED, Outcome.UNCHANGED):
        if outcome in found:
            return outcome
    return Outcome.STALE


def _is_overtaken(word: Word, known: datetime, denied: bool) -> bool:
    if word.denies or not denied:
        return word.at < known
    return word.at <= known
