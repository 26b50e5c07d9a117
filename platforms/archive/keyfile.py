"""Sorted arrays of 64-bit keys on disk: who is in a file, what is withheld from a run.

The format is bare: unique int64 values, little-endian, ascending. The hash that
vouches for it is kept in the database, and ``load`` holds the file to it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from platforms.archive.durable import Draft, sha256_of, write_durably

KEY: Final = np.dtype("<i8")
REMEMBERED: Final = 65_536

Keys = npt.NDArray[np.int64]


class KeyFileDamaged(Exception):
    """A key file is missing, or is not the one that was written: nothing may rely on it."""


def write(path: Path, keys: Keys) -> str:
    """Write ``keys``, sorted and unique, durably to ``path``; give the file's SHA-256."""
    with write_durably(path) as draft:
        append(draft, keys)
    return draft.sha256


def append(draft: Draft, keys: Keys) -> None:
    """Write one more piece of a key file; the pieces come in ascending order."""
    if not bool(np.all(keys[1:] > keys[:-1])):
        raise ValueError("the keys must be sorted and unique")
    draft.write(np.ascontiguousarray(keys, dtype=KEY).data)


def load(path: Path, sha256: str) -> Keys:
    """The keys in ``path``, memory-mapped, once the file is known to have this hash.

    The hash is computed again only when the file's inode, time or size changed.
    """
    try:
        with path.open("rb") as file:
            status = path.stat()
            _hold_to(path, status.st_ino, status.st_mtime_ns, status.st_size, sha256)
            # The format has no header, and an empty file cannot be mapped.
            return np.memmap(file, KEY, mode="r") if status.st_size else np.empty(0, KEY)
    except OSError as error:
        raise KeyFileDamaged(f"{path} cannot be read: {error.strerror}") from error


def intersects(a: Keys, b: Keys) -> bool:
    """True if any key is in both sorted arrays."""
    return len(intersection(a, b)) > 0


def intersection(a: Keys, b: Keys) -> Keys:
    """The keys in both sorted arrays; costs the smaller one's length times a search."""
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    if not len(small):
        return np.empty(0, KEY)
    places = np.minimum(np.searchsorted(large, small), len(large) - 1)
    return np.asarray(small[large[places] == small])


@lru_cache(maxsize=REMEMBERED)
def _hold_to(path: Path, inode: int, mtime_ns: int, size: int, sha256: str) -> None:
    """Only success is remembered: an exception is not cached."""
    if size % KEY.itemsize:
        raise KeyFileDamaged(f"{path} does not hold whole keys")
    if sha256_of(path) != sha256:
        raise KeyFileDamaged(f"{path} is not the file that was written")
