"""Rows as Arrow columns, each column at once: a call for each row would cost more than all else."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from platforms.archive.runs import CONTENT, SCHEMA, Row, StoredPart, bucket_of
from platforms.batches import lists_array, media_array

PARTS: Final = SCHEMA.field("parts").type


def table_of(rows: Sequence[Row]) -> pa.Table:
    """``rows`` (at least one) in their order, with the bucket of each."""
    columns = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    return table_with({**columns, "media": media_array(columns["media"])})


def table_with(columns: Mapping[str, Any]) -> pa.Table:
    """One row for each value in ``columns``, which are those of ``Row``; some may be arrays."""
    buckets = bucket_of(np.array(columns["owner_key"], dtype=np.int64))
    columns = {**columns, "bucket": buckets, "parts": _parts(columns["parts"])}
    arrays = [_array(columns[field.name], field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def without_content(table: pa.Table) -> pa.Table:
    """What the archive may keep of items that are not shared."""
    for place, field in enumerate(SCHEMA):
        if field.name in CONTENT:
            table = table.set_column(place, field, pa.nulls(len(table), field.type))
    return table


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _parts(column: Sequence[Sequence[StoredPart] | None] | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    found = list(chain.from_iterable(filter(None, column)))
    fields = list(zip(*found, strict=True)) or [()] * len(StoredPart._fields)
    return lists_array(column, fields, PARTS)
