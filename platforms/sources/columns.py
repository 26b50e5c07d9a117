"""Rows that a reader gathers until they are a batch of columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

# So few rows become columns while they are still in the processor's cache.
STEP: Final = 1_024
# The more rows a batch has, the less its columns cost; so much of the dump is in memory.
BATCH_ROWS: Final = 16 * STEP
BATCH_CHARACTERS: Final = 24 << 20

Make = Callable[[Sequence[Any]], pa.Array]


class Columns:
    """Gathers rows: a value for each field of ``schema``, in its order.

    ``makes`` has what makes columns of values that Arrow does not understand, by field.
    """

    def __init__(self, schema: pa.Schema, makes: Mapping[str, Make]) -> None:
        self._schema, self._makes = schema, makes
        self._rows: list[Sequence[Any]] = []
        self._steps: list[pa.RecordBatch] = []
        self._characters = 0

    def __len__(self) -> int:
        return len(self._rows) + sum(map(len, self._steps))

    def add(self, row: Sequence[Any], characters: int) -> bool:
        """Take in one row of about so many characters; True when they make a batch."""
        self._rows.append(row)
        self._characters += characters
        if len(self._rows) == STEP:
            self._turn()
        return self._characters >= BATCH_CHARACTERS or (not self._rows and len(self) >= BATCH_ROWS)

    def batch(self) -> pa.RecordBatch:
        """The rows gathered (at least one), which are forgotten."""
        if self._rows:
            self._turn()
        table = pa.Table.from_batches(self._steps)
        self._steps, self._characters = [], 0
        (batch,) = table.combine_chunks().to_batches()
        return batch

    def _turn(self) -> None:
        """Make columns of the last rows."""
        columns = zip(*self._rows, strict=True)
        arrays = [
            self._makes[field.name](values)
            if field.name in self._makes
            else pa.array(values, field.type)
            for field, values in zip(self._schema, columns, strict=True)
        ]
        self._steps.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._rows = []
