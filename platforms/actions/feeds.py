"""Items and facts of a live feed: received, kept until they are imported, and imported together.

The batch's row is the job. What is answered is committed, and the body is on the disk then;
a message only makes the import sooner.
"""

import errno
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Now
from msgspec.structs import replace

from audit.actions import record
from audit.events import Actor, ActorKind, BatchFailed, BatchReceived
from platforms import hints
from platforms.actions.accounts import proven_keyring
from platforms.actions.batches import PART, REFUSED, Result, keep, refused, require_same
from platforms.actions.dumps import FilesMissing, import_dump
from platforms.actions.facts import known_of, note_facts
from platforms.actions.silence import hear
from platforms.actions.states import ItemLedgers, database_time, note_accounts
from platforms.archive.durable import write_durably
from platforms.feeds.bodies import Body, Line
from platforms.feeds.lines import (
    Found,
    LineReader,
    Verdicts,
    name_of,
    refusal_of,
    text_of,
    why_not_read,
    worst_of,
)
from platforms.feeds.removals import GIVEN_BACK
from platforms.intake import Taken, take_in, without_clearing
from platforms.leases import Lease, lease_end
from platforms.models import Batch, BatchLines, BatchQuerySet, Dump, Platform
from platforms.records import FactReading, Item, Reading
from platforms.reports import Word
from platforms.sources import SOURCES, BadInput

logger = logging.getLogger(__name__)

TASK: Final = "platforms.tasks.import_batches"
SPOOL: Final = "spool"
QUEUE: Final = 0x71756575
"""The class of the advisory locks on what waits of a platform."""
LINES: Final = 10_000
BYTES_AT_ONCE: Final = 512 * 1024 * 1024
BATCHES_AT_ONCE: Final = 200
MAX_ATTEMPTS: Final = 5
SPOOL_AGE: Final = timedelta(days=7)
"""How long the body of a failed batch lies there to be looked at."""
RESULTS_AGE: Final = timedelta(days=90)


class TooManyLines(Exception):
    """A batch of items is judged before it is answered, so it has an end."""

    status: ClassVar[int] = 413
    default_code: ClassVar[str] = "body_too_long"


class QueueFull(Exception):
    """More items wait than may wait."""


class LeaseLost(Exception):
    """Somebody else does the job now: what was done here counts for nothing."""


class NotReadTogether(Exception):
    """Each line can be read, and all of them together cannot."""

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "body_not_understood"


class Judged(NamedTuple):
    """A body that was read: what became of each line, and what to note at once."""

    results: list[Result]
    rows: Verdicts
    taken: Taken | None
    path: str


# Received ---------------------------------------------------------------------------------


def receive_items(
    platform: Platform,
    key: str,
    body: Body,
    lines: Iterable[Line],
    asserted: Mapping[str, str],
    *,
    by: Actor,
) -> Batch:
    """Judge ``lines``, and keep what can be read until it is imported.

    What the lines say of accounts, and that an item is not public by its own record, is
    noted at once: files that hold it are closed when this returns. A verdict is what is
    known now; facts that come later can settle what is held. Raises ``QueueFull``.
    """
    if earlier := platform.batches.filter(key=key).first():
        return require_same(earlier, Batch.Kind.ITEMS, body)
    require_room(platform)
    now = database_time()
    judged = _judge(platform, lines, asserted, now)
    kept = False
    try:
        batch = _accept(platform, key, body, asserted, judged, now, by)
        kept = bool(judged.path) and batch.path == judged.path
    finally:
        if judged.path and not kept and not _is_kept(judged.path):
            (Path(settings.STORAGE_DIR) / judged.path).unlink(missing_ok=True)
    return batch


def require_room(platform: Platform) -> None:
    """Raise ``QueueFull`` where as much waits as may wait, as the rows say."""
    waiting = platform.batches.waiting().aggregate(count=Count("pk"), size=Sum("size"))
    if (
        waiting["count"] >= settings.FEED_WAITING_BATCHES
        or (waiting["size"] or 0) >= settings.FEED_WAITING_BYTES
    ):
        raise QueueFull


def _judge(
    platform: Platform, lines: Iterable[Line], asserted: Mapping[str, str], now: datetime
) -> Judged:
    path = f"{SPOOL}/{uuid4().hex}.ndjson"
    place = Path(settings.STORAGE_DIR) / path
    keyring, rows = proven_keyring(), Verdicts()
    read: list[tuple[int, list[int | Found]] | Result] = []
    with LineReader(SOURCES[platform.slug], asserted, observed_at=now) as reader:
        with write_durably(place) as draft:
            for line in lines:
                if len(read) == LINES:
                    raise TooManyLines(f"A batch of items has at most {LINES:,} lines: split it.")
                readings = reader.readings(line)
                if isinstance(readings, str):
                    read.append(refused(line, readings))
                    continue
                items = [each for each in readings if isinstance(each, Item)]
                draft.write(text_of(line.record))
                read.append((line.number, [name_of(item, keyring) for item in items]))
        if all(isinstance(each, dict) for each in read):
            place.unlink()
            return Judged([each for each in read if isinstance(each, dict)], rows, None, "")
        try:
            taken = reader.together(place, rows, keyring, known_of(platform, now))
        except BadInput as error:
            place.unlink()
            raise NotReadTogether(f"The lines cannot be read together: {refusal_of(error)}")
    results = [each if isinstance(each, dict) else _result(*each, rows) for each in read]
    return Judged(results, rows, taken, path)


def _result(number: int, names: Sequence[int | Found], rows: Verdicts) -> Result:
    if not names:
        return {"line": number, "result": "noted"}
    found = worst_of(names, rows)
    return {
        "line": number,
        "result": str(found.verdict),
        "reasons": sorted(found.reasons),
        "items": len(names),
    }


@transaction.atomic(durable=True)
def _accept(
    platform: Platform,
    key: str,
    body: Body,
    asserted: Mapping[str, str],
    judged: Judged,
    now: datetime,
    by: Actor,
) -> Batch:
    _lock_queue(platform)
    if earlier := platform.batches.filter(key=key).first():
        return require_same(earlier, Batch.Kind.ITEMS, body)
    require_room(platform)
    state = Batch.State.RECEIVED if judged.path else Batch.State.APPLIED
    batch = Batch.objects.create(
        platform=platform,
        kind=Batch.Kind.ITEMS,
        key=key,
        digest=body.digest,
        size=body.size,
        state=state,
        received_at=now,
        done_at=None if judged.path else now,
        path=judged.path,
        facts=dict(asserted),
        done=len(judged.results),
    )
    for start in range(0, len(judged.results), PART):
        keep(batch, judged.results[start : start + PART])
    batch.save(update_fields=["counts"])
    _note(platform, judged, now, by)
    if judged.path:
        hear(platform, by=by)
    received = BatchReceived(
        subject=f"batch:{batch.pk}",
        platform=platform.slug,
        lines=batch.done,
        refused=batch.counts.get(REFUSED, 0),
        sha256=batch.digest,
    )
    record(received, by=by)
    if judged.path:
        hints.after_commit(TASK, batch.pk)
    return batch


def _note(platform: Platform, judged: Judged, now: datetime, by: Actor) -> None:
    """What need not wait for the import: it may be late, or fail."""
    items = ItemLedgers(platform, judged.rows.taken_back)
    for key, states in judged.rows.taken_back.items():
        for state in states:
            items.hear(key, Word(state, True, now))
    items.write(by=by)
    if judged.taken:
        note_accounts(platform, without_clearing(judged.taken.changes), by=by, at=now)


def _lock_queue(platform: Platform) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [QUEUE, platform.slug])


def _is_kept(path: str) -> bool:
    """Whether a row has the file: a commit that seemed to fail may have succeeded."""
    return Batch.objects.filter(path=path).exists()


@transaction.atomic
def take_facts(
    platform: Platform, lines: Sequence[Line], asserted: Mapping[str, str], *, by: Actor
) -> list[Result]:
    """Note what each line says of an account or container, as of now; a result for each."""
    now = database_time()
    results: list[Result] = []
    told: list[Reading] = []
    with LineReader(SOURCES[platform.slug], asserted, observed_at=now) as reader:
        for line in lines:
            readings = reader.readings(line)
            if isinstance(readings, str):
                results.append(refused(line, readings))
            elif any(isinstance(each, Item) for each in readings):
                results.append(refused(line, "this is an item: send it to items/"))
            else:
                told += readings
                results.append({"line": line.number, "result": "noted" if readings else "nothing"})
    taken = take_in(told, Verdicts(), proven_keyring(), now)
    # A queue may be late: what an event took back, with its time, only an event gives back.
    note_accounts(platform, without_clearing(taken.changes, GIVEN_BACK), by=by, at=now)
    facts = [each for each in told if isinstance(each, FactReading)]
    note_facts(platform, [replace(each, observed_at=now) for each in facts], by=by)
    return results


# Imported ---------------------------------------------------------------------------------


def import_received(platform: Platform) -> bool:
    """Import what waits of ``platform`` as one dump, if it is time; tell whether it was.

    Raises ``LeaseLost`` when another worker took over, and what kept the import from being
    made, which the rows then say as well.
    """
    claimed = _claim(platform)
    if not claimed:
        return False

    def renew() -> None:
        for batch in claimed:
            _held(batch).update(lease_until=lease_end())

    with Lease(f"batches of {platform.slug}", renew):
        try:
            _import_what_can_be(platform, claimed)
        except (OSError, FilesMissing, BadInput) as error:
            for batch in claimed:
                _put_back(batch, error)
            raise
    return True


def sweep_batches() -> None:
    """Send the hints that are due, and give up on batches whose workers died too often."""
    for lost in _claimable().filter(attempts__gte=MAX_ATTEMPTS):
        _fail(lost, lost.last_error or "Its workers died without a word.")
    due = _claimable().filter(attempts__lt=MAX_ATTEMPTS).order_by("platform", "received_at")
    with transaction.atomic():
        for pk in due.distinct("platform").values_list("pk", flat=True):
            hints.after_commit(TASK, pk)


def sweep_spool(*, now: datetime) -> list[str]:
    """Remove bodies that no batch needs: of imported and of long failed ones, and of the dead."""
    root = Path(settings.STORAGE_DIR)
    old = Batch.objects.filter(state=Batch.State.FAILED, done_at__lt=now - SPOOL_AGE)
    needed = Batch.objects.exclude(pk__in=old).exclude(state=Batch.State.IMPORTED)
    kept = set(needed.exclude(path="").values_list("path", flat=True))
    removed = []
    for path in sorted((root / SPOOL).glob("*.ndjson*")):
        name = path.relative_to(root).as_posix()
        if name not in kept and path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            path.unlink(missing_ok=True)
            removed.append(name)
    return removed


def drop_results(*, now: datetime) -> int:
    """Forget what became of single lines after a time; a batch keeps its key and its counts."""
    old = BatchLines.objects.filter(batch__done_at__lt=now - RESULTS_AGE)
    removed, _ = old.delete()
    return removed


def _claimable() -> BatchQuerySet:
    lapsed = Q(state=Batch.State.IMPORTING, lease_until__lt=Now())
    return Batch.objects.filter(Q(state=Batch.State.RECEIVED) | lapsed)


@transaction.atomic
def _claim(platform: Platform) -> list[Batch]:
    """As many of the oldest as go together; none while others are at it, or it is too soon."""
    _lock_queue(platform)
    busy = platform.batches.filter(state=Batch.State.IMPORTING, lease_until__gte=Now())
    waiting = list(
        _claimable()
        .filter(platform=platform, attempts__lt=MAX_ATTEMPTS)
        .order_by("attempts", "received_at", "pk")[:BATCHES_AT_ONCE]
    )
    if busy.exists() or not waiting or not _is_due(waiting):
        return []
    claimed: list[Batch] = []
    size = 0
    for batch in waiting:
        size += batch.size
        if claimed and (size > BYTES_AT_ONCE or not _go_together(claimed[0], batch)):
            break
        claimed.append(batch)
    for batch in claimed:
        batch.fence += 1
        Batch.objects.filter(pk=batch.pk).update(
            state=Batch.State.IMPORTING,
            fence=batch.fence,
            attempts=F("attempts") + 1,
            lease_until=lease_end(),
        )
    return claimed


def _go_together(first: Batch, other: Batch) -> bool:
    """Whoever was there when a worker died goes alone: only one of them is to blame."""
    return not (first.attempts or other.attempts) and first.facts == other.facts


def _is_due(waiting: Sequence[Batch]) -> bool:
    """Each import is a run of the archive, so batches wait for each other for a while."""
    oldest = min(batch.received_at for batch in waiting)
    gathered = oldest + timedelta(seconds=settings.FEED_GATHER_SECONDS)
    return gathered <= database_time() or sum(each.size for each in waiting) >= BYTES_AT_ONCE


def _import(platform: Platform, batches: Sequence[Batch]) -> None:
    root = Path(settings.STORAGE_DIR)
    import_dump(
        platform.slug,
        [root / batch.path for batch in batches],
        batches[0].facts,
        by=Actor(ActorKind.PLATFORM, platform.slug),
        now=database_time(),
        made_at=min(batch.received_at for batch in batches),
        also=lambda dump: _finish(batches, dump),
        reopens=False,
    )
    for batch in batches:
        (root / batch.path).unlink(missing_ok=True)


def _import_what_can_be(platform: Platform, batches: Sequence[Batch]) -> None:
    try:
        _import(platform, batches)
    except BadInput as error:
        _import_apart(platform, batches, error)
    except OSError as error:
        # One that cannot be read keeps no other waiting; where nothing can be written, all wait.
        if error.errno != errno.EIO or len(batches) == 1:
            raise
        _import_apart(platform, batches, error)


def _import_apart(platform: Platform, batches: Sequence[Batch], error: BadInput | OSError) -> None:
    """Find the batch that cannot be imported: the others must not wait for it.

    One that the disk does not give out now is not to blame. It waits: its error is raised
    once the others are done.
    """
    passing: BadInput | OSError | None = None
    for batch in batches:
        its_own = error if len(batches) == 1 else _error_of(platform, batch)
        if isinstance(its_own, BadInput) and not its_own.may_pass:
            _fail(batch, why_not_read(its_own))
        elif its_own:
            passing = its_own
    if passing:
        raise passing


def _error_of(platform: Platform, batch: Batch) -> BadInput | OSError | None:
    try:
        _import(platform, [batch])
    except (BadInput, OSError) as error:
        return error
    return None


def _finish(batches: Sequence[Batch], dump: Dump) -> None:
    for batch in batches:
        imported = _held(batch).update(
            state=Batch.State.IMPORTED, dump=dump, done_at=Now(), lease_until=None, last_error=""
        )
        if not imported:
            raise LeaseLost(f"batch {batch.pk} is imported by another worker")


def _put_back(batch: Batch, error: Exception) -> None:
    """Let ``batch`` wait. A full disk is not its fault, and may stay full for hours."""
    _held(batch).update(
        state=Batch.State.RECEIVED,
        lease_until=None,
        attempts=F("attempts") - 1,
        last_error=_printable(f"{type(error).__name__}: {error}"),
    )


@transaction.atomic
def _fail(batch: Batch, error: str) -> None:
    failed = _held(batch).update(
        state=Batch.State.FAILED, done_at=Now(), lease_until=None, last_error=_printable(error)
    )
    if not failed:
        return
    logger.error("batch %s of %s was not imported: %s", batch.pk, batch.platform_id, error)
    event = BatchFailed(
        subject=f"batch:{batch.pk}", platform=batch.platform_id, attempts=batch.attempts
    )
    record(event, by=Actor(ActorKind.SYSTEM))


def _held(batch: Batch) -> BatchQuerySet:
    """The row of ``batch`` while nobody has claimed it again."""
    states = (Batch.State.RECEIVED, Batch.State.IMPORTING)
    return Batch.objects.filter(pk=batch.pk, fence=batch.fence, state__in=states)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:500])
