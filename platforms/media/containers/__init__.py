"""Where each format keeps XMP and C2PA: told by the first bytes, never by the name."""

from collections.abc import Callable, Iterator
from typing import Final

from platforms.media.containers import bmff, gif, id3, jpeg, png, riff, tiff, xml
from platforms.media.containers.parts import Part, Payload
from platforms.media.statements import Unreadable
from platforms.media.window import Window

__all__ = ["Part", "Payload", "parts_of"]

HEAD: Final = 32

Container = Callable[[Window], Iterator[Part]]


def parts_of(window: Window) -> Iterator[Part]:
    """Every payload that the file carries; raises ``Unreadable``, also midway."""
    head = window.peek(0, min(HEAD, len(window)))
    return _container_of(head)(window)


def _container_of(head: bytes) -> Container:
    for is_one, container in CONTAINERS:
        if is_one(head):
            return container
    raise Unreadable("it is empty" if not head else "its format is not one that is read")


CONTAINERS: Final[tuple[tuple[Callable[[bytes], bool], Container], ...]] = (
    (jpeg.is_one, jpeg.parts),
    (png.is_one, png.parts),
    (gif.is_one, gif.parts),
    (riff.is_one, riff.parts),
    (tiff.is_one, tiff.parts),
    (bmff.is_one, bmff.parts),
    (xml.is_one, xml.parts),
    (id3.is_one, id3.parts),
)
