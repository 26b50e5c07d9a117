"""What a platform's reader makes of each line by itself, and of all lines together.

No row of the database is read or written here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from platforms.archive.runs import Row
from platforms.batches import one_by_one
from platforms.feeds.bodies import Line
from platforms.intake import Taken, judged, take_in
from platforms.joining import Lookup
from platforms.keys import Keyring
from platforms.records import Item, Reading, Verdict, Visibility
from platforms.sources import BadInput, Source

WORST_FIRST: Final = (Verdict.EXCLUDE, Verdict.HOLD, Verdict.SHARE)
STATES: Final[Mapping[Visibility, str]] = {
    Visibility.REMOVED_AUTHOR: "deleted",
    Visibility.REMOVED_PLATFORM: "moderated",
    Visibility.PRIVATE: "private",
    Visibility.RESTRICTED: "private",
    Visibility.LOGIN_ONLY: "private",
    Visibility.UNPUBLISHED: "private",
}
"""What an item's own record says of itself, as the gate can hear it at once."""


class Found(NamedTuple):
    """What came of one item: the verdict, and the codes of its reasons."""

    verdict: Verdict
    reasons: frozenset[str]

    def and_also(self, other: "Found") -> "Found":
        """Two appearances of one item: the strictest verdict, and all reasons."""
        worst = min(self.verdict, other.verdict, key=WORST_FIRST.index)
        return Found(worst, self.reasons | other.reasons)


class Verdicts:
    """Takes judged items in the place of the archive, and keeps only what came of them."""

    def __init__(self) -> None:
        self.found: dict[int, Found] = {}
        self.taken_back: dict[int, set[str]] = {}

    def add(self, row: Row, item: Item | None = None) -> None:
        found = Found(row.verdict, frozenset(row.reasons))
        earlier = self.found.get(row.item_key)
        self.found[row.item_key] = earlier.and_also(found) if earlier else found
        for state in _states_of(item):
            self.taken_back.setdefault(row.item_key, set()).add(state)


class LineReader:
    """Gives each line to the platform's reader by itself, in a file of its own."""

    def __init__(
        self, source: Source, asserted: Mapping[str, str], *, observed_at: datetime
    ) -> None:
        self._source, self._asserted, self._observed_at = source, asserted, observed_at
        self._folder = TemporaryDirectory(prefix="withhold-line-")
        self._path = Path(self._folder.name) / "line.json"
        self._path.touch()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def readings(self, line: Line) -> list[Reading] | str:
        """What the reader makes of ``line``, or why it makes nothing of it."""
        if line.refused:
            return line.refused
        self._write(text_of(line.record))
        try:
            return list(self._read([self._path], lambda count: None))
        except BadInput as error:
            return refusal_of(error)

    def _write(self, text: bytes) -> None:
        # A file that is emptied first is written out by some file systems, each time.
        with self._path.open("r+b") as file:
            file.write(text)
            file.truncate()

    def together(self, path: Path, rows: Verdicts, keyring: Keyring, known: Lookup) -> Taken:
        """Read all lines as one dump, in which they complete each other."""
        readings = self._read([path], lambda count: None)
        return take_in(readings, rows, keyring, self._observed_at, known)

    def _read(self, paths: Sequence[Path], progress: Callable[[int], None]) -> Iterator[Reading]:
        return one_by_one(
            self._source.read(
                paths, self._asserted, observed_at=self._observed_at, progress=progress
            )
        )


def text_of(record: Any) -> bytes:
    """``record`` as one line; half a surrogate pair stays what it is."""
    return dumps(record, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def refusal_of(error: BadInput) -> str:
    """``why_not_read``, unless the disk is to blame: then what it said is raised."""
    if error.may_pass and error.__cause__:
        raise error.__cause__
    return why_not_read(error)


def why_not_read(error: BadInput) -> str:
    """The reader's refusal without the place, which is a file of ours."""
    return " ".join(filter(None, (f"{error.reason}.", error.advice)))


def name_of(item: Item, keyring: Keyring) -> int | Found:
    """The key by which what came of ``item`` is found; of one without an id, that itself."""
    key = keyring.item_of(item)
    if key is not None:
        return key
    judgement = judged(item, keyring)
    return Found(judgement.verdict, frozenset(reason.code for reason in judgement.reasons))


def worst_of(names: Sequence[int | Found], rows: Verdicts) -> Found:
    """The strictest of what came of the items that one line holds."""
    found = [each if isinstance(each, Found) else rows.found[each] for each in names]
    worst = found[0]
    for each in found[1:]:
        worst = worst.and_also(each)
    return worst


def _states_of(item: Item | None) -> Iterator[str]:
    for evidence in item.evidence if item else ():
        if evidence.level == "item" and evidence.visibility in STATES:
            yield STATES[evidence.visibility]
