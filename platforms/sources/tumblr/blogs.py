"""What a dump says of each blog, field by field, and what that proves.

A field that is present must hold an understood value: null and garbage are unknown.
Everything any record says of a blog counts, and the worst of it wins.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Visibility
from platforms.reports import ADULT
from platforms.sources.contract import Fact, one_of
from platforms.sources.json_documents import quickly
from platforms.sources.marks import Watch, doubt
from platforms.sources.values import name_in

UUID: Final = re.compile(r"t:[A-Za-z0-9_-]{1,64}")
FLAG: Final = {"true": True, "false": False, "1": True, "0": False}

_encode = msgspec.json.Encoder().encode
Meaning = Mapping[bool | str, Visibility]
# What was read of each field, in the order of ``FIELDS``.
Readings = tuple[frozenset[Visibility], ...]


def camel(name: str) -> str:
    """``name`` as Tumblr's own pages spell it: ``is_paywall_on`` is ``isPaywallOn``."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _bad_if_true(visibility: Visibility) -> Meaning:
    return {False: Visibility.PUBLIC, True: visibility}


# What a record says in fields that nobody reads stands beside its fields under this name.
MARKS: Final = "a field that is not read"
FIELDS: Final[Mapping[str, Meaning]] = {
    MARKS: {},
    "type": {"public": Visibility.PUBLIC, "private": Visibility.PRIVATE},
    "is_password_protected": _bad_if_true(Visibility.RESTRICTED),
    "is_hidden_from_blog_network": _bad_if_true(Visibility.LOGIN_ONLY),
    "is_private_channel": _bad_if_true(Visibility.PRIVATE),
    "is_adult": _bad_if_true(Visibility.ADULT),
    "is_nsfw": _bad_if_true(Visibility.ADULT),
    "is_paywall_on": _bad_if_true(Visibility.PAID),
    "paywall_access": dict.fromkeys(
        ("creator", "member", "non-member", "disabled"), Visibility.PAID
    ),
    "allow_search_indexing": {True: Visibility.PUBLIC, False: Visibility.OPTED_OUT},
    "active": {True: Visibility.PUBLIC, False: Visibility.ACCOUNT_GONE},
    "is_deactivated": _bad_if_true(Visibility.ACCOUNT_GONE),
    "is_suspended": _bad_if_true(Visibility.ACCOUNT_GONE),
    "is_blogless_advertiser": _bad_if_true(Visibility.COMMERCIAL),
    "advertiser_name": {"": Visibility.PUBLIC},
}
VISIBILITY: Final = ("type", "is_password_protected", "is_hidden_from_blog_network")
RATING: Final = ("is_adult", "is_nsfw")
PAYMENT: Final = ("is_paywall_on", "paywall_access")
OTHERS: Final = tuple(sorted(set(FIELDS) - {*VISIBILITY, *RATING, *PAYMENT}))
DENIALS: Final = {
    "type": "private",
    "is_private_channel": "private",
    "is_password_protected": "password_protected",
    "is_hidden_from_blog_network": "login_only",
    "is_paywall_on": "paid",
    "paywall_access": "paid",
    "allow_search_indexing": "search_discouraged",
    "active": "gone",
    "is_deactivated": "gone",
    "is_suspended": "suspended",
    "is_blogless_advertiser": "brand_partner",
    "advertiser_name": "brand_partner",
    "is_adult": ADULT,
    "is_nsfw": ADULT,
}
CLEARING: Final = {
    "type": "private",
    "is_password_protected": "password_protected",
    "is_hidden_from_blog_network": "login_only",
    "is_paywall_on": "paid",
    "allow_search_indexing": "search_discouraged",
    "active": "gone",
    "is_suspended": "suspended",
    "is_adult": ADULT,
}
# No fact and no other record can be about a blog of which only the name is known.
WITHOUT_UUID: Final = "; nothing settles it without blog.uuid"
VISIBILITY_GAP: Final = "blog_visibility_unknown"
RATING_GAP: Final = "rating_unknown"
PAYMENT_GAP: Final = "payment_unknown"
GAPS: Final = {VISIBILITY_GAP: VISIBILITY, RATING_GAP: RATING, PAYMENT_GAP: PAYMENT}
SPELLINGS: Final = {field: (field, camel(field)) for field in FIELDS}
# An advertising choice is none about training, whom somebody blocked is theirs alone, and the
# owner of a blog is told how many drafts there are.
HARMLESS: Final = ("is_optout_ads", "is_blocked", "is_blocked_from_primary", "drafts")
SPELT: Final = tuple(
    dict.fromkeys(name for both in SPELLINGS.values() for name in both if name != MARKS)
)
WATCH: Final = Watch((*SPELT, *HARMLESS))
PLACES: Final = {field: place for place, field in enumerate(FIELDS)}
# Millions of blogs share a few states: this many are kept ready.
REMEMBERED: Final = 4_096
# Of so many records of blogs it is remembered that they were read.
DIGESTS: Final = 131_072
FACT_OF_A_BLOG: Final = "blog."
ASSERTABLE: Final = (
    *VISIBILITY,
    "is_adult",
    "is_nsfw",
    "is_paywall_on",
    "allow_search_indexing",
)


def _names(text: str) -> object:
    names = frozenset(_listed(name) for name in text.split(",") if name.strip())
    if not names:
        raise ValueError(text)
    return names


FACTS: Final[Mapping[str, Fact]] = {
    **{FACT_OF_A_BLOG + name: one_of(FLAG) for name in ASSERTABLE if name != "type"},
    "blog.type": one_of({"public": "public", "private": "private"}),
    "answer.is_private": one_of(FLAG),
    "post.community": one_of({"none": "none"}),
    "partner_blogs": Fact("names or uuids, separated by commas", _names),
}


def _listed(name: str) -> str:
    """A blog as operators write it down: also ``@fizz`` and ``fizz.tumblr.com``."""
    return folded(name).removeprefix("@").removesuffix(".tumblr.com")


NOTHING_READ: Final[Readings] = (frozenset(),) * len(FIELDS)


class Blog(msgspec.Struct, gc=False, eq=False):
    """All readings of one blog's fields, and every name it goes by.

    A dump has very many of them, and hardly any has a second name. ``handle`` is the first.
    ``number`` is its place among those that have a uuid.
    """

    uuid: str | None = None
    number: int = -1
    handle: str | None = None
    other_names: tuple[str, ...] = ()
    readings: Readings = NOTHING_READ
    asserted: frozenset[str] = frozenset()
    is_posting: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (folded(self.handle), *self.other_names) if self.handle else ()

    def add(self, raw: Mapping[str, Any]) -> None:
        if name := name_in(raw.get("name")):
            self.handle = self.handle or name
            if self.handle != name and folded(name) not in self.names:
                self.other_names += (folded(name),)
        readings = readings_of(raw)
        if readings is not self.readings:
            self.readings = _united(self.readings, readings)

    def add_worse(self, other: "Blog") -> None:
        """Take over only what ``other`` says against sharing."""
        self.readings = _united(self.readings, _without_public(other.readings))

    def found(self, field: str) -> frozenset[Visibility]:
        """What was read of ``field``, anywhere; empty when it is nowhere."""
        return self.readings[PLACES[field]]

    def denials(self) -> frozenset[str]:
        return frozenset(
            DENIALS[field]
            for field in FIELDS
            if self.found(field) - {Visibility.PUBLIC, Visibility.UNKNOWN}
        )

    def cleared(self) -> frozenset[str]:
        """The earlier denials that this blog, proven public, contradicts one by one.

        By its records alone: what an operator asserts is about one dump.
        """
        if not self.asserted.isdisjoint(VISIBILITY):
            return frozenset()
        evidence = evidence_of(self, attested=False)
        denials = self.denials()
        if denials - {ADULT} or any(e.visibility is not Visibility.PUBLIC for e in evidence):
            return frozenset()
        own = (field for field in CLEARING if field not in self.asserted)
        good = (field for field in own if self.found(field) == {Visibility.PUBLIC})
        return frozenset(CLEARING[field] for field in good) - denials


class Seen:
    """Which records of blogs were read, by a digest, and of which blog each is."""

    def __init__(self) -> None:
        self._digests: dict[bytes, Blog] = {}

    def find(self, text: bytes) -> Blog | None:
        return self._digests.get(sha256(text).digest())

    def add(self, text: bytes, blog: Blog) -> None:
        if len(self._digests) >= DIGESTS:
            self._digests.clear()
        self._digests[sha256(text).digest()] = blog


class Blogs:
    """Every blog that a dump mentions, by uuid; without one, only what speaks against it.

    Those with a uuid are ``numbered``.
    """

    def __init__(self, asserted: Mapping[str, object]) -> None:
        self._asserted = asserted
        self._of_blogs = {
            name.removeprefix(FACT_OF_A_BLOG): value
            for name, value in asserted.items()
            if name.startswith(FACT_OF_A_BLOG)
        }
        self._fields_asserted = frozenset(self._of_blogs)
        self.numbered: list[Blog] = []
        self._by_uuid: dict[str, Blog] = {}
        self._by_name: dict[str, Blog] = {}
        self._seen = Seen()

    def add(self, raw: object, *, posting: bool = False) -> None:
        """Take in one record of a blog; the same one again adds nothing, and costs little."""
        if not isinstance(raw, dict):
            return
        try:
            text = _encode(raw)
        except (UnicodeEncodeError, OverflowError, RecursionError):
            blog = self._add(raw)
        else:
            blog = self._seen.find(text) or self._add(raw, text)
        if posting:
            self._assert_of(blog)

    def written(self, text: bytes, *, posting: bool = False) -> Blog | None:
        """The blog whose record ``text`` is, which is taken in.

        None where it is not known to be a whole record, or does not name a blog by its uuid
        and ``handle``: whoever then gives it to ``add`` misses nothing.
        """
        blog = self._seen.find(text)
        if blog is None:
            raw = quickly(text)
            if not isinstance(raw, dict):
                return None
            blog = self._add(raw, text)
            if blog is None or blog.handle != raw.get("name"):
                return None
        if posting and not blog.is_posting:
            self._assert_of(blog)
        return blog if blog.uuid and blog.handle else None

    def _add(self, raw: dict[str, Any], text: bytes = b"") -> Blog | None:
        """Take in ``raw``; ``text`` is remembered as its blog's if that is all that it says."""
        uuid, name = uuid_in(raw), name_in(raw.get("name"))
        if uuid is not None:
            blog = self._by_uuid.get(uuid)
            if blog is None:
                blog = self._by_uuid[uuid] = Blog(uuid, len(self.numbered))
                self.numbered.append(blog)
        elif name is not None:
            blog = self._by_name.get(folded(name)) or self._by_name.setdefault(folded(name), Blog())
        else:
            return None
        blog.add(raw)
        if text and (uuid is None or (name is not None and name == blog.handle)):
            self._seen.add(text, blog)
        return blog

    def join_by_name(self) -> None:
        """Let what records without uuid say reach the blogs of that name; once all are read."""
        self._seen = Seen()
        for blog in self._by_uuid.values():
            for name in blog.names:
                if nameless := self._by_name.get(name):
                    blog.add_worse(nameless)

    def get(self, raw: Mapping[str, Any]) -> Blog:
        """What is known of the blog that ``raw`` names."""
        known = self._by_uuid.get(uuid_in(raw) or "")
        if known is None:
            known = Blog()
            known.add(raw)
        name = name_in(raw.get("name")) if self._by_name else None
        if name and (nameless := self._by_name.get(folded(name))):
            # What one post alone calls a blog counts for that post, whichever is read first.
            known = copy(known)
            known.add_worse(nameless)
        return known

    def state_of(self, blog: Blog) -> tuple[object, ...]:
        """All that is known of a blog but who it is: two of the same state prove the same."""
        return (
            blog.readings,
            blog.asserted,
            blog.is_posting,
            self.is_attested(blog.uuid),
            self.is_partner({"uuid": blog.uuid, "name": blog.handle}),
        )

    def is_posting(self, raw: Mapping[str, Any]) -> bool:
        """Whether this blog is one of the dump's own, of which the operator may speak."""
        return self._posts(uuid_in(raw))

    def is_attested(self, uuid: str | None) -> bool:
        """Whether the operator vouches that this blog, one of the dump's own, is public."""
        return self._posts(uuid) and self._asserted.get("blog.type") == "public"

    def _posts(self, uuid: str | None) -> bool:
        known = self._by_uuid.get(uuid or "")
        return known is not None and known.is_posting

    def is_partner(self, raw: Mapping[str, Any]) -> bool:
        partners = self._asserted.get("partner_blogs")
        if not partners:
            return False
        names = {folded(str(name)) for name in (raw.get("uuid"), raw.get("name")) if name_in(name)}
        return not names.union(self.get(raw).names).isdisjoint(partners)  # type: ignore[arg-type]

    def known(self) -> Iterator[tuple[str | None, Blog]]:
        yield from self._by_uuid.items()
        for blog in self._by_name.values():
            yield None, blog

    def _assert_of(self, blog: Blog | None) -> None:
        """What the operator asserts is about the blogs that post."""
        if blog is None or blog.uuid is None or blog.is_posting:
            return
        blog.is_posting = True
        blog.add(self._of_blogs)
        blog.asserted = self._fields_asserted


def uuid_in(raw: Mapping[str, Any]) -> str | None:
    uuid = raw.get("uuid")
    return uuid if isinstance(uuid, str) and UUID.fullmatch(uuid) else None


def readings_of(raw: Mapping[str, Any]) -> Readings:
    """What one record says of a blog."""
    said = {name: raw[name] for name in SPELT if name in raw}
    if WATCH.marks_in(raw):
        said[MARKS] = None
    try:
        return _readings_in(msgspec.json.encode(said))
    except (UnicodeEncodeError, RecursionError):
        return _readings(said)


@lru_cache(REMEMBERED)
def _readings_in(said: bytes) -> Readings:
    return _readings(msgspec.json.decode(said))


def _readings(said: Mapping[str, Any]) -> Readings:
    return tuple(
        frozenset(_of_field(field, said[name]) for name in SPELLINGS[field] if name in said)
        for field in FIELDS
    )


@lru_cache(REMEMBERED)
def _united(first: Readings, second: Readings) -> Readings:
    return tuple(one | other for one, other in zip(first, second, strict=True))


@lru_cache(REMEMBERED)
def _without_public(readings: Readings) -> Readings:
    return tuple(one - {Visibility.PUBLIC} for one in readings)


def _of_field(field: str, raw: object) -> Visibility:
    if field == "advertiser_name" and isinstance(raw, str) and raw:
        return Visibility.COMMERCIAL
    return reading(FIELDS[field], raw)


def reading(meaning: Meaning, raw: object) -> Visibility:
    """What one raw value proves; JSON's 0 and 1 are not booleans."""
    if not isinstance(raw, bool | str):
        return Visibility.UNKNOWN
    return meaning.get(raw, Visibility.UNKNOWN)


def evidence_of(
    blog: Blog,
    *,
    attested: bool,
    level: str = "container",
    about: str | None = None,
    is_posting: bool = False,
) -> Iterator[Evidence]:
    """Whether the blog is public, and all that speaks against it but rating and payment.

    ``about`` is its uuid; ``is_posting`` says whether the operator's facts are about it.
    """
    for field in (*VISIBILITY, *OTHERS):
        yield from against(blog, field, level)
    missing = [field for field in VISIBILITY if not blog.found(field)]
    if not missing or attested:
        yield Evidence(level, Visibility.PUBLIC, "blog")
        return
    settle = "; settle with a record of that blog"
    if level == "container":
        settle = "; settle with --fact blog.type=public" if is_posting else WITHOUT_UUID
    names = ", ".join(f"blog.{field}" for field in missing)
    fact = "blog.type" if is_posting else ""
    detail = f"missing: {names}{settle}"
    yield Evidence(level, Visibility.UNKNOWN, VISIBILITY_GAP, detail, about or "", fact)


def answers(blog: Blog) -> tuple[frozenset[str], tuple[Evidence, ...]]:
    """Which gaps the blog's own records fill, and with what: all of it, for each of them.

    What an operator asserted is about one dump, so it is no answer to another.
    """
    fields = {field: blog.found(field) for field in FIELDS if field not in blog.asserted}
    said = {field for field, found in fields.items() if found - {Visibility.UNKNOWN}}
    settles = {gap for gap, proofs in GAPS.items() if said.intersection(proofs)}
    if not said.issuperset(VISIBILITY):
        settles.discard(VISIBILITY_GAP)
    evidence = [one for field in fields for one in against(blog, field, "container")]
    return frozenset(settles), (*evidence, Evidence("container", Visibility.PUBLIC, "blog"))


def against(blog: Blog, field: str, level: str) -> Iterator[Evidence]:
    """What was read of ``field`` that does not let the blog be shared."""
    for visibility in sorted(blog.found(field) - {Visibility.PUBLIC}):
        if field == MARKS:
            yield doubt(f"{field} may say that not everybody may see the blog", level)
        elif visibility is Visibility.UNKNOWN:
            detail = f"blog.{field} holds a value that is not understood"
            yield Evidence(level, visibility, f"blog_{field}_unknown", detail)
        else:
            yield Evidence(level, visibility, DENIALS[field], f"blog.{field} says so")


def is_proven(found: Iterable[frozenset[Visibility]]) -> bool:
    return any(Visibility.PUBLIC in one for one in found)


def folded(name: str) -> str:
    return name.strip().casefold()
