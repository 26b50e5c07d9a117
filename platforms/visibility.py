"""Share, hold or exclude one item, and why.

A closed world: an item is shared when everything that was read about it is known and
good, and everything that must be read was. Reads no clock and no database.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from platforms.batches import MOMENT, Batch, Numbers, groups_of
from platforms.parts import are_well_formed
from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
    Judgement,
    Media,
    Principal,
    Reason,
    Role,
    Verdict,
    Visibility,
)

# What each level is, as a sentence names it.
MEANT: Final = {
    "item": "the item",
    "parent": "what it belongs to",
    "container": "where it stands",
    "account": "the account of its owner",
    "embedded": "what it repeats",
}
LEVELS: Final = frozenset(MEANT)
ALWAYS_REQUIRED: Final = frozenset({"item", "container"})
EXCLUDING: Final = frozenset(
    {
        Visibility.LOGIN_ONLY,
        Visibility.RESTRICTED,
        Visibility.PRIVATE,
        Visibility.UNPUBLISHED,
        Visibility.REMOVED_AUTHOR,
        Visibility.REMOVED_PLATFORM,
        Visibility.ACCOUNT_GONE,
        Visibility.EXPIRED,
        Visibility.OPTED_OUT,
        Visibility.PAID,
        Visibility.COMMERCIAL,
        Visibility.OUT_OF_SCOPE,
    }
)


# Millions of items share a few states; a state is everything but id, times and content.
REMEMBERED: Final = 4_096

People = tuple[tuple[Role, Identity, bool], ...]
IN_TIME: Final[tuple[Reason, ...]] = ()
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The first instants of the calendar and of Unix: what systems write where they have no date.
NO_DATES: Final = frozenset({datetime.min.replace(tzinfo=UTC), EPOCH})


def judge(item: Item) -> Judgement:
    """The most restrictive verdict of everything known about ``item``, with all reasons."""
    if not _has_well_formed_content(item):
        return _malformed()
    in_time = IN_TIME if _is_in_time(item) else tuple(of_its_time(item))
    has_id = _is_id(item.native_id)
    try:
        people = _known_people(item.principals)
        return _known_judgement(has_id, item.evidence, item.required, people, in_time)
    except TypeError:
        # Garbage in a field can be unhashable; it is judged all the same.
        people = _people_of(item.principals)
        return _judgement(has_id, item.evidence, item.required, people, in_time)


def judge_all(batch: Batch) -> tuple[dict[Judgement, Numbers], Numbers]:
    """The rows of ``batch`` by what ``judge`` says of them, and those to be judged one by one.

    The pieces of those that can be taken apart are not looked at.
    """
    found: dict[Judgement, list[Numbers]] = {}
    is_odd = _are_odd(batch)
    for people, rows in _by_people(batch):
        judgement = _known_judgement(True, batch.evidence, batch.required, people, IN_TIME)
        found.setdefault(judgement, []).append(rows[~is_odd[rows]])
    alike = {judgement: np.sort(np.concatenate(rows)) for judgement, rows in found.items()}
    return alike, np.flatnonzero(is_odd)


def _by_people(batch: Batch) -> Iterator[tuple[People, Numbers]]:
    """Rows with the same people, as far as that decides; numbers are compared quickly."""
    who, named = np.unique(batch.whose.flatten(), return_inverse=True)
    numbers: dict[tuple[Role, Identity, bool], int] = {}
    known = map(_state_of, batch.everybody.named(who.tolist()))
    of_each = [numbers.setdefault(state, len(numbers)) for state in known]
    states, said = list(numbers), np.array(of_each, dtype=np.int64)[named]
    counts = batch.whose.value_lengths().to_numpy()
    starts = np.cumsum(counts) - counts
    columns = [counts]
    for place in range(counts.max(initial=0)):
        has = counts > place
        columns.append(np.zeros(len(counts), dtype=np.int64))
        columns[-1][has] = said[starts[has] + place]
    for rows in groups_of(columns):
        first = starts[rows[0]]
        people = said[first : first + counts[rows[0]]]
        yield tuple([states[number] for number in people]), rows


def _are_odd(batch: Batch) -> npt.NDArray[np.bool_]:
    """Of each row, whether its id or time may stand against sharing."""
    if not (batch.platform and batch.kind):
        return np.ones(len(batch), dtype=np.bool_)
    content = batch.content
    published = content["published_at"]
    is_late = pc.greater(published, content["observed_at"])
    is_early = pc.less_equal(published, pa.scalar(EPOCH, MOMENT))
    are_odd: npt.NDArray[np.bool_] = pc.or_(is_late, is_early).to_numpy(zero_copy_only=False)
    ids = content["native_id"].to_pylist()
    # What is left of an id is nothing only where it is none; to ask that of all takes less.
    if not all(map(str.strip, ids)):
        are_odd = are_odd | np.array([not _is_id(one) for one in ids])
    return are_odd


def _judgement(
    has_id: bool,
    evidence: tuple[Evidence, ...],
    required: frozenset[str],
    people: People | None,
    of_its_time: tuple[Reason, ...],
) -> Judgement:
    """The rule itself, of all that decides: equal states have equal judgements."""
    if people is None or not (isinstance(required, frozenset) and _holds(evidence, Evidence)):
        return _malformed()
    reasons = dict.fromkeys(
        (
            *_of_its_evidence(evidence),
            *_of_its_id(has_id),
            *_of_what_was_not_read(evidence, required),
            *_of_its_principals(people),
            *of_its_time,
        )
    )
    excluding = tuple(r for r in reasons if r.verdict is Verdict.EXCLUDE)
    holding = tuple(r for r in reasons if r.verdict is not Verdict.EXCLUDE)
    adult = any(e.visibility == Visibility.ADULT for e in evidence)
    if excluding:
        return Judgement(Verdict.EXCLUDE, excluding + holding, adult)
    if holding:
        return Judgement(Verdict.HOLD, holding, adult)
    return Judgement(Verdict.SHARE, adult=adult)


_known_judgement = lru_cache(REMEMBERED)(_judgement)


def _people_of(principals: tuple[Principal, ...]) -> People | None:
    """What decides about ``principals``; None if they are anything else."""
    if not _holds(principals, Principal):
        return None
    return tuple(map(_state_of, principals))


def _state_of(principal: Principal) -> tuple[Role, Identity, bool]:
    return principal.role, principal.identity, _is_id(principal.native_id)


_known_people = lru_cache(REMEMBERED)(_people_of)


def _is_in_time(item: Item) -> bool:
    """Whether ``of_its_time`` has nothing to say, where that takes no more than one look."""
    published, observed = item.published_at, item.observed_at
    return (
        type(published) is datetime
        and type(observed) is datetime
        and published.tzinfo is UTC
        and observed.tzinfo is UTC
        and EPOCH < published <= observed
    )


def of_its_time(item: Item) -> Iterator[Reason]:
    """Why the time of publication stands against sharing."""
    if not _is_exact(item.published_at) or item.published_at in NO_DATES:
        yield _hold("published_at_unknown", "the record has no usable time of publication")
        return
    if not _is_exact(item.observed_at):
        yield _hold("observed_at_unknown", "it is not known when the record was read")
        return
    if item.published_at > item.observed_at:  # type: ignore[operator]
        yield _exclude(
            "published_in_the_future",
            "its time of publication had not come when it was read; if the dump was made later than"
            " its files say, import it with --made-at",
        )


def _has_well_formed_content(item: Item) -> bool:
    """Whether all that does not decide has the type it declares; no struct checks that itself."""
    return (
        isinstance(item.platform, str)
        and isinstance(item.kind, str)
        and isinstance(item.title, str)
        and isinstance(item.text, str)
        and bool(item.platform and item.kind)
        and (item.media == () or _holds(item.media, Media))
        and (item.tags == () or _holds(item.tags, str))
        and (item.parents == () or _holds(item.parents, ItemRef))
        and ((item.parts == () and item.core is None) or are_well_formed(item))
    )


def _malformed() -> Judgement:
    return Judgement(Verdict.HOLD, (_hold("item_malformed", "a field has a wrong type"),))


def _holds(values: object, kind: type) -> bool:
    if not isinstance(values, tuple):
        return False
    # Nearly always every type is the very one, which a set tells without a look at each.
    return {*map(type, values)} == {kind} or all(isinstance(value, kind) for value in values)


def _of_its_id(has_id: bool) -> Iterator[Reason]:
    if not has_id:
        yield _hold("native_id_unknown", "the record has no usable id of its own")


def _of_its_evidence(found: tuple[Evidence, ...]) -> Iterator[Reason]:
    for evidence in found:
        if reason := _of_one_evidence(evidence):
            yield reason


def _of_one_evidence(evidence: Evidence) -> Reason | None:
    if evidence.visibility in EXCLUDING:
        return _exclude(evidence.code, evidence.detail)
    if evidence.level not in LEVELS:
        return _hold("level_not_understood", evidence.level)
    if evidence.visibility in (Visibility.PUBLIC, Visibility.ADULT):
        return None
    return _hold(evidence.code, evidence.detail)


def _of_what_was_not_read(
    evidence: tuple[Evidence, ...], required: frozenset[str]
) -> Iterator[Reason]:
    read = {e.level for e in evidence if e.visibility != Visibility.ADULT}
    for level in sorted((ALWAYS_REQUIRED | required) - read):
        yield _hold(f"{level}_unproven", f"nothing proves that {MEANT.get(level, level)} is public")


def _of_its_principals(people: People) -> Iterator[Reason]:
    if not any(role == Role.OWNER for role, _, _ in people):
        yield _hold("owner_unknown", "the record does not say whose it is")
    for one in people:
        if reason := _of_one_principal(*one):
            yield reason


def _of_one_principal(role: Role, identity: Identity, has_id: bool) -> Reason | None:
    who = str(role)
    if identity == Identity.GONE:
        return _exclude("principal_gone", f"the {who} is gone and cannot be asked")
    if identity == Identity.ANONYMOUS:
        return _hold(
            "principal_anonymous",
            f"nothing says who the {who} is; only an export that names them settles it",
        )
    if identity != Identity.STABLE or not has_id:
        return _hold(
            "principal_name_only",
            f"the {who} has a name but no stable id; only an export that holds it settles it",
        )
    return None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_exact(moment: object) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is not None


def _hold(code: str, detail: str) -> Reason:
    return Reason(Verdict.HOLD, code, detail)


def _exclude(code: str, detail: str) -> Reason:
    return Reason(Verdict.EXCLUDE, code, detail)
