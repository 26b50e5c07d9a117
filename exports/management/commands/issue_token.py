"""``manage.py issue_token``: a token for a partner's machine, shown this once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from exports.actions import agree
from exports.models import Partner
from platforms.tokens import LONGEST_LIFE


class Command(BaseCommand):
    help = "Issues a token for a partner and prints it: the only time that it can be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the partner's short name")
        parser.add_argument(
            "--days",
            type=int,
            default=LONGEST_LIFE.days,
            help=f"how long it lives (at most and by default {LONGEST_LIFE.days})",
        )

    def handle(self, *args: Any, slug: str, days: int, **options: Any) -> None:
        partner = Partner.objects.filter(slug=slug).first()
        if partner is None:
            raise CommandError(f"There is no partner {slug!r}. Add one with: manage.py add_partner")
        if not 1 <= days <= LONGEST_LIFE.days:
            raise CommandError(f"A token lives 1 to {LONGEST_LIFE.days} days, not {days}.")
        try:
            credential, token = agree.issue_credential(
                partner, by=operator_command(), life=timedelta(days=days)
            )
        except agree.NotAgreeable as refusal:
            raise CommandError(f"No token was issued: {refusal}.") from refusal
        self.stderr.write(
            f"A token for {partner}, good until {credential.expires_at:%Y-%m-%d %H:%M} UTC. "
            f"It is not kept here and cannot be shown again. To end it: "
            f"manage.py revoke_token {credential.prefix}"
        )
        self.stdout.write(token)
