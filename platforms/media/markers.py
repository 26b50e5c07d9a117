"""Searches bytes for what refusals are written with, wherever they stand.

A second look, for places that no reader here knows: another image behind the first, a
packet inside a packet. It settles nothing, it only tells that something was not understood.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from platforms.media.window import Window

CHUNK: Final = 1 << 20
REFUSING: Final = ("DMI-PROHIBITED", "notAllowed")
ANY: Final = (*REFUSING, "DataMining", "training-mining", "tdm:reservation")
ENCODINGS: Final = ("ascii", "utf-16-le", "utf-16-be")
OVERLAP: Final = 2 * max(map(len, ANY))


def found_in(window: Window, words: Iterable[str]) -> str | None:
    """The first of ``words`` that stands in the bytes as text, or None."""
    needles = {word.encode(encoding): word for word in words for encoding in ENCODINGS}
    for data in _chunks(window):
        for needle, word in needles.items():
            if needle in data:
                return word
    return None


def _chunks(window: Window) -> Iterator[bytes]:
    for at in range(0, len(window), CHUNK):
        start = max(0, at - OVERLAP)
        yield window.peek(start, min(at + CHUNK, len(window)) - start)
