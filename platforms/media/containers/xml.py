"""SVG, and XMP in a file of its own: the document is read as a whole, wherever XMP stands."""

from collections.abc import Iterator
from typing import Final

from platforms.media.containers.parts import Part, Payload
from platforms.media.window import Window

STARTS: Final = (b"<?xml", b"<?xpacket", b"<svg", b"<!--", b"<!DOCTYPE", b"<x:xmpmeta", b"<rdf:RDF")


def is_one(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(STARTS)


def parts(window: Window) -> Iterator[Part]:
    yield Part(Payload.XMP, window)
