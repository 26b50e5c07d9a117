"""The generic format: one documented shape, in NDJSON and Parquet, for any other platform."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from platforms.records import AccountReading, FactReading, Item, Reading, Visibility
from platforms.reports import ADULT
from platforms.sources import files
from platforms.sources.contract import Fact, understood
from platforms.sources.generic import parquet
from platforms.sources.generic.items import (
    SLUG,
    Surroundings,
    closed_parents,
    evidence_of,
    handle_of,
    item_of,
    native_id_of,
    odd_item,
)
from platforms.sources.generic.known import DENIALS, INDEXABLE, Known, Mark
from platforms.sources.generic.schema import LANE, Closed, ItemRecord, Record, record_in
from platforms.sources.json_documents import Proven
from platforms.sources.json_records import NotOfThisPlatform, records
from platforms.sources.values import text_in

ADVICE: Final = "Give one record on each line, or a Parquet file with the documented columns."
REASON_CHARACTERS: Final = 200
FLAGGED: Final = frozenset({"paid", "commercial", "minor"})
CLEARED: Final = FLAGGED | {ADULT} | set(DENIALS.values())


class Shape(StrEnum):
    RECORD = "record"
    ODD = "odd"


class Generic:
    """Reads NDJSON and Parquet; a file holds items, facts, or both."""

    slug: Final = SLUG
    name: Final = "Other platforms"
    facts: Final[Mapping[str, Fact]] = {}

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading]:
        understood(self.facts, asserted)
        return _read(paths, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        """There are no facts to assert: every record says all that decides."""
        return item


def _read(
    paths: Sequence[Path], observed_at: datetime, progress: Callable[[int], None]
) -> Iterator[Reading]:
    files.check(paths)
    proven = Proven()
    around = Surroundings(_first_pass(paths, progress, proven), observed_at)
    yield from _readings(around)
    yield from _facts(around)
    yield from closed_parents(around)
    for path in paths:
        for raw in _raw(path, progress, proven):
            record, reason = _understood(raw)
            if isinstance(record, ItemRecord):
                yield item_of(record, around)
            elif record is None:
                yield odd_item(raw if isinstance(raw, dict) else {}, reason, observed_at)


def _first_pass(paths: Sequence[Path], progress: Callable[[int], None], proven: Proven) -> Known:
    known = Known()
    for path in paths:
        for raw in _raw(path, progress, proven):
            record, reason = _understood(raw)
            if record is not None:
                known.add(record)
            elif isinstance(raw, dict):
                known.add_odd(raw, reason)
    return known


def _raw(path: Path, progress: Callable[[int], None], proven: Proven) -> Iterator[Any]:
    """Every record of one file; those that are as they must be may come as what they are."""
    if parquet.is_parquet(path):
        yield from parquet.rows(path, progress)
        return
    for _, raw in records(
        path, progress, _split, odd=Shape.ODD, advice=ADVICE, proven=proven, lane=LANE
    ):
        yield raw


def _split(document: object) -> Iterable[tuple[Shape, Any]]:
    if isinstance(document, Closed) or (isinstance(document, dict) and "record" in document):
        return ((Shape.RECORD, document),)
    raise NotOfThisPlatform("this is no record of the generic format")


def _understood(raw: object) -> tuple[Record | None, str]:
    """``raw`` as a record, or None and why not, naming the field."""
    if isinstance(raw, Record):
        return raw, ""
    try:
        return record_in(raw), ""
    except msgspec.ValidationError as error:
        return None, text_in(str(error))[:REASON_CHARACTERS]
    except UnicodeEncodeError:
        return None, "a text holds half a character, which no store can keep"


def _readings(around: Surroundings) -> Iterator[AccountReading]:
    for key, marks in around.known.facts():
        denies = frozenset(filter(None, map(_denial, marks)))
        clears = _cleared(marks) - denies if denies <= {ADULT} else frozenset()
        if denies or clears:
            yield AccountReading(
                platform=SLUG,
                native_id=native_id_of(key),
                handle=handle_of(key[1], around.known.handles.get(key)),
                denies=denies,
                clears=clears,
                observed_at=around.observed_at,
            )


def _facts(around: Surroundings) -> Iterator[FactReading]:
    silent = (Visibility.ADULT, Visibility.UNKNOWN)
    for key, marks in around.known.facts():
        if any(mark.visibility not in silent for mark in marks):
            yield FactReading(
                platform=SLUG,
                about=native_id_of(key),
                settles=frozenset({f"{key[0]}_unknown"}),
                evidence=tuple(evidence_of(key, marks, "container")),
                observed_at=around.observed_at,
            )


def _denial(mark: Mark) -> str | None:
    """The reason that stands against the account itself; what is unknown does not."""
    if mark.visibility in (Visibility.PUBLIC, Visibility.UNKNOWN):
        return None
    if mark.visibility is Visibility.ADULT:
        return ADULT
    if mark.code.startswith("signal_"):
        return "platform_opt_out"
    return DENIALS.get(mark.visibility, mark.code)


def _cleared(marks: frozenset[Mark]) -> frozenset[str]:
    """The earlier denials that an account, public in every record, contradicts; no opt-out."""
    if any(mark.visibility not in (Visibility.PUBLIC, Visibility.ADULT) for mark in marks):
        return frozenset()
    is_indexable = any(mark.code == INDEXABLE for mark in marks)
    return frozenset(CLEARED | ({"search_discouraged"} if is_indexable else set()))


GENERIC: Final = Generic()
