"""TIFF, BigTIFF and what is built like them, such as DNG: XMP in tag 700, C2PA in 52545."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from platforms.media.containers.parts import Part, Payload
from platforms.media.statements import Unreadable
from platforms.media.window import Order, Window

ORDERS: Final[dict[bytes, Order]] = {b"II": "little", b"MM": "big"}
CLASSIC, BIG = 42, 43
PAYLOADS: Final = {700: Payload.XMP, 52545: Payload.C2PA}
SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 13: 4, 16: 8}


class Layout(NamedTuple):
    """How wide the numbers are: of the count of entries, and of sizes and offsets."""

    order: Order
    entries: int
    offset: int

    @property
    def entry(self) -> int:
        return 4 + 2 * self.offset


def is_one(head: bytes) -> bool:
    order = ORDERS.get(head[:2])
    return order is not None and int.from_bytes(head[2:4], order) in (CLASSIC, BIG)


def parts(window: Window) -> Iterator[Part]:
    layout, at = _layout(window)
    seen: set[int] = set()
    while at:
        if at in seen:
            raise Unreadable("its directories lead in a circle")
        seen.add(at)
        count = window.number(at, layout.entries, layout.order)
        first = at + layout.entries
        for number in range(count):
            window.budget.count()
            yield from _of_entry(window, first + number * layout.entry, layout)
        at = window.number(first + count * layout.entry, layout.offset, layout.order)


def _layout(window: Window) -> tuple[Layout, int]:
    order = ORDERS[window.peek(0, 2)]
    if window.number(2, 2, order) == BIG:
        return Layout(order, 8, 8), window.number(8, 8, order)
    return Layout(order, 2, 4), window.number(4, 4, order)


def _of_entry(window: Window, at: int, layout: Layout) -> Iterator[Part]:
    tag = window.number(at, 2, layout.order)
    if tag not in PAYLOADS:
        return
    kind = window.number(at + 2, 2, layout.order)
    if kind not in SIZES:
        raise Unreadable("a tag in it has a type that it cannot have")
    size = SIZES[kind] * window.number(at + 4, layout.offset, layout.order)
    place = at + 4 + layout.offset
    if size > layout.offset:
        place = window.number(place, layout.offset, layout.order)
    yield Part(PAYLOADS[tag], window.part(place, place + size))
