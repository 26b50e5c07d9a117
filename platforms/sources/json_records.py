"""The records of one platform in its JSON files, and the refusal of files that hold none."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from platforms.sources import files
from platforms.sources.contract import BadInput
from platforms.sources.json_documents import TAKEN, Lane, Proven, documents

PATIENCE_DOCUMENTS: Final = 1000
Shape = TypeVar("Shape")
Found = TypeVar("Found")


class NotOfThisPlatform(ValueError):
    """A document that the platform at hand never writes."""


def records(
    path: Path,
    progress: Callable[[int], None],
    split: Callable[[object], Iterable[tuple[Shape, Any]]],
    *,
    odd: Shape,
    advice: str,
    xml_advice: str = "",
    proven: Proven | None = None,
    lane: Lane | None = None,
) -> Iterator[tuple[Shape, Any]]:
    """Every record of one JSON file, with its shape; see ``recognised`` and ``documents``.

    What ``lane`` takes in is not among them.
    """
    refuse_xml(path, xml_advice or advice)
    read = documents(path, progress, proven, lane)
    told = ((path, line, document) for line, document in read)
    yield from recognised(
        path,
        told,
        lambda document, place, line: split(document),
        odd=lambda document: (odd, document),
        advice=advice,
    )


def recognised(
    path: Path,
    told: Iterable[tuple[Path, int, Any]],
    split: Callable[[Any, Path, int], Iterable[Found]],
    *,
    odd: Callable[[Any], Found],
    advice: str,
) -> Iterator[Found]:
    """Every record of one file; refused if its first thousand documents are all something else.

    ``told`` gives the place, the line and the document. ``split`` gives the records of one,
    or raises ``NotOfThisPlatform``. A line that a lane took in is one of ours.
    """
    refusal: BadInput | None = None
    is_ours = False
    for number, (place, line, document) in enumerate(_advised(told, advice), start=1):
        if document is TAKEN:
            is_ours = True
            continue
        try:
            for found in split(document, place, line):
                is_ours = True
                yield found
            is_ours = True
        except NotOfThisPlatform as error:
            refusal = refusal or BadInput(place, str(error), line=line, advice=advice)
            yield odd(document)
        if refusal and not is_ours and number >= PATIENCE_DOCUMENTS:
            raise refusal
    if not is_ours:
        raise refusal or BadInput(path, "there is no record in it", line=1, advice=advice)


def _advised(told: Iterable[tuple[Path, int, Any]], advice: str) -> Iterator[tuple[Path, int, Any]]:
    """What does not even begin as JSON needs more than the place where it ends to be it."""
    try:
        yield from told
    except BadInput as error:
        if error.byte == 0:
            error.advice = error.advice or advice
        raise


def refuse_xml(path: Path, advice: str) -> None:
    with files.opened(path) as handle:
        if handle.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise BadInput(path, "this is XML or HTML", line=1, byte=0, advice=advice)
