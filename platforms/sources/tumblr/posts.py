"""One Tumblr post as an item: what each field proves, and everybody who is in it.

Names and addresses of submitters and askers without an account never get into an item.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from platforms.parts import Pieces
from platforms.records import Evidence, Identity, Item, ItemRef, Media, Principal, Role, Visibility
from platforms.sources.marks import Watch
from platforms.sources.marks import doubt as doubt_of_mark
from platforms.sources.tumblr.blogs import (
    FIELDS,
    OTHERS,
    PAYMENT,
    PAYMENT_GAP,
    RATING,
    RATING_GAP,
    VISIBILITY,
    WITHOUT_UUID,
    Blog,
    Blogs,
    Meaning,
    against,
    camel,
    evidence_of,
    is_proven,
    reading,
    uuid_in,
)
from platforms.sources.tumblr.content import (
    ANSWERS,
    POST_TYPES,
    Content,
    blocks_of,
    is_anonymous_ask,
    is_npf,
    legacy_of,
)
from platforms.sources.values import name_in, shown, text_in

SLUG: Final = "tumblr"
KIND: Final = "post"
ID: Final = re.compile(r"[1-9][0-9]{0,19}")
EXACT_IN_JAVASCRIPT: Final = 2**53
LAST_TIMESTAMP: Final = 253_402_300_799
ANSWER_FACT: Final = "answer.is_private"
COMMUNITY_FACT: Final = "post.community"
SETTLE_ANSWER: Final = f"; settle with --fact {ANSWER_FACT}=false"
STATES: Final = {
    "published": Visibility.PUBLIC,
    "queued": Visibility.UNPUBLISHED,
    "queue": Visibility.UNPUBLISHED,
    "draft": Visibility.UNPUBLISHED,
    "private": Visibility.PRIVATE,
    "unapproved": Visibility.UNPUBLISHED,
    "submission": Visibility.UNPUBLISHED,
}
FLAGS: Final[Mapping[str, Meaning]] = {
    "is_nsfw": {False: Visibility.PUBLIC, True: Visibility.ADULT},
    "is_paywalled": {False: Visibility.PUBLIC, True: Visibility.PAID},
    "is_commercial": {False: Visibility.PUBLIC, True: Visibility.COMMERCIAL},
    "is_blogless_advertiser": {False: Visibility.PUBLIC, True: Visibility.COMMERCIAL},
    "label": {False: Visibility.PUBLIC, True: Visibility.ADULT},
}
# These tell of an adult post, but their silence does not tell of a clean one.
HINTS: Final[Mapping[str, Meaning]] = {
    **{
        name: {False: Visibility.PUBLIC, True: Visibility.ADULT}
        for name in ("is_blurred_images", "is_nsfw_based_on_score", "post_author_is_adult")
    },
    "classification": {
        "clean": Visibility.PUBLIC,
        **dict.fromkeys(("explicit", "adult", "nsfw", "sensitive"), Visibility.ADULT),
    },
}
LABELS: Final = ("community_labels", "communityLabels")
LABELLED: Final = ("has_community_label", "hasCommunityLabel")
REBLOGGED: Final = {"reblogged_root": Role.REBLOG_ROOT, "reblogged_from": Role.REBLOG_VIA}
STRANGER: Final = ("anonymous_name", "anonymous_email")
DECISIVE: Final = (
    *(name for name in (*FLAGS, *HINTS) if "_" in name),
    *(f"{prefix}_{name}" for prefix in REBLOGGED for name in ("id", "uuid", "name", "url")),
    *("is_private", "is_submission", "queued_state", "advertiser_name"),
    *("blog_name", "author_blog", "post_author", "asking_name", "original_type", "id_string"),
    *("parent_post_id", "parent_post_url", "parent_tumblelog_uuid", "tumblelog_uuid"),
    *("broken_blog_name", "object_type", *STRANGER),
)
MISSPELT: Final = {camel(name): name for name in DECISIVE}
# Who pays for being seen by more people lets no fewer see it.
HARMLESS: Final = ("is_blaze_pending", "is_blocked")
WATCH: Final = Watch((*DECISIVE, *MISSPELT, *FLAGS, *HINTS, *LABELS, *HARMLESS, "state"))
WATCH_OF_COMMUNITIES: Final = Watch({"visibility"})
WATCH_INSIDE: Final = Watch(())
# Blogs are read wherever they stand, and labels, communities and trails by whoever knows them;
# notes are what others wrote below a post.
BLOGS: Final = frozenset({"blog", "author_blog"})
READ_APART: Final = BLOGS | {"trail", "community", "notes", *LABELS}
READ_APART_IN_TRAILS: Final = READ_APART | {"post"}


class Surroundings(msgspec.Struct, frozen=True):
    """What is known besides the post itself."""

    blogs: Blogs
    asserted: Mapping[str, object]
    closed: frozenset[str]
    observed_at: datetime


class Segment(NamedTuple):
    """One item of the trail: its words and media, and everybody who is in it."""

    text: str
    media: list[Media]
    people: list[Principal]


class Reading(msgspec.Struct):
    """A post while it is read: every step adds what it found.

    ``apart`` are the places, among the principals, of those who were named with a piece
    of the post that is their own. ``repeats`` are the ids of the posts whose words it has.
    """

    raw: Mapping[str, Any]
    around: Surroundings
    content: Content
    trail: list[Any]
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    principals: list[Principal] = msgspec.field(default_factory=list)
    segments: list[Segment] = msgspec.field(default_factory=list)
    apart: set[int] = msgspec.field(default_factory=set)
    required: set[str] = msgspec.field(default_factory=lambda: {"item", "container"})
    repeats: list[str] = msgspec.field(default_factory=list)
    has_ask: bool = False

    @property
    def blog(self) -> dict[str, Any]:
        return object_in(self.raw, "blog")

    @property
    def author(self) -> dict[str, Any]:
        """Whose words the post has: in a community it is not the community's blog."""
        if self.is_in_community:
            return object_in(self.raw, "author_blog")
        return {"name": self.raw.get("blog_name"), **self.blog}

    @property
    def is_in_community(self) -> bool:
        return "community" in self.raw

    def is_own(self, blog: Mapping[str, Any]) -> bool:
        own = {uuid_in(self.blog), uuid_in(self.author)} - {None}
        return uuid_in(blog) in own

    def say(self, visibility: Visibility, code: str, detail: str = "", level: str = "item") -> None:
        self.evidence.append(Evidence(level, visibility, code, detail))

    def doubt(
        self, code: str, detail: str, level: str = "item", *, about: str = "", fact: str = ""
    ) -> None:
        self.evidence.append(Evidence(level, Visibility.UNKNOWN, code, detail, about, fact))


def item_of(raw: Mapping[str, Any], around: Surroundings) -> Item:
    """``raw`` with everything that speaks for and against it; never raises."""
    content = blocks_of(raw) if is_npf(raw) else legacy_of(raw)
    post = Reading(raw, around, content, [])
    for step in STEPS:
        step(post)
    whole = _put_together(post)
    return Item(
        platform=SLUG,
        kind=KIND,
        native_id=id_of(raw),
        principals=tuple(dict.fromkeys(post.principals)),
        evidence=tuple(dict.fromkeys(post.evidence)),
        required=frozenset(post.required),
        published_at=moment_of(raw.get("timestamp")),
        observed_at=around.observed_at,
        title=text_in(raw.get("title")),
        text=whole.text,
        tags=tags_in(raw.get("tags")),
        media=tuple(whole.media),
        parts=tuple(whole.parts),
        core=_core_of(post) if whole.parts else None,
        parents=tuple(_parents_of(post)),
    )


def _parents_of(post: Reading) -> Iterator[ItemRef]:
    """The posts whose words it repeats: it goes with each of them."""
    for number in dict.fromkeys(post.repeats):
        if number != id_of(post.raw):
            yield ItemRef((KIND,), number)


def _put_together(post: Reading) -> Pieces:
    """What the trail holds, oldest first, and then what the post adds."""
    whole = Pieces()
    for segment in post.segments:
        whole.add([segment.text], segment.media, segment.people)
    content = post.content
    for texts, media, blogs in content.pieces():
        people = [_principal(post, role, blog) for role, blog in blogs]
        whole.add(content.texts[texts], content.media[media], people)
    return whole


def _core_of(post: Reading) -> tuple[Principal, ...] | None:
    """Everybody who was not named with a piece of their own.

    The title of a reblog is its source's, and the old format repeats the whole chain in
    the post's own words: there nobody can tell.
    """
    if not is_npf(post.raw) or (post.trail and post.raw.get("title")):
        return None
    core = (one for n, one in enumerate(post.principals) if n not in post.apart)
    return tuple(dict.fromkeys(core))


def odd_item(observed_at: datetime, detail: str) -> Item:
    """A record that is no post: listed, and held."""
    doubt = Evidence("item", Visibility.UNKNOWN, "record_not_understood", detail)
    return Item(
        platform=SLUG, kind=KIND, native_id=None, evidence=(doubt,), observed_at=observed_at
    )


def id_of(raw: Mapping[str, Any]) -> str | None:
    """The post's id as text; None when it is missing, odd or given in two ways."""
    given = [raw[name] for name in ("id", "id_string") if name in raw]
    if len(given) > 1 and _is_rounded(*given):
        del given[0]
    found = {number_in(value) for value in given}
    return found.pop() if len(found) == 1 else None


def _is_rounded(number: object, text: object) -> bool:
    """Whether ``number`` is what JavaScript, which has no large integers, made of ``text``."""
    if (
        type(number) is not int
        or number <= EXACT_IN_JAVASCRIPT
        or (exact := number_in(text)) is None
    ):
        return False
    return float(number) == float(exact)


def is_open(raw: Mapping[str, Any]) -> bool:
    """Whether an appearance of a post lets everybody read it, as far as it says."""
    is_open = is_open_to_all(raw.get("state"), raw.get("is_private"), raw.get("is_paywalled"))
    return is_open and not any(marks_of(raw))


def marks_of(raw: Mapping[str, Any], apart: Container[str] = READ_APART) -> Iterator[str]:
    """What to say of fields that nobody reads, of a post and of the objects in it."""
    yield from WATCH.marks_in(raw)
    inside = [
        value for name, value in raw.items() if isinstance(value, dict | list) and name not in apart
    ]
    yield from marks_inside(inside)


def marks_inside(value: object) -> tuple[str, ...]:
    return WATCH_INSIDE.marks_inside(value, BLOGS)


def is_open_to_all(state: object, is_private: object, is_paywalled: object) -> bool:
    return state == "published" and True not in (is_private, is_paywalled)


def blogs_in(raw: Mapping[str, Any]) -> Iterator[tuple[object, bool]]:
    """Every blog object of a post, and whether it is the posting one."""
    yield raw.get("blog"), True
    for blog in _credited_in(raw):
        yield blog, False
    if not raw.get("trail"):
        return
    for item in objects_in(raw, "trail"):
        for blog in (item.get("blog"), *_credited_in(item)):
            yield blog, False


def _credited_in(raw: Mapping[str, Any]) -> list[object]:
    found = [raw["author_blog"]] if "author_blog" in raw else []
    if "post" in raw and "author_blog" in (source := object_in(raw, "post")):
        found.append(source["author_blog"])
    for name in ("content", "layout"):
        parts = raw.get(name)
        if not parts or not isinstance(parts, list):
            continue
        for credited in parts:
            if isinstance(credited, dict) and "attribution" in credited:
                found.append(object_in(credited, "attribution").get("blog"))
    return found


def _read_kind(post: Reading) -> None:
    """What a feed mixes with posts, and the names that only Tumblr's own pages use."""
    kind = post.raw.get("object_type", "post")
    if kind != "post":
        post.doubt("record_not_understood", f"object_type is {_read(kind)}")
    _read_spelling(post.raw, post, "item")


def _read_spelling(
    raw: Mapping[str, Any], post: Reading, level: str, apart: Container[str] = READ_APART
) -> None:
    for name in sorted(raw.keys() & MISSPELT.keys()):
        detail = f"{name} decides, but is not read; give the API's own {MISSPELT[name]}"
        post.doubt("spelling_unknown", detail, level)
    post.evidence.extend(doubt_of_mark(detail, level) for detail in marks_of(raw, apart))


def _read_state(post: Reading) -> None:
    state = post.raw.get("state")
    visibility = _state(state)
    if visibility is Visibility.UNKNOWN:
        post.doubt("state_unknown", f"state is {_read(state)}")
    else:
        post.say(visibility, f"state_{state}", f"state is {state}")
    if post.raw.get("queued_state") is not None:
        post.say(Visibility.UNPUBLISHED, "state_queued", "it has a queued_state")
    if is_open(post.raw) and id_of(post.raw) in post.around.closed:
        post.doubt("conflicting_appearances", "the dump holds this id also as not open to all")


def _state(raw: object) -> Visibility:
    return STATES.get(raw, Visibility.UNKNOWN) if isinstance(raw, str) else Visibility.UNKNOWN


def _read_blog(post: Reading) -> None:
    blog, uuid = post.around.blogs.get(post.blog), uuid_in(post.blog)
    attested = post.around.blogs.is_attested(uuid)
    is_posting = post.around.blogs.is_posting(post.blog)
    post.evidence.extend(evidence_of(blog, attested=attested, about=uuid, is_posting=is_posting))
    given = post.raw.get("tumblelog_uuid")
    if given is not None and given not in (uuid, uuid_in(post.author)):
        if "uuid" in post.blog:
            post.doubt("owner_contradictory", "tumblelog_uuid and blog.uuid do not agree")
        else:
            detail = "tumblelog_uuid comes without blog.uuid; ask for the post with its blog"
            post.doubt("owner_unknown", detail)
    name, own = post.raw.get("blog_name"), post.blog.get("name")
    if "blog_name" not in post.raw or post.is_in_community:
        return
    if name_in(name) is None or (own is not None and _folded(own) != _folded(name)):
        post.doubt("owner_contradictory", "blog_name and blog.name do not agree")


def _read_owner(post: Reading) -> None:
    post.principals.append(_principal(post, Role.OWNER, post.author))
    if not post.is_in_community:
        return
    post.principals.append(_principal(post, Role.CONTAINER, post.blog))
    post.required.add("account")
    _read_community(post.raw["community"], post, "container")
    author = post.around.blogs.get(post.author)
    post.evidence.extend(_of_other_blog(author, post.author, "account", post))


def _of_other_blog(
    known: Blog, raw: Mapping[str, Any], level: str, post: Reading
) -> Iterator[Evidence]:
    blogs, uuid = post.around.blogs, uuid_in(raw)
    yield from evidence_of(
        known,
        attested=blogs.is_attested(uuid),
        level=level,
        about=uuid,
        is_posting=blogs.is_posting(raw),
    )


def _read_community(community: object, post: Reading, level: str) -> None:
    value = community.get("visibility") if isinstance(community, dict) else None
    if value == "private":
        post.say(Visibility.PRIVATE, "community_private", "its community is private", level)
    elif value != "public":
        detail = f"community.visibility is {_read(value)}"
        post.doubt("community_unknown", detail, level)
    if isinstance(community, dict):
        inside = marks_inside([*community.values()])
        marks = (*WATCH_OF_COMMUNITIES.marks_in(community), *inside)
        post.evidence.extend(doubt_of_mark(detail, level) for detail in marks)


def _read_content(post: Reading) -> None:
    for doubt in post.content.doubts:
        post.doubt("content_unknown", doubt)
    kind = post.raw.get("type", "blocks")
    if not isinstance(kind, str) or kind not in POST_TYPES:
        post.doubt("content_unknown", f"type is {_read(kind)}")
    for blog in post.content.credits:
        post.apart.add(len(post.principals))
        _add_other(post, Role.MEDIA_CREDIT, blog)


def _read_trail(post: Reading) -> None:
    trail = post.raw.get("trail", [])
    if not isinstance(trail, list):
        post.doubt("trail_unknown", f"trail is {_read(trail)}", "embedded")
        return
    post.trail = [item for item in trail if not _is_the_post_itself(item, post)]
    for number, item in enumerate(post.trail):
        role = Role.REBLOG_VIA if number else Role.REBLOG_ROOT
        if isinstance(item, dict):
            _read_segment(item, role, post)
        else:
            post.doubt("trail_unknown", f"a trail item is {_read(item)}", "embedded")


def _read_segment(item: dict[str, Any], role: Role, post: Reading) -> None:
    """Read an item of the trail; whoever it names is in that segment of the post."""
    first, read = len(post.principals), len(post.segments)
    _read_trail_item(item, role, post)
    for segment in post.segments[read:]:
        post.apart.update(range(first, len(post.principals)))
        segment.people.extend(post.principals[first:])


def _is_the_post_itself(item: object, post: Reading) -> bool:
    """Legacy trails end with the post's own words, which the body holds already."""
    if not isinstance(item, dict) or item.get("is_current_item") is not True:
        return False
    blog = object_in(item, "blog")
    if "uuid" in blog and not post.is_own(blog):
        return False
    name, own = name_in(blog.get("name")), name_in(post.author.get("name"))
    return name is not None and own is not None and _folded(name) == _folded(own)


def _read_trail_item(item: dict[str, Any], role: Role, post: Reading) -> None:
    post.required.add("embedded")
    blog = object_in(item, "blog")
    if "broken_blog_name" in item or object_in(item, "post").get("id") is None:
        handle = name_in(item.get("broken_blog_name")) or name_in(blog.get("name"))
        post.principals.append(Principal(role, Identity.GONE, handle=handle))
        return
    _read_source_id(object_in(item, "post")["id"], post)
    _read_trail_blog(blog, role, post)
    _read_trail_content(item, post)
    for raw in (item, object_in(item, "post")):
        _read_spelling(raw, post, "embedded", READ_APART_IN_TRAILS)
        _read_trail_flags(raw, post)
        _read_commerce(raw, post, "embedded")
        _read_hands(raw, blog, post)
    _read_trail_community(item, blog, post)


def _read_source_id(raw: object, post: Reading) -> None:
    number = number_in(raw)
    if number is None:
        post.doubt("trail_unknown", f"a reblogged post's id is {_read(raw)}", "embedded")
        return
    post.repeats.append(number)
    if number in post.around.closed:
        detail = f"the dump holds the reblogged post {number} as not open to all"
        post.doubt("reblog_source_closed", detail, "embedded")


def _read_trail_community(item: dict[str, Any], blog: Mapping[str, Any], post: Reading) -> None:
    """In a community the blog is the community's; the author must be named, and public."""
    places = (item, object_in(item, "post"))
    found = [raw["community"] for raw in places if "community" in raw]
    for community in found:
        _read_community(community, post, "embedded")
    if not found and not (post.is_in_community and uuid_in(blog) == uuid_in(post.blog)):
        return
    authors = [object_in(raw, "author_blog") for raw in places if "author_blog" in raw]
    for author in authors or [{}]:
        _read_trail_blog(author, Role.CO_AUTHOR, post)


def _read_trail_blog(blog: dict[str, Any], role: Role, post: Reading) -> None:
    _add_other(post, role, blog)
    if post.is_own(blog):
        post.say(Visibility.PUBLIC, "own_trail", level="embedded")
        return
    known = post.around.blogs.get(blog)
    post.evidence.extend(_of_other_blog(known, blog, "embedded", post))
    for field in (*RATING, *PAYMENT):
        post.evidence.extend(against(known, field, "embedded"))


def _read_trail_flags(raw: Mapping[str, Any], post: Reading) -> None:
    """A trail item rarely says what a post must say; where it does, that counts."""
    found = {"state_unknown": frozenset[Visibility]()}
    if "state" in raw:
        found["state_unknown"] = frozenset({_state(raw["state"])})
    labels = [_label(raw[name]) for name in LABELS if name in raw]
    found["rating_unknown"] = _flag(raw, "is_nsfw").union(*labels)
    found["payment_unknown"] = _flag(raw, "is_paywalled")
    for code, visibilities in found.items():
        for visibility in sorted(visibilities - {Visibility.PUBLIC}):
            known = visibility is not Visibility.UNKNOWN
            detail = "a trail item says so" if known else "a trail item is not understood"
            post.say(visibility, f"trail_{visibility}" if known else code, detail, "embedded")
    if "is_private" in raw:
        _read_privacy(raw["is_private"], post, "embedded", "")


def _read_trail_content(item: dict[str, Any], post: Reading) -> None:
    if not is_npf(item):
        return
    content = blocks_of(item)
    for doubt in content.doubts:
        post.doubt("trail_unknown", doubt, "embedded")
    for blog in content.credits:
        _add_other(post, Role.MEDIA_CREDIT, blog)
    for blog in content.askers:
        _add_other(post, Role.ASKER, blog)
    if content.is_ask:
        post.has_ask = True
        _read_trail_ask(item, content, post)
    post.content.is_paid |= content.is_paid
    post.segments.append(Segment(content.text, content.media, []))


def _read_trail_ask(item: dict[str, Any], content: Content, post: Reading) -> None:
    if not content.is_answered:
        post.say(Visibility.UNPUBLISHED, "unanswered_ask", "the trail holds one", "embedded")
    private = object_in(item, "post").get("is_private", item.get("is_private"))
    settle = "; nothing settles the answers of a blog without posts in the dump"
    is_assertable = private is None and post.around.blogs.is_posting(object_in(item, "blog"))
    if is_assertable:
        private, settle = post.around.asserted.get(ANSWER_FACT), SETTLE_ANSWER
    _read_privacy(private, post, "embedded", settle, ANSWER_FACT if is_assertable else "")


def _read_reblog(post: Reading) -> None:
    for role, given in _reblogged(post.raw):
        _add_other(post, role, given)
        _find_segments(post, uuid_in(given))
        if given["id"] is not None:
            _read_source_id(given["id"], post)
    if _is_reblog(post.raw) and not post.trail:
        detail = "it is a reblog, but its trail is missing"
        post.doubt("reblog_source_unproven", detail, "embedded")
    elif "trail" not in post.raw and not is_npf(post.raw):
        # The old format quotes whole chains of reblogs in the post's own fields.
        detail = "without a trail nothing says whose words and pictures these are"
        post.doubt("reblog_source_unproven", detail, "embedded")


def _find_segments(post: Reading, uuid: str | None) -> None:
    """Whoever was named last, and has segments in the trail, is in those and nowhere else."""
    known = [one for one in post.segments if uuid in [person.native_id for person in one.people]]
    if uuid is None or not known:
        return
    post.apart.add(len(post.principals) - 1)
    for segment in known:
        segment.people.append(post.principals[-1])


def _is_reblog(raw: Mapping[str, Any]) -> bool:
    parent = raw.get("parent_post_url") or raw.get("parent_post_id")
    return bool(parent or object_in(raw, "reblog").get("tree_html") or any(_reblogged(raw)))


def _reblogged(raw: Mapping[str, Any]) -> Iterator[tuple[Role, dict[str, Any]]]:
    for prefix, role in REBLOGGED.items():
        names = ("id", "uuid", "name", "url")
        given = {name: raw.get(f"{prefix}_{name}") for name in names}
        if any(value is not None for value in given.values()):
            yield role, given
    if raw.get("parent_tumblelog_uuid"):
        uuid = raw["parent_tumblelog_uuid"]
        yield Role.REBLOG_VIA, {"uuid": uuid, "id": raw.get("parent_post_id")}


def _read_ask(post: Reading) -> None:
    if not _is_answer(post):
        return
    if not (post.content.is_ask or post.has_ask):
        post.doubt("ask_unknown", "it is an answer, and nothing says which words are the question")
    if post.content.is_ask and not post.content.is_answered and not post.trail:
        post.say(Visibility.UNPUBLISHED, "unanswered_ask", "it holds a question and no answer")
    private = post.raw.get("is_private", post.around.asserted.get(ANSWER_FACT))
    fact = "" if "is_private" in post.raw else ANSWER_FACT
    _read_privacy(private, post, "item", SETTLE_ANSWER, fact)
    for blog in _askers(post):
        if _is_same_blog(blog, post):
            # A private answer carries the answering blog where the asker belongs.
            post.say(Visibility.PRIVATE, "private_answer", "the answering blog is named as asker")
        if any(blog is asker for asker in post.content.askers):
            post.apart.add(len(post.principals))
        _add_other(post, Role.ASKER, blog)


def _is_answer(post: Reading) -> bool:
    kinds = {post.raw.get(name) for name in ("type", "original_type") if _is_text(post.raw, name)}
    return post.content.is_ask or bool(kinds & ANSWERS) or not is_anonymous_ask(post.raw)


def _askers(post: Reading) -> Iterator[dict[str, Any]]:
    yield from post.content.askers
    names = {_folded(blog.get("name")) for blog in post.content.askers} - {""}
    if not is_anonymous_ask(post.raw) and _folded(post.raw["asking_name"]) not in names:
        yield {"name": post.raw["asking_name"]}


def _is_same_blog(blog: Mapping[str, Any], post: Reading) -> bool:
    own = [post.raw.get("blog_name"), post.blog.get("name"), post.author.get("name")]
    names = {_folded(name) for name in own if name_in(name)}
    return post.is_own(blog) or _folded(blog.get("name")) in names


def _read_private_flag(post: Reading) -> None:
    if "is_private" in post.raw:
        _read_privacy(post.raw["is_private"], post, "item", "")


def _read_privacy(raw: object, post: Reading, level: str, settle: str, fact: str = "") -> None:
    if raw is True:
        post.say(Visibility.PRIVATE, "private_answer", "is_private is true", level)
    elif raw is not False:
        post.doubt(
            "answer_privacy_unknown", f"is_private is {_read(raw)}{settle}", level, fact=fact
        )


def _read_authors(post: Reading) -> None:
    _read_hands(post.raw, post.author, post)
    _read_missing_community(post)


def _read_hands(raw: Mapping[str, Any], owner: Mapping[str, Any], post: Reading) -> None:
    """Whoever else a post or trail item names: who submitted it, or wrote it with its blog."""
    flag = raw.get("is_submission", False)
    if not isinstance(flag, bool):
        post.doubt("submission_unknown", f"is_submission is {_read(flag)}")
    stranger = any(raw.get(name) is not None for name in STRANGER)
    others = [] if stranger else list(_other_hands(raw, owner))
    submitted = stranger or flag is not False
    for blog in others:
        _add_other(post, Role.SUBMITTER if submitted else Role.CO_AUTHOR, blog)
    if submitted and not others:
        post.principals.append(Principal(Role.SUBMITTER, Identity.ANONYMOUS))


def _read_missing_community(post: Reading) -> None:
    """In communities posts name their author apart: without it nothing says how open it is."""
    author = object_in(post.raw, "author_blog")
    submitted = post.raw.get("is_submission", False) is not False
    if (
        "community" not in post.raw
        and author
        and not submitted
        and uuid_in(author) != uuid_in(post.blog)
    ):
        if COMMUNITY_FACT in post.around.asserted:
            return
        detail = (
            "it names an author_blog, as posts in communities and group blogs do, but no community"
            f"; settle with --fact {COMMUNITY_FACT}=none if no post of the dump is in one"
        )
        post.doubt("community_unknown", detail, "container", fact=COMMUNITY_FACT)


def _other_hands(raw: Mapping[str, Any], owner: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    blog = object_in(raw, "author_blog")
    if "author_blog" in raw and blog is not owner:
        yield blog
    named = {_folded(one.get("name")) for one in (owner, blog) if name_in(one.get("name"))}
    author = raw.get("post_author")
    if author is not None and _folded(author) not in named:
        yield {"name": author}


def _read_rating(post: Reading) -> None:
    blog = post.around.blogs.get(post.blog)
    found = [blog.found(field) for field in RATING]
    found += [_label(post.raw[name]) for name in LABELS if name in post.raw]
    found.append(_flag(post.raw, "is_nsfw"))
    for name, meaning in HINTS.items():
        if name in post.raw:
            found.append(frozenset({reading(meaning, post.raw[name])}) - {Visibility.PUBLIC})
    _conclude(
        post,
        found,
        code=RATING_GAP,
        fact="blog.is_adult",
        bad="adult",
        missing="community_labels, is_nsfw and blog.is_adult are missing",
    )


def _label(raw: object) -> frozenset[Visibility]:
    """A label, whose flag and categories may disagree."""
    labels = raw if isinstance(raw, dict) else {}
    flags = [labels[name] for name in LABELLED if name in labels]
    found = {reading(FLAGS["label"], flag) for flag in flags or [None]}
    categories = labels.get("categories", [])
    if not isinstance(categories, list):
        found.add(Visibility.UNKNOWN)
    elif categories:
        found.add(Visibility.ADULT)
    return frozenset(found)


def _read_payment(post: Reading) -> None:
    blog = post.around.blogs.get(post.blog)
    found = [blog.found(field) for field in PAYMENT]
    found.append(_flag(post.raw, "is_paywalled"))
    if post.content.is_paid:
        found.append(frozenset({Visibility.PAID}))
    _conclude(
        post,
        found,
        code=PAYMENT_GAP,
        fact="blog.is_paywall_on",
        bad="paid",
        missing="is_paywalled and blog.is_paywall_on are missing",
    )


def _flag(raw: Mapping[str, Any], name: str) -> frozenset[Visibility]:
    return frozenset({reading(FLAGS[name], raw[name])} if name in raw else ())


def _conclude(
    post: Reading,
    found: list[frozenset[Visibility]],
    *,
    code: str,
    bad: str,
    missing: str,
    fact: str,
) -> None:
    """Say every reading that is not good; without one that is good, that it is unknown."""
    for visibility in sorted(frozenset[Visibility]().union(*found) - {Visibility.PUBLIC}):
        if visibility is Visibility.UNKNOWN:
            post.doubt(code, "a field that decides holds a value that is not understood")
        else:
            post.say(visibility, bad, "a field of the post or its blog says so")
    if not any(found):
        is_posting = post.around.blogs.is_posting(post.blog)
        settle = f"; settle with --fact {fact}=false" if is_posting else WITHOUT_UUID
        about = uuid_in(post.blog) or ""
        post.doubt(code, missing + settle, about=about, fact=fact if is_posting else "")
    elif is_proven(found):
        post.say(Visibility.PUBLIC, bad)


def _read_commercial(post: Reading) -> None:
    _read_commerce(post.raw, post, "item")


def _read_commerce(raw: Mapping[str, Any], post: Reading, level: str) -> None:
    for name in ("is_commercial", "is_blogless_advertiser"):
        found = _flag(raw, name)
        if Visibility.UNKNOWN in found:
            post.doubt("commercial_unknown", f"{name} is {_read(raw[name])}", level)
        elif Visibility.COMMERCIAL in found:
            post.say(Visibility.COMMERCIAL, "commercial", f"{name} is true", level)
    advertiser = raw.get("advertiser_name", "")
    if not isinstance(advertiser, str):
        post.doubt("commercial_unknown", f"advertiser_name is {_read(advertiser)}", level)
    elif advertiser:
        post.say(Visibility.COMMERCIAL, "commercial", "it has an advertiser", level)


def _read_partners(post: Reading) -> None:
    named = [
        {"uuid": p.native_id, "name": p.handle} for p in post.principals if p.native_id or p.handle
    ]
    if any(post.around.blogs.is_partner(blog) for blog in (post.blog, *named)):
        post.say(Visibility.COMMERCIAL, "brand_partner", "the operator lists it as a partner blog")


def _read_preferences(post: Reading) -> None:
    if post.raw.get("interactability_reblog") == "noone":
        post.say(Visibility.PUBLIC, "prefers_no_reblog", "nobody may reblog it")


STEPS: Final[tuple[Callable[[Reading], None], ...]] = (
    _read_kind,
    _read_state,
    _read_blog,
    _read_owner,
    _read_content,
    _read_trail,
    _read_reblog,
    _read_private_flag,
    _read_ask,
    _read_authors,
    _read_rating,
    _read_payment,
    _read_commercial,
    _read_partners,
    _read_preferences,
)


def _add_other(post: Reading, role: Role, raw: Mapping[str, Any]) -> None:
    """Somebody else's blog: who it is, and all that is known against it."""
    post.principals.append(_principal(post, role, raw))
    if not post.is_own(raw):
        known = post.around.blogs.get(raw)
        for field in (*VISIBILITY, *OTHERS):
            post.evidence.extend(against(known, field, "embedded"))


def _principal(post: Reading, role: Role, raw: Mapping[str, Any]) -> Principal:
    uuid, handle = uuid_in(raw), name_in(raw.get("name"))
    if _is_gone(post.around.blogs.get(raw)):
        return Principal(role, Identity.GONE, uuid, handle)
    if uuid is not None:
        return Principal(role, Identity.STABLE, uuid, handle)
    if handle is not None:
        return Principal(role, Identity.NAME, handle=handle)
    return Principal(role, Identity.ANONYMOUS)


def _is_gone(blog: Blog) -> bool:
    return any(Visibility.ACCOUNT_GONE in blog.found(field) for field in FIELDS)


def object_in(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(raw: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    value = raw.get(name)
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def number_in(raw: object) -> str | None:
    text = str(raw) if type(raw) is int else raw
    return text if isinstance(text, str) and ID.fullmatch(text) else None


def moment_of(raw: object) -> datetime | None:
    if type(raw) is not int or not 0 < raw <= LAST_TIMESTAMP:
        return None
    return datetime.fromtimestamp(raw, UTC)


def tags_in(tags: object) -> tuple[str, ...]:
    if not tags or not isinstance(tags, list):
        return ()
    return tuple([text for tag in tags if (text := text_in(tag))])


def _is_text(raw: Mapping[str, Any], name: str) -> bool:
    return isinstance(raw.get(name), str)


def _folded(name: object) -> str:
    return name.strip().casefold() if isinstance(name, str) else ""


def _read(raw: object) -> str:
    return "missing" if raw is None else f"not understood: {shown(raw)}"
