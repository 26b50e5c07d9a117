"""Rows as Arrow columns, each column at once: a call for each row would cost more than all else."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pyarrow as pa

from platforms.archive.runs import SCHEMA, Row, StoredPart, bucket_of
from platforms.records import Media

MEDIA: Final = SCHEMA.field("media").type
PARTS: Final = SCHEMA.field("parts").type


def table_of(rows: Sequence[Row]) -> pa.Table:
    """``rows`` (at least one) in their order, with the bucket of each."""
    columns: dict[str, Any] = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    columns["bucket"] = bucket_of(np.array(columns["owner_key"], dtype=np.int64))
    columns["media"] = _media(columns["media"])
    columns["parts"] = _parts(columns["parts"])
    arrays = [_array(columns[field.name], field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _media(column: Iterable[Sequence[Media] | None]) -> pa.Array:
    column = list(column)
    found = list(chain.from_iterable(filter(None, column)))
    columns = [
        [str(one.kind) for one in found],
        [one.url for one in found],
        [one.alt for one in found],
    ]
    return _lists(column, columns, MEDIA)


def _parts(column: Iterable[Sequence[StoredPart] | None]) -> pa.Array:
    column = list(column)
    found = list(chain.from_iterable(filter(None, column)))
    return _lists(column, list(zip(*found, strict=True)) or [()] * len(StoredPart._fields), PARTS)


def _lists(
    column: Sequence[Sequence[object] | None], fields: Sequence[Sequence[Any]], kind: pa.ListType
) -> pa.Array:
    """A list of structs for each row; ``fields`` are those of all structs, one after another."""
    struct = kind.value_type
    arrays = [pa.array(values, field.type) for values, field in zip(fields, struct, strict=True)]
    flat = pa.StructArray.from_arrays(arrays, fields=list(struct))
    return pa.ListArray.from_arrays(_offsets(column), flat, type=kind, mask=_missing(column))


def _offsets(column: Sequence[Sequence[object] | None]) -> pa.Array:
    ends = np.zeros(len(column) + 1, dtype=np.int32)
    np.cumsum([len(values) if values else 0 for values in column], out=ends[1:])
    return pa.array(ends)


def _missing(column: Sequence[object | None]) -> pa.Array:
    return pa.array([values is None for values in column])
