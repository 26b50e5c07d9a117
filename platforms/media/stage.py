"""Between reader and judge: adds to each item what its media files say against sharing."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from platforms.batches import Batch, one_by_one
from platforms.media.files import statements_of
from platforms.media.folder import Folder
from platforms.media.statements import Stance, Unreadable
from platforms.records import Evidence, Item, Reading, Visibility

NAME_CHARACTERS: Final = 60
# The counts of what a file came to, where it neither allows nor says nothing.
REFUSING: Final = "media_refuses_training"
HOLDING: Final = ("media_unreadable", "media_ambiguous", "media_terms_unclear")


class Counts(Counter[str]):
    """Media by what became of them; one that two items show counts twice."""

    def as_json(self) -> dict[str, Any]:
        return dict(sorted(self.items()))


class Inspector:
    """Reads the media of items from one folder, each file once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._read: dict[Path, Evidence | None] = {}
        self.counts = Counts(files_given=folder.files, shown=0, file_read=0, file_not_given=0)

    def inspected(self, readings: Iterable[Reading | Batch]) -> Iterator[Reading]:
        """The same readings; an item whose media refuse or are in doubt says so."""
        for reading in one_by_one(readings):
            yield self._of_item(reading) if isinstance(reading, Item) else reading

    def _of_item(self, item: Item) -> Item:
        against = tuple(found for medium in item.media if (found := self._of_medium(medium.url)))
        if not against:
            return item
        return msgspec.structs.replace(item, evidence=item.evidence + against)

    def _of_medium(self, url: str) -> Evidence | None:
        self.counts["shown"] += 1
        found = self._folder.find(url)
        self.counts["file_read" if found else "file_not_given"] += 1
        if not found:
            return None
        evidence = self._of_file(found[0]) if len(found) == 1 else _ambiguous(found)
        if evidence:
            self.counts[evidence.code] += 1
        return evidence

    def _of_file(self, path: Path) -> Evidence | None:
        if path not in self._read:
            self._read[path] = evidence_of(path, self._folder.beside(path))
        return self._read[path]


def evidence_of(path: Path, beside: Iterable[Path] = ()) -> Evidence | None:
    """What the file, or one beside it, says against sharing; None for nothing, and for a yes."""
    name = _shown(path)
    try:
        statements = statements_of(path, beside)
    except Unreadable as why:
        return _evidence(Visibility.UNKNOWN, "media_unreadable", f"{name}: {why}")
    for stance, visibility, code in (
        (Stance.REFUSES, Visibility.OPTED_OUT, "media_refuses_training"),
        (Stance.UNCLEAR, Visibility.UNKNOWN, "media_terms_unclear"),
    ):
        if said := [one.detail for one in statements if one.stance is stance]:
            return _evidence(visibility, code, f"{name}: {said[0]}")
    return None


def _ambiguous(found: list[Path]) -> Evidence:
    detail = f"{_shown(found[0])}: {len(found)} files in the folder have this name"
    return _evidence(Visibility.UNKNOWN, "media_ambiguous", detail)


def _evidence(visibility: Visibility, code: str, detail: str) -> Evidence:
    return Evidence("item", visibility, code, detail)


def _shown(path: Path) -> str:
    """The file's name as any terminal and store takes it."""
    name = path.name[:NAME_CHARACTERS].encode("utf-8", "replace").decode()
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
