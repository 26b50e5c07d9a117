"""PNG: XMP in a text chunk, plain or deflated; C2PA in ``caBX``. Each chunk's CRC is checked.

Other tools keep the metadata of other formats as profiles: in hexadecimal digits, mostly
deflated. Whatever is packed so is unpacked, so that it can be searched.
"""

import binascii
import zlib
from collections.abc import Iterator
from typing import Final

from platforms.media.containers import jpeg
from platforms.media.containers.parts import Part, Payload, derived
from platforms.media.statements import Unreadable
from platforms.media.window import PAYLOAD_BYTES, Window

START: Final = b"\x89PNG\r\n\x1a\n"
CHUNK: Final = 1 << 20
LARGEST: Final = 1 << 31
XMP: Final = b"xml:com.adobe.xmp"
PROFILE: Final = b"raw profile type "
XMP_PROFILE: Final = b"raw profile type xmp"
KEYWORD: Final = 80
SPACES: Final = b" \t\r\n\f"


def is_one(head: bytes) -> bool:
    return head.startswith(START)


def parts(window: Window) -> Iterator[Part]:
    for kind, body in _chunks(window):
        if kind == b"caBX":
            yield Part(Payload.C2PA, body)
        elif kind in (b"iTXt", b"tEXt", b"zTXt"):
            yield from _of_text(kind, body)


def _chunks(window: Window) -> Iterator[tuple[bytes, Window]]:
    at, kind = len(START), b""
    while kind != b"IEND":
        window.budget.count()
        size, kind = window.number(at, 4), window.peek(at + 4, 4)
        body = window.part(at + 8, at + 8 + size)
        if _checksum(kind, body) != window.number(at + 8 + size, 4):
            raise Unreadable("a chunk in it does not match its checksum")
        yield kind, body
        at += 12 + size


def _checksum(kind: bytes, body: Window) -> int:
    checksum = zlib.crc32(kind)
    for at in range(0, len(body), CHUNK):
        checksum = zlib.crc32(body.peek(at, min(CHUNK, len(body) - at)), checksum)
    return checksum


def _of_text(kind: bytes, body: Window) -> Iterator[Part]:
    keyword, end, _ = body.peek(0, min(len(body), KEYWORD)).partition(b"\0")
    keyword, rest = keyword.lower(), body.part(min(len(body), len(keyword) + 1), len(body))
    is_profile, is_deflated = keyword.startswith(PROFILE), _is_deflated(kind, rest)
    if not end or not (is_profile or is_deflated or keyword == XMP):
        return
    text = _text(kind, rest.content())
    data = _unhexed(text) if is_profile else text
    body.budget.spend(len(data))
    payload = Payload.XMP if keyword in (XMP, XMP_PROFILE) else Payload.OTHER
    if data.startswith(jpeg.XMP):
        payload, data = Payload.XMP, data.removeprefix(jpeg.XMP)
    yield derived(payload, data, body.budget, packed=is_profile or is_deflated)


def _is_deflated(kind: bytes, rest: Window) -> bool:
    return kind == b"zTXt" or (kind == b"iTXt" and len(rest) > 0 and rest.number(0, 1) != 0)


def _text(kind: bytes, data: bytes) -> bytes:
    if kind == b"tEXt":
        return data
    if kind == b"zTXt":
        return _inflated(data[1:])
    compressed, _, _, rest = data[:1], data[1:2], *_languages(data[2:])
    return _inflated(rest) if compressed != b"\0" else rest


def _languages(data: bytes) -> tuple[bytes, bytes]:
    """What an international text begins with, its language and the keyword in it."""
    language, _, rest = data.partition(b"\0")
    _, end, text = rest.partition(b"\0")
    if not end:
        raise Unreadable("a text chunk in it is cut off")
    return language, text


def _inflated(data: bytes) -> bytes:
    inflator = zlib.decompressobj()
    try:
        text = inflator.decompress(data, PAYLOAD_BYTES)
    except zlib.error as error:
        raise Unreadable("a deflated text in it is broken") from error
    if not inflator.eof:
        raise Unreadable("a deflated text in it is cut off, or too large when inflated")
    return text


def _unhexed(text: bytes) -> bytes:
    """A raw profile: a line with its kind, one with its size, then hexadecimal digits."""
    lines = text.strip().split(b"\n", 2)
    try:
        return binascii.unhexlify(lines[2].translate(None, SPACES))
    except (IndexError, ValueError) as error:
        raise Unreadable("a raw profile in it is broken") from error
