"""What a newer run says of the items that a file already holds.

A build joins all that was ever read of an item, and the strictest wins. A file that was
built before the run has not heard it: so this asks whether the run would have changed
what may be in it. Where it cannot tell cheaply it says yes, and the file is built again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from consent.decision import Denials, Keys
from exports.files.filtering import (
    Mask,
    People,
    denial_tests,
    flat,
    held_in,
    integers,
    one_array,
    place_of,
    truth,
)
from platforms.archive import keyfile
from platforms.models import Run

ROWS: Final = 65_536
COLUMNS: Final = ["item_key", "owner_key", "platform", "adult", "account_keys", "published_at"]


class RunUnreadable(Exception):
    """A run is missing or damaged, so nobody can tell what it says."""


def speaks_against(
    run: Run, *, accounts: Keys, items: Keys, adult: bool, bounds: Callable[[], Denials]
) -> bool:
    """True if ``run`` withholds one of ``items``, rates it adult, or finds somebody else in it.

    Or if it dates one before the day from which its people share, or gives it to an
    owner who has not said yes, as ``bounds`` knows. ``accounts`` are those known to be in
    the items; ``adult`` says whether adult items are agreed. An account that was renamed
    counts as somebody else: an opt-out by the new name has to find the file.
    """
    root = Path(settings.STORAGE_DIR)
    with _readable(run):
        withheld = keyfile.load(root / run.withheld_path, run.withheld_sha256)
        if keyfile.intersects(items, withheld):
            return True
        return any(
            _is_news(rows, accounts, adult) or _is_out_of_bounds(rows, bounds())
            for rows in _batches(root / run.path, items)
        )


def take_away(replaced: Iterable[Run], live: Iterable[Run], *, items: Keys) -> bool:
    """True if ``replaced`` runs held one of ``items`` that no ``live`` run speaks of.

    A dump that is read again with other facts can give its items other names, or none.
    """
    lost = np.zeros(len(items), dtype=bool)
    for run in replaced:
        lost |= _mentioned(run, items)
    for run in live if lost.any() else ():
        lost &= ~_mentioned(run, items)
        if not lost.any():
            return False
    return bool(lost.any())


def _mentioned(run: Run, items: Keys) -> Mask:
    """Which of ``items`` are in ``run``."""
    mentioned = np.zeros(len(items), dtype=bool)
    with _readable(run):
        for batch in _batches(Path(settings.STORAGE_DIR) / run.path, items, ["item_key"]):
            mentioned[place_of(items, integers(batch["item_key"]))] = True
    return mentioned


@contextmanager
def _readable(run: Run) -> Iterator[None]:
    try:
        yield
    except (keyfile.KeyFileDamaged, OSError, pa.ArrowInvalid) as error:
        raise RunUnreadable(f"run {run.pk}: {type(error).__name__}") from error


def _batches(path: Path, items: Keys, columns: list[str] = COLUMNS) -> Iterator[pa.Table]:
    """What the run at ``path`` says of ``items``, a bounded number of rows at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS, columns=columns):
            ours = held_in(items, integers(batch["item_key"]))
            if ours.any():
                yield pa.Table.from_batches([batch]).filter(pa.array(ours))


def _is_news(rows: pa.Table, accounts: Keys, adult: bool) -> bool:
    if not adult and truth(rows["adult"]).any():
        return True
    people = integers(flat(one_array(rows["account_keys"])))
    return not bool(np.all(held_in(accounts, people)))


def _is_out_of_bounds(rows: pa.Table, bounds: Denials) -> bool:
    return any(
        bool(refused.any()) for refused in denial_tests(rows, People.of(rows), bounds).values()
    )
