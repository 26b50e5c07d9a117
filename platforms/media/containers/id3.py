"""MP3 and other sound with an ID3v2 tag: XMP in ``PRIV``, C2PA in ``GEOB``."""

import io
from collections.abc import Iterator
from typing import Final, NamedTuple

from platforms.media.containers.parts import Part, Payload, derived
from platforms.media.statements import Unreadable
from platforms.media.window import Window

TAG: Final = b"ID3"
HEADER: Final = 10
UNSYNCHRONISED, EXTENDED = 0x80, 0x40
STORES: Final = (b"application/c2pa", b"application/x-c2pa-manifest-store")
# Of a frame's second byte of flags, by version: what makes its bytes others.
CHANGED: Final = {3: 0xC0, 4: 0x0C}
GROUPED: Final = {3: 0x20, 4: 0x40}
SIZED, SEPARATED = 0x01, 0x02
WIDE: Final = (1, 2)


class Frame(NamedTuple):
    kind: bytes
    data: bytes


def is_one(head: bytes) -> bool:
    if head.startswith(TAG):
        return True
    return len(head) > 2 and _begins_sound(*head[:3])


def _begins_sound(first: int, second: int, third: int) -> bool:
    """A frame of MPEG audio: all bits of its mark, and no value that is reserved or none."""
    marked = first == 0xFF and second & 0xE0 == 0xE0
    known = second & 0x18 != 0x08 and second & 0x06 != 0
    return marked and known and third & 0xF0 != 0xF0 and third & 0x0C != 0x0C


def parts(window: Window) -> Iterator[Part]:
    if window.peek(0, min(len(window), 3)) != TAG:
        return
    for frame in _frames(window):
        payload, data = _payload(frame)
        if payload:
            yield derived(payload, data, window.budget)


def _frames(window: Window) -> Iterator[Frame]:
    version, flags = window.number(3, 1), window.number(5, 1)
    if version not in (2, 3, 4):
        raise Unreadable("its ID3 tag has a version that is not read")
    tag = window.part(HEADER, HEADER + _syncsafe(window.peek(6, 4))).content()
    if flags & UNSYNCHRONISED and version < 4:
        tag = tag.replace(b"\xff\0", b"\xff")
    inside = Window(io.BytesIO(tag), 0, len(tag), window.budget)
    at = _first(inside, version) if flags & EXTENDED and version > 2 else 0
    width = 3 if version == 2 else 4
    header = 6 if version == 2 else 10
    while at + header <= len(inside) and inside.number(at, 1):
        inside.budget.count()
        raw = inside.peek(at + width, width)
        size = _syncsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        flagged = inside.number(at + 9, 1) if version > 2 else 0
        body = inside.part(at + header, at + header + size)
        yield _frame(inside.peek(at, width), body, flagged, version)
        at += header + size


def _first(tag: Window, version: int) -> int:
    """Where frames begin, after an extended header."""
    return _syncsafe(tag.peek(0, 4)) if version == 4 else 4 + tag.number(0, 4)


def _frame(kind: bytes, body: Window, flags: int, version: int) -> Frame:
    if kind not in (b"GEOB", b"GEO", b"PRIV"):
        return Frame(kind, b"")
    if flags & CHANGED.get(version, 0):
        raise Unreadable("a frame of its ID3 tag is compressed or encrypted")
    skipped = 1 if flags & GROUPED.get(version, 0) else 0
    skipped += 4 if version == 4 and flags & SIZED else 0
    data = body.part(skipped, len(body)).content()
    return Frame(kind, data.replace(b"\xff\0", b"\xff") if _is_separated(flags, version) else data)


def _is_separated(flags: int, version: int) -> bool:
    """Whether zeros were put in so that nothing looks like the beginning of sound."""
    return version == 4 and bool(flags & SEPARATED)


def _payload(frame: Frame) -> tuple[Payload | None, bytes]:
    if frame.kind == b"PRIV":
        owner, _, data = frame.data.partition(b"\0")
        return (Payload.XMP, data) if owner == b"XMP" else (None, b"")
    if frame.kind in (b"GEOB", b"GEO"):
        return _of_object(frame.data)
    return None, b""


def _of_object(data: bytes) -> tuple[Payload | None, bytes]:
    """An encoding, the kind of object, a file name, a description, then the object."""
    kind, _, rest = data[1:].partition(b"\0")
    if kind.lower() not in STORES:
        return None, b""
    for _ in range(2):
        rest = _after_text(rest, wide=data[:1] != b"" and data[0] in WIDE)
    return Payload.C2PA, rest


def _after_text(data: bytes, wide: bool) -> bytes:
    if not wide:
        return data.partition(b"\0")[2]
    for at in range(0, len(data) - 1, 2):
        if data[at : at + 2] == b"\0\0":
            return data[at + 2 :]
    raise Unreadable("an object in its ID3 tag is cut off")


def _syncsafe(data: bytes) -> int:
    number = 0
    for byte in data:
        if byte & 0x80:
            raise Unreadable("its ID3 tag has a size that is none")
        number = number << 7 | byte
    return number
