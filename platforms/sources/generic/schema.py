"""The records of the generic format: what they must hold, and nothing else.

Every field that decides must be there; a field that is not listed is refused, and so
is null. ``schema.json`` beside this module says the same to other programs, and is
written from ``schema()``.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from platforms.records import Role
from platforms.sources.json_documents import QUICK_BYTES, Lane, is_all_of

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# The second look refuses a closing line break, which Python's $ would let pass.
END: Final = r"$(?!\n)"
DAY: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
HOUR: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"

Id = Annotated[str, Meta(pattern=f"^[!-~]{{1,255}}{END}")]
Name = Annotated[str, Meta(pattern=f"^[a-z0-9][a-z0-9._-]{{0,99}}{END}")]
Kind = Annotated[str, Meta(pattern=f"^[a-z0-9_-]{{1,40}}{END}")]
Handle = Annotated[str, Meta(min_length=1, max_length=255)]
Address = Annotated[str, Meta(pattern=f"^https?://[!-~]{{1,4000}}{END}")]
Moment = Annotated[str, Meta(pattern=f"^{DAY}T{HOUR}(Z|[+-][0-9]{{2}}:[0-9]{{2}}){END}")]
State = Literal[
    "public",
    "login_only",
    "restricted",
    "private",
    "unpublished",
    "removed_author",
    "removed_platform",
    "account_gone",
    "expired",
    "unknown",
]
Signal = Literal["no_ai", "no_training", "no_data_mining", "no_search"]
Signals = list[Signal] | UnsetType


class Closed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An object that refuses fields it does not know."""


class Flags(Closed):
    """What each item, parent or embedded thing must say of itself."""

    visibility: State
    sensitive: bool
    paid: bool
    commercial: bool
    ephemeral: bool
    minor: bool


class Stable(Closed, tag_field="identity", tag="stable"):
    role: Role
    id: Id
    handle: Handle | UnsetType = UNSET


class Named(Closed, tag_field="identity", tag="name"):
    role: Role
    handle: Handle


class Anonymous(Closed, tag_field="identity", tag="anonymous"):
    role: Role


class Gone(Closed, tag_field="identity", tag="gone"):
    role: Role
    id: Id | UnsetType = UNSET
    handle: Handle | UnsetType = UNSET


class InAccount(Closed, tag_field="type", tag="account"):
    """The item stands in the space of one account."""

    id: Id


class InContainer(Closed, tag_field="type", tag="container"):
    """The item stands in a group, a channel, an album."""

    id: Id


class Top(Closed, tag_field="position", tag="top"):
    """The item answers nothing."""


class Reply(Closed, tag_field="position", tag="reply"):
    """The item answers, or hangs on, another one, of which a parent record speaks."""

    kind: Kind
    id: Id


class Embedded(Flags):
    """Somebody's work that is shown inside the item."""

    account: Id


class Medium(Closed):
    kind: Literal["image", "gif", "video", "audio"]
    url: Address
    alt: str | UnsetType = UNSET
    signals: Signals = UNSET


Principals = list[Stable | Named | Anonymous | Gone]
Place = InAccount | InContainer
Thread = Top | Reply


class PartRecord(Closed):
    """What others made inside the item: it stands before the item's own text and media."""

    principals: Annotated[Principals, Meta(min_length=1)]
    text: str | UnsetType = UNSET
    media: list[Medium] | UnsetType = UNSET


class ItemRecord(Flags, tag_field="record", tag="item"):
    platform: Name
    kind: Kind
    id: Id
    published_at: Moment
    principals: Principals
    container: Place
    thread: Thread
    embedded: list[Embedded]
    title: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    media: list[Medium] | UnsetType = UNSET
    parts: list[PartRecord] | UnsetType = UNSET
    signals: Signals = UNSET


class ParentRecord(Flags, tag_field="record", tag="parent"):
    """What items hang on: not shared by itself, and never more open than what it hangs on."""

    platform: Name
    kind: Kind
    id: Id
    account: Id
    container: Place
    thread: Thread
    signals: Signals = UNSET


class ContainerRecord(Closed, tag_field="record", tag="container"):
    platform: Name
    id: Id
    visibility: State
    sensitive: bool
    paid: bool
    commercial: bool
    indexable: bool | UnsetType = UNSET
    signals: Signals = UNSET


class AccountRecord(Closed, tag_field="record", tag="account"):
    platform: Name
    id: Id
    visibility: State
    sensitive: bool
    paid: bool
    commercial: bool
    minor: bool
    ai_opt_out: bool
    handle: Handle | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    signals: Signals = UNSET


Record = ItemRecord | ParentRecord | ContainerRecord | AccountRecord
RECORDS: Final = ("item", "parent", "container", "account")

_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_encode = msgspec.json.Encoder().encode


def record_in(raw: object) -> Record:
    """``raw`` as a record; ``msgspec.ValidationError``, naming the field, if it is none."""
    return msgspec.convert(raw, Record, strict=True)  # type: ignore[no-any-return]


def decoded(text: bytes) -> Record | UnsetType:
    """The record in a line of JSON that was read before; ``UNSET`` if it must be looked into."""
    if len(text) > QUICK_BYTES:
        return UNSET
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return UNSET


def proven(text: bytes) -> Record | UnsetType:
    """The record in a line of JSON, if it is all that is in it: none of its fields was lost."""
    record = decoded(text)
    return record if record is not UNSET and is_all_of(text, _encode(record)) else UNSET


# Lines that are records are decoded straight into them.
LANE: Final = Lane(proven, decoded)


def schema() -> dict[str, Any]:
    """The same rules as a JSON Schema."""
    head = {"$schema": DIALECT, "title": "One record of Withhold's generic format"}
    return head | msgspec.json.schema(Record)
