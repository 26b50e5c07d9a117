"""Items of a ``meta`` box (ISO 14496-12): HEIC and AVIF keep XMP in one of type ``mime``."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from platforms.media.boxes import Box, boxes_in
from platforms.media.containers.parts import Part, Payload, derived
from platforms.media.statements import Unreadable
from platforms.media.window import Window

PAYLOADS: Final = {
    b"application/rdf+xml": Payload.XMP,
    b"application/c2pa": Payload.C2PA,
    b"application/x-c2pa-manifest-store": Payload.C2PA,
}
TEXT: Final = 256
IN_FILE, IN_BOX = 0, 1


class Extent(NamedTuple):
    offset: int
    size: int


class Location(NamedTuple):
    method: int
    elsewhere: bool
    extents: tuple[Extent, ...]


def parts(meta: Window, file: Window) -> Iterator[Part]:
    boxes = {box.kind: box for box in boxes_in(meta, 4)}
    if b"iinf" not in boxes:
        return
    wanted = dict(_wanted(boxes[b"iinf"].body))
    if not wanted:
        return
    if b"iloc" not in boxes:
        raise Unreadable("it does not say where its metadata is")
    places = dict(_Locations(boxes[b"iloc"].body).all())
    for item, payload in wanted.items():
        if item not in places:
            raise Unreadable("it does not say where its metadata is")
        data = _data(places[item], file, boxes.get(b"idat"))
        yield derived(payload, data, file.budget)


def _wanted(body: Window) -> Iterator[tuple[int, Payload]]:
    first = 6 if body.number(0, 1) == 0 else 8
    for box in boxes_in(body, first):
        if box.kind == b"infe" and box.body.number(0, 1) >= 2:
            yield from _of_entry(box.body)


def _of_entry(body: Window) -> Iterator[tuple[int, Payload]]:
    width = 2 if body.number(0, 1) == 2 else 4
    at = 4 + width + 2
    if body.peek(at, 4) != b"mime":
        return
    texts = body.peek(at + 4, min(TEXT, len(body) - at - 4)).split(b"\0")
    if len(texts) < 3:
        raise Unreadable("a description of its metadata is cut off")
    if len(texts) > 3 and texts[2]:
        raise Unreadable("its metadata is compressed, which is not read")
    if payload := PAYLOADS.get(texts[1].strip().lower()):
        yield body.number(4, width), payload


class _Locations:
    """Reads ``iloc``, whose numbers are as wide as it says itself."""

    def __init__(self, body: Window) -> None:
        self.body, self.version, self.at = body, body.number(0, 1), 4
        sizes = body.number(4, 2)
        self.offset, self.size, self.base = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
        self.index = sizes & 15 if self.version in (1, 2) else 0
        self.at = 6
        self.wide = 4 if self.version >= 2 else 2

    def all(self) -> Iterator[tuple[int, Location]]:
        for _ in range(self._number(self.wide)):
            yield self._number(self.wide), self._location()

    def _location(self) -> Location:
        method = self._number(2) & 15 if self.version in (1, 2) else IN_FILE
        elsewhere = self._number(2) != 0
        base = self._number(self.base)
        count = self._number(2)
        return Location(method, elsewhere, tuple(self._extent(base) for _ in range(count)))

    def _extent(self, base: int) -> Extent:
        self._number(self.index)
        return Extent(base + self._number(self.offset), self._number(self.size))

    def _number(self, size: int) -> int:
        self.body.budget.count()
        self.at += size
        return self.body.number(self.at - size, size)


def _data(place: Location, file: Window, box: Box | None) -> bytes:
    if place.elsewhere or place.method not in (IN_FILE, IN_BOX):
        raise Unreadable("its metadata lies where it is not read")
    if place.method == IN_BOX and box is None:
        raise Unreadable("it does not hold its metadata")
    source = box.body if place.method == IN_BOX and box else file
    data = bytearray()
    for offset, size in place.extents:
        if size == 0:
            raise Unreadable("it does not say how long its metadata is")
        data += source.part(offset, offset + size).content()
    return bytes(data)
