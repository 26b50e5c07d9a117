"""``manage.py platform_key``: the secret with which a platform makes keys of its accounts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from platforms.actions import (
    UnknownPlatform,
    WrongKeySecret,
    add_missing_platforms,
    platform_to_read,
)
from platforms.actions.tokens import show_platform_key


class Command(BaseCommand):
    help = (
        "Prints the secret, derived for one platform alone, under which that platform can name "
        "accounts in a list of opt-outs without sending their ids. Give it to nobody else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help="the platform's short name, such as tumblr")

    def handle(self, *args: Any, platform: str, **options: Any) -> None:
        add_missing_platforms()
        try:
            secret = show_platform_key(platform_to_read(platform), by=operator_command())
        except (UnknownPlatform, WrongKeySecret) as error:
            raise CommandError(str(error)) from error
        self.stderr.write(
            "An account's key is the BLAKE2b (RFC 7693) of its id in UTF-8: 8 bytes long, under "
            "this secret (32 bytes, here in hexadecimal), with the personalisation 'account'."
        )
        self.stdout.write(secret)
