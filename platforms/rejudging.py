"""Judges the held items of one import again, with what is known now.

Plain Python: where they lie and what is known is told. Nothing that was shared or
excluded is judged again; an item whose content was dropped stays held.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from platforms.archive.finding import Found, Keys
from platforms.archive.quarantine import Held, held_in
from platforms.archive.runs import Row, rows_in
from platforms.archive.writer import RunWriter
from platforms.intake import BATCH_CHARACTERS, BATCH_ITEMS, Counts, judged, row_of
from platforms.joining import Known, Lookup, combined, has_gaps, joined, subjects_of
from platforms.keys import Keyring
from platforms.records import Evidence, Item, ItemRef, Judgement, Verdict, Visibility

PARENT: Final = "parent"
INHERITED: Final = "parent_"

Assert = Callable[[Item], Item]
Progress = Callable[[int], None]


class Sources(NamedTuple):
    """The files of one run of the import: its rows, and its held items (None when dropped)."""

    rows: Path
    held: Path | None


class Knowledge(NamedTuple):
    """What is known now: facts by account, parents by item key, and what an operator asserts."""

    facts: Lookup
    parents: Mapping[int, Found]
    asserted: Assert
    keyring: Keyring


class Rejudged(NamedTuple):
    """One held item, complete as far as it can be, with what it comes to now."""

    held: Held
    complete: Item
    judgement: Judgement

    @property
    def is_other(self) -> bool:
        codes = {reason.code for reason in self.judgement.reasons}
        return self.judgement.verdict is not Verdict.HOLD or codes != set(self.held.reasons)


def parents_wanted(runs: Iterable[Sources], keyring: Keyring) -> Keys:
    """The keys of the parents that held items lack, sorted."""
    keys = {
        key
        for run in runs
        for held in _held(run)
        for gap in held.item.evidence
        if isinstance(gap.about, ItemRef) and gap.visibility is Visibility.UNKNOWN
        for key in keyring.items_of(held.item.platform, gap.about)
    }
    return np.array(sorted(keys), dtype=np.int64)


def rejudged(run: Sources, known: Knowledge, progress: Progress) -> Iterator[Rejudged]:
    """Every held item of ``run``, judged again; ``progress`` is told of each."""
    for batch in _batches(_held(run)):
        gaps = [held.item for held in batch if has_gaps(held.item)]
        facts = known.facts(subjects_of(gaps, known.keyring)) if gaps else {}
        answers = {**facts, **_of_parents(gaps, known)}
        for held in batch:
            filled = joined(held.item, answers, known.keyring)
            complete = combined(held.item, filled, known.asserted(held.item))
            yield Rejudged(held, complete, judged(complete, known.keyring))
        progress(len(batch))


def tally(
    runs: Iterable[Sources], known: Knowledge, progress: Progress
) -> tuple[bool, Counter[str]]:
    """Whether anything would come out otherwise, and how many items come to what."""
    changes, verdicts = False, Counter[str]()
    for run in runs:
        for one in rejudged(run, known, progress):
            changes |= one.is_other
            verdicts[one.judgement.verdict] += 1
    return changes, verdicts


def rewrite(
    runs: Sequence[Sources],
    known: Knowledge,
    writer: RunWriter,
    counts: Counts,
    observed_at: datetime,
    progress: Progress,
) -> None:
    """Write the import anew: what is held as it comes out now, all else as it was.

    ``counts`` are those of the import, and become those of the new one.
    """
    counts.forget_examples_of_held()
    for run in runs:
        again: Counter[int] = Counter()
        for one in rejudged(run, known, progress):
            again[one.held.item_key] += 1
            counts.take_back(one.held.item, one.held.reasons)
            counts.add(one.held.item, one.judgement)
            writer.add(_row(one, known, observed_at), one.held.item)
        for row in rows_in(run.rows):
            if row.verdict is Verdict.HOLD and again[row.item_key] > 0:
                again[row.item_key] -= 1
            else:
                writer.add(row)


def _row(one: Rejudged, known: Knowledge, observed_at: datetime) -> Row:
    """Everybody in a parent that was found elsewhere is in the item, too.

    And what such a parent hangs on, the item hangs on.
    """
    row = row_of(one.complete, one.judgement, known.keyring, observed_at)
    found = [
        known.parents[item_key]
        for parent in one.held.item.parents
        for item_key in known.keyring.items_of(row.platform, parent)
        if item_key in known.parents
    ]
    people = {key for parent in found for key in parent.account_keys}
    if not people:
        return row
    above = {key for parent in found for key in parent.parent_keys} - {row.item_key}
    core = None if row.core_keys is None else sorted({*row.core_keys, *people})
    return row._replace(
        account_keys=sorted({*row.account_keys, *people}),
        core_keys=core,
        parent_keys=sorted({*(row.parent_keys or ()), *above}),
    )


def _held(run: Sources) -> Iterator[Held]:
    return held_in(run.held) if run.held else iter(())


def _batches(held: Iterator[Held]) -> Iterator[list[Held]]:
    """As many at a time as intake lets wait: by number, and by length of their text."""
    batch, characters = list[Held](), 0
    for one in held:
        batch.append(one)
        characters += len(one.item.text) + len(one.item.title)
        if len(batch) >= BATCH_ITEMS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _of_parents(items: Iterable[Item], known: Knowledge) -> dict[int, Known]:
    wanted = subjects_of(items, known.keyring) & known.parents.keys()
    return {key: Known(evidence=tuple(_said(known.parents[key]))) for key in wanted}


def _said(parent: Found) -> Iterator[Evidence]:
    """A parent's verdict, as its children have to take it."""
    if parent.adult:
        yield Evidence(PARENT, Visibility.ADULT, f"{INHERITED}adult", "what it hangs on is adult")
    if parent.verdict is Verdict.SHARE:
        yield Evidence(PARENT, Visibility.PUBLIC, "parent_in_the_archive")
        return
    is_out = parent.verdict is Verdict.EXCLUDE
    visibility = Visibility.UNPUBLISHED if is_out else Visibility.UNKNOWN
    for code in sorted(parent.reasons):
        yield Evidence(
            PARENT,
            visibility,
            f"{INHERITED}{code.removeprefix(INHERITED)}",
            "what it hangs on is not shared",
        )
