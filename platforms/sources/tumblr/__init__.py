"""Tumblr's API responses, in the Neue Post Format and the one before it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from msgspec import UNSET

from platforms.records import AccountReading, Evidence, FactReading, Item, Reading
from platforms.sources import files, json_records
from platforms.sources.contract import Fact, understood
from platforms.sources.json_documents import Lane, Proven, quickly
from platforms.sources.tumblr import blogs
from platforms.sources.tumblr.alike import Reader, usual_posts
from platforms.sources.tumblr.blogs import Blogs
from platforms.sources.tumblr.posts import (
    SLUG,
    Surroundings,
    blogs_in,
    id_of,
    is_open,
    is_open_to_all,
    odd_item,
)
from platforms.sources.tumblr.responses import Shape, records
from platforms.sources.tumblr.settling import settled
from platforms.sources.values import shown

ADVICE: Final = "Give answers of Tumblr's API, or one post or blog on each line."
NOTED: Final = (Shape.READ, None)
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
    proven, first = Proven(), FirstPass(values)
    for path in paths:
        for shape, record in _records(path, progress, proven, Lane(first.note, first.note)):
            first.add(shape, record)
    around = first.surroundings(values, observed_at)
    yield from _readings(around)
    yield from _facts(around)
    reader = Reader(around, first.posts)
    for path in paths:
        for shape, record in _records(path, progress, proven, Lane(quickly, _again(reader))):
            if shape is Shape.READ:
                yield record
            elif shape is Shape.POST:
                yield reader.item_of(record)
            elif shape is Shape.ODD:
                yield odd_item(observed_at, f"it is neither a post nor a blog: {shown(record)}")


class FirstPass:
    """Every blog of the dump, and the ids of posts that some appearance does not open to all."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.posts = usual_posts()
        self._blogs = Blogs(values)
        self._closed: set[str] = set()

    def note(self, text: bytes) -> object:
        """Take in an open post of the usual form; leave everything else to ``add``."""
        post = self.posts.proven(text)
        if post is None or not is_open_to_all(post.state, post.is_private, post.is_paywalled):
            return UNSET
        if not self._blogs.add_written(bytes(post.blog), posting=True):
            return UNSET
        for segment in post.trail or ():
            if not self._blogs.add_written(bytes(segment.blog)):
                return UNSET
        return NOTED

    def add(self, shape: Shape, record: Any) -> None:
        if shape is Shape.BLOG:
            self._blogs.add(record)
        elif shape is Shape.POST:
            self.posts.learn(record)
            for blog, posting in blogs_in(record):
                self._blogs.add(blog, posting=posting)
            if not is_open(record) and (number := id_of(record)):
                self._closed.add(number)

    def surroundings(self, values: Mapping[str, object], observed_at: datetime) -> Surroundings:
        self._blogs.join_by_name()
        return Surroundings(self._blogs, values, frozenset(self._closed), observed_at)


def _again(reader: Reader) -> Callable[[bytes], object]:
    """Reads a line of the second pass, if it is a post of a kind that was read."""

    def read(text: bytes) -> object:
        item = reader.item_in(text)
        return item if item is UNSET else (Shape.READ, item)

    return read


def _records(
    path: Path, progress: Callable[[int], None], proven: Proven, lane: Lane
) -> Iterator[tuple[Shape, Any]]:
    return json_records.records(
        path,
        progress,
        records,
        odd=Shape.ODD,
        advice=ADVICE,
        xml_advice=XML_ADVICE,
        proven=proven,
        lane=lane,
    )


def _readings(around: Surroundings) -> Iterator[AccountReading]:
    """What is said of each blog; very many of them share a few answers."""
    answers: dict[object, tuple[frozenset[str], frozenset[str]]] = {}
    for uuid, blog in around.blogs.known():
        attested = around.blogs.is_attested(uuid)
        state = uuid is None, attested, blog.readings
        if state not in answers:
            clears = blog.cleared(attested=attested) if uuid else frozenset()
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
