"""GIF: XMP and C2PA in application extensions."""

from collections.abc import Iterator
from typing import Final

from platforms.media.containers.parts import Part, Payload, derived
from platforms.media.statements import Unreadable
from platforms.media.window import Window

START: Final = (b"GIF87a", b"GIF89a")
EXTENSION, IMAGE, END = 0x21, 0x2C, 0x3B
APPLICATION: Final = 0xFF
SCREEN: Final = 13
XMP: Final = b"XMP DataXMP"
C2PA: Final = b"C2PA_GIF"
# XMP lies in an extension as it is, followed by bytes that lead any reader to its end.
TRAILER: Final = 257


def is_one(head: bytes) -> bool:
    return head.startswith(START)


def parts(window: Window) -> Iterator[Part]:
    at = SCREEN + _colours(window.number(10, 1))
    while (block := window.number(at, 1)) != END:
        if block == IMAGE:
            at = _end_of_blocks(window, at + 11 + _colours(window.number(at + 9, 1)))
        elif block == EXTENSION:
            start, end = at + 2, _end_of_blocks(window, at + 2)
            if window.number(at + 1, 1) == APPLICATION:
                yield from _of_application(window.part(start, end))
            at = end
        else:
            raise Unreadable("its blocks do not follow one another")


def _colours(flags: int) -> int:
    """The size of the colour table that ``flags`` announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(window: Window, at: int) -> int:
    while size := window.number(at, 1):
        window.budget.count()
        at += 1 + size
    return at + 1


def _of_application(body: Window) -> Iterator[Part]:
    size = body.number(0, 1)
    name = body.peek(1, size)
    if name == XMP:
        if len(body) < 1 + size + TRAILER:
            raise Unreadable("its XMP is cut off")
        yield Part(Payload.XMP, body.part(1 + size, len(body) - TRAILER - 1))
    elif name.startswith(C2PA):
        yield derived(Payload.C2PA, _joined(body, 1 + size), body.budget)


def _joined(body: Window, at: int) -> bytes:
    data = bytearray()
    while size := body.number(at, 1):
        data += body.part(at + 1, at + 1 + size).content()
        at += 1 + size
    return bytes(data)
