"""Held items are judged again with what is known now: ordered by an operator, done by a worker.

The row is the job. What is settled takes the place of the import that held it, as if the
files had been imported again; nothing that was shared or excluded is judged.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from audit.actions import record
from audit.events import (
    SYSTEM,
    Actor,
    DumpJudgedAgain,
    HoldsResolutionRequested,
    HoldsResolved,
)
from platforms import hints
from platforms.actions.accounts import WrongKeySecret, proven_keyring
from platforms.actions.dumps import FilesMissing, UnknownPlatform, admit, platform_to_read
from platforms.actions.facts import FRESH, known_of
from platforms.archive.finding import Found, Keys, find
from platforms.archive.writer import RunWriter
from platforms.intake import Counts
from platforms.leases import Lease, lease_end
from platforms.models import Dump, Fact, ItemState, Platform, Resolution, Run
from platforms.records import Item, Verdict
from platforms.rejudging import Knowledge, Sources, parents_wanted, rewrite, tally
from platforms.sources import SOURCES, BadFact
from platforms.sources.contract import understood

logger = logging.getLogger(__name__)

# A parent that is settled can settle what hangs on it, in another import, and so on.
PASSES: Final = 5
MAX_ATTEMPTS: Final = 5
KEYS_AT_ONCE: Final = 5_000
HINTS_AT_ONCE: Final = 200
TASK: Final = "platforms.tasks.resolve_holds"
BLOCKED: Final = Found(Verdict.EXCLUDE, frozenset({"blocked"}), False, frozenset())

Progress = Callable[[int], None]

# What the row of a job that failed says, in words.
FAILURES: Final = (BadFact, UnknownPlatform, WrongKeySecret, FilesMissing, OSError)


class ResolutionRunning(Exception):
    """The platform's held items are being judged again already."""


class DumpNotChosen(BadFact):
    """Facts are about one import, and several hold items."""


class LeaseLost(Exception):
    """Somebody else does the job now: what was done here counts for nothing."""


class DumpReplaced(Exception):
    """The import was replaced while its held items were judged; the newer one counts."""


@transaction.atomic
def request_resolution(
    platform: Platform,
    facts: Mapping[str, str],
    *,
    dump: Dump | None = None,
    everything: bool = False,
    by: Actor,
) -> Resolution:
    """Order that what ``platform`` holds be judged again, with ``facts`` asserted, if any.

    Facts are asserted of ``dump``; where several imports hold items, one must be named, or
    ``everything``. Asking for the same again while it waits gives the order that is there.
    Raises ``BadFact``, ``ResolutionRunning`` and ``UnknownPlatform``.
    """
    platform_to_read(platform.slug)
    Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
    if facts and dump is None and not everything:
        dump = _the_only_one(platform)
    for one in _chosen(platform, dump):
        asserted_of(one, facts)
    running = Resolution.objects.unfinished().filter(platform=platform).first()
    if running is not None:
        return _same(running, facts, dump)
    resolution = Resolution.objects.create(
        platform=platform, facts=dict(facts), dump=dump, requested_by=str(by)
    )
    record(_requested(resolution), by=by)
    hints.after_commit(TASK, resolution.pk)
    return resolution


def resolve(pk: int, progress: Progress = lambda count: None) -> bool:
    """Do the job ``pk``, if it is there to be done and nobody is at it; tell whether it was.

    ``progress`` is told how many items were looked at since. What fails is written into
    the row and raised. Raises ``LeaseLost`` when another worker took over.
    """
    claimed = claim(pk)
    if claimed is None:
        return False

    def renew() -> None:
        Resolution.objects.held_by(claimed).update(lease_until=lease_end())

    with Lease(f"resolution {pk}", renew):
        try:
            _judge_everything(Job(claimed, progress))
        except FAILURES as error:
            finish(claimed, Resolution.State.FAILED, error=f"{type(error).__name__}: {error}")
            raise
    finish(claimed, Resolution.State.DONE)
    return True


@transaction.atomic
def claim(pk: int) -> Resolution | None:
    """Take the job for one lease, or give None: one statement decides between workers."""
    taken = Resolution.objects.claimable().filter(pk=pk, fence__lt=MAX_ATTEMPTS)
    running = Resolution.State.RUNNING
    if not taken.update(state=running, fence=F("fence") + 1, done=0, lease_until=lease_end()):
        return None
    return Resolution.objects.select_related("platform", "dump").get(pk=pk)


@transaction.atomic
def finish(claimed: Resolution, state: Resolution.State, *, error: str = "") -> None:
    """Say how the job ended. Raises ``LeaseLost``."""
    ended = {"state": state, "error": error[:500], "finished_at": Now(), "lease_until": None}
    if not Resolution.objects.held_by(claimed).update(**ended):
        raise LeaseLost(f"resolution {claimed.pk} was taken over")
    row = Resolution.objects.get(pk=claimed.pk)
    counts = {name: row.after.get(name, 0) for name in ("shared", "held", "excluded")}
    subject, slug = f"platform:{row.platform_id}", row.platform_id
    record(
        HoldsResolved(subject=subject, platform=slug, resolution=row.pk, state=state, **counts),
        by=SYSTEM,
    )


def sweep_resolutions() -> None:
    """Send the hints that are due, and give up on jobs whose workers died too often."""
    waiting = Resolution.objects.claimable()
    for lost in waiting.filter(fence__gte=MAX_ATTEMPTS):
        with suppress(LeaseLost):
            finish(lost, Resolution.State.FAILED, error="Its workers died without a word.")
    with transaction.atomic():
        for pk in waiting.order_by("pk").values_list("pk", flat=True)[:HINTS_AT_ONCE]:
            hints.after_commit(TASK, pk)


def asserted_of(dump: Dump, facts: Mapping[str, str]) -> dict[str, str]:
    """All that is asserted of ``dump`` once ``facts`` are added; ``BadFact`` if they cannot be."""
    source = SOURCES[dump.platform_id]
    understood(source.facts, facts)
    for name, value in facts.items():
        if not source.facts[name].settles_held:
            raise BadFact(
                f"The fact {name} decides how files are read: import them again with --fact {name}."
            )
        if dump.facts.get(name, value) != value:
            raise BadFact(
                f"Import {dump.pk} was made with {name}={dump.facts[name]}. To change what was "
                f"asserted, import the files again with --fact {name}={value}."
            )
    return {**dump.facts, **facts}


@dataclass
class Job:
    """One claim at work: it counts what it looks at, and tells the row of it now and then."""

    claim: Resolution
    progress: Progress
    done: int = 0
    told: float = 0.0
    held: Counter[str] = field(default_factory=Counter)

    @property
    def platform(self) -> Platform:
        return self.claim.platform

    def looked_at(self, items: int) -> None:
        self.done += items
        self.progress(items)
        if timezone.now().timestamp() - self.told > 1.0:
            self.told = timezone.now().timestamp()
            self.write(done=self.done)

    def write(self, **changes: Any) -> None:
        if not Resolution.objects.held_by(self.claim).update(**changes):
            raise LeaseLost(f"resolution {self.claim.pk} was taken over")


def _judge_everything(job: Job) -> None:
    """Judge every chosen import, again where one of them settles what another lacks."""
    before = _held_in(_meant(job.claim))
    job.write(items=2 * before["held"])
    if not job.claim.before:
        job.write(before=before)
    for _ in range(PASSES):
        again = [_judge(dump, job) for dump in _meant(job.claim)]
        if not any(again):
            break
    after = _held_in(_meant(job.claim))
    row = Resolution.objects.get(pk=job.claim.pk)
    job.write(after={"shared": 0, "excluded": 0, **row.after, **after}, done=job.done)


def _judge(dump: Dump, job: Job) -> bool:
    """Judge what ``dump`` holds; tell whether something was settled that others may hang on."""
    runs = _sources_of(dump)
    known = _knowledge(dump, runs, job)
    changes, verdicts = tally(runs, known, job.looked_at)
    if not changes:
        return False
    counts = Counts.of(dump.counts)
    with RunWriter(Path(settings.STORAGE_DIR), dump.platform_id) as writer:
        read_at = dump.made_at or dump.imported_at
        rewrite(runs, known, writer, counts, read_at, job.looked_at)
    try:
        _replace(dump, writer, counts, verdicts, job)
    except DumpReplaced:
        logger.info("dump %s was replaced while its held items were judged", dump.pk)
        return True
    return bool(verdicts[Verdict.SHARE] or verdicts[Verdict.EXCLUDE])


def _replace(
    dump: Dump, writer: RunWriter, counts: Counts, verdicts: Counter[str], job: Job
) -> None:
    new = Dump(
        platform=dump.platform,
        digest=dump.digest,
        files=dump.files,
        facts=asserted_of(dump, job.claim.facts),
        counts={**dump.counts, **counts.as_json()},
        made_at=dump.made_at,
        said_at=dump.said_at,
        resolves=dump,
        held_since=dump.held_since or dump.imported_at,
    )

    def with_its_facts(replaced: Sequence[Dump]) -> None:
        if replaced != [dump]:
            raise DumpReplaced
        Fact.objects.filter(dump=dump).update(dump=new)
        Resolution.objects.filter(pk=job.claim.pk, dump=dump).update(dump=new)
        row = Resolution.objects.select_for_update(no_key=True).get(pk=job.claim.pk)
        settled = Counter(row.after)
        settled.update(shared=verdicts[Verdict.SHARE], excluded=verdicts[Verdict.EXCLUDE])
        job.write(after=dict(settled))
        record(_judged_again(new, dump), by=SYSTEM)

    admit(new, writer, with_its_facts, now=timezone.now())
    if job.claim.dump_id == dump.pk:
        job.claim.dump = new


def _knowledge(dump: Dump, runs: Sequence[Sources], job: Job) -> Knowledge:
    keys, source = proven_keyring(), SOURCES[dump.platform_id]
    values = understood(source.facts, asserted_of(dump, job.claim.facts))

    def asserted(item: Item) -> Item:
        return source.settled(item, values)

    read_at = dump.made_at or dump.imported_at
    parents = _parents(dump.platform, parents_wanted(runs, keys))
    parents = {key: one for key, one in parents.items() if _is_believed(one, read_at)}
    return Knowledge(known_of(dump.platform, read_at), parents, asserted, keys)


def _is_believed(parent: Found, at: datetime) -> bool:
    """Whether a reader of ``at`` believes it: a yes only while it is fresh."""
    is_fresh = parent.read_at is not None and at - parent.read_at <= FRESH
    return is_fresh or parent.verdict is not Verdict.SHARE


def _parents(platform: Platform, wanted: Keys) -> dict[int, Found]:
    """What the archive says of the items with these keys, and the platform since."""
    root = Path(settings.STORAGE_DIR)
    live = Run.objects.live().filter(platform=platform).values_list("path", flat=True)
    found = find([root / path for path in live], wanted)
    for at in range(0, len(wanted), KEYS_AT_ONCE):
        keys = [int(key) for key in wanted[at : at + KEYS_AT_ONCE]]
        blocked = ItemState.objects.blocking().filter(platform=platform, item_key__in=keys)
        for key in blocked.values_list("item_key", flat=True):
            found[key] = found[key].and_also(BLOCKED) if key in found else BLOCKED
    return found


def _sources_of(dump: Dump) -> list[Sources]:
    root = Path(settings.STORAGE_DIR)
    return [
        Sources(root / run.path, root / run.quarantine_path if run.quarantine_path else None)
        for run in dump.runs.order_by("pk")
    ]


def _chosen(platform: Platform, dump: Dump | None) -> list[Dump]:
    holding = Dump.objects.holding().filter(platform=platform).order_by("pk")
    return list(holding.filter(pk=dump.pk) if dump else holding)


def _meant(order: Resolution) -> list[Dump]:
    """The imports to judge: nobody asserts anything of one that came in after they did."""
    chosen = _chosen(order.platform, order.dump)
    if not order.facts:
        return chosen
    return [one for one in chosen if (one.held_since or one.imported_at) <= order.requested_at]


def _the_only_one(platform: Platform) -> Dump | None:
    holding = _chosen(platform, None)
    if len(holding) > 1:
        numbers = ", ".join(str(dump.pk) for dump in holding[:10])
        raise DumpNotChosen(
            f"{len(holding)} imports hold items ({numbers}): say of which one the facts are true, "
            "or that they are true of all."
        )
    return holding[0] if holding else None


def _same(running: Resolution, facts: Mapping[str, str], dump: Dump | None) -> Resolution:
    if running.facts == dict(facts) and running.dump == dump:
        return running
    raise ResolutionRunning(
        f"The held items of {running.platform} are being judged again already, with other facts. "
        "Try again when that has ended."
    )


def _held_in(dumps: Sequence[Dump]) -> dict[str, Any]:
    reasons = Counter[str]()
    for dump in dumps:
        reasons.update(dump.counts["held_by_reason"])
    return {
        "held": sum(dump.counts["held"] for dump in dumps),
        "by_reason": dict(reasons.most_common()),
    }


def _requested(resolution: Resolution) -> HoldsResolutionRequested:
    return HoldsResolutionRequested(
        subject=f"platform:{resolution.platform_id}",
        platform=resolution.platform_id,
        resolution=resolution.pk,
        dump=resolution.dump_id,
        facts_asserted=resolution.facts,
    )


def _judged_again(new: Dump, old: Dump) -> DumpJudgedAgain:
    return DumpJudgedAgain(
        subject=f"dump:{new.pk}",
        platform=new.platform_id,
        replaces=old.pk,
        shared=new.counts["shared"],
        held=new.counts["held"],
        excluded=new.counts["excluded"],
        facts_asserted=new.facts,
    )
