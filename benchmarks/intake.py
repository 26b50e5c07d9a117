"""How fast dumps are taken in: ``python -m benchmarks.intake [--rows N] [--repeat N] [--json]``.

Writes a dump of each platform (always the same), has it decoded, judged and written as
sorted runs, and reads the same files with orjson and DuckDB, so that the ratios can be
compared between machines. Whatever else a machine does only takes time away: of several
rounds, in which the readers take turns, each reader's fastest counts.
"""

import argparse
import platform as machine
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks import generic_dump, reddit_dump, tumblr_dump, wordpress_dump
from benchmarks.measuring import Measurement, Work, measured_apart

ROWS: Final = 1_000_000
PACKAGES: Final = ("msgspec", "orjson", "duckdb", "pyarrow", "numpy", "zstandard")
CPUS: Final = Path("/proc/cpuinfo")


class Dump(msgspec.Struct, frozen=True):
    """One generated dump, and the readers it is given to."""

    title: str
    write: Callable[[Path, int], Iterator[int]]
    readers: tuple[str, ...]


JSON_READERS: Final = ("withhold", "orjson", "duckdb")
DUMPS: Final[Mapping[str, Dump]] = {
    "tumblr": Dump("Tumblr, NDJSON", tumblr_dump.write, JSON_READERS),
    "reddit": Dump("Reddit, .zst", reddit_dump.write, JSON_READERS),
    "wordpress": Dump("WordPress, WXR", wordpress_dump.write, ("withhold", "expat")),
    "generic": Dump("Generic, NDJSON", generic_dump.write, JSON_READERS),
}


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    found = [one for name in options.platforms for one in _measure(name, options)]
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(_report(found, options)) + b"\n")
        return
    _print(found, options)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="items of each dump")
    parser.add_argument("--repeat", type=int, default=1, help="rounds, of which the fastest counts")
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument(
        "--platforms", nargs="+", choices=DUMPS, default=list(DUMPS), help="only these dumps"
    )
    parser.add_argument("--folder", type=Path, help="where the files are written for a while")
    options = parser.parse_args(arguments)
    if min(options.repeat, options.rows) < 1:
        parser.error("--repeat and --rows must be at least 1")
    if options.folder and not options.folder.is_dir():
        parser.error(f"--folder: there is no folder {options.folder}; make it, or name another")
    return options


def _measure(name: str, options: argparse.Namespace) -> list[Measurement]:
    dump = DUMPS[name]
    with tempfile.TemporaryDirectory(prefix="withhold-intake-", dir=options.folder) as place:
        source = Path(place) / "dump"
        source.mkdir()
        _generate(dump, source, options.rows)
        # The posts of a dump come before the comments on them.
        paths = [str(path) for path in sorted(source.iterdir(), reverse=True)]
        rounds = [
            [_read(reader, name, paths, place) for reader in dump.readers]
            for _ in range(options.repeat)
        ]
    return [_fastest(runs) for runs in zip(*rounds, strict=True)]


def _read(reader: str, name: str, paths: list[str], place: str) -> Measurement:
    with tempfile.TemporaryDirectory(dir=place) as results:
        return measured_apart(Work(reader, name, paths, results))


def _fastest(runs: Sequence[Measurement]) -> Measurement:
    """The run that took least time of the processor, with the most memory of any."""
    best = min(runs, key=lambda one: (bool(one.problem), one.cpu_seconds))
    peak = max(one.peak_megabytes for one in runs)
    return msgspec.structs.replace(best, peak_megabytes=peak)


def _generate(dump: Dump, folder: Path, rows: int) -> None:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Writing a dump: {dump.title}", total=rows)
        waiting = 0
        for written in dump.write(folder, rows):
            waiting += written
            if waiting >= 1000:
                progress.advance(task, waiting)
                waiting = 0


def _report(found: list[Measurement], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "rows": options.rows,
        "repeat": options.repeat,
        "machine": _machine(),
        "measurements": [
            {
                **msgspec.to_builtins(one),
                "items_per_cpu_second": one.items_per_cpu_second,
                "items_per_second": one.items_per_second,
                "megabytes_per_cpu_second": one.megabytes_per_cpu_second,
            }
            for one in found
        ],
    }


def _machine() -> dict[str, str]:
    return {
        "date": date.isoformat(datetime.now(UTC).date()),
        "processor": _processor(),
        "system": machine.platform(),
        "python": machine.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    if not CPUS.exists():
        return machine.processor()
    names = [line.partition(":")[2].strip() for line in CPUS.read_text().splitlines()
             if line.startswith("model name")]  # fmt: skip
    return f"{names[0]}, {len(names)} cores" if names else machine.processor()


def _print(found: list[Measurement], options: argparse.Namespace) -> None:
    title = f"Intake of {options.rows:,} items of each platform"
    if options.repeat > 1:
        title += f", the fastest of {options.repeat} runs"
    table = Table(title=title)
    table.add_column("dump")
    table.add_column("reader")
    for heading in ("items", "shared", "MB", "items/s of CPU", "items/s", "MB/s of CPU", "peak MB"):
        table.add_column(heading, justify="right")
    table.add_column("times as long", justify="right")
    for one in found:
        table.add_row(*_cells(one, found))
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in _machine().items()))


def _cells(one: Measurement, found: list[Measurement]) -> list[str]:
    title = DUMPS[one.platform].title
    if one.problem:
        return [title, one.reader, one.problem]
    return [
        title,
        one.reader,
        f"{one.items:,}",
        f"{one.shared:,}" if one.reader == "withhold" else "",
        f"{one.megabytes:,.1f}",
        f"{one.items_per_cpu_second:,.0f}",
        f"{one.items_per_second:,.0f}",
        f"{one.megabytes_per_cpu_second:,.1f}",
        f"{one.peak_megabytes:,.0f}",
        _ratio(one, found),
    ]


def _ratio(one: Measurement, found: list[Measurement]) -> str:
    """How much longer the intake took than this reader, in CPU seconds."""
    ours = next(m for m in found if m.platform == one.platform and m.reader == "withhold")
    if one is ours or not one.cpu_seconds:
        return ""
    return f"{ours.cpu_seconds / one.cpu_seconds:.1f}"


if __name__ == "__main__":
    main()
