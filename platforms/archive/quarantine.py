"""The quarantine: held items as they were read, until facts settle them or their time is up.

No build reads it (``runs.read_bucket`` refuses to); only judging again does.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from platforms.archive.durable import Draft
from platforms.archive.runs import PLACE, QUARANTINE
from platforms.records import Item

BATCH_ITEMS: Final = 4_096
BATCH_BYTES: Final = 16 << 20
SCHEMA: Final = pa.schema(
    [
        pa.field("item_key", pa.int64(), nullable=False),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
        pa.field("item", pa.binary(), nullable=False),
    ],
    metadata={PLACE: QUARANTINE.encode()},
)

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Item)


class Holding:
    """Gathers held items in a file of its own; memory holds one batch of them."""

    def __init__(self, path: Path) -> None:
        self.items = 0
        self._path = path
        self._keys: list[int] = []
        self._reasons: list[Sequence[str]] = []
        self._packed: list[bytes] = []
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, item_key: int, reasons: Sequence[str], item: Item) -> None:
        """Keep ``item``; one with text that no file can hold stays held without content."""
        try:
            packed = _encoder.encode(item)
        except UnicodeEncodeError:
            return
        self._keys.append(item_key)
        self._reasons.append(reasons)
        self._packed.append(packed)
        self._bytes += len(packed)
        self.items += 1
        if len(self._keys) >= BATCH_ITEMS or self._bytes >= BATCH_BYTES:
            self._flush()

    def write(self, draft: Draft) -> None:
        """Put everything that was added into ``draft``; nothing can be added afterwards."""
        self._flush()
        if self._writer is None:
            return
        self._writer.close()
        with self._path.open("rb") as file:
            shutil.copyfileobj(file, draft)

    def _flush(self) -> None:
        if not self._keys:
            return
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._writer = pq.ParquetWriter(
                self._path, SCHEMA, compression="zstd", use_dictionary=False, write_statistics=False
            )
        columns = [self._keys, self._reasons, self._packed]
        self._writer.write_table(pa.table(columns, schema=SCHEMA))
        self._keys, self._reasons, self._packed, self._bytes = [], [], [], 0


class Held(NamedTuple):
    """One item as it was read, and the reasons for which it is held."""

    item_key: int
    reasons: Sequence[str]
    item: Item


def held_in(path: Path) -> Iterator[Held]:
    """Each held item of the quarantine file at ``path``.

    One whose fields have wrong types is not given: it would be held for ever.
    """
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=SCHEMA.names)
            columns = (table[name].to_pylist() for name in SCHEMA.names)
            for item_key, reasons, packed in zip(*columns, strict=True):
                if (item := _unpacked(packed)) is not None:
                    yield Held(item_key, reasons, item)


def _unpacked(packed: bytes) -> Item | None:
    try:
        return _decoder.decode(packed)
    except msgspec.ValidationError:
        return None
