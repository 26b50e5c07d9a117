"""One generic item record as an item, joined to everything that surrounds it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from platforms.parts import Pieces
from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
    Media,
    MediaKind,
    Principal,
    Role,
    Visibility,
)
from platforms.sources.generic.known import (
    DENIALS,
    Key,
    Known,
    Mark,
    is_open,
    key_of,
    marks_of,
    of_signals,
    place_key,
)
from platforms.sources.generic.schema import (
    Anonymous,
    Gone,
    ItemRecord,
    Medium,
    Named,
    PartRecord,
    Reply,
    Stable,
)
from platforms.sources.values import address_in, name_in, text_in

SLUG: Final = "generic"
ODD_KIND: Final = "record"
REMEMBERED: Final = 32_768
IDENTITIES: Final[Mapping[type, Identity]] = {
    Stable: Identity.STABLE,
    Named: Identity.NAME,
    Anonymous: Identity.ANONYMOUS,
    Gone: Identity.GONE,
}
BAD_FLAGS: Final = {
    "paid": Visibility.PAID,
    "commercial": Visibility.COMMERCIAL,
    "ephemeral": Visibility.EXPIRED,
    "minor": Visibility.OUT_OF_SCOPE,
    "sensitive": Visibility.ADULT,
}
OPEN: Final = frozenset({Visibility.PUBLIC, Visibility.ADULT})


class Surroundings(msgspec.Struct, frozen=True):
    """All that a dump says around its items; ``told`` is what was made of it before."""

    known: Known
    observed_at: datetime
    told: dict[tuple[Key, str], tuple[Evidence, ...]] = msgspec.field(default_factory=dict)


def item_of(record: ItemRecord, around: Surroundings) -> Item:
    """``record`` with everything that speaks for and against it."""
    core = tuple(dict.fromkeys(_principals(record, around.known)))
    whole = _put_together(record)
    in_parts = (_principal(one, record.platform) for one in _people_in_parts(record))
    return Item(
        platform=SLUG,
        kind=record.kind,
        native_id=record.id,
        container_id=record.platform,
        principals=tuple(dict.fromkeys((*core, *in_parts))),
        evidence=tuple(dict.fromkeys(_evidence(record, around))),
        required=frozenset(_required(record)),
        published_at=_moment(record.published_at),
        observed_at=around.observed_at,
        title=text_in(record.title),
        text=whole.text,
        tags=tuple(filter(None, map(text_in, [] if record.tags is UNSET else record.tags))),
        media=tuple(whole.media),
        parts=tuple(whole.parts),
        core=core if whole.parts else None,
        parents=tuple(dict.fromkeys(_parents(record, around.known))),
    )


def _parents(record: ItemRecord, known: Known) -> Iterator[ItemRef]:
    """Everything above it, as far up as the dump knows."""
    if isinstance(record.thread, Reply):
        for key, _ in known.chain(record.platform, record.thread):
            if key != ("parent", record.platform, record.kind, record.id):
                yield _ref(key)


def closed_parents(around: Surroundings) -> Iterator[Item]:
    """What parent records say is not open to all: it holds back what hangs on it in other dumps."""
    for key, records in around.known.parents():
        marks = {mark for parent in records for mark in parent.marks}
        if all(mark.visibility in OPEN for mark in marks):
            continue
        owners = {account_id(*parent.account[1:]) for parent in records}
        yield Item(
            platform=SLUG,
            kind=key[2],
            native_id=key[3],
            container_id=key[1],
            principals=tuple(Principal(Role.OWNER, Identity.STABLE, one) for one in sorted(owners)),
            evidence=tuple(mark.at("item") for mark in sorted(marks)),
            observed_at=around.observed_at,
        )


def odd_item(raw: Mapping[str, Any], reason: str, observed_at: datetime) -> Item:
    """A record that is not understood: held, and excluded where it says that much itself.

    One of a parent is kept by its id, too, so that nothing that hangs on it is shared.
    """
    is_item = raw.get("record") in ("item", "parent")
    return Item(
        platform=SLUG,
        kind=(name_in(raw.get("kind")) if is_item else None) or ODD_KIND,
        native_id=name_in(raw.get("id")) if is_item else None,
        container_id=name_in(raw.get("platform")),
        evidence=(
            Evidence("item", Visibility.UNKNOWN, "record_not_understood", reason),
            *(_against(raw) if is_item else ()),
        ),
        observed_at=observed_at,
    )


def native_id_of(key: Key) -> str:
    """The id of an account or container; no two are equal, for a platform's name has no slash."""
    record, platform, number = key
    if record == "account":
        return account_id(platform, number)
    return f"{platform}/container:{number}"


def account_id(platform: str, number: str) -> str:
    return f"{platform}:{number}"


def _required(record: ItemRecord) -> Iterator[str]:
    yield from ("item", "container", "account")
    if isinstance(record.thread, Reply):
        yield "parent"
    if record.embedded or _parts(record):
        yield "embedded"


def _evidence(record: ItemRecord, around: Surroundings) -> Iterator[Evidence]:
    yield from (mark.at("item") for mark in _own_marks(record))
    if is_open(record) and around.known.is_closed(key_of(record)):
        detail = "the dump holds this id also as not open to all, or not understood"
        yield Evidence("item", Visibility.UNKNOWN, "conflicting_appearances", detail)
    yield from _of_fact(place_key(record.container, record.platform), around, "container")
    yield from _of_people(record, around)
    if isinstance(record.thread, Reply):
        yield from _of_parents(record.platform, record.thread, around)
    yield from _of_embedded(record, around)


def _own_marks(record: ItemRecord) -> Iterator[Mark]:
    yield from marks_of(record)
    yield from _signals_of(record.media)
    for part in _parts(record):
        yield from _signals_of(part.media)


def _signals_of(media: list[Medium] | UnsetType) -> Iterator[Mark]:
    for medium in [] if media is UNSET else media:
        yield from of_signals(medium.signals)


def _of_people(record: ItemRecord, around: Surroundings) -> Iterator[Evidence]:
    """The owner's account must be proven public, and so must everybody else's."""
    for person in (*record.principals, *_people_in_parts(record)):
        number = getattr(person, "id", UNSET)
        if number is not UNSET:
            level = "account" if person.role is Role.OWNER else "embedded"
            yield from _of_fact(("account", record.platform, number), around, level)
        elif person.role is Role.OWNER:
            detail = "the owner has no id by which a record of the account could be found"
            yield Evidence("account", Visibility.UNKNOWN, "account_unknown", detail)


def _of_fact(key: Key, around: Surroundings, level: str) -> tuple[Evidence, ...]:
    """What is known of one account or container, from the place it has for the item."""
    told = around.told.get((key, level))
    if told is None:
        if len(around.told) >= REMEMBERED:
            around.told.clear()
        told = around.told[key, level] = tuple(_read_fact(key, around.known, level))
    return told


def _read_fact(key: Key, known: Known, level: str) -> Iterator[Evidence]:
    marks = known.marks(key)
    yield from evidence_of(key, marks, level)
    if not marks:
        detail = f"nothing is known of its {key[0]}; add the {key[0]}'s record to the dump"
        gap = f"{key[0]}_unknown"
        yield Evidence(level, Visibility.UNKNOWN, gap, detail, native_id_of(key))


def evidence_of(key: Key, marks: frozenset[Mark], level: str) -> Iterator[Evidence]:
    """What the records of one account or container prove of it."""
    for mark in sorted(marks):
        yield mark.at(level, "" if mark.visibility is Visibility.OPTED_OUT else f"{key[0]}_")


def _ref(key: Key) -> ItemRef:
    _, platform, kind, number = key
    return ItemRef((kind,), number, platform)


def _of_parents(platform: str, thread: Reply, around: Surroundings) -> Iterator[Evidence]:
    for key, parent in around.known.chain(platform, thread):
        if around.known.is_closed(key):
            detail = "the dump says of what it hangs on that it is not open to all"
            yield Evidence("parent", Visibility.UNKNOWN, "parent_closed", detail)
        if parent is None:
            detail = (
                "the dump has no parent record of what it hangs on: import both as one dump,"
                " or the item itself that it hangs on"
            )
            about = _ref(key)
            yield Evidence("parent", Visibility.UNKNOWN, "parent_outside_dump", detail, about)
            continue
        yield from (mark.at("parent", "parent_") for mark in parent.marks)
        yield from _of_fact(parent.container, around, "parent")
        yield from _of_fact(parent.account, around, "parent")


def _of_embedded(record: ItemRecord, around: Surroundings) -> Iterator[Evidence]:
    for one in record.embedded:
        yield from (mark.at("embedded", "embedded_") for mark in marks_of(one))
        yield from _of_fact(("account", record.platform, one.account), around, "embedded")


def _principals(record: ItemRecord, known: Known) -> Iterator[Principal]:
    for person in record.principals:
        yield _principal(person, record.platform)
    yield _of_place(place_key(record.container, record.platform))
    for one in record.embedded:
        number = account_id(record.platform, one.account)
        yield Principal(Role.QUOTED, Identity.STABLE, number)
    if isinstance(record.thread, Reply):
        for _, parent in known.chain(record.platform, record.thread):
            if parent is not None:
                yield _of_place(parent.account)
                yield _of_place(parent.container)


def _principal(person: Stable | Named | Anonymous | Gone, platform: str) -> Principal:
    number, handle = getattr(person, "id", UNSET), getattr(person, "handle", UNSET)
    return Principal(
        person.role,
        IDENTITIES[type(person)],
        account_id(platform, number) if number is not UNSET else None,
        handle_of(platform, handle),
    )


def handle_of(platform: str, handle: object) -> str | None:
    """A name with the platform before it, because the same name is somebody else elsewhere."""
    name = name_in(handle)
    return f"{platform}:{name.strip().lstrip('@')}"[:255] if name else None


def _of_place(key: Key) -> Principal:
    return Principal(Role.CONTAINER, Identity.STABLE, native_id_of(key))


def _against(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    """What even a record that is not understood says against itself."""
    state = raw.get("visibility")
    if isinstance(state, str) and state in DENIALS:
        yield Evidence("item", Visibility(state), state, f"visibility is {state}")
    for name, visibility in BAD_FLAGS.items():
        if raw.get(name) is True:
            yield Evidence("item", visibility, name, f"{name} is true")


def _parts(record: ItemRecord) -> list[PartRecord]:
    return [] if record.parts is UNSET else record.parts


def _people_in_parts(record: ItemRecord) -> Iterator[Stable | Named | Anonymous | Gone]:
    for part in _parts(record):
        yield from part.principals


def _put_together(record: ItemRecord) -> Pieces:
    """The parts in their order, and behind them what is the item's own."""
    whole = Pieces()
    for part in _parts(record):
        people = [_principal(person, record.platform) for person in part.principals]
        whole.add([text_in(part.text)], _media(part), people)
    whole.add([text_in(record.text)], _media(record))
    return whole


def _media(record: ItemRecord | PartRecord) -> Iterator[Media]:
    for medium in [] if record.media is UNSET else record.media:
        if url := address_in(medium.url):
            yield Media(MediaKind(medium.kind), url, text_in(medium.alt))


def _moment(text: str) -> datetime | None:
    """The moment in UTC; None for a date that no calendar has."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
