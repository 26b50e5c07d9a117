"""What a container carries that can hold a refusal."""

import io
from enum import StrEnum
from typing import NamedTuple

from platforms.media.window import Budget, Window


class Payload(StrEnum):
    XMP = "xmp"
    C2PA = "c2pa"


class Part(NamedTuple):
    """A payload in place; ``derived`` when it was put together or inflated in memory."""

    payload: Payload
    window: Window
    derived: bool = False


def derived(payload: Payload, data: bytes, budget: Budget) -> Part:
    """A payload whose bytes do not lie in the file as they are."""
    return Part(payload, Window(io.BytesIO(data), 0, len(data), budget), derived=True)
