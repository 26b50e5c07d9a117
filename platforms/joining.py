"""Joins what is known of accounts, containers and parents to the items that lack it.

Plain Python. A fact fills a gap and does nothing else: evidence that says something
stays as it is, so a fact can never make an item more public than its own dump allows.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from platforms.keys import Keyring
from platforms.records import Evidence, FactReading, Item, ItemRef, Visibility

# A rating alone proves nothing, and what is unknown itself settles nothing.
SILENT: Final = frozenset({Visibility.ADULT, Visibility.UNKNOWN})


class Known(NamedTuple):
    """All that is known of one account, container or parent, from wherever it was read."""

    settles: frozenset[str] = frozenset()
    evidence: tuple[Evidence, ...] = ()

    def and_also(self, other: "Known") -> "Known":
        """Both, in no order: all of it counts, and the judge takes the worst."""
        evidence = tuple(dict.fromkeys((*self.evidence, *other.evidence)))
        return Known(self.settles | other.settles, evidence)

    def without_yes(self) -> "Known":
        """What is left when nobody believes it to be public any more: the denials."""
        evidence = tuple(e for e in self.evidence if e.visibility is not Visibility.PUBLIC)
        denies = any(e.visibility not in SILENT for e in evidence)
        return Known(self.settles if denies else frozenset(), evidence)


Lookup = Callable[[Collection[int]], Mapping[int, Known]]
NOTHING: Final = Known()


def nothing_known(keys: Collection[int]) -> Mapping[int, Known]:
    """The lookup of somebody who knows nothing."""
    return {}


def has_gaps(item: Item) -> bool:
    """Whether some record that was not there could say more about ``item``."""
    return any(map(is_gap, item.evidence))


def is_gap(evidence: Evidence) -> bool:
    return bool(evidence.about) and evidence.visibility is Visibility.UNKNOWN


def subjects_of(items: Iterable[Item], keyring: Keyring) -> set[int]:
    """The keys of everybody and everything that ``items`` have gaps about."""
    return {
        key
        for item in items
        for evidence in item.evidence
        if is_gap(evidence)
        for key in subject_of(item.platform, evidence.about, keyring)
    }


def subject_of(platform: str, about: str | ItemRef, keyring: Keyring) -> tuple[int, ...]:
    """The keys under which something can be known; those of accounts and items differ."""
    if isinstance(about, ItemRef):
        return keyring.items_of(platform, about)
    return (keyring.account(platform, about),)


def joined(item: Item, known: Mapping[int, Known], keyring: Keyring) -> Item:
    """``item`` with each gap filled that ``known`` can fill; the same one if it fills none."""
    if not known or not has_gaps(item):
        return item
    evidence = tuple(
        dict.fromkeys(
            one for gap in item.evidence for one in _filled(gap, item.platform, known, keyring)
        )
    )
    return item if evidence == item.evidence else msgspec.structs.replace(item, evidence=evidence)


def combined(item: Item, *fuller: Item) -> Item:
    """``item`` with all that its fuller forms found out; a gap goes when one of them fills it."""
    own = dict.fromkeys(item.evidence)
    kept = [one for one in own if all(one in form.evidence for form in fuller)]
    added = [one for form in fuller for one in form.evidence if one not in own]
    return msgspec.structs.replace(item, evidence=tuple(dict.fromkeys((*kept, *added))))


class Facts:
    """What readings say, by the key of whom they are about.

    Millions of accounts share a few answers: each answer is kept once.
    """

    def __init__(self, keyring: Keyring) -> None:
        self.by_key: dict[int, Known] = {}
        self._same: dict[Known, Known] = {}
        self._keyring = keyring

    def add(self, reading: FactReading) -> None:
        """Several readings of one account all count."""
        key = self._keyring.account(reading.platform, reading.about)
        said = Known(reading.settles, reading.evidence)
        if (before := self.by_key.get(key)) is not None:
            said = before.and_also(said)
        self.by_key[key] = self._same.setdefault(said, said)


def _filled(
    gap: Evidence, platform: str, known: Mapping[int, Known], keyring: Keyring
) -> Iterator[Evidence]:
    """What takes the place of ``gap``: itself, unless what is known answers it."""
    if gap.visibility is not Visibility.UNKNOWN or not gap.about:
        yield gap
        return
    answer = NOTHING
    for key in subject_of(platform, gap.about, keyring):
        answer = answer.and_also(known.get(key, NOTHING))
    if not _answers(gap, answer):
        yield gap
        return
    for one in answer.evidence:
        yield Evidence(gap.level, one.visibility, one.code, one.detail)


def _answers(gap: Evidence, answer: Known) -> bool:
    if gap.code not in answer.settles and not isinstance(gap.about, ItemRef):
        return False
    return any(one.visibility not in SILENT for one in answer.evidence)
