"""Reads one dump: judges every item, writes the runs, gathers what to record of it.

No row of the database is read or written here; ``platforms.actions.import_dump`` does.
"""

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self, TypeAlias, TypeVar, runtime_checkable

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from platforms.archive.columns import table_with
from platforms.archive.runs import SCHEMA, Row, StoredPart
from platforms.batches import MOMENT, Batch, Everybody, media_kinds_array
from platforms.joining import (
    Facts,
    Lookup,
    has_gaps,
    is_gap,
    joined,
    nothing_known,
    subjects_of,
)
from platforms.keys import Directory, Keyring, Owners
from platforms.parts import are_well_formed, people_of, who_cannot_be_cut
from platforms.records import (
    ONLY_TEXT,
    AccountReading,
    Body,
    FactReading,
    Item,
    Judgement,
    MediaKind,
    Principal,
    Reading,
    Reason,
    Verdict,
)
from platforms.visibility import judge, judge_all

EXAMPLES: Final = 3
CHUNK: Final = 1 << 20
# How many more objects must have been made than freed before cycles are looked for.
NEW_OBJECTS: Final = 500_000
REMEMBERED: Final = 1_024
BATCH_ITEMS: Final = 4_096
BATCH_CHARACTERS: Final = 16 << 20
# What is named in an item costs about as much as a line of text.
LINE_CHARACTERS: Final = 100
NAMES: Final = {
    Verdict.SHARE: "shared",
    Verdict.HOLD: "held",
    Verdict.EXCLUDE: "excluded",
}
NO_KEY: Final = Reason(Verdict.HOLD, "native_id_unknown", "the record has no usable id of its own")
NO_OWNER: Final = Reason(Verdict.HOLD, "owner_unknown", "the record does not say whose it is")

KEYS: Final = SCHEMA.field("parent_keys").type
PARTS: Final = SCHEMA.field("parts").type
JUST_TEXT: Final = tuple(ONLY_TEXT)

Progress = Callable[[int], None]
Stored = TypeVar("Stored")
Column: TypeAlias = Sequence[Sequence[Stored] | None] | pa.Array


class Change(NamedTuple):
    """What was read of one account: reasons that deny now, and reasons known to be over."""

    denies: frozenset[str] = frozenset()
    clears: frozenset[str] = frozenset()

    def and_also(self, other: "Change") -> "Change":
        """Both readings, from one dump and in no order: where they disagree, denied."""
        return _both(self, other)

    def applied_to(self, reasons: Iterable[str]) -> list[str]:
        """What is neither denied nor cleared here stays as it was."""
        return sorted((set(reasons) - self.clears) | self.denies)


@lru_cache(REMEMBERED)
def _both(one: Change, other: Change) -> Change:
    """Millions of accounts share a few changes: each of them is kept once."""
    denies = one.denies | other.denies
    return Change(denies, (one.clears | other.clears) - denies)


def without_clearing(
    changes: Mapping[int, Change], reasons: frozenset[str] | None = None
) -> dict[int, Change]:
    """``changes`` that clear none of ``reasons``, by default nothing."""
    return {
        key: Change(change.denies, frozenset() if reasons is None else change.clears - reasons)
        for key, change in changes.items()
    }


class Counts:
    """What came out of a dump, as the ``Dump`` row keeps it."""

    def __init__(self) -> None:
        self.read = self.adult = self.without_key = 0
        self.verdicts: Counter[Verdict] = Counter()
        self.by_kind: Counter[str] = Counter()
        self.by_reason: Counter[str] = Counter()
        self.held_by_reason: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, item: Item, judgement: Judgement) -> None:
        self.read += 1
        self.verdicts[judgement.verdict] += 1
        self.by_kind[item.kind] += 1
        self.adult += judgement.adult and judgement.verdict is Verdict.SHARE
        self.without_key += not item.native_id
        if not judgement.reasons:
            return
        codes = {reason.code for reason in judgement.reasons}
        self.by_reason.update(codes)
        if judgement.verdict is Verdict.HOLD:
            self.held_by_reason.update(codes)
        for code in codes:
            self._show(code, item.native_id)

    def add_all(self, batch: Batch, judgement: Judgement) -> None:
        """Count items that all have ids and one judgement, which is not to hold them."""
        count = len(batch)
        self.read += count
        self.verdicts[judgement.verdict] += count
        self.by_kind[batch.kind] += count
        self.adult += count * (judgement.adult and judgement.verdict is Verdict.SHARE)
        for code in {reason.code for reason in judgement.reasons}:
            self.by_reason[code] += count
            for native_id in batch.content["native_id"]:
                if len(self.examples.get(code, ())) == EXAMPLES:
                    break
                self._show(code, native_id.as_py())

    @classmethod
    def of(cls, counts: Mapping[str, Any]) -> Self:
        """What ``as_json`` gave."""
        found = cls()
        found.read, found.adult = counts["read"], counts["adult"]
        found.without_key = counts["without_key"]
        for verdict, name in NAMES.items():
            found.verdicts[verdict] = counts[name]
        found.by_kind, found.by_reason = Counter(counts["by_kind"]), Counter(counts["by_reason"])
        found.held_by_reason = Counter(counts["held_by_reason"])
        found.examples = {code: list(shown) for code, shown in counts["examples"].items()}
        return found

    def forget_examples_of_held(self) -> None:
        """All that is held is counted anew: what was an example may be held no more."""
        for code in self.held_by_reason:
            self.examples.pop(code, None)

    def take_back(self, item: Item, reasons: Iterable[str]) -> None:
        """Forget an item that was held for ``reasons``."""
        self.read -= 1
        self.verdicts[Verdict.HOLD] -= 1
        self.by_kind[item.kind] -= 1
        self.by_reason.subtract(reasons)
        self.held_by_reason.subtract(reasons)

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            **{name: self.verdicts[verdict] for verdict, name in NAMES.items()},
            "adult": self.adult,
            "without_key": self.without_key,
            "by_reason": dict((+self.by_reason).most_common()),
            "held_by_reason": dict((+self.held_by_reason).most_common()),
            "by_kind": dict((+self.by_kind).most_common()),
            "examples": {code: ids for code, ids in self.examples.items() if self.by_reason[code]},
        }

    def _show(self, code: str, native_id: str | None) -> None:
        shown = self.examples.setdefault(code, [])
        if len(shown) < EXAMPLES and native_id and native_id not in shown:
            # What PostgreSQL cannot keep in JSON (NUL, half a surrogate pair) is no example.
            shown += [native_id] if native_id.isprintable() else []


class DumpFile(msgspec.Struct, frozen=True):
    """One file of a dump, as the ``Dump`` row keeps it."""

    name: str
    size: int
    sha256: str


class Taken(NamedTuple):
    """What came out of a dump besides its runs: counts, and what it says by account key."""

    counts: Counts
    changes: dict[int, Change]
    facts: Facts


class Rows(Protocol):
    """Where judged items go: into the archive, or to somebody who only wants to know."""

    def add(self, row: Row, item: Item | None = None) -> None: ...


@runtime_checkable
class Tables(Rows, Protocol):
    """Where they can also go a thousand at a time."""

    def add_table(self, table: pa.Table, verdict: Verdict) -> None: ...


def take_in(
    readings: Iterable[Reading | Batch],
    writer: Rows,
    keyring: Keyring,
    observed_at: datetime,
    known: Lookup = nothing_known,
) -> Taken:
    """Judge and write every item; give the counts, and what the dump says of accounts.

    An item without an id has no row: it is counted, and there is nothing it could be
    looked up by. None was read later than ``observed_at``, whatever it says. Changes and
    facts are kept in memory, one for each account that the dump speaks of. Items with gaps
    wait until ``known`` is asked about a batch of them; the others pay nothing for it.
    """
    taken = Taken(Counts(), {}, Facts(keyring))
    inbox = _Inbox(taken.counts, writer, keyring, observed_at, known)
    with _few_collections():
        for reading in readings:
            if isinstance(reading, Item):
                inbox.put(reading)
            elif isinstance(reading, Batch):
                inbox.put_all(reading)
            elif isinstance(reading, AccountReading):
                _note(taken.changes, reading, keyring)
            elif isinstance(reading, FactReading):
                taken.facts.add(reading)
        inbox.settle()
    return taken


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for cycles seldom: a batch of rows is a million objects, and none of them is one."""
    often = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, *often[1:])
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*often)


class _Inbox:
    """Items on their way into the archive; those with gaps wait here for a whole batch."""

    def __init__(
        self,
        counts: Counts,
        writer: Rows,
        keyring: Keyring,
        observed_at: datetime,
        known: Lookup,
    ) -> None:
        self._counts, self._writer, self._keyring = counts, writer, keyring
        self._observed_at, self._known = observed_at, known
        self._directory = Directory(keyring, "", Everybody())
        self._waiting: list[Item] = []
        self._characters = 0

    def put(self, item: Item) -> None:
        if not has_gaps(item):
            self._write(item, item)
            return
        self._waiting.append(item)
        self._characters += _characters(item)
        if len(self._waiting) >= BATCH_ITEMS or self._characters >= BATCH_CHARACTERS:
            self.settle()

    def put_all(self, batch: Batch) -> None:
        """Judge a batch as one; its items each by itself where they are held, lack or differ."""
        if not isinstance(self._writer, Tables) or any(map(is_gap, batch.evidence)):
            self._put_each(batch.items())
            return
        judgements, odd = judge_all(batch)
        self._put_each(batch.take(odd).items())
        for judgement, rows in judgements.items():
            if len(rows):
                part = batch if len(rows) == len(batch) else batch.take(rows)
                self._put_alike(part, judgement, self._writer)

    def _put_alike(self, batch: Batch, judgement: Judgement, tables: Tables) -> None:
        apart = [*batch.bodies()]
        directory = self._directory_of(batch)
        people = directory.owners(batch.whose)
        can_be_looked_up = judgement.verdict is not Verdict.SHARE or bool(people.are_there.all())
        if (
            judgement.verdict is Verdict.HOLD
            or not can_be_looked_up
            or not all(map(are_well_formed, apart))
        ):
            self._put_each(batch.items())
            return
        self._counts.add_all(batch, judgement)
        columns = columns_of(batch, judgement, people, apart, directory, self._observed_at)
        tables.add_table(table_with(columns), judgement.verdict)

    def _directory_of(self, batch: Batch) -> Directory:
        known = self._directory
        if (known.platform, known.everybody) != (batch.platform, batch.everybody):
            self._directory = Directory(self._keyring, batch.platform, batch.everybody)
        return self._directory

    def _put_each(self, items: Iterable[Item]) -> None:
        for item in items:
            self.put(item)

    def settle(self) -> None:
        """Judge whatever waits, with all that is known of what it lacks."""
        known = self._known(subjects_of(self._waiting, self._keyring)) if self._waiting else {}
        for item in self._waiting:
            self._write(item, joined(item, known, self._keyring))
        self._waiting, self._characters = [], 0

    def _write(self, item: Item, complete: Item) -> None:
        """The quarantine gets the item as it was read: what is known may be taken back."""
        judgement = judged(complete, self._keyring)
        self._counts.add(item, judgement)
        if item.native_id:
            row = row_of(complete, judgement, self._keyring, self._observed_at)
            self._writer.add(row, item)


def _characters(item: Item) -> int:
    """Roughly what an item costs while it waits: its texts, and all that it names."""
    named = (item.principals, item.evidence, item.parents, item.parts, item.tags, item.media)
    of_media = chain.from_iterable((one.url, one.alt) for one in item.media)
    texts = (item.title, item.text, *item.tags, *of_media)
    return sum(map(len, texts)) + LINE_CHARACTERS * sum(map(len, named))


def judged(item: Item, keyring: Keyring) -> Judgement:
    """The rule's judgement; what could not be looked up by a key is held in any case."""
    judgement = judge(item)
    if judgement.verdict is not Verdict.SHARE or _can_be_looked_up(item, keyring):
        return judgement
    return Judgement(Verdict.HOLD, tuple(_missing(item, keyring)), judgement.adult)


def row_of(item: Item, judgement: Judgement, keyring: Keyring, observed_at: datetime) -> Row:
    """The row of ``item``, whose state was read at ``observed_at``, or before if it says so.

    One that names no owner lies where its own key says.
    """
    item_key = keyring.item_of(item)
    if item_key is None:
        raise ValueError("an item without an id has no row")
    owner, everybody = keyring.people(item)
    core_keys, parts = (None, None)
    if item.parts:
        keys = {person: keyring.principal(item.platform, person) for person in item.principals}
        core_keys, parts = taken_apart(item, keys)
    at = item.observed_at
    # By place, in the order of ``Row``: names would cost as much as all that is done here.
    return Row(
        item_key,
        owner[0] if owner else item_key,
        everybody,
        item.platform,
        item.kind,
        item.native_id,
        judgement.verdict,
        _codes(judgement.reasons) if judgement.reasons else (),
        judgement.adult,
        _sorted(item.media_kinds) if item.media else _without_media(item),
        item.published_at,
        at if at is observed_at else min(at or observed_at, observed_at),
        item.title,
        item.text,
        item.tags,
        item.media,
        core_keys,
        parts,
        keyring.parents(item) if item.parents else None,
    )


def columns_of(
    batch: Batch,
    judgement: Judgement,
    people: Owners,
    apart: Iterable[Body],
    directory: Directory,
    observed_at: datetime,
) -> dict[str, Any]:
    """The rows of all items in ``batch``, as ``row_of`` makes them, by column.

    ``people`` are those of each; ``apart`` is what those consist of that can be taken apart.
    """
    platform, count, content = batch.platform, len(batch), batch.content
    keyring = directory.keyring
    item_keys = keyring.items(platform, batch.kind, content["native_id"].to_pylist())
    core_keys, parts = _parted(batch, apart, directory)
    latest = pa.scalar(observed_at, MOMENT)
    same = {
        "platform": platform,
        "kind": batch.kind,
        "verdict": judgement.verdict.value,
        "reasons": _codes(judgement.reasons),
        "adult": judgement.adult,
    }
    return {
        **{name: _repeated(value, SCHEMA.field(name).type, count) for name, value in same.items()},
        "item_key": item_keys,
        "owner_key": np.where(people.are_there, people.keys, item_keys),
        "account_keys": people.everybody,
        "media_kinds": media_kinds_array(content),
        **{name: content[name] for name in content.schema.names},
        "observed_at": pc.if_else(
            pc.less(content["observed_at"], latest), content["observed_at"], latest
        ),
        "core_keys": core_keys,
        "parts": parts,
        "parent_keys": _parent_keys(batch, keyring),
    }


def _repeated(value: object, kind: pa.DataType, count: int) -> pa.Array:
    """As ``pa.repeat``, which takes twenty times as long for lists."""
    return pa.array([value], kind).take(pa.array(np.zeros(count, dtype=np.int64)))


def _parted(
    batch: Batch, apart: Iterable[Body], directory: Directory
) -> tuple[Column[int], Column[StoredPart]]:
    """What ``taken_apart`` gives of each row."""
    if not batch.pieces:
        return pa.nulls(len(batch), KEYS), pa.nulls(len(batch), PARTS)
    core_keys: list[Sequence[int] | None] = [None] * len(batch)
    parts: list[Sequence[StoredPart] | None] = [None] * len(batch)
    whose = batch.whose.take(pa.array([*batch.pieces])).to_pylist()
    for row, body, numbers in zip(batch.pieces, apart, whose, strict=True):
        keys = dict(zip(body.principals, directory.keys_of(numbers), strict=True))
        core_keys[row], parts[row] = taken_apart(body, keys)
    return core_keys, parts


def _parent_keys(batch: Batch, keyring: Keyring) -> pa.ListArray:
    """What ``Keyring.parents`` gives of each row."""
    if batch.parents is None:
        return pa.nulls(len(batch), KEYS)
    return keyring.parents_of_all(batch.platform, batch.parent_kinds, batch.parents)


@lru_cache(REMEMBERED)
def _codes(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(sorted({reason.code for reason in reasons}))


@lru_cache(REMEMBERED)
def _sorted(kinds: frozenset[MediaKind]) -> tuple[MediaKind, ...]:
    return tuple(sorted(kinds))


def _without_media(item: Item) -> tuple[MediaKind, ...]:
    return JUST_TEXT if item.text or item.title else ()


def taken_apart(
    body: Body, keys: Mapping[Principal, tuple[int, ...]]
) -> tuple[Sequence[int] | None, Sequence[StoredPart] | None]:
    """The keys of those who cannot be cut from ``body``, and its parts; None and None without.

    ``keys`` are those of each of its principals, as ``Keyring.principal`` gives them.
    Somebody who is known under several names counts under all of them, wherever one is.
    """
    if not body.parts:
        return None, None
    bound = who_cannot_be_cut(body)
    if bound.issuperset(body.principals):
        return None, None
    everything = [*chain.from_iterable(keys.values())]
    if len({*everything}) < len(everything):
        people = people_of(list(keys.values()))
        keys = {p: tuple(chain.from_iterable(people[one] for one in keys[p])) for p in keys}

    def known(principals: Iterable[Principal]) -> list[int]:
        return sorted({key for person in principals for key in keys[person]})

    return known(bound), [
        StoredPart(known(part.principals), part.start, part.end, part.media) for part in body.parts
    ]


def files_of(paths: Sequence[Path], progress: Progress) -> list[DumpFile]:
    """What was handed in, file by file; ``progress`` is told each byte that is hashed."""
    return [_file_of(path, progress) for path in paths]


def digest_of(files: Iterable[DumpFile]) -> str:
    """One hash for a set of files, whatever their names and order."""
    return hashlib.sha256("".join(sorted(file.sha256 for file in files)).encode()).hexdigest()


def _file_of(path: Path, progress: Progress) -> DumpFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            progress(len(chunk))
    return DumpFile(_storable(path.name), size, digest.hexdigest())


def _storable(name: str) -> str:
    """A file's name as text, also where its bytes are not UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _can_be_looked_up(item: Item, keyring: Keyring) -> bool:
    return bool(item.native_id and keyring.people(item).owner)


def _missing(item: Item, keyring: Keyring) -> Iterator[Reason]:
    if not item.native_id:
        yield NO_KEY
    if not keyring.people(item).owner:
        yield NO_OWNER


def _note(changes: dict[int, Change], reading: AccountReading, keyring: Keyring) -> None:
    change = Change(reading.denies, reading.clears)
    if change == Change():
        return
    for key in keyring.named(reading.platform, reading.native_id, reading.handle):
        changes[key] = changes.get(key, Change()).and_also(change)
