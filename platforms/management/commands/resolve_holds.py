"""``manage.py resolve_holds``: judge again what is held, with what is known now."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from audit.events import operator_command
from platforms.actions import (
    ResolutionRunning,
    UnknownPlatform,
    WrongKeySecret,
    request_resolution,
    resolve,
)
from platforms.actions.dumps import platform_to_read
from platforms.actions.holds import FAILURES, LeaseLost
from platforms.models import Dump, Platform, Resolution
from platforms.sources import BadFact, facts_of

REFUSED: Final = 2
POLL_S: Final = 0.2


class Command(BaseCommand):
    help = (
        "Judges the held items of a platform again, with all that is known of accounts, "
        "containers and parents now, and with the facts that you assert. No file is read again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help="the platform's short name, such as reddit")
        parser.add_argument(
            "--fact",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            dest="facts",
            help="assert, on the record, what the import does not say of itself; repeatable",
        )
        scope = parser.add_mutually_exclusive_group()
        scope.add_argument("--dump", type=int, metavar="ID", help="the import that is meant")
        scope.add_argument(
            "--all", action="store_true", help="the facts are true of every import that holds items"
        )
        parser.add_argument(
            "--wait", action="store_true", help="do it here, or wait for the worker that does"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            resolution = self._request(options)
        except (BadFact, UnknownPlatform, ResolutionRunning, WrongKeySecret) as error:
            raise CommandError(f"{error} Nothing was changed.", returncode=REFUSED) from error
        slug = resolution.platform_id
        self.stdout.write(f"Order {resolution.pk}: what is held of {slug} is judged again.")
        if options["wait"]:
            self._wait(resolution)

    def _request(self, options: dict[str, Any]) -> Resolution:
        platform = platform_to_read(options["platform"])
        return request_resolution(
            platform,
            facts_of(options["facts"]),
            dump=_dump(platform, options["dump"]),
            everything=options["all"],
            by=operator_command(),
        )

    def _wait(self, resolution: Resolution) -> None:
        console = Console(file=self.stderr)  # type: ignore[arg-type]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
            task = bar.add_task("Judging held items", total=None)
            # An order that failed says why in its row.
            with suppress(*FAILURES, LeaseLost):
                resolve(resolution.pk, lambda count: bar.advance(task, count))
            _watch(resolution, lambda done: bar.update(task, completed=done))
        resolution.refresh_from_db()
        if resolution.state == Resolution.State.FAILED:
            raise CommandError(f"It failed: {resolution.error}")
        answer = Console(file=self.stdout, markup=False, highlight=False)  # type: ignore[arg-type]
        answer.print(*tables(resolution), sep="\n")


def tables(resolution: Resolution) -> list[Table]:
    """How many held items were settled, and why the rest is still held."""
    before, after = resolution.before, resolution.after
    verdicts = Table("Held before", "Now shared", "Now excluded", "Still held")
    counts = (before["held"], after["shared"], after["excluded"], after["held"])
    verdicts.add_row(*(f"{count:,}" for count in counts))
    reasons = Table("Reason", "Held before", "Still held")
    for code, items in before["by_reason"].items():
        reasons.add_row(code, f"{items:,}", f"{after['by_reason'].get(code, 0):,}")
    return [verdicts, reasons] if before["by_reason"] else [verdicts]


def _watch(resolution: Resolution, tell: Callable[[int], None]) -> None:
    """Look at the row until it has ended: a worker may be faster, or have taken over."""
    while Resolution.objects.unfinished().filter(pk=resolution.pk).exists():
        resolution.refresh_from_db()
        tell(resolution.done)
        time.sleep(POLL_S)


def _dump(platform: Platform, pk: int | None) -> Dump | None:
    if pk is None:
        return None
    holding = Dump.objects.holding().filter(platform=platform)
    dump = holding.filter(pk=pk).first()
    if dump is None:
        known = ", ".join(map(str, holding.values_list("pk", flat=True))) or "none"
        raise CommandError(
            f"Import {pk} of {platform} keeps no held items to judge. These do: {known}.",
            returncode=REFUSED,
        )
    return dump
