"""Every write about people: who signs in, and with which role."""

from django.db import transaction

from audit.actions import record
from audit.events import Actor, RoleChanged
from people.models import User


@transaction.atomic
def add_user(username: str, *, email: str, password: str, role: User.Role, by: Actor) -> User:
    """Let somebody sign in with ``password``; one who already can gets that password and role.

    An empty ``email`` leaves the address as it is.
    """
    User.objects.bulk_create([User(username=username)], ignore_conflicts=True)
    person = User.objects.select_for_update(no_key=True).get(username=username)
    person.set_password(password)
    person.email = email or person.email
    person.save(update_fields=["password", "email"])
    return set_role(person, role, by=by)


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
