"""Which items some run excludes or holds: nothing that hangs on one of them is delivered.

Each run lists its own in a key file. There can be many runs, so they are asked one after the
other for the few keys at hand, and none of the files stays open. Where nothing adult is agreed,
what some run rates adult counts as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq

from consent.decision import Keys
from exports.files.filtering import integers, truth
from platforms.archive import keyfile

ROWS: Final = 65_536


@dataclass(frozen=True)
class Withheld:
    """The key files of all runs that count, each with the hash that vouches for it."""

    files: Sequence[tuple[Path, str]]

    def among(self, keys: Keys) -> Keys:
        """Those of the sorted ``keys`` that any run withholds, sorted.

        Raises ``KeyFileDamaged`` when a file is not the one that was written.
        """
        found = [np.empty(0, np.int64)]
        for path, sha256 in self.files if len(keys) else ():
            found.append(keyfile.intersection(keys, keyfile.load(path, sha256)))
        return np.unique(np.concatenate(found))


@dataclass(frozen=True)
class Rated:
    """What any of some runs rates adult, whether it is shared or not."""

    runs: Sequence[Path]

    def among(self, keys: Keys) -> Keys:
        """Those of the sorted ``keys`` that any run rates adult, sorted."""
        return keyfile.intersection(keys, self._keys) if len(keys) else np.empty(0, np.int64)

    @cached_property
    def _keys(self) -> Keys:
        """All of them, at eight bytes each: a build asks for every bucket."""
        found = [np.empty(0, np.int64)]
        for run in self.runs:
            with pq.ParquetFile(run) as file:
                for batch in file.iter_batches(ROWS, columns=["item_key", "adult"]):
                    found.append(integers(batch["item_key"])[truth(batch["adult"])])
        return np.unique(np.concatenate(found))
