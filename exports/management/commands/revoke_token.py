"""``manage.py revoke_token``: end a partner's token, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from exports.actions import agree
from exports.models import Credential


class Command(BaseCommand):
    help = "Ends a token. Running downloads with it go on; no new one begins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prefix", help="its first 8 characters, or all of it")
        parser.add_argument(
            "--partner", help="its partner's short name, when the prefix is not enough"
        )

    def handle(self, *args: Any, prefix: str, partner: str | None, **options: Any) -> None:
        live = Credential.objects.live().filter(prefix=prefix[: agree.SHOWN_OF_TOKEN])
        found = list(live.filter(partner__slug=partner) if partner else live)
        if not found:
            raise CommandError(f"No live token begins with {prefix[: agree.SHOWN_OF_TOKEN]!r}.")
        if len(found) > 1:
            partners = ", ".join(sorted({credential.partner.slug for credential in found}))
            raise CommandError(f"{len(found)} live tokens begin so, of {partners}: give --partner.")
        agree.revoke_credential(found[0], by=operator_command())
        self.stdout.write(f"The token {found[0].prefix}… of {found[0].partner} opens nothing now.")
