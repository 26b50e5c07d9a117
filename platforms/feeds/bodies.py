"""A request's body, decoded into a file within a budget, and the lines that are in it.

What is counted is what comes out: a few kilobytes can decode to gigabytes. A body is
decoded to its end before anything of it is taken, so a damaged one changes nothing.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final, NamedTuple, Protocol

import zstandard
from django.http import HttpRequest

from platforms.feeds.refusals import (
    BodyDamaged,
    BodyNotRead,
    BodyTooLong,
    LengthMissing,
    NotThisEncoding,
    NotThisType,
)
from platforms.sources.json_documents import quoted_document

CHUNK: Final = 64 * 1024
# Four bytes of zstd can stand for 128 KiB, so this much input gives at most 16 MiB at once.
ZSTD_INPUT: Final = 512
ZSTD_WINDOW: Final = 8 * 1024 * 1024
"""The largest window of ``Content-Encoding: zstd`` (RFC 9659)."""
LINE_BYTES: Final = 16 * 1024 * 1024
LIST_BYTES: Final = 8 * 1024 * 1024
LINES: Final = 1_000_000
"""What became of each line is kept, so a few kilobytes must not decode to millions of them."""
GZIP_MAGIC: Final = b"\x1f\x8b"
BOM: Final = b"\xef\xbb\xbf"

NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
JSON: Final = frozenset({"application/json"})
CSV: Final = frozenset({"text/csv"})


class Body(NamedTuple):
    """What was received: the decoded bytes, their number, and a digest of type and bytes."""

    file: BinaryIO
    size: int
    digest: str
    media_type: str

    def under(self, asserted: Mapping[str, str]) -> "Body":
        """The same body with facts asserted of it: other facts make it another body."""
        if not asserted:
            return self
        text = "\0".join((self.digest, *(f"{name}={asserted[name]}" for name in sorted(asserted))))
        return self._replace(digest=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


class Line(NamedTuple):
    """One record of a body: the number of its line, and the record or why there is none."""

    number: int
    record: Any
    refused: str = ""


class _Decoder(Protocol):
    def decode(self, data: bytes) -> Iterator[bytes]: ...

    def end(self) -> None: ...


def receive(request: HttpRequest, into: BinaryIO, *, types: frozenset[str], budget: int) -> Body:
    """Decode the body of ``request`` into the empty file ``into``, at most ``budget`` bytes."""
    media_type = _media_type(request, types)
    decoder = _decoder_for(request)
    missing = _length(request, budget)
    # A gzip or zstd body says nothing of its meaning: the same lines are the same body.
    digest, size, lines = hashlib.sha256(media_type.encode() + b"\0"), 0, 0
    while data := request.read(CHUNK):
        missing -= len(data)
        for text in decoder.decode(data):
            size += len(text)
            lines += max(text.count(b"\n"), text.count(b"\r"))
            if size > budget:
                raise too_long(budget)
            if lines > LINES:
                raise _too_many_lines()
            digest.update(text)
            into.write(text)
    if missing:
        raise BodyDamaged("The body ends before its Content-Length.")
    decoder.end()
    if not size:
        raise BodyNotRead("The body is empty.")
    into.flush()
    return Body(into, size, digest.hexdigest(), media_type)


def too_long(budget: int) -> BodyTooLong:
    return BodyTooLong(
        f"A body has at most {budget:,} bytes when decoded. Nothing was taken: split it, and send"
        " each part under a key of its own.",
        budget=budget,
    )


def _too_many_lines() -> BodyTooLong:
    return BodyTooLong(
        f"A body has at most {LINES:,} lines, blank ones too. Nothing was taken: split it, and"
        " send each part under a key of its own.",
        lines=LINES,
    )


def lines_of(body: Body) -> Iterator[Line]:
    """Each record of a JSON list or of NDJSON, in order; blank lines are passed over."""
    body.file.seek(0)
    if body.media_type in JSON:
        yield from _of_list(body)
        return
    number = 0
    while text := body.file.readline(LINE_BYTES + 1):
        number += 1
        if len(text) > LINE_BYTES:
            while text and not text.endswith(b"\n"):
                text = body.file.readline(LINE_BYTES)
            yield Line(number, None, f"a line has at most {LINE_BYTES:,} bytes")
            continue
        if text.removeprefix(BOM if number == 1 else b"").strip():
            yield _line(number, text)


def _line(number: int, text: bytes) -> Line:
    try:
        return Line(number, quoted_document(text))
    except ValueError as error:
        return Line(number, None, str(error))


def _of_list(body: Body) -> Iterator[Line]:
    if body.size > LIST_BYTES:
        raise BodyTooLong(
            f"A JSON list has at most {LIST_BYTES:,} bytes. Send longer bodies with one record on"
            " each line, as application/x-ndjson.",
            budget=LIST_BYTES,
        )
    try:
        found = quoted_document(body.file.read())
    except ValueError as error:
        raise BodyNotRead(f"The body cannot be read: {error}.") from error
    if not isinstance(found, list) or not found:
        raise BodyNotRead(
            "Send a list of records as application/json, or one record on each line as"
            " application/x-ndjson."
        )
    if len(found) > LINES:
        raise _too_many_lines()
    yield from (Line(number, record) for number, record in enumerate(found, start=1))


def _media_type(request: HttpRequest, types: frozenset[str]) -> str:
    given = (request.content_type or "").strip().lower()
    if given not in types:
        known = ", ".join(sorted(types))
        raise NotThisType(f"Send a Content-Type of {known}, not {given[:60] or 'none'}.")
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise NotThisType("Send UTF-8.")
    # The three names of NDJSON mean the same.
    return "application/x-ndjson" if given in NDJSON else given


def _length(request: HttpRequest, budget: int) -> int:
    """Without a length the server would show an empty body, and half of one like a whole."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        raise LengthMissing
    if int(length) > budget:
        raise too_long(budget)
    return int(length)


def _decoder_for(request: HttpRequest) -> _Decoder:
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity"):
        return _Plain()
    if coding in ("gzip", "x-gzip"):
        return _Gzip()
    if coding == "zstd":
        return _Zstd()
    raise NotThisEncoding


class _Plain:
    def decode(self, data: bytes) -> Iterator[bytes]:
        yield data

    def end(self) -> None:
        """Its length tells where it ends."""


class _Gzip:
    """One member or several, one after the other (RFC 1952, 2.2), and nothing behind them."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._rest = b""
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        data = self._rest + data
        self._rest = b""
        while data:
            if self._member.eof:
                if len(data) < len(GZIP_MAGIC):
                    self._rest = data
                    return
                self._next(data)
            self._begun = True
            yield self._decompressed(data)
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def end(self) -> None:
        if self._rest:
            raise BodyDamaged("Something follows the gzip data.")
        if self._begun and not self._member.eof:
            raise BodyDamaged("The gzip data ends before it is complete.")

    def _next(self, data: bytes) -> None:
        if not data.startswith(GZIP_MAGIC):
            raise BodyDamaged("Something follows the gzip data.")
        self._member = zlib.decompressobj(wbits=31)

    def _decompressed(self, data: bytes) -> bytes:
        try:
            return self._member.decompress(data, CHUNK)
        except zlib.error as error:
            raise BodyDamaged("The gzip data is damaged.") from error


class _Zstd:
    """One frame or several, one after the other (RFC 8878), and nothing behind them."""

    def __init__(self) -> None:
        self._frame = _frame()
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), ZSTD_INPUT):
            rest = data[start : start + ZSTD_INPUT]
            while rest:
                if self._frame.eof:
                    self._frame = _frame()
                self._begun = True
                yield self._decompressed(rest)
                rest = self._frame.unused_data if self._frame.eof else b""

    def end(self) -> None:
        if self._begun and not self._frame.eof:
            raise BodyDamaged("The zstd data ends before it is complete.")

    def _decompressed(self, data: bytes) -> bytes:
        try:
            return self._frame.decompress(data)
        except zstandard.ZstdError as error:
            raise BodyDamaged("The zstd data is damaged, or needs a window above 8 MiB.") from error


def _frame() -> "zstandard.ZstdDecompressionObj":
    return zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
