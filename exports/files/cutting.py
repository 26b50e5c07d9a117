"""Cuts out of items the parts of people who do not share, where an agreement says so.

The rule of ``consent.decision``, cuts included, over Arrow columns: who is in parts alone
does not count against an item, but against these parts; and an item of which nothing is
left stays out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consent.decision import Agreement, Denials, Refusal
from exports.files.filtering import (
    ADMITTED,
    REFUSALS,
    Codes,
    Mask,
    People,
    anywhere,
    are_among,
    empty,
    held_in,
    one_array,
    pairs_of,
    parents,
    people_in_parts,
    refusals,
    too_early,
)
from platforms.parts import text_without

NOTHING_LEFT = 1 + REFUSALS.index(Refusal.NOTHING_LEFT)


@dataclass(frozen=True, eq=False)
class Ruling:
    """The answer for each item, and the items as they are once their parts are cut."""

    codes: Codes
    items: pa.Table

    @property
    def admitted(self) -> pa.Table:
        return self.items.filter(pa.array(self.codes == ADMITTED))


def rule_on(items: pa.Table, *, agreement: Agreement, denials: Denials, now: datetime) -> Ruling:
    """Decide on every item; each gets a column ``parts_cut``, the number of its cuts."""
    loose = Loose.of(items, denials) if agreement.cut else Loose.nobody(items)
    codes = refusals(
        items, agreement=agreement, denials=denials, now=now, bound=loose.others(items)
    )
    cut = loose.cuts(items, denials)
    cut &= (codes == ADMITTED)[loose.rows_of_parts]
    left = without(items, cut, loose.rows_of_parts)
    gone = anywhere(loose.rows_of_parts[cut], len(items)) & is_empty(left)
    return Ruling(np.where(gone, NOTHING_LEFT, codes).astype(np.int8), left)


@dataclass(frozen=True, eq=False)
class Loose:
    """People in parts alone: ``people.keys[n]`` is in part ``parts[n]`` of row ``people.rows[n]``.

    ``rows_of_parts`` is the row of each part.
    """

    people: People
    parts: NDArray[np.int64]
    rows_of_parts: NDArray[np.int64]

    @classmethod
    def of(cls, items: pa.Table, denials: Denials) -> Self:
        """Who is in the core, and of whom a platform speaks, is bound to the whole item."""
        rows = parents(one_array(items["parts"]))
        parts, keys = people_in_parts(items)
        bound = are_among((rows[parts], keys), pairs_of(items["core_keys"]))
        bound |= held_in(denials.closed, keys)
        people = People(keys[~bound], rows[parts][~bound], len(items))
        return cls(people, parts[~bound], rows)

    @classmethod
    def nobody(cls, items: pa.Table) -> Self:
        none = np.empty(0, dtype=np.int64)
        return cls(People(none, none, len(items)), none, parents(one_array(items["parts"])))

    def others(self, items: pa.Table) -> People:
        """Everybody in the items who is not here."""
        everybody = People.of(items)
        ours = (self.people.rows, self.people.keys)
        return everybody.only(~are_among((everybody.rows, everybody.keys), ours))

    def cuts(self, items: pa.Table, denials: Denials) -> Mask:
        """True for each part in which somebody here denies."""
        denied = held_in(denials.accounts, self.people.keys)
        denied |= too_early(items, self.people, denials)
        return anywhere(self.parts[denied], len(self.rows_of_parts))


def without(items: pa.Table, cut: Mask, rows_of_parts: NDArray[np.int64]) -> pa.Table:
    """The items without their cut parts, and without whoever was in these alone."""
    counts = np.bincount(rows_of_parts[cut], minlength=len(items)).astype(np.int16)
    rows = np.flatnonzero(counts)
    if len(rows):
        items = replaced(items, rows, [left_of(one) for one in chosen(items, rows, cut)])
    return items.append_column("parts_cut", pa.array(counts))


def chosen(items: pa.Table, rows: NDArray[np.int64], cut: Mask) -> list[dict[str, Any]]:
    """These rows as Python values, each part with whether it is cut."""
    parts = one_array(items["parts"])
    firsts = np.searchsorted(parents(parts), rows)
    taken = items.select(["text", "media", "parts", "account_keys", "core_keys"])
    found: list[dict[str, Any]] = taken.take(pa.array(rows)).to_pylist()
    for row, first in zip(found, firsts, strict=True):
        for number, part in enumerate(row["parts"]):
            part["cut"] = bool(cut[first + number])
    return found


def left_of(row: dict[str, Any]) -> dict[str, Any]:
    """What stays of one row: text, media, and the keys of everybody who is still in it."""
    cut = [part for part in row["parts"] if part["cut"]]
    kept = [part for part in row["parts"] if not part["cut"]]
    places = {place for part in cut for place in part["media"]}
    stay = {*row["core_keys"], *(key for part in kept for key in part["account_keys"])}
    spans = [(part["start"], part["end"]) for part in cut]
    return {
        "text": row["text"] and text_without(row["text"], spans),
        "media": row["media"] and [m for n, m in enumerate(row["media"]) if n not in places],
        "account_keys": [key for key in row["account_keys"] if key in stay],
    }


def replaced(items: pa.Table, rows: NDArray[np.int64], values: list[dict[str, Any]]) -> pa.Table:
    """The items with new values in these rows."""
    order = np.arange(len(items))
    order[rows] = len(items) + np.arange(len(rows))
    for name in values[0]:
        field = items.schema.field(name)
        new = pa.array([value[name] for value in values], field.type)
        both = pa.concat_arrays([one_array(items[name]), new])
        items = items.set_column(
            items.schema.get_field_index(name), field, both.take(pa.array(order))
        )
    return items


def is_empty(items: pa.Table) -> Mask:
    """True where neither words nor media are."""
    media = one_array(items["media"])
    return empty(items["title"]) & empty(items["text"]) & ~anywhere(parents(media), len(items))
