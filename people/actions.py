"""Every write about people: which role they sign in with."""

from django.db import transaction

from audit.actions import record
from audit.events import Actor, RoleChanged
from people.models import User


@transaction.atomic
def set_role(person: User, role: User.Role, *, by: Actor) -> User:
    """Decide which pages exist for ``person``, from their next request on.

    Giving the role that they have already changes nothing and is not recorded.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if locked.role == role:
        return locked
    locked.role = role
    locked.save(update_fields=["role"])
    record(RoleChanged(subject=f"person:{locked.pk}", role=role), by=by)
    return locked
