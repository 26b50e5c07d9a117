"""A platform's list of those who said no in its own settings: many at once, and only no.

The same locks, statements and entries as ``choices.opt_out`` makes one by one, in few
statements of SQL. There is no reverse: a list that takes a no back would be somebody else's
word against the person's.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from audit.actions import record_all
from audit.events import Actor, OptedOut
from consent.models import ReasonCode, Source, Statement
from platforms.actions import AccountNames, AccountRow, ensure_accounts
from platforms.keys import account_subject
from platforms.models import Platform

REASON: Final = ReasonCode.PLATFORM_LIST
DENIED: Final = """
    INSERT INTO consent_standing AS known
        (account_id, partner, reasons, denied, allowed, version, updated_at)
    SELECT account_id, '', ARRAY[%s]::varchar[], true, false, 1, now()
    FROM unnest(%s::bigint[]) AS account_id ORDER BY account_id
    ON CONFLICT (account_id, partner) DO UPDATE
    SET reasons = known.reasons || excluded.reasons, denied = true, allowed = false,
        version = known.version + 1, updated_at = now()
    WHERE NOT known.reasons @> excluded.reasons
    RETURNING account_id, version
"""
"""One after the other in the order of accounts, as everybody locks standings; see ``choices``."""
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
    versions = _deny(evidence)
    _state(versions, evidence, by)
    subjects = {account.pk: account.keys[0] for account in accounts}
    record_all(_events(platform, versions, subjects), by=by)
    # Listed twice in one part, an account is new the first time only.
    new = set(versions)
    return [_taken(new, account) for account in accounts]


def _taken(new: set[int], account: AccountRow) -> bool:
    if account.pk not in new:
        return False
    new.remove(account.pk)
    return True


def _deny(accounts: Mapping[int, object]) -> dict[int, int]:
    """The new version of each standing that changed, by account."""
    with connection.cursor() as cursor:
        cursor.execute(DENIED, [REASON.value, list(accounts)])
        return dict(cursor.fetchall())


def _state(versions: Mapping[int, int], evidence: Mapping[int, dict[str, str]], by: Actor) -> None:
    act, reason, source = Statement.Act.OPT_OUT.value, REASON.value, Source.IMPORT.value
    with connection.cursor() as cursor, cursor.copy(STATEMENTS) as copy:
        for pk, version in versions.items():
            said = (pk, "", act, reason, source, str(by), version, False)
            copy.write_row((*said, Jsonb(evidence[pk])))


def _events(
    platform: Platform, versions: Mapping[int, int], keys: Mapping[int, int]
) -> Iterator[OptedOut]:
    for pk, version in versions.items():
        yield OptedOut(
            subject=account_subject(platform.slug, keys[pk]),
            platform=platform.slug,
            reason=REASON.value,
            source=Source.IMPORT.value,
            version=version,
        )
