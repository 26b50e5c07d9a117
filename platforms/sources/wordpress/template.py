"""Items that are written exactly as WordPress's own export writes them, read at a glance.

WordPress itself and ``wp export`` put the same elements into the same order. A parser calls
back twice for each of them; here one expression knows them all. It takes only what every parser
reads in this one way: elements without foreign attributes, each with one text or one section of
CDATA in it, or nothing. Whatever differs in any way is left to the parser, and so is everything
around the items.
"""

import re
from collections.abc import Sequence
from typing import Final

from platforms.sources.wordpress.elements import Element

END_OF_ITEM: Final = "</item>"
# XML allows neither in UTF-8, not even in CDATA; other faults of UTF-8 do not decode.
FORBIDDEN_BYTES: Final = bytes(set(range(32)) - set(b"\t\n\r"))
FORBIDDEN_CHARACTERS: Final = ("\ufffe", "\uffff")

# All repetitions are possessive: nothing is ever tried twice, however long it is.
SPACE: Final = r"[ \t\r\n]*+"
# Every document knows the named ones; those with a number are such as XML allows.
NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
NUMBERED: Final = "#0?(?:9|10|13|3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3})"
REFERENCE: Final = f"&(?:{'|'.join(NAMED)}|{NUMBERED});"
ANY_REFERENCE: Final = re.compile("&([^;]*);")
PLAIN: Final = rf"[^<>&]*+(?:{REFERENCE}[^<>&]*+)*+"
SECTION: Final = r"(?:[^\]]++|\](?!\]>))*+"
WANTED: Final = rf"(?:<!\[CDATA\[({SECTION})\]\]>|({PLAIN}))"
UNWANTED: Final = rf"(?:<!\[CDATA\[{SECTION}\]\]>|{PLAIN})"
ATTRIBUTE: Final = r'[^"<&\t\r\n]*+'


def _one(name: str, text: str, attributes: str = "") -> str:
    return f"{SPACE}<{name}{attributes}(?:>{text}</{name}>|{SPACE}/>)"


def _read(name: str) -> str:
    """An element whose text is wanted: that of its section, or its plain one, if it has any."""
    return _one(name, WANTED)


def _read_if_there(name: str) -> str:
    """An element that may be missing, but not be without a text."""
    return f"(?:{SPACE}<{name}>{WANTED}</{name}>)?+"


def _passed(name: str, attributes: str = "") -> str:
    """An element that may be there, and that nobody reads."""
    return f"(?:{_one(name, UNWANTED, attributes)})?+"


def _all_passed(*names: str) -> str:
    return "".join(map(_passed, names))


HEAD: Final = re.compile(
    f"{SPACE}<item>"
    + _read("title")
    + _all_passed("link", "pubDate")
    + _read("dc:creator")
    + _passed("guid", ' isPermaLink="(?:true|false)"')
    + _passed("description")
    + _read("content:encoded")
    + _read_if_there("excerpt:encoded")
    + _read("wp:post_id")
    + _passed("wp:post_date")
    + _read("wp:post_date_gmt")
    + _all_passed("wp:post_modified", "wp:post_modified_gmt", "wp:comment_status")
    + _all_passed("wp:ping_status", "wp:post_name")
    + _read("wp:status")
    + _read("wp:post_parent")
    + _passed("wp:menu_order")
    + _read("wp:post_type")
    + _read("wp:post_password")
    + _passed("wp:is_sticky")
    + _read_if_there("wp:attachment_url")
)
CATEGORY: Final = re.compile(
    _one("category", WANTED, f' domain="({ATTRIBUTE})" nicename="{ATTRIBUTE}"')
)
META: Final = re.compile(
    f"{SPACE}<wp:postmeta>{_read('wp:meta_key')}{_read('wp:meta_value')}{SPACE}</wp:postmeta>"
)
META_OF_COMMENT: Final = re.compile(
    f"{SPACE}<wp:commentmeta>{_read('wp:meta_key')}{_read('wp:meta_value')}{SPACE}</wp:commentmeta>"
)
# A group that is repeated keeps its last text only: where there are several, they are read again.
UNREAD_META: Final = (
    f"{SPACE}<wp:commentmeta>{_one('wp:meta_key', UNWANTED)}{_one('wp:meta_value', UNWANTED)}"
    f"{SPACE}</wp:commentmeta>"
)
COMMENT: Final = re.compile(
    f"{SPACE}<wp:comment>"
    + _read("wp:comment_id")
    + _all_passed("wp:comment_author", "wp:comment_author_email", "wp:comment_author_url")
    + _all_passed("wp:comment_author_IP", "wp:comment_date")
    + _read("wp:comment_date_gmt")
    + _read("wp:comment_content")
    + _read("wp:comment_approved")
    + _read("wp:comment_type")
    + _passed("wp:comment_parent")
    + _read("wp:comment_user_id")
    + f"((?:{UNREAD_META})*+){SPACE}</wp:comment>"
)
END: Final = re.compile(SPACE + END_OF_ITEM)


def text_of(data: bytes) -> str | None:
    """The characters of ``data``, or None if there is any that no XML may hold."""
    if len(data.translate(None, FORBIDDEN_BYTES)) != len(data):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not text.isascii() and any(one in text for one in FORBIDDEN_CHARACTERS):
        return None
    return text


def item_at(text: str, at: int) -> tuple[Element, int] | None:
    """The item that begins ``at``, after white space, and where it ends; None if unusual.

    Every prefix must mean here what it means to WordPress, and ``text`` come from ``text_of``.
    """
    found = _item_at(text, at)
    if found is None or text.find("\r", at, found[1]) < 0:
        return found
    # A parser makes one line break of each kind of them before it reads anything else.
    same = text[at : found[1]].replace("\r\n", "\n").replace("\r", "\n")
    again = _item_at(same, 0)
    return again and (again[0], found[1])


def _item_at(text: str, at: int) -> tuple[Element, int] | None:
    head = HEAD.match(text, at)
    if head is None:
        return None
    item, at = _item(head), head.end()
    for name, pattern, read in CHILDREN:
        children = []
        while found := pattern.match(text, at):
            children.append(read(found))
            at = found.end()
        if children:
            item.listed[name] = children
    end = END.match(text, at)
    return None if end is None else (item, end.end())


def _item(head: re.Match[str]) -> Element:
    said = _said(head.groups())
    title, creator, content, excerpt, number, date, status, parent, kind, password, address = said
    texts: dict[str, str | None] = {
        "title": title or "",
        "dc:creator": creator or "",
        "wp:post_id": number or "",
        "wp:post_date_gmt": date or "",
        "wp:status": status or "",
        "wp:post_parent": parent or "",
        "wp:post_type": kind or "",
        "wp:post_password": password or "",
    }
    if address is not None:
        texts["wp:attachment_url"] = address
    listed = {"content:encoded": [Element("content:encoded", None, content or "")]}
    if excerpt is not None:
        listed["excerpt:encoded"] = [Element("excerpt:encoded", None, excerpt)]
    return Element("item", None, "", True, texts, listed)


def _category(found: re.Match[str]) -> Element:
    domain, *text = found.groups()
    return Element("category", domain, _said(text)[0] or "")


def _meta(found: re.Match[str], name: str = "wp:postmeta") -> Element:
    key, value = _said(found.groups())
    texts: dict[str, str | None] = {"wp:meta_key": key or "", "wp:meta_value": value or ""}
    return Element(name, None, "", True, texts, {})


def _comment(found: re.Match[str]) -> Element:
    *fields, metas = found.groups()
    number, date, content, approved, kind, author = _said(fields)
    texts: dict[str, str | None] = {
        "wp:comment_id": number or "",
        "wp:comment_date_gmt": date or "",
        "wp:comment_content": content or "",
        "wp:comment_approved": approved or "",
        "wp:comment_type": kind or "",
        "wp:comment_user_id": author or "",
    }
    read = [_meta(one, "wp:commentmeta") for one in META_OF_COMMENT.finditer(metas or "")]
    listed = {"wp:commentmeta": read} if read else {}
    return Element("wp:comment", None, "", True, texts, listed)


def _said(found: Sequence[str | None]) -> list[str | None]:
    """What each element says: its section, or its plain text; None where it has neither."""
    return [
        section if plain is None else _resolved(plain) if "&" in plain else plain
        for section, plain in zip(found[::2], found[1::2], strict=True)
    ]


def _resolved(plain: str) -> str:
    return ANY_REFERENCE.sub(_character, plain)


def _character(reference: re.Match[str]) -> str:
    name = reference[1]
    return chr(int(name[1:])) if name[0] == "#" else NAMED[name]


CHILDREN: Final = (
    ("category", CATEGORY, _category),
    ("wp:postmeta", META, _meta),
    ("wp:comment", COMMENT, _comment),
)
