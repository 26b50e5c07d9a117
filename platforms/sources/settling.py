"""Fills the gaps of items that were read before with what an operator asserts now."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from platforms.records import Evidence, Item, Visibility

Answer = Callable[[Evidence], Sequence[Evidence] | None]


def filled(item: Item, answer: Answer, against: Iterable[Evidence] = ()) -> Item:
    """``item`` with what ``answer`` gives for each gap that names a fact, None leaving it.

    ``against`` is what is asserted against the item whatever it says of itself.
    """
    found = [one for gap in item.evidence for one in _instead_of(gap, answer)]
    found += [one for one in against if one.visibility is not Visibility.PUBLIC]
    evidence = tuple(dict.fromkeys(found))
    return msgspec.structs.replace(item, evidence=evidence)


def _instead_of(gap: Evidence, answer: Answer) -> Sequence[Evidence]:
    if gap.visibility is not Visibility.UNKNOWN or not gap.fact:
        return (gap,)
    answers = answer(gap)
    return (gap,) if answers is None else answers
