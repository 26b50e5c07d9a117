"""Posts that are alike: what was found out about one of them holds for all.

Most posts of a dump differ in nothing that decides. ``Reader`` gives what ``posts.item_of``
does, but finds the evidence of only the first of each kind. Only posts of ordinary content
that have no fields but those listed here are of a kind: every other one is read by itself.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from platforms.parts import GAP, Pieces
from platforms.records import Evidence, Identity, Item, ItemRef, Media, Part, Principal, Role
from platforms.sources.tumblr.blogs import uuid_in
from platforms.sources.tumblr.content import MAX_PARTS, picture_in
from platforms.sources.tumblr.posts import (
    HINTS,
    KIND,
    LABELS,
    SLUG,
    Surroundings,
    id_of,
    item_of,
    moment_of,
    number_in,
    tags_of,
)
from platforms.sources.values import name_in, text_in

# How many kinds of posts, and how many blogs, are remembered at a time.
KINDS: Final = 4_096
BLOGS: Final = 65_536
# What is read of each post by itself, and what no step of ``posts`` reads.
OF_EACH_POST: Final = frozenset(
    {"id", "id_string", "timestamp", "title", "tags", "content", "layout", "trail", "blog"}
    | {"blog_name", "post_url", "short_url", "slug", "date", "reblog_key", "summary", "note_count"}
)
OF_EACH_SEGMENT: Final = frozenset({"post", "blog", "content", "layout"})
OF_EACH_SOURCE: Final = frozenset({"id", "timestamp"})
# What makes a kind: none of these is compared with who posted it, or with any other name.
OF_A_KIND: Final = frozenset(
    {"type", "object_type", "original_type", "state", "queued_state", "is_private", "is_nsfw"}
    | {"is_paywalled", "is_commercial", "is_blogless_advertiser", "advertiser_name"}
    | {*LABELS, *HINTS, "interactability_reblog", "interactability_blaze", "is_blazed"}
    | {"is_blocks_post_format", "should_open_in_legacy", "is_blaze_pending", "can_blaze"}
    | {"can_like", "can_reblog", "can_reply", "can_ignite", "can_send_in_message", "muted"}
    | {"display_avatar", "followed", "liked", "is_pinned", "mute_end_timestamp"}
    | {"recommended_source", "recommended_color"}
)
FIRST_TOO_LONG: Final = 10**20
NO_MEDIA: Final[tuple[Media, ...]] = ()
NO_SEGMENTS: Final[tuple[tuple["Segment", ...], tuple[object, ...]]] = ((), ())
PLAIN_LAYOUTS: Final = frozenset({"rows", "condensed", "carousel"})


class Known(msgspec.Struct, frozen=True, gc=False):
    """A blog as posts name it: who that is, and the number of its state."""

    uuid: str
    name: str
    state: int
    people: Mapping[Role, Principal]


class Content(msgspec.Struct, frozen=True, gc=False):
    """What blocks hold that are of the ordinary kinds and nobody's but the post's."""

    texts: list[str]
    media: tuple[Media, ...]


class Segment(msgspec.Struct, frozen=True, gc=False):
    content: Content
    who: Principal
    number: str


class Plain(msgspec.Struct, frozen=True, gc=False):
    """A post of a kind: the kind, and what differs from post to post."""

    kind: tuple[object, ...]
    number: str
    owner: Principal
    content: Content
    segments: tuple[Segment, ...]


class Names(NamedTuple):
    """The names that an object has, in their order: their number, and whose values decide."""

    number: int
    values: Callable[[Mapping[str, Any]], object]


class Findings(NamedTuple):
    """What holds for every post of a kind."""

    evidence: tuple[Evidence, ...]
    required: frozenset[str]


NOT_YET: Final = Findings((), frozenset())
_encode = msgspec.json.Encoder().encode


class Reader:
    """Reads the posts of one dump, once everything around them is known."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._kinds: dict[tuple[object, ...], Findings | None] = {}
        self._same: dict[Findings, Findings] = {}
        self._blogs: dict[tuple[str, str], Known | None] = {}
        self._states: dict[tuple[object, ...], int] = {}
        self._posts = Shapes(OF_EACH_POST)
        self._trail = Shapes(OF_EACH_SEGMENT)
        self._sources = Shapes(OF_EACH_SOURCE)

    def item_of(self, raw: Mapping[str, Any]) -> Item:
        """What ``posts.item_of`` says of ``raw``."""
        plain = self._plain(raw)
        if plain is None:
            return item_of(raw, self._around)
        findings = self._kinds.get(plain.kind, NOT_YET)
        if findings is NOT_YET:
            return self._first(plain, raw)
        if findings is None:
            return item_of(raw, self._around)
        return _made(plain, findings, raw, self._around.observed_at)

    def _first(self, plain: Plain, raw: Mapping[str, Any]) -> Item:
        """Read the first of a kind; what holds for it alone is not kept for others."""
        item = item_of(raw, self._around)
        findings = Findings(item.evidence, item.required)
        names_somebody = any(evidence.about for evidence in item.evidence)
        same = not names_somebody and _made(plain, findings, raw, item.observed_at) == item
        if len(self._kinds) >= KINDS:
            self._kinds.clear()
            self._same.clear()
        # Kinds that have the same evidence have the very same: it is compared very often.
        self._kinds[plain.kind] = self._same.setdefault(findings, findings) if same else None
        return item

    def _plain(self, raw: Mapping[str, Any]) -> Plain | None:
        blog, number = self._blog(raw.get("blog")), _number(raw)
        if blog is None or number is None or raw.get("blog_name") != blog.name:
            return None
        rest = self._posts.rest_of(raw)
        if rest is None or (content := _plain_content(raw)) is None:
            return None
        if (segments := self._segments(raw.get("trail", []), blog)) is None:
            return None
        found, kinds = segments
        kind = (rest, blog.state, number in self._around.closed, kinds)
        return Plain(kind, number, blog.people[Role.OWNER], content, found)

    def _segments(
        self, trail: object, own: Known
    ) -> tuple[tuple[Segment, ...], tuple[object, ...]] | None:
        """The segments of a trail, and what decides in each of them."""
        if trail == []:
            return NO_SEGMENTS
        if not isinstance(trail, list):
            return None
        found, kinds = [], []
        for number, raw in enumerate(trail):
            role = Role.REBLOG_VIA if number else Role.REBLOG_ROOT
            segment = self._segment(raw, role, own)
            if segment is None:
                return None
            found.append(segment[0])
            kinds.append(segment[1])
        return tuple(found), tuple(kinds)

    def _segment(
        self, raw: object, role: Role, own: Known
    ) -> tuple[Segment, tuple[object, ...]] | None:
        if not isinstance(raw, dict):
            return None
        source, blog = raw.get("post"), self._blog(raw.get("blog"))
        if blog is None or not isinstance(source, dict):
            return None
        number = number_in(source.get("id"))
        if number is None or number in self._around.closed:
            return None
        content = _plain_content(raw)
        rest = self._trail.rest_of(raw), self._sources.rest_of(source)
        if content is None or None in rest:
            return None
        kind = (*rest, blog.state, blog.uuid == own.uuid)
        return Segment(content, blog.people[role], number), kind

    def _blog(self, raw: object) -> Known | None:
        """The blog that a post names in full, and that can be asked; None for any other."""
        if not isinstance(raw, dict):
            return None
        name, uuid = raw.get("name"), raw.get("uuid")
        if not isinstance(name, str) or not isinstance(uuid, str):
            return None
        who = (uuid, name)
        if who in self._blogs:
            return self._blogs[who]
        if len(self._blogs) >= BLOGS:
            self._blogs.clear()
        return self._blogs.setdefault(who, self._known(raw, uuid, name))

    def _known(self, raw: dict[str, Any], uuid: str, name: str) -> Known | None:
        if uuid_in(raw) is None or name_in(name) is None or not self._around.blogs.holds(uuid):
            return None
        state = self._around.blogs.state_of(raw)
        number = self._states.setdefault(state, len(self._states))
        people = {
            role: Principal(role, Identity.STABLE, uuid, name)
            for role in (Role.OWNER, Role.REBLOG_ROOT, Role.REBLOG_VIA)
        }
        return Known(uuid, name, number, people)


def _made(
    plain: Plain, findings: Findings, raw: Mapping[str, Any], observed_at: datetime | None
) -> Item:
    people: tuple[Principal, ...] = (plain.owner,)
    parts: tuple[Part, ...] = ()
    parents: tuple[ItemRef, ...] = ()
    core = None
    if plain.segments:
        people = tuple(dict.fromkeys([plain.owner, *[one.who for one in plain.segments]]))
        text, media, parts, core = _whole(plain, raw)
        repeated = dict.fromkeys([one.number for one in plain.segments])
        parents = tuple([ItemRef((KIND,), one) for one in repeated if one != plain.number])
    else:
        text, media = GAP.join(filter(None, plain.content.texts)), plain.content.media
    return Item(
        platform=SLUG,
        kind=KIND,
        native_id=plain.number,
        principals=people,
        evidence=findings.evidence,
        required=findings.required,
        published_at=moment_of(raw.get("timestamp")),
        observed_at=observed_at,
        title=text_in(raw["title"]) if "title" in raw else "",
        text=text,
        tags=tags_of(raw),
        media=media,
        parts=parts,
        core=core,
        parents=parents,
    )


def _whole(
    plain: Plain, raw: Mapping[str, Any]
) -> tuple[str, tuple[Media, ...], tuple[Part, ...], tuple[Principal, ...] | None]:
    """Text and media, the parts of the trail, and who is in none of them."""
    whole = Pieces()
    for segment in plain.segments:
        whole.add(segment.content.texts, segment.content.media, [segment.who])
    whole.add(plain.content.texts, plain.content.media)
    core = (plain.owner,) if whole.parts and not raw.get("title") else None
    return whole.text, tuple(whole.media), tuple(whole.parts), core


def _plain_content(raw: Mapping[str, Any]) -> Content | None:
    """Texts and pictures that nobody is credited with; None for any other content."""
    blocks = raw.get("content")
    if not isinstance(blocks, list) or len(blocks) > MAX_PARTS or not _is_plain(raw):
        return None
    texts: list[str] = []
    media: list[Media] = []
    for block in blocks:
        if not isinstance(block, dict) or block.get("attribution") is not None:
            return None
        kind = block.get("type")
        if kind == "text" and isinstance(block.get("text"), str):
            texts.append(text_in(block["text"]))
        elif kind == "image" and (image := picture_in(block)):
            media.append(image)
            texts.append(text_in(block.get("caption")))
        else:
            return None
    return Content(texts, tuple(media) if media else NO_MEDIA)


def _is_plain(raw: Mapping[str, Any]) -> bool:
    """Whether the layout only says how blocks are arranged."""
    layouts = raw.get("layout")
    if layouts == [] or "layout" not in raw:
        return True
    if not isinstance(layouts, list) or len(layouts) > MAX_PARTS:
        return False
    return all(_arranges(layout) for layout in layouts)


def _arranges(layout: object) -> bool:
    kind = layout.get("type") if isinstance(layout, dict) else None
    return isinstance(kind, str) and kind in PLAIN_LAYOUTS


def _number(raw: Mapping[str, Any]) -> str | None:
    """The post's id, without detours where it is given as usual."""
    number = raw.get("id")
    if type(number) is int and 0 < number < FIRST_TOO_LONG:
        text = str(number)
        if raw.get("id_string", text) == text:
            return text
    return id_of(raw)


class Shapes:
    """What makes the kind of an object: its names, and the values of all but ``besides``."""

    def __init__(self, besides: frozenset[str]) -> None:
        self._besides = besides
        self._count = 0
        self._known: dict[tuple[str, ...], Names] = {}

    def rest_of(self, raw: Mapping[str, Any]) -> tuple[int, bytes] | None:
        """Everything in ``raw`` but what differs from post to post; types and order count."""
        names = tuple(raw)
        known = self._known.get(names) or self._first(names)
        if known is None:
            return None
        try:
            return known.number, _encode(known.values(raw))
        except (UnicodeEncodeError, RecursionError):
            return None

    def _first(self, names: tuple[str, ...]) -> Names | None:
        rest = [name for name in names if name not in self._besides]
        if not OF_A_KIND.issuperset(rest):
            return None
        if len(self._known) >= KINDS:
            self._known.clear()
        self._count += 1
        values = itemgetter(*rest) if rest else _nothing
        return self._known.setdefault(names, Names(self._count, values))


def _nothing(raw: Mapping[str, Any]) -> object:
    return ()
