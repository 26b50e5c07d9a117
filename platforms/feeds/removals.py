"""What a platform reports of one item or account, line by line: a closed world.

Plain Python. A line that names an event or a field nobody knows is refused, and the others
are taken. ``removals.schema.json`` says the same to programs; a test holds them together.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from platforms.feeds.fields import told
from platforms.keys import is_name
from platforms.reports import OPT_OUT, Word

SKEW: Final = timedelta(minutes=5)
"""How far a platform's clock may be ahead of ours."""

Id = Annotated[str, Meta(pattern=r"^[!-~]{1,255}$(?!\n)")]
Name = Annotated[
    str, Meta(pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]{0,253}[^\x00-\x20\x7f])?$(?!\n)")
]
Kind = Annotated[str, Meta(pattern=r"^[!-~]{1,40}$(?!\n)")]

ITEM_REASONS: Final = {"deleted": "deleted", "made_private": "private", "moderated": "moderated"}
ACCOUNT_REASONS: Final = {
    "suspended": "suspended",
    "deleted": "gone",
    "made_private": "private",
    "opted_out": OPT_OUT,
}
"""The readers of dumps use the same words, so that either can say that it is over."""
GIVEN_BACK: Final = frozenset(ACCOUNT_REASONS.values()) - {OPT_OUT}
"""What an event says to be over with a time: a record that comes without one does not."""


class NotUnderstood(ValueError):
    """A line that is not taken; the message says why, and quotes nothing of it."""


class ItemName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item as its dump names it: ``manage.py judge`` shows all three."""

    kind: Kind
    id: Id
    container: Name | None = None


class AccountName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account: by its stable id, by its name now, or both."""

    id: Name | None = None
    handle: Name | None = None


class ItemRemoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The item is not to be shared. A time that cannot be used counts as now."""

    event: Literal["deleted", "made_private", "moderated"]
    item: ItemName
    occurred_at: Any = None


class ItemRestored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``reverses`` names is over as of ``occurred_at``; everything else stays."""

    event: Literal["restored"]
    item: ItemName
    reverses: Annotated[
        tuple[Literal["deleted", "made_private", "moderated"], ...], Meta(min_length=1)
    ]
    occurred_at: str


class AccountRemoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account is not to be shared. ``opted_out`` is not reversed by any event."""

    event: Literal["suspended", "deleted", "made_private", "opted_out"]
    account: AccountName
    occurred_at: Any = None


class AccountRestored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``reverses`` names is over. It takes the account's id: names change hands."""

    event: Literal["restored"]
    account: AccountName
    reverses: Annotated[
        tuple[Literal["suspended", "deleted", "made_private"], ...], Meta(min_length=1)
    ]
    occurred_at: str


class AccountRenamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account with this id is called ``new_handle``; all its names go on binding it.

    It takes the name before, too: what was said of that name alone finds the account by it.
    """

    event: Literal["renamed"]
    account: AccountName
    new_handle: Name
    occurred_at: Any = None


Event = ItemRemoved | ItemRestored | AccountRemoved | AccountRestored | AccountRenamed
SHAPES: Final[dict[tuple[str, str], type[Event]]] = {
    **dict.fromkeys((("item", name) for name in ITEM_REASONS), ItemRemoved),
    ("item", "restored"): ItemRestored,
    **dict.fromkeys((("account", name) for name in ACCOUNT_REASONS), AccountRemoved),
    ("account", "restored"): AccountRestored,
    ("account", "renamed"): AccountRenamed,
}


def event_in(raw: object) -> Event:
    """The event that one line holds, or ``NotUnderstood``."""
    if not isinstance(raw, dict):
        raise NotUnderstood("a line holds one object")
    subjects = [name for name in ("item", "account") if name in raw]
    if len(subjects) != 1:
        raise NotUnderstood("a line names either an item or an account")
    shape = SHAPES.get((subjects[0], str(raw.get("event"))))
    if shape is None:
        known = ", ".join(event for subject, event in SHAPES if subject == subjects[0])
        raise NotUnderstood(f"the event of an {subjects[0]} is one of: {known}")
    try:
        event: Event = msgspec.convert(raw, shape)
    except msgspec.ValidationError as error:
        raise NotUnderstood(told(error, shape)) from error
    _require_name(event)
    return event


def words_in(event: Event, *, now: datetime) -> list[Word]:
    """What ``event`` says, reason by reason. A rename says nothing of any.

    Something taken back counts in any case: at a time that is missing, unreadable or still
    to come, as of now. Something restored needs a time that can be used.
    """
    if isinstance(event, AccountRenamed):
        return []
    reasons = ITEM_REASONS if isinstance(event, ItemRemoved | ItemRestored) else ACCOUNT_REASONS
    at = _moment(event.occurred_at)
    if isinstance(event, ItemRestored | AccountRestored):
        if at is None:
            raise NotUnderstood("occurred_at is not a time with an offset (RFC 3339)")
        if at > now + SKEW:
            raise NotUnderstood("occurred_at is still to come")
        return [Word(reasons[name], False, min(at, now)) for name in event.reverses]
    return [Word(reasons[event.event], True, min(at or now, now))]


def _moment(text: object) -> datetime | None:
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    try:
        return at.astimezone(UTC) if at.tzinfo else None
    except OverflowError:
        return None


def _require_name(event: Event) -> None:
    if isinstance(event, ItemRemoved | ItemRestored):
        return
    if not (event.account.id or event.account.handle):
        raise NotUnderstood("an account has an id, a handle or both")
    if not all(map(is_name, _names_in(event))):
        raise NotUnderstood("what names an account is no name that one can have")
    if isinstance(event, AccountRestored | AccountRenamed) and not event.account.id:
        raise NotUnderstood(f"{event.event} takes the account's id: names change hands")
    if isinstance(event, AccountRenamed) and not event.account.handle:
        raise NotUnderstood("renamed takes the name before, too, as the account's handle")


def _names_in(event: AccountRemoved | AccountRestored | AccountRenamed) -> Iterator[str]:
    yield from filter(None, (event.account.id, event.account.handle))
    if isinstance(event, AccountRenamed):
        yield event.new_handle


def schema() -> dict[str, Any]:
    """The JSON Schema of one line."""
    shapes = list(dict.fromkeys(SHAPES.values()))
    (_, parts) = msgspec.json.schema_components(shapes, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of POST /api/v1/platforms/<slug>/removals/",
        "anyOf": [{"$ref": f"#/$defs/{shape.__name__}"} for shape in shapes],
        "$defs": parts,
    }
