"""Threads: posts of its API, with the posts they quote and answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from platforms.records import Item, Reading
from platforms.sources import files, meta, meta_settling
from platforms.sources.contract import Fact, understood
from platforms.sources.threads.posts import FACTS, POSTS, SLUG, TERMS, say


class Threads:
    """Reads API responses, lists, single objects, NDJSON, and a .zip of them."""

    slug: Final = SLUG
    name: Final = "Threads"
    facts: Final[Mapping[str, Fact]] = FACTS

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading]:
        values = understood(self.facts, asserted)
        return meta.read(POSTS, paths, values, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return meta_settling.settled(item, values, TERMS, say)


THREADS: Final = Threads()
