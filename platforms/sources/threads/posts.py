"""One Threads post as an item: what each field proves, and whose words it stands on.

Posts that are quoted and answered are judged as well: each must be in the dump, and public.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Item, ItemRef, Media, MediaKind, Role, Visibility
from platforms.sources.contract import Fact, one_of
from platforms.sources.graph import (
    INSIGHTS,
    OF_AGES,
    Form,
    Meaning,
    Reading,
    Record,
    Shape,
    address_in,
    bad_if_true,
    id_in,
    is_account,
    is_against,
    is_at,
    moment_in,
    object_in,
    objects_in,
    odd_item,
    principal,
    read_ages,
    read_marks,
    reference_in,
)
from platforms.sources.marks import Watch, is_another
from platforms.sources.meta import CLOSED_ADVICE, PARENT_ADVICE, Around, Parent, all_above
from platforms.sources.profiles import Profiles, Terms
from platforms.sources.values import name_in, shown, text_in

SLUG: Final = "threads"
KIND: Final = "post"
ADVICE: Final = "Give posts of the Threads API: with media_product_type THREADS."
HOSTS: Final = frozenset({"www.threads.net", "threads.net", "www.threads.com", "threads.com"})
TYPES: Final = {
    "TEXT_POST": None,
    "IMAGE": MediaKind.IMAGE,
    "VIDEO": MediaKind.VIDEO,
    "AUDIO": MediaKind.AUDIO,
    "CAROUSEL_ALBUM": None,
}
PRODUCT: Final[Meaning] = {"THREADS": Visibility.PUBLIC}
HIDDEN: Final[Meaning] = {
    "NOT_HUSHED": Visibility.PUBLIC,
    "UNHUSHED": Visibility.PUBLIC,
    **dict.fromkeys(("HIDDEN", "COVERED", "BLOCKED", "RESTRICTED"), Visibility.REMOVED_PLATFORM),
}
APPROVAL: Final[Meaning] = {
    "APPROVED": Visibility.PUBLIC,
    "PENDING": Visibility.UNPUBLISHED,
    "IGNORED": Visibility.UNPUBLISHED,
}
YES_OR_NO: Final[Meaning] = {False: Visibility.PUBLIC, True: Visibility.PUBLIC}
GHOST: Final = ("ghost_post_status", "ghost_post_expiration_timestamp")
ANSWERED: Final = ("root_post", "replied_to")
QUOTED: Final = ("quoted_post", "quoted_post_id")
REPOSTED: Final = ("reposted_post", "reposted_post_id")
# What an account lists there is a reply, or vanishes, whichever fields the API was asked for.
EDGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "threads": {},
    "replies": {"is_reply": True},
    "ghost_posts": {"ghost_post_status": "listed"},
}
OF_POSTS: Final = frozenset(
    {"media_type", "media_product_type", "permalink", "timestamp", "media_url", "owner"}
    | {"username", "shortcode", "is_quote_post", "is_reply", "text"}
)
# Any one of these makes a record a post, however few fields the API was asked for.
OF_POSTS_ONLY: Final = frozenset(
    {*GHOST, *ANSWERED, *QUOTED, *REPOSTED}
    | {"hide_status", "reply_approval_status", "allowlisted_country_codes", "reply_audience"}
)
PRIVACY: Final[Meaning] = {"public": Visibility.PUBLIC, "private": Visibility.PRIVATE}
FIELDS: Final[Mapping[str, Meaning]] = {
    "is_private": bad_if_true(Visibility.PRIVATE),
    "privacy": PRIVACY,
    "is_deactivated": bad_if_true(Visibility.ACCOUNT_GONE),
    "is_suspended": bad_if_true(Visibility.ACCOUNT_GONE),
}
OF_ACCOUNTS: Final = OF_AGES | FIELDS.keys()
TERMS: Final = Terms(
    platform=SLUG,
    noun="account",
    fields=FIELDS,
    watch=Watch({"is_minor", *EDGES, *FIELDS}, {"insights": INSIGHTS}, others=EDGES),
    proofs=("is_private", "privacy"),
    denials={
        "is_private": "private",
        "privacy": "private",
        "is_deactivated": "gone",
        "is_suspended": "suspended",
    },
    fact="account.privacy",
)
# Posts that it stands on are read by themselves, and of answers to it nothing is in the item.
# That a poll is over says nothing of its post.
WATCH: Final = Watch(
    {"is_minor", "allowlisted_country_codes", "reply_audience", "reply_approval_status"}
    | {"hide_status", *GHOST},
    {
        "owner": TERMS.watch,
        "poll_attachment": Watch({"expiration_timestamp"}),
        "insights": INSIGHTS,
    },
    others=(*ANSWERED, *QUOTED, *REPOSTED, "replies", "conversation"),
)
FACTS: Final[Mapping[str, Fact]] = {
    TERMS.fact: one_of(PRIVACY),  # type: ignore[arg-type]
    "post.is_reply": one_of({"false": False}),
    "post.is_quote_post": one_of({"false": False}),
    "post.hide_status": one_of({"not_hushed": "NOT_HUSHED"}),
}


def shape_of(raw: Mapping[str, Any]) -> Shape:
    product = raw.get("media_product_type", "THREADS")
    if product in ("FEED", "REELS", "STORY", "AD"):
        return Shape.ODD
    if "id" in raw and (len(OF_POSTS & raw.keys()) >= 2 or OF_POSTS_ONLY & raw.keys()):
        return Shape.ITEM
    if is_account(raw, OF_ACCOUNTS):
        return Shape.ACCOUNT
    return Shape.ODD


class Posts:
    """What the records of Threads are made of."""

    slug: Final = SLUG
    kind: Final = KIND
    form: Final = Form(
        "Threads",
        shape_of,
        EDGES,
        frozenset(),
        re.compile(r".*\.json"),
        ADVICE,
    )

    def profiles(self, asserted: Mapping[str, object], observed_at: datetime) -> Profiles:
        return Profiles(TERMS, asserted, observed_at.date())

    def note_accounts(self, raw: Mapping[str, Any], profiles: Profiles) -> None:
        profiles.add(_owner_of(raw))
        profiles.add_posting(id_in(_owner_of(raw)))
        for one in (*_expanded(raw), *objects_in(raw, "children")):
            profiles.add(_owner_of(one))

    def inner(self, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return _expanded(raw)

    def references(self, record: Record) -> Sequence[str]:
        return _references(record.raw) if record.shape is Shape.ITEM else ()

    def parents_in(self, record: Record, around: Around) -> Iterator[tuple[str | None, Parent]]:
        if record.shape is not Shape.ITEM:
            return
        for raw in (record.raw, *_expanded(record.raw)):
            yield id_in(raw), _parent_of(_by_itself(raw), around)

    def is_closed(self, raw: Mapping[str, Any]) -> bool:
        found = Reading(raw)
        _read_hiding(found, {})
        _read_ghost(found)
        _read_countries(found)
        return is_against(found, WATCH)

    def item_of(self, raw: Mapping[str, Any], around: Around) -> Item:
        """``raw`` with everything that speaks for and against it; never raises."""
        found = _own_reading(raw, around)
        _read_answer(found, around)
        _read_quote(found, around)
        if id_in(raw) in around.closed and not self.is_closed(raw):
            found.doubt("conflicting_appearances", "the dump holds this id also as not open to all")
        return Item(
            platform=SLUG,
            kind=KIND,
            native_id=id_in(raw),
            principals=tuple(dict.fromkeys(found.principals)),
            evidence=tuple(dict.fromkeys(found.evidence)),
            required=frozenset(found.required),
            published_at=moment_in(raw, "timestamp"),
            observed_at=around.observed_at,
            text="\n\n".join(text for text in _texts_of(raw) if text),
            tags=tuple(tag for tag in [text_in(raw.get("topic_tag"))] if tag),
            media=tuple(_media_of(raw)),
            parents=tuple(
                ItemRef((KIND,), number)
                for number in all_above(around.parents, _references(raw), id_in(raw))
            ),
        )

    def entry_of(self, record: Record, around: Around) -> Item:
        """Downloads of Threads are not read; nothing of them is ever more than odd."""
        return odd_item(SLUG, KIND, record, around.observed_at)


POSTS: Final = Posts()


def say(fact: str, value: object, level: str) -> Sequence[Evidence]:
    """What may be asserted of posts only says that there is nothing more to know."""
    return ()


def _own_reading(raw: Mapping[str, Any], around: Around) -> Reading:
    """All that a post says of itself and its author; not of those it stands on."""
    found = Reading(raw)
    for step in STEPS:
        step(found, around)
    return found


def _read_product(found: Reading, around: Around) -> None:
    found.read("media_product_type", PRODUCT, missing="; ask the API for this field")


def _read_type(found: Reading, around: Around) -> None:
    kind = found.raw.get("media_type")
    if kind == "REPOST_FACADE" or any(found.raw.get(name) is not None for name in REPOSTED):
        detail = "a repost is another's post, which is judged where it appears itself"
        found.say(Visibility.OUT_OF_SCOPE, "repost", detail)
    elif not isinstance(kind, str) or kind not in TYPES:
        read = "missing" if kind is None else f"not understood: {shown(kind)}"
        found.doubt("media_type_unknown", f"media_type is {read}; ask for this field")
    for name in REPOSTED:
        if name in found.raw and found.raw[name] is None:
            found.doubt("repost_unknown", f"{name} is null")
    _read_children(found)


def _read_children(found: Reading) -> None:
    raw = found.raw.get("children", [])
    children = raw.get("data") if isinstance(raw, dict) else raw
    if not isinstance(children, list) or not all(isinstance(child, dict) for child in children):
        found.doubt("children_unknown", "children is not a list of media objects")
        return
    for child in children:
        kind = child.get("media_type", "IMAGE")
        if not isinstance(kind, str) or kind not in ("IMAGE", "VIDEO"):
            found.doubt("media_type_unknown", f"the media_type of a child is {shown(kind)}")


def _read_permalink(found: Reading, around: Around) -> None:
    """The API leaves the link out of what may be another's work, or was flagged as that.

    An answer that was not asked for the type of the post was not asked for its link either.
    """
    raw = found.raw.get("permalink")
    if "permalink" not in found.raw and "media_type" not in found.raw:
        found.doubt("permalink_unknown", "permalink is missing; ask the API for this field")
    elif "permalink" not in found.raw:
        detail = "permalink is missing, as of posts that were flagged; ask the API for this field"
        found.say(Visibility.REMOVED_PLATFORM, "permalink_missing", detail)
    elif not is_at(raw, HOSTS):
        found.doubt("permalink_unknown", f"permalink is not understood: {shown(raw)}")
    else:
        found.say(Visibility.PUBLIC, "permalink")


def _read_state(found: Reading, around: Around) -> None:
    _read_ghost(found)
    _read_hiding(found, around.asserted)
    _read_countries(found)
    read_marks(found, WATCH)


def _read_ghost(found: Reading) -> None:
    """Only a post that vanishes after a day has these fields, whatever they hold."""
    for name in GHOST:
        if name in found.raw:
            found.say(Visibility.EXPIRED, "ghost_post", f"it is a ghost post: it has {name}")


def _read_hiding(found: Reading, asserted: Mapping[str, object]) -> None:
    missing = ""
    if _is_reply(found.raw) and asserted.get("post.hide_status") is None:
        missing = "; ask for this field, or settle with --fact post.hide_status=not_hushed"
    found.read("hide_status", HIDDEN, missing=missing, fact="post.hide_status")
    found.read("reply_approval_status", APPROVAL)


def _read_countries(found: Reading) -> None:
    """The API tells the list of countries only of posts that have one."""
    name = "allowlisted_country_codes"
    countries = found.raw.get(name)
    if isinstance(countries, list) and countries:
        found.say(Visibility.RESTRICTED, "geo_limited", f"{name} limits who can see it")
    elif name in found.raw and countries != []:
        found.doubt(f"{name}_unknown", f"{name} is not understood: {shown(countries)}")


def _read_owner(found: Reading, around: Around) -> None:
    owner, username = object_in(found.raw, "owner"), found.raw.get("username")
    found.principals.append(principal(Role.OWNER, owner, handle=username))
    number = id_in(owner)
    if number is None:
        detail = "owner.id is missing; the API tells it to the owner's own token"
        found.doubt("owner_id_unknown", detail)
    if "username" in found.raw and name_in(username) is None:
        found.doubt("username_unknown", f"username is not understood: {shown(username)}")
    found.evidence.extend(around.profiles.evidence_of(number, name_in(username)))


def _read_who(found: Reading, around: Around) -> None:
    read_ages(found, around.observed_at.date())


def _read_flags(found: Reading, around: Around) -> None:
    """Whether it answers or quotes must be said; what then must be known is read elsewhere."""
    for name in ("is_reply", "is_quote_post"):
        missing = f"; ask for this field, or settle with --fact post.{name}=false"
        fact = f"post.{name}"
        missing = "" if fact in around.asserted else missing
        found.read(name, YES_OR_NO, missing=missing, fact=fact)
    for name in (*ANSWERED, *QUOTED):
        if name in found.raw and reference_in(found.raw, name) is None:
            detail = f"{name} is not understood: {shown(found.raw[name])}"
            found.doubt(f"{name}_unknown", detail)
    if found.raw.get("is_reply") is False and _has(found.raw, ANSWERED):
        found.doubt("is_reply_contradictory", "is_reply is false, and yet it answers a post")
    if found.raw.get("is_quote_post") is False and _has(found.raw, QUOTED):
        found.doubt("is_quote_post_contradictory", "is_quote_post is false, and yet it quotes")


STEPS: Final[tuple[Callable[[Reading, Around], None], ...]] = (
    _read_product,
    _read_type,
    _read_permalink,
    _read_state,
    _read_owner,
    _read_who,
    _read_flags,
)


def _read_answer(found: Reading, around: Around) -> None:
    if not _is_reply(found.raw):
        return
    found.required.add("parent")
    for name in ANSWERED:
        if name not in found.raw:
            found.doubt(f"{name}_unknown", f"it is a reply, but {name} is missing", "parent")
    for number in _ids(found.raw, ANSWERED):
        _read_chain(found, around, number, Role.CONTAINER, "parent")


def _read_quote(found: Reading, around: Around) -> None:
    numbers = _ids(found.raw, QUOTED)
    if not numbers and not _is_quote(found.raw):
        return
    found.required.add("embedded")
    if not numbers:
        found.doubt("quoted_post_unknown", "it quotes a post, but does not say which", "embedded")
    for number in numbers:
        _read_chain(found, around, number, Role.QUOTED, "embedded")


def _read_chain(found: Reading, around: Around, number: str, role: Role, level: str) -> None:
    """Everything ``number`` stands on must be public; only its own author is in the item."""
    for current, parent in around.parents.chain(number):
        if parent is None:
            detail = f"it stands on post {current}: {PARENT_ADVICE}"
            found.doubt(f"{level}_unknown", detail, level, about=ItemRef((KIND,), current))
            continue
        found.evidence.extend(msgspec.structs.replace(e, level=level) for e in parent.evidence)
        if current in around.closed:
            found.doubt(f"{level}_closed", CLOSED_ADVICE, level)
        if current == number and parent.owner is not None:
            found.principals.append(
                principal(role, {"id": parent.owner.native_id}, handle=parent.owner.handle)
            )


def _parent_of(raw: Mapping[str, Any], around: Around) -> Parent:
    found = _own_reading(raw, around)
    return Parent(tuple(dict.fromkeys(found.evidence)), found.principals[0], _references(raw))


def _references(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_ids(raw, (*ANSWERED, *QUOTED)))


def _expanded(raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Posts that were asked for with their own fields inside this one, at any depth.

    One without an id of its own is a part of the post that it is in, and comes without its inner
    posts here: those of that post are looked through once.
    """
    waiting = [raw]
    while waiting:
        outer = waiting.pop()
        for name in (*ANSWERED, *QUOTED, *REPOSTED):
            if (inner := object_in(outer, name)).keys() - {"id"}:
                yield inner if is_another(inner, outer) else _by_itself(inner)
                waiting.append(inner)


def _by_itself(raw: Mapping[str, Any]) -> dict[str, Any]:
    """``raw`` with no more than the ids of the posts inside it, which are read by themselves."""
    inner = [name for name in (*ANSWERED, *QUOTED, *REPOSTED) if object_in(raw, name)]
    return {**raw, **{name: {"id": raw[name].get("id")} for name in inner}}


def _owner_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"username": raw.get("username"), **object_in(raw, "owner")}


def _ids(raw: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    found = (reference_in(raw, name) for name in names)
    return list(dict.fromkeys(number for number in found if number))


def _has(raw: Mapping[str, Any], names: Sequence[str]) -> bool:
    return any(name in raw for name in names)


def _is_reply(raw: Mapping[str, Any]) -> bool:
    return raw.get("is_reply") is True or _has(raw, ANSWERED)


def _is_quote(raw: Mapping[str, Any]) -> bool:
    return raw.get("is_quote_post") is True or _has(raw, QUOTED)


def _texts_of(raw: Mapping[str, Any]) -> Iterator[str]:
    yield text_in(raw.get("text"))
    yield text_in(object_in(raw, "text_attachment").get("plaintext"))
    poll = object_in(raw, "poll_attachment")
    yield from (text_in(poll.get(f"option_{letter}")) for letter in "abcd")


def _media_of(raw: Mapping[str, Any]) -> Iterator[Media]:
    for one in objects_in(raw, "children") or (raw,):
        kind = one.get("media_type", "IMAGE")
        url = address_in(one, "media_url")
        if url and isinstance(kind, str) and (known := TYPES.get(kind)):
            yield Media(known, url, text_in(one.get("alt_text")))
    if url := address_in(raw, "gif_url"):
        yield Media(MediaKind.GIF, url)
