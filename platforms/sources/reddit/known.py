"""What a dump says of its subreddits and accounts, wherever it says so.

Every record counts and the worst of them wins. A record speaks of those that have its
id; of those that only share its name it can but speak against them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Visibility
from platforms.reports import ADULT
from platforms.sources.marks import Watch, doubt
from platforms.sources.reddit.fields import (
    OF_ACCOUNTS,
    OF_SUBREDDITS,
    WATCH_OF_ACCOUNTS,
    WATCH_OF_SUBREDDITS,
    Field,
    is_for_adults,
    missing,
    reading,
)
from platforms.sources.values import name_in

PLACE: Final = "container"
PROVEN: Final = "open_to_all"
SPELLINGS: Final = {"over18": ("over18", "over_18")}
NO_READINGS: Final[frozenset[Visibility]] = frozenset()

# What a record says in fields that nobody reads stands beside its fields under this name.
MARKS: Final = "a field that is not read"

Readings = dict[str, set[Visibility]]


class Register:
    """All readings of one kind of thing: subreddits, or accounts."""

    def __init__(self, fields: Mapping[str, Field], watch: Watch) -> None:
        self._fields = {**fields, MARKS: Field("", "", {})}
        self._watch = watch
        self._by_id: dict[str, Readings] = {}
        self._by_name: dict[str, Readings] = {}
        self._names: dict[str, str] = {}
        self._current: set[str] = set()
        self._has_required = any(field.is_required for field in fields.values())

    def add(
        self,
        native_id: str | None,
        name: str | None,
        raw: Mapping[str, Any],
        *,
        is_current: bool = False,
    ) -> None:
        """Take over what ``raw`` says; only a record of today can end an earlier denial."""
        found = {field: _values(raw, field) for field in self._fields if field != MARKS}
        found[MARKS] = list(self._watch.marks_in(raw))
        if native_id is not None:
            _note(self._by_id.setdefault(native_id, {}), self._fields, found)
        if name is not None:
            _note(self._by_name.setdefault(name.casefold(), {}), self._fields, found)
        if native_id is not None and name is not None:
            self._names.setdefault(native_id, name)
        if native_id is not None and is_current:
            self._current.add(native_id)

    def found(self, native_id: str | None, name: str | None, field: str) -> frozenset[Visibility]:
        """What was read of ``field``, anywhere; empty when it is nowhere."""
        own = self._by_id.get(native_id or "", {}).get(field, NO_READINGS)
        namesake = self._by_name.get((name or "").casefold(), {}).get(field, NO_READINGS)
        return frozenset(own) | (namesake - {Visibility.PUBLIC})

    def evidence_of(
        self,
        native_id: str | None,
        name: str | None,
        level: str,
        asserted: Mapping[str, Visibility],
        *,
        is_assertable: bool = False,
    ) -> Iterator[Evidence]:
        """All that speaks against one of them, and what is missing to prove it public.

        ``is_assertable`` says whether an operator's facts are about it, too.
        """
        if not (self._has_required or asserted or self._mentions(native_id, name)):
            return
        for name_of_field, field in self._fields.items():
            found = self.found(native_id, name, name_of_field)
            if name_of_field in asserted:
                found |= {asserted[name_of_field]}
            if not found and field.is_required:
                gap = _missing(name_of_field, field, level, native_id)
                fact = gap.fact if is_assertable else ""
                yield msgspec.structs.replace(gap, about=native_id or "", fact=fact)
            for visibility in sorted(found - {Visibility.PUBLIC}):
                yield _against(name_of_field, field, visibility, level)

    def _mentions(self, native_id: str | None, name: str | None) -> bool:
        return (native_id or "") in self._by_id or (name or "").casefold() in self._by_name

    def answers(self) -> Iterator[tuple[str, frozenset[str], tuple[Evidence, ...]]]:
        """For each id: which gaps its records fill, and with what."""
        required = {name: field for name, field in self._fields.items() if field.is_required}
        for native_id in self._by_id:
            name = self._names.get(native_id)
            found = {field: self.found(native_id, name, field) for field in required}
            settled = {field for field, read in found.items() if read - {Visibility.UNKNOWN}}
            if settled:
                against = [e for e in self.evidence_of(native_id, name, PLACE, {}) if not e.about]
                proof = Evidence(PLACE, Visibility.PUBLIC, PROVEN)
                codes = frozenset(required[field].unknown for field in settled)
                yield native_id, codes, (*against, proof)

    def denials(self) -> Iterator[tuple[str | None, str | None, frozenset[str], frozenset[str]]]:
        """The id and name of each, what denies it, and which earlier denials are over."""
        for native_id, readings in self._by_id.items():
            name = self._names.get(native_id)
            denies = _denied(readings, self._fields)
            clears = frozenset() if denies - {ADULT} else self._cleared(native_id, name)
            yield native_id, name, denies, clears
        named = {name.casefold() for name in self._names.values()}
        for name, readings in self._by_name.items():
            if name not in named:
                yield None, name, _denied(readings, self._fields), frozenset()

    def _cleared(self, native_id: str, name: str | None) -> frozenset[str]:
        if native_id not in self._current:
            return frozenset()
        evidence = self.evidence_of(native_id, name, "container", {})
        if any(one.visibility is not Visibility.ADULT for one in evidence):
            return frozenset()
        return frozenset(
            field.code
            for name_of_field, field in self._fields.items()
            if self.found(native_id, name, name_of_field) == {Visibility.PUBLIC}
        )


def subreddits() -> Register:
    return Register(OF_SUBREDDITS, WATCH_OF_SUBREDDITS)


def accounts() -> Register:
    return Register(OF_ACCOUNTS, WATCH_OF_ACCOUNTS)


def named(raw: Mapping[str, Any], *fields: str) -> str | None:
    """The first of ``fields`` that holds a name."""
    return next((name for field in fields if (name := name_in(raw.get(field)))), None)


def _values(raw: Mapping[str, Any], field: str) -> list[object]:
    values = [raw[name] for name in SPELLINGS.get(field, (field,)) if name in raw]
    return [*values, True] if field == "over18" and is_for_adults(raw) else values


def _note(
    readings: Readings, fields: Mapping[str, Field], found: Mapping[str, Iterable[object]]
) -> None:
    for field, values in found.items():
        for value in values:
            visibility = reading(fields[field].meaning, value)
            readings.setdefault(field, set()).add(visibility)


def _denied(readings: Readings, fields: Mapping[str, Field]) -> frozenset[str]:
    harmless = {Visibility.PUBLIC, Visibility.UNKNOWN}
    return frozenset(fields[name].code for name, found in readings.items() if found - harmless)


def _missing(name: str, field: Field, level: str, native_id: str | None) -> Evidence:
    found = missing(name, field, level)
    if native_id is None:
        # Neither a fact nor a record can be about what has no id.
        return msgspec.structs.replace(found, detail=f"{name} is missing, and so is subreddit_id")
    if level == "container":
        return found
    detail = f"{name} is missing; settle with a record of that subreddit"
    return Evidence(level, Visibility.UNKNOWN, found.code, detail, fact=found.fact)


def _against(name: str, field: Field, visibility: Visibility, level: str) -> Evidence:
    if name == MARKS:
        return doubt(f"{name} may say that not everybody may see the {level}", level)
    if visibility is Visibility.UNKNOWN:
        detail = f"{name} holds a value that is not understood"
        return Evidence(level, visibility, field.unknown, detail)
    return Evidence(level, visibility, field.code, f"{name} says so")
