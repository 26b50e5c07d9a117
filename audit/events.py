"""The typed registry of what can happen: one class for each event, one field for each fact.

Facts are counts, codes, keys and digests. Handles, addresses, user agents and
content have no field here, so they cannot get into the trail. A class is never
removed: old entries keep its name, and operators still look for them.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta

# Control characters would let one entry look like two in an exported file.
PRINTABLE: Final = r"\A[^\x00-\x1f\x7f]*\Z"
SLUG: Final = r"\A[A-Za-z0-9_-]*\Z"
# Spaces would break the links to a subject; an at sign would let an address in.
REFERENCE: Final = r"\A[^\s\x00-\x1f\x7f@]*\Z"

Subject = Annotated[str, Meta(min_length=1, max_length=200, pattern=REFERENCE)]
PlatformSlug = Annotated[str, Meta(max_length=40, pattern=SLUG)]
PartnerSlug = Annotated[str, Meta(max_length=64, pattern=SLUG)]
Code = Annotated[str, Meta(max_length=500, pattern=PRINTABLE)]
ActorId = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9._-]*\Z")]


class InvalidEvent(ValueError):
    """A field of an event, or its actor, holds what the trail does not take."""


class ActorKind(StrEnum):
    PERSON = "person"
    OPERATOR = "operator"
    PARTNER = "partner"
    PLATFORM = "platform"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """Who asked for a change: the kind, and an internal id (never a name)."""

    kind: ActorKind
    id: ActorId = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


SYSTEM = Actor(ActorKind.SYSTEM)


def operator_command() -> Actor:
    """Whoever runs ``manage.py`` on the server: an operator without a sign-in."""
    return Actor(ActorKind.OPERATOR, "command")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``subject`` names what it happened to, as text."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    subject: Subject
    platform: PlatformSlug = ""
    partner: PartnerSlug = ""

    def facts(self) -> dict[str, Any]:
        """The event's own fields, as JSON can hold them."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        for common in ("subject", "platform", "partner"):
            del facts[common]
        return facts


def require_valid(value: Event | Actor) -> None:
    """Hold every field to its declared type and limits, which a constructor does not."""
    try:
        msgspec.convert(msgspec.to_builtins(value), type(value))
    except (msgspec.ValidationError, TypeError) as error:
        raise InvalidEvent(f"{type(value).__name__}: {error}") from error


class DumpImported(Event, frozen=True, kw_only=True):
    name = "dump.imported"
    title = "A dump was imported"
    files: int
    items: int
    shared: int
    held: int
    excluded: int
    facts_asserted: dict[Code, Code]
    media_read: int = 0


class HoldsResolutionRequested(Event, frozen=True, kw_only=True):
    name = "holds.resolution_requested"
    title = "Held items are to be judged again"
    resolution: int
    dump: int | None
    facts_asserted: dict[Code, Code]


class DumpJudgedAgain(Event, frozen=True, kw_only=True):
    name = "dump.judged_again"
    title = "The held items of an import were judged again"
    replaces: int
    shared: int
    held: int
    excluded: int
    facts_asserted: dict[Code, Code]


class HoldsResolved(Event, frozen=True, kw_only=True):
    name = "holds.resolved"
    title = "Judging held items again ended"
    resolution: int
    state: Code
    shared: int
    held: int
    excluded: int


class FactsNoted(Event, frozen=True, kw_only=True):
    name = "platform.facts_noted"
    title = "A platform's facts about accounts and containers were noted"
    subjects: int


class QuarantineDropped(Event, frozen=True, kw_only=True):
    name = "dump.quarantine_dropped"
    title = "The content of held items was removed after its time"
    runs: int


class AccountKeysAdded(Event, frozen=True, kw_only=True):
    name = "account.keys_added"
    title = "An account became known by another id or name"
    keys: int


class AccountLinked(Event, frozen=True, kw_only=True):
    name = "account.linked"
    title = "An account was linked to a person"
    method: Code


class AccountStateChanged(Event, frozen=True, kw_only=True):
    name = "account.state_changed"
    title = "A platform reported an account's state"
    reasons: tuple[Code, ...]
    denied: bool


class ItemStateChanged(Event, frozen=True, kw_only=True):
    name = "item.state_changed"
    title = "A platform reported an item's state"
    state: Code


class FeedSwitched(Event, frozen=True, kw_only=True):
    name = "feed.switched"
    title = "It was decided whether a platform's feed is watched"
    watched: bool
    stale_after_s: int


class FeedStale(Event, frozen=True, kw_only=True):
    name = "feed.stale"
    title = "A platform's feed fell silent, so nothing of it is delivered"
    heard_at: Code
    stale_after_s: int


class FeedRecovered(Event, frozen=True, kw_only=True):
    name = "feed.recovered"
    title = "A platform's feed spoke again"
    heard_at: Code
    alarmed_at: Code


class PlatformTokenIssued(Event, frozen=True, kw_only=True):
    name = "platform.token_issued"
    title = "A token for a platform's live feed was issued"
    prefix: Code
    expires_at: Code


class PlatformTokenRevoked(Event, frozen=True, kw_only=True):
    name = "platform.token_revoked"
    title = "A token for a platform's live feed was revoked"
    prefix: Code


class PlatformKeyShown(Event, frozen=True, kw_only=True):
    name = "platform.key_shown"
    title = "The secret under which a platform's keys are made was shown"


class BatchReceived(Event, frozen=True, kw_only=True):
    name = "feed.batch_received"
    title = "Items of a platform's live feed were received"
    lines: int
    refused: int
    sha256: Code


class BatchFailed(Event, frozen=True, kw_only=True):
    name = "feed.batch_failed"
    title = "Items of a platform's live feed could not be imported"
    attempts: int


class BatchApplied(Event, frozen=True, kw_only=True):
    name = "feed.batch_applied"
    title = "A batch of a platform's live feed was applied"
    kind: Code
    lines: int
    refused: int
    sha256: Code


class OptedOut(Event, frozen=True, kw_only=True):
    name = "consent.opted_out"
    title = "Sharing was turned off"
    reason: Code
    source: Code
    version: int


class OptedIn(Event, frozen=True, kw_only=True):
    name = "consent.opted_in"
    title = "Sharing was turned on"
    reason: Code
    source: Code
    version: int
    include_older: bool


class WideChoiceMade(Event, frozen=True, kw_only=True):
    name = "consent.wide_choice"
    title = "A person chose for all accounts, also later ones"
    scope: Code
    denied: bool
    source: Code


class PartnerAdded(Event, frozen=True, kw_only=True):
    name = "partner.added"
    title = "A partner was added"


class CredentialIssued(Event, frozen=True, kw_only=True):
    name = "partner.credential_issued"
    title = "A partner's token was issued"
    prefix: Code
    expires_at: Code


class CredentialRevoked(Event, frozen=True, kw_only=True):
    name = "partner.credential_revoked"
    title = "A partner's token was revoked"
    prefix: Code


class DatasetAdded(Event, frozen=True, kw_only=True):
    name = "dataset.added"
    title = "A dataset was agreed"
    platforms: tuple[Code, ...]
    media_kinds: tuple[Code, ...]
    adult: bool
    parts: Code
    settle_hours: int
    max_reading_age_days: int


class ReleasePlanned(Event, frozen=True, kw_only=True):
    name = "release.planned"
    title = "A release was planned"
    version: int
    files: int


class ReleasePublished(Event, frozen=True, kw_only=True):
    name = "release.published"
    title = "A release was published"
    version: int
    files: int
    rows: int


class FileBuilt(Event, frozen=True, kw_only=True):
    name = "file.built"
    title = "A file was built"
    rows: int
    sha256: Code


class FileVerified(Event, frozen=True, kw_only=True):
    name = "file.verified"
    title = "A file was verified by the second engine"
    rows: int


class FilePublished(Event, frozen=True, kw_only=True):
    name = "file.published"
    title = "A file was published"
    rows: int
    sha256: Code


class FileWithdrawn(Event, frozen=True, kw_only=True):
    name = "file.withdrawn"
    title = "A file was withdrawn and its rebuild queued"
    reason: Code
    successor: Code


class FileQuarantined(Event, frozen=True, kw_only=True):
    name = "file.quarantined"
    title = "A file was set aside after failing"
    reason: Code
    attempts: int


class FileRetried(Event, frozen=True, kw_only=True):
    name = "file.retried"
    title = "A file that had been set aside was queued again"
    reason: Code


class DownloadRequested(Event, frozen=True, kw_only=True):
    name = "download.requested"
    title = "A partner asked for a file"
    receipt: Code


class DownloadEnded(Event, frozen=True, kw_only=True):
    name = "download.ended"
    title = "A download ended"
    receipt: Code
    outcome: Code
    bytes_sent: int


class AuditExported(Event, frozen=True, kw_only=True):
    name = "audit.exported"
    title = "The audit log was exported"
    format: Code
    filters: tuple[Code, ...]


class RoleChanged(Event, frozen=True, kw_only=True):
    name = "person.role_changed"
    title = "Somebody's role was changed"
    role: Code


@cache
def registry() -> dict[str, type[Event]]:
    """Every event by its name. Writing a class into this module registers it, nothing else does."""
    events: dict[str, type[Event]] = {}
    for event in _descendants(Event):
        if event.__module__ != __name__ or "name" not in vars(event):
            continue
        if event.name in events:
            raise InvalidEvent(f"two events are called {event.name!r}")
        events[event.name] = event
    return events


def title_of(name: str) -> str:
    """The sentence for people; the bare name where the registry has none."""
    event = registry().get(name)
    return event.title if event else name


def _descendants(event: type[Event]) -> Iterator[type[Event]]:
    for child in event.__subclasses__():
        yield child
        yield from _descendants(child)
