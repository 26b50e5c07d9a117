"""Opening a dump's files, and telling how far they have been read."""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from platforms.sources.contract import BadInput

PASSES: Final = 2
# Lines of a kilobyte are cut from a buffer: the larger it is, the fewer are in two of them.
BUFFER_BYTES: Final = 256 * 1024

ZIP: Final = b"PK\x03\x04"
# What files begin with that hold others, or text in another encoding.
FOREIGN: Final = {
    ZIP: ("this is a ZIP archive", "Unpack it, and give the files in it."),
    b"\x1f\x8b": ("this is compressed with gzip", "Unpack it first."),
    b"BZh": ("this is compressed with bzip2", "Unpack it first."),
    b"\xfd7zXZ": ("this is compressed with xz", "Unpack it first."),
    b"7z\xbc\xaf": ("this is a 7-Zip archive", "Unpack it, and give the files in it."),
    b"Rar!": ("this is a RAR archive", "Unpack it, and give the files in it."),
    b"\xff\xfe": ("this is UTF-16", "Write it as UTF-8."),
    b"\xfe\xff": ("this is UTF-16", "Write it as UTF-8."),
}


class Progress:
    """Adds up the bytes of both passes so that the caller hears each byte once."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._read, self._told = tell, 0, 0

    def __call__(self, count: int) -> None:
        self._read += count
        due = self._read // PASSES - self._told
        if due > 0:
            self._told += due
            self._tell(due)


def check(paths: Sequence[Path], *, may_be_zip: bool = False) -> None:
    """Refuse what is not a readable, regular file with something in it that is text."""
    for path in paths:
        with opened(path) as handle:
            beginning = handle.read(8)
        for mark, (reason, advice) in FOREIGN.items():
            if beginning.startswith(mark) and not (may_be_zip and mark == ZIP):
                raise BadInput(path, reason, line=1, byte=0, advice=advice)


def opened(path: Path) -> BinaryIO:
    """``path`` for reading bytes, or ``BadInput``."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput(path, "this is not a regular file", advice="Name the files of the dump.")
        handle = path.open("rb", BUFFER_BYTES)
    except OSError as error:
        raise BadInput(path, f"it cannot be read ({os.strerror(error.errno or 0)})") from error
    if not path.stat().st_size:
        handle.close()
        raise BadInput(path, "the file is empty", advice="Export it again.")
    return handle
