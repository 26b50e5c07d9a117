"""The pictures and videos that a post's author uploaded to Reddit itself.

Addresses are made from ids: those in a record carry signatures. What is embedded from
elsewhere (``secure_media``, ``oembed``, previews, GIFs from Giphy) is left out.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from platforms.records import Media, MediaKind
from platforms.sources.values import text_in

PICTURE: Final = re.compile(r"https://i\.redd\.it/[A-Za-z0-9_-]{1,64}\.(?:jpe?g|png|gif|webp)")
VIDEO: Final = re.compile(r"https://v\.redd\.it/[A-Za-z0-9]{1,64}")
MEDIA_ID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
SUFFIXES: Final = {"image/jpg": "jpg", "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


def media_of(raw: Mapping[str, Any]) -> Iterator[Media]:
    yield from _linked(raw.get("url"), is_video=raw.get("is_video") is True)
    metadata = raw.get("media_metadata")
    if not isinstance(metadata, dict):
        return
    captions, named = _captions(raw.get("gallery_data")), _named_in_text(raw)
    for name, one in metadata.items():
        # What the author took out of a gallery or a text may still be listed here.
        if (url := _address(name, one)) and (name in captions or name in named):
            yield Media(_kind(url), url, captions.get(name, ""))


def _linked(url: object, *, is_video: bool) -> Iterator[Media]:
    if not isinstance(url, str):
        return
    if PICTURE.fullmatch(url):
        yield Media(_kind(url), url)
    elif is_video and VIDEO.fullmatch(url):
        yield Media(MediaKind.VIDEO, url)


def _address(name: str, one: object) -> str | None:
    """Where an uploaded picture lies; None for anything else that a text can embed."""
    if not isinstance(one, dict) or one.get("status") != "valid" or "t" in one:
        return None
    suffix = SUFFIXES.get(kind) if isinstance(kind := one.get("m"), str) else None
    if suffix is None or one.get("id") != name or not MEDIA_ID.fullmatch(name):
        return None
    return f"https://i.redd.it/{name}.{suffix}"


def _named_in_text(raw: Mapping[str, Any]) -> set[str]:
    """Whatever in its texts can be the id of a picture; one search of them serves all pictures."""
    texts = (raw.get(name) for name in ("selftext", "body"))
    return {name for text in texts if isinstance(text, str) for name in MEDIA_ID.findall(text)}


def _captions(gallery: object) -> dict[str, str]:
    """Of the pictures that a gallery shows, in which those that were taken out are marked."""
    items = gallery.get("items") if isinstance(gallery, dict) else None
    return {
        item["media_id"]: text_in(item.get("caption"))
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict)
        and isinstance(item.get("media_id"), str)
        and item.get("is_deleted") in (None, False)
    }


def _kind(url: str) -> MediaKind:
    return MediaKind.GIF if url.endswith(".gif") else MediaKind.IMAGE
