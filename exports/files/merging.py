"""One row for each item, however often and wherever the archive read it.

Strictest wins: the most restrictive verdict, adult if anything says so, everybody who
was ever in it and all that it ever hung on, the earliest date (none, if one appearance
has none). What is delivered of it is the newest reading. So no later dump can undo what
an earlier one forbade. Who can be cut from it is in parts of the newest reading alone, and
never was in its core.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from exports.files.filtering import (
    are_among,
    flat,
    integers,
    one_array,
    pairs_of,
    parents,
    people_in_parts,
    truth,
)
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
    ends = np.append(starts[1:], len(appearances)) - 1 if len(starts) else starts
    merged = appearances.take(pa.array(order[ends]))
    if len(starts) < len(appearances):
        for name, column in strictest(appearances, order, starts).items():
            merged = put(merged, name, column)
    return put(merged, "core_keys", uncuttable(appearances, merged, order, starts))


def put(items: pa.Table, name: str, column: pa.Array) -> pa.Table:
    field = items.schema.field(name)
    return items.set_column(items.schema.get_field_index(name), field, column)


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
        "account_keys": united("account_keys", appearances, order, starts),
        "parent_keys": united("parent_keys", appearances, order, starts),
    }


def united(name: str, appearances: pa.Table, order: Rows, starts: Rows) -> pa.ListArray:
    """The keys that any appearance of each item has in this column, sorted."""
    items, keys = pairs_of(appearances[name])
    return lists_of(item_of(order, starts)[items], keys, len(starts))


def uncuttable(
    appearances: pa.Table, merged: pa.Table, order: Rows, starts: Rows
) -> pa.ListArray | pa.ChunkedArray:
    """The keys of those who cannot be cut from each item.

    Who ever was in its core, and who is in no part of what is delivered of it.
    """
    if not len(flat(one_array(merged["parts"]))):
        return merged["account_keys"]
    rows, core = core_of(appearances)
    items, people = pairs_of(merged["account_keys"])
    part_of, in_parts = people_in_parts(merged)
    outside = ~are_among((items, people), (parents(one_array(merged["parts"]))[part_of], in_parts))
    return lists_of(
        np.concatenate([item_of(order, starts)[rows], items[outside]]),
        np.concatenate([core, people[outside]]),
        len(starts),
    )


def core_of(appearances: pa.Table) -> tuple[Rows, Rows]:
    """The row and the key of everybody in the core; that is everybody where nothing says who."""
    rows, core = pairs_of(appearances["core_keys"])
    unsaid = ~truth(pc.is_valid(appearances["core_keys"]))
    all_rows, everybody = pairs_of(appearances["account_keys"])
    chosen = unsaid[all_rows]
    return np.concatenate([rows, all_rows[chosen]]), np.concatenate([core, everybody[chosen]])


def item_of(order: Rows, starts: Rows) -> Rows:
    """The number of the item of each appearance."""
    items = np.empty(len(order), dtype=np.int64)
    items[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(order))))
    return items


def lists_of(rows: Rows, keys: Rows, length: int) -> pa.ListArray:
    """The keys of each row as one list, sorted, each once."""
    rows, keys = distinct_pairs(rows, keys)
    offsets = np.searchsorted(rows, np.arange(length + 1))
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
