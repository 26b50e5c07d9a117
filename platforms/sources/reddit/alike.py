"""The second pass over posts and comments: what each says of itself, joined to what is around.

``items.item_of`` is the rule, field by field; this gives the same for whatever ``Kinds``
could read, faster. An author, a subreddit and a parent are looked up once; the evidence of
an item is put together once for equal state, place, author and parent. A test holds the two
together.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple, cast

import msgspec

from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
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
from platforms.sources.reddit.kept import Own
from platforms.sources.reddit.kinds import Kinds, Remembered, fullname
from platforms.sources.reddit.people import author_of, container_of, place_of
from platforms.sources.reddit.responses import FULLNAME, Found, Shape
from platforms.sources.reddit.states import moment_of
from platforms.sources.reddit.surroundings import Surroundings

OF_POSTS: Final = frozenset({"item", "container"})
OF_COMMENTS: Final = OF_POSTS | {"parent"}
NOTHING_SAID: Final = datetime.fromtimestamp(0, UTC)


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

    def __init__(self, around: Surroundings, kinds: Kinds | None = None) -> None:
        self._around, self._kinds = around, kinds or Kinds(around)
        self._authors: Remembered[Somebody] = Remembered()
        self._places: dict[int, Somebody] = {}
        self._parents: Remembered[Parent] = Remembered()
        self._below: Remembered[tuple[Evidence, ...]] = Remembered()
        self._evidence: Remembered[tuple[Evidence, ...]] = Remembered()

    def item_of(self, found: Found) -> Item:
        """What ``items.item_of`` gives."""
        raw, around = found.raw, self._around
        own = self._kinds.own_of(raw, found.shape)
        if own is None:
            return item_of(found, around)
        published_at = moment_of(raw.get("created_utc"))
        at = read_at_of(found, around.observed_at)
        kept = msgspec.structs.replace(own, published_at=published_at, read_at=at)
        return self.joined(cast(Own[datetime], kept))

    def joined(self, own: Own[datetime]) -> Item:
        """The item that says ``own`` of itself, with all that speaks for and against it."""
        around, is_comment = self._around, own.is_comment
        names, number = (own.author, own.author_id), own.number
        author = self._authors.get(names) or self._authors.put(names, self._author_of(*names))
        where = self._places.get(own.place) or self._new_place(own.place)
        parent = NO_PARENT
        if is_comment:
            key = own.link, own.place
            parent = self._parents.get(key) or self._parents.put(key, self._parent_of(*key))
        against = around.against(fullname(own)) if number else ()
        known = own.state, against, author.evidence, where.evidence, parent.evidence
        read_at = own.read_at
        if read_at is not None:
            default = around.observed_at
            read_at = default if read_at == NOTHING_SAID or read_at > default else read_at
        return Item(
            platform=SLUG,
            kind="comment" if is_comment else "post",
            native_id=number,
            principals=(author.who, where.who),
            evidence=self._evidence.get(known) or self._evidence.put(known, self._all_of(*known)),
            required=OF_COMMENTS if is_comment else OF_POSTS,
            published_at=own.published_at,
            observed_at=read_at,
            title=own.title,
            text=own.text,
            media=own.media,
            parents=parent.refs,
        )

    def _author_of(self, name: str, author_id: str | None) -> Somebody:
        author = author_of({"author": name, "author_fullname": author_id}, Role.OWNER)
        registered = self._around.accounts.evidence_of(
            author.native_id, author.handle, "account", {}
        )
        known = tuple(registered)
        if any(one.visibility is Visibility.ACCOUNT_GONE for one in known):
            author = Principal(Role.OWNER, Identity.GONE, author.native_id, author.handle)
        return Somebody(author, known)

    def _new_place(self, number: int) -> Somebody:
        raw = self._kinds.places[number].said
        evidence = self._around.of_place(place_of(raw), "container")
        return self._places.setdefault(number, Somebody(container_of(raw), evidence))

    def _parent_of(self, link: str, place: int) -> Parent:
        """Posts of which the same is kept say the same of the comments in one subreddit."""
        name = FULLNAME.fullmatch(link)
        gist = self._around.post(link) if name and name[1] == Shape.POST else None
        if name is None or gist is None:
            return self._read_parent(link, place)
        known = gist, self._around.against(link), place
        evidence = self._below.get(known)
        if evidence is None:
            parent = self._read_parent(link, place)
            self._below.put(known, parent.evidence)
            return parent
        return Parent((ItemRef((KINDS[Shape.POST],), name[2]),), evidence)

    def _read_parent(self, link: str, place: int) -> Parent:
        item = Reading()
        read_parent({"link_id": link, **self._kinds.places[place].said}, item, self._around)
        return Parent(tuple(item.parents), tuple(item.evidence))

    def _all_of(
        self,
        state: int,
        against: tuple[Evidence, ...],
        *rest: tuple[Evidence, ...],
    ) -> tuple[Evidence, ...]:
        item = Reading()
        read_state(self._kinds.states[state].evidence, against, "item", item)
        return tuple(dict.fromkeys((*item.evidence, *(one for found in rest for one in found))))
