"""Files that are either whole and on the disk, or not there at all.

Not for files that change: what is written here is immutable, and its hash is kept
by whoever asked for it.
"""

import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PARTIAL: Final = ".partial"
CHUNK: Final = 1 << 20


class WriteDamaged(OSError):
    """The bytes read back from the disk are not the bytes that were written."""


class Draft(io.RawIOBase):
    """A file being written, from its first byte to its last; hashes as it goes.

    ``sha256`` and ``size`` are final once ``write_durably`` has ended.
    """

    def __init__(self, path: Path) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = io.FileIO(descriptor, "wb")

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: "ReadableBuffer") -> int:
        """Write all of ``data``, or raise: a full disk can take half of it first."""
        if not memoryview(data).nbytes:
            return 0
        view = memoryview(data).cast("B")
        written = 0
        while written < len(view):
            written += self._file.write(view[written:]) or 0
        self._hash.update(view)
        self.size += written
        return written

    def settle(self) -> None:
        """Return when the bytes are on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Arrow closes what it writes to, so the descriptor outlives this call."""

    def release(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def write_durably(path: Path) -> Iterator[Draft]:
    """Make ``path`` out of what the body writes to the draft, when the body ends well.

    An error anywhere (the body's, a full disk, a hash that differs when read back)
    leaves neither ``path`` nor a temporary file behind, and is raised.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}{PARTIAL}")
    draft = Draft(partial)
    try:
        yield draft
        draft.settle()
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    finally:
        draft.release()
    _confirm(path, draft)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Return when the names in ``folder`` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _confirm(path: Path, draft: Draft) -> None:
    try:
        sync_folder(path.parent)
        if sha256_of(path) != draft.sha256:
            raise WriteDamaged(f"{path} does not hold what was written to it")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
