"""Rows that are gathered until they are a batch."""

import pyarrow as pa
import pytest

from platforms.sources import columns
from platforms.sources.columns import BATCH_ROWS, STEP, Columns

SCHEMA = pa.schema([("number", pa.int64()), ("word", pa.binary())])
MAKES = {"word": lambda words: pa.array([word.encode() for word in words])}


def row(number):
    return number, f"word {number % (STEP + 7)}"


@pytest.mark.parametrize("count", [1, STEP - 1, STEP, STEP + 1, 3 * STEP])
def test_rows_come_out_as_they_were_put_in_and_once(count):
    gathered = Columns(SCHEMA, MAKES)
    rows = [row(number) for number in range(count)]

    assert not any(gathered.add(one, 10) for one in rows)
    assert len(gathered) == count
    batch = gathered.batch()
    assert [(one["number"], one["word"].decode()) for one in batch.to_pylist()] == rows
    assert len(gathered) == 0
    gathered.add(row(7), 10)
    assert gathered.batch().num_rows == 1


def test_many_rows_are_a_batch():
    gathered = Columns(SCHEMA, MAKES)

    full = [number for number in range(2 * BATCH_ROWS) if gathered.add(row(number), 10)
            and gathered.batch()]  # fmt: skip

    assert full == [BATCH_ROWS - 1, 2 * BATCH_ROWS - 1]


def test_rows_of_much_text_are_a_batch_though_they_are_few(monkeypatch):
    monkeypatch.setattr(columns, "BATCH_CHARACTERS", 25)
    gathered = Columns(SCHEMA, MAKES)

    assert [gathered.add(row(number), 10) for number in range(3)] == [False, False, True]
    assert gathered.batch().num_rows == 3
    assert not gathered.add(row(1), 10)
