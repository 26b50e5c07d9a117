"""Batches: many items in columns, which differ in nothing that decides.

A reader that knows such items by the thousand says once what holds for all of them, and gives
the rest as Arrow columns, so that nobody makes an object of each. Whoever wants items takes
them from ``one_by_one``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from platforms.records import (
    Body,
    Evidence,
    Item,
    ItemRef,
    Media,
    MediaKind,
    Part,
    Principal,
    Reading,
)

MOMENT: Final = pa.timestamp("us", tz="UTC")
TAGS: Final = pa.list_(pa.string())
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
        pa.field("tags", TAGS, nullable=False),
        pa.field("media", MEDIA, nullable=False),
    ]
)
"""What differs from item to item, as ``Item`` has it."""
WHOSE: Final = pa.list_(pa.int32())
PARENTS: Final = pa.list_(pa.string())
# Moments are in microseconds.
SECOND: Final = 1_000_000
EPOCH: Final = datetime.fromtimestamp(0, UTC)
KINDS: Final = {kind.value: kind for kind in MediaKind}
OF_A_BODY: Final = ("title", "text", "tags", "media")
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
LARGEST: Final = 2**62

Numbers = npt.NDArray[np.int64]
Kept = TypeVar("Kept")


class Pieces(NamedTuple):
    """How one item of a batch can be taken apart: its ``parts`` and ``core``, as in ``Item``."""

    parts: tuple[Part, ...]
    core: tuple[Principal, ...] | None


class Everybody:
    """All whom the batches of one dump name, each by a number that stays the same."""

    def __init__(self) -> None:
        self._all: list[Principal] = []

    def __len__(self) -> int:
        return len(self._all)

    def named(self, numbers: Iterable[int]) -> list[Principal]:
        """Those who have these ``numbers``."""
        return [self._all[number] for number in numbers]

    def add(self, principal: Principal) -> int:
        """The number of ``principal``; whoever is added again has another one, too."""
        self._all.append(principal)
        return len(self._all) - 1

    def after(self, count: int) -> Sequence[Principal]:
        """Those who were added behind the first ``count``."""
        return self._all[count:]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Items of one kind in ``content``, a row for each, with the same evidence.

    ``whose`` has the principals of each row, as numbers of ``everybody``. ``parents`` has the
    ids of what each row hangs on, which can be of any of ``parent_kinds``; None says that no
    row does. ``pieces`` has those rows that can be taken apart. Every item has an id and its
    times.
    """

    platform: str
    kind: str
    evidence: tuple[Evidence, ...]
    required: frozenset[str]
    everybody: Everybody
    whose: pa.ListArray
    content: pa.RecordBatch
    parent_kinds: tuple[str, ...] = ()
    parents: pa.ListArray | None = None
    pieces: Mapping[int, Pieces] = {}

    def __post_init__(self) -> None:
        count = len(self.content)
        if self.content.schema != CONTENT or any(one.null_count for one in self.content.columns):
            raise TypeError("the columns of a batch are those of CONTENT, and none has a null")
        _check(self.whose, WHOSE, count)
        if self.parents is not None:
            _check(self.parents, PARENTS, count)
            if not self.parent_kinds:
                raise ValueError("what a row hangs on is of some kind")
        people = self.whose.flatten().to_numpy()
        if len(people) and not 0 <= people.min() <= people.max() < len(self.everybody):
            raise ValueError("a row names somebody who is not there")

    def __len__(self) -> int:
        return len(self.content)

    def take(self, rows: Sequence[int] | Numbers) -> "Batch":
        """A batch of only those in ``rows``."""
        places = pa.array(rows, pa.int64())
        return msgspec.structs.replace(
            self,
            whose=self.whose.take(places),
            content=self.content.take(places),
            parents=None if self.parents is None else self.parents.take(places),
            pieces=self._pieces_of(rows) if self.pieces else {},
        )

    def _pieces_of(self, rows: Sequence[int] | Numbers) -> dict[int, Pieces]:
        chosen = np.array(rows)
        places = np.flatnonzero(np.isin(chosen, [*self.pieces]))
        taken = zip(places.tolist(), chosen[places].tolist(), strict=True)
        return {place: self.pieces[row] for place, row in taken}

    def items(self) -> Iterator[Item]:
        """All of them, in their order."""
        columns = [_values(self.content[name]) for name in CONTENT.names]
        for row, who, hangs_on, *values in zip(
            range(len(self)), self._people(), self._refs(), *columns, strict=True
        ):
            yield self._item(row, who, hangs_on, *values)

    def bodies(self) -> Iterator[Body]:
        """Of those that can be taken apart, in the order of ``pieces``, what they consist of."""
        apart = self.take([*self.pieces])
        columns = [_values(apart.content[name]) for name in OF_A_BODY]
        for who, (parts, core), title, text, tags, media in zip(
            apart._people(), self.pieces.values(), *columns, strict=True
        ):
            yield Body(
                principals=who,
                title=title,
                text=text,
                tags=tags,
                media=media,
                parts=parts,
                core=core,
            )

    def _people(self) -> Iterator[tuple[Principal, ...]]:
        return _lists(self.everybody.named(self.whose.flatten().to_pylist()), self.whose)

    def _refs(self) -> Iterator[tuple[ItemRef, ...]]:
        if self.parents is None:
            return repeat((), len(self))
        refs = [ItemRef(self.parent_kinds, one) for one in self.parents.flatten().to_pylist()]
        return _lists(refs, self.parents)

    def _item(
        self,
        row: int,
        principals: tuple[Principal, ...],
        parents: tuple[ItemRef, ...],
        native_id: str,
        published_at: datetime,
        observed_at: datetime,
        title: str,
        text: str,
        tags: tuple[str, ...],
        media: tuple[Media, ...],
    ) -> Item:
        parts, core = self.pieces.get(row, WHOLE)
        return Item(
            platform=self.platform,
            kind=self.kind,
            native_id=native_id,
            principals=principals,
            evidence=self.evidence,
            required=self.required,
            published_at=published_at,
            observed_at=observed_at,
            title=title,
            text=text,
            tags=tags,
            media=media,
            parents=parents,
            parts=parts,
            core=core,
        )


WHOLE: Final = Pieces((), None)


def _check(lists: pa.ListArray, kind: pa.DataType, count: int) -> None:
    if lists.type != kind or lists.null_count or lists.flatten().null_count:
        raise TypeError("people are numbers and parents are ids, and none is null")
    if len(lists) != count:
        raise ValueError("a batch has as many people and parents as rows")


def one_by_one(readings: Iterable[Reading | Batch]) -> Iterator[Reading]:
    """The same readings, with the items of a batch each by itself."""
    for reading in readings:
        if isinstance(reading, Batch):
            yield from reading.items()
        else:
            yield reading


def _values(column: pa.Array) -> list[Any]:
    """The column as values of ``Item``; of the types that Arrow makes slowly, by hand."""
    if column.type == MOMENT:
        told = column.cast(pa.int64()).to_pylist()
        moments = {n: EPOCH + timedelta(0, *divmod(n, SECOND)) for n in {*told}}
        return [moments[n] for n in told]
    if column.type == MEDIA:
        return [*_lists(_media_in(column.flatten()), column)]
    if column.type == TAGS:
        return [*_lists(column.flatten().to_pylist(), column)]
    values: list[Any] = column.to_pylist()
    return values


def _media_in(column: pa.StructArray) -> list[Media]:
    kinds, urls, alts = [one.to_pylist() for one in column.flatten()]
    return [Media(KINDS[kind], *words) for kind, *words in zip(kinds, urls, alts, strict=True)]


def _lists(values: Sequence[Kept], lists: pa.ListArray) -> Iterator[tuple[Kept, ...]]:
    """``values`` in lists as long as those of ``lists``."""
    end = 0
    for count in lists.value_lengths().to_pylist():
        start, end = end, end + count
        yield tuple(values[start:end])


def media_array(column: Sequence[Sequence[Media] | None]) -> pa.Array:
    """The media of each item as one column."""
    found = [one for media in column if media for one in media]
    columns: list[Sequence[object]] = [
        [one.kind for one in found],
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


def whose_array(rows: Numbers, people: Numbers, count: int) -> pa.ListArray:
    """Who is in each of ``count`` rows, once each, in the order in which they are named.

    ``people`` are numbers, each of somebody in the row that stands at that place in ``rows``.
    """
    order = np.argsort(rows, kind="stable")
    rows, people = rows[order], people[order]
    _, first = np.unique(rows * (people.max(initial=0) + 1) + people, return_index=True)
    first.sort()
    return pa.ListArray.from_arrays(
        ends_array(np.bincount(rows[first], minlength=count)), pa.array(people[first], pa.int32())
    )


def groups_of(columns: Sequence[Numbers]) -> Iterator[Numbers]:
    """The rows that have the same in every column, group by group."""
    _, groups = alike(columns)
    # Small numbers are sorted in a fraction of the time.
    order = np.argsort(groups.astype(np.min_scalar_type(len(groups))), kind="stable")
    ends = np.cumsum(np.bincount(groups))
    yield from np.split(order, ends[:-1])


def alike(columns: Sequence[Numbers]) -> tuple[Numbers, Numbers]:
    """The first row of each group that has the same in every column, and each row's group."""
    codes, span = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if span * (high - low + 1) > LARGEST:
            codes, column = (np.unique(one, return_inverse=True)[1] for one in (codes, column))
            low, high, span = 0, len(column), len(column)
        codes, span = codes * (high - low + 1) + (column - low), span * (high - low + 1)
    _, firsts, groups = np.unique(codes, return_index=True, return_inverse=True)
    return firsts, groups


def parents_array(column: Sequence[Sequence[str]]) -> pa.ListArray:
    """The ids of what each row hangs on as one column."""
    ids = pa.array([*chain.from_iterable(column)], pa.string())
    return pa.ListArray.from_arrays(_offsets(column), ids)


def lists_array(
    column: Sequence[Sequence[object] | None], fields: Sequence[Sequence[Any]], kind: pa.ListType
) -> pa.Array:
    """A list of structs for each entry; ``fields`` are those of all structs, one after another."""
    struct = kind.value_type
    arrays = [pa.array(values, field.type) for values, field in zip(fields, struct, strict=True)]
    flat = pa.StructArray.from_arrays(arrays, fields=list(struct))
    return pa.ListArray.from_arrays(_offsets(column), flat, type=kind, mask=_missing(column))


def _offsets(column: Sequence[Sequence[object] | None]) -> pa.Array:
    counts = [len(values) if values else 0 for values in column]
    return ends_array(np.fromiter(counts, np.int32, len(counts)))


def ends_array(counts: npt.NDArray[np.integer]) -> pa.Array:
    """Where lists of so many values end, behind a zero where the first of them begins."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    return pa.array(ends, pa.int32())


def _missing(column: Sequence[object | None]) -> pa.Array | None:
    missing = [values is None for values in column]
    return pa.array(missing) if any(missing) else None
