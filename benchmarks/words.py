"""Invented text for generated dumps, the same for the same seed."""

import random
from typing import Final

SYLLABLES: Final = [first + second for first in "bdfghjklmnprstvwz" for second in "aeiou"]
VOCABULARY: Final = 6_000


class Words:
    """Texts of about so many characters, and names, from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 (it decides nothing but a benchmark's words)
        self._words = [self._word() for _ in range(VOCABULARY)]

    def text(self, characters: int) -> str:
        """Words, about as long as asked for: half to one and a half of it."""
        words = self.chance.randrange(characters // 2, characters * 3 // 2) // 7 + 1
        return " ".join(self.chance.choices(self._words, k=words)) + "."

    def tags(self) -> list[str]:
        return self.chance.choices(self._words, k=self.chance.randrange(5))

    def one_of_many(self, count: int) -> int:
        """A number below ``count``; the low ones come often, as a few accounts post most."""
        return int(count * self.chance.random() ** 2)

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def _word(self) -> str:
        return "".join(self.chance.choices(SYLLABLES, k=self.chance.randrange(1, 6)))
