"""Counts what refusals are written with in bytes, wherever it stands.

A second look, for places that no reader here knows: another image behind the first, a
packet inside a packet. It settles nothing, it only tells that something was not understood.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from platforms.media.window import Window

CHUNK: Final = 1 << 20
REFUSING: Final = ("DMI-PROHIBITED", "notAllowed")
WORDS: Final = (
    *REFUSING,
    "DataMining",
    "training-mining",
    "tdm:reservation",
    "BEGIN C2PA MANIFEST",
)
# A namespace, which a packet that was read may declare in vain. Prefixes are anybody's choice.
ANY: Final = (*WORDS, "/ns/tdmrep")
# In UTF-16, without a zero at either end: so it stands in both orders of bytes.
NEEDLES: Final = {
    needle: word for word in ANY for needle in (word.encode(), word.encode("utf-16-le")[:-1])
}
OVERLAP: Final = max(map(len, NEEDLES)) - 1


def counts_in(window: Window) -> Counter[str]:
    """How often each word stands in the bytes as text."""
    counts = Counter[str]()
    for seen, data in _chunks(window):
        for needle, word in NEEDLES.items():
            # Of what the last chunk had, only what it had not in full.
            counts[word] += data.count(needle, max(0, seen - len(needle) + 1))
    return counts


def _chunks(window: Window) -> Iterator[tuple[int, bytes]]:
    """Stretches, each with the end of the one before it, and how long that is."""
    for at in range(0, len(window), CHUNK):
        start = max(0, at - OVERLAP)
        yield at - start, window.peek(start, min(at + CHUNK, len(window)) - start)
