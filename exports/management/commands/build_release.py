"""``manage.py build_release``: begin the next version of a dataset."""

import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from audit.events import operator_command
from exports.actions.plan import plan_release
from exports.models import Dataset, File, Release
from exports.releases import Availability, Inventory, availability

POLL_S: Final = 0.2
PATIENCE_S: Final = 600.0


class Command(BaseCommand):
    help = "Plans the next release of a dataset; the workers build, verify and publish it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", metavar="PARTNER/DATASET")
        parser.add_argument("--wait", action="store_true", help="return when it is published")
        parser.add_argument(
            "--timeout",
            type=float,
            default=PATIENCE_S,
            metavar="SECONDS",
            help=f"how long to wait (by default {PATIENCE_S:.0f}); the work goes on afterwards",
        )

    def handle(self, *args: Any, dataset: str, wait: bool, timeout: float, **options: Any) -> None:
        release = plan_release(dataset_named(dataset), by=operator_command())
        self.stdout.write(
            f"Release {release.pk}: version {release.version} of {dataset} is planned."
        )
        if not wait:
            return
        inventory = self._wait(release, timeout)
        self.stdout.write(
            f"Published: {inventory.rows:,} rows in {len(inventory.available)} files to fetch."
        )
        for left in inventory.left_out:
            self.stdout.write(f"  left out: {left.items:,} ({left.refusal}: {left.text})")

    def _wait(self, release: Release, timeout: float) -> Inventory:
        """Watch the rows until the release is published; the workers do the work."""
        deadline = time.monotonic() + timeout
        console = Console(file=self.stderr)  # type: ignore[arg-type]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
            task = bar.add_task("Building files", total=release.files.current().count())
            while True:
                inventory = Inventory.of(Release.objects.get(pk=release.pk))
                bar.update(task, completed=sum(map(is_built, inventory.current.values())))
                if inventory.release.state == Release.State.PUBLISHED:
                    return inventory
                refuse_to_wait_for_the_failed(inventory)
                if time.monotonic() > deadline:
                    raise CommandError(still_waiting(inventory, timeout))
                time.sleep(POLL_S)


def dataset_named(name: str) -> Dataset:
    partner, _, slug = name.partition("/")
    found = Dataset.objects.select_related("partner").filter(partner__slug=partner, slug=slug)
    dataset = found.first()
    if dataset is None:
        raise CommandError(f"There is no dataset {name!r}: give it as PARTNER/DATASET.")
    if not dataset.partner.active:
        raise CommandError(f"{dataset.partner} is not active, so nothing is built for it.")
    return dataset


def is_built(file: File) -> bool:
    return file.is_ready or file.state == File.State.PUBLISHED


def refuse_to_wait_for_the_failed(inventory: Inventory) -> None:
    failed = [
        file for file in inventory.current.values() if availability(file) is Availability.FAILED
    ]
    if failed:
        reasons = "; ".join(f"file {file.pk}: {file.last_error}" for file in failed)
        raise CommandError(f"The release cannot be published. Set aside after failing: {reasons}")


def still_waiting(inventory: Inventory, timeout: float) -> str:
    idle = [file for file in inventory.current.values() if file.state == File.State.PLANNED]
    words = f"Not published after {timeout:.0f} s; the release stays planned."
    if len(idle) == len(inventory.current):
        words += " No worker has begun: is a Celery worker running?"
    errors = {file.last_error for file in idle if file.last_error}
    return words + (f" The last errors: {', '.join(sorted(errors))}." if errors else "")
