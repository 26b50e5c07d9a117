"""Posts that are alike: what was found out about one of them holds for all.

Most posts of a dump differ in nothing that decides. ``Reader`` gives what ``posts.item_of``
says of the posts that became rows, but finds the evidence of only the first of each kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from platforms.batches import (
    CONTENT,
    FEW,
    MOMENT,
    Batch,
    Everybody,
    Numbers,
    Pieces,
    groups_of,
    parents_array,
    whose_array,
)
from platforms.records import Evidence, Identity, Item, Part, Principal, Role
from platforms.sources.tumblr.posts import KIND, SLUG, Surroundings
from platforms.sources.tumblr.rows import SCHEMA, Segment, item_in, trails_in

# How many kinds of posts are remembered at a time.
KINDS: Final = 4_096
ROLES: Final = (Role.OWNER, Role.REBLOG_ROOT, Role.REBLOG_VIA)
NOBODY: Final = -1

# Of each segment of a trail: the state of its blog, and whether that is also the post's.
Said = tuple[tuple[int, bool], ...]
# The rest of a post, its blog's state, whether its id is also a closed post's, and its trail.
Kind = tuple[int, int, bool, Said | None]

NOTHING_SAID: Final[Said] = ()


class Findings(NamedTuple):
    """What holds for every post of a kind."""

    evidence: tuple[Evidence, ...]
    required: frozenset[str]


class Reader:
    """Reads the rows of one dump, once everything around its posts is known."""

    def __init__(self, around: Surroundings, rests: Sequence[bytes]) -> None:
        self._around, self._rests, self._blogs = around, rests, around.blogs.numbered
        # Very many blogs share a few states.
        numbers: dict[tuple[object, ...], int] = {}
        states = map(around.blogs.state_of, self._blogs)
        self._states = [numbers.setdefault(state, len(numbers)) for state in states]
        self._all_states = np.array(self._states, dtype=np.int64)
        self._everybody = Everybody()
        self._known = {role: np.full(len(self._blogs), NOBODY) for role in ROLES}
        self._kinds: dict[Kind, Findings | None] = {}

    def read(self, rows: pa.RecordBatch) -> Iterator[Batch | Item]:
        """Batches of the posts that are alike, and each of the others by itself."""
        trails = trails_in(rows)
        whole = self._batch(rows, trails)
        found: dict[Findings | None, list[Numbers]] = {}
        for kind, alike in self._kinds_of(rows, trails):
            findings = self._findings(kind, rows, whole, int(alike[0]))
            found.setdefault(findings, []).append(alike)
        for findings, kinds in found.items():
            places = np.sort(np.concatenate(kinds))
            if findings is None:
                yield from self._one_by_one(rows.take(pa.array(places)))
                continue
            posts = whole if len(places) == len(rows) else whole.take(places)
            batch = _with(findings, posts)
            yield from batch.items() if len(batch) < FEW else (batch,)

    def _one_by_one(self, rows: pa.RecordBatch) -> Iterator[Item]:
        for row in rows.to_pylist():
            yield item_in(row, self._rests, self._around)

    def _kinds_of(
        self, rows: pa.RecordBatch, trails: Mapping[int, Sequence[Segment]]
    ) -> Iterator[tuple[Kind, Numbers]]:
        """Which of the posts are of which kind."""
        rests, blogs = rows["rest"].to_numpy(), rows["blog"].to_numpy()
        states, ids = self._all_states[blogs], rows["native_id"].to_pylist()
        also = np.fromiter(map(self._around.closed.__contains__, ids), np.int64, len(ids))
        numbers: dict[Said | None, int] = {NOTHING_SAID: 0}
        said = np.zeros(len(rows), dtype=np.int64)
        for row, segments in trails.items():
            one = self._said_in(segments, int(blogs[row]))
            said[row] = numbers.setdefault(one, len(numbers))
        all_said = [*numbers]
        for alike in groups_of((rests, states, also, said)):
            row = alike[0]
            rest, state, is_also = int(rests[row]), int(states[row]), bool(also[row])
            yield (rest, state, is_also, all_said[said[row]]), alike

    def _said_in(self, trail: Sequence[Segment], own: int) -> Said | None:
        """What decides in each segment; None where one is of a closed post."""
        if any(one.number in self._around.closed for one in trail):
            return None
        return tuple([(self._states[one.blog], one.blog == own) for one in trail])

    def _findings(
        self, kind: Kind, rows: pa.RecordBatch, whole: Batch, row: int
    ) -> Findings | None:
        """What holds for all of ``kind``, of which ``row`` is one; None where each differs."""
        if kind[-1] is None:
            return None
        if kind not in self._kinds:
            if len(self._kinds) >= KINDS:
                self._kinds.clear()
            self._kinds[kind] = self._found_in(rows.slice(row, 1), whole.take([row]))
        return self._kinds[kind]

    def _found_in(self, rows: pa.RecordBatch, one: Batch) -> Findings | None:
        """Read the first of a kind; what holds for it alone is not taken to hold for others."""
        (item,) = self._one_by_one(rows)
        findings = Findings(item.evidence, item.required)
        (made,) = _with(findings, one).items()
        names_somebody = any(evidence.about for evidence in item.evidence)
        return findings if made == item and not names_somebody else None

    def _batch(self, rows: pa.RecordBatch, trails: Mapping[int, Sequence[Segment]]) -> Batch:
        """All these posts, before anything was found."""
        owners = self._numbers_of(rows["blog"].to_numpy(), Role.OWNER)
        of_row, others = self._others_in(rows["trail"])
        named = self._everybody.named(others.tolist())
        posting = self._everybody.named(owners.tolist())
        numbers, titles = rows["native_id"].to_pylist(), rows["title"].to_pylist()
        pieces: dict[int, Pieces] = {}
        parents: list[Sequence[str]] = [()] * len(rows)
        end = 0
        for row, segments in trails.items():
            start, end = end, end + len(segments)
            repeated = dict.fromkeys([one.number for one in segments])
            repeated.pop(numbers[row], None)
            parents[row] = list(repeated)
            if parts := _parts_of(segments, named[start:end]):
                core = None if titles[row] else (posting[row],)
                pieces[row] = Pieces(parts, core)
        whose = whose_array(
            np.concatenate((np.arange(len(rows)), of_row)),
            np.concatenate((owners, others)),
            len(rows),
        )
        observed_at = pa.repeat(pa.scalar(self._around.observed_at, MOMENT), len(rows))
        columns = [rows[name] if name in SCHEMA.names else observed_at for name in CONTENT.names]
        return Batch(
            platform=SLUG,
            kind=KIND,
            evidence=(),
            required=frozenset(),
            everybody=self._everybody,
            whose=whose,
            content=pa.RecordBatch.from_arrays(columns, schema=CONTENT),
            parent_kinds=(KIND,),
            parents=parents_array(parents) if trails else None,
            pieces=pieces,
        )

    def _others_in(self, trails: pa.ListArray) -> tuple[Numbers, Numbers]:
        """The row of each segment, and the number of whose blog it is of."""
        rows = pc.list_parent_indices(trails).to_numpy()
        blogs = trails.flatten().field("blog").to_numpy()
        is_root = np.append(True, rows[1:] != rows[:-1])[: len(rows)]
        others = np.empty(len(rows), dtype=np.int64)
        others[is_root] = self._numbers_of(blogs[is_root], Role.REBLOG_ROOT)
        others[~is_root] = self._numbers_of(blogs[~is_root], Role.REBLOG_VIA)
        return rows, others

    def _numbers_of(self, blogs: Numbers, role: Role) -> Numbers:
        """Who is in an item by these blogs, in such a role."""
        known = self._known[role]
        for number in np.unique(blogs[known[blogs] == NOBODY]).tolist():
            blog = self._blogs[number]
            known[number] = self._everybody.add(
                Principal(role, Identity.STABLE, blog.uuid, blog.handle)
            )
        return known[blogs]


def _parts_of(segments: Sequence[Segment], who: Sequence[Principal]) -> tuple[Part, ...]:
    parts, behind = [], 0
    for one, person in zip(segments, who, strict=True):
        media = tuple(range(behind, one.media))
        if one.start < one.end or media:
            parts.append(Part((person,), one.start, one.end, media))
        behind = one.media
    return tuple(parts)


def _with(findings: Findings, posts: Batch) -> Batch:
    return msgspec.structs.replace(posts, evidence=findings.evidence, required=findings.required)
