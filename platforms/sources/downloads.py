"""What people download of their own accounts from Meta: loose JSON files, or a .zip of them.

A .zip is read by the names of its members, one at a time and in memory, never unpacked to
a disk. What is decoded is bounded, and an archive that no honest exporter writes is refused.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from platforms.sources.contract import BadInput
from platforms.sources.files import opened
from platforms.sources.json_documents import MAX_DOCUMENT_BYTES, document_in
from platforms.sources.json_documents import documents as json_documents

MAX_DECODED_BYTES: Final = 1024**3
MAX_RATIO: Final = 200
RATIO_FROM_BYTES: Final = 1024**2
MAX_DIRECTORY_BYTES: Final = 64 * 1024**2
END_OF_DIRECTORY: Final = b"PK\x05\x06"
LOCATOR_64: Final = b"PK\x06\x07"
END_64: Final = b"PK\x06\x06"
END_BYTES, LOCATOR_BYTES, END_64_BYTES = 22, 20, 56
TAIL_BYTES: Final = END_BYTES + 65_535 + LOCATOR_BYTES + END_64_BYTES
ENCRYPTED: Final = 0x1
# What the library raises for lies about places, sizes, names and methods.
DAMAGE: Final = (
    *(BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
    *(OSError, ValueError),
)
JSON_ADVICE: Final = "Download the information once more, in the format JSON."
# Some exporters name files in the language of the account.
NAMES_ADVICE: Final = f"{JSON_ADVICE} If it is JSON already, unpack it and give its files of posts."


def documents(
    path: Path, members: re.Pattern[str], progress: Callable[[int], None]
) -> Iterator[tuple[Path, int, Any]]:
    """Each JSON document of ``path`` with the place and the line it begins on.

    Of a .zip only the members whose name without folders matches ``members`` are read.
    """
    with opened(path) as handle:
        begin = handle.read(64)
    if begin.startswith(b"PK"):
        yield from _of_zip(path, members, progress)
        return
    if begin.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        raise BadInput(path, "this is XML or HTML", line=1, byte=0, advice=JSON_ADVICE)
    for line, document in json_documents(path, progress):
        yield path, line, document


def repaired(text: str) -> str:
    """``text`` as it was meant: these archives write each byte of UTF-8 as a character.

    Where that did not happen the text is no UTF-8 read as Latin-1, and stays as it is.
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _of_zip(
    path: Path, members: re.Pattern[str], progress: Callable[[int], None]
) -> Iterator[tuple[Path, int, Any]]:
    with opened(path) as handle:
        _refuse_long_directory(handle, path)
        try:
            with ZipFile(handle) as archive:
                yield from _of_members(archive, path, members)
        except DAMAGE as error:
            raise BadInput(path, f"this .zip is damaged ({str(error)[:60]})", byte=0) from error
    progress(path.stat().st_size)


def _of_members(
    archive: ZipFile, path: Path, members: re.Pattern[str]
) -> Iterator[tuple[Path, int, Any]]:
    budget = MAX_DECODED_BYTES
    for member in _chosen(archive, path, members):
        place = Path(f"{path}/{member.filename}")
        text = _decoded(archive, member, place, budget)
        budget -= len(text)
        if (document := document_in(text, place)) != []:
            yield place, 1, document


def _chosen(archive: ZipFile, path: Path, members: re.Pattern[str]) -> list[ZipInfo]:
    """The members to read; refused where two could be meant, or none can be read."""
    found = [m for m in archive.infolist() if members.fullmatch(PurePosixPath(m.filename).name)]
    if not found:
        raise BadInput(
            path, "this .zip holds none of the files of posts", byte=0, advice=NAMES_ADVICE
        )
    if len({member.filename for member in found}) != len(found):
        raise BadInput(path, "this .zip names the same file twice", byte=0)
    return found


def _decoded(archive: ZipFile, member: ZipInfo, place: Path, budget: int) -> bytes:
    """The bytes of one member: counted as they are decoded, whatever the archive claims."""
    if member.flag_bits & ENCRYPTED:
        raise BadInput(place, "it is encrypted", byte=0, advice="Remove the password.")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadInput(place, "it is compressed in an unusual way", byte=0)
    limit = min(MAX_DOCUMENT_BYTES, budget)
    fair = max(RATIO_FROM_BYTES, member.compress_size * MAX_RATIO)
    with archive.open(member) as handle:
        text = handle.read(min(limit, fair) + 1)
    if len(text) > fair:
        raise BadInput(place, f"it decodes to more than {MAX_RATIO} times its size", byte=0)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise BadInput(place, "it exceeds 64 MiB", byte=0)
    if len(text) > budget:
        raise BadInput(place, "the files of posts exceed 1 GiB in all", byte=0)
    return text


def _refuse_long_directory(handle: BinaryIO, path: Path) -> None:
    """Look before the library leaps: it reads the whole list of members into memory."""
    handle.seek(max(0, path.stat().st_size - TAIL_BYTES))
    tail = handle.read()
    handle.seek(0)
    at = tail.find(END_OF_DIRECTORY)
    while at >= 0:
        if _directory_bytes(tail, at) > MAX_DIRECTORY_BYTES:
            raise BadInput(path, "the list of files in this .zip exceeds 64 MiB", byte=0)
        at = tail.find(END_OF_DIRECTORY, at + 1)


def _directory_bytes(tail: bytes, at: int) -> int:
    """The size that an end of directory at ``at`` claims, also in the form for large files."""
    if len(tail) < at + END_BYTES:
        return 0
    claimed: int = struct.unpack_from("<L", tail, at + 12)[0]
    locator, end = at - LOCATOR_BYTES, at - LOCATOR_BYTES - END_64_BYTES
    if end >= 0 and tail.startswith(LOCATOR_64, locator) and tail.startswith(END_64, end):
        large: int = struct.unpack_from("<Q", tail, end + 40)[0]
        return large
    return claimed
