"""``manage.py add_user``: somebody who signs in, made without the sign-up page."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from audit.events import operator_command
from people.actions import add_user
from people.models import User


class Command(BaseCommand):
    help = "Let somebody sign in. Running it again sets their password and role."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument("--role", choices=User.Role.values, default=User.Role.PERSON.value)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(
        self, *, username: str, email: str, role: str, password_stdin: bool, **_: Any
    ) -> None:
        password = self.read_password(password_stdin)
        try:
            User._meta.get_field("username").clean(username, None)
            if email:
                validate_email(email)
            validate_password(password, User(username=username, email=email))
        except ValidationError as refusal:
            raise CommandError("; ".join(refusal.messages))
        user = add_user(
            username,
            email=email,
            password=password,
            role=User.Role(role),
            by=operator_command(),
        )
        self.stdout.write(f"{username} can sign in as {user.get_role_display().lower()}.")

    def read_password(self, from_stdin: bool) -> str:
        if from_stdin:
            return sys.stdin.readline().rstrip("\n")
        return getpass.getpass("Password: ")
