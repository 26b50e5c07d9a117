"""The readers of the platforms' dumps. A platform that is not here cannot be imported."""

from collections.abc import Mapping
from typing import Final

from platforms.sources.contract import BadFact, BadInput, Fact, Source, facts_of
from platforms.sources.facebook import FACEBOOK
from platforms.sources.generic import GENERIC
from platforms.sources.instagram import INSTAGRAM
from platforms.sources.reddit import REDDIT
from platforms.sources.shutterstock import SHUTTERSTOCK
from platforms.sources.threads import THREADS
from platforms.sources.tumblr import TUMBLR
from platforms.sources.wordpress import WORDPRESS

__all__ = ["SOURCES", "BadFact", "BadInput", "Fact", "Source", "facts_of"]

SOURCES: Final[Mapping[str, Source]] = {
    source.slug: source
    for source in (
        TUMBLR,
        WORDPRESS,
        REDDIT,
        FACEBOOK,
        INSTAGRAM,
        THREADS,
        SHUTTERSTOCK,
        GENERIC,
    )
}
