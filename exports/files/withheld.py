"""Which items some run excludes or holds: nothing that hangs on one of them is delivered.

Each run lists its own in a key file. There can be many runs, so they are asked one after the
other for the few keys at hand, and none of the files stays open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from consent.decision import Keys
from platforms.archive import keyfile


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
