"""What an operator asserts of items of Meta's platforms that were read before."""

from collections.abc import Callable, Mapping, Sequence

from platforms.records import Evidence, Item, Visibility
from platforms.sources.graph import Meaning, reading
from platforms.sources.profiles import Terms
from platforms.sources.settling import filled

Say = Callable[[str, object, str], Sequence[Evidence]]


def settled(item: Item, values: Mapping[str, object], terms: Terms, say: Say) -> Item:
    """``say`` gives what a fact other than the account's privacy proves, at a level."""

    def said(fact: str, level: str) -> Sequence[Evidence]:
        if fact != terms.fact:
            return say(fact, values[fact], level)
        return (_of_privacy(values[fact], level, terms),)

    def answer(gap: Evidence) -> Sequence[Evidence] | None:
        return said(gap.fact, gap.level) if gap.fact in values else None

    levels = {terms.fact: "container"}
    against = [one for fact in values for one in said(fact, levels.get(fact, "item"))]
    return filled(item, answer, against)


def of_field(name: str, value: object, meaning: Meaning, level: str) -> Sequence[Evidence]:
    """What the value of a field proves, as it does where a record holds it."""
    visibility = reading(meaning, value)
    code = name if visibility is Visibility.PUBLIC else f"{name}_{visibility}"
    return (Evidence(level, visibility, code, f"{name} is asserted"),)


def _of_privacy(value: object, level: str, terms: Terms) -> Evidence:
    if value is Visibility.PUBLIC:
        return Evidence(level, Visibility.PUBLIC, terms.noun)
    return Evidence(level, Visibility.PRIVATE, "private", f"{terms.fact} is asserted")
