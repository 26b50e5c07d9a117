"""Runs: judged items as immutable Parquet, sorted by bucket and then by item.

A bucket is a range of owner keys, so one account's items lie together and a build
reads only the row groups of its bucket. Content (native id, title, text, tags,
media) is there for shared items only; of what is held the item lies in a second file
below ``quarantine/``, which no reader of this module opens.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from platforms.records import Media, MediaKind, Verdict

BUCKETS: Final = 64
BATCH: Final = 4_096
ARCHIVE: Final = "archive"
QUARANTINE: Final = "quarantine"
PLACE: Final = b"withhold.place"

SCHEMA: Final = pa.schema(
    [
        pa.field("item_key", pa.int64(), nullable=False),
        pa.field("owner_key", pa.int64(), nullable=False),
        pa.field("bucket", pa.int16(), nullable=False),
        pa.field("account_keys", pa.list_(pa.int64()), nullable=False),
        pa.field("platform", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("native_id", pa.string()),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
        pa.field("adult", pa.bool_(), nullable=False),
        pa.field("media_kinds", pa.list_(pa.string())),
        pa.field("published_at", pa.timestamp("us", tz="UTC")),
        pa.field("observed_at", pa.timestamp("us", tz="UTC")),
        pa.field("title", pa.string()),
        pa.field("text", pa.string()),
        pa.field("tags", pa.list_(pa.string())),
        pa.field(
            "media",
            pa.list_(
                pa.struct([("kind", pa.string()), ("url", pa.string()), ("alt", pa.string())])
            ),
        ),
        # Runs from before items could be taken apart have neither column.
        pa.field("core_keys", pa.list_(pa.int64())),
        pa.field(
            "parts",
            pa.list_(
                pa.struct(
                    [
                        ("account_keys", pa.list_(pa.int64())),
                        ("start", pa.int32()),
                        ("end", pa.int32()),
                        ("media", pa.list_(pa.int32())),
                    ]
                )
            ),
        ),
        # Runs from before this column do not say what their items hang on.
        pa.field("parent_keys", pa.list_(pa.int64())),
    ]
)


# What the archive has of shared items only.
CONTENT: Final = (
    *("native_id", "media_kinds", "published_at", "title", "text", "tags", "media"),
    *("core_keys", "parts", "parent_keys"),
)


class QuarantineClosed(Exception):
    """Something asked to read held content on the way to a build."""


class RunDamaged(Exception):
    """A run does not say which bucket a row group belongs to."""


class StoredPart(NamedTuple):
    """What can be cut when one of ``account_keys`` says no: ``text[start:end]``, and media."""

    account_keys: Sequence[int]
    start: int
    end: int
    media: Sequence[int]


class Row(NamedTuple):
    """One appearance of an item, judged. An item without an owner is its own owner.

    ``core_keys`` are the keys of those who cannot be cut; None means everybody.
    ``parent_keys`` are the item keys of all that it hangs on, as far as its reader knows.
    """

    item_key: int
    owner_key: int
    account_keys: Sequence[int]
    platform: str
    kind: str
    native_id: str | None
    verdict: Verdict
    reasons: Sequence[str]
    adult: bool
    media_kinds: Sequence[str] | None
    published_at: datetime | None
    observed_at: datetime | None
    title: str | None
    text: str | None
    tags: Sequence[str] | None
    media: Sequence[Media] | None
    core_keys: Sequence[int] | None = None
    parts: Sequence[StoredPart] | None = None
    parent_keys: Sequence[int] | None = None

    def without_content(self) -> "Row":
        """What the archive may keep of an item that is not shared: keys, verdict, reasons."""
        nothing: dict[str, Any] = dict.fromkeys(CONTENT)
        return self._replace(**nothing)


def bucket_of(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """The bucket of each owner key: its top six bits, read as unsigned."""
    return (keys.view(np.uint64) >> np.uint64(58)).astype(np.int16)


def read_bucket(path: Path, bucket: int, columns: list[str] | None = None) -> pa.Table:
    """The rows of one bucket of the run at ``path``, sorted by item key.

    Several rows can have one item key: an item can appear more than once in a dump.
    """
    with _opened(path) as file:
        places = _bucket_of_each_group(file.metadata)
        groups = [group for group, place in enumerate(places) if place == bucket]
        found = file.read_row_groups(groups, columns=columns)
    return found if columns else _with_every_column(found)


def buckets_in(path: Path) -> set[int]:
    """The buckets of which the run at ``path`` holds rows."""
    with _opened(path) as file:
        return set(_bucket_of_each_group(file.metadata))


def rows_in(path: Path) -> Iterator[Row]:
    """Every row of the run at ``path``, in its order, a batch in memory at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            found = _with_every_column(pa.Table.from_batches([batch]))
            for row in found.select(list(Row._fields)).to_pylist():
                yield _row(row)


def _row(fields: dict[str, Any]) -> Row:
    media, parts = fields["media"], fields["parts"]
    fields["verdict"] = Verdict(fields["verdict"])
    if media is not None:
        fields["media"] = [Media(MediaKind(m["kind"]), m["url"], m["alt"]) for m in media]
    if parts is not None:
        fields["parts"] = [StoredPart(**part) for part in parts]
    return Row(**fields)


def _with_every_column(found: pa.Table) -> pa.Table:
    """An older run as one of today: without parts, everybody is in the core, and no parents."""
    for place, field in enumerate(SCHEMA):
        if field.name not in found.schema.names:
            found = found.add_column(place, field, pa.nulls(len(found), field.type))
    return found


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    """The run at ``path``, which is one of the archive."""
    if QUARANTINE in path.resolve().parts:
        raise QuarantineClosed(f"{path} holds content that no build may read")
    with pq.ParquetFile(path) as file:
        if file.schema_arrow.metadata.get(PLACE) != ARCHIVE.encode():
            raise QuarantineClosed(f"{path} does not say that it is part of the archive")
        yield file


def _bucket_of_each_group(metadata: pq.FileMetaData) -> list[int]:
    place = SCHEMA.get_field_index("bucket")
    buckets = []
    for group in range(metadata.num_row_groups):
        column = metadata.row_group(group).column(place)
        known = column.statistics
        if column.path_in_schema != "bucket" or not known or known.min != known.max:
            raise RunDamaged(f"row group {group} does not say which bucket it holds")
        buckets.append(known.min)
    return buckets
