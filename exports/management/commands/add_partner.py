"""``manage.py add_partner``: a company that will receive datasets."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from exports.actions import agree


class Command(BaseCommand):
    help = "Adds a partner. It receives nothing before it has a token and a dataset."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="a short name for addresses and the log: acme")
        parser.add_argument("name", help="the name as people write it: 'Acme AI'")

    def handle(self, *args: Any, slug: str, name: str, **options: Any) -> None:
        try:
            partner = agree.add_partner(slug, name=name, by=operator_command())
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        self.stdout.write(f"Partner {partner.slug} was added. Next: manage.py issue_token {slug}")
