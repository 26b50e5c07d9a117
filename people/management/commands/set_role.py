"""``manage.py set_role``: the only way to become an operator."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.events import operator_command
from people.actions import set_role
from people.models import User


class Command(BaseCommand):
    help = "Give somebody who signs in the role of an operator or of a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("role", choices=User.Role.values)

    def handle(self, *, username: str, role: str, **_: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"Nobody signs in as {username!r}.")
        set_role(user, User.Role(role), by=operator_command())
        self.stdout.write(f"{username} is {User.Role(role).label.lower()}.")
