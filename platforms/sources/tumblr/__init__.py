"""Tumblr's API responses, in the Neue Post Format and the one before it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from platforms.batches import Batch
from platforms.records import AccountReading, Evidence, FactReading, Item, Reading
from platforms.sources import files, json_records
from platforms.sources.contract import Fact, understood
from platforms.sources.json_documents import Lane, quickly, quoted_document
from platforms.sources.spool import Spool
from platforms.sources.tumblr import blogs
from platforms.sources.tumblr.alike import Reader
from platforms.sources.tumblr.first_pass import FirstPass, Kept, Whole
from platforms.sources.tumblr.posts import SLUG, Surroundings, item_of, odd_item
from platforms.sources.tumblr.responses import Shape, records
from platforms.sources.tumblr.settling import settled

ADVICE: Final = "Give answers of Tumblr's API, or one post or blog on each line."
XML_ADVICE: Final = "Is it a WordPress export? Tumblr dumps are JSON."


class Tumblr:
    """Reads API responses, lists and single records, also one on each line."""

    slug: Final = SLUG
    name: Final = "Tumblr"
    facts: Final[Mapping[str, Fact]] = blogs.FACTS

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading | Batch]:
        values = understood(self.facts, asserted)
        return _read(paths, values, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return settled(item, values)


def _read(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Iterator[Reading | Batch]:
    files.check(paths)
    spool: Spool[Kept] = Spool(paths, Whole)
    with spool:
        first = FirstPass(values, observed_at, spool)
        for path in paths:
            for shape, record in _records(path, progress, first):
                first.add(shape, record)
        around = first.finished()
        yield from _readings(around)
        yield from _facts(around)
        reader = Reader(around, first.rests)
        for kept in spool.records(progress):
            if isinstance(kept, pa.RecordBatch):
                yield from reader.read(kept)
            elif kept.shape is Shape.POST:
                yield item_of(quoted_document(kept.raw), around)
            else:
                yield odd_item(observed_at, f"it is neither a post nor a blog: {kept.raw.decode()}")


def _records(
    path: Path, progress: Callable[[int], None], first: FirstPass
) -> Iterator[tuple[Shape, Any]]:
    return json_records.records(
        path,
        progress,
        records,
        odd=Shape.ODD,
        advice=ADVICE,
        xml_advice=XML_ADVICE,
        lane=Lane(first.note, quickly),
    )


def _readings(around: Surroundings) -> Iterator[AccountReading]:
    """What is said of each blog; very many of them share a few answers."""
    answers: dict[object, tuple[frozenset[str], frozenset[str]]] = {}
    for uuid, blog in around.blogs.known():
        state = uuid is None, blog.asserted, blog.readings
        if state not in answers:
            clears = blog.cleared() if uuid else frozenset()
            answers[state] = blog.denials(), clears
        denies, clears = answers[state]
        if denies or clears:
            yield AccountReading(
                platform=SLUG,
                native_id=uuid,
                handle=blog.handle,
                denies=denies,
                clears=clears,
                observed_at=around.observed_at,
            )


def _facts(around: Surroundings) -> Iterator[FactReading]:
    answers: dict[object, tuple[frozenset[str], tuple[Evidence, ...]]] = {}
    for uuid, blog in around.blogs.known():
        state = blog.asserted, blog.readings
        if state not in answers:
            answers[state] = blogs.answers(blog)
        settles, evidence = answers[state]
        if uuid and settles:
            yield FactReading(
                platform=SLUG,
                about=uuid,
                settles=settles,
                evidence=evidence,
                observed_at=around.observed_at,
            )


TUMBLR: Final = Tumblr()
