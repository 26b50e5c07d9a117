"""What the first pass over a dump read, for the second: in a file without a name.

Decoding is most of the work, so it is done once. Records are kept one by one, or very many
as the columns of a batch. The file lies in the folder for temporary
files (``TMPDIR``), can be read by nobody else, and is gone when it is closed or the process
ends. It is compressed, and holds what is read of usual records, so neither e-mail nor IP
addresses; what a reader puts in whole is there as the dump has it.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any, BinaryIO, Final, Generic, Self, TypeVar, cast

import msgspec
import pyarrow as pa
import zstandard

from platforms.sources.contract import BadInput

BATCH_RECORDS: Final = 512
BATCH_BYTES: Final = 1 << 20
LENGTH_BYTES: Final = 8
BUFFER_BYTES: Final = 256 * 1024
LEVEL: Final = 1
# How MessagePack begins a list of so many things, in four bytes, that follow one another.
LIST: Final = b"\xdd"
# A frame of records, and one that holds the columns of a batch.
RECORDS: Final = b"r"
COLUMNS: Final = b"c"
# Arrow's threads keep tens of megabytes, and gain nothing here.
QUICKLY: Final = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
ALONE: Final = pa.ipc.IpcReadOptions(use_threads=False)
FULL_ADVICE: Final = (
    "Make room for about twice what it takes compressed, or name another folder: TMPDIR."
)

Kept = TypeVar("Kept")

_encode = msgspec.msgpack.Encoder().encode


class Spool(Generic[Kept]):
    """Keeps records of the dump in ``paths`` in the order in which they are put in.

    ``kind`` is what records come out as. Seconds since 1970 come out as moments where it says so.
    """

    def __init__(self, paths: Sequence[Path], kind: Any) -> None:
        self._path = paths[0]
        self._size = sum(path.stat().st_size for path in paths)
        self._written = self._waiting = 0
        self._batch: list[bytes] = []
        self._compress = zstandard.ZstdCompressor(level=LEVEL).compress
        # Only what is not strict makes moments of seconds.
        decoder: msgspec.msgpack.Decoder[list[Kept]]
        decoder = msgspec.msgpack.Decoder(list[kind], strict=False)
        self._decode = decoder.decode
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

    def begin(self) -> None:
        """Forget what was put in: an export that is named twice is read twice."""
        self._file.seek(0)
        self._written = self._waiting = 0
        self._batch = []

    def put(self, record: object) -> None:
        """Add one record; ``BadInput`` when there is no room."""
        text = _encode(record)
        self._batch.append(text)
        self._waiting += len(text)
        if len(self._batch) == BATCH_RECORDS or self._waiting > BATCH_BYTES:
            self._write()

    def put_columns(self, columns: pa.RecordBatch) -> None:
        """Add a batch behind whatever was put in before; ``BadInput`` when there is no room."""
        self._write()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, columns.schema, options=QUICKLY) as stream:
            stream.write_batch(columns)
        self._frame(COLUMNS, sink.getvalue())

    def finish(self) -> None:
        """Be sure that everything that was put in can be read."""
        self._write()
        try:
            self._file.flush()
        except OSError as error:
            raise self._refusal(error) from error

    def records(self, progress: Callable[[int], None]) -> Iterator[Kept]:
        """All records and batches, once and in their order.

        ``progress`` is told the bytes of the dump that they stand for.
        """
        self._file.seek(0)
        read = told = 0
        decompress = zstandard.ZstdDecompressor().decompress
        while read < self._written:
            kind = self._file.read(len(RECORDS))
            length = int.from_bytes(self._file.read(LENGTH_BYTES), "big")
            frame = self._file.read(length)
            if kind == COLUMNS:
                yield cast(Kept, pa.ipc.open_stream(frame, options=ALONE).read_next_batch())
            else:
                yield from self._decode(decompress(frame))
            read += len(kind) + LENGTH_BYTES + length
            due = self._size * read // self._written - told
            progress(due)
            told += due
        progress(self._size - told)

    def _write(self) -> None:
        if self._batch:
            count = len(self._batch).to_bytes(4, "big")
            self._frame(RECORDS, self._compress(b"".join((LIST, count, *self._batch))))
        self._batch, self._waiting = [], 0

    def _frame(self, kind: bytes, content: bytes | pa.Buffer) -> None:
        length = len(content)
        try:
            self._file.write(kind + length.to_bytes(LENGTH_BYTES, "big"))
            self._file.write(content)
        except OSError as error:
            raise self._refusal(error) from error
        self._written += len(kind) + LENGTH_BYTES + length

    def _refusal(self, error: OSError) -> BadInput:
        reason = f"its items cannot be kept for a while ({os.strerror(error.errno or 0)})"
        return BadInput(self._path, reason, advice=FULL_ADVICE)
