"""Boxes with a size and a type: ISO base media files and JUMBF are made of them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from platforms.media.statements import Unreadable
from platforms.media.window import Window

HEADER: Final = 8
LONG_HEADER: Final = 16


class Box(NamedTuple):
    """A box: what it holds, and all of it with its header."""

    kind: bytes
    body: Window
    whole: Window


def boxes_in(window: Window, at: int = 0) -> Iterator[Box]:
    """The boxes from ``at`` on, side by side; they must fill the window."""
    while at < len(window):
        window.budget.count()
        size, kind = window.number(at, 4), window.peek(at + 4, 4)
        header = HEADER
        if size == 1:
            size, header = window.number(at + HEADER, 8), LONG_HEADER
        elif size == 0:
            size = len(window) - at
        if size < header:
            raise Unreadable("a box in it is smaller than its own header")
        yield Box(kind, window.part(at + header, at + size), window.part(at, at + size))
        at += size
