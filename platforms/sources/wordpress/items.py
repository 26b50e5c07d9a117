"""One element of an export as an item: what it says, field by field, and who is in it.

E-mail and IP addresses, display names and post passwords are read by nobody here.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
    Media,
    MediaKind,
    Principal,
    Reason,
    Role,
    Verdict,
    Visibility,
)
from platforms.sources.values import address_in, name_in, shown, text_in
from platforms.sources.wordpress.elements import META_OF_COMMENT, Element
from platforms.sources.wordpress.gates import (
    holds_gate,
    is_gate,
    may_close,
    may_close_comment,
)
from platforms.sources.wordpress.parents import CONFLICT, Appearance, Parents
from platforms.sources.wordpress.site import host_of
from platforms.visibility import EPOCH, of_its_time

SLUG: Final = "wordpress"
ID: Final = re.compile(r"[1-9][0-9]{0,19}")
KIND: Final = re.compile(r"[a-z0-9_-]{1,40}")
PLAIN_LOGIN: Final = re.compile(r"[\w.@+*-]+(?: [\w.@+*-]+)*")
DATE_SHAPE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
OF_POSTS: Final = frozenset({"item", "container"})
OF_ATTACHMENTS: Final = OF_POSTS | {"parent"}
OF_REMARKS: Final = OF_ATTACHMENTS
# Sites have few kinds of posts and few authors; what is longer than this is no kind of anything.
REMEMBERED: Final = 4_096
LONG_CHARACTERS: Final = 1_000
PARENT_KINDS: Final = ("post", "page")
SHARED_TYPES: Final = frozenset({"post", "page", "attachment"})
STATUSES: Final = {
    "publish": Visibility.PUBLIC,
    "future": Visibility.UNPUBLISHED,
    "draft": Visibility.UNPUBLISHED,
    "auto-draft": Visibility.UNPUBLISHED,
    "pending": Visibility.UNPUBLISHED,
    "private": Visibility.PRIVATE,
    "trash": Visibility.REMOVED_AUTHOR,
    "inherit": Visibility.UNPUBLISHED,
    "request-pending": Visibility.OUT_OF_SCOPE,
    "request-confirmed": Visibility.OUT_OF_SCOPE,
    "request-failed": Visibility.OUT_OF_SCOPE,
    "request-completed": Visibility.OUT_OF_SCOPE,
    "spam": Visibility.REMOVED_PLATFORM,
}
APPROVALS: Final = {
    "1": Visibility.PUBLIC,
    "0": Visibility.UNPUBLISHED,
    "spam": Visibility.REMOVED_PLATFORM,
    "trash": Visibility.REMOVED_AUTHOR,
    "post-trashed": Visibility.REMOVED_AUTHOR,
}
# Notes are what editors write to each other beside a draft or a post.
NOT_COMMENTS: Final = frozenset({"pingback", "trackback", "note"})
NEWSLETTER: Final = "_jetpack_newsletter_access"
NEWSLETTER_ACCESS: Final = {
    "": Visibility.PUBLIC,
    "everybody": Visibility.PUBLIC,
    "subscribers": Visibility.RESTRICTED,
}
PAID_MARKS: Final = (
    "_jetpack_memberships_contains_paid_content",
    "_jetpack_memberships_contains_paywalled_content",
)
NO_INDEX: Final = "jetpack_seo_noindex"
DECISIVE: Final = frozenset({NEWSLETTER, *PAID_MARKS, NO_INDEX})
CONTENTS: Final = ("content:encoded", "excerpt:encoded")
OFF: Final = frozenset({"", "0", "false"})
PAID_VALUES: Final = {
    "": Visibility.PUBLIC,
    "0": Visibility.PUBLIC,
    "false": Visibility.PUBLIC,
    "1": Visibility.PAID,
    "true": Visibility.PAID,
}
PAID_BLOCKS: Final = re.compile(r"jetpack(?:/|-subscribe-|-)paywall|premium-content", re.IGNORECASE)
# What is noted on the words of others: by the reblogs and cross-posts of WordPress.com, by
# FeedWordPress, Distributor, Feedzy, WPeMatico, WP RSS Aggregator and RSS Post Importer.
BORROWED: Final = re.compile(
    r"is_reblog|reblog_snapshot|_?xpost_orig\w+|xcomment_original_permalink"
    r"|syndication_(?:source|permalink|feed)\w*"
    r"|dt_original_(?:post_id|post_url|site_url|source_id|blog_id)|_?feedzy_item_url"
    r"|wpe_sourcepermalink|wprss_item_permalink|rss_pi_source_url"
)
AUTHORS_DOMAIN: Final = re.compile("author|byline", re.IGNORECASE)
TAG_DOMAINS: Final = frozenset({None, "category", "tag", "post_tag"})
MEDIA_ENDINGS: Final = {
    MediaKind.GIF: (".gif",),
    MediaKind.IMAGE: (".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".svg", ".bmp"),
    MediaKind.VIDEO: (".mp4", ".m4v", ".mov", ".webm", ".ogv", ".avi", ".wmv", ".mpg", ".3gp"),
    MediaKind.AUDIO: (".mp3", ".m4a", ".ogg", ".oga", ".wav", ".flac"),
}


class Site(msgspec.Struct, frozen=True):
    """A site and the evidence about it; ``address`` is None when nothing names it.

    ``also_known_as`` are other addresses under which people know it.
    """

    address: str | None
    evidence: tuple[Evidence, ...]
    also_known_as: tuple[str, ...] = ()


class Authors:
    """The declared authors of one site; only an exact, unambiguous match identifies one."""

    def __init__(self) -> None:
        self._logins: dict[str, set[str | None]] = {}
        self._spellings: dict[str, set[str]] = {}
        self._ids: dict[str, set[str]] = {}

    def declare(self, login: str | None, number: str | None) -> None:
        """Note an author; without a login there is nothing to know them by."""
        if login is None:
            return
        self._logins.setdefault(login, set()).add(number)
        self._spellings.setdefault(_folded(login), set()).add(login)
        if number:
            self._ids.setdefault(number, set()).add(login)

    def update(self, other: "Authors") -> None:
        """Take over what another file of the same site declares."""
        for login, numbers in other._logins.items():
            self._logins.setdefault(login, set()).update(numbers)
        for folded, logins in other._spellings.items():
            self._spellings.setdefault(folded, set()).update(logins)
        for number, logins in other._ids.items():
            self._ids.setdefault(number, set()).update(logins)

    def is_known(self, login: str) -> bool:
        """Whether exactly one author has this login, in any spelling, and it is a plain one."""
        if len(self._logins.get(login, ())) != 1 or not PLAIN_LOGIN.fullmatch(login):
            return False
        return len(self._spellings[_folded(login)]) == 1

    def login_of(self, number: str) -> str | None:
        logins = self._ids.get(number, set())
        return next(iter(logins)) if len(logins) == 1 else None


Kept = TypeVar("Kept")


class Remembered(Generic[Kept]):
    """What was made of the same before; it forgets everything when there is too much of it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Kept] = {}

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= REMEMBERED:
                self._kept.clear()
            known = self._kept[key] = make()
        return known


class Context(msgspec.Struct, frozen=True):
    """What is known besides the element itself; it does not change any more."""

    site: Site
    authors: Authors
    parents: Parents
    observed_at: datetime
    people: Remembered[tuple[Principal, ...]] = msgspec.field(default_factory=Remembered)
    evidence: Remembered[tuple[Evidence, ...]] = msgspec.field(default_factory=Remembered)


class Decisive(NamedTuple):
    """Everything by which a post speaks for or against itself: equal ones say the same."""

    kind: str | None
    status: str | None
    has_password: bool | None
    meta: tuple[tuple[str | None, str | None], ...]
    contents: tuple[tuple[bool, bool, bool], ...]

    def texts(self) -> Iterator[str]:
        yield from (self.kind or "", self.status or "")
        for _, value in self.meta:
            yield value or ""


# The co-authors that terms name, and whether it was taken from elsewhere.
Others = tuple[tuple[str | None, ...], bool]


def number_of(element: Element, name: str = "wp:post_id") -> str | None:
    text = element.only(name)
    return text if text and ID.fullmatch(text) else None


def appearance_of(element: Element, observed_at: datetime) -> Appearance:
    """The first pass's reading: small, and without content."""
    marks = tuple(marks_in(_own_evidence(element)))
    published_at = _moment(element.only("wp:post_date_gmt"))
    if published_at is None or not EPOCH < published_at <= observed_at:
        dated = _dated(element, published_at, observed_at)
        marks += tuple([mark_of(r.verdict, r.code) for r in of_its_time(dated)])
    kind = _kind(element)
    return Appearance(
        kind,
        name_in(element.only("dc:creator")),
        _co_authors(element),
        number_of(element, "wp:post_parent") if kind == "attachment" else None,
        marks,
    )


def remarks_in(element: Element) -> Iterator[tuple[str | None, bool]]:
    """The ids of the comments, and whether each of them is shown, as approved and to everybody."""
    for comment in element.all("wp:comment"):
        yield number_of(comment, "wp:comment_id"), _is_shown(comment)


def marks_in(evidence: Iterable[Evidence]) -> list[tuple[Visibility, str]]:
    return [(e.visibility, e.code) for e in evidence if e.visibility is not Visibility.PUBLIC]


def items_of(element: Element, context: Context) -> Iterator[Item]:
    """The post itself, then its comments."""
    post = _post(element, context)
    yield post
    if comments := element.all("wp:comment"):
        inherited = _from_post(post)
        authors = _authors_of(post)
        for comment in comments:
            yield _comment(comment, post, inherited, authors, context)


def _post(element: Element, context: Context) -> Item:
    kind, number = _kind(element), number_of(element)
    is_attachment = kind == "attachment"
    parent = _parent_of(element, context) if is_attachment else None
    return Item(
        platform=SLUG,
        kind=kind,
        native_id=number,
        container_id=context.site.address,
        principals=_people_of(element, parent, context),
        evidence=_evidence_of(element, parent, context),
        required=OF_ATTACHMENTS if is_attachment else OF_POSTS,
        published_at=_moment(element.only("wp:post_date_gmt")),
        observed_at=context.observed_at,
        title=text_in(element.only("title")),
        text=text_in(element.only("content:encoded")),
        tags=_tags(element),
        media=_media(element),
        parents=_parents_of(element, context) if is_attachment else (),
    )


def _people_of(
    element: Element, parent: Appearance | None, context: Context
) -> tuple[Principal, ...]:
    """Everybody who is in a post; most posts of one author have the same people in them."""
    creator = name_in(element.only("dc:creator"))
    others = _others_in(element)
    key = (creator, others, parent and (parent.creator, parent.co_authors))
    return context.people.get(key, lambda: _all_people(creator, others, parent, context))


def _all_people(
    creator: str | None, others: Others, parent: Appearance | None, context: Context
) -> tuple[Principal, ...]:
    owner = author_of(creator, context)
    found = (*_principals(owner, context, parent), *_others(others, owner, context))
    return tuple(dict.fromkeys(found))


def _evidence_of(
    element: Element, parent: Appearance | None, context: Context
) -> tuple[Evidence, ...]:
    own, conflict = _own_evidence(element), tuple(conflict_of(number_of(element), context))
    if _kind(element) != "attachment":
        key: Hashable = (own, conflict)
        return context.evidence.get(key, lambda: (*context.site.evidence, *own, *conflict))
    about_parent = _parent_evidence(element, parent, context)
    if parent is None or element.only("wp:post_parent") == element.only("wp:post_id"):
        return (*context.site.evidence, *own, *conflict, *about_parent)
    return context.evidence.get(
        (own, conflict, parent),
        lambda: (*context.site.evidence, *own, *conflict, *about_parent),
    )


def _kind(element: Element) -> str:
    return _kind_in(element.only("wp:post_type"))


def _kind_in(text: str | None) -> str:
    return text if text and KIND.fullmatch(text) else "unknown"


def _own_evidence(element: Element) -> tuple[Evidence, ...]:
    """What a post says for and against itself; of most posts it is the same."""
    decisive = _decisive_in(element)
    if len(decisive.meta) + sum(map(len, decisive.texts())) > LONG_CHARACTERS:
        return tuple(_read_evidence(decisive))
    return _known_evidence(decisive)


def _decisive_in(element: Element) -> Decisive:
    password = element.only("wp:post_password")
    return Decisive(
        element.only("wp:post_type"),
        element.only("wp:status"),
        None if password is None else bool(password),
        tuple([(key, value) for key, value in _meta(element) if _is_decisive(key)]),
        tuple([_content_in(element.all(name)) for name in CONTENTS]),
    )


def _is_decisive(key: str | None) -> bool:
    return key is None or key in DECISIVE or is_gate(key)


def _content_in(found: Sequence[Element]) -> tuple[bool, bool, bool]:
    """Whether it holds a paid block, or a plugin's gate, and whether it is not one text."""
    if len(found) == 1:
        text = found[0].said
        return holds_paid_block(text), holds_gate(text), found[0].has_children
    is_paid = any(holds_paid_block(text.said) for text in found)
    return is_paid, any(holds_gate(text.said) for text in found), len(found) > 1


def _read_evidence(of: Decisive) -> Iterator[Evidence]:
    kind = _kind_in(of.kind)
    yield from _of_type(kind, of.kind)
    yield _of_status(kind, of.status)
    yield _of_password(of.has_password)
    yield from _of_payment(of)
    yield from _of_preferences(of)


@lru_cache(REMEMBERED)
def _known_evidence(of: Decisive) -> tuple[Evidence, ...]:
    return tuple(_read_evidence(of))


def _of_type(kind: str, raw: str | None) -> Iterator[Evidence]:
    if kind == "unknown":
        detail = f"wp:post_type is {_read(raw)}"
        yield _item(Visibility.UNKNOWN, "post_type_unknown", detail)
    elif kind not in SHARED_TYPES:
        yield _item(Visibility.OUT_OF_SCOPE, "post_type_not_shared", f"{kind} is not published")


def _of_status(kind: str, status: str | None) -> Evidence:
    if status == "inherit" and kind == "attachment":
        return _item(Visibility.PUBLIC, "status")
    visibility = STATUSES.get(status or "", Visibility.UNKNOWN)
    if visibility is Visibility.UNKNOWN:
        return _item(visibility, "status_unknown", f"wp:status is {_read(status)}")
    return _item(visibility, f"status_{status}", f"wp:status is {status}")


def _of_password(has_password: bool | None) -> Evidence:
    if has_password is None:
        return _item(
            Visibility.UNKNOWN, "password_unknown", "wp:post_password is missing or repeated"
        )
    if has_password:
        return _item(Visibility.RESTRICTED, "password_protected", "a password is needed to read it")
    return _item(Visibility.PUBLIC, "no_password")


def _of_payment(of: Decisive) -> Iterator[Evidence]:
    for key, value in of.meta:
        if key is None:
            yield _item(Visibility.UNKNOWN, "meta_unknown", "a wp:postmeta has no single key")
        elif key == NEWSLETTER:
            yield access_evidence(key, newsletter_access(value), value)
        elif key in PAID_MARKS:
            visibility = PAID_VALUES.get(lowered(value), Visibility.UNKNOWN)
            yield access_evidence(key, visibility, value)
        elif is_gate(key) and may_close(key, value):
            yield gate_evidence(key)
    for name, (is_paid, is_gated, is_unclear) in zip(CONTENTS, of.contents, strict=True):
        if is_paid:
            yield _item(Visibility.PAID, "paid", f"{name} holds a paywall or premium block")
        if is_gated:
            yield gate_evidence(name)
        if is_unclear:
            yield _item(Visibility.UNKNOWN, "content_unknown", f"{name} is repeated or not text")


def holds_paid_block(text: str) -> bool:
    """Whether ``PAID_BLOCKS`` is in it; most text has none of their words and is not searched."""
    if text.isascii():
        lowered = text.lower()
        if "paywall" not in lowered and "premium-content" not in lowered:
            return False
    return PAID_BLOCKS.search(text) is not None


def newsletter_access(value: str | None) -> Visibility:
    if value is not None and value.startswith("paid_subscribers"):
        return Visibility.PAID
    return NEWSLETTER_ACCESS.get(lowered(value), Visibility.UNKNOWN)


def access_evidence(key: str, visibility: Visibility, value: str | None) -> Evidence:
    codes = {Visibility.UNKNOWN: "access_unknown", Visibility.RESTRICTED: "subscribers_only"}
    read = _read(value) if visibility is Visibility.UNKNOWN else shown(value)
    return _item(visibility, codes.get(visibility, "paid"), f"{key} is {read}")


def gate_evidence(name: str) -> Evidence:
    detail = (
        f"by {name[:40]} it, or a part of it, may not be for everybody: there is the mark of a"
        " plugin's gate, or of something hidden"
    )
    return _item(Visibility.UNKNOWN, "plugin_access_unknown", detail)


def _of_preferences(of: Decisive) -> Iterator[Evidence]:
    if any(key == NO_INDEX and value for key, value in of.meta):
        yield _item(Visibility.PUBLIC, "prefers_no_index", "the author hides it from search")


def _meta(element: Element, name: str = "wp:postmeta") -> Iterator[tuple[str | None, str | None]]:
    for meta in element.all(name):
        yield _key(meta.only("wp:meta_key")), meta.only("wp:meta_value")


def _key(text: str | None) -> str | None:
    """A key as WordPress compares it; None when a comment stands in it."""
    return None if text is None or "<!--" in text else text.strip().lower()


def conflict_of(number: str | None, context: Context) -> Iterator[Evidence]:
    if number is not None and context.parents.get(number) == CONFLICT:
        yield _item(
            Visibility.UNKNOWN,
            "conflicting_appearances",
            "the dump holds this id more than once, with different states",
        )


def _parent_of(element: Element, context: Context) -> Appearance | None:
    number = number_of(element, "wp:post_parent")
    return context.parents.get(number) if number else None


def _parent_evidence(
    element: Element, parent: Appearance | None, context: Context
) -> Iterator[Evidence]:
    raw = element.only("wp:post_parent")
    if raw == "0":
        yield _parent(Visibility.UNKNOWN, "attachment_without_parent", "it is in no post")
    elif raw is None or not ID.fullmatch(raw):
        yield _parent(Visibility.UNKNOWN, "parent_unknown", f"wp:post_parent is {_read(raw)}")
    elif raw == element.only("wp:post_id"):
        yield _parent(Visibility.UNKNOWN, "parent_is_itself", "it names itself as its parent")
    elif parent is None:
        detail = f"post {raw} is not in the dump; add the export that holds it"
        about = ref_of_post(context, raw)
        yield Evidence("parent", Visibility.UNKNOWN, "parent_outside_dump", detail, about or "")
    else:
        yield from inherited_from(parent, context)


def ref_of_post(
    context: Context, number: str, kinds: tuple[str, ...] = PARENT_KINDS
) -> ItemRef | None:
    """The post or page that has this id on the same site; None when the site has no name."""
    site = context.site.address
    return ItemRef(kinds, number, site) if site else None


def _parents_of(element: Element, context: Context) -> tuple[ItemRef, ...]:
    number = number_of(element, "wp:post_parent") if _kind(element) == "attachment" else None
    found = ref_of_post(context, number) if number else None
    return (found,) if found else ()


def inherited_from(parent: Appearance, context: Context) -> Iterator[Evidence]:
    yield _parent(Visibility.PUBLIC, "parent")
    if parent.kind not in PARENT_KINDS and parent != CONFLICT:
        yield _parent(Visibility.UNKNOWN, "parent_kind_unknown", "its parent is no post or page")
    for visibility, code in parent.marks:
        yield _parent(visibility, f"parent_{code}", "its parent is not public")


def _authors_of(post: Item) -> tuple[Principal, ...]:
    return tuple(p for p in post.principals if p.role in (Role.OWNER, Role.CO_AUTHOR))


def _comment(
    element: Element,
    post: Item,
    inherited: tuple[Evidence, ...],
    authors: tuple[Principal, ...],
    context: Context,
) -> Item:
    owner, site = _commenter(element, context), context.site.address
    return Item(
        platform=SLUG,
        kind="comment",
        native_id=number_of(element, "wp:comment_id"),
        container_id=site,
        principals=context.people.get(
            (owner, authors),
            lambda: (owner, *containers_of(context), *as_containers(authors, owner)),
        ),
        evidence=_evidence_of_comment(element, inherited, context),
        required=OF_REMARKS,
        published_at=_moment(element.only("wp:comment_date_gmt")),
        observed_at=context.observed_at,
        text=text_in(element.only("wp:comment_content")),
        parents=(ItemRef((post.kind,), post.native_id, site), *post.parents)
        if post.native_id and site
        else (),
    )


def _evidence_of_comment(
    element: Element, inherited: tuple[Evidence, ...], context: Context
) -> tuple[Evidence, ...]:
    approved, kind = element.only("wp:comment_approved"), element.only("wp:comment_type")
    conflict = tuple(_comment_conflict(element, context))
    gates = _gates_of_comment(element)

    def read() -> tuple[Evidence, ...]:
        own = _comment_evidence(approved, kind)
        return (*context.site.evidence, *own, *gates, *conflict, *inherited)

    if len(approved or "") + len(kind or "") + len(gates) > LONG_CHARACTERS:
        return read()
    return context.evidence.get((approved, kind, gates, conflict, inherited), read)


def _gates_of_comment(element: Element) -> tuple[Evidence, ...]:
    """What its meta says against a comment that is approved."""
    return tuple(dict.fromkeys(_all_gates(element)))


def _all_gates(element: Element) -> Iterator[Evidence]:
    for key, value in _meta(element, META_OF_COMMENT):
        if key is None:
            yield _item(Visibility.UNKNOWN, "meta_unknown", "a wp:commentmeta has no single key")
        elif may_close_comment(key, value):
            yield gate_evidence(key)


def _is_shown(comment: Element) -> bool:
    return comment.only("wp:comment_approved") == "1" and not _gates_of_comment(comment)


def _comment_evidence(approved: str | None, kind: str | None) -> Iterator[Evidence]:
    visibility = APPROVALS.get(approved or "", Visibility.UNKNOWN)
    if visibility is Visibility.UNKNOWN:
        yield _item(visibility, "approval_unknown", f"wp:comment_approved is {_read(approved)}")
    else:
        yield _item(visibility, "comment_not_approved", f"wp:comment_approved is {approved}")
    if kind in NOT_COMMENTS:
        yield _item(Visibility.OUT_OF_SCOPE, "comment_type_not_shared", f"it is a {kind}")
    elif kind not in ("", "comment"):
        yield _item(Visibility.UNKNOWN, "comment_type_unknown", f"wp:comment_type is {_read(kind)}")


def _comment_conflict(element: Element, context: Context) -> Iterator[Evidence]:
    is_other = context.parents.is_unapproved(number_of(element, "wp:comment_id"))
    if is_other and _is_shown(element):
        yield _item(
            Visibility.UNKNOWN,
            "conflicting_appearances",
            "the dump holds this comment also as not approved, or not for everybody",
        )


def _from_post(post: Item) -> tuple[Evidence, ...]:
    """Everything that stands against the post stands against its comments."""
    is_unclear = post.native_id is None or post.kind not in SHARED_TYPES
    return _inherited(post.evidence, tuple(of_its_time(post)), is_unclear)


@lru_cache(REMEMBERED)
def _inherited(
    evidence: tuple[Evidence, ...], of_time: tuple[Reason, ...], is_unclear: bool
) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(_all_inherited(evidence, of_time, is_unclear)))


def _all_inherited(
    found: tuple[Evidence, ...], of_time: tuple[Reason, ...], is_unclear: bool
) -> Iterator[Evidence]:
    for evidence in found:
        if evidence.level != "container":
            code = f"parent_{evidence.code.removeprefix('parent_')}"
            detail = "its post is not public"
            yield Evidence("parent", evidence.visibility, code, detail, evidence.about)
    for reason in of_time:
        yield _parent(*mark_of(reason.verdict, f"parent_{reason.code}"), "its post is not public")
    if is_unclear:
        yield _parent(Visibility.UNKNOWN, "parent_unknown", "its post is not understood")


def _commenter(element: Element, context: Context) -> Principal:
    number = number_of(element, "wp:comment_user_id")
    login = context.authors.login_of(number) if number else None
    if login is not None:
        return author_of(login, context)
    return Principal(Role.OWNER, Identity.ANONYMOUS)


def author_of(login: str | None, context: Context) -> Principal:
    handle = name_in(login)
    if handle is None:
        return Principal(Role.OWNER, Identity.ANONYMOUS)
    site = context.site.address
    if site is None or not context.authors.is_known(handle):
        return Principal(Role.OWNER, Identity.NAME, handle=handle)
    return Principal(Role.OWNER, Identity.STABLE, f"{site}#author:{handle}", handle)


def _principals(
    owner: Principal, context: Context, parent: Appearance | None
) -> tuple[Principal, ...]:
    if parent is None:
        return (owner, *containers_of(context))
    return (
        owner,
        *containers_of(context),
        *as_containers((author_of(parent.creator, context),), owner),
        *as_containers(known_among(parent.co_authors, parent.creator, context), owner),
    )


def _others_in(element: Element) -> Others:
    is_quoted = any(is_borrowed(key, value) for key, value in _meta(element))
    return _co_authors(element), is_quoted


def _others(others: Others, owner: Principal, context: Context) -> Iterator[Principal]:
    """Whoever else's words these are: co-authors, and whom a reblog or a feed was taken from."""
    co_authors, is_quoted = others
    for author in known_among(co_authors, owner.handle, context):
        yield msgspec.structs.replace(author, role=Role.CO_AUTHOR)
    if is_quoted:
        yield Principal(Role.QUOTED, Identity.ANONYMOUS)


def is_borrowed(key: str | None, value: str | None) -> bool:
    return key is not None and bool(BORROWED.fullmatch(key)) and lowered(value) not in OFF


def _co_authors(element: Element) -> tuple[str | None, ...]:
    """Whom the plugins for several authors name by terms: logins, or names of guests."""
    found = element.all("category")
    if not found:
        return ()
    return tuple([name_in(c.text) for c in found if c.domain and AUTHORS_DOMAIN.search(c.domain)])


def known_among(
    names: tuple[str | None, ...], creator: str | None, context: Context
) -> tuple[Principal, ...]:
    """The co-authors beside ``creator``; a guest's name, perhaps a real one, is not kept."""
    found = (author_of(name, context) for name in names if name is None or name != creator)
    return tuple(
        author if author.identity is Identity.STABLE else Principal(Role.OWNER, Identity.ANONYMOUS)
        for author in found
    )


def containers_of(context: Context) -> tuple[Principal, ...]:
    site = context.site.address
    if site is None:
        return ()
    names = dict.fromkeys((site, *context.site.also_known_as))
    return tuple(Principal(Role.CONTAINER, Identity.STABLE, one, host_of(one)) for one in names)


def as_containers(authors: tuple[Principal, ...], owner: Principal) -> Iterator[Principal]:
    """Whoever wrote the parent is in its attachments and comments too."""
    for author in authors:
        if author != owner:
            yield msgspec.structs.replace(author, role=Role.CONTAINER)


def _tags(element: Element) -> tuple[str, ...]:
    """Categories and tags, which stand in the item as plain ``category`` elements."""
    found = element.all("category")
    if not found:
        return ()
    texts = [text_in(one.text).strip() for one in found if one.domain in TAG_DOMAINS]
    return tuple(dict.fromkeys([text for text in texts if text]))


def _media(element: Element) -> tuple[Media, ...]:
    url = address_in(element.only("wp:attachment_url"))
    path = url.lower()
    for kind, endings in MEDIA_ENDINGS.items():
        if path.endswith(endings):
            return (Media(kind, url),)
    return ()


def _dated(element: Element, published_at: datetime | None, observed_at: datetime) -> Item:
    return Item(
        platform=SLUG,
        kind=_kind(element),
        native_id=None,
        published_at=published_at,
        observed_at=observed_at,
    )


def _moment(text: str | None) -> datetime | None:
    """A date in UTC; None for the zero date, which says nothing of when it was published."""
    if text is None or not DATE_SHAPE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None


def mark_of(verdict: Verdict, code: str) -> tuple[Visibility, str]:
    if verdict is Verdict.EXCLUDE:
        return Visibility.UNPUBLISHED, code
    return Visibility.UNKNOWN, code


def _item(visibility: Visibility, code: str, detail: str = "") -> Evidence:
    return Evidence("item", visibility, code, detail)


def _parent(visibility: Visibility, code: str, detail: str = "") -> Evidence:
    return Evidence("parent", visibility, code, detail)


def _folded(login: str) -> str:
    return login.casefold().strip()


def lowered(value: str | None) -> str:
    return "?" if value is None else value.strip().lower()


def _read(raw: str | None) -> str:
    return "missing or repeated" if raw is None else f"not understood: {shown(raw)}"
