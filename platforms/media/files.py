"""What one media file says, with the files that belong to it: ``.xmp`` and ``.c2pa``."""

import base64
import binascii
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, unquote_to_bytes

from platforms.media import c2pa, markers, xmp
from platforms.media.containers import Part, Payload, parts_of
from platforms.media.containers.parts import derived
from platforms.media.statements import STATEMENTS, Stance, Statement, Unreadable
from platforms.media.window import Budget, Window

STORE: Final = ".c2pa"
BASE64: Final = ";base64"
SPACES: Final = dict.fromkeys(map(ord, " \t\r\n\f"))
ENCODED: Final = 1 << 18
# A link is not followed, and a pipe that somebody named like an image does not wait.
FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def statements_of(path: Path, beside: Iterable[Path] = ()) -> list[Statement]:
    """What the file and those beside it say; raises ``Unreadable`` unless one refuses."""
    said = _Said()
    troubles = []
    for file in (path, *beside):
        try:
            _read_file(file, said)
        except Unreadable as why:
            troubles.append(why)
    if troubles and not said.refuses:
        raise troubles[0]
    return said.statements + list(said.missing())


class _Said:
    """What was read so far, of a file and of those beside it."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.stores = 0
        self.names_store = False

    @property
    def refuses(self) -> bool:
        return any(statement.stance is Stance.REFUSES for statement in self.statements)

    def missing(self) -> Iterator[Statement]:
        """A manifest that was taken out, or lies at an address, says nobody knows what."""
        if self.names_store and not self.stores:
            detail = "it names a C2PA manifest that is neither in it nor beside it"
            yield Statement(Stance.UNCLEAR, detail)


def _read_file(path: Path, said: _Said) -> None:
    try:
        with _opened(path) as file:
            window = Window(file, 0, os.fstat(file.fileno()).st_size, Budget())
            if path.suffix.lower() == STORE:
                _read_store(window, said)
            else:
                _read_media(window, said)
    except OSError as error:
        raise Unreadable(f"it cannot be opened ({error.strerror})") from error


def _opened(path: Path) -> BinaryIO:
    file = os.fdopen(os.open(path, FLAGS), "rb")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise Unreadable("it is no regular file")


def _read_media(window: Window, said: _Said) -> None:
    read = Counter[str]()
    for part in parts_of(window):
        for each in _read_part(part, said):
            read += each
    if said.refuses:
        return
    # Every word that was read stands in the file as well; one more stands elsewhere.
    said.statements += _doubts(markers.counts_in(window) - read, markers.ANY)


def _read_part(part: Part, said: _Said) -> Iterator[Counter[str]]:
    """Gives the words of it that stand in the file, and doubts those that nobody understood."""
    part.window.budget.read_one()
    before = len(said.statements)
    if before > STATEMENTS:
        raise Unreadable("it says too much of mining and training")
    found = _read_payload(part, said)
    counts = markers.counts_in(part.window)
    said.statements += _doubts(counts, _unread(part.payload, len(said.statements) > before))
    if not part.packed:
        yield counts
    for each in _inside(found, part.window.budget):
        yield from _read_part(each, said)


def _unread(payload: Payload, spoke: bool) -> tuple[str, ...]:
    """The words that have no business in a part that was read."""
    if spoke:
        return markers.REFUSING
    return markers.WORDS if payload is Payload.XMP else markers.ANY


def _read_payload(part: Part, said: _Said) -> xmp.Found:
    if part.payload is Payload.C2PA:
        _read_store(part.window, said)
    if part.payload is not Payload.XMP:
        return xmp.Found()
    if not part.derived:
        part.window.budget.spend(len(part.window))
    found = xmp.read(part.window)
    said.statements += found.statements
    said.names_store |= found.names_store
    return found


def _inside(found: xmp.Found, budget: Budget) -> Iterator[Part]:
    """What lies in a packet, packed: unpacked one after the other."""
    for text in found.manifests:
        yield _packed(Payload.C2PA, _decoded(text), budget)
    for text in found.embedded:
        yield _packed(Payload.OTHER, _data_of(text), budget)


def _read_store(window: Window, said: _Said) -> None:
    said.stores += 1
    said.statements += c2pa.statements_in(window)


def _packed(payload: Payload, data: bytes, budget: Budget) -> Part:
    budget.spend(len(data))
    return derived(payload, data, budget, packed=True)


def _decoded(text: str) -> bytes:
    digits = text.translate(SPACES).rstrip("=")
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("something in it is no Base64") from error


def _data_of(address: str) -> bytes:
    """What a ``data:`` address holds (RFC 2397)."""
    kind, _, data = address.partition(",")
    # Decoding keeps every sign of such a text in memory by itself.
    if "%" in data and len(data) > ENCODED:
        raise Unreadable(f"data in it are encoded in more than {ENCODED >> 10} KiB")
    if kind.rstrip().lower().endswith(BASE64):
        return _decoded(unquote(data))
    return unquote_to_bytes(data)


def _doubts(counts: Counter[str], words: Iterable[str]) -> Iterator[Statement]:
    """Of the words of refusal that no statement accounts for, one is enough to doubt."""
    for word in words:
        if counts[word] > 0:
            doubt = f"{word} stands in it in a place that is not understood"
            yield Statement(Stance.UNCLEAR, doubt)
            return
