"""Reading a file that was compressed with zstd (RFC 8878), also with a long window.

Dumps of whole platforms are written with windows up to 2 GiB, and reading one takes as
much memory as its window. A bomb is refused: what comes out may be a thousand times
what went in, beyond an allowance for small files.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from platforms.sources.contract import BadInput

MAGIC: Final = b"\x28\xb5\x2f\xfd"
MAX_WINDOW_BYTES: Final = 2**31
MAX_EXPANSION: Final = 1000
ALLOWANCE_BYTES: Final = 64 * 1024 * 1024
# Four bytes can stand for 128 KiB, so this much input gives at most 32 MiB at once.
INPUT_BYTES: Final = 1024
BUFFER_BYTES: Final = 256 * 1024
DAMAGED_ADVICE: Final = "Fetch the file again and compare its checksum."
BOMB_ADVICE: Final = "No dump of text is that repetitive; decompress it yourself and look at it."


def is_compressed(handle: BinaryIO) -> bool:
    """Whether the file begins as zstd does; leaves ``handle`` at its beginning."""
    begin = handle.read(len(MAGIC))
    handle.seek(0)
    return begin == MAGIC


def decompressed(handle: BinaryIO, path: Path, progress: Callable[[int], None]) -> BinaryIO:
    """The text in ``handle``, to be read once from its beginning.

    ``progress`` is told the compressed bytes. Reading raises ``BadInput``, with the byte
    of the compressed file, for damage, truncation and bombs.
    """
    return io.BufferedReader(_Decompressed(handle, path, progress), BUFFER_BYTES)


class _Decompressed(io.RawIOBase):
    def __init__(self, handle: BinaryIO, path: Path, progress: Callable[[int], None]) -> None:
        self._handle, self._path, self._progress = handle, path, progress
        self._frame = _new_frame()
        self._input, self._text = b"", memoryview(b"")
        self._read = self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._text:
            if not self._input and not self._fetch():
                return 0
            self._text = memoryview(self._decompress())
        count = min(len(buffer), len(self._text))
        buffer[:count] = self._text[:count]
        self._text = self._text[count:]
        return count

    def _fetch(self) -> bool:
        self._input = self._handle.read(INPUT_BYTES)
        self._read += len(self._input)
        self._progress(len(self._input))
        if not self._input and not self._frame.eof:
            raise self._refusal("the zstd data ends before it is complete", DAMAGED_ADVICE)
        return bool(self._input)

    def _decompress(self) -> bytes:
        if self._frame.eof:
            self._frame = _new_frame()
        try:
            text = self._frame.decompress(self._input)
        except zstandard.ZstdError as error:
            raise self._refusal("the zstd data is damaged", DAMAGED_ADVICE) from error
        self._input = self._frame.unused_data if self._frame.eof else b""
        self._given += len(text)
        if self._given > ALLOWANCE_BYTES + MAX_EXPANSION * self._read:
            raise self._refusal(f"it expands more than {MAX_EXPANSION} times", BOMB_ADVICE)
        return text

    def _refusal(self, reason: str, advice: str) -> BadInput:
        return BadInput(self._path, reason, byte=self._read, advice=advice)


def _new_frame() -> "zstandard.ZstdDecompressionObj":
    return zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj()
