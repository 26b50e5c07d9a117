"""Reading a dump of one of Meta's platforms: twice, accounts and parents before items.

What is kept in memory is bounded by the accounts, by the posts that others refer to, and
by the ids of posts that are not open to all; not by the posts themselves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from platforms.records import Evidence, Item, Principal, Reading, Visibility
from platforms.sources import files
from platforms.sources.graph import Form, Record, Shape, contents, id_in, odd_item
from platforms.sources.marks import ANYWHERE, is_doubt
from platforms.sources.profiles import Profiles
from platforms.visibility import EXCLUDING

PARENT_ADVICE: Final = "it is not in the dump: supply its record as well"
CLOSED_ADVICE: Final = "the dump says of what it stands on that it is not open to all"


class Parent(msgspec.Struct):
    """What the dump says of a post, photo album or the like that another one refers to."""

    evidence: tuple[Evidence, ...]
    owner: Principal | None
    references: tuple[str, ...] = ()

    @property
    def doubts(self) -> int:
        return sum(e.visibility is Visibility.UNKNOWN for e in self.evidence)


class Parents:
    """The posts that others refer to, by id: their best appearance, and the worst of all."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.wanted = wanted
        self._known: dict[str, Parent] = {}

    def add(self, number: str | None, parent: Parent) -> None:
        if number is None or number not in self.wanted:
            return
        earlier = self._known.get(number)
        if earlier is None:
            self._known[number] = parent
            return
        best, other = sorted((earlier, parent), key=lambda one: one.doubts)
        against = tuple(filter(forbids, other.evidence))
        references = tuple(dict.fromkeys((*best.references, *other.references)))
        self._known[number] = Parent((*best.evidence, *against), best.owner, references)

    def get(self, number: str) -> Parent | None:
        return self._known.get(number)

    def chain(self, number: str) -> Iterator[tuple[str, Parent | None]]:
        """``number`` and whatever it refers to in turn, each once."""
        waiting, seen = [number], {number}
        while waiting:
            current = waiting.pop()
            parent = self.get(current)
            yield current, parent
            for reference in parent.references if parent else ():
                if reference not in seen:
                    seen.add(reference)
                    waiting.append(reference)


def forbids(evidence: Evidence) -> bool:
    """Whether it stands against what it is about, however good another appearance is."""
    return evidence.visibility in EXCLUDING or is_doubt(evidence)


def all_above(parents: Parents, numbers: Sequence[str], own: str | None) -> tuple[str, ...]:
    """``numbers`` and whatever they refer to in turn; what refers to itself stands on others."""
    found = (current for number in numbers for current, _ in parents.chain(number))
    return tuple(number for number in dict.fromkeys(found) if number != own)


class Around(msgspec.Struct, frozen=True):
    """What is known besides the record itself."""

    profiles: Profiles
    parents: Parents
    closed: frozenset[str]
    asserted: Mapping[str, object]
    observed_at: datetime


class Platform(Protocol):
    """What one of the platforms knows of its own records."""

    @property
    def slug(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def form(self) -> Form: ...

    def profiles(self, asserted: Mapping[str, object], observed_at: datetime) -> Profiles: ...

    def note_accounts(self, raw: Mapping[str, Any], profiles: Profiles) -> None:
        """Tell ``profiles`` of everybody whom a post names, and who of them posts."""

    def inner(self, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The posts that came inside this one, with fields of their own."""

    def references(self, record: Record) -> Sequence[str]:
        """The ids of everything that must be public, too."""

    def parents_in(self, record: Record, around: Around) -> Iterator[tuple[str | None, Parent]]:
        """What a record, and the objects inside it, would say as somebody's parent."""

    def is_closed(self, raw: Mapping[str, Any]) -> bool:
        """Whether this appearance of a post says that it is not open to all."""

    def item_of(self, raw: Mapping[str, Any], around: Around) -> Item: ...

    def entry_of(self, record: Record, around: Around) -> Item: ...


def read(
    platform: Platform,
    paths: Sequence[Path],
    asserted: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Iterator[Reading]:
    files.check(paths, may_be_zip=True)
    around = _around(platform, paths, asserted, observed_at, progress)
    yield from around.profiles.readings(observed_at)
    yield from around.profiles.facts(observed_at)
    for record in _records(platform, paths, progress):
        if record.shape is Shape.ITEM:
            yield platform.item_of(record.raw, around)
        elif record.shape is Shape.ENTRY:
            yield platform.entry_of(record, around)
        elif record.shape is Shape.ODD:
            yield odd_item(platform.slug, platform.kind, record, observed_at)


def _around(
    platform: Platform,
    paths: Sequence[Path],
    asserted: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Around:
    profiles = platform.profiles(asserted, observed_at)
    wanted: set[str] = set()
    closed: set[str] = set()
    for record in _records(platform, paths, progress):
        wanted.update(platform.references(record))
        if record.shape is Shape.ACCOUNT:
            profiles.add(record.raw)
        elif record.shape is Shape.ITEM:
            platform.note_accounts(record.raw, profiles)
            for raw in (record.raw, *platform.inner(record.raw)):
                if platform.is_closed(raw) and (number := id_in(raw)):
                    closed.add(number)
        elif record.shape is Shape.ODD:
            _note_odd(record.raw, profiles, closed)
    profiles.join_by_name()
    parents = Parents(frozenset(wanted))
    around = Around(profiles, parents, frozenset(closed), asserted, observed_at)
    if wanted:
        _add_parents(platform, paths, around)
    return around


def _note_odd(raw: object, profiles: Profiles, closed: set[str]) -> None:
    """A record that is not understood holds what it names, if it may say that it is closed."""
    if not isinstance(raw, dict) or not ANYWHERE.marks_within(raw):
        return
    profiles.add(raw)
    if number := id_in(raw):
        closed.add(number)


def _add_parents(platform: Platform, paths: Sequence[Path], around: Around) -> None:
    """Read the dump once more, for what others refer to; most dumps refer to nothing."""
    for record in _records(platform, paths, lambda count: None):
        for number, parent in platform.parents_in(record, around):
            around.parents.add(number, parent)


def _records(
    platform: Platform, paths: Sequence[Path], progress: Callable[[int], None]
) -> Iterator[Record]:
    for path in paths:
        yield from contents(path, platform.form, progress)
