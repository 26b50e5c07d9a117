"""The rule: may one archived item be part of one dataset, for what people said?

Plain Python, written to be read. ``exports.files.filtering`` is the same rule over
Arrow columns, and a test holds the two together. Everything is a list of what is
allowed: a value nobody thought of is a refusal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]


class Refusal(StrEnum):
    """Why an item stays out. The first that holds, in this order, is the one counted."""

    HELD = "not_shareable_hold"
    EXCLUDED = "not_shareable_exclude"
    PRINCIPALS_UNKNOWN = "principals_unknown"
    ADULT = "adult"
    PLATFORM_NOT_AGREED = "platform_not_agreed"
    MEDIA_NOT_AGREED = "media_not_agreed"
    ITEM_BLOCKED = "item_blocked"
    OPTED_OUT = "opted_out"
    NOT_OPTED_IN = "not_opted_in"
    OLDER_THAN_OPT_IN = "older_than_opt_in"

    @property
    def words(self) -> str:
        return WORDS[self]


WORDS = {
    Refusal.HELD: "A needed fact is missing, so the item is held back",
    Refusal.EXCLUDED: "Not public, or not allowed",
    Refusal.PRINCIPALS_UNKNOWN: "Nobody knows whom to ask",
    Refusal.ADULT: "Adult, and the agreement does not admit it",
    Refusal.PLATFORM_NOT_AGREED: "From a platform outside the agreement",
    Refusal.MEDIA_NOT_AGREED: "With a kind of media outside the agreement",
    Refusal.ITEM_BLOCKED: "Deleted, made private or removed since it was read",
    Refusal.OPTED_OUT: "Somebody in it does not share",
    Refusal.NOT_OPTED_IN: "Its owner has not said yes, where only a yes counts",
    Refusal.OLDER_THAN_OPT_IN: "Older than the day from which somebody in it shares",
}


@dataclass(frozen=True)
class Agreement:
    """What a dataset admits."""

    platforms: frozenset[str]
    media_kinds: frozenset[str]
    adult: bool = False


@dataclass(frozen=True, eq=False)
class Denials:
    """What people and platforms said, as sorted arrays of keys; make it with ``of``.

    ``forward_keys[n]`` shares only what was published at ``forward_from[n]``
    (microseconds since 1970, UTC) or later. ``allowed`` holds the accounts that said
    yes, which platforms in ``opt_in_platforms`` need.
    """

    accounts: Keys
    forward_keys: Keys
    forward_from: Keys
    allowed: Keys
    items: Keys
    opt_in_platforms: frozenset[str]

    def __post_init__(self) -> None:
        for keys in (self.accounts, self.forward_keys, self.allowed, self.items):
            if keys.dtype != np.int64 or bool(np.any(keys[1:] <= keys[:-1])):
                raise ValueError("keys of denials must be int64, sorted, and each given once")
        if len(self.forward_keys) != len(self.forward_from):
            raise ValueError("each forward key needs the instant from which it shares")

    @classmethod
    def of(
        cls,
        *,
        accounts: Iterable[int] = (),
        forward: Mapping[int, int] | None = None,
        allowed: Iterable[int] = (),
        items: Iterable[int] = (),
        opt_in_platforms: Iterable[str] = (),
    ) -> Self:
        since = sorted((forward or {}).items())
        return cls(
            accounts=sorted_keys(accounts),
            forward_keys=np.array([key for key, _ in since], dtype=np.int64),
            forward_from=np.array([instant for _, instant in since], dtype=np.int64),
            allowed=sorted_keys(allowed),
            items=sorted_keys(items),
            opt_in_platforms=frozenset(opt_in_platforms),
        )


class ArchivedItem(Protocol):
    """What the rule needs to know of an item. ``published_us`` counts from 1970, in UTC."""

    @property
    def item_key(self) -> int: ...
    @property
    def owner_key(self) -> int | None: ...
    @property
    def account_keys(self) -> frozenset[int]: ...
    @property
    def platform(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def adult(self) -> bool | None: ...
    @property
    def media_kinds(self) -> frozenset[str]: ...
    @property
    def published_us(self) -> int | None: ...


def refusal(item: ArchivedItem, *, agreement: Agreement, denials: Denials) -> Refusal | None:
    """Why ``item`` may not be delivered under ``agreement``, or None when it may."""
    if item.verdict == "exclude":
        return Refusal.EXCLUDED
    if item.verdict != "share":
        return Refusal.HELD
    if item.owner_key is None or item.owner_key not in item.account_keys:
        return Refusal.PRINCIPALS_UNKNOWN
    if item.adult is not False and not (item.adult is True and agreement.adult):
        return Refusal.ADULT
    if item.platform not in agreement.platforms:
        return Refusal.PLATFORM_NOT_AGREED
    if not item.media_kinds or not item.media_kinds <= agreement.media_kinds:
        return Refusal.MEDIA_NOT_AGREED
    if contains(denials.items, item.item_key):
        return Refusal.ITEM_BLOCKED
    return refusal_of_people(item, denials)


def refusal_of_people(item: ArchivedItem, denials: Denials) -> Refusal | None:
    """What anybody in the item said against it; an unknown date is older than any other."""
    if any(contains(denials.accounts, key) for key in item.account_keys):
        return Refusal.OPTED_OUT
    if item.platform in denials.opt_in_platforms and not contains(denials.allowed, item.owner_key):
        return Refusal.NOT_OPTED_IN
    starts = [shares_from(denials, key) for key in item.account_keys]
    since = max((start for start in starts if start is not None), default=None)
    if since is not None and (item.published_us is None or item.published_us < since):
        return Refusal.OLDER_THAN_OPT_IN
    return None


def shares_from(denials: Denials, key: int) -> int | None:
    """The instant before which ``key`` does not share, if it said so."""
    place = int(np.searchsorted(denials.forward_keys, key))
    if place == len(denials.forward_keys) or denials.forward_keys[place] != key:
        return None
    return int(denials.forward_from[place])


def contains(keys: Keys, key: int | None) -> bool:
    """True where the sorted ``keys`` hold ``key``."""
    if key is None:
        return False
    place = int(np.searchsorted(keys, key))
    return place < len(keys) and int(keys[place]) == key


def sorted_keys(keys: Iterable[int]) -> Keys:
    return np.unique(np.fromiter(keys, dtype=np.int64))
