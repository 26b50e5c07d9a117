"""Strict JSON of a dump: one document in a file, or one on each line, also as zstd.

Refused with line and byte: what is not RFC 8259 JSON in UTF-8, NaN and Infinity
(also by overflow), an object that names a key twice, and what is nested too deeply.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from platforms.sources.contract import BadInput
from platforms.sources.files import opened
from platforms.sources.zstd import decompressed, is_compressed

MAX_DOCUMENT_BYTES: Final = 64 * 1024 * 1024
# Blank lines cost time and hold nothing; a small compressed file can hold billions.
MAX_BLANK_LINES: Final = 1_000_000
SUSPICIOUS_DEPTH: Final = 100
MAX_DIGITS: Final = 4300
CHANGED_ADVICE: Final = "Read it when nothing writes to it any more."
BOM: Final = b"\xef\xbb\xbf"
LINES_ADVICE: Final = "Write one record on each line (NDJSON), each below 64 MiB."
TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
# Beyond this the quick way would hold too much at once, and time does not matter.
QUICK_BYTES: Final = 1024 * 1024
TOLD_BYTES: Final = 64 * 1024
ESCAPED_QUOTE: Final = b"\\u0022"
NOT_FINITE: Final = re.compile(r"-?(?:NaN|Infinity)|-?\d+(?:\.\d+)?[eE]\+?\d{3,}")


Stamp = tuple[int, int, int, int, int]

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class _Unacceptable(ValueError):
    """Well-formed JSON that no honest exporter writes."""


class Proven:
    """Files that were read to their end once, and so need no second proof of the same bytes."""

    def __init__(self) -> None:
        self._stamps: dict[Path, Stamp] = {}

    def holds(self, path: Path, handle: BinaryIO) -> bool:
        """Whether ``handle`` is open on what was proven of ``path``, as it was then."""
        return self._stamps.get(path) == _stamp(handle)

    def add(self, path: Path, stamp: Stamp, handle: BinaryIO) -> None:
        """Remember ``path``, unless it is not any more what it was when it was opened."""
        if _stamp(handle) == stamp:
            self._stamps[path] = stamp


def documents(
    path: Path,
    progress: Callable[[int], None],
    proven: Proven | None = None,
    lane: "Lane | None" = None,
) -> Iterator[tuple[int, Any]]:
    """Each JSON document of ``path`` with the line it begins on; blank lines are skipped.

    A compressed file must be NDJSON; lines and bytes are those of the text in it. Whoever
    reads the same files again gives ``proven`` each time: that no object names a key twice is
    proven once, and a file that changes while it is read again is refused. ``lane`` may read
    lines in another way; only what it leaves alone is given as a document. Of the lines that
    it took in, the first is given as ``TAKEN``.
    """
    quick = lane or PLAIN
    with opened(path) as handle:
        stamp = _stamp(handle)
        if proven is None or not proven.holds(path, handle):
            yield from _documents(handle, path, progress, quick.first)
            if proven is not None:
                proven.add(path, stamp, handle)
            return
        yield from _documents(handle, path, progress, quick.again)
        if _stamp(handle) != stamp:
            raise BadInput(path, "the file changed while it was read", advice=CHANGED_ADVICE)


def _documents(
    handle: BinaryIO, path: Path, progress: Callable[[int], None], quick: Callable[[bytes], Any]
) -> Iterator[tuple[int, Any]]:
    if is_compressed(handle):
        yield from _lines(decompressed(handle, path, progress), path, _untold, quick)
        return
    if _is_one_of_many(handle, path):
        handle.seek(0)
        yield from _lines(handle, path, progress, quick)
        return
    handle.seek(0)
    text = handle.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        reason = "its first line is not a whole JSON document, and the file exceeds 64 MiB"
        raise BadInput(path, reason, line=1, byte=0, advice=LINES_ADVICE)
    yield 1, _parsed(text, path, line=1, byte=0)
    progress(len(text))


def _stamp(handle: BinaryIO) -> Stamp:
    found = os.fstat(handle.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def quoted_document(text: bytes) -> Any:
    """The one document that ``text`` is, or ``ValueError`` with why it is none."""
    try:
        return _loads(text)
    except _Unacceptable:
        raise
    except UnicodeDecodeError as error:
        raise ValueError("this is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError("this is not JSON") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError as error:
        raise ValueError("a number has too many digits") from error


def written(document: Any) -> bytes:
    """``document`` as ``quoted_document`` can read it."""
    try:
        return _encode(document)
    except UnicodeEncodeError:
        # Half a surrogate pair can be escaped, and then be read again.
        return json.dumps(document).encode()


def document_in(text: bytes, path: Path) -> Any:
    """The one JSON document in ``text``, which was read at ``path``."""
    return _parsed(text, path, line=1, byte=0)


def _untold(count: int) -> None:
    """What is read of decompressed text counts for nothing: its file's bytes were told."""


def _is_one_of_many(handle: BinaryIO, path: Path) -> bool:
    """Whether the first line with something in it is a document, and there are more lines."""
    first, line = b"", 1
    while not first.removeprefix(BOM).strip():
        byte = handle.tell()
        _one_more_blank(line - 1, path, line=line, byte=byte)
        if not (first := _line(handle, path, line=line, byte=byte)):
            return True
        line += 1
    if handle.tell() == path.stat().st_size:
        return False
    try:
        _loads(first)
    except ValueError:
        return False
    except RecursionError:
        return False
    return True


def _lines(
    handle: BinaryIO,
    path: Path,
    progress: Callable[[int], None],
    quick: Callable[[bytes], Any],
) -> Iterator[tuple[int, Any]]:
    number, byte, blank, untold = 1, 0, 0, 0
    is_taken = False
    while text := handle.readline(MAX_DOCUMENT_BYTES + 1):
        if len(text) > MAX_DOCUMENT_BYTES:
            raise _too_long(path, number, byte)
        made = quick(text)
        if made is TAKEN:
            if not is_taken:
                yield number, made
            is_taken = True
        elif made is not msgspec.UNSET:
            yield number, made
        elif text.removeprefix(BOM).strip():
            yield number, _parsed(text, path, line=number, byte=byte)
        else:
            blank = _one_more_blank(blank, path, line=number, byte=byte)
        number, byte, untold = number + 1, byte + len(text), untold + len(text)
        if untold >= TOLD_BYTES:
            progress(untold)
            untold = 0
    progress(untold)


def _one_more_blank(blank: int, path: Path, *, line: int, byte: int) -> int:
    if blank == MAX_BLANK_LINES:
        raise BadInput(path, f"{blank:,} lines are blank", line=line, byte=byte)
    return blank + 1


def _line(handle: BinaryIO, path: Path, *, line: int, byte: int) -> bytes:
    text = handle.readline(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise _too_long(path, line, byte)
    return text


def _too_long(path: Path, line: int, byte: int) -> BadInput:
    return BadInput(path, "the line exceeds 64 MiB", line=line, byte=byte, advice=LINES_ADVICE)


def _parsed(text: bytes, path: Path, *, line: int, byte: int) -> Any:
    """The document in ``text``, which begins at ``line`` and ``byte`` of the file."""

    def refuse(reason: str, at: int) -> BadInput:
        here = line + text.count(b"\n", 0, at)
        return BadInput(path, reason, line=here, byte=byte + at)

    try:
        return _loads(text)
    except UnicodeDecodeError as error:
        raise refuse("this is not UTF-8", error.start) from error
    except json.JSONDecodeError as error:
        before = len(error.doc[: error.pos].encode())
        raise refuse(_why(text, before, error), before) from error
    except _Unacceptable as error:
        raise refuse(str(error), _where(text)) from error
    except RecursionError as error:
        raise refuse("it is nested too deeply", _where(text)) from error
    except ValueError as error:
        raise refuse("a number has too many digits", _where(text)) from error


def _why(text: bytes, at: int, error: json.JSONDecodeError) -> str:
    if at < len(text) and text[at] == 0:
        return "there is a NUL byte"
    if not text[at:].strip():
        return "the JSON ends before it is complete"
    return f"this is not JSON ({error.msg[:60]})"


def _loads(text: bytes) -> Any:
    made = quickly(text)
    return strictly(text) if made is msgspec.UNSET else made


def quickly(text: bytes) -> Any:
    """What ``strictly`` gives, or ``UNSET`` where only that can tell."""
    if len(text) > QUICK_BYTES:
        return msgspec.UNSET
    try:
        made = _decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return msgspec.UNSET
    return made if is_all_of(text, _encode(made)) else msgspec.UNSET


def is_all_of(text: bytes, written: bytes | bytearray) -> bool:
    """Whether ``written``, which was decoded from ``text``, has lost no member of any object.

    What is written again as it was names no key twice. In any other spelling quotes are
    counted: a decoder that takes the last of two equal keys has lost at least those around
    the first. Only an escaped quote could make up for them, because it is written as a quote.
    """
    if text.startswith(written):
        return True
    return ESCAPED_QUOTE not in text and written.count(b'"') == text.count(b'"')


class Lane(NamedTuple):
    """How lines are read: ``first`` when a file is read, ``again`` once it was proven.

    Each takes a line and gives what stands for its document, ``TAKEN`` where it was taken in
    and nobody else needs to see it, or ``UNSET`` to have it read strictly. Whatever ``first``
    gives or takes must be proven to be all of the line.
    """

    first: Callable[[bytes], Any]
    again: Callable[[bytes], Any]


PLAIN: Final = Lane(quickly, quickly)
TAKEN: Final = object()


def strictly(text: bytes) -> Any:
    """The document in ``text``, or the error that says what is wrong with it."""
    return json.loads(
        text.decode("utf-8-sig"),
        object_pairs_hook=_object,
        parse_constant=_constant,
        parse_float=_float,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Unacceptable("an object names the same key twice")
    return made


def _constant(name: str) -> Any:
    raise _Unacceptable(f"{name} is not a JSON number")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Unacceptable("a number is too large")
    return number


def _where(text: bytes) -> int:
    """The byte of the first thing in ``text`` that is refused; read only to report it."""
    decoded = text.decode("utf-8-sig", "replace")
    keys: list[set[str]] = []
    key, at = "", 0
    for token in TOKEN.finditer(decoded):
        word = token.group()
        if word == ":" and keys:
            if key in keys[-1]:
                break
            keys[-1].add(key)
        key, at = word, token.start()
        if word in ("{", "["):
            keys.append(set())
        elif word in ("}", "]") and keys:
            keys.pop()
        if len(keys) > SUSPICIOUS_DEPTH or _is_no_number(word):
            break
    return len(decoded[:at].encode())


def _is_no_number(word: str) -> bool:
    return NOT_FINITE.fullmatch(word) is not None or (
        len(word) > MAX_DIGITS and not word.startswith('"')
    )
