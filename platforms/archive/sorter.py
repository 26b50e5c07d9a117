"""Sorts more rows than memory holds: sorted batches on disk, merged bucket by bucket."""

import mmap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from platforms.archive.columns import table_of
from platforms.archive.durable import Draft
from platforms.archive.runs import BUCKETS, PLACE, SCHEMA, Row

DICTIONARIES: Final = [
    "platform",
    "kind",
    "verdict",
    "reasons.list.element",
    "media_kinds.list.element",
    "media.list.element.kind",
]
STATISTICS: Final = ["bucket", "item_key", "owner_key"]
# So few rows become columns while they are still in the processor's cache.
STEP: Final = 1_024


class Limits(NamedTuple):
    """When a batch is spilled (whichever comes first), and how many spills make a run."""

    rows: int = 16_384
    characters: int = 16 << 20
    spills: int = 128


class Spill:
    """One sorted batch on disk, memory-mapped: a record batch for each bucket that has rows.

    Only where each lies is remembered. A reader of Arrow's own file format would keep what
    it once saw of all of them, which is most of a megabyte for each spill.
    """

    def __init__(self, path: Path, places: Mapping[int, slice]) -> None:
        self._places = places
        with path.open("rb") as written:
            self._mapping = mmap.mmap(written.fileno(), 0, access=mmap.ACCESS_READ)
        self._bytes = pa.py_buffer(self._mapping)

    def bucket(self, bucket: int) -> pa.Table:
        """Its rows of ``bucket``; nothing of the others is looked at."""
        place = self._places.get(bucket)
        if place is None:
            return SCHEMA.empty_table()
        batch = pa.ipc.read_record_batch(self._bytes[place], SCHEMA)
        return pa.Table.from_batches([batch])

    def size(self, bucket: int) -> int:
        """How many bytes its rows of ``bucket`` are."""
        place = self._places.get(bucket)
        return place.stop - place.start if place else 0

    def forget(self) -> None:
        """Let the system have the pages that were read; what is needed again is read again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._mapping.madvise(mmap.MADV_DONTNEED)


class Sorter:
    """Gathers rows in any order; ``write`` puts them into one sorted Parquet file.

    It holds one batch of rows; the spills lie below ``folder``, which the caller removes.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._step = min(STEP, limits.rows)
        self._batch: list[Row] = []
        self._tables: list[pa.Table] = []
        self._characters = 0
        self._spills: list[Spill] = []
        self.rows = 0

    @property
    def full(self) -> bool:
        return len(self._spills) >= self._limits.spills

    def add(self, row: Row) -> None:
        self._batch.append(row)
        self.rows += 1
        self._characters += _characters(row)
        if len(self._batch) >= self._step or self._characters >= self._limits.characters:
            self._turn()

    def add_table(self, table: pa.Table) -> None:
        """Take in rows that are columns already."""
        self._tables.append(table)
        self.rows += len(table)
        self._characters += table.nbytes
        self._spill_enough()

    def write(self, draft: Draft, place: str) -> None:
        """One row group for each bucket that has rows; a very large bucket has more."""
        self._turn()
        self._spill()
        schema = SCHEMA.with_metadata({PLACE: place.encode()})
        with pq.ParquetWriter(
            draft,
            schema,
            compression="zstd",
            use_dictionary=DICTIONARIES,
            write_statistics=STATISTICS,
        ) as writer:
            for bucket in range(BUCKETS):
                for rows in self._merged(bucket):
                    writer.write_table(rows, row_group_size=len(rows))
                    self._forget()

    def _turn(self) -> None:
        """Make columns of the last rows."""
        if self._batch:
            self._tables.append(table_of(self._batch))
            self._batch = []
        self._spill_enough()

    def _spill_enough(self) -> None:
        rows = sum(table.num_rows for table in self._tables)
        if rows >= self._limits.rows or self._characters >= self._limits.characters:
            self._spill()

    def _spill(self) -> None:
        if not self._tables:
            return
        (batch,) = pa.concat_tables(self._tables).combine_chunks().to_batches()
        batch, buckets = _sorted(batch)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{len(self._spills)}.arrow"
        present, rows = np.unique(buckets, return_index=True)
        places = {}
        # What is merged together lies together, so that little else is mapped with it.
        with path.open("wb") as file:
            for bucket, (first, end) in zip(
                present.tolist(), pairwise((*rows.tolist(), len(batch))), strict=True
            ):
                start = file.tell()
                file.write(batch.slice(first, end - first).serialize())
                places[bucket] = slice(start, file.tell())
        self._tables, self._characters = [], 0
        self._spills.append(Spill(path, places))

    def _forget(self) -> None:
        """Memory holds what was merged last, not every spill that was ever looked into."""
        for spill in self._spills:
            spill.forget()

    def _merged(self, bucket: int) -> Iterator[pa.Table]:
        """The rows of ``bucket`` by item key, at most a batch at a time.

        Each spill is sorted, so the rows that the next piece takes from it follow on
        those of the piece before: positions are enough, no row is read to be compared.
        """
        parts = [spill.bucket(bucket) for spill in self._spills]
        keys = [part["item_key"].to_numpy() for part in parts]
        order = np.argsort(np.concatenate(keys), kind="stable") if keys else np.empty(0)
        source = np.repeat(np.arange(len(parts)), [len(part) for part in parts])[order]
        starts = np.zeros(len(parts), dtype=np.int64)
        step = self._piece(bucket, len(order))
        for at in range(0, len(order), step):
            taken = np.bincount(source[at : at + step], minlength=len(parts))
            pieces = [p.slice(s, n) for p, s, n in zip(parts, starts, taken, strict=True)]
            starts += taken
            rows = pa.concat_tables(pieces).combine_chunks()
            yield rows.take(np.argsort(rows["item_key"].to_numpy(), kind="stable"))

    def _piece(self, bucket: int, rows: int) -> int:
        """How many of the ``rows`` of ``bucket`` are about as much as one batch."""
        size = sum(spill.size(bucket) for spill in self._spills)
        affordable = self._limits.characters * rows // max(size, 1)
        return max(1, min(self._limits.rows, affordable))


def _sorted(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, npt.NDArray[np.int16]]:
    """``batch`` by bucket and item key, and the bucket of each row."""
    buckets = batch["bucket"].to_numpy()
    order = np.lexsort((batch["item_key"].to_numpy(), buckets))
    return batch.take(order), buckets[order]


def _characters(row: Row) -> int:
    """Roughly what a row costs: its text counts, and its ids as one line of it."""
    size = 200 + 8 * len(row.account_keys)
    if row.title:
        size += len(row.title)
    if row.text:
        size += len(row.text)
    if row.parent_keys:
        size += 8 * len(row.parent_keys)
    if row.tags:
        size += sum(map(len, row.tags))
    if row.media:
        # A generator would cost more than what it adds up.
        size += sum([len(one.url) + len(one.alt) for one in row.media])
    return size
