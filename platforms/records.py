"""The normalised item: what every platform's dump is read into.

Plain Python. A source turns one raw record into an ``Item`` and says, field by
field, what that field proves (``Evidence``); ``platforms.visibility`` judges.
Nothing here decides.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class Role(StrEnum):
    """Why somebody is in an item."""

    OWNER = "owner"
    CONTAINER = "container"
    REBLOG_ROOT = "reblog_root"
    REBLOG_VIA = "reblog_via"
    ASKER = "asker"
    SUBMITTER = "submitter"
    QUOTED = "quoted"
    COMMENTER = "commenter"
    MEDIA_CREDIT = "media_credit"
    CO_AUTHOR = "co_author"


class Identity(StrEnum):
    """How strongly a principal is identified; only ``STABLE`` may be shared."""

    STABLE = "stable"
    NAME = "name"
    ANONYMOUS = "anonymous"
    GONE = "gone"


class MediaKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    GIF = "gif"
    VIDEO = "video"
    AUDIO = "audio"


ONLY_TEXT: Final = frozenset({MediaKind.TEXT})
NO_MEDIA: Final[frozenset[MediaKind]] = frozenset()


class Visibility(StrEnum):
    """What one field proves about who can read the item, most restrictive wins."""

    PUBLIC = "public"
    LOGIN_ONLY = "login_only"
    RESTRICTED = "restricted"
    PRIVATE = "private"
    UNPUBLISHED = "unpublished"
    REMOVED_AUTHOR = "removed_author"
    REMOVED_PLATFORM = "removed_platform"
    ACCOUNT_GONE = "account_gone"
    EXPIRED = "expired"
    OPTED_OUT = "opted_out"
    PAID = "paid"
    COMMERCIAL = "commercial"
    ADULT = "adult"
    OUT_OF_SCOPE = "out_of_scope"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    SHARE = "share"
    HOLD = "hold"
    EXCLUDE = "exclude"


class Principal(msgspec.Struct, frozen=True, cache_hash=True):
    """One person or account whose words or images are in an item.

    ``native_id`` is the platform's stable id, ``handle`` the name as written;
    at least one of them is given unless the identity is anonymous or gone.
    """

    role: Role
    identity: Identity
    native_id: str | None = None
    handle: str | None = None


class Media(msgspec.Struct, frozen=True):
    kind: MediaKind
    url: str
    alt: str = ""


class ItemRef(msgspec.Struct, frozen=True):
    """Names another item of the same platform, such as the post of a comment.

    ``kinds`` are several where ids do not say of which kind the item is.
    """

    kinds: tuple[str, ...]
    native_id: str
    container_id: str = ""


class Part(msgspec.Struct, frozen=True):
    """A piece of an item that is its ``principals``' own and can be cut out.

    ``text[start:end]`` of the item's text, in characters, and those of its media whose
    places ``media`` lists. ``platforms.parts.Pieces`` makes them.
    """

    principals: tuple[Principal, ...]
    start: int
    end: int
    media: tuple[int, ...] = ()


class Evidence(msgspec.Struct, frozen=True, cache_hash=True):
    """What one field of one level says: ``code`` is the reason if it is not public.

    ``level`` is one of item, parent, container, account, embedded. ``detail``
    tells a person what was read, or what to supply when nothing was.

    Two fields make what is unknown a gap that can be filled later. ``about`` names whom
    or what a missing record would be of: an account or container by its native id, a
    parent by its reference. ``fact`` names what an operator may assert instead.
    """

    level: str
    visibility: Visibility
    code: str
    detail: str = ""
    about: str | ItemRef = ""
    fact: str = ""


class Reason(msgspec.Struct, frozen=True):
    """Why an item is not shared: a stable ``code`` to count by, a ``detail`` to act on."""

    verdict: Verdict
    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Judgement(msgspec.Struct, frozen=True):
    """A verdict with all its reasons.

    ``verdict`` leaves the rating aside: ``adult`` is a flag of its own, because
    a dataset's agreement may admit it.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    adult: bool = False

    def under(self, adult: bool) -> "Judgement":
        """The judgement as a dataset sees it that admits adult items, or does not."""
        if adult or not self.adult:
            return self
        adult_item = Reason(Verdict.EXCLUDE, "adult", "the agreement does not admit adult items")
        return Judgement(Verdict.EXCLUDE, (adult_item, *self.reasons), adult=True)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What an item consists of, and how it can be taken apart.

    ``text``, ``media`` and ``principals`` are the whole item's; ``parts`` say which pieces
    can be cut. ``core`` are the people in what no part holds, or None where nobody can tell:
    then nothing is ever cut for anybody.
    """

    principals: tuple[Principal, ...] = ()
    title: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    parts: tuple[Part, ...] = ()
    core: tuple[Principal, ...] | None = None


class Item(Body, frozen=True, kw_only=True):
    """One published (or not) unit of a platform, with everybody who is in it.

    Ids are strings (they exceed 2**53), scoped by platform, kind and container.
    ``native_id`` is None when the record has none: such an item is never shared.
    Times are aware and in UTC. ``parents`` are the items that it hangs on, also those
    that the dump does not hold.
    """

    platform: str
    kind: str
    native_id: str | None
    container_id: str | None = None
    evidence: tuple[Evidence, ...] = ()
    required: frozenset[str] = frozenset({"item", "container"})
    published_at: datetime | None = None
    observed_at: datetime | None = None
    parents: tuple[ItemRef, ...] = ()

    @property
    def owner(self) -> Principal | None:
        for one in self.principals:
            if one.role is Role.OWNER:
                return one
        return None

    @property
    def media_kinds(self) -> frozenset[MediaKind]:
        if not self.media:
            return ONLY_TEXT if self.text or self.title else NO_MEDIA
        kinds = {medium.kind for medium in self.media}
        if self.text or self.title:
            kinds.add(MediaKind.TEXT)
        return frozenset(kinds)


class AccountReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a dump says of one account or container as it is now.

    ``denies`` are reasons that forbid sharing; ``clears`` are earlier reasons that the
    dump explicitly contradicts while it proves the account public. A platform's opt-out
    flag read as false clears nothing: platforms write it back by themselves.
    At least one of ``native_id`` and ``handle`` is given.
    """

    platform: str
    native_id: str | None
    handle: str | None = None
    denies: frozenset[str] = frozenset()
    clears: frozenset[str] = frozenset()
    observed_at: datetime | None = None

    def __post_init__(self) -> None:
        if not (self.native_id or self.handle):
            raise ValueError("an account reading needs an id or a handle")
        if "platform_opt_out" in self.clears:
            raise ValueError("only a person clears an opt-out")
        if self.denies & self.clears:
            raise ValueError("a reading cannot deny and clear the same reason")


class FactReading(msgspec.Struct, frozen=True, kw_only=True):
    """What a dump says of one account or container, for items that name it elsewhere.

    ``settles`` are the codes of unknown evidence about ``about`` that this answers, each of
    them by all of ``evidence``: a record that opens a container and rates it adult answers
    with both. Its levels do not count; evidence takes the place of what it answers.
    Nothing in it may come from an operator's assertion, which is about one dump.
    """

    platform: str
    about: str
    settles: frozenset[str]
    evidence: tuple[Evidence, ...]
    observed_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.about or not self.settles:
            raise ValueError("a fact needs somebody whom it is about, and what it settles")
        if all(one.visibility is Visibility.ADULT for one in self.evidence):
            raise ValueError("a fact must say more than a rating")


Reading = Item | AccountReading | FactReading
