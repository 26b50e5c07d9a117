"""Builds one file of a release: what may be delivered, in an order that tells nothing.

Works bucket by bucket. What is admitted is spilled into parts by the first digits of
its record id, and each part is sorted and written as one row group: the file is in
order of pseudonyms, and memory is bounded by a bucket or a part, never by the archive.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from consent.decision import Agreement, Denials, Keys
from exports.files.cutting import rule_on
from exports.files.filtering import counts, flat, integers, one_array, pairs_of
from exports.files.places import Built, Places
from exports.files.pseudonyms import Pseudonyms
from exports.files.reading import items_of
from exports.files.schema import DELIVERED, DESCRIBED, DICTIONARIES
from exports.files.withheld import Rated, Withheld
from platforms.archive import keyfile
from platforms.archive.durable import Draft, write_durably
from platforms.archive.runs import BUCKETS

ROWS_OF_A_PART: Final = 65_536
PARTS: Final = 256


def archive_buckets(bucket: int, *, of: int) -> range:
    """The archive's buckets that go into file ``bucket`` of a release of ``of`` files."""
    if of < 1 or BUCKETS % of or not 0 <= bucket < of:
        raise ValueError(f"file {bucket} of {of} does not divide the {BUCKETS} buckets")
    width = BUCKETS // of
    return range(bucket * width, (bucket + 1) * width)


def build_file(
    runs: Sequence[Path],
    buckets: range,
    *,
    agreement: Agreement,
    denials: Denials,
    withheld: Withheld,
    now: datetime,
    pseudonyms: Pseudonyms,
    into: Places,
) -> Built:
    """Write what may be delivered of ``buckets``; all four files are durable on return.

    ``runs`` are given oldest first, ``withheld`` knows what any of them excludes or holds,
    ``now`` is when they and ``denials`` were read. An error leaves no half-written file, but
    may leave whole ones: nothing refers to them until the caller says so.
    """
    refused: Counter[str] = Counter()
    inside = Inside()
    rated = Rated(() if agreement.adult else runs)
    with Parts(into.rows.with_suffix(".parts"), parts_for(runs, buckets)) as parts:
        for items in items_of(runs, buckets):
            above = parents_of(items)
            closed = np.union1d(withheld.among(above), rated.among(above))
            known = replace(denials, withheld=closed)
            ruling = rule_on(items, agreement=agreement, denials=known, now=now)
            refused.update(counts(ruling.codes))
            admitted = ruling.admitted
            inside.add(admitted)
            parts.add(delivered(admitted, pseudonyms))
        sha256, size, rows = write_rows(into.rows, parts)
    return Built(
        sha256=sha256,
        size=size,
        rows=rows,
        accounts_sha256=keyfile.write(into.accounts, inside.accounts()),
        items_sha256=keyfile.write(into.items, inside.items()),
        parents_sha256=keyfile.write(into.parents, inside.parents()),
        parts_cut=inside.parts_cut,
        usable_until=inside.oldest_reading and inside.oldest_reading + agreement.max_age,
        counts=dict(refused),
    )


def parents_of(items: pa.Table) -> Keys:
    """The keys of all that ``items`` hang on, sorted."""
    return np.unique(pairs_of(items["parent_keys"])[1])


def delivered(items: pa.Table, pseudonyms: Pseudonyms) -> pa.Table:
    """The partner's columns of archived ``items``."""
    records = pa.array(pseudonyms.records(items["item_key"].to_pylist()), pa.string())
    owners, owner_of = np.unique(integers(items["owner_key"]), return_inverse=True)
    authors = pa.array(pseudonyms.authors(owners.tolist()), pa.string()).take(pa.array(owner_of))
    named = items.append_column("record_id", records).append_column("author_id", authors)
    return named.select(DELIVERED.names).cast(DELIVERED)


def parts_for(runs: Sequence[Path], buckets: range) -> int:
    """How many parts keep each near ``ROWS_OF_A_PART`` rows, judging by the archive's size."""
    rows: int = sum(pq.read_metadata(run).num_rows for run in runs) * len(buckets) // BUCKETS
    return min(rows // ROWS_OF_A_PART + 1, PARTS)


def write_rows(path: Path, parts: "Parts") -> tuple[str, int, int]:
    """Write the parts in order; the hash, the size and the rows of the file."""
    rows = 0
    with write_durably(path) as draft, parquet(draft) as writer:
        for part in parts.sorted():
            writer.write_table(part)
            rows += len(part)
    return draft.sha256, draft.size, rows


def parquet(draft: Draft) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        draft,
        DELIVERED,
        compression="zstd",
        use_dictionary=DICTIONARIES,
        write_statistics=DESCRIBED,
        write_page_checksum=True,
    )


class Inside:
    """Collects the keys of all that was admitted, who is in it, on what it hangs; and its age."""

    def __init__(self) -> None:
        self.oldest_reading: datetime | None = None
        self.parts_cut = 0
        self._accounts: list[Keys] = []
        self._items: list[Keys] = []
        self._parents: list[Keys] = []

    def add(self, admitted: pa.Table) -> None:
        self._accounts.append(np.unique(integers(flat(one_array(admitted["account_keys"])))))
        self._items.append(integers(admitted["item_key"]))
        self._parents.append(parents_of(admitted))
        self.parts_cut += pc.sum(admitted["parts_cut"]).as_py() or 0
        read = [self.oldest_reading, pc.min(admitted["observed_at"]).as_py()]
        self.oldest_reading = min((each for each in read if each), default=None)

    def accounts(self) -> Keys:
        return united(self._accounts)

    def items(self) -> Keys:
        return united(self._items)

    def parents(self) -> Keys:
        return united(self._parents)


def united(keys: list[Keys]) -> Keys:
    return np.unique(np.concatenate([np.empty(0, np.int64), *keys]))


class Parts:
    """Rows on their way into order: temporary Arrow files, gone when the block ends."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number
        self._writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}

    def __enter__(self) -> Self:
        # A worker that was killed on this very file may have left its parts.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        return self

    def __exit__(self, *failure: object) -> None:
        shutil.rmtree(self._folder)
        for writer in self._writers.values():
            writer.close()

    def add(self, rows: pa.Table) -> None:
        parts = part_of(rows["record_id"], self._number)
        for part in np.unique(parts):
            self._writer(int(part)).write_table(rows.filter(pa.array(parts == part)))

    def sorted(self) -> Iterator[pa.Table]:
        """The parts that hold anything, in order, each sorted by record id."""
        for part, writer in sorted(self._writers.items()):
            writer.close()
            with pa.OSFile(str(self._path(part))) as file, pa.ipc.open_stream(file) as stream:
                yield stream.read_all().sort_by("record_id")

    def _writer(self, part: int) -> pa.ipc.RecordBatchStreamWriter:
        if part not in self._writers:
            self._writers[part] = pa.ipc.new_stream(str(self._path(part)), DELIVERED)
        return self._writers[part]

    def _path(self, part: int) -> Path:
        return self._folder / f"{part:03}.arrow"


def part_of(record_ids: pa.ChunkedArray, parts: int) -> NDArray[np.int64]:
    """Parts divide the range of the first two digits evenly, in order."""
    digits = pc.utf8_slice_codeunits(record_ids, 0, 2)
    first = pc.index_in(digits, pa.array([f"{n:02x}" for n in range(256)], pa.string()))
    return integers(first) * parts // 256
