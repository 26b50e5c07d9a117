"""Batches: many items in columns, which differ in nothing that decides.

A reader that knows such items by the thousand says once what holds for all of them, and gives
the rest as Arrow columns, so that nobody makes an object of each. Whoever wants items takes
them from ``one_by_one``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from platforms.records import Evidence, Item, ItemRef, Media, MediaKind, Part, Principal, Reading

MOMENT: Final = pa.timestamp("us", tz="UTC")
MEDIA: Final = pa.list_(
    pa.struct([("kind", pa.string()), ("url", pa.string()), ("alt", pa.string())])
)
CONTENT: Final = pa.schema(
    [
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("published_at", MOMENT, nullable=False),
        pa.field("observed_at", MOMENT, nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("media", MEDIA, nullable=False),
    ]
)
"""What differs from item to item, as ``Item`` has it."""
EPOCH: Final = datetime.fromtimestamp(0, UTC)
KINDS: Final = {kind.value: kind for kind in MediaKind}
# Every set of kinds, at the place whose bits are those of its kinds.
NAMES: Final = pa.array(sorted(KINDS))
SETS: Final = pa.array(
    [
        [name for bit, name in enumerate(sorted(KINDS)) if bits >> bit & 1]
        for bits in range(1 << len(KINDS))
    ],
    pa.list_(pa.string()),
)
# So few items cost less one by one.
FEW: Final = 32


class Pieces(NamedTuple):
    """How one item of a batch can be taken apart: its ``parts`` and ``core``, as in ``Item``."""

    parts: tuple[Part, ...]
    core: tuple[Principal, ...] | None


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items of one kind in ``content``, a row for each, with the same evidence.

    ``principals`` has an entry for each row, and so has ``parents`` unless none has any;
    ``pieces`` has those rows that can be taken apart. Every item has an id and its times.
    """

    platform: str
    kind: str
    evidence: tuple[Evidence, ...]
    required: frozenset[str]
    principals: Sequence[tuple[Principal, ...]]
    content: pa.RecordBatch
    parents: Sequence[tuple[ItemRef, ...]] = ()
    pieces: Mapping[int, Pieces] = {}

    def __post_init__(self) -> None:
        count = len(self.content)
        if self.content.schema != CONTENT or any(one.null_count for one in self.content.columns):
            raise TypeError("the columns of a batch are those of CONTENT, and none has a null")
        if len(self.principals) != count or len(self.parents) not in (0, count):
            raise ValueError("a batch has as many people and parents as rows")

    def __len__(self) -> int:
        return len(self.content)

    def take(self, rows: Sequence[int]) -> "Batch":
        """A batch of only those in ``rows``."""
        pieces = {n: self.pieces[row] for n, row in enumerate(rows) if row in self.pieces}
        return msgspec.structs.replace(
            self,
            principals=[self.principals[row] for row in rows],
            content=self.content.take(pa.array(rows, pa.int64())),
            parents=[self.parents[row] for row in rows] if self.parents else (),
            pieces=pieces,
        )

    def items(self, rows: Sequence[int] | None = None) -> Iterator[Item]:
        """Those in ``rows``, or all."""
        content = self.content if rows is None else self.content.take(pa.array(rows, pa.int64()))
        columns = [_values(content[name]) for name in CONTENT.names]
        rows = range(len(self)) if rows is None else rows
        for row, *values in zip(rows, *columns, strict=True):
            yield self._item(row, *values)

    def _item(
        self,
        row: int,
        native_id: str,
        published_at: datetime,
        observed_at: datetime,
        title: str,
        text: str,
        tags: list[str],
        media: tuple[Media, ...],
    ) -> Item:
        parts, core = self.pieces.get(row, WHOLE)
        return Item(
            platform=self.platform,
            kind=self.kind,
            native_id=native_id,
            principals=self.principals[row],
            evidence=self.evidence,
            required=self.required,
            published_at=published_at,
            observed_at=observed_at,
            title=title,
            text=text,
            tags=tuple(tags),
            media=media,
            parents=self.parents[row] if self.parents else (),
            parts=parts,
            core=core,
        )


WHOLE: Final = Pieces((), None)


def one_by_one(readings: Iterable[Reading | Batch]) -> Iterator[Reading]:
    """The same readings, with the items of a batch each by itself."""
    for reading in readings:
        if isinstance(reading, Batch):
            yield from reading.items()
        else:
            yield reading


def _values(column: pa.Array) -> list[Any]:
    """The column as values of ``Item``; for the two types that Arrow makes slowly, by hand."""
    if column.type == MOMENT:
        return [EPOCH + timedelta(microseconds=n) for n in column.cast(pa.int64()).to_pylist()]
    if column.type == MEDIA:
        return list(_media_in(column))
    values: list[Any] = column.to_pylist()
    return values


def _media_in(column: pa.Array) -> Iterator[tuple[Media, ...]]:
    kinds, urls, alts = [one.to_pylist() for one in pc.list_flatten(column).flatten()]
    media = [Media(KINDS[kind], *words) for kind, *words in zip(kinds, urls, alts, strict=True)]
    end = 0
    for count in pc.list_value_length(column).to_pylist():
        start, end = end, end + count
        yield tuple(media[start:end])


def media_array(column: Sequence[Sequence[Media] | None]) -> pa.Array:
    """The media of each item as one column."""
    found = [one for media in column if media for one in media]
    columns = [
        [str(one.kind) for one in found],
        [one.url for one in found],
        [one.alt for one in found],
    ]
    return lists_array(column, columns, MEDIA)


def media_kinds_array(content: pa.RecordBatch) -> pa.Array:
    """What ``Item.media_kinds`` gives of each row, sorted."""
    media = content["media"]
    places = pc.index_in(pc.list_flatten(media).field("kind"), NAMES)
    if places.null_count:
        raise TypeError("a medium is of no known kind")
    has_text = pc.or_(pc.not_equal(content["text"], ""), pc.not_equal(content["title"], ""))
    found = has_text.to_numpy(zero_copy_only=False) << NAMES.index(MediaKind.TEXT).as_py()
    np.bitwise_or.at(found, pc.list_parent_indices(media).to_numpy(), 1 << places.to_numpy())
    return SETS.take(pa.array(found))


def lists_array(
    column: Sequence[Sequence[object] | None], fields: Sequence[Sequence[Any]], kind: pa.ListType
) -> pa.Array:
    """A list of structs for each entry; ``fields`` are those of all structs, one after another."""
    struct = kind.value_type
    arrays = [pa.array(values, field.type) for values, field in zip(fields, struct, strict=True)]
    flat = pa.StructArray.from_arrays(arrays, fields=list(struct))
    return pa.ListArray.from_arrays(_offsets(column), flat, type=kind, mask=_missing(column))


def _offsets(column: Sequence[Sequence[object] | None]) -> pa.Array:
    ends = np.zeros(len(column) + 1, dtype=np.int32)
    np.cumsum([len(values) if values else 0 for values in column], out=ends[1:])
    return pa.array(ends)


def _missing(column: Sequence[object | None]) -> pa.Array | None:
    missing = [values is None for values in column]
    return pa.array(missing) if any(missing) else None
