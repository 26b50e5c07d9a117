"""Why items are held, counted over the imports that count now, and what settles each reason.

A held item lacks a fact or has two that disagree. Operators settle held items in bulk:
they import the file that holds what was missing, or assert it, and let what is held be
judged again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from platforms.advice import advice_on
from platforms.models import Dump

EXAMPLES: Final = 3


@dataclass(frozen=True)
class Why:
    """One reason, and how many items of a platform are held for it, among others."""

    code: str
    items: int
    examples: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What an operator can do about it, as a sentence."""
        return advice_on(self.code)


@dataclass
class Holds:
    """What the live imports of one platform came to. An item imported twice counts twice."""

    slug: str
    name: str
    imports: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, counts: Mapping[str, Any]) -> None:
        self.imports += 1
        self.verdicts.update({each: counts[each] for each in ("read", "shared", "excluded")})
        self.verdicts["held"] += counts["held"]
        self.by_reason.update(counts["held_by_reason"])
        for code, ids in counts["examples"].items():
            shown = self.examples.setdefault(code, [])
            shown += [each for each in ids if each not in shown][: EXAMPLES - len(shown)]

    def reasons(self) -> Iterator[Why]:
        """The most frequent first."""
        for code, items in sorted(self.by_reason.items(), key=lambda pair: (-pair[1], pair[0])):
            yield Why(code, items, tuple(self.examples.get(code, ())))


def by_platform() -> list[Holds]:
    """One for each platform that anything was imported of, by name. One query."""
    holds: dict[str, Holds] = {}
    live = Dump.objects.filter(superseded_at=None).order_by("platform__name", "pk")
    for slug, name, counts in live.values_list("platform_id", "platform__name", "counts"):
        holds.setdefault(slug, Holds(slug, name)).add(counts)
    return list(holds.values())
