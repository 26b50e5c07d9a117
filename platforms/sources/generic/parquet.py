"""Generic records in Parquet: the columns, and reading them without trusting their sizes.

A file of 2 MB can unpack to 20 GB. So pages are measured before they are opened
(``pages``), repeated texts stay in dictionaries until their lengths are added up, and
rows and bytes have a budget that grows with the size of the file.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from platforms.sources.contract import BadInput
from platforms.sources.files import opened
from platforms.sources.generic.pages import COLUMNS, MAGIC, MIB, Group, groups_of
from platforms.sources.json_documents import MAX_DOCUMENT_BYTES

MAX_ROWS: Final = 100_000_000
MAX_RATIO: Final = 200
FREE_BYTES: Final = 64 * MIB
ROW_BYTES: Final = 64
SLICE_BYTES: Final = 8 * MIB
BUFFER_BYTES: Final = 64 * 1024

TEXT, FLAG = pa.string(), pa.bool_()
PLACE: Final = pa.struct([("type", TEXT), ("id", TEXT)])
THREAD: Final = pa.struct([("position", TEXT), ("kind", TEXT), ("id", TEXT)])
PERSON: Final = pa.struct([(name, TEXT) for name in ("role", "identity", "id", "handle")])
FLAGS: Final = ("sensitive", "paid", "commercial", "ephemeral", "minor")
EMBEDDED: Final = pa.struct(
    [("account", TEXT), ("visibility", TEXT), *((name, FLAG) for name in FLAGS)]
)
MEDIUM: Final = pa.struct(
    [("kind", TEXT), ("url", TEXT), ("alt", TEXT), ("signals", pa.list_(TEXT))]
)
PART: Final = pa.struct(
    [("principals", pa.list_(PERSON)), ("text", TEXT), ("media", pa.list_(MEDIUM))]
)
SCHEMA: Final = pa.schema(
    [
        *((name, TEXT) for name in ("record", "platform", "kind", "id", "visibility")),
        *((name, FLAG) for name in (*FLAGS, "ai_opt_out", "indexable")),
        *((name, TEXT) for name in ("published_at", "account", "handle", "title", "text")),
        ("principals", pa.list_(PERSON)),
        ("container", PLACE),
        ("thread", THREAD),
        ("embedded", pa.list_(EMBEDDED)),
        ("tags", pa.list_(TEXT)),
        ("media", pa.list_(MEDIUM)),
        ("parts", pa.list_(PART)),
        ("signals", pa.list_(TEXT)),
    ]
)
NEEDED: Final = frozenset({"record", "platform", "id", "visibility"})


class Budget:
    """What is left to unpack of one file."""

    def __init__(self, path: Path) -> None:
        self._path, self._rows = path, MAX_ROWS
        self._bytes = FREE_BYTES + MAX_RATIO * path.stat().st_size

    def spend(self, rows: int, size: int) -> None:
        self._rows -= rows
        self._bytes -= size + rows * ROW_BYTES
        if self._rows < 0:
            raise BadInput(self._path, "it holds more than 100,000,000 rows", byte=0)
        if self._bytes < 0:
            reason = "it unpacks to more than 200 times its size"
            raise BadInput(self._path, reason, byte=0, advice="Write it as NDJSON.")


def is_parquet(path: Path) -> bool:
    with opened(path) as handle:
        return handle.read(len(MAGIC)) == MAGIC


def rows(path: Path, progress: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    """Every row as the record it holds; a null is a field that is not there."""
    groups, budget = groups_of(path), Budget(path)
    size, told = path.stat().st_size, 0
    try:
        texts = _texts(path, len(groups))
        for number, group in enumerate(groups):
            for batch in _batches(path, number, group, texts):
                yield from _records(batch, path, budget)
            progress(size * (number + 1) // len(groups) - told)
            told = size * (number + 1) // len(groups)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = f"it cannot be read as Parquet ({_short(error)})"
        raise BadInput(path, reason, byte=0, advice="Write it again.") from error
    if not told:
        raise BadInput(path, "there is no record in it", byte=0, advice=COLUMNS)


def _texts(path: Path, groups: int) -> dict[int, str]:
    """The text columns by number, once the columns are known to be those of the format."""
    with pq.ParquetFile(path) as file:
        if file.num_row_groups != groups:
            raise BadInput(path, "its footer can be read in two ways", byte=0)
        _check_columns(file.schema_arrow, path)
        leaves = [file.schema.column(n) for n in range(len(file.schema))]
    return {n: leaf.path for n, leaf in enumerate(leaves) if leaf.physical_type == "BYTE_ARRAY"}


def _batches(
    path: Path, number: int, group: Group, texts: dict[int, str]
) -> Iterator[pa.RecordBatch]:
    """One row group, a few rows at a time."""
    kept = [texts[n] for n in sorted(group.kept & texts.keys())]
    with pq.ParquetFile(
        path, read_dictionary=kept, pre_buffer=False, buffer_size=BUFFER_BYTES
    ) as file:
        yield from file.iter_batches(group.batch_rows, [number], use_threads=False)


def _check_columns(given: pa.Schema, path: Path) -> None:
    names = given.names
    if len(set(names)) != len(names) or not set(names) >= NEEDED:
        raise BadInput(path, "columns are missing or there twice", byte=0, advice=COLUMNS)
    for field in given:
        if field.name not in SCHEMA.names:
            reason = f"the column {field.name[:60]!r} is not known"
            raise BadInput(path, reason, byte=0, advice=COLUMNS)
        if not _fits(field.type, SCHEMA.field(field.name).type):
            reason = f"the column {field.name!r} is {str(field.type)[:60]}"
            advice = f"It must be {SCHEMA.field(field.name).type}."
            raise BadInput(path, reason, byte=0, advice=advice)


def _fits(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether the types are the same, whatever lists call their elements.

    Where nothing but nulls was there, writers have no other type.
    """
    if pa.types.is_null(given):
        return True
    if pa.types.is_list(wanted):
        is_list = pa.types.is_list(given) or pa.types.is_large_list(given)
        return is_list and _fits(given.value_type, wanted.value_type)
    if pa.types.is_struct(wanted):
        return pa.types.is_struct(given) and _fields_fit(given, wanted)
    if pa.types.is_string(wanted):
        return bool(pa.types.is_string(given) or pa.types.is_large_string(given))
    return bool(given == wanted)


def _fields_fit(given: pa.DataType, wanted: pa.DataType) -> bool:
    known = {field.name: field.type for field in wanted}
    names = [field.name for field in given]
    return len(set(names)) == len(names) and all(
        field.name in known and _fits(field.type, known[field.name]) for field in given
    )


def _records(batch: pa.RecordBatch, path: Path, budget: Budget) -> Iterator[dict[str, Any]]:
    """The rows of a batch, unpacked in slices of at most 8 MiB, or one by one."""
    size = sum(_unpacked(column) for column in batch.columns)
    if size > SLICE_BYTES and batch.num_rows > 1:
        half = batch.num_rows // 2
        yield from _records(batch.slice(0, half), path, budget)
        yield from _records(batch.slice(half), path, budget)
        return
    if size > MAX_DOCUMENT_BYTES:
        raise BadInput(path, "a row exceeds 64 MiB", byte=0, advice="Leave it out.")
    budget.spend(batch.num_rows, size)
    for row in batch.to_pylist():
        yield _without_nulls(row)


def _unpacked(column: pa.Array) -> int:
    """The bytes that a column's texts have once each row has its own."""
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary)
        return int(pc.sum(lengths.cast(pa.int64()).take(column.indices)).as_py() or 0)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _unpacked(column.flatten()) + 8 * len(column)
    if pa.types.is_struct(column.type):
        return sum(_unpacked(field) for field in column.flatten())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return int(pc.sum(pc.binary_length(column)).as_py() or 0)
    return len(column)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(one) for one in value]
    return value


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:60] if str(error) else type(error).__name__
