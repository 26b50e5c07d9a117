"""Pages of the trail by key, not by number: no count, no offset, nothing shown twice.

A cursor names the entry that a page continues from, so entries that arrive while
somebody reads move no other entry to another page.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from audit.models import Entry, EntryQuerySet

PAGE_SIZE: Final = 50
HIGHEST_ID: Final = 2**63 - 1


class BadCursor(ValueError):
    """A cursor that no page of ours has ever carried."""


class Direction(StrEnum):
    OLDER = "o"
    NEWER = "n"


@dataclass(frozen=True)
class Cursor:
    """Continue from, and without, the entry with this id."""

    direction: Direction
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote; raise ``BadCursor`` for anything else."""
        match = re.fullmatch(r"([on])([0-9]{1,19})", text, re.ASCII)
        if match is None or int(match[2]) > HIGHEST_ID:
            raise BadCursor(text)
        return cls(Direction(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.direction}{self.id}"


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
    rest = entries if cursor is None else entries.filter(id__lt=cursor.id)
    found = list(rest.newest_first()[: size + 1])
    shown = found[:size]
    return Page(
        shown,
        newer=None if cursor is None else _back(Direction.NEWER, shown, cursor),
        older=Cursor(Direction.OLDER, shown[-1].id) if len(found) > size else None,
    )


def _newer(entries: EntryQuerySet, cursor: Cursor, size: int) -> Page:
    found = list(entries.filter(id__gt=cursor.id).order_by("id")[: size + 1])
    shown = found[:size][::-1]
    return Page(
        shown,
        newer=Cursor(Direction.NEWER, shown[0].id) if len(found) > size else None,
        older=_back(Direction.OLDER, shown, cursor),
    )


def _back(direction: Direction, shown: list[Entry], cursor: Cursor) -> Cursor:
    """The way back to where the reader came from, also from a page with nothing on it."""
    if not shown:
        step = 1 if direction is Direction.OLDER else -1
        return Cursor(direction, min(max(cursor.id + step, 0), HIGHEST_ID))
    return Cursor(direction, shown[0 if direction is Direction.NEWER else -1].id)
