"""Tumblr's API responses, in the Neue Post Format and the one before it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from platforms.records import AccountReading, FactReading, Item, Reading
from platforms.sources import files, json_records
from platforms.sources.contract import Fact, understood
from platforms.sources.json_documents import Proven
from platforms.sources.tumblr import blogs
from platforms.sources.tumblr.alike import Reader
from platforms.sources.tumblr.blogs import Blogs
from platforms.sources.tumblr.posts import (
    SLUG,
    Surroundings,
    blogs_in,
    id_of,
    is_open,
    odd_item,
)
from platforms.sources.tumblr.responses import Shape, records
from platforms.sources.tumblr.settling import settled
from platforms.sources.values import shown

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
    ) -> Iterator[Reading]:
        values = understood(self.facts, asserted)
        return _read(paths, values, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return settled(item, values)


def _read(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Iterator[Reading]:
    files.check(paths)
    proven = Proven()
    around = _first_pass(paths, values, observed_at, progress, proven)
    yield from _readings(around)
    yield from _facts(around)
    reader = Reader(around)
    for path in paths:
        for shape, record in _records(path, progress, proven):
            if shape is Shape.POST:
                yield reader.item_of(record)
            elif shape is Shape.ODD:
                yield odd_item(observed_at, f"it is neither a post nor a blog: {shown(record)}")


def _first_pass(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
    proven: Proven,
) -> Surroundings:
    """Every blog of the dump, and the ids of posts that some appearance does not open to all."""
    known = Blogs(values)
    closed = set()
    for path in paths:
        for shape, record in _records(path, progress, proven):
            if shape is Shape.BLOG:
                known.add(record)
            elif shape is Shape.POST:
                for blog, posting in blogs_in(record):
                    known.add(blog, posting=posting)
                if not is_open(record) and (number := id_of(record)):
                    closed.add(number)
    known.join_by_name()
    return Surroundings(known, values, frozenset(closed), observed_at)


def _records(
    path: Path, progress: Callable[[int], None], proven: Proven
) -> Iterator[tuple[Shape, Any]]:
    return json_records.records(
        path,
        progress,
        records,
        odd=Shape.ODD,
        advice=ADVICE,
        xml_advice=XML_ADVICE,
        proven=proven,
    )


def _readings(around: Surroundings) -> Iterator[AccountReading]:
    for uuid, blog in around.blogs.known():
        denies = blog.denials()
        clears = blog.cleared(attested=around.blogs.is_attested(uuid)) if uuid else frozenset()
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
    for uuid, blog in around.blogs.known():
        settles, evidence = blogs.answers(blog)
        if uuid and settles:
            yield FactReading(
                platform=SLUG,
                about=uuid,
                settles=settles,
                evidence=evidence,
                observed_at=around.observed_at,
            )


TUMBLR: Final = Tumblr()
