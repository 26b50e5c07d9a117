"""Finds what the archive says of some items, wherever they lie: the worst of all runs."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from platforms.records import Verdict

BATCH: Final = 65_536
COLUMNS: Final = [
    *("item_key", "verdict", "reasons", "adult", "account_keys", "observed_at", "parent_keys")
]
STRICTNESS: Final = (Verdict.SHARE, Verdict.HOLD, Verdict.EXCLUDE)

Keys = npt.NDArray[np.int64]


class Found(NamedTuple):
    """One item by all of its appearances: the strictest verdict, everybody who is in it.

    ``read_at`` is when it was read last, None where no appearance knows. ``parent_keys`` are
    those of all that it hangs on.
    """

    verdict: Verdict
    reasons: frozenset[str]
    adult: bool
    account_keys: frozenset[int]
    read_at: datetime | None = None
    parent_keys: frozenset[int] = frozenset()

    def and_also(self, other: "Found") -> "Found":
        return Found(
            max(self.verdict, other.verdict, key=STRICTNESS.index),
            self.reasons | other.reasons,
            self.adult or other.adult,
            self.account_keys | other.account_keys,
            max(filter(None, (self.read_at, other.read_at)), default=None),
            self.parent_keys | other.parent_keys,
        )


def find(runs: Iterable[Path], wanted: Keys) -> dict[int, Found]:
    """The items of ``runs`` whose keys are ``wanted``, which is sorted.

    It passes over the key column of every run; memory grows with what is found.
    """
    found: dict[int, Found] = {}
    for run in runs if len(wanted) else ():
        with pq.ParquetFile(run) as file:
            for batch in file.iter_batches(BATCH, columns=COLUMNS):
                for row in _wanted_in(batch, wanted).to_pylist():
                    one = _found(row)
                    before = found.get(row["item_key"])
                    found[row["item_key"]] = before.and_also(one) if before else one
    return found


def _wanted_in(batch: pa.RecordBatch, wanted: Keys) -> pa.RecordBatch:
    keys = batch["item_key"].to_numpy()
    places = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    return batch.filter(pa.array(wanted[places] == keys))


def _found(row: dict[str, object]) -> Found:
    return Found(
        Verdict(str(row["verdict"])),
        frozenset(row["reasons"]),  # type: ignore[call-overload]
        bool(row["adult"]),
        frozenset(row["account_keys"]),  # type: ignore[call-overload]
        row["observed_at"],  # type: ignore[arg-type]
        # Runs from before this column do not say on what an item hangs.
        frozenset(row.get("parent_keys") or ()),  # type: ignore[call-overload]
    )
