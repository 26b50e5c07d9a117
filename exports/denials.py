"""What speaks against content now: all of it for a build, the changes alone for the gate.

Two sources, both of them binding: what people said (``Standing``) and what platforms
said (``AccountState``, ``ItemState``, and the withheld items of newer runs).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

import numpy as np
from django.db.models import BigIntegerField, F, Func, Q, QuerySet

from consent.decision import RULE_VERSION, Denials, Keys, microseconds
from consent.models import Standing
from exports.models import Dataset
from exports.primary import Checkpoint, one_snapshot
from platforms.models import AccountState, ItemState, Platform, Run
from platforms.snapshots import SnapshotXmin, VisibleInSnapshot

CHUNK: Final = 50_000


@dataclass(frozen=True)
class Reading:
    """All that a build has to know of the database, as of one checkpoint."""

    denials: Denials
    runs: tuple[Run, ...]
    terms: dict[str, Any]
    checkpoint: Checkpoint


def read(dataset: Dataset) -> Reading:
    """Everything that binds ``dataset``'s partner, and the runs to build from."""
    with one_snapshot() as checkpoint:
        return Reading(
            denials=_all_denials(dataset),
            runs=tuple(Run.objects.live().filter(platform__in=dataset.platforms).order_by("pk")),
            terms=terms_of(dataset),
            checkpoint=checkpoint,
        )


def terms_of(dataset: Dataset) -> dict[str, Any]:
    """What the agreement admits, how old it may be, where silence is a no, and by which rule."""
    return {
        "rule": RULE_VERSION,
        "platforms": sorted(dataset.platforms),
        "media_kinds": sorted(dataset.media_kinds),
        "adult": dataset.adult,
        "parts": dataset.parts,
        "settle_hours": dataset.settle_hours,
        "max_reading_age_days": dataset.max_reading_age_days,
        "opt_in": opt_in_platforms(dataset),
    }


def opt_in_platforms(dataset: Dataset) -> list[str]:
    agreed = Platform.objects.filter(slug__in=dataset.platforms, mode=Platform.Mode.OPT_IN)
    return list(agreed.order_by("slug").values_list("slug", flat=True))


# What changed -------------------------------------------------------------------------------


class Changes:
    """What speaks against files of ``dataset`` and was not yet to be seen in ``since``.

    ``since`` is a snapshot's text, or None for everything there is. Keys come in sorted
    chunks, so memory is bounded however much has changed; ``read`` counts them.
    """

    def __init__(self, dataset: Dataset, since: str | None) -> None:
        self.read = 0
        self._dataset = dataset
        self._since = since

    def accounts(self, opt_in: list[str]) -> Iterator[Keys]:
        """Keys of accounts that a file from before may hold no more.

        Not only who denies: sharing from a day on also speaks against older content,
        and that the account had denied in between can no longer be seen. An account
        whose standing is old counts when it gained a key.
        """
        said = Standing.objects.for_partner(self._dataset.partner.slug).filter(
            Q(denied=True)
            | Q(shared_from__isnull=False)
            | Q(account__platform__in=opt_in, allowed=False)
        )
        reported = AccountState.objects.denied(adult=self._dataset.adult)
        return self._counted(
            _keys(_changed(reported, self._since), F("account_key")).union(
                _keys(_changed(said, self._since), Unnest("account__keys")),
                _keys(_account_changed(said, self._since), Unnest("account__keys")),
                all=True,
            )
        )

    def items(self) -> Iterator[Keys]:
        """Keys of items that the platform took back."""
        taken_back = _changed(ItemState.objects.blocking(), self._since)
        return self._counted(_keys(taken_back, F("item_key")))

    def runs(self) -> list[Run]:
        """Runs that a file from before has not heard."""
        return self._listed(Run.objects.live())

    def replaced_runs(self) -> list[Run]:
        """Runs that a file from before may have been built from, and that count no more."""
        return self._listed(Run.objects.replaced())

    def live_runs(self) -> "QuerySet[Run]":
        """All runs that count, the newest first."""
        return Run.objects.live().filter(platform__in=self._dataset.platforms).order_by("-pk")

    @cached_property
    def bounds(self) -> Denials:
        """From when on people share, and who said yes where only that counts; nothing else."""
        said = Standing.objects.for_partner(self._dataset.partner.slug)
        opt_in = opt_in_platforms(self._dataset)
        yes = _owners_who_said_yes(said) if opt_in else ()
        return Denials.of(forward=_forward(said), allowed=yes, opt_in_platforms=opt_in)

    def _listed(self, runs: "QuerySet[Run]") -> list[Run]:
        agreed = runs.filter(platform__in=self._dataset.platforms)
        listed = list(_changed(agreed, self._since))
        self.read += sum(run.rows for run in listed)
        return listed

    def _counted(self, keys: "QuerySet[Any]") -> Iterator[Keys]:
        for chunk in _chunks(keys):
            self.read += len(chunk)
            yield chunk


def _changed(rows: Any, since: str | None) -> Any:
    return rows if since is None else rows.changed_since(since)


def _account_changed(standings: Any, since: str | None) -> Any:
    if since is None:
        return standings.none()
    return standings.filter(account__xid__gte=SnapshotXmin(since)).exclude(
        VisibleInSnapshot("account__xid", since)
    )


# Everything, for a build --------------------------------------------------------------------


def _all_denials(dataset: Dataset) -> Denials:
    said = Standing.objects.for_partner(dataset.partner.slug)
    denied = _keys(said.denied(), Unnest("account__keys"))
    reported = _keys(AccountState.objects.denied(adult=dataset.adult), F("account_key"))
    return Denials.of(
        accounts=_each(denied),
        closed=_each(reported),
        forward=_forward(said),
        allowed=_owners_who_said_yes(said),
        items=_each(_keys(ItemState.objects.blocking(), F("item_key"))),
        opt_in_platforms=opt_in_platforms(dataset),
    )


def _owners_who_said_yes(standings: Any) -> Iterator[int]:
    """An owner's key is that of their id: a yes under a mere name is nobody's."""
    return _each(_keys(standings.filter(allowed=True), F("account__keys__0")))


def _forward(standings: Any) -> dict[int, int]:
    """For each key the instant from which it shares; of several choices the latest binds."""
    rows = standings.filter(shared_from__isnull=False)
    forward: dict[int, int] = {}
    for keys, since in rows.values_list("account__keys", "shared_from").iterator(CHUNK):
        start = microseconds(since)
        forward.update({key: max(start, forward.get(key, start)) for key in keys})
    return forward


# Keys, a bounded number at a time -----------------------------------------------------------


class Unnest(Func):
    """Each key of an array as a row of its own."""

    function = "unnest"
    set_returning = True
    output_field = BigIntegerField()


def _keys(rows: "QuerySet[Any]", key: F | Func) -> "QuerySet[Any]":
    return rows.values_list(key, flat=True)


def _each(keys: "QuerySet[Any]") -> Iterator[int]:
    return keys.iterator(chunk_size=CHUNK)


def _chunks(keys: "QuerySet[Any]") -> Iterator[Keys]:
    rest = _each(keys)
    while len(chunk := np.fromiter(islice(rest, CHUNK), dtype=np.int64)):
        yield np.unique(chunk)
