"""What happened to somebody's data: which files held it, and who fetched them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db.models import Count, F, Max, Min, Q

from consent.decision import Keys, sorted_keys
from exports.gate import FeedsSilent, GateClosed, SidecarDamaged, look
from exports.models import File, Receipt, Release
from exports.releases import ever_published
from platforms.archive import keyfile
from platforms.models import Account


@dataclass(frozen=True)
class Fetches:
    """How often a file was fetched. ``unknown`` are those whose end nobody told us."""

    whole: int = 0
    parts: int = 0
    unknown: int = 0
    first: datetime | None = None
    last: datetime | None = None

    @property
    def any(self) -> bool:
        return bool(self.whole or self.parts or self.unknown)


@dataclass(frozen=True)
class Trace:
    """One file that holds something of these accounts, or held it while it could be fetched.

    ``silent`` names the platforms that keep it from being fetched until they speak again.
    """

    file: File
    accounts: tuple[Account, ...]
    fetches: Fetches
    may_leave: bool
    silent: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReleaseTraces:
    """The files of one release with something of a person in them.

    ``unreadable`` files have lost the list of who is in them, so nobody can tell, and
    nobody can fetch them.
    """

    release: Release
    traces: tuple[Trace, ...]
    unreadable: int

    @property
    def accounts(self) -> list[Account]:
        return sorted({account for trace in self.traces for account in trace.accounts}, key=str)


def traces_in(releases: Iterable[Release], accounts: Iterable[Account]) -> list[ReleaseTraces]:
    """For each of ``releases`` that held anything of ``accounts``, where, and who fetched it."""
    theirs = [(account, sorted_keys(account.keys)) for account in accounts]
    found = [traces_of(release, theirs) for release in releases]
    return [traces for traces in found if traces.traces or traces.unreadable]


def traces_of(release: Release, theirs: list[tuple[Account, Keys]]) -> ReleaseTraces:
    traces, unreadable = [], 0
    for file in ever_published(release.files.order_by("bucket", "created_at")):
        try:
            inside = who_is_in(file, theirs)
        except keyfile.KeyFileDamaged:
            unreadable += 1
            continue
        if inside:
            traces.append(Trace(file, inside, fetches_of(file), *outlook(file)))
    return ReleaseTraces(release, tuple(traces), unreadable)


def who_is_in(file: File, theirs: list[tuple[Account, Keys]]) -> tuple[Account, ...]:
    keys = keyfile.load(settings.STORAGE_DIR / file.accounts_path, file.accounts_sha256)
    return tuple(account for account, own in theirs if keyfile.intersects(np.asarray(keys), own))


def outlook(file: File) -> tuple[bool, tuple[str, ...]]:
    """Whether it may leave, and which silent platforms it waits for.

    Only asks the gate, so nothing is withdrawn by reading a page.
    """
    try:
        return look(file, File.State.PUBLISHED).objection is None, ()
    except FeedsSilent as silence:
        return True, tuple(str(feed.platform) for feed in silence.feeds)
    except (GateClosed, SidecarDamaged):
        return False, ()


def fetches_of(file: File) -> Fetches:
    """Counted in the database: a file can have been asked for any number of times."""
    sent = Q(bytes_sent__gt=0)
    whole = Q(bytes_sent__gte=F("file__size"), outcome=Receipt.Outcome.SENT)
    unknown = Q(ended_at=None)
    counted = file.receipts.filter(sent | unknown).aggregate(
        whole=Count("pk", filter=sent & whole),
        parts=Count("pk", filter=sent & ~whole),
        unknown=Count("pk", filter=unknown & ~sent),
        first=Min("asked_at"),
        last=Max("asked_at"),
    )
    return Fetches(**counted)
