"""The second pass over posts and comments: what each says of itself, joined to what is around.

``items.item_of`` is the rule, field by field; this gives the same for thousands of rows at a
time. An author, a subreddit and a parent are looked up once; rows with equal evidence make
a batch. A test holds the two together.
"""

from array import array
from collections.abc import Hashable, Iterator, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from platforms.batches import (
    CONTENT,
    EPOCH,
    FEW,
    MOMENT,
    SECOND,
    Batch,
    Everybody,
    Numbers,
    alike,
    ends_array,
    groups_of,
)
from platforms.records import Evidence, Identity, Item, Principal, Role, Visibility
from platforms.sources.reddit.items import KINDS, SLUG, Reading, read_parent, read_state
from platforms.sources.reddit.kinds import NOTHING_SAID, Kinds, Remembered
from platforms.sources.reddit.people import author_of, container_of, place_of
from platforms.sources.reddit.responses import Shape
from platforms.sources.reddit.shelf import keys_of
from platforms.sources.reddit.surroundings import REMEMBERED, Surroundings

REQUIRED: Final = {
    Shape.POST: frozenset({"item", "container"}),
    Shape.COMMENT: frozenset({"item", "container", "parent"}),
}
MICROSECOND: Final = timedelta(microseconds=1)
# So many people and places are remembered, each with half a kilobyte.
PEOPLE: Final = 131_072

Proof = tuple[Evidence, ...]


class Alike:
    """Reads the usual items of one dump after its first pass."""

    def __init__(self, around: Surroundings, kinds: Kinds) -> None:
        self._around, self._kinds = around, kinds
        self._everybody = Everybody()
        # Of each of them what is known, as the number of a proof.
        self._known_of = array("q")
        self._authors: dict[tuple[str, str | None], int] = {}
        self._places: dict[int, int] = {}
        self._parents: Remembered[int] = Remembered()
        self._of_all: Remembered[Proof] = Remembered()
        self._numbers: dict[Hashable, int] = {}
        self._proofs: list[Proof] = []

    def read(self, said: pa.RecordBatch) -> Iterator[Batch | Item]:
        """The items that say ``said`` of themselves; those that few are like, one by one."""
        self._forget_if_many()
        authors, places = self._authors_of(said), self._places_of(said)
        states = said["state"].to_numpy().astype(np.int64)
        is_comment = self._are_comments(states)
        deciding = (
            states,
            self._against(said, is_comment),
            np.array(self._known_of)[authors],
            np.array(self._known_of)[places],
            self._below(said, is_comment),
        )
        rows = Rows(
            self._content_of(said),
            self._everybody,
            np.stack((authors, places), axis=1),
            said["post"],
        )
        few: dict[Shape, list[tuple[Numbers, Proof]]] = {}
        for group in groups_of(deciding):
            numbers = [int(column[group[0]]) for column in deciding]
            shape = self._kinds.states[numbers[0]].shape
            proof = self._of_all.get((*numbers,)) or self._proof_of(*numbers)
            if len(group) < FEW:
                few.setdefault(shape, []).append((group, proof))
            else:
                yield rows.batch(group, shape, proof)
        for shape, groups in few.items():
            yield from rows.items(groups, shape)

    def _forget_if_many(self) -> None:
        """Numbers mean the same throughout one batch."""
        if len(self._proofs) > REMEMBERED or len(self._everybody) > PEOPLE:
            for known in (self._authors, self._places, self._parents, self._of_all, self._numbers):
                known.clear()
            self._proofs, self._known_of, self._everybody = [], array("q"), Everybody()

    def _number(self, proof: Proof, identity: Identity | None = None) -> int:
        number = self._numbers.setdefault((identity, proof), len(self._proofs))
        if number == len(self._proofs):
            self._proofs.append(proof)
        return number

    def _authors_of(self, said: pa.RecordBatch) -> Numbers:
        names = [*zip(said["author"].to_pylist(), said["author_id"].to_pylist(), strict=True)]
        for name in dict.fromkeys(names):
            if name not in self._authors:
                self._authors[name] = self._new_author(*name)
        return np.array([*map(self._authors.__getitem__, names)])

    def _new_author(self, name: str, author_id: str | None) -> int:
        author = author_of({"author": name, "author_fullname": author_id}, Role.OWNER)
        registered = self._around.accounts.evidence_of(
            author.native_id, author.handle, "account", {}
        )
        known = tuple(registered)
        if any(one.visibility is Visibility.ACCOUNT_GONE for one in known):
            author = Principal(Role.OWNER, Identity.GONE, author.native_id, author.handle)
        return self._add(author, known)

    def _places_of(self, said: pa.RecordBatch) -> Numbers:
        places, of_row = np.unique(said["place"], return_inverse=True)
        for number in places.tolist():
            if number not in self._places:
                self._places[number] = self._new_place(number)
        return np.array([self._places[number] for number in places.tolist()])[of_row]

    def _new_place(self, number: int) -> int:
        raw = self._kinds.places[number].said
        place = container_of(raw)
        evidence = self._around.of_place(place_of(raw), "container")
        return self._add(place, evidence)

    def _add(self, who: Principal, known: Proof) -> int:
        """The number of somebody of whom so much is known; equals in that are equal in all."""
        self._known_of.append(self._number(known, who.identity))
        return self._everybody.add(who)

    def _are_comments(self, states: Numbers) -> npt.NDArray[np.bool_]:
        are = [state.shape is Shape.COMMENT for state in self._kinds.states]
        return np.array(are)[states]

    def _against(self, said: pa.RecordBatch, is_comment: npt.NDArray[np.bool_]) -> Numbers:
        return self._around.bad.numbers(keys_of(np.where(is_comment, 1, 3), said["number"]))

    def _below(self, said: pa.RecordBatch, is_comment: npt.NDArray[np.bool_]) -> Numbers:
        """What speaks for and against what each comment hangs on, as numbers of proofs."""
        numbers = np.full(len(said), self._number(()))
        rows = np.flatnonzero(is_comment)
        if not len(rows):
            return numbers
        posts, places = said["post"].take(pa.array(rows)), said["place"].to_numpy()[rows]
        keys = keys_of(np.full(len(rows), 3), posts)
        gists, against = self._around.posts.numbers(keys), self._around.bad.numbers(keys)
        # Of a post that the dump does not hold, the gap is its own.
        firsts, groups = alike([np.where(gists < 0, -keys, gists), against, places])
        found = [
            self._parent(int(gists[row]), int(against[row]), int(places[row]), posts[row].as_py())
            for row in firsts.tolist()
        ]
        numbers[rows] = np.array(found)[groups]
        return numbers

    def _parent(self, gist: int, against: int, place: int, number: str) -> int:
        """Posts of which the same is kept say the same of the comments in one subreddit."""
        key = gist, against, place
        if gist >= 0 and (known := self._parents.get(key)) is not None:
            return known
        item = Reading()
        raw = {"link_id": f"t3_{number}", **self._kinds.places[place].said}
        read_parent(raw, item, self._around)
        found = self._number(tuple(item.evidence))
        return self._parents.put(key, found) if gist >= 0 else found

    def _proof_of(self, state: int, against: int, author: int, place: int, parent: int) -> Proof:
        """All that speaks for and against an item."""
        item = Reading()
        bad = self._around.bad.value(against) or ()
        read_state(self._kinds.states[state].evidence, bad, "item", item)
        rest = [self._proofs[number] for number in (author, place, parent)]
        proof = tuple(dict.fromkeys((*item.evidence, *(one for found in rest for one in found))))
        return self._of_all.put((state, against, author, place, parent), proof)

    def _content_of(self, said: pa.RecordBatch) -> pa.RecordBatch:
        now = (self._around.observed_at - EPOCH) // MICROSECOND
        told = said["read_at"].to_numpy() * SECOND
        read = np.where((told == NOTHING_SAID) | (told > now), now, told)
        columns = {
            "native_id": said["number"],
            "published_at": _moments(said["published_at"].to_numpy() * SECOND),
            "observed_at": _moments(read),
            "title": said["title"],
            "text": said["text"],
            "tags": _lists(len(said), 0, pa.array([], pa.string())),
            "media": said["media"],
        }
        return pa.RecordBatch.from_arrays([columns[name] for name in CONTENT.names], schema=CONTENT)


class Rows(NamedTuple):
    """All rows of one record batch: content, people, and what comments hang on."""

    content: pa.RecordBatch
    everybody: Everybody
    people: Numbers
    posts: pa.StringArray

    def batch(self, rows: Numbers, shape: Shape, proof: Proof) -> Batch:
        places, is_comment = pa.array(rows), shape is Shape.COMMENT
        return Batch(
            platform=SLUG,
            kind=KINDS[shape],
            evidence=proof,
            required=REQUIRED[shape],
            everybody=self.everybody,
            whose=_lists(len(rows), 2, pa.array(self.people[rows].ravel(), pa.int32())),
            content=self.content.take(places),
            parent_kinds=(KINDS[Shape.POST],),
            parents=_lists(len(rows), 1, self.posts.take(places)) if is_comment else None,
        )

    def items(self, groups: Sequence[tuple[Numbers, Proof]], shape: Shape) -> Iterator[Item]:
        """The items of several small groups, each with the evidence of its own."""
        batch = self.batch(np.concatenate([rows for rows, _ in groups]), shape, ())
        proofs = [proof for rows, proof in groups for _ in rows]
        for item, proof in zip(batch.items(), proofs, strict=True):
            yield msgspec.structs.replace(item, evidence=proof)


def _moments(microseconds: Numbers) -> pa.Array:
    return pa.array(microseconds).cast(MOMENT)


def _lists(count: int, size: int, values: pa.Array) -> pa.ListArray:
    """So many lists, each of so many of ``values``."""
    return pa.ListArray.from_arrays(ends_array(np.full(count, size)), values)
