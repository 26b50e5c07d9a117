"""Shutterstock's catalogue: images, videos and tracks, contributors, and the update feed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from platforms.records import AccountReading, FactReading, Item, Reading
from platforms.sources import files
from platforms.sources.contract import Fact, understood
from platforms.sources.json_records import records
from platforms.sources.shutterstock import responses
from platforms.sources.shutterstock.contributors import CHOICE_GAP, Contributors, id_of
from platforms.sources.shutterstock.facts import FACTS
from platforms.sources.shutterstock.media import (
    SLUG,
    Surroundings,
    is_open,
    item_of,
    keys_of,
    odd_item,
)
from platforms.sources.shutterstock.responses import Shape
from platforms.sources.shutterstock.settling import settled
from platforms.sources.shutterstock.updates import Updates
from platforms.sources.values import shown

ADVICE: Final = "Give answers of Shutterstock's API, or one record on each line."


class Shutterstock:
    """Reads API responses, lists and single records, also one on each line."""

    slug: Final = SLUG
    name: Final = "Shutterstock"
    facts: Final[Mapping[str, Fact]] = FACTS

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading]:
        values = understood(self.facts, asserted)
        return _read(paths, values, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return settled(item, values)


def _read(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Iterator[Reading]:
    files.check(paths)
    around = _first_pass(paths, values, observed_at, progress)
    yield from _readings(around)
    yield from _facts(around)
    for path in paths:
        for shape, record in _records(path, progress):
            yield from _items(shape, record, around)


def _items(shape: Shape, record: Any, around: Surroundings) -> Iterator[Item]:
    if shape is Shape.MEDIA:
        yield item_of(record, around)
    elif shape is Shape.UPDATE:
        yield from around.updates.items_of(record, SLUG, around.observed_at)
    elif shape is Shape.CONTRIBUTOR and id_of(record) is None:
        yield odd_item(around.observed_at, "a contributor's record names no single contributor")
    elif shape is Shape.ODD:
        yield odd_item(around.observed_at, f"it is no record of the catalogue: {shown(record)}")


def _first_pass(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Surroundings:
    """Every contributor and update, and the ids that some record does not offer to all."""
    contributors, updates = Contributors(values), Updates(values)
    closed: set[tuple[str, str | None]] = set()
    for path in paths:
        for shape, record in _records(path, progress):
            if shape is Shape.CONTRIBUTOR:
                contributors.add(record)
            elif shape is Shape.UPDATE:
                updates.add(record)
            elif shape is Shape.MEDIA:
                contributors.add_of_item(record)
                if not is_open(record):
                    closed.update(keys_of(record))
    return Surroundings(contributors, updates, frozenset(closed), values, observed_at)


def _records(path: Path, progress: Callable[[int], None]) -> Iterator[tuple[Shape, Any]]:
    return records(path, progress, responses.records, odd=Shape.ODD, advice=ADVICE)


def _readings(around: Surroundings) -> Iterator[AccountReading]:
    for number, denies in around.contributors.known():
        if denies:
            yield AccountReading(
                platform=SLUG, native_id=number, denies=denies, observed_at=around.observed_at
            )


def _facts(around: Surroundings) -> Iterator[FactReading]:
    for number, evidence in around.contributors.answers():
        yield FactReading(
            platform=SLUG,
            about=number,
            settles=frozenset({CHOICE_GAP}),
            evidence=evidence,
            observed_at=around.observed_at,
        )


SHUTTERSTOCK: Final = Shutterstock()
