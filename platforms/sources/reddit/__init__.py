"""Reddit's API responses, archives of it as NDJSON (also zstd), and recorded sessions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from platforms.batches import Batch
from platforms.records import AccountReading, FactReading, Item, Reading
from platforms.sources import files
from platforms.sources.columns import Columns
from platforms.sources.contract import BadInput, Fact, understood
from platforms.sources.json_documents import TAKEN, Lane, documents
from platforms.sources.json_records import recognised, refuse_xml
from platforms.sources.reddit.alike import Alike
from platforms.sources.reddit.fields import FACTS
from platforms.sources.reddit.items import KINDS, SLUG, item_of, items_of_event, odd_item
from platforms.sources.reddit.kept import MAKES, SAID, Kept, Whole
from platforms.sources.reddit.kinds import Kinds, Row
from platforms.sources.reddit.known import Register
from platforms.sources.reddit.recordings import is_recording, recorded
from platforms.sources.reddit.responses import Found, NotReddit, Shape, item_alone, records
from platforms.sources.reddit.settling import settled
from platforms.sources.reddit.surroundings import Surroundings
from platforms.sources.reddit.usual import Records
from platforms.sources.spool import Spool

ADVICE: Final = "Give listings of Reddit's API, recordings of them, or one record on each line."
XML_ADVICE: Final = "Is it a WordPress export? Reddit dumps are JSON."


class Reddit:
    """Reads listings, things, archives and recordings, one in a file or one on each line."""

    slug: Final = SLUG
    name: Final = "Reddit"
    facts: Final[Mapping[str, Fact]] = FACTS

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading | Batch]:
        around = Surroundings(understood(self.facts, asserted), observed_at)
        return _read(paths, around, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return settled(item, values)


def _read(
    paths: Sequence[Path], around: Surroundings, progress: Callable[[int], None]
) -> Iterator[Reading | Batch]:
    files.check(paths)
    spool: Spool[Kept] = Spool(paths, Whole)
    with spool:
        first = _FirstPass(around, spool)
        for path in paths:
            for found in _records(path, progress, first):
                first.add(found)
        first.finish()
        yield from _readings(around.accounts, "", around.observed_at)
        yield from _readings(around.subreddits, "r/", around.observed_at)
        yield from _facts(around.subreddits, around.observed_at)
        alike = Alike(around, first.kinds)
        for kept in spool.records(progress):
            if isinstance(kept, pa.RecordBatch):
                yield from alike.read(kept)
            else:
                yield from _items_in(kept.found, around)


class _FirstPass:
    """Notes what every record says, and keeps it for the second pass."""

    def __init__(self, around: Surroundings, spool: Spool[Kept]) -> None:
        self._around, self._spool = around, spool
        self._records = Records()
        self.kinds = Kinds(around, self._records)
        self._columns = Columns(SAID, MAKES)

    def line(self, text: bytes) -> Any:
        """``TAKEN`` if the line is a usual record, otherwise ``UNSET``."""
        record = self._records.proven(text)
        if record is None or (row := self.kinds.row_of(record)) is None:
            return msgspec.UNSET
        self._put(row)
        return TAKEN

    def add(self, found: Found) -> None:
        row = None
        if found.shape in KINDS and found.read_at is msgspec.UNSET:
            record = self._records.of(found.raw)
            row = self.kinds.row_of(record, found.shape) if record else None
        if row is not None:
            self._put(row)
            return
        self._around.note(found)
        self._spool.put(Whole.of(found))

    def finish(self) -> None:
        if len(self._columns):
            self._spool.put_columns(self._columns.batch())
        self._spool.finish()

    def _put(self, row: Row) -> None:
        title, text, media = row[-3:]
        size = len(title) + len(text) + sum([len(one.url) + len(one.alt) for one in media])
        if self._columns.add(row, size):
            self._spool.put_columns(self._columns.batch())


def _items_in(found: Found, around: Surroundings) -> Iterator[Item]:
    if found.shape in KINDS:
        yield item_of(found, around)
    elif found.shape is Shape.EVENT:
        yield from items_of_event(found.raw, around)
    elif found.shape in (Shape.ODD, Shape.MESSAGE):
        yield odd_item(found, around)


def _records(path: Path, progress: Callable[[int], None], first: _FirstPass) -> Iterator[Found]:
    refuse_xml(path, XML_ADVICE)
    read = documents(path, progress, None, Lane(first.line, first.line))
    return recognised(
        path,
        ((path, line, document) for line, document in read),
        _in_document,
        odd=lambda document: Found(Shape.ODD, document),
        advice=ADVICE,
    )


def _in_document(document: Any, path: Path, line: int) -> Iterable[Found]:
    if found := item_alone(document):
        return (found,)
    if is_recording(document):
        return _recorded(document, path, line)
    return records(document)


def _recorded(document: Any, path: Path, line: int) -> Iterator[Found]:
    try:
        yield from recorded(document)
    except NotReddit:
        raise
    except ValueError as error:
        reason = f"a recorded body cannot be read: {error}"
        raise BadInput(path, reason, line=line, advice="Record the session again.") from error


def _readings(register: Register, prefix: str, observed_at: datetime) -> Iterator[AccountReading]:
    for native_id, name, denies, clears in register.denials():
        if denies or clears:
            yield AccountReading(
                platform=SLUG,
                native_id=native_id,
                handle=f"{prefix}{name}" if name else None,
                denies=denies,
                clears=clears,
                observed_at=observed_at,
            )


def _facts(register: Register, observed_at: datetime) -> Iterator[FactReading]:
    for native_id, settles, evidence in register.answers():
        yield FactReading(
            platform=SLUG,
            about=native_id,
            settles=settles,
            evidence=evidence,
            observed_at=observed_at,
        )


REDDIT: Final = Reddit()
