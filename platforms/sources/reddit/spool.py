"""What was read of a dump's items, between the two passes: in a file without a name.

Decoding JSON is most of the work, so it is done once. The file lies in the folder for
temporary files (``TMPDIR``), can be read by nobody else, and is gone when it is closed or
the process ends. It is compressed, and takes about as much room as the dump as ``.zst``.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, Final, Generic, Self, TypeVar, cast

import msgspec
import zstandard

from platforms.records import Media
from platforms.sources.contract import BadInput
from platforms.sources.json_documents import quoted_document
from platforms.sources.reddit.responses import ITEMS, Found, Shape

BATCH: Final = 512
BATCH_CHARACTERS: Final = 1 << 20
LENGTH_BYTES: Final = 8
BUFFER_BYTES: Final = 256 * 1024
LEVEL: Final = 1
FULL_ADVICE: Final = "Make room for about as much as it takes, or name another folder: TMPDIR."

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


Written = Own[int] | Whole
Kept = Own[datetime] | Whole

_encode_json = msgspec.json.Encoder().encode
_encode = msgspec.msgpack.Encoder().encode
# Only what is not strict makes moments of seconds.
_decode = msgspec.msgpack.Decoder(list[Kept], strict=False).decode


class Spool:
    """Keeps the records of the dump in ``paths`` in the order in which they are put in."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._path = paths[0]
        self._size = sum(path.stat().st_size for path in paths)
        self._written = self._characters = 0
        self._batch: list[Written] = []
        self._compress = zstandard.ZstdCompressor(level=LEVEL).compress
        try:
            # Closed by ``__exit__``, like that of every context manager.
            self._file = cast(BinaryIO, TemporaryFile(buffering=BUFFER_BYTES))  # noqa: SIM115
        except OSError as error:
            raise self._refusal(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What could not be written is not needed any more.
        with suppress(OSError):
            self._file.close()

    def put(self, record: Written) -> None:
        """Add one record; ``BadInput`` when there is no room."""
        self._batch.append(record)
        self._characters += len(record.raw if isinstance(record, Whole) else record.text)
        if len(self._batch) == BATCH or self._characters > BATCH_CHARACTERS:
            self._write()

    def finish(self) -> None:
        """Be sure that everything that was put in can be read."""
        self._write()
        try:
            self._file.flush()
        except OSError as error:
            raise self._refusal(error) from error

    def records(self, progress: Callable[[int], None]) -> Iterator[Kept]:
        """All records, once; ``progress`` is told the bytes of the dump that they stand for."""
        self._file.seek(0)
        read = told = 0
        decompress = zstandard.ZstdDecompressor().decompress
        while read < self._written:
            length = int.from_bytes(self._file.read(LENGTH_BYTES), "big")
            yield from _decode(decompress(self._file.read(length)))
            read += LENGTH_BYTES + length
            due = self._size * read // self._written - told
            progress(due)
            told += due
        progress(self._size - told)

    def _write(self) -> None:
        text = self._compress(_encode(self._batch))
        try:
            self._file.write(len(text).to_bytes(LENGTH_BYTES, "big"))
            self._file.write(text)
        except OSError as error:
            raise self._refusal(error) from error
        self._written += LENGTH_BYTES + len(text)
        self._batch, self._characters = [], 0

    def _refusal(self, error: OSError) -> BadInput:
        reason = f"its items cannot be kept for a while ({os.strerror(error.errno or 0)})"
        return BadInput(self._path, reason, advice=FULL_ADVICE)


def _json_of(raw: Any) -> bytes:
    try:
        return _encode_json(raw)
    except UnicodeEncodeError:
        # Half a surrogate pair can be escaped, and then be read again.
        return json.dumps(raw).encode()
