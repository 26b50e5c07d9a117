"""The rule: may one archived item be part of one dataset, for what people said?

And for when its state was read: long enough after its publication, and not long ago.

Plain Python, written to be read. ``exports.files.filtering`` is the same rule over
Arrow columns, and a test holds the two together. Everything is a list of what is
allowed: a value nobody thought of is a refusal.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]

RULE_VERSION: Final = "5"
"""Goes up when the rule gives another answer to the same facts; older files are withdrawn."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SETTLE: Final = timedelta(hours=72)
MAX_AGE: Final = timedelta(days=30)
LONGEST_SHELF_LIFE: Final = timedelta(days=1)


class Refusal(StrEnum):
    """Why an item stays out. The first that holds, in this order, is the one counted."""

    HELD = "not_shareable_hold"
    EXCLUDED = "not_shareable_exclude"
    PRINCIPALS_UNKNOWN = "principals_unknown"
    ADULT = "adult"
    PLATFORM_NOT_AGREED = "platform_not_agreed"
    MEDIA_NOT_AGREED = "media_not_agreed"
    TOO_YOUNG = "not_settled"
    READING_TOO_OLD = "reading_too_old"
    ITEM_BLOCKED = "item_blocked"
    PARENT_BLOCKED = "parent_blocked"
    OPTED_OUT = "opted_out"
    NOT_OPTED_IN = "not_opted_in"
    OLDER_THAN_OPT_IN = "older_than_opt_in"
    NOTHING_LEFT = "nothing_left"

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
    Refusal.TOO_YOUNG: "Not read again, so long after its publication that it has settled",
    Refusal.READING_TOO_OLD: "Last read too long ago to know what it is now",
    Refusal.ITEM_BLOCKED: "Deleted, made private or removed since it was read",
    Refusal.PARENT_BLOCKED: "What it hangs on was taken back, or is not shareable",
    Refusal.OPTED_OUT: "Somebody in it does not share",
    Refusal.NOT_OPTED_IN: "Its owner has not said yes, where only a yes counts",
    Refusal.OLDER_THAN_OPT_IN: "Older than the day from which somebody in it shares",
    Refusal.NOTHING_LEFT: "Nothing of it is left without the parts of those who do not share",
}


@dataclass(frozen=True)
class Agreement:
    """What a dataset admits.

    An item has settled when its state was read ``settle`` after its publication or later.
    What was last read longer than ``max_age`` ago may not leave. With ``cut``, whoever is
    in parts of an item alone takes these parts out of it, and not the whole item.
    """

    platforms: frozenset[str]
    media_kinds: frozenset[str]
    adult: bool = False
    cut: bool = False
    settle: timedelta = SETTLE
    max_age: timedelta = MAX_AGE

    @property
    def shelf_life(self) -> timedelta:
        """How long a file is good at least, from when it is built.

        A build takes nothing that would be too old before. Otherwise items read a second
        apart would have their file built again every second.
        """
        return min(LONGEST_SHELF_LIFE, self.max_age / 10)

    @property
    def max_age_when_built(self) -> timedelta:
        return self.max_age - self.shelf_life


@dataclass(frozen=True, eq=False)
class Denials:
    """What people and platforms said, as sorted arrays of keys; make it with ``of``.

    ``forward_keys[n]`` shares only what was published at ``forward_from[n]``
    (microseconds since 1970, UTC) or later. ``allowed`` holds the accounts that said
    yes, which platforms in ``opt_in_platforms`` need. ``closed`` are those of ``accounts``
    of whom a platform says so: nobody is cut for that, it withholds the whole item.
    ``items`` are those that a platform took back, and ``withheld`` those that some reading
    excludes or holds, or rates adult where that is not agreed, as far as other items hang on
    them.
    """

    accounts: Keys
    forward_keys: Keys
    forward_from: Keys
    allowed: Keys
    items: Keys
    closed: Keys
    withheld: Keys
    opt_in_platforms: frozenset[str]

    def __post_init__(self) -> None:
        for keys in (
            self.accounts,
            self.forward_keys,
            self.allowed,
            self.items,
            self.closed,
            self.withheld,
        ):
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
        closed: Iterable[int] = (),
        withheld: Iterable[int] = (),
        opt_in_platforms: Iterable[str] = (),
    ) -> Self:
        since = sorted((forward or {}).items())
        shut = sorted_keys(closed)
        return cls(
            accounts=np.union1d(sorted_keys(accounts), shut),
            forward_keys=np.array([key for key, _ in since], dtype=np.int64),
            forward_from=np.array([instant for _, instant in since], dtype=np.int64),
            allowed=sorted_keys(allowed),
            items=sorted_keys(items),
            closed=shut,
            withheld=sorted_keys(withheld),
            opt_in_platforms=frozenset(opt_in_platforms),
        )


class ArchivedItem(Protocol):
    """What the rule needs to know of an item. Microseconds count from 1970, in UTC.

    ``observed_us`` is when its state was last read, ``core_keys`` are the keys of those who
    cannot be cut, and ``parts`` the keys of the people in each part. ``parent_keys`` are the
    item keys of all that it hangs on.
    """

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
    @property
    def observed_us(self) -> int | None: ...
    @property
    def core_keys(self) -> frozenset[int]: ...
    @property
    def parts(self) -> Sequence[frozenset[int]]: ...
    @property
    def parent_keys(self) -> frozenset[int]: ...
    def is_empty_without(self, parts: Collection[int]) -> bool:
        """Whether neither words nor media are left when the parts of these numbers are cut."""


def refusal(
    item: ArchivedItem, *, agreement: Agreement, denials: Denials, now: datetime
) -> Refusal | None:
    """Why ``item`` may not be put into a file under ``agreement`` ``now``, or None."""
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
    if why := refusal_of_time(item, agreement, microseconds(now)):
        return why
    if contains(denials.items, item.item_key):
        return Refusal.ITEM_BLOCKED
    if any(is_blocked(parent, denials) for parent in item.parent_keys):
        return Refusal.PARENT_BLOCKED
    if why := refusal_of_people(item, agreement, denials):
        return why
    gone = cuts(item, agreement, denials)
    return Refusal.NOTHING_LEFT if gone and item.is_empty_without(gone) else None


def refusal_of_time(item: ArchivedItem, agreement: Agreement, now: int) -> Refusal | None:
    """Whether its state was read late enough, and not long ago; unknown is neither.

    Nobody has read anything in the future, whatever a record says of itself.
    """
    published, observed = item.published_us, item.observed_us
    if published is None or observed is None or observed > now:
        return Refusal.TOO_YOUNG
    if observed - published < length(agreement.settle):
        return Refusal.TOO_YOUNG
    if now - observed > length(agreement.max_age_when_built):
        return Refusal.READING_TOO_OLD
    return None


def is_blocked(item_key: int, denials: Denials) -> bool:
    """Whether nothing may leave that hangs on this item: taken back, excluded or held."""
    return contains(denials.items, item_key) or contains(denials.withheld, item_key)


def refusal_of_people(item: ArchivedItem, agreement: Agreement, denials: Denials) -> Refusal | None:
    """What anybody said against the item who cannot be cut from it."""
    bound = item.account_keys - those_who_can_be_cut(item, agreement, denials)
    if any(contains(denials.accounts, key) for key in bound):
        return Refusal.OPTED_OUT
    if item.platform in denials.opt_in_platforms and not contains(denials.allowed, item.owner_key):
        return Refusal.NOT_OPTED_IN
    if any(is_too_old_for(key, item, denials) for key in bound):
        return Refusal.OLDER_THAN_OPT_IN
    return None


def cuts(item: ArchivedItem, agreement: Agreement, denials: Denials) -> frozenset[int]:
    """The numbers of the parts that stay out of ``item`` when it is delivered.

    A part goes with anybody in it who denies, also when others in it do not.
    """
    loose = those_who_can_be_cut(item, agreement, denials)
    return frozenset(
        number
        for number, people in enumerate(item.parts)
        if any(
            contains(denials.accounts, key) or is_too_old_for(key, item, denials)
            for key in people & loose
        )
    )


def those_who_can_be_cut(
    item: ArchivedItem, agreement: Agreement, denials: Denials
) -> frozenset[int]:
    """The keys that are in parts of ``item`` alone, unless a platform speaks against them."""
    if not agreement.cut:
        return frozenset()
    in_parts = frozenset[int]().union(*item.parts) - item.core_keys
    return frozenset(key for key in in_parts if not contains(denials.closed, key))


def is_too_old_for(key: int, item: ArchivedItem, denials: Denials) -> bool:
    """Whether ``key`` shares only what came later; an unknown date is older than any other."""
    since = shares_from(denials, key)
    return since is not None and (item.published_us is None or item.published_us < since)


def shares_from(denials: Denials, key: int) -> int | None:
    """The instant before which ``key`` does not share, if it said so."""
    place = int(np.searchsorted(denials.forward_keys, key))
    if place == len(denials.forward_keys) or denials.forward_keys[place] != key:
        return None
    return int(denials.forward_from[place])


def microseconds(instant: datetime) -> int:
    """An instant as the archive counts it."""
    return length(instant - EPOCH)


def length(time: timedelta) -> int:
    """A length of time in microseconds."""
    return time // timedelta(microseconds=1)


def contains(keys: Keys, key: int | None) -> bool:
    """True where the sorted ``keys`` hold ``key``."""
    if key is None:
        return False
    place = int(np.searchsorted(keys, key))
    return place < len(keys) and int(keys[place]) == key


def sorted_keys(keys: Iterable[int]) -> Keys:
    return np.unique(np.fromiter(keys, dtype=np.int64))
