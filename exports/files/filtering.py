"""The rule of ``consent.decision`` over Arrow columns: one answer for each row.

The readable form is the one that counts; this is the fast one, and a test holds the
two together. It costs a binary search for each principal, never a pass over the denials.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from consent.decision import Agreement, Denials, Keys, Refusal, length, microseconds
from platforms.records import MediaKind

Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]

ADMITTED = 0
REFUSALS = tuple(Refusal)


@dataclass(frozen=True, eq=False)
class People:
    """People in the items: ``keys[n]`` is in row ``rows[n]``."""

    keys: Keys
    rows: NDArray[np.int64]
    items: int

    @classmethod
    def of(cls, items: pa.Table) -> Self:
        lists = one_array(items["account_keys"])
        return cls(integers(flat(lists)), parents(lists), len(items))

    def only(self, chosen: Mask) -> Self:
        return type(self)(self.keys[chosen], self.rows[chosen], self.items)

    def anybody(self, chosen: Mask) -> Mask:
        """True for each item that has a chosen person."""
        return anywhere(self.rows[chosen], self.items)


def refusals(
    items: pa.Table, *, agreement: Agreement, denials: Denials, now: datetime, bound: People
) -> Codes:
    """For each row ``ADMITTED``, or 1 + the place of its ``Refusal`` in ``REFUSALS``.

    ``bound`` are the people who stay out with their whole item.
    """
    tests = platform_tests(items, People.of(items)) | agreement_tests(items, agreement)
    tests |= time_tests(items, agreement, now) | parent_tests(items, denials)
    tests |= denial_tests(items, bound, denials)
    known = [(place, tests[why]) for place, why in enumerate(REFUSALS, 1) if why in tests]
    first = np.select([test for _, test in known], [place for place, _ in known], ADMITTED)
    return first.astype(np.int8)


def counts(codes: Codes) -> dict[str, int]:
    """How many rows each refusal kept out; refusals that kept out none are left out."""
    seen = np.bincount(codes, minlength=len(REFUSALS) + 1)[1:]
    return {str(refusal): int(n) for refusal, n in zip(REFUSALS, seen, strict=True) if n}


def platform_tests(items: pa.Table, people: People) -> dict[Refusal, Mask]:
    verdicts = items["verdict"]
    excluded = truth(pc.equal(verdicts, "exclude"))
    owners = integers(items["owner_key"])
    known = truth(pc.is_valid(items["owner_key"]))
    return {
        Refusal.EXCLUDED: excluded,
        Refusal.HELD: ~excluded & ~truth(pc.equal(verdicts, "share")),
        Refusal.PRINCIPALS_UNKNOWN: ~(known & people.anybody(people.keys == owners[people.rows])),
    }


def agreement_tests(items: pa.Table, agreement: Agreement) -> dict[Refusal, Mask]:
    adult = items["adult"]
    rated = truth(pc.is_valid(adult)) if agreement.adult else truth(pc.equal(adult, False))
    return {
        Refusal.ADULT: ~rated,
        Refusal.PLATFORM_NOT_AGREED: ~one_of(items["platform"], agreement.platforms),
        Refusal.MEDIA_NOT_AGREED: ~media_agreed(items, agreement.media_kinds),
    }


def media_agreed(items: pa.Table, kinds: frozenset[str]) -> Mask:
    """True where there is something to deliver, and all of it is of an agreed kind.

    What intake recorded counts, and what the columns hold counts too.
    """
    media = one_array(items["media"])
    recorded = one_array(items["media_kinds"])
    seen = pa.concat_arrays([pc.struct_field(flat(media), "kind"), flat(recorded)])
    rows = np.concatenate([parents(media), parents(recorded)])
    words = ~(empty(items["title"]) & empty(items["text"]))
    foreign = anywhere(rows[~one_of(seen, kinds)], len(items))
    if MediaKind.TEXT not in kinds:
        foreign |= words
    return (words | anywhere(rows, len(items))) & ~foreign


def time_tests(items: pa.Table, agreement: Agreement, now: datetime) -> dict[Refusal, Mask]:
    dated = truth(pc.is_valid(items["published_at"])) & truth(pc.is_valid(items["observed_at"]))
    published, observed = instants(items["published_at"]), instants(items["observed_at"])
    at = microseconds(now)
    settled = dated & (observed <= at) & (observed - published >= length(agreement.settle))
    old = at - observed > length(agreement.max_age_when_built)
    return {Refusal.TOO_YOUNG: ~settled, Refusal.READING_TOO_OLD: old}


def denial_tests(items: pa.Table, people: People, denials: Denials) -> dict[Refusal, Mask]:
    asks = one_of(items["platform"], denials.opt_in_platforms)
    said_yes = held_in(denials.allowed, integers(items["owner_key"]))
    said_yes &= truth(pc.is_valid(items["owner_key"]))
    return {
        Refusal.ITEM_BLOCKED: held_in(denials.items, integers(items["item_key"])),
        Refusal.OPTED_OUT: people.anybody(held_in(denials.accounts, people.keys)),
        Refusal.NOT_OPTED_IN: asks & ~said_yes,
        Refusal.OLDER_THAN_OPT_IN: people.anybody(too_early(items, people, denials)),
    }


def parent_tests(items: pa.Table, denials: Denials) -> dict[Refusal, Mask]:
    """An item goes with what it hangs on."""
    rows, keys = pairs_of(items["parent_keys"])
    blocked = held_in(denials.items, keys) | held_in(denials.withheld, keys)
    return {Refusal.PARENT_BLOCKED: anywhere(rows[blocked], len(items))}


def too_early(items: pa.Table, people: People, denials: Denials) -> Mask:
    """True for each who shares only from an instant after the item, or its date is unknown."""
    forward = held_in(denials.forward_keys, people.keys)
    found = np.zeros(len(people.keys), dtype=bool)
    if forward.any():
        rows = people.rows[forward]
        since = denials.forward_from[place_of(denials.forward_keys, people.keys[forward])]
        dated = truth(pc.is_valid(items["published_at"]))[rows]
        found[forward] = ~dated | (instants(items["published_at"])[rows] < since)
    return found


def held_in(keys: Keys, wanted: Keys) -> Mask:
    """True for each of ``wanted`` that the sorted ``keys`` hold."""
    if not len(keys):
        return np.zeros(len(wanted), dtype=bool)
    return np.asarray(keys[place_of(keys, wanted)] == wanted)


def place_of(keys: Keys, wanted: Keys) -> NDArray[np.int64]:
    """Where each of ``wanted`` lies in the sorted ``keys``, if it is there at all."""
    return np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))


def anywhere(rows: NDArray[np.int64], length: int) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask


def one_of(column: pa.ChunkedArray, values: frozenset[str]) -> Mask:
    return truth(pc.is_in(column, value_set=pa.array(sorted(values), pa.string())))


def empty(column: pa.ChunkedArray) -> Mask:
    return truth(pc.equal(pc.fill_null(pc.binary_length(column), 0), 0))


def truth(column: pa.ChunkedArray) -> Mask:
    """A null is not a yes."""
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=bool)


def integers(column: pa.ChunkedArray) -> Keys:
    """Nulls become 0: whoever asks looks at validity too."""
    filled = pc.fill_null(column, pa.scalar(0, column.type))
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def instants(column: pa.ChunkedArray) -> Keys:
    """Microseconds since 1970; nulls become 0."""
    return integers(column.cast(pa.int64()))


def flat(lists: pa.ListArray) -> pa.Array:
    return pc.list_flatten(lists)


def parents(lists: pa.ListArray) -> NDArray[np.int64]:
    """The row of each element of ``flat(lists)``."""
    return np.asarray(pc.list_parent_indices(lists), dtype=np.int64)


def people_in_parts(items: pa.Table) -> tuple[NDArray[np.int64], Keys]:
    """Everybody in the parts of ``items``: the number of the part, counted on, and a key."""
    parts = flat(one_array(items["parts"]))
    lists = pc.struct_field(parts, "account_keys")
    return parents(lists), integers(flat(lists))


def pairs_of(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], Keys]:
    """The row of each element, and the element."""
    lists = one_array(column)
    return parents(lists), integers(flat(lists))


def are_among(
    pairs: tuple[NDArray[np.int64], Keys], others: tuple[NDArray[np.int64], Keys]
) -> Mask:
    """True for each of ``pairs``, of a row and a key, that is one of ``others``."""
    keys = np.unique(others[1])
    known = held_in(keys, pairs[1])
    wanted = pairs[0] * len(keys) + place_of(keys, pairs[1])
    found = others[0] * len(keys) + place_of(keys, others[1])
    return known & np.isin(wanted, found)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
