"""JPEG: XMP in APP1, also extended over several segments; JUMBF in APP11 (ISO 19566-5)."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from platforms.media.containers.parts import Part, Payload, derived
from platforms.media.statements import Unreadable
from platforms.media.window import Window

START: Final = b"\xff\xd8\xff"
XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED: Final = b"http://ns.adobe.com/xmp/extension/\0"
APP1, APP11, SCAN, END = 0xE1, 0xEB, 0xDA, 0xD9
ALONE: Final = {0x01, *range(0xD0, 0xD9)}
GUID: Final = 32
LONG: Final = 1


class Segment(NamedTuple):
    code: int
    body: Window


def is_one(head: bytes) -> bool:
    return head.startswith(START)


def parts(window: Window) -> Iterator[Part]:
    """The payloads before the image itself; what comes later is searched for markers only."""
    extended: dict[bytes, list[tuple[int, int, Window]]] = defaultdict(list)
    boxes: dict[int, list[tuple[int, Window]]] = defaultdict(list)
    for code, body in _segments(window):
        if code == APP1 and _starts(body, XMP):
            yield Part(Payload.XMP, body.part(len(XMP), len(body)))
        elif code == APP1 and _starts(body, EXTENDED):
            guid, size, at, data = _extended(body)
            extended[guid].append((at, size, data))
        elif code == APP11 and _starts(body, b"JP") and len(body) >= 16:
            boxes[body.number(2, 2)].append((body.number(4, 4), body))
    for pieces in extended.values():
        yield derived(Payload.XMP, _joined(pieces), window.budget)
    for numbered in boxes.values():
        for store in _stores(numbered):
            yield derived(Payload.C2PA, store, window.budget)


def _segments(window: Window) -> Iterator[Segment]:
    at = 2
    while True:
        window.budget.count()
        if window.number(at, 1) != 0xFF:
            raise Unreadable("its segments do not follow one another")
        code = window.number(at + 1, 1)
        if code in (SCAN, END):
            return
        if code == 0xFF or code in ALONE:
            at += 1 if code == 0xFF else 2
            continue
        size = window.number(at + 2, 2)
        if size < 2:
            raise Unreadable("a segment in it is smaller than its own header")
        yield Segment(code, window.part(at + 4, at + 2 + size))
        at += 2 + size


def _starts(body: Window, prefix: bytes) -> bool:
    return len(body) >= len(prefix) and body.peek(0, len(prefix)) == prefix


def _extended(body: Window) -> tuple[bytes, int, int, Window]:
    at = len(EXTENDED)
    guid = body.peek(at, GUID)
    size, offset = body.number(at + GUID, 4), body.number(at + GUID + 4, 4)
    return guid, size, offset, body.part(at + GUID + 8, len(body))


def _joined(pieces: list[tuple[int, int, Window]]) -> bytes:
    """The pieces of one extended packet, which must be all there, each once."""
    pieces.sort(key=lambda piece: piece[:2])
    joined = bytearray()
    for at, size, data in pieces:
        if at != len(joined) or size != pieces[0][1]:
            raise Unreadable("its extended XMP has gaps")
        joined += data.content()
    if len(joined) != pieces[0][1]:
        raise Unreadable("its extended XMP is not complete")
    return bytes(joined)


def _stores(numbered: list[tuple[int, Window]]) -> Iterator[bytes]:
    """Boxes that were split over segments, each of which repeats the box's header."""
    box = bytearray()
    for number, body in numbered:
        if number == 1 and box:
            yield _complete(box)
            box = bytearray()
        header = 16 if body.number(8, 4) == LONG else 8
        if bool(box) != (number > 1):
            raise Unreadable("its APP11 segments are out of order")
        skipped = header if box else 0
        box += body.part(8 + skipped, len(body)).content()
    yield _complete(box)


def _complete(box: bytearray) -> bytes:
    size = int.from_bytes(box[:4], "big")
    size = int.from_bytes(box[8:16], "big") if size == LONG else size
    if size not in (0, len(box)):
        raise Unreadable("a box in its APP11 segments is not complete")
    return bytes(box)
