"""ISO base media and QuickTime: MP4, MOV, HEIC, AVIF; JPEG XL and JPEG 2000 have boxes too.

XMP and C2PA lie in ``uuid`` boxes, in items of a ``meta`` box, in QuickTime's user data,
or in boxes of their own.
"""

from collections.abc import Iterator
from typing import Final

from platforms.media.boxes import Box, boxes_in
from platforms.media.containers import bmff_items
from platforms.media.containers.parts import Part, Payload
from platforms.media.statements import Unreadable
from platforms.media.window import Window

FIRST: Final = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"}
SIGNATURES: Final = (b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cjP  \r\n\x87\n")
XMP: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
PURPOSE: Final = 64
# Any box of JPEG XL, and what is needed to make the JPEG again that an image was made of:
# also those of its segments that JPEG XL has no box for.
COMPRESSED: Final = (b"brob", b"jbrd")


def is_one(head: bytes) -> bool:
    return head[4:8] in FIRST or head.startswith(SIGNATURES)


def parts(window: Window) -> Iterator[Part]:
    for box in boxes_in(window):
        if box.kind == b"uuid":
            yield from _of_uuid(box.body)
        elif box.kind == b"meta":
            yield from bmff_items.parts(box.body, window)
        elif box.kind == b"moov":
            yield from _of_user_data(box)
        elif box.kind == b"jumb":
            yield Part(Payload.C2PA, box.whole)
        elif box.kind == b"xml ":
            yield Part(Payload.XMP, box.body)
        elif box.kind in COMPRESSED:
            raise Unreadable("its metadata is compressed with Brotli, which is not read")


def _of_uuid(body: Window) -> Iterator[Part]:
    name, rest = body.peek(0, 16), body.part(16, len(body))
    if name == XMP:
        yield Part(Payload.XMP, rest)
    elif name == C2PA:
        yield from _of_c2pa(rest)


def _of_c2pa(body: Window) -> Iterator[Part]:
    """A version, a purpose, and for all but hashes an offset before the store."""
    purpose, end, _ = body.peek(4, min(PURPOSE, len(body) - 4)).partition(b"\0")
    if not end:
        raise Unreadable("its C2PA box does not say what it is for")
    if purpose != b"merkle":
        yield Part(Payload.C2PA, body.part(4 + len(purpose) + 1 + 8, len(body)))


def _of_user_data(moov: Box) -> Iterator[Part]:
    for box in boxes_in(moov.body):
        if box.kind == b"udta":
            yield from _of_quicktime(box.body)
        elif box.kind == b"uuid":
            yield from _of_uuid(box.body)
        elif box.kind == b"cmov":
            raise Unreadable("its header is compressed, which is not read")


def _of_quicktime(body: Window) -> Iterator[Part]:
    at = 0
    # The list may end with a zero instead of a box.
    while at + 8 <= len(body) and (size := body.number(at, 4)):
        body.budget.count()
        if size < 8:
            raise Unreadable("a box in it is smaller than its own header")
        if body.peek(at + 4, 4) == b"XMP_":
            yield Part(Payload.XMP, body.part(at + 8, at + size))
        at += size
