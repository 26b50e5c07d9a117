"""The readers that are compared: the intake itself, and what others do with the same bytes.

``python -m benchmarks.readers`` is what a measurement runs apart: the work on its standard
input, the measurement on its output.
"""

import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final
from xml.parsers import expat

import duckdb
import msgspec
import orjson
import zstandard

from benchmarks.measuring import Measurement, Work, measured
from platforms.archive.writer import RunWriter
from platforms.intake import take_in
from platforms.keys import Keyring
from platforms.records import Verdict
from platforms.sources import SOURCES

NOW: Final = datetime(2026, 5, 1, tzinfo=UTC)
FACTS: Final[Mapping[str, Mapping[str, str]]] = {"wordpress": {"blog_public": "1"}}
CHUNK: Final = 1 << 16


def intake(work: Work) -> tuple[int, int]:
    """What ``import_dump`` does, without hashing the files and without the database."""
    keyring = Keyring(b"the benchmark's own secret of 32 bytes")
    paths = [Path(path) for path in work.paths]
    with RunWriter(Path(work.folder) / "storage", work.platform) as writer:
        readings = SOURCES[work.platform].read(
            paths, FACTS.get(work.platform, {}), observed_at=NOW, progress=lambda count: None
        )
        counts = take_in(readings, writer, keyring, NOW).counts
    return counts.read, counts.verdicts[Verdict.SHARE]


def orjson_alone(work: Work) -> tuple[int, int]:
    """Every line decoded once and thrown away."""
    count = 0
    for path in work.paths:
        with _text_of(Path(path)) as file:
            for line in file:
                orjson.loads(line)
                count += 1
    return count, 0


def duckdb_alone(work: Work) -> tuple[int, int]:
    """``read_json`` into one Parquet file for each of the dump's, unsorted, on one thread."""
    count = 0
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        for number, path in enumerate(work.paths):
            target = Path(work.folder) / f"duckdb-{number}.parquet"
            source = connection.from_query(
                "SELECT * FROM read_json($path, format = 'newline_delimited')",
                params={"path": path},
            )
            source.write_parquet(str(target), compression="zstd")
            count += connection.read_parquet(str(target)).count("*").fetchall()[0][0]
    return count, 0


def expat_alone(work: Work) -> tuple[int, int]:
    """The XML parsed once, counting its items and comments and keeping nothing."""
    count = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal count
        count += name in ("item", "wp:comment")

    for path in work.paths:
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        with Path(path).open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.Parse(chunk)
        parser.Parse(b"", True)
    return count, 0


@contextmanager
def _text_of(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield file
            return
        with zstandard.ZstdDecompressor().stream_reader(file) as stream:
            yield io.BufferedReader(stream, CHUNK)


READERS: Final[Mapping[str, Callable[[Work], tuple[int, int]]]] = {
    "withhold": intake,
    "orjson": orjson_alone,
    "duckdb": duckdb_alone,
    "expat": expat_alone,
}


def main() -> None:
    work = msgspec.json.decode(sys.stdin.buffer.read(), type=Work)
    try:
        measurement = measured(work, READERS[work.reader])
    except duckdb.Error as error:
        measurement = Measurement(work.reader, work.platform, problem=str(error)[:200])
    sys.stdout.buffer.write(msgspec.json.encode(measurement))


if __name__ == "__main__":
    main()
