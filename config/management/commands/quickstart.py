"""``manage.py quickstart``: the whole house on this machine, and the story told in it."""

import fcntl
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from config.files import write_whole
from config.quickstart.story import Report, SignIn, Story, StoryFailed
from config.quickstart.supervisor import ServiceFailed, Stopped, Supervisor, end_on_signals


class Command(BaseCommand):
    help = "Start everything on this machine and tell the story of an opt-out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end after the story")
        parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1")

    def handle(self, *args: Any, once: bool, port: int, **options: Any) -> None:
        self.console = Console(highlight=False)
        self.folder = Path(settings.VAR_DIR) / "quickstart"
        self.folder.mkdir(parents=True, exist_ok=True)
        supervisor = Supervisor(port, logs=self.folder / "logs")
        end_on_signals()
        try:
            with only_one(self.folder):
                self.run(supervisor, once)
        except Stopped:
            self.console.print("\nEnded; nothing is left running.")
        except (StoryFailed, ServiceFailed) as failure:
            raise CommandError(f"The story broke off: {failure}") from failure

    def run(self, supervisor: Supervisor, once: bool) -> None:
        try:
            with self.progress() as progress:
                story = self.tell(supervisor, progress)
            self.write_report(story.report)
            self.show(story, supervisor.url)
            if story.report.leaks:
                raise StoryFailed(f"{story.report.leaks} items shipped that never should have")
            if not once:
                self.console.print("Ctrl-C ends it.")
                supervisor.watch()
        finally:
            supervisor.stop()

    def tell(self, supervisor: Supervisor, progress: Progress) -> Story:
        step = progress.add_task("The database starts", total=1)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        progress.advance(step)
        step = progress.add_task("Web server, worker and beat start", total=None)
        supervisor.start(tick=lambda: progress.advance(step, 0))
        progress.update(step, total=3, completed=3)
        story = Story(supervisor.url, self.folder / "dumps", progress, supervisor.check)
        story.tell()
        return story

    def progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description:<36}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def write_report(self, report: Report) -> None:
        text = json.dumps(asdict(report), indent=2, sort_keys=True)
        write_whole(self.folder / "report.json", f"{text}\n")

    def show(self, story: Story, url: str) -> None:
        self.console.print()
        self.console.print(counts_table(story.report))
        self.console.print(
            f"After Ada's opt-out the same file was refused within"
            f" {story.report.blocked_after_opt_out_ms:.0f} ms, and the rebuilt files were there"
            f" after {story.report.rebuilt_after_s:.1f} s"
            f" ({story.report.rows_before} rows before, {story.report.rows_after} after)."
            f" Leaks: {story.report.leaks}."
        )
        self.console.print()
        for line in invitation(url, story.sign_ins, story.token):
            self.console.print(line, soft_wrap=True)


def counts_table(report: Report) -> Table:
    table = Table(title="What the two dumps held", title_justify="left", box=None)
    table.add_column("")
    table.add_column("items", justify="right")
    for label, count in (
        ("read", report.items_read),
        ("shared", report.shared),
        ("  of these adult, and not agreed", report.adult),
        ("held, a fact is missing", report.held),
        ("excluded", report.excluded),
    ):
        table.add_row(label, str(count))
    for reason, count in sorted(report.by_reason.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(f"  {reason}", str(count), style="dim")
    return table


def invitation(url: str, sign_ins: list[SignIn], token: str) -> Iterator[str]:
    yield "[bold]Have a look[/]"
    addresses = {"person": f"{url}/", "operator": f"{url}/operator/audit/"}
    for each in sign_ins:
        yield f"  {each.role:<9} {addresses[each.role]}  as {each.username}, {each.password}"
    yield f"  partner   curl -H 'Authorization: Bearer {token}' {url}/api/v1/releases/"
    yield f"  anybody   {url}/api/docs/"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Refuse a second quick start in the same folder while the first one runs."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"A quick start already runs in {folder}; end it first.") from error
        yield
