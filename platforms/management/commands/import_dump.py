"""``manage.py import_dump``: take in what a platform handed over."""

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from audit.events import operator_command
from platforms.actions import (
    DumpChanged,
    MadeInTheFuture,
    MediaMissing,
    UnknownPlatform,
    WrongKeySecret,
    import_dump,
)
from platforms.management.commands.judge import media_table
from platforms.media import BadFolder
from platforms.models import Dump
from platforms.sources import BadFact, BadInput, facts_of

REFUSED: Final = 2
PASSES: Final = 2
REFUSALS: Final = (
    BadInput,
    BadFact,
    BadFolder,
    DumpChanged,
    MadeInTheFuture,
    MediaMissing,
    UnknownPlatform,
    WrongKeySecret,
)


class Command(BaseCommand):
    help = (
        "Reads a platform's dump, judges every item and archives what may be shared. "
        "All of it is imported, or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help="the platform's short name, such as wordpress")
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--fact",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            dest="facts",
            help="assert, on the record, what the dump does not say of itself",
        )
        parser.add_argument(
            "--made-at",
            type=moment,
            metavar="TIME",
            help="when the platform made the dump, as 2026-11-22 or 2026-11-22T08:30+01:00; "
            "otherwise the time at which its oldest file last changed",
        )
        parser.add_argument(
            "--media",
            type=Path,
            metavar="FOLDER",
            help="the folder with the items' media files, which may carry refusals themselves",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            dump = self._import(**options)
        except REFUSALS as error:
            raise CommandError(f"{error} Nothing was imported.", returncode=REFUSED) from error
        except (OperationalError, InterfaceError) as error:
            raise CommandError(
                f"The database did not answer ({str(error).strip()}). Nothing is known to be "
                "imported; run the same command again, which does no harm."
            ) from error
        except OSError as error:
            raise CommandError(f"{error}. Nothing was imported.") from error
        answer = Console(file=self.stdout, markup=False, highlight=False)  # type: ignore[arg-type]
        answer.print(*tables(dump), sep="\n")

    def _import(
        self, *, platform: str, paths: list[Path], facts: list[str], **options: Any
    ) -> Dump:
        console = Console(file=self.stderr)  # type: ignore[arg-type]
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task(f"Reading {len(paths)} file(s)", total=PASSES * size_of(paths))
            return import_dump(
                platform,
                paths,
                facts_of(facts),
                by=operator_command(),
                now=timezone.now(),
                made_at=options["made_at"],
                media=options["media"],
                progress=lambda count: bar.advance(task, count),
            )


def moment(text: str) -> datetime:
    """A day (its first instant) or an instant, in UTC unless it says otherwise."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text[:40]!r} is no time such as 2026-11-22T08:30Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def size_of(paths: list[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def tables(dump: Dump) -> list[Table]:
    """What came out of ``dump``: the verdicts, then every reason not to share."""
    counts = dump.counts
    made = f", read {dump.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if dump.made_at else ""
    title = f"Dump {dump.pk}{made}"
    verdicts = Table("Read", "Shared", "of them adult", "Held", "Excluded", title=title)
    names = ("read", "shared", "adult", "held", "excluded")
    verdicts.add_row(*(f"{counts[name]:,}" for name in names))
    about_media = [media_table(counts["media"])] if "media" in counts else []
    if not counts["by_reason"]:
        return [verdicts, *about_media]
    reasons = Table("Reason", "Items", "For example")
    for code, items in counts["by_reason"].items():
        reasons.add_row(code, f"{items:,}", ", ".join(map(shown, counts["examples"][code])))
    return [verdicts, reasons, *about_media]


def shown(text: str) -> str:
    """A text of the dump as a terminal may show it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
