"""Bytes of a file, within bounds: what a file declares of itself is never believed."""

from typing import BinaryIO, Final, Literal, Self

from platforms.media.statements import Unreadable

PAYLOAD_BYTES: Final = 16 << 20
PARTS: Final = 1_000_000
PAYLOADS: Final = 10_000

Order = Literal["big", "little"]


class Budget:
    """How much of one file is taken into memory, and how many parts of it are walked and read."""

    def __init__(self) -> None:
        self.bytes_left, self.parts_left, self.payloads_left = PAYLOAD_BYTES, PARTS, PAYLOADS

    def spend(self, size: int) -> None:
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise Unreadable(f"its metadata has more than {PAYLOAD_BYTES >> 20} MiB")

    def count(self) -> None:
        self.parts_left -= 1
        if self.parts_left < 0:
            raise Unreadable(f"it has more than {PARTS:,} parts")

    def read_one(self) -> None:
        self.payloads_left -= 1
        if self.payloads_left < 0:
            raise Unreadable(f"it has more than {PAYLOADS:,} pieces of metadata")


class Window:
    """A stretch of a file. Offsets count from its start; reading outside it is ``Unreadable``."""

    def __init__(self, file: BinaryIO, start: int, end: int, budget: Budget) -> None:
        self._file, self._start, self._end = file, start, end
        self.budget = budget

    def __len__(self) -> int:
        return self._end - self._start

    def part(self, start: int, end: int) -> Self:
        if not 0 <= start <= end <= len(self):
            raise Unreadable("it is cut off, or a part of it is larger than the whole")
        return type(self)(self._file, self._start + start, self._start + end, self.budget)

    def peek(self, at: int, size: int) -> bytes:
        """A few bytes, such as a header; not charged to the budget, so keep them few."""
        self.part(at, at + size)
        self._file.seek(self._start + at)
        data = self._file.read(size)
        if len(data) != size:
            raise Unreadable("it is cut off")
        return data

    def content(self) -> bytes:
        """All of it, in memory, charged to the budget."""
        self.budget.spend(len(self))
        return self.peek(0, len(self))

    def number(self, at: int, size: int, order: Order = "big") -> int:
        return int.from_bytes(self.peek(at, size), order)
