"""Facebook: posts and photos of the Graph API, and downloads of one's information."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from platforms.records import Item, Reading
from platforms.sources import files, meta, meta_settling
from platforms.sources.contract import Fact, understood
from platforms.sources.facebook.places import SLUG, TERMS
from platforms.sources.facebook.posts import FACTS, POSTS, say


class Facebook:
    """Reads API responses, lists, single objects, NDJSON, files of a download, and its .zip."""

    slug: Final = SLUG
    name: Final = "Facebook"
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


FACEBOOK: Final = Facebook()
