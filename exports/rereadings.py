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
    People,
    denial_tests,
    flat,
    held_in,
    instants,
    integers,
    one_array,
    pairs_of,
    place_of,
    truth,
)
from platforms.archive import keyfile
from platforms.models import Run

ROWS: Final = 65_536
COLUMNS: Final = ["item_key", "owner_key", "platform", "adult", "account_keys", "published_at"]
PARENTS: Final = "parent_keys"
READINGS: Final = ["item_key", "observed_at"]
RATINGS: Final = ["item_key", "adult"]
NEVER: Final = np.iinfo(np.int64).min


class RunUnreadable(Exception):
    """A run is missing or damaged, so nobody can tell what it says."""


def speaks_against(
    run: Run,
    *,
    accounts: Keys,
    items: Keys,
    parents: Keys,
    adult: bool,
    bounds: Callable[[], Denials],
) -> bool:
    """True if ``run`` withholds one of ``items``, rates it adult, or finds somebody else in it.

    Or if it withholds one of ``parents``, on which they hang, rates it adult, or knows of
    another one.

    Or if it dates one before the day from which its people share, or gives it to an
    owner who has not said yes, as ``bounds`` knows. ``accounts`` are those known to be in
    the items; ``adult`` says whether adult items are agreed. An account that was renamed
    counts as somebody else: an opt-out by the new name has to find the file.
    """
    root = Path(settings.STORAGE_DIR)
    with _readable(run):
        withheld = keyfile.load(root / run.withheld_path, run.withheld_sha256)
        if keyfile.intersects(items, withheld) or keyfile.intersects(parents, withheld):
            return True
        if not adult and _rates_adult(root / run.path, parents):
            return True
        return any(
            _is_news(rows, accounts, adult)
            or _hangs_on_more(rows, parents)
            or _is_out_of_bounds(rows, bounds())
            for rows in _batches(root / run.path, items, [*COLUMNS, PARENTS])
        )


def take_away(replaced: Iterable[Run], live: Iterable[Run], *, items: Keys) -> bool:
    """True if ``replaced`` runs read one of ``items`` later than any ``live`` run, or alone.

    A dump that is read again with other facts can give its items other names, or none;
    and somebody can say that it was made earlier than we thought.
    """
    lost = np.full(len(items), NEVER)
    for run in replaced:
        lost = np.maximum(lost, _read_at(run, items))
    for run in live if (lost > NEVER).any() else ():
        lost[_read_at(run, items) >= lost] = NEVER
        if not (lost > NEVER).any():
            return False
    return bool((lost > NEVER).any())


def _read_at(run: Run, items: Keys) -> Keys:
    """When each of ``items`` was read in ``run``, in microseconds, and ``NEVER`` if it was not."""
    read_at = np.full(len(items), NEVER)
    with _readable(run):
        for batch in _batches(Path(settings.STORAGE_DIR) / run.path, items, READINGS):
            places = place_of(items, integers(batch["item_key"]))
            np.maximum.at(read_at, places, instants(batch["observed_at"]))
    return read_at


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


def _rates_adult(run: Path, parents: Keys) -> bool:
    if not len(parents):
        return False
    return any(truth(rows["adult"]).any() for rows in _batches(run, parents, RATINGS))


def _hangs_on_more(rows: pa.Table, parents: Keys) -> bool:
    """Runs from before this column do not say on what an item hangs."""
    if PARENTS not in rows.column_names:
        return False
    return not bool(np.all(held_in(parents, pairs_of(rows[PARENTS])[1])))


def _is_out_of_bounds(rows: pa.Table, bounds: Denials) -> bool:
    return any(
        bool(refused.any()) for refused in denial_tests(rows, People.of(rows), bounds).values()
    )
