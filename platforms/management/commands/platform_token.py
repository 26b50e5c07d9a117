"""``manage.py platform_token``: the tokens with which a platform's machines sign in."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from platforms.actions import UnknownPlatform, add_missing_platforms, platform_to_read
from platforms.actions.tokens import (
    SHOWN_OF_TOKEN,
    NoToken,
    issue_token,
    revoke_token,
)
from platforms.models import Platform
from platforms.tokens import LONGEST_LIFE


class Command(BaseCommand):
    help = (
        "Issues a token for a platform's live feed and prints it: the only time that it can be "
        "read. Two may live at once: issue the next, change over, revoke the old one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help="the platform's short name, such as tumblr")
        parser.add_argument(
            "--days",
            type=int,
            default=LONGEST_LIFE.days,
            help=f"how long it lives (at most and by default {LONGEST_LIFE.days})",
        )
        parser.add_argument("--revoke", metavar="PREFIX", help="end a token, now")
        parser.add_argument("--list", action="store_true", help="show the live tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        add_missing_platforms()
        try:
            platform = platform_to_read(options["platform"])
        except UnknownPlatform as error:
            raise CommandError(str(error)) from error
        if options["list"]:
            self._list(platform)
        elif options["revoke"]:
            self._revoke(platform, options["revoke"])
        else:
            self._issue(platform, options["days"])

    def _list(self, platform: Platform) -> None:
        for credential in platform.credentials.live().order_by("pk"):
            until = f"{credential.expires_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{credential.prefix}… is good until {until}")

    def _revoke(self, platform: Platform, prefix: str) -> None:
        shown = prefix[:SHOWN_OF_TOKEN]
        found = list(platform.credentials.live().filter(prefix=shown))
        if len(found) != 1:
            raise CommandError(
                f"{len(found) or 'No'} live tokens of {platform} begin with {shown!r}. "
                "See them with --list."
            )
        revoke_token(found[0], by=operator_command())
        self.stdout.write(f"The token {shown}… of {platform} opens nothing now.")

    def _issue(self, platform: Platform, days: int) -> None:
        if not 1 <= days <= LONGEST_LIFE.days:
            raise CommandError(f"A token lives 1 to {LONGEST_LIFE.days} days, not {days}.")
        try:
            credential, token = issue_token(
                platform, by=operator_command(), life=timedelta(days=days)
            )
        except NoToken as refusal:
            raise CommandError(f"No token was issued: {refusal}.") from refusal
        self.stderr.write(
            f"A token for {platform}, good until {credential.expires_at:%Y-%m-%d %H:%M} UTC. "
            "It is not kept here and cannot be shown again. To end it: "
            f"manage.py platform_token {platform.slug} --revoke {credential.prefix}"
        )
        self.stdout.write(token)
