"""Instagram's media: objects of its API, and the files of a download of one's information."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from platforms.records import Reading
from platforms.sources import files, meta
from platforms.sources.contract import Fact, understood
from platforms.sources.instagram.media import FACTS, MEDIA, SLUG


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


INSTAGRAM: Final = Instagram()
