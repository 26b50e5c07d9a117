"""The feed of what was added, edited or deleted.

A deletion removes an item wherever it is read; an addition or an edit proves
nothing, because the feed does not say what the item is now.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from platforms.records import Evidence, Item, Visibility
from platforms.sources.shutterstock.facts import MEDIA_TYPES
from platforms.sources.shutterstock.values import id_in, read

KIND: Final = "update"
HARMLESS: Final = frozenset({"addition", "edit"})
DELETION: Final = "deletion"
REMOVED: Final = Evidence(
    "item", Visibility.REMOVED_PLATFORM, "deleted", "the update feed says that it was deleted"
)
ODD: Final = Evidence(
    "item", Visibility.UNKNOWN, "update_unknown", "the update feed says something unknown of it"
)
NOT_READ: Final = Evidence(
    "item",
    Visibility.UNKNOWN,
    "update_without_record",
    "it was added or edited; import the item's own record, read after the update",
)


class Updates:
    """What the feed says against items, by id and then by media type."""

    def __init__(self, asserted: Mapping[str, object]) -> None:
        self._kind = asserted.get("updates.media_type")
        self._against: dict[tuple[str, str], Evidence] = {}

    def add(self, raw: Mapping[str, Any]) -> None:
        number, said = id_in(raw.get("id")), meaning_of(raw)
        if number is None or said is NOT_READ:
            return
        for kind in self.kinds_of(raw):
            if self._against.get((kind, number)) is not REMOVED:
                self._against[kind, number] = said

    def against(self, kind: str, number: str | None) -> Evidence | None:
        return self._against.get((kind, number or ""))

    def kinds_of(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """The media types that an update may be about: all of them, if nothing says which."""
        kind = raw.get("media_type", self._kind)
        return (kind,) if isinstance(kind, str) and kind in MEDIA_TYPES else MEDIA_TYPES

    def items_of(self, raw: Mapping[str, Any], slug: str, observed_at: datetime) -> Iterator[Item]:
        """What the update says, as items of the media types it may be about."""
        number, said = id_in(raw.get("id")), meaning_of(raw)
        kinds = (KIND,) if number is None or said is NOT_READ else self.kinds_of(raw)
        for kind in kinds:
            yield Item(
                platform=slug,
                kind=kind,
                native_id=number,
                evidence=(said,),
                observed_at=observed_at,
            )


def meaning_of(raw: Mapping[str, Any]) -> Evidence:
    """The worst of what one update says, in either of its spellings."""
    types = [raw["type"]] if "type" in raw else []
    updates = raw.get("updates", [])
    types += updates if isinstance(updates, list) else [updates]
    if DELETION in types:
        return REMOVED
    if types and all(isinstance(one, str) and one in HARMLESS for one in types):
        return NOT_READ
    odd = next((one for one in types if not isinstance(one, str) or one not in HARMLESS), None)
    return Evidence("item", ODD.visibility, ODD.code, f"{ODD.detail}: type is {read(odd)}")
