"""``record``: the one way to add an entry to the trail."""

from django.db import transaction

from audit.events import Actor, Event, registry
from audit.models import Entry


class NoTransaction(RuntimeError):
    """An entry was about to be written apart from the change it speaks of."""


def record(event: Event, *, by: Actor) -> Entry:
    """Add ``event`` to the trail, in the transaction of the change it describes."""
    if not transaction.get_connection().in_atomic_block:
        raise NoTransaction(f"{event.name} must be recorded in the transaction of its change")
    if registry().get(event.name) is not type(event):
        raise LookupError(f"{event.name!r} is not a registered event")
    return Entry.objects.create(
        event=event.name,
        actor=str(by),
        subject=event.subject,
        platform=event.platform,
        partner=event.partner,
        facts=event.facts(),
    )
