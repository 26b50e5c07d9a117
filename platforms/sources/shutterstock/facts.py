"""What an operator may assert of a Shutterstock dump. A record that says worse still wins."""

from collections.abc import Mapping
from typing import Final

from platforms.sources.contract import Fact, one_of

FLAG: Final = {"true": True, "false": False}
MEDIA_TYPES: Final = ("image", "video", "audio")


def _names(text: str) -> object:
    names = frozenset(name.strip().casefold() for name in text.split(",") if name.strip())
    if not names:
        raise ValueError(text)
    return names


FACTS: Final[Mapping[str, Fact]] = {
    "catalogue": one_of({"licensable": True, "not_licensable": False}),
    "contributor.data_licensing": one_of({"opted_in": True, "opted_out": False}),
    "is_editorial": one_of(FLAG),
    "is_adult": one_of(FLAG),
    "has_people": one_of(FLAG),
    "has_property": one_of(FLAG),
    "collections": Fact("names of collections that may be shared, separated by commas", _names),
    "audio.artists": one_of({"contributor": True}),
    "updates.media_type": one_of({name: name for name in MEDIA_TYPES}, settles_held=False),
}
