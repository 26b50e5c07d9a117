"""Thrift's compact protocol, as far as Parquet's footers and page headers use it.

Reads numbers, texts, lists and structs into plain values by field id; no more of them
and no deeper than the given limits.
"""

from typing import Any, Final

MAX_DEPTH: Final = 16
TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
INTEGERS: Final = frozenset({4, 5, 6})
MAX_VARINT_BITS: Final = 70


class NotThrift(ValueError):
    """Bytes that are no struct, or one beyond the limits."""


class Truncated(NotThrift):
    """The struct goes on beyond the given bytes."""


class Reader:
    """Reads structs from ``data``; ``at`` is where the next one begins."""

    def __init__(self, data: bytes, *, most_values: int) -> None:
        self._data, self._left, self.at = data, most_values, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """The fields of a struct by their ids; a field given twice keeps its last value."""
        if depth > MAX_DEPTH:
            raise NotThrift("it is nested too deeply")
        fields: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            delta = head >> 4
            number = number + delta if delta else self._integer()
            fields[number] = self._value(head & 15, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise NotThrift("it holds too many values")
        if kind in (TRUE, FALSE):
            return kind == TRUE
        if kind in INTEGERS:
            return self._integer()
        if kind == BINARY:
            return self._take(self._varint())
        if kind in (LIST, SET):
            return self._list(depth)
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in (BYTE, DOUBLE):
            return self._take(1 if kind == BYTE else 8)
        raise NotThrift("it holds a type that Parquet does not use")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size, kind = head >> 4, head & 15
        if size == 15:
            size = self._varint()
        if kind in (TRUE, FALSE):
            return [self._byte() == TRUE for _ in range(self._counted(size))]
        return [self._value(kind, depth + 1) for _ in range(self._counted(size))]

    def _counted(self, size: int) -> int:
        if size > self._left:
            raise NotThrift("it holds too many values")
        return size

    def _integer(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            if shift > MAX_VARINT_BITS:
                raise NotThrift("a number is too long")

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        taken = self._data[self.at : self.at + size]
        if len(taken) < size:
            raise Truncated("it ends before it is complete")
        self.at += size
        return taken
