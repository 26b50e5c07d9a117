"""What is kept of each of millions of records, where many of them have the same kept of them.

A record costs twelve bytes, not a dictionary's two hundred, so the posts of a whole platform
fit into memory. Names are not hashed: two of them never share a place.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Value = TypeVar("Value", bound=Hashable)

DRAWERS: Final = 16
# ``t3_`` and eleven digits to the base of 36 are below 2**63; longer ids are kept as text.
LONGEST: Final = len("t3_") + 11
BASE: Final = 36


class Shelf(Generic[Value]):
    """Values by fullname; ``unite`` makes one of two that are put in the same place, in order.

    Put everything in first and take out later: the first look after a change sorts.
    """

    def __init__(self, unite: Callable[[Value, Value], Value]) -> None:
        self._unite = unite
        self._keys = [array("q") for _ in range(DRAWERS)]
        self._numbers = [array("i") for _ in range(DRAWERS)]
        self._values: list[Value] = []
        self._number_of: dict[Value, int] = {}
        self._others: dict[str, Value] = {}
        self._is_sorted = True

    def put(self, name: str, value: Value) -> None:
        """``name`` is a fullname: ``t``, a digit, an underscore, digits and small letters."""
        if len(name) > LONGEST:
            known = self._others.get(name)
            self._others[name] = value if known is None else self._unite(known, value)
            return
        key = _key(name)
        self._keys[key % DRAWERS].append(key)
        self._numbers[key % DRAWERS].append(self._number(value))
        self._is_sorted = False

    def get(self, name: str) -> Value | None:
        if len(name) > LONGEST:
            return self._others.get(name)
        if not self._is_sorted:
            self._sort()
        key = _key(name)
        keys = self._keys[key % DRAWERS]
        place = bisect_left(keys, key)
        if place == len(keys) or keys[place] != key:
            return None
        return self._values[self._numbers[key % DRAWERS][place]]

    def numbers(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """What ``value`` takes, for each of ``keys_of`` some names; minus one for nothing."""
        if not self._is_sorted:
            self._sort()
        found = np.full(len(keys), -1, dtype=np.int64)
        drawers = keys % DRAWERS
        for drawer in np.unique(drawers).tolist():
            kept = np.frombuffer(self._keys[drawer], dtype=np.int64)
            if len(kept):
                asked = np.flatnonzero(drawers == drawer)
                places = np.minimum(np.searchsorted(kept, keys[asked]), len(kept) - 1)
                is_there = kept[places] == keys[asked]
                numbers = np.frombuffer(self._numbers[drawer], dtype=np.int32)
                found[asked[is_there]] = numbers[places[is_there]]
        return found

    def value(self, number: int) -> Value | None:
        return self._values[number] if number >= 0 else None

    def _number(self, value: Value) -> int:
        number = self._number_of.setdefault(value, len(self._values))
        if number == len(self._values):
            self._values.append(value)
        return number

    def _sort(self) -> None:
        for drawer in range(DRAWERS):
            keys = np.frombuffer(self._keys[drawer], dtype=np.int64)
            order = np.argsort(keys, kind="stable")
            numbers = np.frombuffer(self._numbers[drawer], dtype=np.int32)[order]
            keys = keys[order]
            self._join(keys, numbers)
            last = np.append(keys[1:] != keys[:-1], True) if len(keys) else slice(0)
            self._keys[drawer] = array("q", keys[last].tobytes())
            self._numbers[drawer] = array("i", numbers[last].tobytes())
        self._is_sorted = True

    def _join(self, keys: npt.NDArray[np.int64], numbers: npt.NDArray[np.int32]) -> None:
        """Let the last of several in one place stand for all of them."""
        for place in np.flatnonzero(keys[1:] == keys[:-1]).tolist():
            first, second = (self._values[number] for number in numbers[place : place + 2])
            numbers[place + 1] = self._number(self._unite(first, second))


def _key(name: str) -> int:
    """The digit after the ``t`` is never zero, so zeros that an id begins with count, too."""
    return int(name[1] + name[3:], BASE)


def keys_of(kinds: npt.NDArray[np.int64], numbers: pa.StringArray) -> npt.NDArray[np.int64]:
    """The keys of all fullnames that are made of a kind's digit and a number, none too long."""
    _, ends, text = numbers.buffers()
    ends = np.frombuffer(ends, dtype=np.int32)[numbers.offset : numbers.offset + len(numbers) + 1]
    starts, lengths = ends[:-1], ends[1:] - ends[:-1]
    letters = np.frombuffer(text, dtype=np.uint8) if text else np.zeros(0, dtype=np.uint8)
    keys = kinds.astype(np.int64)
    for place in range(lengths.max(initial=0)):
        has = np.flatnonzero(lengths > place)
        letter = letters[starts[has] + place].astype(np.int64)
        digit = np.where(letter <= ord("9"), letter - ord("0"), letter - ord("a") + 10)
        keys[has] = keys[has] * BASE + digit
    return keys
