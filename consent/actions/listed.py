"""A platform's list of those who said no in its own settings: many at once, and only no.

The same locks, statements and entries as ``choices.opt_out`` makes one by one, in few
statements of SQL. There is no reverse: a list that takes a no back would be somebody else's
word against the person's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import F, Func, Value
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from audit.actions import record_all
from audit.events import Actor
from consent.actions.choices import event_of
from consent.models import ReasonCode, Source, Standing, Statement
from platforms.actions import AccountNames, ensure_accounts
from platforms.models import Account, Platform

REASON: Final = ReasonCode.PLATFORM_LIST
BLANK_STANDINGS: Final = """
    INSERT INTO consent_standing
        (account_id, partner, reasons, denied, allowed, version, updated_at)
    SELECT account_id, '', '{}', false, false, 0, now() FROM unnest(%s::bigint[]) AS account_id
    ON CONFLICT DO NOTHING
"""
STATEMENTS: Final = (
    "COPY consent_statement (account_id, partner, act, reason, source, by, version,"
    " include_older, evidence) FROM STDIN"
)
"""Through the models, a hundred thousand lines would take four times as long."""


@transaction.atomic
def opt_out_listed(
    platform: Platform,
    listed: Sequence[AccountNames],
    *,
    chosen_at: Sequence[datetime | None],
    batch: str,
    by: Actor,
) -> list[bool]:
    """Stop sharing for every account of the list; True for each that was not listed before.

    Whoever is not known here gets a row, and is bound when their account appears. ``batch``
    and the time at which they chose, where the platform says it, are kept as evidence.
    """
    accounts = ensure_accounts(platform, listed, by=by)
    evidence: dict[int, dict[str, str]] = {}
    for account, at in zip(accounts, chosen_at, strict=True):
        said = {"batch": batch} | ({"at": at.isoformat()} if at else {})
        evidence.setdefault(account.pk, said)
    standings = _locked_standings({account.pk: account for account in accounts})
    changed = [standing for standing in standings if REASON not in standing.reasons]
    _deny(changed)
    _state(changed, evidence, by)
    new = {standing.account_id for standing in changed}
    # Listed twice in one part, an account is new the first time only.
    return [_taken(new, account.pk) for account in accounts]


def _taken(new: set[int], pk: int) -> bool:
    if pk not in new:
        return False
    new.remove(pk)
    return True


def _locked_standings(accounts: dict[int, Account]) -> list[Standing]:
    """The standing for everybody of each account, made where there was none; see ``choices``."""
    with connection.cursor() as cursor:
        cursor.execute(BLANK_STANDINGS, [sorted(accounts)])
    standings = list(
        Standing.objects.select_for_update(of=("self",))
        .filter(account__in=accounts, partner="")
        .order_by("account_id")
    )
    for standing in standings:
        standing.account = accounts[standing.account_id]
    return standings


def _deny(standings: Sequence[Standing]) -> None:
    """Each is locked, so that it is still what was read."""
    for standing in standings:
        standing.version += 1
    Standing.objects.filter(pk__in=[standing.pk for standing in standings]).update(
        reasons=Func(F("reasons"), Value(REASON.value), function="array_append"),
        denied=True,
        allowed=False,
        version=F("version") + 1,
        updated_at=Now(),
    )


def _state(standings: Sequence[Standing], evidence: dict[int, dict[str, str]], by: Actor) -> None:
    statements = [
        Statement(
            account=standing.account,
            act=Statement.Act.OPT_OUT,
            reason=REASON,
            source=Source.IMPORT,
            by=str(by),
            version=standing.version,
            evidence=evidence[standing.account_id],
        )
        for standing in standings
    ]
    with connection.cursor() as cursor, cursor.copy(STATEMENTS) as copy:
        for each in statements:
            said = (each.account_id, each.partner, str(each.act), str(each.reason))
            door = (str(each.source), each.by, each.version, each.include_older)
            copy.write_row((*said, *door, Jsonb(each.evidence)))
    record_all(map(event_of, statements), by=by)
