"""Pages of the trail by key, not by number: no count, no offset, nothing shown twice.

A cursor names the entry that a page continues from, so entries that arrive while
somebody reads move no other entry to another page.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from audit.models import Entry, EntryQuerySet

PAGE_SIZE: Final = 50
HIGHEST_ID: Final = 2**63 - 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LAST_MICROSECOND: Final = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND


class BadCursor(ValueError):
    """A cursor that no page of ours has ever carried."""


class TimePages(CursorPagination):
    """Pages of an API by time; a cursor that no page of ours has carried leads nowhere."""

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is None or cursor.position is None:
            return cursor
        try:
            known = datetime.fromisoformat(str(cursor.position)).tzinfo is not None
        except ValueError:
            known = False
        if not known:
            raise NotFound(self.invalid_cursor_message)
        return cursor


class Direction(StrEnum):
    OLDER = "o"
    NEWER = "n"


@dataclass(frozen=True)
class Cursor:
    """Continue from, and without, the entry at this place."""

    direction: Direction
    at: datetime
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote; raise ``BadCursor`` for anything else."""
        match = re.fullmatch(r"([on])([0-9]{1,18})-([0-9]{1,19})", text)
        if match is None:
            raise BadCursor(text)
        microseconds, id = int(match[2]), int(match[3])
        if microseconds > LAST_MICROSECOND or id > HIGHEST_ID:
            raise BadCursor(text)
        return cls(Direction(match[1]), EPOCH + microseconds * MICROSECOND, id)

    def __str__(self) -> str:
        return f"{self.direction}{(self.at - EPOCH) // MICROSECOND}-{self.id}"


@dataclass(frozen=True)
class Page:
    """Some entries, newest first, and the cursors of the pages beside them."""

    entries: list[Entry]
    newer: Cursor | None
    older: Cursor | None


def page_of(entries: EntryQuerySet, cursor: Cursor | None, size: int = PAGE_SIZE) -> Page:
    """The newest page, or the one that ``cursor`` leads to. One query."""
    if cursor is not None and cursor.direction is Direction.NEWER:
        return _newer(entries, cursor, size)
    return _older(entries, cursor, size)


def _older(entries: EntryQuerySet, cursor: Cursor | None, size: int) -> Page:
    rest = entries if cursor is None else entries.below(cursor.at, cursor.id)
    found = list(rest.newest_first()[: size + 1])
    shown = found[:size]
    return Page(
        shown,
        newer=_back_up(shown, cursor) if cursor else None,
        older=_from(Direction.OLDER, shown[-1]) if len(found) > size else None,
    )


def _newer(entries: EntryQuerySet, cursor: Cursor, size: int) -> Page:
    found = list(entries.above(cursor.at, cursor.id).oldest_first()[: size + 1])
    shown = found[:size][::-1]
    return Page(
        shown,
        newer=_from(Direction.NEWER, shown[0]) if len(found) > size else None,
        older=_back_down(shown, cursor),
    )


def _from(direction: Direction, entry: Entry) -> Cursor:
    return Cursor(direction, entry.at, entry.id)


def _back_up(shown: list[Entry], cursor: Cursor) -> Cursor:
    """Where the reader came from; past the end, the entry that the cursor named is first."""
    if shown:
        return _from(Direction.NEWER, shown[0])
    return Cursor(Direction.NEWER, cursor.at, max(cursor.id - 1, 0))


def _back_down(shown: list[Entry], cursor: Cursor) -> Cursor:
    if shown:
        return _from(Direction.OLDER, shown[-1])
    return Cursor(Direction.OLDER, cursor.at, min(cursor.id + 1, HIGHEST_ID))
