"""``manage.py set_role NAME operator``: the only way to become an operator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from people.actions import set_role
from people.models import User


class Command(BaseCommand):
    help = "Give somebody who has an account here the role of an operator, or take it away."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the name that they sign in with")
        parser.add_argument("role", choices=User.Role.values)

    def handle(self, *args: Any, username: str, role: str, **options: Any) -> None:
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(f"nobody signs in as {username!r}; they have to sign up first")
        set_role(person, User.Role(role), by=operator_command())
        self.stdout.write(f"{username} signs in as {User.Role(role).label.lower()}.")
