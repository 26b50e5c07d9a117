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

from audit.models import Entry, EntryQuerySet

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

# ASVS 5.0.0 1.2.10, and the full-width forms that some spreadsheets read as the same signs.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", *"\uff1d\uff0b\uff0d\uff20")


@dataclass(frozen=True)
class Format:
    """How entries become text. ``lines`` gets each chunk of them."""

    name: str
    content_type: str
    head: str
    lines: Callable[[Iterable[Entry]], str]


def rows(entries: EntryQuerySet, format: Format) -> Iterator[str]:
    """The text of ``entries`` in pieces, read through one cursor on the server.

    The transaction keeps that cursor from being collected on the server first. It
    writes nothing: the export's own entry is committed before, or the publication of
    a release would have to wait for the reader.
    """
    with transaction.atomic():
        yield format.head
        found = entries.newest_first().iterator(chunk_size=CHUNK)
        while chunk := list(islice(found, CHUNK)):
            yield format.lines(chunk)


def record_of(entry: Entry) -> dict[str, Any]:
    """One entry under the names of ``COLUMNS``."""
    return {name: getattr(entry, name) for name in COLUMNS} | {"at": entry.at.isoformat()}


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


def _csv(entries: Iterable[Entry]) -> str:
    return csv_lines(
        (record | {"facts": _json(record["facts"])}).values() for record in map(record_of, entries)
    )


def _ndjson(entries: Iterable[Entry]) -> str:
    return "".join(f"{_json(record_of(entry))}\n" for entry in entries)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


FORMATS: Final = {
    "csv": Format("csv", "text/csv; charset=utf-8; header=present", csv_lines([COLUMNS]), _csv),
    "ndjson": Format("ndjson", "application/x-ndjson", "", _ndjson),
}
