"""The records of one platform in a JSON file, and the refusal of files that hold none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from platforms.sources import files
from platforms.sources.contract import BadInput
from platforms.sources.json_documents import documents

PATIENCE_DOCUMENTS: Final = 1000
Shape = TypeVar("Shape")


class NotOfThisPlatform(ValueError):
    """A document that the platform at hand never writes."""


def records(
    path: Path,
    progress: Callable[[int], None],
    split: Callable[[object], Iterator[tuple[Shape, Any]]],
    *,
    odd: Shape,
    advice: str,
) -> Iterator[tuple[Shape, Any]]:
    """Every record of one file; refused if its first thousand documents are all something else.

    ``split`` gives the records of one document, or raises ``NotOfThisPlatform``.
    """
    _refuse_xml(path, advice)
    refusal: BadInput | None = None
    is_ours = False
    for number, (line, document) in enumerate(documents(path, progress), start=1):
        try:
            for found in split(document):
                is_ours = True
                yield found
            is_ours = True
        except NotOfThisPlatform as error:
            refusal = refusal or BadInput(path, str(error), line=line, advice=advice)
            yield odd, document
        if refusal and not is_ours and number >= PATIENCE_DOCUMENTS:
            raise refusal
    if not is_ours:
        raise refusal or BadInput(path, "there is no record in it", line=1, advice=advice)


def _refuse_xml(path: Path, advice: str) -> None:
    with files.opened(path) as handle:
        if handle.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise BadInput(path, "this is XML or HTML", line=1, byte=0, advice=advice)
