"""``manage.py doctor``: what this machine has, what is missing, and what to do about it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from config.doctor import Health, examine

MARKS = {
    Health.GOOD: "[green]good[/]",
    Health.NOTE: "[yellow]note[/]",
    Health.BAD: "[red]missing[/]",
}


class Command(BaseCommand):
    help = "Look at everything Withhold needs, and explain each missing part."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        table = Table(box=None, pad_edge=False)
        for heading in ("", "what", "found", "what to do"):
            table.add_column(heading, overflow="fold")
        bad = 0
        for finding in examine():
            bad += finding.health is Health.BAD
            table.add_row(MARKS[finding.health], finding.what, finding.found, finding.remedy)
        Console().print(table)
        sys.exit(1 if bad else 0)
