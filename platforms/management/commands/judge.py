"""A dry run: what would be shared of a dump, and why not the rest. Needs no database."""

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from platforms.batches import one_by_one
from platforms.media import BadFolder, Folder, Inspector
from platforms.records import Item, Judgement, Verdict
from platforms.sources import SOURCES, BadFact, BadInput, Source, facts_of
from platforms.visibility import judge

PATIENCE_SECONDS = 1.0
REFUSED = 2


class Command(BaseCommand):
    help = "Judge the items of a dump without importing it: one JSON object per line."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help=f"one of {', '.join(SOURCES)}")
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--fact",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="assert a fact that the dump does not hold, for all of it; repeatable",
        )
        parser.add_argument(
            "--adult", action="store_true", help="judge as for a dataset that admits adult items"
        )
        parser.add_argument(
            "--media",
            type=Path,
            metavar="FOLDER",
            help="the folder with the items' media files, which may carry refusals themselves",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source = _source(options["platform"])
        counts: Counter[tuple[Verdict, str]] = Counter()
        try:
            inspector = Inspector(Folder(options["media"])) if options["media"] else None
            for item in _items(source, options["paths"], facts_of(options["fact"]), inspector):
                judgement = judge(item).under(options["adult"])
                self.stdout.write(_line(item, judgement))
                counts[judgement.verdict, _first_code(judgement)] += 1
            self.stdout.flush()
        except (BadInput, BadFact, BadFolder) as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        except BrokenPipeError:
            # The reader has gone; the interpreter must not fail once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        _console().print(_table(counts))
        if inspector:
            _console().print(media_table(inspector.counts.as_json()))


def _source(slug: str) -> Source:
    if slug not in SOURCES:
        raise CommandError(
            f"There is no platform {slug[:40]!r}. Known: {', '.join(SOURCES)}.", returncode=REFUSED
        )
    return SOURCES[slug]


def _items(
    source: Source, paths: Sequence[Path], facts: dict[str, str], inspector: Inspector | None
) -> Iterator[Item]:
    with _bar() as bar:
        size = sum(path.stat().st_size for path in paths if path.is_file())
        task = bar.add_task("Reading", total=size, visible=False)
        began = time.monotonic()

        def progress(count: int) -> None:
            bar.update(task, advance=count, visible=time.monotonic() - began > PATIENCE_SECONDS)

        read = source.read(paths, facts, observed_at=datetime.now(UTC), progress=progress)
        for found in inspector.inspected(read) if inspector else one_by_one(read):
            if isinstance(found, Item):
                yield found


def _line(item: Item, judgement: Judgement) -> str:
    principals = [
        {"role": p.role, "identity": p.identity, "id": p.native_id, "handle": p.handle}
        for p in item.principals
    ]
    return json.dumps(
        {
            "id": item.native_id,
            "kind": item.kind,
            "container": item.container_id,
            "verdict": judgement.verdict,
            "adult": judgement.adult,
            "reasons": [str(reason) for reason in judgement.reasons],
            "principals": principals,
        }
    )


def _first_code(judgement: Judgement) -> str:
    return judgement.reasons[0].code if judgement.reasons else ""


def _table(counts: Counter[tuple[Verdict, str]]) -> Table:
    table = Table("verdict", "first reason", title=f"{counts.total()} items")
    table.add_column("items", justify="right")
    for (verdict, code), count in sorted(counts.items()):
        table.add_row(verdict, code, f"{count:,}")
    for verdict in Verdict:
        total = sum(count for (one, _), count in counts.items() if one is verdict)
        table.add_row(f"all {verdict}", "", f"{total:,}", style="bold")
    return table


def media_table(counts: Mapping[str, int]) -> Table:
    """What became of the media, so that a folder which matches nothing is noticed."""
    table = Table("Media", "Count")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _bar() -> Progress:
    console = _console()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal or sys.stdout.isatty(),
    )


def _console() -> Console:
    return Console(stderr=True)
