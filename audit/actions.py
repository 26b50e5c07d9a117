"""``record``: the one way to add an entry to the trail."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from audit.events import Actor, AuditExported, Event, registry, require_valid
from audit.models import Entry

ENTRIES: Final = "COPY audit_entry (event, actor, subject, platform, partner, facts) FROM STDIN"


class NoTransaction(RuntimeError):
    """An entry was about to be written apart from the change it speaks of."""


class UnregisteredEvent(LookupError):
    """An event that is not of the registry in ``audit.events``."""


def record(event: Event, *, by: Actor) -> Entry:
    """Add ``event`` to the trail, in the transaction of the change it describes.

    Raises ``NoTransaction``, ``UnregisteredEvent`` or ``InvalidEvent``; the change
    then has to fail as well.
    """
    require_valid(by)
    entry = Entry(**_row(event, str(by))._asdict())
    entry.save(force_insert=True)
    return entry


def record_all(events: Iterable[Event], *, by: Actor) -> None:
    """Add many entries as ``record`` adds one, in one statement."""
    require_valid(by)
    actor = str(by)
    rows = [_row(event, actor) for event in events]
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(ENTRIES) as copy:
        for row in rows:
            copy.write_row((*row[:-1], Jsonb(row.facts)))


@transaction.atomic(durable=True)
def record_export(format: str, filters: Iterable[str], *, by: Actor) -> Entry:
    """Say who took a copy of the trail, before its first byte leaves.

    ``filters`` are the names of the filters alone: what an operator typed into one
    may be a person's name.
    """
    exported = AuditExported(subject="audit", format=format, filters=tuple(sorted(filters)))
    return record(exported, by=by)


class _Row(NamedTuple):
    """One entry, in the order of ``ENTRIES``; the facts come last."""

    event: str
    actor: str
    subject: str
    platform: str
    partner: str
    facts: dict[str, Any]


def _row(event: Event, actor: str) -> _Row:
    if not transaction.get_connection().in_atomic_block:
        raise NoTransaction(f"{event.name} must be recorded in the transaction of its change")
    if registry().get(event.name) is not type(event):
        raise UnregisteredEvent(f"{event.name!r} is not a registered event")
    require_valid(event)
    return _Row(event.name, actor, event.subject, event.platform, event.partner, event.facts())
