"""Posts that are alike: what was found out about one of them holds for all.

Most posts of a dump differ in nothing that decides. ``Reader`` gives what ``posts.item_of``
does, but finds the evidence of only the first of each kind. Only posts of ordinary content
that have no fields but those listed here are of a kind: every other one is read by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from platforms.parts import GAP, Pieces
from platforms.records import Evidence, Identity, Item, ItemRef, Media, Part, Principal, Role
from platforms.sources.tumblr import usual
from platforms.sources.tumblr.blogs import Written, uuid_in
from platforms.sources.tumblr.content import picture_of
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
    tags_in,
)
from platforms.sources.tumblr.usual import ABSENT, Post, Posts
from platforms.sources.values import name_in, text_in

# How many kinds of posts, and how many blogs, are remembered at a time.
KINDS: Final = 4_096
BLOGS: Final = 262_144
# What is read of each post by itself, and what no step of ``posts`` reads.
OF_EACH_POST: Final = frozenset(
    {"id", "id_string", "timestamp", "title", "tags", "content", "layout", "trail", "blog"}
    | {"blog_name", "post_url", "short_url", "slug", "date", "reblog_key", "summary", "note_count"}
)
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
NO_SEGMENTS: Final[tuple[tuple["Segment", ...], tuple[object, ...]]] = ((), ())


class Known(msgspec.Struct, gc=False):
    """A blog as posts name it: who that is, and the number of its state."""

    state: int
    owner: Principal
    root: Principal | None = None
    via: Principal | None = None

    def as_root(self) -> Principal:
        """The blog as the first of a trail; most blogs of a dump are in none."""
        if self.root is None:
            self.root = msgspec.structs.replace(self.owner, role=Role.REBLOG_ROOT)
        return self.root

    def as_via(self) -> Principal:
        if self.via is None:
            self.via = msgspec.structs.replace(self.owner, role=Role.REBLOG_VIA)
        return self.via


class Named(msgspec.Struct, gc=False):
    """The names in a blog's record."""

    uuid: str
    name: str


class Segment(msgspec.Struct, gc=False):
    texts: list[str]
    media: list[Media]
    who: Principal
    number: str


class Plain(msgspec.Struct, gc=False):
    """A post of a kind: the kind, and what differs from post to post."""

    kind: tuple[object, ...]
    number: str
    owner: Principal
    texts: list[str]
    media: list[Media]
    segments: tuple[Segment, ...]


class Findings(NamedTuple):
    """What holds for every post of a kind."""

    evidence: tuple[Evidence, ...]
    required: frozenset[str]


NOT_YET: Final = Findings((), frozenset())
_named = msgspec.json.Decoder(Named).decode


def usual_posts() -> Posts:
    """What decodes the posts that may be of a kind."""
    return Posts(OF_EACH_POST | OF_A_KIND, OF_A_KIND)


class Reader:
    """Reads the posts of one dump, once everything around them is known."""

    def __init__(self, around: Surroundings, of_first_pass: Posts | None = None) -> None:
        self._around = around
        self._posts = of_first_pass or usual_posts()
        self._kinds: dict[tuple[object, ...], Findings | None] = {}
        self._same: dict[Findings, Findings] = {}
        self._written: Written[Known | None] = Written()
        self._blogs: dict[str, Known] = {}
        self._states: dict[tuple[object, ...], int] = {}

    def item_in(self, text: bytes) -> Item | UnsetType:
        """What ``item_of`` says of the post in ``text``, if others of its kind were read."""
        post = self._posts.decoded(text)
        plain = self._plain(post) if post else None
        findings = self._kinds.get(plain.kind) if plain else None
        if post is None or plain is None or findings is None:
            return UNSET
        return _made(plain, findings, post, self._around.observed_at)

    def item_of(self, raw: Mapping[str, Any]) -> Item:
        """What ``posts.item_of`` says of ``raw``."""
        if self._posts.learn(raw):
            self._forget()
        post = self._posts.of(raw)
        plain = self._plain(post) if post else None
        if post is None or plain is None:
            return item_of(raw, self._around)
        findings = self._kinds.get(plain.kind, NOT_YET)
        if findings is NOT_YET:
            return self._first(plain, post, raw)
        if findings is None:
            return item_of(raw, self._around)
        return _made(plain, findings, post, self._around.observed_at)

    def _first(self, plain: Plain, post: Post, raw: Mapping[str, Any]) -> Item:
        """Read the first of a kind; what holds for it alone is not kept for others."""
        item = item_of(raw, self._around)
        findings = Findings(item.evidence, item.required)
        names_somebody = any(evidence.about for evidence in item.evidence)
        same = not names_somebody and _made(plain, findings, post, item.observed_at) == item
        if len(self._kinds) >= KINDS:
            self._forget()
        # Kinds that have the same evidence have the very same: it is compared very often.
        self._kinds[plain.kind] = self._same.setdefault(findings, findings) if same else None
        return item

    def _forget(self) -> None:
        self._kinds.clear()
        self._same.clear()

    def _plain(self, post: Post) -> Plain | None:
        blog, number = self._blog(post.blog), _number(post)
        if blog is None or number is None or post.blog_name != blog.owner.handle:
            return None
        if (content := _content(post.content)) is None:
            return None
        if (segments := self._segments(post.trail or (), blog)) is None:
            return None
        found, kinds = segments
        kind = (self._posts.rest_of(post), blog.state, number in self._around.closed, kinds)
        return Plain(kind, number, blog.owner, *content, found)

    def _segments(
        self, trail: Sequence[usual.Segment], own: Known
    ) -> tuple[tuple[Segment, ...], tuple[object, ...]] | None:
        """The segments of a trail, and what decides in each of them."""
        if not trail:
            return NO_SEGMENTS
        found, kinds = [], []
        for place, raw in enumerate(trail):
            blog, number = self._blog(raw.blog), number_in(raw.post.id)
            content = _content(raw.content)
            if blog is None or number is None or content is None or number in self._around.closed:
                return None
            who = blog.as_via() if place else blog.as_root()
            found.append(Segment(*content, who, number))
            kinds.append((blog.state, blog.owner.native_id == own.owner.native_id))
        return tuple(found), tuple(kinds)

    def _blog(self, raw: Raw) -> Known | None:
        """The blog that a post names in full, and that can be asked; None for any other."""
        text = bytes(raw)
        if text in self._written:
            return self._written[text]
        known = self._known(text)
        self._written.keep(text, known)
        return known

    def _known(self, text: bytes) -> Known | None:
        try:
            named = _named(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        known = self._blogs.get(named.uuid)
        if known is not None and known.owner.handle == named.name:
            return known
        return self._asked(named)

    def _asked(self, named: Named) -> Known | None:
        raw = {"uuid": named.uuid, "name": named.name}
        blog = self._around.blogs.of(named.uuid)
        if blog is None or uuid_in(raw) is None or name_in(named.name) is None:
            return None
        if len(self._blogs) >= BLOGS:
            self._blogs.clear()
        state = self._around.blogs.state_of(raw)
        number = self._states.setdefault(state, len(self._states))
        # Blogs are many: the names that are kept of each already are not kept again.
        uuid = blog.uuid or named.uuid
        name = blog.handle if blog.handle == named.name else named.name
        known = Known(number, Principal(Role.OWNER, Identity.STABLE, uuid, name))
        self._blogs[uuid] = known
        return known


def _made(plain: Plain, findings: Findings, post: Post, observed_at: datetime | None) -> Item:
    people: tuple[Principal, ...] = (plain.owner,)
    parts: tuple[Part, ...] = ()
    parents: tuple[ItemRef, ...] = ()
    core = None
    if plain.segments:
        people = tuple(dict.fromkeys([plain.owner, *[one.who for one in plain.segments]]))
        text, media, parts, core = _whole(plain, post)
        repeated = dict.fromkeys([one.number for one in plain.segments])
        parents = tuple([ItemRef((KIND,), one) for one in repeated if one != plain.number])
    else:
        text, media = GAP.join(filter(None, plain.texts)), tuple(plain.media)
    return Item(
        platform=SLUG,
        kind=KIND,
        native_id=plain.number,
        principals=people,
        evidence=findings.evidence,
        required=findings.required,
        published_at=moment_of(post.timestamp),
        observed_at=observed_at,
        title=text_in(post.title),
        text=_storable(text),
        tags=_tags(post.tags),
        media=media,
        parts=parts,
        core=core,
        parents=parents,
    )


def _whole(
    plain: Plain, post: Post
) -> tuple[str, tuple[Media, ...], tuple[Part, ...], tuple[Principal, ...] | None]:
    """Text and media, the parts of the trail, and who is in none of them."""
    whole = Pieces()
    for segment in plain.segments:
        whole.add(segment.texts, segment.media, [segment.who])
    whole.add(plain.texts, plain.media)
    has_title = post.title is not ABSENT and post.title
    core = (plain.owner,) if whole.parts and not has_title else None
    return whole.text, tuple(whole.media), tuple(whole.parts), core


def _storable(text: str) -> str:
    """What ``text_in`` gives of decoded text: NUL is all that it can hold and no store can."""
    return text_in(text) if "\0" in text else text


def _tags(tags: list[str] | UnsetType) -> tuple[str, ...]:
    if not tags:
        return ()
    return tags_in(tags) if "" in tags or "\0" in "".join(tags) else tuple(tags)


def _content(
    blocks: list[usual.Text | usual.Image],
) -> tuple[list[str], list[Media]] | None:
    """The texts and pictures in ``blocks``; None where a picture has no address."""
    texts: list[str] = []
    media: list[Media] = []
    for block in blocks:
        if isinstance(block, usual.Text):
            texts.append(block.text)
        elif image := picture_of(block.media, block.alt_text):
            media.append(image)
            texts.append(text_in(block.caption))
        else:
            return None
    return texts, media


def _number(post: Post) -> str | None:
    """The post's id, without detours where it is given as usual."""
    number = post.id
    if type(number) is int and 0 < number < FIRST_TOO_LONG:
        text = str(number)
        if post.id_string is ABSENT or post.id_string == text:
            return text
    given = {"id": post.id, "id_string": post.id_string}
    return id_of({name: value for name, value in given.items() if value is not ABSENT})
