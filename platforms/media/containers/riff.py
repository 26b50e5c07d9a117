"""RIFF: WebP, WAV and AVI keep XMP and C2PA in chunks of their own."""

from collections.abc import Iterator
from typing import Final

from platforms.media.containers.parts import Part, Payload
from platforms.media.window import Window

START: Final = b"RIFF"
FORMS: Final = (b"WEBP", b"WAVE", b"AVI ")
HEADER: Final = 12
PAYLOADS: Final = {
    b"XMP ": Payload.XMP,
    b"XMP\0": Payload.XMP,
    b"_PMX": Payload.XMP,
    b"C2PA": Payload.C2PA,
}


def is_one(head: bytes) -> bool:
    return head.startswith(START) and head[8:12] in FORMS


def parts(window: Window) -> Iterator[Part]:
    end = 8 + window.number(4, 4, "little")
    whole = window.part(0, end)
    at = HEADER
    while at < end:
        window.budget.count()
        kind, size = whole.peek(at, 4), whole.number(at + 4, 4, "little")
        body = whole.part(at + 8, at + 8 + size)
        if kind in PAYLOADS:
            yield Part(PAYLOADS[kind], body)
        at += 8 + size + size % 2
