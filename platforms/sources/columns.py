"""Rows that a reader gathers until they are a batch of columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

BATCH_ROWS: Final = 4_096
BATCH_CHARACTERS: Final = 4 << 20

Make = Callable[[Sequence[Any]], pa.Array]


class Columns:
    """Gathers rows: a value for each field of ``schema``, in its order.

    ``makes`` has what makes columns of values that Arrow does not understand, by field.
    """

    def __init__(self, schema: pa.Schema, makes: Mapping[str, Make]) -> None:
        self._schema, self._makes = schema, makes
        self._rows: list[Sequence[Any]] = []
        self._characters = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Sequence[Any], characters: int) -> bool:
        """Take in one row of about so many characters; True when they make a batch."""
        self._rows.append(row)
        self._characters += characters
        return len(self._rows) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS

    def batch(self) -> pa.RecordBatch:
        """The rows gathered (at least one), which are forgotten."""
        columns = zip(*self._rows, strict=True)
        arrays = [
            self._makes[field.name](values)
            if field.name in self._makes
            else pa.array(values, field.type)
            for field, values in zip(self._schema, columns, strict=True)
        ]
        self._rows, self._characters = [], 0
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)
