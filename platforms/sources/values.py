"""Raw values of a dump, made safe to keep or to show."""

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

SHOWN_CHARACTERS: Final = 40
# Of an address like this there is nothing to leave out.
PLAIN_ADDRESS: Final = re.compile(r"https?://[a-z0-9.-]+/[A-Za-z0-9._/-]*")
# Neither can be stored as UTF-8 text by every store: lone surrogates and NUL.
UNSTORABLE: Final = re.compile("[\ud800-\udfff\x00]")


def shown(value: object) -> str:
    """``value`` as a detail may echo it: quoted, at most 40 characters."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return repr(value[:SHOWN_CHARACTERS])[:SHOWN_CHARACTERS]
    return repr(value)[:SHOWN_CHARACTERS]


def name_in(value: object) -> str | None:
    """``value`` if it is text that can serve as an id or a handle, otherwise None."""
    if not isinstance(value, str) or not value.strip() or len(value) > 255:
        return None
    return None if UNSTORABLE.search(value) else value


def text_in(value: object) -> str:
    """``value`` as content: empty unless it is text; what no store can hold is replaced."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and "\0" not in value:
        return value
    return UNSTORABLE.sub("\ufffd", value)


def address_in(raw: object) -> str:
    """A web address without what may identify its reader: no user, query or fragment."""
    if not isinstance(raw, str):
        return ""
    return raw if PLAIN_ADDRESS.fullmatch(raw) else _address_in(raw)


def _address_in(raw: str) -> str:
    try:
        url = urlsplit(text_in(raw).strip())
    except ValueError:
        return ""
    if url.scheme not in ("http", "https") or not url.netloc.strip() or "@" in url.netloc:
        return ""
    return urlunsplit((url.scheme, url.netloc, url.path, "", ""))
