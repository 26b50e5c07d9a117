"""What the first pass keeps of every post and comment of a site, for whatever hangs on them.

A post costs twelve bytes, not a dictionary's hundreds, so a site of millions fits into memory.
Ids are decimal digits without zeros before them, as the readers make sure.
"""

from array import array
from bisect import bisect_left
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from platforms.records import Visibility

# What has so many digits is below 2**32; other ids are rare and kept as text.
SHORT: Final = 9

Chosen = npt.NDArray[np.int64] | npt.NDArray[np.bool_]


class Appearance(msgspec.Struct, frozen=True):
    """What later elements need to know of a post: what stands against it and whose it is."""

    kind: str
    creator: str | None
    co_authors: tuple[str | None, ...]
    parent: str | None
    marks: tuple[tuple[Visibility, str], ...]


CONFLICT: Final = Appearance("", None, (), None, ((Visibility.UNKNOWN, "conflicting_appearances"),))


def _joined(one: Appearance, other: Appearance) -> Appearance:
    """Two appearances of one post; only its co-authors may be told by one of them alone."""
    if one == other:
        return one
    both = tuple(dict.fromkeys((*one.co_authors, *other.co_authors)))
    if msgspec.structs.replace(one, co_authors=other.co_authors) != other:
        return CONFLICT
    return msgspec.structs.replace(one, co_authors=both)


class Parents:
    """Every post of one site by id; two appearances that differ are a conflict.

    Put everything in first and take out later: the first look after a change sorts.
    """

    def __init__(self) -> None:
        self._ids, self._states, self._above = array("I"), array("I"), array("I")
        # Of few posts the same is not kept, but for what they hang on.
        self._known: list[Appearance] = []
        self._number_of: dict[Appearance, int] = {}
        self._long: dict[str, Appearance] = {}
        self._unapproved = Numbers()
        self._is_sorted = True

    def add(self, number: str | None, appearance: Appearance) -> None:
        if number is None:
            return
        above = appearance.parent or "0"
        if len(number) > SHORT or len(above) > SHORT:
            known = self._long.get(number, appearance)
            self._long[number] = _joined(known, appearance)
            return
        self._ids.append(int(number))
        self._states.append(self._state(appearance))
        self._above.append(int(above))
        self._is_sorted = False

    def update(self, other: "Parents") -> None:
        """Take over what was learned of the same site elsewhere."""
        states = np.array([self._state(one) for one in other._known], dtype=np.uint32)
        self._ids.extend(other._ids)
        self._states.frombytes(states[np.frombuffer(other._states, dtype=np.uint32)].tobytes())
        self._above.extend(other._above)
        self._is_sorted = False
        for number, appearance in other._long.items():
            self.add(number, appearance)
        self._unapproved.update(other._unapproved)

    def get(self, number: str) -> Appearance | None:
        short = self._short(number) if len(number) <= SHORT else None
        long = self._long.get(number)
        if short is None or long is None:
            return short or long
        return _joined(short, long)

    def add_comment(self, number: str | None, *, is_approved: bool) -> None:
        """Remember which comments some appearance does not show as approved."""
        if number and not is_approved:
            self._unapproved.add(number)

    def is_unapproved(self, comment: str | None) -> bool:
        return comment is not None and comment in self._unapproved

    def _short(self, number: str) -> Appearance | None:
        if not self._is_sorted:
            self._sort()
        key = int(number)
        place = bisect_left(self._ids, key)
        if place == len(self._ids) or self._ids[place] != key:
            return None
        return self._at(place)

    def _at(self, place: int) -> Appearance:
        state, above = self._known[self._states[place]], self._above[place]
        return msgspec.structs.replace(state, parent=str(above)) if above else state

    def _state(self, appearance: Appearance) -> int:
        """The number of all that an appearance says but what the post hangs on."""
        if appearance.parent is not None:
            appearance = msgspec.structs.replace(appearance, parent=None)
        number = self._number_of.setdefault(appearance, len(self._known))
        if number == len(self._known):
            self._known.append(appearance)
        return number

    def _sort(self) -> None:
        self._is_sorted = True
        ids = np.frombuffer(self._ids, dtype=np.uint32)
        if np.all(ids[1:] > ids[:-1]):
            return
        self._arrange(np.argsort(ids, kind="stable"))
        ids = np.frombuffer(self._ids, dtype=np.uint32)
        for place in np.flatnonzero(ids[1:] == ids[:-1]).tolist():
            self._join(place, place + 1)
        self._arrange(np.append(ids[1:] != ids[:-1], True))

    def _arrange(self, chosen: Chosen) -> None:
        self._ids = _arranged(self._ids, chosen)
        self._states = _arranged(self._states, chosen)
        self._above = _arranged(self._above, chosen)

    def _join(self, first: int, second: int) -> None:
        """Let the last of several appearances of one post stand for all of them."""
        joined = _joined(self._at(first), self._at(second))
        self._states[second] = self._state(joined)
        self._above[second] = int(joined.parent or 0)


class Numbers:
    """A set of ids, at four bytes each. Put everything in first and look later."""

    def __init__(self) -> None:
        self._short = array("I")
        self._long: set[str] = set()
        self._is_sorted = True

    def add(self, number: str) -> None:
        if len(number) > SHORT:
            self._long.add(number)
            return
        self._short.append(int(number))
        self._is_sorted = False

    def update(self, other: "Numbers") -> None:
        self._short.extend(other._short)
        self._long |= other._long
        self._is_sorted = False

    def __contains__(self, number: str) -> bool:
        if len(number) > SHORT:
            return number in self._long
        if not self._is_sorted:
            unique = np.unique(np.frombuffer(self._short, dtype=np.uint32))
            self._short, self._is_sorted = array("I", unique.tobytes()), True
        place = bisect_left(self._short, int(number))
        return place < len(self._short) and self._short[place] == int(number)


def _arranged(values: "array[int]", chosen: Chosen) -> "array[int]":
    return array("I", np.frombuffer(values, dtype=np.uint32)[chosen].tobytes())
