"""What one media file says, with the files that belong to it: ``.xmp`` and ``.c2pa``."""

import base64
import binascii
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from platforms.media import c2pa, markers, xmp
from platforms.media.containers import Part, Payload, parts_of
from platforms.media.containers.parts import derived
from platforms.media.statements import Stance, Statement, Unreadable
from platforms.media.window import Budget, Window

XMP, STORE = ".xmp", ".c2pa"
# A link is not followed, and a pipe that somebody named like an image does not wait.
FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def statements_of(path: Path) -> list[Statement]:
    """What the file and those beside it say; raises ``Unreadable`` unless one refuses."""
    statements: list[Statement] = []
    try:
        for file in (path, *_beside(path)):
            statements += _of_file(file, statements)
    except Unreadable:
        if not _refused(statements):
            raise
    return statements


def _refused(statements: list[Statement]) -> bool:
    return any(statement.stance is Stance.REFUSES for statement in statements)


def _beside(path: Path) -> Iterator[Path]:
    """``a.jpg.xmp`` and ``a.xmp`` speak of ``a.jpg``; so with ``.c2pa``."""
    for ending in (XMP, STORE):
        for other in (path.with_name(path.name + ending), path.with_suffix(ending)):
            if other != path and os.path.lexists(other):
                yield other


def _of_file(path: Path, before: list[Statement]) -> list[Statement]:
    try:
        with _opened(path) as file:
            window = Window(file, 0, os.fstat(file.fileno()).st_size, Budget())
            if path.suffix.lower() == STORE:
                return list(c2pa.statements_in(window))
            return _of_media(window)
    except OSError as error:
        raise Unreadable(f"it cannot be opened ({error.strerror})") from error


def _opened(path: Path) -> BinaryIO:
    file = os.fdopen(os.open(path, FLAGS), "rb")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise Unreadable("it is no regular file")


def _of_media(window: Window) -> list[Statement]:
    statements: list[Statement] = []
    inflated: list[Window] = []
    try:
        for part in parts_of(window):
            statements += _of_part(part)
            inflated += [part.window] if part.derived else []
    except Unreadable:
        if not _refused(statements):
            raise
    return statements if _refused(statements) else _doubted(statements, [window, *inflated])


def _of_part(part: Part) -> Iterator[Statement]:
    if part.payload is Payload.C2PA:
        yield from c2pa.statements_in(part.window)
        return
    if not part.derived:
        part.window.budget.spend(len(part.window))
    found = xmp.read(part.window)
    yield from found.statements
    for text in found.manifests:
        yield from c2pa.statements_in(_decoded(text, part.window.budget))


def _decoded(text: str, budget: Budget) -> Window:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("a C2PA manifest in it is no Base64") from error
    return derived(Payload.C2PA, data, budget).window


def _doubted(statements: list[Statement], windows: list[Window]) -> list[Statement]:
    """With a doubt, if the bytes hold words of refusal that no statement accounts for."""
    words = markers.REFUSING if statements else markers.ANY
    for window in windows:
        if word := markers.found_in(window, words):
            doubt = f"{word} stands in it in a place that is not understood"
            return [*statements, Statement(Stance.UNCLEAR, doubt)]
    return statements
