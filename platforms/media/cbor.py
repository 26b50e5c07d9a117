"""Reads one CBOR value (RFC 8949), strictly and within bounds.

Only for small assertions. Refused: trailing bytes, names given twice, deep nesting.
"""

import struct
from typing import Final

from platforms.media.statements import Unreadable

DEPTH: Final = 32
VALUES: Final = 10_000
FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}
INDEFINITE: Final = 31
BREAK: Final = 0xFF


def value_of(data: bytes) -> object:
    reader = _Reader(data)
    value = reader.value(DEPTH)
    if reader.at != len(data):
        raise Unreadable("a CBOR value in it is followed by something else")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left = data, 0, VALUES

    def value(self, depth: int) -> object:
        self.left -= 1
        if depth == 0 or self.left < 0:
            raise Unreadable("a CBOR value in it is too deep or too long")
        major, short = divmod(self._take(1)[0], 32)
        if major == 7:
            return self._simple(short)
        if short == INDEFINITE:
            return self._indefinite(major, depth)
        return self._definite(major, self._argument(short), depth)

    def _definite(self, major: int, argument: int, depth: int) -> object:
        match major:
            case 0:
                return argument
            case 1:
                return -1 - argument
            case 2:
                return self._take(argument)
            case 3:
                return self._text(argument)
            case 4:
                return [self.value(depth - 1) for _ in range(self._possible(argument))]
            case 5:
                pairs = range(self._possible(argument))
                return _mapping([(self.value(depth - 1), self.value(depth - 1)) for _ in pairs])
        return self.value(depth - 1)

    def _indefinite(self, major: int, depth: int) -> object:
        parts = []
        while self._peek() != BREAK:
            parts.append(self.value(depth - 1))
        self._take(1)
        match major:
            case 2 if all(isinstance(part, bytes) for part in parts):
                return b"".join(parts)  # type: ignore[arg-type]
            case 3 if all(isinstance(part, str) for part in parts):
                return "".join(parts)  # type: ignore[arg-type]
            case 4:
                return parts
            case 5 if len(parts) % 2 == 0:
                return _mapping(list(zip(parts[::2], parts[1::2], strict=True)))
        raise Unreadable("a CBOR value in it is malformed")

    def _simple(self, short: int) -> object:
        if short in FLOATS:
            return struct.unpack(FLOATS[short], self._take(1 << (short - 24)))[0]
        if short > 24:
            raise Unreadable("a CBOR value in it is malformed")
        if short == 24:
            self._take(1)
        return {20: False, 21: True}.get(short)

    def _argument(self, short: int) -> int:
        if short < 24:
            return short
        if short > 27:
            raise Unreadable("a CBOR value in it is malformed")
        return int.from_bytes(self._take(1 << (short - 24)), "big")

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode()
        except UnicodeDecodeError as error:
            raise Unreadable("a CBOR text in it is not UTF-8") from error

    def _possible(self, count: int) -> int:
        """A count of values, each of which takes a byte at least."""
        if count > len(self.data) - self.at:
            raise Unreadable("a CBOR value in it is cut off")
        return count

    def _peek(self) -> int:
        if self.at >= len(self.data):
            raise Unreadable("a CBOR value in it is cut off")
        return self.data[self.at]

    def _take(self, size: int) -> bytes:
        self._possible(size)
        self.at += size
        return self.data[self.at - size : self.at]


def _mapping(pairs: list[tuple[object, object]]) -> dict[object, object]:
    """A map whose names are texts or numbers, each given once: the last must not win."""
    if not all(isinstance(name, str | int | bytes) for name, _ in pairs):
        raise Unreadable("a CBOR map in it has names that are not understood")
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise Unreadable("a CBOR map in it gives a name twice")
    return mapping
