"""What a dump's account, container and parent records say, joined by platform and id.

Every record counts, and the worst of them wins. One that is not understood counts as
unknown: it can spoil what another record says, and prove nothing.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from msgspec import UNSET

from platforms.records import Evidence, Visibility
from platforms.sources.generic.schema import (
    AccountRecord,
    ContainerRecord,
    Flags,
    InAccount,
    ItemRecord,
    ParentRecord,
    Place,
    Reply,
)
from platforms.sources.values import name_in

MAX_CHAIN: Final = 100
FLAGS: Final[Mapping[str, tuple[Visibility, str]]] = {
    "sensitive": (Visibility.ADULT, "sensitive"),
    "paid": (Visibility.PAID, "paid"),
    "commercial": (Visibility.COMMERCIAL, "commercial"),
    "ephemeral": (Visibility.EXPIRED, "ephemeral"),
    "minor": (Visibility.OUT_OF_SCOPE, "minor"),
    "ai_opt_out": (Visibility.OPTED_OUT, "platform_opt_out"),
}
DENIALS: Final[Mapping[Visibility, str]] = {
    Visibility.LOGIN_ONLY: "login_only",
    Visibility.RESTRICTED: "restricted",
    Visibility.PRIVATE: "private",
    Visibility.UNPUBLISHED: "unpublished",
    Visibility.REMOVED_AUTHOR: "gone",
    Visibility.ACCOUNT_GONE: "gone",
    Visibility.EXPIRED: "gone",
    Visibility.REMOVED_PLATFORM: "suspended",
}
INDEXABLE: Final = "indexable"
NOT_UNDERSTOOD: Final = "a record of it in the dump is not understood"
Key = tuple[str, ...]


class Mark(NamedTuple):
    """What one field of a record proves."""

    visibility: Visibility
    code: str
    detail: str = ""

    def at(self, level: str, prefix: str = "") -> Evidence:
        return Evidence(level, self.visibility, prefix + self.code, self.detail)


class Parent(NamedTuple):
    """One record of a parent: its own marks, and what surrounds it."""

    marks: tuple[Mark, ...]
    account: Key
    container: Key
    above: Key | None


class Known:
    """All facts of a dump. As large as its accounts, containers and parents together."""

    def __init__(self) -> None:
        self._marks: dict[Key, frozenset[Mark]] = {}
        self._parents: dict[Key, frozenset[Parent]] = {}
        self._closed: set[Key] = set()
        # What does not even say whether it is of an account, an item or something else.
        self._unclear: dict[tuple[str, str], Mark] = {}
        self.handles: dict[Key, str] = {}

    def add(self, record: object) -> None:
        if isinstance(record, AccountRecord | ContainerRecord):
            key = key_of(record)
            self._marks[key] = self._marks.get(key, frozenset()) | set(marks_of(record))
            if isinstance(record, AccountRecord) and record.handle is not UNSET:
                self.handles[key] = record.handle
        elif isinstance(record, ParentRecord):
            key = key_of(record)
            self._parents[key] = self._parents.get(key, frozenset()) | {_parent(record)}
        elif isinstance(record, ItemRecord) and not is_open(record):
            self._closed.add(key_of(record))

    def add_odd(self, raw: Mapping[str, Any], reason: str) -> None:
        """Remember that something unintelligible was said, of whatever it names."""
        platform, number = name_in(raw.get("platform")), name_in(raw.get("id"))
        if platform is None or number is None:
            return
        record, kind = raw.get("record"), name_in(raw.get("kind"))
        mark = Mark(Visibility.UNKNOWN, "record_not_understood", f"{NOT_UNDERSTOOD}: {reason}")
        if record in ("account", "container"):
            key = (str(record), platform, number)
            self._marks[key] = self._marks.get(key, frozenset()) | {mark}
        elif record in ("item", "parent") and kind is not None:
            self._closed.add(("item", platform, kind, number))
        else:
            self._unclear[platform, number] = mark

    def is_closed(self, key: Key) -> bool:
        """Whether a record says of ``key`` that it is not open to all, or nobody knows what."""
        return ("item", *key[1:]) in self._closed or (key[1], key[-1]) in self._unclear

    def marks(self, key: Key) -> frozenset[Mark]:
        """What is known of an account or a container; empty when nothing is."""
        unclear = self._unclear.get((key[1], key[-1]))
        return self._marks.get(key, frozenset()) | ({unclear} if unclear else frozenset())

    def facts(self) -> Iterator[tuple[Key, frozenset[Mark]]]:
        for key in self._marks:
            yield key, self.marks(key)

    def parents(self) -> Iterator[tuple[Key, frozenset[Parent]]]:
        """All that some parent record is of, but what an item record already tells as closed."""
        for key, records in self._parents.items():
            if not self.is_closed(key):
                yield key, records

    def chain(self, platform: str, thread: Reply) -> Iterator[tuple[Key, Parent | None]]:
        """Every record of everything above an item; None where there is no way to the top."""
        waiting: list[Key] = [("parent", platform, thread.kind, thread.id)]
        seen: set[Key] = set()
        while waiting:
            key = waiting.pop()
            found = self._parents.get(key, frozenset())
            if not found or key in seen or len(seen) >= MAX_CHAIN:
                yield key, None
                return
            seen.add(key)
            for parent in sorted(found, key=repr):
                yield key, parent
            waiting += {parent.above for parent in found if parent.above}


def key_of(record: AccountRecord | ContainerRecord | ParentRecord | ItemRecord) -> Key:
    kind = () if isinstance(record, AccountRecord | ContainerRecord) else (record.kind,)
    return (str(type(record).__struct_config__.tag), record.platform, *kind, record.id)


def is_open(record: Flags) -> bool:
    """Whether everybody may read it, as far as the record itself says."""
    closed = record.paid or record.commercial or record.ephemeral or record.minor
    return record.visibility == "public" and not closed


def marks_of(record: AccountRecord | ContainerRecord | Flags) -> Iterator[Mark]:
    """What each field of a record proves."""
    yield _of_visibility(record.visibility)
    for name, (found, reason) in FLAGS.items():
        if getattr(record, name, False):
            yield Mark(found, reason, f"{name} is true")
    indexable = getattr(record, "indexable", UNSET)
    if indexable is True:
        yield Mark(Visibility.PUBLIC, INDEXABLE)
    elif indexable is False:
        yield Mark(Visibility.OPTED_OUT, "search_discouraged", "indexable is false")
    yield from of_signals(getattr(record, "signals", UNSET))


@lru_cache
def _of_visibility(written: str) -> Mark:
    visibility = Visibility(written)
    code = "visibility_unknown" if visibility is Visibility.UNKNOWN else written
    return Mark(visibility, code, f"visibility is {written}")


def of_signals(signals: object) -> Iterator[Mark]:
    """What content says against its own use; such signals only ever remove permission."""
    for signal in signals if isinstance(signals, list) else ():
        code = "search_discouraged" if signal == "no_search" else f"signal_{signal}"
        yield Mark(Visibility.OPTED_OUT, code, f"it carries the signal {signal}")


def place_key(place: Place, platform: str) -> Key:
    return ("account" if isinstance(place, InAccount) else "container", platform, place.id)


def _parent(record: ParentRecord) -> Parent:
    above = (
        ("parent", record.platform, record.thread.kind, record.thread.id)
        if isinstance(record.thread, Reply)
        else None
    )
    account = ("account", record.platform, record.account)
    container = place_key(record.container, record.platform)
    return Parent(tuple(marks_of(record)), account, container, above)
