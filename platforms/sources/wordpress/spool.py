"""The items of one export between the two passes over it: decoded, in a file without a name.

Parsing XML is most of the work, so it is done once. The file lies in the folder for
temporary files (``TMPDIR``), can be read by nobody else, and is gone when it is closed or
the process ends. It holds what of an item is read, so neither e-mail nor IP addresses.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

import msgspec

from platforms.sources.contract import BadInput
from platforms.sources.wordpress.elements import Element

LENGTH_BYTES: Final = 8
BUFFER_BYTES: Final = 256 * 1024
TOLD_BYTES: Final = 64 * 1024
FULL_ADVICE: Final = "Make room for as much as the export takes, or name another folder: TMPDIR."

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Element).decode


class Spool:
    """Keeps the items of the export at ``path`` in the order in which they are put in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._written = 0
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
        self._written = 0

    def put(self, element: Element) -> None:
        """Add one item; ``BadInput`` when there is no room."""
        text = _encode(element)
        try:
            self._file.write(len(text).to_bytes(LENGTH_BYTES, "big"))
            self._file.write(text)
        except OSError as error:
            raise self._refusal(error) from error
        self._written += LENGTH_BYTES + len(text)

    def finish(self) -> None:
        """Be sure that everything that was put in can be read."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._refusal(error) from error

    def elements(self, progress: Callable[[int], None]) -> Iterator[Element]:
        """All items, once; ``progress`` is told the bytes of the export that they stand for."""
        self._file.seek(0)
        read = told = 0
        while read < self._written:
            length = int.from_bytes(self._file.read(LENGTH_BYTES), "big")
            yield _decode(self._file.read(length))
            read += LENGTH_BYTES + length
            due = self._size * read // self._written - told
            if due >= TOLD_BYTES:
                progress(due)
                told += due
        progress(self._size - told)

    def _refusal(self, error: OSError) -> BadInput:
        reason = f"its items cannot be kept for a while ({os.strerror(error.errno or 0)})"
        return BadInput(self._path, reason, advice=FULL_ADVICE)
