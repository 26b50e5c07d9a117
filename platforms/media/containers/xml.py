"""SVG, and XMP in a file of its own: the document is read as a whole, wherever XMP stands."""

import codecs
from collections.abc import Iterator
from typing import Final

from platforms.media.containers.parts import Part, Payload
from platforms.media.window import Window

STARTS: Final = (b"<?xml", b"<?xpacket", b"<svg", b"<!--", b"<!DOCTYPE", b"<x:xmpmeta", b"<rdf:RDF")
WIDE: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def is_one(head: bytes) -> bool:
    if encoding := WIDE.get(head[:2]):
        head = head[2:].decode(encoding, "replace").encode()
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(STARTS)


def parts(window: Window) -> Iterator[Part]:
    yield Part(Payload.XMP, window)
