"""The lines of a platform's list of opt-outs, in NDJSON and in CSV.

An account is named by its id, its handle or both, or else by the key of its id.
"""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta

from platforms.actions import AccountNames
from platforms.feeds.bodies import Body, Line
from platforms.feeds.fields import told
from platforms.feeds.refusals import BodyNotRead
from platforms.feeds.removals import Name
from platforms.keys import account_key_in, is_name

COLUMNS: Final = ("id", "handle", "key", "at")
Key = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{16}$(?!\n)")]


class NotListed(ValueError):
    """A line that names nobody who could be found; the message quotes nothing of it."""


class Listed(NamedTuple):
    """One account that opted out, and when, as far as the platform says."""

    names: AccountNames
    at: datetime | None


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Name | None = None
    handle: Name | None = None
    key: Key | None = None
    at: Any = None


def listed_in(line: Line) -> Listed:
    """Whom ``line`` names, or ``NotListed``. A time that cannot be used counts as none."""
    if line.refused:
        raise NotListed(line.refused)
    try:
        record = msgspec.convert(line.record, _Record)
    except msgspec.ValidationError as error:
        raise NotListed(told(error, _Record)) from error
    if record.key and (record.id or record.handle):
        raise NotListed("an account has an id, a handle or both, or else a key")
    if not (record.id or record.handle or record.key):
        raise NotListed("the line names nobody: give an id, a handle or a key")
    if not all(map(is_name, filter(None, (record.id, record.handle)))):
        raise NotListed("what names the account is no name that one can have")
    key = account_key_in(record.key) if record.key else None
    return Listed(AccountNames(record.id or "", record.handle or "", key), _moment(record.at))


def csv_lines(body: Body) -> Iterator[Line]:
    """Each row of a CSV (RFC 4180) with a header, by its line."""
    body.file.seek(0)
    text = io.TextIOWrapper(body.file, "utf-8-sig", errors="surrogateescape", newline="")
    try:
        rows = enumerate(map(_row, text), start=1)
        columns = _columns(next(rows, (1, None))[1])
        for number, row in rows:
            if row != []:
                yield _line(number, columns, row)
    finally:
        # The file belongs to the body; closing the wrapper would close it.
        text.detach()


def _row(text: str) -> list[str] | None:
    """The fields of one line, or None of one that is not well-formed.

    No field holds a line break. So a quote that is never closed costs its own line, and
    not those of everybody behind it.
    """
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None


def _columns(columns: list[str] | None) -> list[str]:
    known = set(COLUMNS)
    if not columns or len(set(columns)) != len(columns) or not set(columns) <= known:
        raise BodyNotRead(
            f"The first line of the CSV names the columns, each once, of: {', '.join(COLUMNS)}."
        )
    return columns


def _line(number: int, columns: list[str], row: list[str] | None) -> Line:
    if row is None:
        return Line(number, None, "the row is not well-formed CSV")
    if len(row) != len(columns):
        return Line(number, None, f"the row has {len(row)} fields, the header {len(columns)}")
    if any(map(_is_not_utf8, row)):
        return Line(number, None, "the row is not UTF-8")
    return Line(number, {name: value for name, value in zip(columns, row, strict=True) if value})


def _is_not_utf8(text: str) -> bool:
    return re.search("[\ud800-\udfff]", text) is not None


def _moment(at: object) -> datetime | None:
    try:
        moment = msgspec.convert(at, datetime)
    except msgspec.ValidationError:
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else None
    except OverflowError:
        return None
