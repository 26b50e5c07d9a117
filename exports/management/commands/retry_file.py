"""``manage.py retry_file``: try a file again that was set aside after failing."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from exports.actions import build
from exports.models import MAX_ATTEMPTS, File


class Command(BaseCommand):
    help = (
        f"Queues a file again whose building failed {MAX_ATTEMPTS} times. First mend what its "
        "last error says; its release waits for it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=UUID, help="its id, from the release's page or the log")

    def handle(self, *args: Any, file: UUID, **options: Any) -> None:
        found = File.objects.select_related("release__dataset__partner").filter(pk=file).first()
        if found is None:
            raise CommandError(f"There is no file {file}.")
        try:
            build.retry(found, by=operator_command())
        except build.NotGivenUp as refusal:
            raise CommandError(f"Nothing was queued: {refusal}.") from refusal
        self.stdout.write(f"File {file} is queued. It had failed with: {found.last_error}")
