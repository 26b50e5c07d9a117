"""Every write of the ``people`` app that is not a person's own sign-up."""

from django.db import transaction

from audit.actions import record
from audit.events import Actor, RoleChanged
from people.models import User


@transaction.atomic
def add_user(username: str, *, email: str, password: str, role: User.Role, by: Actor) -> User:
    """Let somebody sign in with ``password``; one who already can gets that password and role.

    An empty ``email`` leaves the address as it is.
    """
    User.objects.bulk_create([User(username=username, role=role)], ignore_conflicts=True)
    user = User.objects.select_for_update().get(username=username)
    is_new = not user.password
    user.set_password(password)
    user.email = email or user.email
    user.save(update_fields=["password", "email"])
    return give_role(user, role, by=by, is_new=is_new)


@transaction.atomic
def set_role(user: User, role: User.Role, *, by: Actor) -> User:
    """Make ``user`` an operator or a person; it counts from their next click."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    return give_role(locked, role, by=by, is_new=False)


def give_role(user: User, role: User.Role, *, by: Actor, is_new: bool) -> User:
    if user.role == role and not is_new:
        return user
    user.role = role
    user.save(update_fields=["role"])
    record(RoleChanged(subject=f"person:{user.pk}", role=role.value), by=by)
    return user
