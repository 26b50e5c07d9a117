"""``manage.py add_dataset``: what a partner is entitled to."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from consent.decision import MAX_AGE, SETTLE
from exports.actions import agree
from exports.models import Dataset, Partner
from platforms.records import MediaKind

BUCKETS = (1, 2, 4, 8, 16, 32, 64)
TERMS = (
    "platforms", "media_kinds", "adult", "parts", "buckets", "settle_hours", "max_reading_age_days",
)  # fmt: skip


class Command(BaseCommand):
    help = "Records what a partner's releases may hold. Whatever is not named stays out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="the partner's short name")
        parser.add_argument("slug", help="the dataset's short name: blogs")
        parser.add_argument("name", help="its name as people write it: 'Public blog posts'")
        parser.add_argument(
            "--platform", action="append", required=True, dest="platforms", help="repeatable"
        )
        parser.add_argument(
            "--media",
            action="append",
            required=True,
            dest="media_kinds",
            choices=[str(kind) for kind in MediaKind],
            help="repeatable; an item with any other kind in it stays out",
        )
        parser.add_argument("--adult", action="store_true", help="the agreement admits adult items")
        parser.add_argument(
            "--parts",
            default=Dataset.Parts.DROP,
            choices=Dataset.Parts.values,
            help="what becomes of an item when somebody who is in a part of it alone does not "
            "share: 'drop' leaves the item out (the default), 'cut' delivers the rest of it",
        )
        parser.add_argument(
            "--settle-hours",
            type=int,
            default=SETTLE // timedelta(hours=1),
            metavar="HOURS",
            help="an item ships once it was read again so long after its publication "
            f"(by default {SETTLE // timedelta(hours=1)})",
        )
        parser.add_argument(
            "--max-reading-age-days",
            type=int,
            default=MAX_AGE.days,
            metavar="DAYS",
            help="an item last read longer ago stays out, and a file with one is withdrawn "
            f"(by default {MAX_AGE.days}; for a monthly dump agree on more than a month)",
        )
        parser.add_argument(
            "--buckets", type=int, default=8, choices=BUCKETS, help="files of a release"
        )

    def handle(self, *args: Any, partner: str, slug: str, name: str, **options: Any) -> None:
        found = Partner.objects.filter(slug=partner).first()
        if found is None:
            raise CommandError(
                f"There is no partner {partner!r}. Add one with: manage.py add_partner"
            )
        terms = {key: options[key] for key in TERMS}
        try:
            dataset = agree.add_dataset(found, slug, name=name, by=operator_command(), **terms)
        except agree.NotAgreeable as refusal:
            raise CommandError(f"Nothing was recorded: {refusal}.") from refusal
        except ValidationError as refusal:
            raise CommandError(f"Nothing was recorded: {' '.join(refusal.messages)}") from refusal
        self.stdout.write(f"Dataset {dataset} was added. Next: manage.py build_release {dataset}")
