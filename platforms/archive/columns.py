"""Rows as Arrow columns, each column at once: a call for each row would cost more than all else."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from platforms.archive.runs import SCHEMA, Row, StoredPart, bucket_of
from platforms.batches import lists_array, media_array

PARTS: Final = SCHEMA.field("parts").type


def table_of(rows: Sequence[Row]) -> pa.Table:
    """``rows`` (at least one) in their order, with the bucket of each."""
    columns: dict[str, Any] = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    columns["bucket"] = bucket_of(np.array(columns["owner_key"], dtype=np.int64))
    columns["media"] = media_array(columns["media"])
    columns["parts"] = _parts(columns["parts"])
    arrays = [_array(columns[field.name], field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _parts(column: Iterable[Sequence[StoredPart] | None]) -> pa.Array:
    column = list(column)
    found = list(chain.from_iterable(filter(None, column)))
    fields = list(zip(*found, strict=True)) or [()] * len(StoredPart._fields)
    return lists_array(column, fields, PARTS)
