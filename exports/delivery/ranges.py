"""Which bytes are asked for: ``Range``, ``If-Range`` and ``If-None-Match`` (RFC 9110).

Plain Python. One range is served; several at once, another unit or nonsense is
answered with the whole file, as the standard allows.
"""

import re
from dataclasses import dataclass
from typing import Final

ONE_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]{0,64})-([0-9]{0,64})[ \t]*", re.IGNORECASE)


class NotSatisfiable(ValueError):
    """The range is well formed, and no byte of the file lies in it."""


@dataclass(frozen=True)
class Span:
    """Bytes ``first`` to ``last``, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def asked_span(range_header: str, if_range: str, etag: str, size: int) -> Span | None:
    """The part that is asked for, or None for the whole; raises ``NotSatisfiable``."""
    match = ONE_RANGE.fullmatch(range_header.strip())
    if match is None or (if_range and if_range.strip() != etag):
        return None
    first, last = match.groups()
    if not first:
        return suffix(last, size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise NotSatisfiable(range_header)
    return Span(int(first), min(int(last), size - 1) if last else size - 1)


def suffix(length: str, size: int) -> Span | None:
    """The last bytes; more than there are means all of them."""
    if not length:
        return None
    if not int(length) or not size:
        raise NotSatisfiable(f"-{length}")
    return Span(max(size - int(length), 0), size - 1)


def known_already(if_none_match: str, etag: str) -> bool:
    """True if the caller says that it has this very file (13.1.2, weak comparison)."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in tags or etag in tags
