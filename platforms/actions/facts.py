"""What platforms say of accounts and containers, kept for items that lack their records."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from audit.actions import record
from audit.events import Actor, FactsNoted
from platforms.actions.accounts import proven_keyring
from platforms.joining import NOTHING, Facts, Known, Lookup
from platforms.models import Dump, Fact, Platform
from platforms.records import Evidence, FactReading, Visibility

BATCH: Final = 5_000
# How long a yes is believed of items that were read later; a no is believed for ever.
FRESH: Final = timedelta(days=30)
COPY: Final = (
    "COPY platforms_fact (platform_id, subject_key, dump_id, settles, evidence, observed_at)"
    " FROM STDIN"
)


@transaction.atomic
def note_facts(platform: Platform, facts: Iterable[FactReading], *, by: Actor) -> int:
    """Note what ``platform`` told of accounts and containers; give how many were noted.

    Each reading is all that is now known of its subject from the platform itself: it
    takes the place of the one before, unless that one was observed later; of two at once
    both count. Items that are held are judged by it once holds are resolved.
    """
    keys = proven_keyring()
    said, observed = Facts(keys), dict[int, datetime]()
    for fact in facts:
        if fact.platform != platform.slug or fact.observed_at is None:
            raise ValueError("a fact says of which platform it is, and when it was observed")
        said.add(fact)
        key = keys.account(platform.slug, fact.about)
        observed[key] = max(fact.observed_at, observed.get(key, fact.observed_at))
    found = sorted(said.by_key)
    noted = sum(
        _note_batch(platform, found[at : at + BATCH], said, observed)
        for at in range(0, len(found), BATCH)
    )
    if noted:
        subject = f"platform:{platform.slug}"
        record(FactsNoted(subject=subject, platform=platform.slug, subjects=noted), by=by)
    return noted


def keep_facts(
    dump: Dump, facts: Facts, replaced: Iterable[Dump], *, observed_at: datetime, by: Actor
) -> None:
    """Make ``facts`` those of ``dump``, whose row is new, and forget those of what it replaced."""
    Fact.objects.filter(dump__in=replaced).delete()
    if not facts.by_key:
        return
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for key, known in facts.by_key.items():
            settles, evidence = sorted(known.settles), Jsonb(_plain(known))
            copy.write_row((dump.platform_id, key, dump.pk, settles, evidence, observed_at))
    subject, slug = f"dump:{dump.pk}", dump.platform_id
    record(FactsNoted(subject=subject, platform=slug, subjects=len(facts.by_key)), by=by)


def known_of(platform: Platform, at: datetime) -> Lookup:
    """Asks the database what is known of some subjects of ``platform`` by a reader of ``at``."""

    def known(keys: Collection[int]) -> Mapping[int, Known]:
        rows = Fact.objects.filter(platform=platform, subject_key__in=list(keys))
        found: dict[int, Known] = {}
        for row in rows:
            said = _known(row)
            said = said if at - row.observed_at <= FRESH else said.without_yes()
            found[row.subject_key] = found.get(row.subject_key, NOTHING).and_also(said)
        return found

    return known


def _note_batch(
    platform: Platform, keys: list[int], said: Facts, observed: Mapping[int, datetime]
) -> int:
    told = Fact.objects.select_for_update(no_key=True).filter(
        platform=platform, dump=None, subject_key__in=keys
    )
    before = {row.subject_key: row for row in told}
    rows = [
        _latest(Fact(platform=platform, subject_key=key, observed_at=observed[key]), known, row)
        for key, known, row in ((key, said.by_key[key], before.get(key)) for key in keys)
        if row is None or row.observed_at <= observed[key]
    ]
    Fact.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["platform", "subject_key", "dump"],
        update_fields=["settles", "evidence", "observed_at"],
    )
    return len(rows)


def _latest(fact: Fact, known: Known, before: Fact | None) -> Fact:
    """``fact`` with what was said now, and with what was said ``before`` at the same time."""
    if before is not None and before.observed_at == fact.observed_at:
        known = known.and_also(_known(before))
    fact.settles, fact.evidence = sorted(known.settles), _plain(known)
    return fact


def _known(fact: Fact) -> Known:
    return Known(frozenset(fact.settles), tuple(_evidence(fact.evidence)))


def _plain(known: Known) -> list[list[str]]:
    return [[one.visibility, one.code, one.detail] for one in known.evidence]


def _evidence(rows: list[list[Any]]) -> Iterator[Evidence]:
    for visibility, code, detail in rows:
        yield Evidence("container", Visibility(visibility), code, detail)
