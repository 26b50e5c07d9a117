"""The typed registry of what can happen: one class for each event, one field for each fact.

Facts are counts, codes, keys and digests. Handles, addresses, user agents and
content have no field here, so they cannot get into the trail.
"""

from enum import StrEnum
from typing import Any, ClassVar

import msgspec


class ActorKind(StrEnum):
    PERSON = "person"
    OPERATOR = "operator"
    PARTNER = "partner"
    PLATFORM = "platform"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """Who asked for a change: the kind, and an internal id (never a name)."""

    kind: ActorKind
    id: str = ""

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
    subject: str
    platform: str = ""
    partner: str = ""

    def facts(self) -> dict[str, Any]:
        """The event's own fields, as JSON can hold them."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        for common in ("subject", "platform", "partner"):
            del facts[common]
        return facts


class DumpImported(Event, frozen=True, kw_only=True):
    name = "dump.imported"
    title = "A dump was imported"
    files: int
    items: int
    shared: int
    held: int
    excluded: int
    facts_asserted: dict[str, str]


class AccountLinked(Event, frozen=True, kw_only=True):
    name = "account.linked"
    title = "An account was linked to a person"
    method: str


class AccountStateChanged(Event, frozen=True, kw_only=True):
    name = "account.state_changed"
    title = "A platform reported an account's state"
    reasons: tuple[str, ...]
    denied: bool


class ItemStateChanged(Event, frozen=True, kw_only=True):
    name = "item.state_changed"
    title = "A platform reported an item's state"
    state: str


class OptedOut(Event, frozen=True, kw_only=True):
    name = "consent.opted_out"
    title = "Sharing was turned off"
    reason: str
    source: str
    version: int


class OptedIn(Event, frozen=True, kw_only=True):
    name = "consent.opted_in"
    title = "Sharing was turned on"
    reason: str
    source: str
    version: int
    include_older: bool


class WideChoiceMade(Event, frozen=True, kw_only=True):
    name = "consent.wide_choice"
    title = "A person chose for all accounts, also later ones"
    scope: str
    denied: bool
    source: str


class PartnerAdded(Event, frozen=True, kw_only=True):
    name = "partner.added"
    title = "A partner was added"


class CredentialIssued(Event, frozen=True, kw_only=True):
    name = "partner.credential_issued"
    title = "A partner's token was issued"
    prefix: str
    expires_at: str


class CredentialRevoked(Event, frozen=True, kw_only=True):
    name = "partner.credential_revoked"
    title = "A partner's token was revoked"
    prefix: str


class DatasetAdded(Event, frozen=True, kw_only=True):
    name = "dataset.added"
    title = "A dataset was agreed"
    platforms: tuple[str, ...]
    media_kinds: tuple[str, ...]
    adult: bool


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
    sha256: str


class FileVerified(Event, frozen=True, kw_only=True):
    name = "file.verified"
    title = "A file was verified by the second engine"
    rows: int


class FilePublished(Event, frozen=True, kw_only=True):
    name = "file.published"
    title = "A file was published"
    rows: int
    sha256: str


class FileWithdrawn(Event, frozen=True, kw_only=True):
    name = "file.withdrawn"
    title = "A file was withdrawn and its rebuild queued"
    reason: str
    successor: str


class FileQuarantined(Event, frozen=True, kw_only=True):
    name = "file.quarantined"
    title = "A file was set aside after failing"
    reason: str
    attempts: int


class DownloadRequested(Event, frozen=True, kw_only=True):
    name = "download.requested"
    title = "A partner asked for a file"
    receipt: str


class DownloadEnded(Event, frozen=True, kw_only=True):
    name = "download.ended"
    title = "A download ended"
    receipt: str
    outcome: str
    bytes_sent: int


class AuditExported(Event, frozen=True, kw_only=True):
    name = "audit.exported"
    title = "The audit log was exported"
    format: str


def registry() -> dict[str, type[Event]]:
    """Every event by its name."""
    return {event.name: event for event in Event.__subclasses__()}
