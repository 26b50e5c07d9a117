"""What is kept of a dump's records between the two passes over it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Self, TypeAlias

import msgspec
import pyarrow as pa

from platforms.batches import MEDIA, media_array
from platforms.sources.columns import Make
from platforms.sources.json_documents import quoted_document, written
from platforms.sources.reddit.responses import ITEMS, Found, Shape
from platforms.sources.values import text_in

# What an item is made of; of other records their being there counts.
LOOKED_INTO: Final = ITEMS | {Shape.EVENT}
SAID: Final = pa.schema(
    [
        ("state", pa.int32()),
        ("place", pa.int32()),
        ("number", pa.string()),
        ("author", pa.string()),
        ("author_id", pa.string()),
        ("post", pa.string()),
        ("published_at", pa.int64()),
        ("read_at", pa.int64()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("media", MEDIA),
    ]
)
"""What a usual post or comment says of itself, ready to be joined to what is around it.

``state`` and ``place`` are numbers of the dump's reader. ``number`` is the id without its kind,
and so is ``post``, what a comment hangs on; of posts it is empty. Moments are seconds since
1970; zero says that the record has nothing on when it was read.
"""


def _texts_array(texts: Sequence[str]) -> pa.Array:
    """What ``text_in`` gives of each: of text that was decoded, only NUL cannot be stored."""
    made = pa.array(texts, pa.string())
    written = made.buffers()[-1]
    if written is None or b"\0" not in written.to_pybytes():
        return made
    return pa.array([text_in(text) for text in texts], pa.string())


MAKES: Final[Mapping[str, Make]] = {
    "title": _texts_array,
    "text": _texts_array,
    "media": media_array,
}


class Whole(msgspec.Struct, array_like=True):
    """A record that is read field by field in the second pass, as JSON.

    ``recorded_at`` is as ISO 8601 has it. Of what is never looked into, nothing is kept.
    """

    shape: Shape
    raw: bytes = b""
    is_recorded: bool = False
    recorded_at: str | None = None

    @classmethod
    def of(cls, found: Found) -> Self:
        raw = written(found.raw) if found.shape in LOOKED_INTO else b""
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


Kept: TypeAlias = Whole | pa.RecordBatch
