"""What a container carries that can hold a refusal."""

import io
from enum import StrEnum
from typing import NamedTuple

from platforms.media.window import Budget, Window


class Payload(StrEnum):
    """``OTHER`` is text that was packed: nobody reads it, but refusals are searched for in it."""

    XMP = "xmp"
    C2PA = "c2pa"
    OTHER = "other"


class Part(NamedTuple):
    """A payload: ``derived`` when it was put together in memory, ``packed`` when its words
    do not stand in the file as they are (deflated, in hexadecimal digits, in Base64).
    """

    payload: Payload
    window: Window
    derived: bool = False
    packed: bool = False


def derived(payload: Payload, data: bytes, budget: Budget, *, packed: bool = False) -> Part:
    """A payload whose bytes do not lie in the file one after the other."""
    window = Window(io.BytesIO(data), 0, len(data), budget)
    return Part(payload, window, derived=True, packed=packed)
