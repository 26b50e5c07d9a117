"""What an operator asserts of Shutterstock records that were read before."""

from collections.abc import Iterator, Mapping, Sequence

from platforms.records import Evidence, Item, Visibility
from platforms.sources.settling import filled
from platforms.sources.shutterstock.contributors import CHOICE
from platforms.sources.shutterstock.media import COLLECTION, UNRELEASED

NO: Mapping[str, tuple[str, Visibility, str]] = {
    "catalogue": ("container", Visibility.REMOVED_PLATFORM, "not_licensable"),
    CHOICE: ("account", Visibility.OPTED_OUT, "platform_opt_out"),
}
YES: Mapping[str, tuple[str, Visibility, str]] = {
    "is_editorial": ("item", Visibility.COMMERCIAL, "editorial"),
    "is_adult": ("item", Visibility.ADULT, "adult"),
}
SHOWN = ("has_people", "has_property")


def settled(item: Item, values: Mapping[str, object]) -> Item:
    def answer(gap: Evidence) -> Sequence[Evidence] | None:
        if gap.fact == "collections":
            return _of_collection(gap, values)
        if gap.fact not in values:
            return None
        if gap.fact in SHOWN:
            return _of_what_is_shown(gap, values)
        if gap.fact == "catalogue" and values[gap.fact] is False:
            return None
        if gap.fact == CHOICE and values[gap.fact] is False:
            return ()
        return (Evidence(gap.level, Visibility.PUBLIC, gap.fact),)

    return filled(item, answer, _against(item, values))


def _against(item: Item, values: Mapping[str, object]) -> Iterator[Evidence]:
    """What is asserted counts beside what the records say; no track is editorial."""
    for bad, found in ((False, NO), (True, YES)):
        for fact, (level, visibility, code) in found.items():
            if values.get(fact) is bad and (item.kind, fact) != ("audio", "is_editorial"):
                yield Evidence(level, visibility, code, "it is asserted")


def _of_what_is_shown(gap: Evidence, values: Mapping[str, object]) -> Sequence[Evidence] | None:
    """Nobody shown needs no release; somebody without one is out; otherwise it stays unknown."""
    if values[gap.fact] is False:
        return (Evidence(gap.level, Visibility.PUBLIC, gap.fact),)
    if gap.about != UNRELEASED:
        return None
    subject = gap.fact.removeprefix("has_")
    code = f"{subject}_without_release"
    return (Evidence(gap.level, Visibility.OUT_OF_SCOPE, code, "it is asserted"),)


def _of_collection(gap: Evidence, values: Mapping[str, object]) -> Sequence[Evidence] | None:
    allowed = values.get("collections") or frozenset()
    name = str(gap.about).removeprefix(COLLECTION)
    return () if name in allowed else None  # type: ignore[operator]
