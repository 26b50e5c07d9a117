"""Reads posts and comments as of a kind: what was found out of the same before is used again.

``items.item_of`` is the rule, field by field; this gives the same for whatever repeats
nothing of another, faster, and leaves crossposts to it. An author, a subreddit and a
parent are looked up once; the evidence of an item is put together once for equal state,
place, author and parent. A test holds the two together.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
    Media,
    Principal,
    Role,
    Visibility,
)
from platforms.sources.reddit.items import (
    KINDS,
    SLUG,
    Reading,
    item_of,
    read_at_of,
    read_parent,
    read_state,
)
from platforms.sources.reddit.media import media_of
from platforms.sources.reddit.people import author_of, container_of, place_of
from platforms.sources.reddit.responses import Found, Shape
from platforms.sources.reddit.states import TEXTS, fullname_of, moment_of, state_of
from platforms.sources.reddit.surroundings import REMEMBERED, Surroundings
from platforms.sources.values import text_in

LONG_CHARACTERS: Final = 255
HOSTS: Final = ("https://i.redd.it/", "https://v.redd.it/")
OF_POSTS: Final = frozenset({"item", "container"})
OF_COMMENTS: Final = OF_POSTS | {"parent"}
OF_OTHERS: Final = ("crosspost_parent", "crosspost_parent_list")
Kept = TypeVar("Kept")


class Somebody(NamedTuple):
    """A person or a place, and what is known of them."""

    who: Principal
    evidence: tuple[Evidence, ...]


class Parent(NamedTuple):
    """What a comment hangs on, and what that says for and against it."""

    refs: tuple[ItemRef, ...]
    evidence: tuple[Evidence, ...]


NO_PARENT: Final = Parent((), ())


class Alike:
    """Reads the items of one dump after its first pass."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._authors: Remembered[Somebody] = Remembered()
        self._places: Remembered[Somebody] = Remembered()
        self._parents: Remembered[Parent] = Remembered()
        self._evidence: Remembered[tuple[Evidence, ...]] = Remembered()

    def item_of(self, found: Found) -> Item:
        """What ``items.item_of`` gives."""
        raw = found.raw
        if raw.get(OF_OTHERS[0]) is not None or raw.get(OF_OTHERS[1]) is not None:
            return item_of(found, self._around)
        names = raw.get("author", ""), raw.get("author_fullname")
        place, link = (raw.get("subreddit_id"), raw.get("subreddit")), raw.get("link_id")
        if not _are_short((*names, *place, link)):
            return item_of(found, self._around)
        return self._item_of(found, names, place, link)

    def _item_of(self, found: Found, names: Hashable, place: Hashable, link: Hashable) -> Item:
        shape, raw, around = found.shape, found.raw, self._around
        name = fullname_of(shape, raw)
        is_comment = shape is Shape.COMMENT
        author = self._authors.get(names) or self._authors.put(names, self._author_of(raw))
        where = self._places.get(place) or self._places.put(place, self._place_of(raw))
        parent = NO_PARENT
        if is_comment:
            key = (link, place)
            parent = self._parents.get(key) or self._parents.put(key, self._parent_of(raw))
        state, against = state_of(shape, raw, around.values), around.against(name)
        known = (state, against, author.evidence, where.evidence, parent.evidence)
        evidence = self._evidence.get(known) or self._evidence.put(known, _all_of(*known))
        return Item(
            platform=SLUG,
            kind=KINDS[shape],
            native_id=name.partition("_")[2] if name else None,
            principals=(author.who, where.who),
            evidence=evidence,
            required=OF_COMMENTS if is_comment else OF_POSTS,
            published_at=moment_of(raw.get("created_utc")),
            observed_at=read_at_of(found, around.observed_at),
            title="" if is_comment else text_in(raw.get("title")),
            text=text_in(raw.get(TEXTS[shape][-1])),
            media=_media_of(raw),
            parents=parent.refs,
        )

    def _author_of(self, raw: Mapping[str, Any]) -> Somebody:
        author = author_of(raw, Role.OWNER)
        registered = self._around.accounts.evidence_of(
            author.native_id, author.handle, "account", {}
        )
        known = tuple(registered)
        if any(one.visibility is Visibility.ACCOUNT_GONE for one in known):
            author = Principal(Role.OWNER, Identity.GONE, author.native_id, author.handle)
        return Somebody(author, known)

    def _place_of(self, raw: Mapping[str, Any]) -> Somebody:
        return Somebody(container_of(raw), self._around.of_place(place_of(raw), "container"))

    def _parent_of(self, raw: Mapping[str, Any]) -> Parent:
        item = Reading()
        read_parent(raw, item, self._around)
        return Parent(tuple(item.parents), tuple(item.evidence))


class Remembered(Generic[Kept]):
    """What was made of the same before; it forgets everything when there is too much of it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}
        self.get = self._kept.get

    def put(self, key: Hashable, made: Kept) -> Kept:
        if len(self._kept) >= REMEMBERED:
            self._kept.clear()
        self._kept[key] = made
        return made


def _are_short(values: tuple[object, ...]) -> bool:
    """Whether they can serve as a key: text of a usual length, or nothing."""
    for value in values:
        if value is not None and (type(value) is not str or len(value) > LONG_CHARACTERS):
            return False
    return True


def _all_of(
    state: tuple[Evidence, ...], against: tuple[Evidence, ...], *rest: tuple[Evidence, ...]
) -> tuple[Evidence, ...]:
    item = Reading()
    read_state(state, against, "item", item)
    return tuple(dict.fromkeys((*item.evidence, *(one for found in rest for one in found))))


def _media_of(raw: Mapping[str, Any]) -> tuple[Media, ...]:
    url = raw.get("url")
    is_hosted = isinstance(url, str) and url.startswith(HOSTS)
    if not is_hosted and raw.get("media_metadata") is None:
        return ()
    return tuple(dict.fromkeys(media_of(raw)))
