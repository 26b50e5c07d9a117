"""How each platform's items and accounts are named, as its reader names them in a dump.

Plain Python. A removal that named another item than was meant would be acknowledged and take
nothing back, so what cannot be a name is refused, and what is not needed is left aside.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from platforms.feeds.removals import ItemName, NotUnderstood
from platforms.sources.wordpress.site import address

KINDS: Final[Mapping[str, frozenset[str]]] = {
    "tumblr": frozenset({"post"}),
    "reddit": frozenset({"post", "comment"}),
    "facebook": frozenset({"post", "photo"}),
    "instagram": frozenset({"media"}),
    "threads": frozenset({"post"}),
    "shutterstock": frozenset({"image", "video", "audio"}),
}
"""The kinds of the platforms that have few; of the others every kind is one."""

IN_CONTAINERS: Final = frozenset({"wordpress", "generic"})
"""Here an id says nothing without the site, or without the platform that it is of."""


class Scoped(NamedTuple):
    """What an item's key is made of."""

    kind: str
    container: str
    id: str


ACCOUNT_IDS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "tumblr": (re.compile(r"t:[A-Za-z0-9_-]{1,64}"), "a blog's uuid, such as t:aYVLJkjlTs_uPTkq"),
    "reddit": (re.compile(r"t[25]_[a-z0-9]{1,13}"), "a fullname, such as t2_1w72 or t5_2qh33"),
}
"""What an id of an account looks like, where nothing else can be in a dump."""

DECORATED: Final[Mapping[str, re.Pattern[str]]] = {
    "tumblr": re.compile(r"(?:https?://)?([a-z0-9-]+)\.tumblr\.com/?", re.IGNORECASE),
    "reddit": re.compile(
        r"(?:https?://(?:www\.)?reddit\.com)?/?(?:u|user|r)/([^/]+)/?", re.IGNORECASE
    ),
}
"""How people write the names of accounts; dumps have the bare name."""


def account_id(slug: str, native_id: str) -> str:
    """``native_id`` as the platform's dumps have it: a site of WordPress is its address.

    Raises ``NotUnderstood`` for what no dump could have: it would bind nobody.
    """
    if slug in ACCOUNT_IDS:
        shape, words = ACCOUNT_IDS[slug]
        if native_id and not shape.fullmatch(native_id):
            raise NotUnderstood(f"the id of an account of {slug} is {words}")
    if slug != "wordpress":
        return native_id
    site, mark, author = native_id.partition("#")
    return (address(site) or site) + mark + author


def account_name(slug: str, handle: str) -> str:
    """``handle`` as the platform's dumps have it: a login has no slash, an address may."""
    if slug in DECORATED and (decorated := DECORATED[slug].fullmatch(handle.strip())):
        return decorated[1]
    if slug != "wordpress" or "/" not in handle:
        return handle
    return address(handle) or handle


def scoped(slug: str, item: ItemName) -> Scoped:
    """The item that ``item`` names on the platform ``slug``, or ``NotUnderstood``."""
    kinds = KINDS.get(slug)
    if kinds is not None and item.kind not in kinds:
        raise NotUnderstood(f"the kind of an item of {slug} is one of: {', '.join(sorted(kinds))}")
    if slug not in IN_CONTAINERS:
        return Scoped(item.kind, "", item.id)
    container = address(item.container) if slug == "wordpress" else item.container
    if not container:
        raise NotUnderstood(f"an item of {slug} is named with its container, as in the dump")
    return Scoped(item.kind, container, item.id)
