"""The archive as a build needs it: the items of some buckets, each once.

A bucket follows from an item's owner, and an owner can change: what two runs read of
one item can lie in two buckets. Such an item is put together from all of them, and
belongs to the bucket of its newest reading. Only a pass over the key columns of every
run can find it, which costs ten bytes an item.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from consent.decision import Keys
from exports.files.filtering import held_in, integers
from exports.files.merging import distinct_pairs, merge
from platforms.archive.runs import buckets_in, read_bucket


def items_of(runs: Sequence[Path], buckets: range) -> Iterator[pa.Table]:
    """The merged items of ``buckets``, a bucket at a time; runs are given oldest first."""
    wandering = wanderers(runs, buckets)
    filled = {bucket for run in runs for bucket in buckets_in(run)}
    for bucket in sorted(filled.intersection(buckets)):
        found = pa.concat_tables([read_bucket(run, bucket) for run in runs])
        yield merge(found.filter(pa.array(~held_in(wandering, integers(found["item_key"])))))
    if len(wandering):
        yield settled(runs, buckets, wandering)


def wanderers(runs: Sequence[Path], buckets: range) -> Keys:
    """The keys of items that were read in one of ``buckets`` and in another bucket too."""
    homes = [inside(keys, places, buckets) for keys, places in keys_of(runs)]
    keys, _ = distinct_pairs(
        np.concatenate([keys for keys, _ in homes] or [np.empty(0, np.int64)]),
        np.concatenate([places for _, places in homes] or [np.empty(0, np.int64)]),
    )
    found = [keys[1:][keys[1:] == keys[:-1]]]
    for others, places in keys_of(runs):
        away = others[(places < buckets.start) | (places >= buckets.stop)]
        found.append(away[held_in(keys, away)])
    return np.unique(np.concatenate(found))


def settled(runs: Sequence[Path], buckets: range, wandering: Keys) -> pa.Table:
    """The items with these keys, put together from every bucket, that end up in ``buckets``."""
    appearances = [
        found.filter(pa.array(held_in(wandering, integers(found["item_key"]))))
        for run, (keys, places) in zip(runs, keys_of(runs), strict=True)
        for bucket in np.unique(places[held_in(wandering, keys)])
        for found in [read_bucket(run, int(bucket))]
    ]
    merged = merge(pa.concat_tables(appearances))
    places = integers(merged["bucket"])
    return merged.filter(pa.array((places >= buckets.start) & (places < buckets.stop)))


def keys_of(runs: Sequence[Path]) -> Iterator[tuple[Keys, Keys]]:
    """The item key and the bucket of each row, run by run."""
    for run in runs:
        table = pq.read_table(run, columns=["item_key", "bucket"])
        yield integers(table["item_key"]), integers(table["bucket"])


def inside(keys: Keys, places: Keys, buckets: range) -> tuple[Keys, Keys]:
    within = (places >= buckets.start) & (places < buckets.stop)
    return keys[within], places[within]
