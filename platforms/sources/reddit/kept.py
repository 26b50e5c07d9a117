"""What is kept of a dump's records between the two passes over it."""

import json
from datetime import datetime
from typing import Any, Final, Generic, Self, TypeVar

import msgspec

from platforms.records import Media
from platforms.sources.json_documents import quoted_document
from platforms.sources.reddit.responses import ITEMS, Found, Shape

# What an item is made of; of other records their being there counts.
LOOKED_INTO: Final = ITEMS | {Shape.EVENT}

Moment = TypeVar("Moment")


class Own(msgspec.Struct, Generic[Moment], array_like=True, tag=True):
    """What one usual post or comment says of itself, ready to be joined to what is around it.

    Moments are put in as seconds since 1970 and come out as what they are; zero seconds
    say that the record has nothing on when it was read. ``state`` and ``place`` are numbers
    of the dump's reader.
    """

    is_comment: bool
    state: int
    place: int
    number: str | None
    author: str
    author_id: str | None
    link: str
    published_at: Moment | None
    read_at: Moment | None
    title: str
    text: str
    media: tuple[Media, ...]


class Whole(msgspec.Struct, array_like=True, tag=True):
    """A record that is read field by field in the second pass, as JSON.

    ``recorded_at`` is as ISO 8601 has it. Of what is never looked into, nothing is kept.
    """

    shape: Shape
    raw: bytes = b""
    is_recorded: bool = False
    recorded_at: str | None = None

    @classmethod
    def of(cls, found: Found) -> Self:
        raw = _json_of(found.raw) if found.shape in LOOKED_INTO else b""
        if found.read_at is msgspec.UNSET:
            return cls(found.shape, raw)
        at = found.read_at.isoformat() if found.read_at else None
        return cls(found.shape, raw, True, at)

    @property
    def found(self) -> Found:
        """What ``of`` was given."""
        raw = quoted_document(self.raw) if self.raw else None
        if not self.is_recorded:
            return Found(self.shape, raw)
        at = datetime.fromisoformat(self.recorded_at) if self.recorded_at else None
        return Found(self.shape, raw, at)


Kept = Own[datetime] | Whole

_encode_json = msgspec.json.Encoder().encode


def _json_of(raw: Any) -> bytes:
    try:
        return _encode_json(raw)
    except UnicodeEncodeError:
        # Half a surrogate pair can be escaped, and then be read again.
        return json.dumps(raw).encode()
