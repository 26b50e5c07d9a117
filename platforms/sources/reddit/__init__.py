"""Reddit's API responses, archives of it as NDJSON (also zstd), and recorded sessions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from platforms.records import AccountReading, FactReading, Item, Reading
from platforms.sources import files
from platforms.sources.contract import BadInput, Fact, understood
from platforms.sources.json_documents import documents
from platforms.sources.json_records import recognised, refuse_xml
from platforms.sources.reddit.alike import Alike
from platforms.sources.reddit.fields import FACTS
from platforms.sources.reddit.items import KINDS, SLUG, items_of_event, odd_item
from platforms.sources.reddit.kept import Kept, Own, Whole
from platforms.sources.reddit.kinds import Kinds
from platforms.sources.reddit.known import Register
from platforms.sources.reddit.recordings import is_recording, recorded
from platforms.sources.reddit.responses import Found, NotReddit, Shape, item_alone, records
from platforms.sources.reddit.settling import settled
from platforms.sources.reddit.surroundings import Surroundings
from platforms.sources.spool import Spool

ADVICE: Final = "Give listings of Reddit's API, recordings of them, or one record on each line."
XML_ADVICE: Final = "Is it a WordPress export? Reddit dumps are JSON."

Read = Found | Own[int]


class Reddit:
    """Reads listings, things, archives and recordings, one in a file or one on each line."""

    slug: Final = SLUG
    name: Final = "Reddit"
    facts: Final[Mapping[str, Fact]] = FACTS

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading]:
        around = Surroundings(understood(self.facts, asserted), observed_at)
        return _read(paths, around, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return settled(item, values)


def _read(
    paths: Sequence[Path], around: Surroundings, progress: Callable[[int], None]
) -> Iterator[Reading]:
    files.check(paths)
    kinds = Kinds(around)
    spool: Spool[Kept] = Spool(paths, Kept)
    with spool:
        for path in paths:
            for found in _records(path, progress, kinds):
                if type(found) is Own:
                    kinds.note(found)
                    spool.put(found)
                elif isinstance(found, Found):
                    around.note(found)
                    spool.put(Whole.of(found))
        spool.finish()
        yield from _readings(around.accounts, "", around.observed_at)
        yield from _readings(around.subreddits, "r/", around.observed_at)
        yield from _facts(around.subreddits, around.observed_at)
        alike = Alike(around, kinds)
        for kept in spool.records(progress):
            if type(kept) is Own:
                yield alike.joined(kept)
            elif isinstance(kept, Whole):
                yield from _items_in(kept.found, alike, around)


def _items_in(found: Found, alike: Alike, around: Surroundings) -> Iterator[Item]:
    if found.shape in KINDS:
        yield alike.item_of(found)
    elif found.shape is Shape.EVENT:
        yield from items_of_event(found.raw, around)
    elif found.shape in (Shape.ODD, Shape.MESSAGE):
        yield odd_item(found, around)


def _records(path: Path, progress: Callable[[int], None], kinds: Kinds) -> Iterator[Read]:
    refuse_xml(path, XML_ADVICE)
    told = ((path, line, document) for line, document in documents(path, progress))
    return recognised(
        path,
        told,
        partial(_in_document, kinds),
        odd=lambda document: Found(Shape.ODD, document),
        advice=ADVICE,
    )


def _in_document(kinds: Kinds, document: Any, path: Path, line: int) -> Iterable[Read]:
    if type(document) is dict and (own := kinds.own_of(document)):
        return (own,)
    if found := item_alone(document):
        return (found,)
    if is_recording(document):
        return _recorded(document, path, line)
    return (_own_of(found, kinds) for found in records(document))


def _own_of(found: Found, kinds: Kinds) -> Read:
    """What a usual record says of itself; one that is not usual, or was recorded, as it is."""
    if found.shape not in KINDS or found.read_at is not msgspec.UNSET:
        return found
    return kinds.own_of(found.raw, found.shape) or found


def _recorded(document: Any, path: Path, line: int) -> Iterator[Found]:
    try:
        yield from recorded(document)
    except NotReddit:
        raise
    except ValueError as error:
        reason = f"a recorded body cannot be read: {error}"
        raise BadInput(path, reason, line=line, advice="Record the session again.") from error


def _readings(register: Register, prefix: str, observed_at: datetime) -> Iterator[AccountReading]:
    for native_id, name, denies, clears in register.denials():
        if denies or clears:
            yield AccountReading(
                platform=SLUG,
                native_id=native_id,
                handle=f"{prefix}{name}" if name else None,
                denies=denies,
                clears=clears,
                observed_at=observed_at,
            )


def _facts(register: Register, observed_at: datetime) -> Iterator[FactReading]:
    for native_id, settles, evidence in register.answers():
        yield FactReading(
            platform=SLUG,
            about=native_id,
            settles=settles,
            evidence=evidence,
            observed_at=observed_at,
        )


REDDIT: Final = Reddit()
