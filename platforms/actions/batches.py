"""What a platform's machines sent, taken in part by part: each part whole, or not at all.

The batch's key makes a retry harmless. Of two requests with the same body at once, each part
is taken by whichever comes first, and both get the same answer. A request that dies leaves
the parts that were committed; the retry goes on behind them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar, Final

from django.db import transaction

from audit.actions import record
from audit.events import Actor, BatchApplied
from platforms.actions.silence import hear
from platforms.actions.states import database_time
from platforms.feeds.bodies import Body, Line
from platforms.models import Batch, BatchLines, Platform

PART: Final = 1_000

Result = dict[str, Any]
"""What became of one line: its number as ``line``, and ``result``."""
REFUSED: Final = "refused"


class KeyReused(Exception):
    """The key of an earlier batch came with another body or to another address."""

    status: ClassVar[int] = 422
    default_code: ClassVar[str] = "idempotency_key_reused"


@transaction.atomic
def begin(platform: Platform, kind: Batch.Kind, key: str, body: Body) -> Batch:
    """The batch with this key, made if there was none; ``KeyReused`` if it was another."""
    batch, _ = Batch.objects.get_or_create(
        platform=platform,
        key=key,
        defaults={
            "kind": kind,
            "digest": body.digest,
            "size": body.size,
            "state": Batch.State.APPLYING,
        },
    )
    return require_same(batch, kind, body)


def require_same(batch: Batch, kind: Batch.Kind, body: Body) -> Batch:
    """``batch``, if that is what came with its key now; ``KeyReused`` otherwise."""
    if (batch.kind, batch.digest) != (kind, body.digest):
        raise KeyReused(
            "This Idempotency-Key was used for another body or another address. Nothing was taken."
        )
    return batch


def apply(
    batch: Batch,
    lines: Iterable[Line],
    take: Callable[[Sequence[Line]], list[Result]],
    *,
    by: Actor,
) -> Batch:
    """Let ``take`` have each part of ``lines`` in a transaction of its own; all is committed.

    Must be called outside any transaction.
    """
    begun = 0
    for part, is_last in _parts(lines):
        _apply_part(batch, begun, part, is_last, take, by)
        begun += len(part)
    return Batch.objects.get(pk=batch.pk)


def refused(line: Line, why: str) -> Result:
    return {"line": line.number, "result": REFUSED, "why": why}


@transaction.atomic(durable=True)
def _apply_part(
    batch: Batch,
    begun: int,
    part: Sequence[Line],
    is_last: bool,
    take: Callable[[Sequence[Line]], list[Result]],
    by: Actor,
) -> None:
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    if locked.done != begun:
        return
    results = take(part)
    keep(locked, results)
    locked.done += len(part)
    if is_last:
        locked.state, locked.done_at = Batch.State.APPLIED, database_time()
        record(_applied(locked), by=by)
        _hear(locked, by)
    locked.save(update_fields=["done", "counts", "state", "done_at"])


def keep(batch: Batch, results: Sequence[Result]) -> None:
    """Keep what became of some lines, and add it to the counts of ``batch``, which is not saved."""
    for result in results:
        name = result["result"]
        batch.counts[name] = batch.counts.get(name, 0) + 1
    BatchLines.objects.create(
        batch=batch,
        first_line=results[0]["line"],
        last_line=results[-1]["line"],
        refused=sum(result["result"] == REFUSED for result in results),
        results=list(results),
    )


def _hear(batch: Batch, by: Actor) -> None:
    """A list of opt-outs does not show that the platform reports what happens on it.

    Nor does a batch of which nothing is understood: its sender may have changed, and be
    as good as silent.
    """
    is_understood = batch.counts.get(REFUSED, 0) < batch.done
    if batch.kind != Batch.Kind.OPT_OUTS and is_understood:
        hear(batch.platform, by=by)


def _applied(batch: Batch) -> BatchApplied:
    return BatchApplied(
        subject=f"batch:{batch.pk}",
        platform=batch.platform_id,
        kind=batch.kind,
        lines=batch.done,
        refused=batch.counts.get(REFUSED, 0),
        sha256=batch.digest,
    )


def _parts(lines: Iterable[Line]) -> Iterator[tuple[list[Line], bool]]:
    """The lines, ``PART`` at a time, each time with whether they are the last."""
    rest = iter(lines)
    part = list(islice(rest, PART))
    while part:
        following = list(islice(rest, PART))
        yield part, not following
        part = following
