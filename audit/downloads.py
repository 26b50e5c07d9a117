"""The trail as a file: CSV for a spreadsheet, NDJSON for a program. Nothing is collected.

Both have the same columns, newest entry first. NDJSON is the lossless one: in CSV,
text that a spreadsheet would run as a formula gets an apostrophe in front.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Any, Final

import msgspec
from django.db import transaction

from audit.events import title_of
from audit.models import EntryQuerySet

CHUNK: Final = 1_000
COLUMNS: Final = {
    "id": "The entry's number. Numbers grow, with gaps.",
    "at": "When the change was begun: ISO 8601, UTC, microseconds.",
    "event": "What happened, as a code that never changes.",
    "title": "The same as a sentence.",
    "actor": "Who asked: a kind, and an internal number where there is one.",
    "subject": "What it happened to: a kind and an internal number.",
    "platform": "The platform concerned, or nothing.",
    "partner": "The partner concerned, or nothing.",
    "facts": "What else is known of it: in CSV a JSON object in one cell.",
}
STORED: Final = tuple(name for name in COLUMNS if name != "title")

# ASVS 5.0.0 1.2.10, and the full-width forms that some spreadsheets read as the same signs.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", *"\uff1d\uff0b\uff0d\uff20")


Record = dict[str, Any]


@dataclass(frozen=True)
class Format:
    """How entries become text, a chunk at a time."""

    name: str
    content_type: str
    head: str
    lines: Callable[[Iterable[Record]], str]


def rows(entries: EntryQuerySet, format: Format) -> Iterator[str]:
    """The text of ``entries`` in pieces, read through one cursor on the server.

    The transaction keeps that cursor from being collected on the server first. It
    writes nothing: the export's own entry is committed before, or the publication of
    a release would have to wait for the reader.
    """
    with transaction.atomic():
        yield format.head
        found = entries.newest_first().values_list(*STORED).iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            yield format.lines(map(record_of, chunk))


def record_of(values: tuple[Any, ...]) -> Record:
    """The ``STORED`` columns of one entry, under the names of ``COLUMNS``."""
    id, at, event, *rest = values
    return dict(zip(COLUMNS, (id, at.isoformat(), event, title_of(event), *rest), strict=True))


def csv_lines(records: Iterable[Iterable[Any]]) -> str:
    """Lines after RFC 4180."""
    text = StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in record] for record in records)
    return text.getvalue()


def harmless(cell: Any) -> Any:
    """``cell`` as no spreadsheet would run it."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _csv(records: Iterable[Record]) -> str:
    return csv_lines((r | {"facts": _json(r["facts"])}).values() for r in records)


def _ndjson(records: Iterable[Record]) -> str:
    return "".join(f"{_json(record)}\n" for record in records)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


FORMATS: Final = {
    "csv": Format("csv", "text/csv; charset=utf-8; header=present", csv_lines([COLUMNS]), _csv),
    "ndjson": Format("ndjson", "application/x-ndjson", "", _ndjson),
}
