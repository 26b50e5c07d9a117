"""The readers of the platforms' dumps. A platform that is not here cannot be imported."""

from collections.abc import Mapping
from typing import Final

from platforms.sources.contract import BadFact, BadInput, Fact, Source
from platforms.sources.generic import GENERIC
from platforms.sources.shutterstock import SHUTTERSTOCK
from platforms.sources.tumblr import TUMBLR
from platforms.sources.wordpress import WORDPRESS

__all__ = ["SOURCES", "BadFact", "BadInput", "Fact", "Source"]

SOURCES: Final[Mapping[str, Source]] = {
    source.slug: source
    for source in (
        TUMBLR,
        WORDPRESS,
        SHUTTERSTOCK,
        GENERIC,
    )
}
