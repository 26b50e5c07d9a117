"""Instagram's media: objects of its API, and the files of a download of one's information."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from platforms.records import Item, Reading
from platforms.sources import files, meta, meta_settling
from platforms.sources.contract import Fact, understood
from platforms.sources.instagram.media import FACTS, MEDIA, SLUG, TERMS, say


class Instagram:
    """Reads API responses, lists, single objects, NDJSON, files of a download, and its .zip."""

    slug: Final = SLUG
    name: Final = "Instagram"
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
        return meta.read(MEDIA, paths, values, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return meta_settling.settled(item, values, TERMS, say)


INSTAGRAM: Final = Instagram()
