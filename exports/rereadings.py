"""What a newer run says of the items that a file already holds.

A build joins all that was ever read of an item, and the strictest wins. A file that was
built before the run has not heard it: so this asks whether the run would have changed
what may be in it. Where it cannot tell cheaply it says yes, and the file is built again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from consent.decision import Keys
from exports.files.filtering import flat, held_in, integers, one_array
from platforms.archive import keyfile
from platforms.models import Run

ROWS: Final = 65_536
COLUMNS: Final = ["item_key", "adult", "account_keys"]


class RunUnreadable(Exception):
    """A run is missing or damaged, so nobody can tell what it says."""


def speaks_against(run: Run, *, accounts: Keys, items: Keys, adult: bool) -> bool:
    """True if ``run`` withholds one of ``items``, rates it adult, or finds somebody else in it.

    ``accounts`` are those known to be in the items; ``adult`` says whether adult items
    are agreed. An account that was renamed counts as somebody else: an opt-out by the
    new name has to find the file.
    """
    root = Path(settings.STORAGE_DIR)
    try:
        withheld = keyfile.load(root / run.withheld_path, run.withheld_sha256)
        if keyfile.intersects(items, withheld):
            return True
        return any(_is_news(batch, accounts, adult) for batch in _batches(root / run.path, items))
    except (keyfile.KeyFileDamaged, OSError, pa.ArrowInvalid) as error:
        raise RunUnreadable(f"run {run.pk}: {type(error).__name__}") from error


def _batches(path: Path, items: Keys) -> Iterator[pa.RecordBatch]:
    """What the run at ``path`` says of ``items``, a bounded number of rows at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS, columns=COLUMNS):
            ours = held_in(items, integers(batch["item_key"]))
            if ours.any():
                yield batch.filter(pa.array(ours))


def _is_news(batch: pa.RecordBatch, accounts: Keys, adult: bool) -> bool:
    if not adult and batch["adult"].true_count:
        return True
    people = integers(flat(one_array(batch["account_keys"])))
    return not bool(np.all(held_in(accounts, people)))
