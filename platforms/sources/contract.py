"""What every source offers, what it may be told, and how it refuses a file."""

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from platforms.batches import Batch
from platforms.records import Item, Reading

DISK_ERRORS: Final = frozenset(
    {
        *(errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ESTALE),
        *(errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    }
)
"""What a machine says when it cannot read or keep anything now, whoever asks."""


class BadInput(Exception):
    """A file is refused as a whole, before anything of any file was given out.

    ``line`` counts from 1, ``byte`` from 0; both are None when the file was not opened.
    """

    def __init__(
        self,
        path: Path,
        reason: str,
        *,
        line: int | None = None,
        byte: int | None = None,
        advice: str = "",
    ) -> None:
        self.path, self.reason, self.advice = path, reason, advice
        self.line, self.byte = line, byte
        super().__init__(path, reason)

    @property
    def may_pass(self) -> bool:
        """Whether it is not the file but the disk that refused, which may not do so later."""
        cause = self.__cause__
        return isinstance(cause, OSError) and cause.errno in DISK_ERRORS

    @property
    def position(self) -> str:
        """Where, in words; empty when the whole file is meant."""
        parts = [("line", self.line), ("byte", self.byte)]
        return ", ".join(f"{name} {at}" for name, at in parts if at is not None)

    def __str__(self) -> str:
        where = ": ".join(part for part in (str(self.path), self.position) if part)
        advice = f" {self.advice}" if self.advice else ""
        return f"{where}: {self.reason}.{advice}"


class BadFact(Exception):
    """An asserted fact has a name or a value that the source does not know."""


def facts_of(texts: Sequence[str]) -> dict[str, str]:
    """Facts as a command line gives them, ``NAME=VALUE`` each; raises ``BadFact``."""
    facts: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise BadFact(f"A fact is written NAME=VALUE, not {text[:40]!r}.")
        if facts.setdefault(name, value) != value:
            raise BadFact(f"The fact {name[:40]} is asserted twice, with different values.")
    return facts


class Fact(msgspec.Struct, frozen=True):
    """One fact an operator may assert for a whole dump.

    ``read`` turns the text into a value and raises ``ValueError`` for any other text;
    ``allowed`` says in words what it takes. One that does not settle what is held decides
    how files are read, so that only reading them again lets it count.
    """

    allowed: str
    read: Callable[[str], object]
    settles_held: bool = True


class Source(Protocol):
    """The reader of one platform's dumps."""

    @property
    def slug(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def facts(self) -> Mapping[str, Fact]: ...

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading | Batch]:
        """Every item of a dump, and what the dump says of its accounts and containers.

        ``BadFact`` is raised by the call, ``BadInput`` before the first item. The files
        are read twice, yet ``progress`` is told bytes that add up to their sizes.
        """

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        """``item``, read before, as it is once the operator asserts ``values``.

        Gaps that name one of the facts are filled by its value, and what a value says
        against the item is added: the verdict is that of reading the dump anew with them.
        """


def understood(facts: Mapping[str, Fact], asserted: Mapping[str, str]) -> dict[str, object]:
    """The values of the asserted facts, or ``BadFact`` with what would be allowed."""
    return {name: _value(facts, name, text) for name, text in asserted.items()}


def one_of(values: Mapping[str, object], *, settles_held: bool = True) -> Fact:
    """A fact that takes one of the given words, without regard to case."""

    def read(text: str) -> object:
        word = text.strip().lower()
        if word not in values:
            raise ValueError(word)
        return values[word]

    return Fact(" or ".join(values), read, settles_held)


def _value(facts: Mapping[str, Fact], name: str, text: str) -> object:
    if name not in facts:
        raise BadFact(f"There is no fact {name[:60]!r}. Known: {', '.join(sorted(facts))}.")
    try:
        return facts[name].read(text)
    except ValueError:
        raise BadFact(f"The fact {name} cannot be {text[:40]!r}. It takes {facts[name].allowed}.")
