"""One Reddit post or comment as an item, joined to all that the dump says around it.

A comment is no more public than its post, a crosspost no more than what it repeats, and
both no more than their subreddits and authors.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from platforms.parts import Pieces
from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
    Media,
    Part,
    Principal,
    Role,
    Visibility,
)
from platforms.sources.reddit.crossposts import doubts_of, is_crosspost, sources_of, state_of_source
from platforms.sources.reddit.known import PROVEN
from platforms.sources.reddit.media import media_of
from platforms.sources.reddit.people import author_of, container_of, place_of
from platforms.sources.reddit.responses import FULLNAME, Found, Shape
from platforms.sources.reddit.states import (
    TEXTS,
    fullname_of,
    moment_of,
    of_its_event,
    read_at,
    state_of,
)
from platforms.sources.reddit.surroundings import (
    Gist,
    Surroundings,
    named_by_event,
)
from platforms.sources.values import shown, text_in

SLUG: Final = "reddit"
KINDS: Final = {Shape.POST: "post", Shape.COMMENT: "comment"}


class Repeated(NamedTuple):
    """What an item repeats of another: words, media, and the people whose they are."""

    texts: list[str]
    media: list[Media]
    people: list[Principal]


class Reading(msgspec.Struct):
    """An item while it is read: every step adds what it found."""

    evidence: list[Evidence] = msgspec.field(default_factory=list)
    principals: list[Principal] = msgspec.field(default_factory=list)
    texts: list[str] = msgspec.field(default_factory=list)
    media: list[Media] = msgspec.field(default_factory=list)
    parents: list[ItemRef] = msgspec.field(default_factory=list)
    repeated: list[Repeated] = msgspec.field(default_factory=list)


def item_of(found: Found, around: Surroundings) -> Item:
    """A post or comment with everything that speaks for and against it; never raises."""
    shape, raw = found.shape, found.raw
    name, item = fullname_of(shape, raw), Reading()
    read_state(state_of(shape, raw, around.values), around.against(name), "item", item)
    _read_whereabouts(raw, Role.OWNER, ("container", "account"), item, around)
    _read_content(shape, raw, item)
    required = {"item", "container"}
    if shape is Shape.COMMENT:
        required.add("parent")
        read_parent(raw, item, around)
    elif is_crosspost(raw):
        required.add("embedded")
        _read_crosspost(raw, item, around)
    media = tuple(dict.fromkeys((*item.media, *(m for one in item.repeated for m in one.media))))
    text, parts = _put_together(item, media)
    return Item(
        platform=SLUG,
        kind=KINDS[shape],
        native_id=name.partition("_")[2] if name else None,
        principals=tuple(
            dict.fromkeys((*item.principals, *(p for one in item.repeated for p in one.people)))
        ),
        evidence=tuple(dict.fromkeys(item.evidence)),
        required=frozenset(required),
        published_at=moment_of(raw.get("created_utc")),
        observed_at=read_at_of(found, around.observed_at),
        title=text_in(raw.get("title")) if shape is Shape.POST else "",
        text=text,
        media=media,
        parents=tuple(dict.fromkeys(item.parents)),
        parts=parts,
        core=_core_of(item) if parts else None,
    )


def _put_together(item: Reading, media: tuple[Media, ...]) -> tuple[str, tuple[Part, ...]]:
    """The item's own words, and behind them the post that it repeats, as a part.

    A crosspost brings its source's media a second time, as its own: they are the source's.
    """
    whole = Pieces()
    whole.add(item.texts)
    for one in item.repeated:
        whole.add(one.texts, by=one.people)
    if len(whole.parts) != 1 or len(item.repeated) != 1:
        return whole.text, ()
    places = tuple(n for n, medium in enumerate(media) if medium in item.repeated[0].media)
    return whole.text, (msgspec.structs.replace(whole.parts[0], media=places),)


def _core_of(item: Reading) -> tuple[Principal, ...] | None:
    """Who is in the item's own words; media that no source has could be anybody's."""
    if set(item.media) <= {medium for one in item.repeated for medium in one.media}:
        return tuple(dict.fromkeys(item.principals))
    return None


def items_of_event(raw: Mapping[str, Any], around: Surroundings) -> Iterator[Item]:
    """What a compliance event without its record is about, so that it is judged, too."""
    for name in named_by_event(raw):
        kind, _, number = name.partition("_")
        if kind in KINDS:
            yield Item(
                platform=SLUG,
                kind=KINDS[Shape(kind)],
                native_id=number,
                evidence=tuple(dict.fromkeys((*of_its_event(raw), *around.against(name)))),
                observed_at=around.observed_at,
            )


def odd_item(found: Found, around: Surroundings) -> Item:
    """A record that is no post or comment: listed, and not shared."""
    reason = Evidence(
        "item",
        Visibility.UNKNOWN,
        "record_not_understood",
        "it is no post, comment, subreddit or account",
    )
    if found.shape is Shape.MESSAGE:
        reason = Evidence("item", Visibility.PRIVATE, "private_message", "it is a private message")
    return Item(
        platform=SLUG,
        kind="post",
        native_id=None,
        evidence=(reason,),
        observed_at=around.observed_at,
    )


def read_state(
    state: Iterable[Evidence], against: Iterable[Evidence], level: str, item: Reading
) -> None:
    found = dict.fromkeys((*state, *against))
    item.evidence += [_at(level, one) for one in found]
    if all(one.visibility is Visibility.ADULT for one in found):
        item.evidence.append(Evidence(level, Visibility.PUBLIC, PROVEN))


def _read_whereabouts(
    raw: Mapping[str, Any],
    role: Role,
    levels: tuple[str, str],
    item: Reading,
    around: Surroundings,
) -> None:
    """Who wrote it and in which subreddit; ``levels`` are those of place and person."""
    author, place = author_of(raw, role), place_of(raw)
    known = tuple(around.accounts.evidence_of(author.native_id, author.handle, levels[1], {}))
    if any(one.visibility is Visibility.ACCOUNT_GONE for one in known):
        author = Principal(role, Identity.GONE, author.native_id, author.handle)
    item.principals += [author, container_of(raw)]
    item.evidence += [*known, *around.of_place(place, levels[0])]


def _read_content(shape: Shape, raw: Mapping[str, Any], item: Reading) -> None:
    item.texts.append(text_in(raw.get(TEXTS[shape][-1])))
    item.media += media_of(raw)


def _read_crosspost(raw: Mapping[str, Any], item: Reading, around: Surroundings) -> None:
    item.evidence += doubts_of(raw)
    item.parents += _posts_in([raw.get("crosspost_parent")])
    for source in sources_of(raw):
        name = fullname_of(Shape.POST, source)
        item.parents += _posts_in([name, source.get("crosspost_parent")])
        against = around.against(name)
        read_state(state_of_source(source), against, "embedded", item)
        found = Reading(texts=[text_in(source.get("title"))])
        _read_whereabouts(source, Role.REBLOG_ROOT, ("embedded", "embedded"), found, around)
        _read_content(Shape.POST, source, found)
        item.evidence += found.evidence
        item.repeated.append(Repeated(found.texts, found.media, found.principals))


def _posts_in(names: Iterable[object]) -> Iterator[ItemRef]:
    for raw in names:
        name = FULLNAME.fullmatch(raw) if isinstance(raw, str) else None
        if name and name[1] == Shape.POST:
            yield ItemRef((KINDS[Shape.POST],), name[2])


def read_parent(raw: Mapping[str, Any], item: Reading, around: Surroundings) -> None:
    link = raw.get("link_id")
    name = FULLNAME.fullmatch(link) if isinstance(link, str) else None
    if name is None or name[1] != Shape.POST:
        said = "missing" if link is None else f"not understood: {shown(link)}"
        item.evidence.append(_doubt("parent_unknown", f"link_id is {said}"))
        return
    parent = ItemRef((KINDS[Shape.POST],), name[2])
    item.parents.append(parent)
    gist = around.post(name[0])
    if gist is None:
        detail = f"the dump does not hold the post {name[0]}; give the file that does beside it"
        item.evidence.append(_doubt("parent_outside_dump", detail, parent))
    _read_gist(gist, around.against(name[0]), item)
    for place in gist.sources if gist else ():
        item.evidence += around.of_place(place, "parent")
    if gist and gist.subreddits != {place_of(raw)[0]}:
        detail = "subreddit_id is not that of the comment's post"
        item.evidence.append(_doubt("container_contradictory", detail))


def _read_gist(gist: Gist | None, against: tuple[Evidence, ...], item: Reading) -> None:
    found = dict.fromkeys((*(gist.evidence if gist else ()), *against))
    item.evidence += [_at("parent", one, "parent_") for one in found]
    if gist and all(one.visibility is Visibility.ADULT for one in found):
        item.evidence.append(Evidence("parent", Visibility.PUBLIC, PROVEN))


def read_at_of(found: Found, default: datetime) -> datetime | None:
    """When the record's state was true: never later than its recording or its archive says."""
    if found.read_at is None:
        return None
    if isinstance(found.read_at, datetime):
        default = min(default, found.read_at)
    return read_at(found.raw, default)


def _at(level: str, one: Evidence, prefix: str = "") -> Evidence:
    if one.level == level and not prefix:
        return one
    code = f"{prefix}{one.code}"
    return Evidence(level, one.visibility, code, one.detail, one.about, one.fact)


def _doubt(code: str, detail: str, about: str | ItemRef = "") -> Evidence:
    return Evidence("parent", Visibility.UNKNOWN, code, detail, about)
