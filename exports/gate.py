"""May this file leave now? The one place that says yes.

Delivery takes a ``ClearedFile``, and only this module makes one. Nothing here is
cached, nothing is told to the gate: it reads what was committed, on the primary,
each time. Whatever goes wrong on the way is an error, and then nothing leaves.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

import numpy as np
from django.conf import settings

from consent.decision import Keys
from exports.actions.withdraw import set_aside, withdraw
from exports.denials import Changes, terms_of
from exports.models import Dataset, File
from exports.primary import Checkpoint, one_snapshot
from exports.rereadings import RunUnreadable, speaks_against, take_away
from platforms.archive import keyfile
from platforms.models import Feed, Run
from platforms.snapshots import xmin_of

logger = logging.getLogger(__name__)

STATEMENT_TIMEOUT_MS: Final = 2_000
REMEMBER_AFTER: Final = 100
"""So many transactions, or so much to read, make it worth writing down how far a look came."""

_GATE: Final = object()


class Closed(StrEnum):
    """Why the gate is closed."""

    NOT_PUBLISHED = "not_published"
    WITHDRAWN = "withdrawn"
    PARTNER_INACTIVE = "partner_inactive"
    DAMAGED = "damaged"
    UNCHECKABLE = "uncheckable"
    STALE_FEED = "stale_feed"


class Objection(StrEnum):
    """What speaks against a file that was good when it was built."""

    ACCOUNT = "account_not_shared"
    ITEM = "item_taken_back"
    RUN = "item_withheld_by_newer_run"
    TERMS = "agreement_changed"
    READING = "reading_too_old"


class GateClosed(Exception):
    """The file does not leave: ``reason``, and ``because`` of what, if it was withdrawn."""

    def __init__(self, reason: Closed, because: str = "") -> None:
        super().__init__(f"{reason}: {because}" if because else str(reason))
        self.reason = reason
        self.because = because


class FeedsSilent(GateClosed):
    """Platforms that may be in the file are silent: who knows what happened there since?

    Nothing is withdrawn. The gate opens again by itself when all of ``feeds`` have spoken.
    """

    def __init__(self, feeds: Sequence[Feed]) -> None:
        super().__init__(Closed.STALE_FEED, ", ".join(feed.pk for feed in feeds))
        self.feeds = tuple(feeds)


class SidecarDamaged(Exception):
    """The list of who is in a file is missing or wrong: nobody can say that it may leave."""


@dataclass(frozen=True, eq=False)
class Contents:
    """Who and what is in a file, and on what it hangs: sorted keys, held to their hashes."""

    accounts: Keys
    items: Keys
    parents: Keys

    @classmethod
    def of(cls, file: File) -> Self:
        root = settings.STORAGE_DIR
        try:
            return cls(
                accounts=keyfile.load(root / file.accounts_path, file.accounts_sha256),
                items=keyfile.load(root / file.items_path, file.items_sha256),
                parents=_parents_of(file),
            )
        except keyfile.KeyFileDamaged as damage:
            raise SidecarDamaged(str(damage)) from damage


def _parents_of(file: File) -> Keys:
    """A file that was built by an older rule has no list of them; its terms withdraw it."""
    if not file.parents_path and "rule" not in file.terms:
        return np.empty(0, np.int64)
    return keyfile.load(settings.STORAGE_DIR / file.parents_path, file.parents_sha256)


@dataclass(frozen=True, eq=False)
class ClearedFile:
    """Proof that the gate let ``file`` through, as of ``checkpoint`` and no later.

    Whoever sends it over some time asks ``recheck`` on the way.
    """

    file: File
    contents: Contents
    checkpoint: Checkpoint
    made_by: InitVar[object]

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _GATE:
            raise TypeError("only the gate makes a ClearedFile")

    @property
    def path(self) -> Path:
        return Path(settings.STORAGE_DIR) / self.file.path


@dataclass(frozen=True, eq=False)
class Look:
    """What one look at ``file`` found: an objection, or None; and how much it had to read."""

    file: File
    contents: Contents
    checkpoint: Checkpoint
    objection: Objection | None
    read: int


def clear(file: File) -> ClearedFile:
    """Let ``file`` through, or withdraw it and raise ``GateClosed``.

    Call it outside any transaction, and after the receipt has been committed.
    """
    found = _look_or_set_aside(file)
    cleared = _admit(found)
    _remember(found)
    return cleared


def recheck(cleared: ClearedFile) -> ClearedFile:
    """Let a running stream go on, or raise as ``clear`` does; asks only what is new."""
    return _admit(look(cleared.file, File.State.PUBLISHED, after=cleared))


def look(file: File, state: str, *, after: ClearedFile | None = None) -> Look:
    """See what speaks against ``file`` now, if it is still in ``state``; changes nothing.

    Only what changed since the last look is read, and everything if the file's
    snapshot belongs to another cluster: transaction ids do not survive a restore. An
    objection outlives a silent feed, so it is looked for first.
    """
    with one_snapshot(statement_timeout_ms=STATEMENT_TIMEOUT_MS) as now:
        current = File.objects.select_related("release__dataset__partner").get(pk=file.pk)
        _require_deliverable(current, state)
        contents = after.contents if after else Contents.of(current)
        changes = Changes(current.release.dataset, _since(current, after, now))
        objection = _objection(current, contents, changes, now)
        if objection is None:
            _require_feeds_that_speak(current.release.dataset)
    return Look(current, contents, now, objection, changes.read)


def _require_deliverable(file: File, state: str) -> None:
    if file.state == File.State.WITHDRAWN:
        raise GateClosed(Closed.WITHDRAWN, file.withdrawn_because)
    if file.state == File.State.QUARANTINED:
        raise GateClosed(Closed.DAMAGED)
    if file.state != state:
        raise GateClosed(Closed.NOT_PUBLISHED)
    if not file.release.dataset.partner.active:
        raise GateClosed(Closed.PARTNER_INACTIVE)


def _require_feeds_that_speak(dataset: Dataset) -> None:
    """All platforms of the agreement count as being in each of its files."""
    silent = Feed.objects.silent().filter(platform__in=dataset.platforms)
    if feeds := list(silent.select_related("platform").order_by("pk")):
        raise FeedsSilent(feeds)


def _since(file: File, after: ClearedFile | None, now: Checkpoint) -> str | None:
    """The snapshot from which on to look, or None for a look at everything."""
    snapshot, cluster = file.cleared, file.system_identifier
    if after:
        snapshot, cluster = after.checkpoint.snapshot, after.checkpoint.system_identifier
    return snapshot if cluster == now.system_identifier else None


def _objection(
    file: File, contents: Contents, changes: Changes, now: Checkpoint
) -> Objection | None:
    dataset = file.release.dataset
    terms = terms_of(dataset)
    if file.terms != terms:
        return Objection.TERMS
    if file.usable_until is None or file.usable_until < now.at:
        return Objection.READING
    if _any_in([contents.accounts], changes.accounts(terms["opt_in"])):
        return Objection.ACCOUNT
    if _any_in([contents.items, contents.parents], changes.items()):
        return Objection.ITEM
    if _runs_speak_against(changes, contents, dataset):
        return Objection.RUN
    return None


def _any_in(contents: Sequence[Keys], chunks: Iterable[Keys]) -> bool:
    return any(keyfile.intersects(keys, chunk) for chunk in chunks for keys in contents)


def _runs_speak_against(changes: Changes, contents: Contents, dataset: Dataset) -> bool:
    def newly_refused(run: Run) -> bool:
        return speaks_against(
            run,
            accounts=contents.accounts,
            items=contents.items,
            parents=contents.parents,
            adult=dataset.adult,
            bounds=lambda: changes.bounds,
        )

    try:
        return any(map(newly_refused, changes.runs())) or take_away(
            changes.replaced_runs(), changes.live_runs(), items=contents.items
        )
    except RunUnreadable as unreadable:
        logger.error("the gate is closed: %s", unreadable)
        raise GateClosed(Closed.UNCHECKABLE) from unreadable


def _look_or_set_aside(file: File) -> Look:
    try:
        return look(file, File.State.PUBLISHED)
    except SidecarDamaged as damage:
        logger.error("file %s cannot be checked: %s", file.pk, damage)
        set_aside(file, because="keys_damaged")
        raise GateClosed(Closed.DAMAGED) from damage


def _admit(found: Look) -> ClearedFile:
    if found.objection:
        withdraw(found.file, because=found.objection)
        raise GateClosed(Closed.WITHDRAWN, found.objection)
    return ClearedFile(found.file, found.contents, found.checkpoint, _GATE)


def _remember(found: Look) -> None:
    """Let the next look begin where this one ended, unless another one was faster.

    Not after every look: most would be writes that give the next one nothing to skip.
    """
    old, new = found.file, found.checkpoint
    restored = old.system_identifier != new.system_identifier
    passed = xmin_of(new.snapshot) - xmin_of(old.cleared)
    if not restored and found.read < REMEMBER_AFTER and passed < REMEMBER_AFTER:
        return
    File.objects.published().filter(pk=old.pk, cleared=old.cleared).update(
        cleared=new.snapshot, system_identifier=new.system_identifier
    )
