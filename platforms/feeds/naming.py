"""How each platform's items and accounts are named, as its reader names them in a dump.

Plain Python. A removal that named another item than was meant would be acknowledged and take
nothing back, so what cannot be a name is refused, and what is not needed is left aside.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, NamedTuple

from platforms.feeds.removals import AccountName, ItemName, NotUnderstood
from platforms.keys import same_name
from platforms.sources import graph
from platforms.sources.reddit import states as reddit
from platforms.sources.shutterstock import values as shutterstock
from platforms.sources.tumblr import posts as tumblr
from platforms.sources.wordpress import items as wordpress
from platforms.sources.wordpress.site import address, one_spelling

KINDS: Final[Mapping[str, frozenset[str]]] = {
    "tumblr": frozenset({"post"}),
    "reddit": frozenset({"post", "comment"}),
    "facebook": frozenset({"post", "photo"}),
    "instagram": frozenset({"media"}),
    "threads": frozenset({"post"}),
    "shutterstock": frozenset({"image", "video", "audio"}),
}
"""The kinds of the platforms that have few; of the others every kind is one."""

OF_GRAPH: Final = (graph.ID, "a number, or two with a low line between them")
ITEM_IDS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "tumblr": (tumblr.ID, "a number, such as 1001"),
    "reddit": (reddit.ID, "what follows t3_ or t1_, such as 1abc2d"),
    "facebook": OF_GRAPH,
    "instagram": OF_GRAPH,
    "threads": OF_GRAPH,
    "shutterstock": (shutterstock.ID, "of letters, digits, dashes and low lines"),
    "wordpress": (wordpress.ID, "a number, such as 11"),
}
"""What an id of an item looks like, where nothing else can be in a dump."""

ANY_KIND: Final = re.compile(r"[a-z0-9_-]{1,40}")

IN_CONTAINERS: Final = frozenset({"wordpress", "generic"})
"""Here an id says nothing without the site, or without the platform that it is of."""

FINAL_DOT: Final = re.compile(r"^((?:[A-Za-z]+://)?[^/:]*[^/:.])\.(?=[/:]|$)")
"""The dot of the root, at the end of a host."""


class Scoped(NamedTuple):
    """What an item's key is made of."""

    kind: str
    container: str
    id: str


PLATFORM: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
"""The name of a platform in the generic format."""

OF_SITE: Final = re.compile(r"(author|user):.+")
"""What follows the address of a site in the id of one of its authors."""

ACCOUNT_IDS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "tumblr": (re.compile(r"t:[A-Za-z0-9_-]{1,64}"), "a blog's uuid, such as t:aYVLJkjlTs_uPTkq"),
    "reddit": (re.compile(r"t[25]_[a-z0-9]{1,13}"), "a fullname, such as t2_1w72 or t5_2qh33"),
    "facebook": OF_GRAPH,
    "instagram": OF_GRAPH,
    "threads": OF_GRAPH,
    "shutterstock": (
        re.compile(rf"(model:)?{shutterstock.ID.pattern}"),
        "a contributor's, such as 1234, or a model's, such as model:1234",
    ),
    "generic": (
        re.compile(rf"{PLATFORM.pattern}(:|/container:)[!-~]+"),
        "platform:id, or platform/container:id",
    ),
}
"""What an id of an account looks like, where nothing else can be in a dump."""

NAMES: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "tumblr": (re.compile(r"[^/.:?#\s]+"), "a blog's name, such as moss"),
    "reddit": (re.compile(r"(r/)?[^/.:?#\s]+"), "the name of a user, or of a subreddit as r/moss"),
    "facebook": (re.compile(r"[^/:?#\s]+"), "a user name, not an address"),
    "instagram": (re.compile(r"[^/:?#\s]+"), "a user name, not an address"),
    "threads": (re.compile(r"[^/:?#\s]+"), "a user name, not an address"),
    "shutterstock": (re.compile(r"(?!)"), "in no dump: give the id"),
    "generic": (re.compile(rf"{PLATFORM.pattern}:.+"), "platform:handle"),
}
"""What a name looks like by which somebody can be found, in the form in which it is kept."""

DECORATED: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "tumblr": (
        re.compile(
            r"(?:https?://)?(?:www\.)?"
            r"(?:(?!www\.)([a-z0-9-]+)\.tumblr\.com\.?"
            r"|tumblr\.com/(?:blog/(?:view/)?)?@?([a-z0-9-]+))/?",
            re.IGNORECASE,
        ),
        r"\1\2",
    ),
    "reddit": (
        re.compile(
            r"(?:(?:https?://)?(?:(?:www|old|new)\.)?reddit\.com)?/?(?:(?:u|user)/|(r/))([^/]+)/?",
            re.IGNORECASE,
        ),
        r"\1\2",
    ),
    "generic": (re.compile(r"([^:]+:)[@\s]*(.+?)\s*"), r"\1\2"),
}
"""How people write the names of accounts; dumps have the bare one, and subreddits as r/name."""


class Spelled(NamedTuple):
    """A name in the form in which it is kept, and in the other ones that content may have."""

    name: str
    others: tuple[str, ...] = ()


def as_in_dumps(slug: str, named: AccountName) -> tuple[AccountName, tuple[AccountName, ...]]:
    """``named`` as content names the account, and its other spellings, which bind as well.

    Raises ``NotUnderstood`` for what no dump could have: it would bind nobody.
    """
    its_id = account_id(slug, named.id) if named.id else Spelled("")
    its_name = account_name(slug, named.handle) if named.handle else Spelled("")
    if named.handle and not named.id:
        _require_findable(slug, its_name.name)
    others = (
        *(AccountName(id=other) for other in its_id.others),
        *(AccountName(handle=other) for other in its_name.others),
    )
    return AccountName(id=its_id.name or None, handle=its_name.name or None), others


def account_id(slug: str, native_id: str) -> Spelled:
    """``native_id`` as the platform's dumps have it: a site of WordPress is its address.

    Raises ``NotUnderstood`` for what no dump could have: it would bind nobody.
    """
    if slug in ACCOUNT_IDS:
        shape, words = ACCOUNT_IDS[slug]
        if native_id and not shape.fullmatch(native_id):
            raise NotUnderstood(f"the id of an account of {slug} is {words}")
    if slug != "wordpress":
        return Spelled(native_id)
    site, mark, author = native_id.partition("#")
    if not _is_site(site) or (mark and not OF_SITE.fullmatch(author)):
        raise NotUnderstood(
            "the id of an account of wordpress is a site's address, no number, or that of an author"
            " such as moss.example#author:moss"
        )
    found = _site(site)
    return Spelled(
        found.name + mark + author, tuple(other + mark + author for other in found.others)
    )


def account_name(slug: str, handle: str) -> Spelled:
    """``handle`` as the platform's dumps have it: a login has no slash, an address may."""
    if slug in DECORATED:
        form, bare = DECORATED[slug]
        if decorated := form.fullmatch(handle.strip()):
            return Spelled(decorated.expand(bare))
    if slug != "wordpress":
        return Spelled(handle)
    if "/" in handle:
        return _site(handle)
    # It may be a login as well as a host: what is said of it stays said of it.
    found = _site(handle)
    names = (found.name, *found.others) if "." in handle else ()
    return Spelled(handle, tuple(other for other in names if other != handle))


def _require_findable(slug: str, name: str) -> None:
    """An id binds whatever the name beside it is; a name alone has to be one that can be found."""
    if slug in NAMES:
        shape, words = NAMES[slug]
        if not shape.fullmatch(same_name(name)):
            raise NotUnderstood(f"the name of an account of {slug} is {words}")


def scoped(slug: str, item: ItemName) -> tuple[Scoped, ...]:
    """The item that ``item`` names on the platform ``slug``, or ``NotUnderstood``.

    More than one where its container has several spellings: each could be the dump's.
    """
    kinds = KINDS.get(slug)
    if kinds is not None and item.kind not in kinds:
        raise NotUnderstood(f"the kind of an item of {slug} is one of: {', '.join(sorted(kinds))}")
    if not ANY_KIND.fullmatch(item.kind):
        raise NotUnderstood("a kind is written in small letters, as in the dump")
    if slug in ITEM_IDS:
        shape, words = ITEM_IDS[slug]
        if not shape.fullmatch(item.id):
            raise NotUnderstood(f"the id of an item of {slug} is {words}")
    if slug not in IN_CONTAINERS:
        return (Scoped(item.kind, "", item.id),)
    if not (item.container and _is_container(slug, item.container)):
        raise NotUnderstood(f"an item of {slug} is named with its container, as in the dump")
    named = _site(item.container) if slug == "wordpress" else Spelled(item.container)
    return tuple(Scoped(item.kind, each, item.id) for each in (named.name, *named.others))


def _is_container(slug: str, said: str) -> bool:
    return _is_site(said) if slug == "wordpress" else PLATFORM.fullmatch(said) is not None


def _is_site(said: str) -> bool:
    """Whether it can be the address of a site; a number reads like a host, and is not one."""
    return _address(said) is not None and not said.isdecimal()


def _site(said: str) -> Spelled:
    """An address in the form that all its spellings have in common, and as it was said."""
    found = _address(said)
    if found is None:
        return Spelled(said)
    common = one_spelling(found)
    return Spelled(common, (found,) if found != common else ())


def _address(said: str) -> str | None:
    """``said`` as readers of dumps read it; they do not know the dot that may end a host."""
    said = unicodedata.normalize("NFC", said)
    return address(said) or address(FINAL_DOT.sub(r"\1", said, count=1))
