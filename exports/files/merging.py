"""One row for each item, however often and wherever the archive read it.

Strictest wins: the most restrictive verdict, adult if anything says so, everybody who
was ever in it, the earliest date (none, if one appearance has none). What is delivered
of it is the newest reading. So no later dump can undo what an earlier one forbade.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from exports.files.filtering import flat, integers, one_array, parents, truth
from platforms.records import Verdict

STRICTNESS: Final = pa.array([Verdict.SHARE, Verdict.HOLD, Verdict.EXCLUDE], pa.string())
HOLD: Final = 1
NEVER: Final = np.iinfo(np.int64).min

Rows = NDArray[np.int64]


def merge(appearances: pa.Table) -> pa.Table:
    """The items in ``appearances``, each once, by item key; a later row is read later.

    Among readings of the same instant the later row is the newest.
    """
    order = reading_order(appearances)
    starts = first_rows(integers(appearances["item_key"])[order])
    if len(starts) == len(appearances):
        return appearances.take(pa.array(order))
    ends = np.append(starts[1:], len(appearances)) - 1
    merged = appearances.take(pa.array(order[ends]))
    for name, column in strictest(appearances, order, starts).items():
        field = appearances.schema.field(name)
        merged = merged.set_column(merged.schema.get_field_index(name), field, column)
    return merged


def reading_order(appearances: pa.Table) -> Rows:
    """Row numbers by item, and for each item from its oldest reading to its newest."""
    observed = instants(appearances["observed_at"], unknown=NEVER)
    return np.lexsort((observed, integers(appearances["item_key"])))


def first_rows(sorted_keys: Rows) -> Rows:
    """Where each run of equal keys starts."""
    if not len(sorted_keys):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.append(True, sorted_keys[1:] != sorted_keys[:-1]))


def strictest(appearances: pa.Table, order: Rows, starts: Rows) -> dict[str, pa.Array]:
    ranks = pc.fill_null(pc.index_in(appearances["verdict"], STRICTNESS), HOLD).to_numpy()
    worst = np.maximum.reduceat(ranks[order], starts)
    rated = truth(pc.is_valid(appearances["adult"]))[order]
    adult = np.logical_or.reduceat(truth(appearances["adult"])[order], starts)
    published = instants(appearances["published_at"], unknown=NEVER)
    earliest = np.minimum.reduceat(published[order], starts)
    return {
        "verdict": STRICTNESS.take(pa.array(worst)),
        "adult": pa.array(adult, mask=~np.logical_and.reduceat(rated, starts)),
        "published_at": pa.array(
            earliest, pa.timestamp("us", tz="UTC"), mask=np.asarray(earliest == NEVER)
        ),
        "account_keys": everybody(appearances, order, starts),
    }


def everybody(appearances: pa.Table, order: Rows, starts: Rows) -> pa.ListArray:
    """The united account keys of each item, sorted."""
    lists = one_array(appearances["account_keys"])
    item_of = np.empty(len(appearances), dtype=np.int64)
    item_of[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(appearances))))
    items, keys = distinct_pairs(item_of[parents(lists)], integers(flat(lists)))
    offsets = np.searchsorted(items, np.arange(len(starts) + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(keys))


def distinct_pairs(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """The pairs of both columns, sorted, each once."""
    order = np.lexsort((b, a))
    a, b = a[order], b[order]
    new = np.ones(len(a), dtype=bool)
    new[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    return a[new], b[new]


def instants(column: pa.ChunkedArray, *, unknown: int) -> Rows:
    """Microseconds since 1970, and ``unknown`` where there is no date."""
    filled = pc.fill_null(column.cast(pa.int64()), unknown)
    return np.asarray(filled.to_numpy(), dtype=np.int64)
