"""What a media file says about mining and training, and that it could not be read."""

from enum import StrEnum
from typing import Final

import msgspec

STATEMENTS: Final = 1000
"""About so many are read of one file."""


class Stance(StrEnum):
    """What one statement comes to. ``ALLOWS`` proves nothing: it only is no refusal."""

    ALLOWS = "allows"
    REFUSES = "refuses"
    UNCLEAR = "unclear"


class Statement(msgspec.Struct, frozen=True):
    """One thing a file says; ``detail`` tells a person what was read, and where."""

    stance: Stance
    detail: str


class Unreadable(Exception):
    """The file, or something in it, cannot be read; the text says what, for a person."""
