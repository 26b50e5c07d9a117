"""What a platform says of accounts and items, as the gate reads it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from audit.actions import record_all
from audit.events import AccountStateChanged, Actor, ItemStateChanged
from platforms.intake import Change
from platforms.keys import account_subject, item_subject
from platforms.models import ItemState, Platform
from platforms.reports import Ledger, Outcome, Word

BATCH: Final = 5_000
INSTANT: Final = timedelta(microseconds=1)
BLOCKING: Final = (ItemState.State.DELETED, ItemState.State.PRIVATE, ItemState.State.MODERATED)

# Thousands of rows are one parameter each time: through the models they would be thousands,
# and to write those into a statement takes longer than the statement.
NEW_ACCOUNTS: Final = """
    INSERT INTO platforms_accountstate (platform_id, account_key, reasons, denied, updated_at)
    SELECT %s, key, '{}', false, statement_timestamp()
    FROM unnest(%s::bigint[]) AS key ORDER BY key
    ON CONFLICT DO NOTHING
"""
LOCKED_ACCOUNTS: Final = """
    SELECT id, account_key, reasons, said_at, updated_at FROM platforms_accountstate
    WHERE platform_id = %s AND account_key = ANY(%s::bigint[])
    ORDER BY account_key FOR NO KEY UPDATE
"""
HEARD_ACCOUNTS: Final = """
    UPDATE platforms_accountstate AS known
    SET reasons = heard.reasons, denied = heard.reasons <> '{}', said_at = heard.said_at,
        updated_at = statement_timestamp()
    FROM jsonb_to_recordset(%s::jsonb) AS heard (id bigint, reasons varchar[], said_at jsonb)
    WHERE known.id = heard.id
"""
NEW_ITEMS: Final = """
    INSERT INTO platforms_itemstate (platform_id, item_key, state, blocks, updated_at)
    SELECT %s, key, 'restored', false, statement_timestamp()
    FROM unnest(%s::bigint[]) AS key ORDER BY key
    ON CONFLICT DO NOTHING
"""
# Rows from before states were kept apart have only the one that was said last.
LOCKED_ITEMS: Final = """
    SELECT id, item_key,
        CASE WHEN NOT blocks THEN '{}'
             WHEN cardinality(reasons) > 0 THEN reasons ELSE ARRAY[state] END,
        said_at, updated_at, state
    FROM platforms_itemstate
    WHERE platform_id = %s AND item_key = ANY(%s::bigint[])
    ORDER BY item_key FOR NO KEY UPDATE
"""
HEARD_ITEMS: Final = """
    UPDATE platforms_itemstate AS known
    SET reasons = heard.reasons, blocks = heard.reasons <> '{}', state = heard.state,
        said_at = heard.said_at, updated_at = statement_timestamp()
    FROM jsonb_to_recordset(%s::jsonb)
        AS heard (id bigint, reasons varchar[], said_at jsonb, state varchar)
    WHERE known.id = heard.id
"""


class Times(NamedTuple):
    """When a reading's denials were said, and its clearings; and when what it corrects was."""

    denied: datetime
    cleared: datetime
    corrected: frozenset[datetime] = frozenset()


def note_account(
    platform: Platform,
    keys: Collection[int],
    *,
    denies: Collection[str] = (),
    clears: Collection[str] = (),
    by: Actor,
) -> int:
    """Note one reading of an account under each of its keys; see ``note_accounts``."""
    change = Change(frozenset(denies), frozenset(clears) - frozenset(denies))
    return note_accounts(platform, dict.fromkeys(keys, change), by=by)


@transaction.atomic
def note_accounts(
    platform: Platform,
    changes: Mapping[int, Change],
    *,
    by: Actor,
    at: datetime | None = None,
    cleared_at: datetime | None = None,
    corrects: Collection[datetime] = (),
) -> int:
    """Apply what was read of the accounts with these keys; give how many changed.

    ``at`` is when it was read, by default now. A reason goes only when it is cleared by
    name, by a reading newer than what it rests on; ``cleared_at`` is for a reader who
    cannot tell when that was, and then the earlier of two guesses. ``corrects`` are the times
    at which this reader alone spoke before: those words it may clear, whatever their time.
    """
    read_at = at or database_time()
    times = Times(read_at, cleared_at or read_at, frozenset(corrects))
    keys = sorted(key for key, change in changes.items() if change != Change())
    return sum(
        _note_batch(platform, {key: changes[key] for key in keys[start : start + BATCH]}, times, by)
        for start in range(0, len(keys), BATCH)
    )


@transaction.atomic
def note_item(platform: Platform, item_key: int, state: ItemState.State, *, by: Actor) -> ItemState:
    """Note what became of an item just now; anything but restored blocks it."""
    denies = state != ItemState.State.RESTORED
    reasons = (state,) if denies else BLOCKING
    items = ItemLedgers(platform, [item_key])
    now = database_time()
    for reason in reasons:
        items.hear(item_key, Word(str(reason), denies, now))
    items.write(by=by)
    return ItemState.objects.get(platform=platform, item_key=item_key)


def database_time() -> datetime:
    """Now, by the one clock that all machines share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


class AccountLedgers:
    """What is known of some accounts, by key: locked, changed word by word, then written.

    For one transaction. A row has to exist to be locked: of two transactions that meet at a
    new account, the second one adds its words to those of the first. The keys in ``new`` get
    one; of others without a row nothing is known, and nothing is kept.
    """

    def __init__(self, platform: Platform, keys: Iterable[int], *, new: Iterable[int]) -> None:
        self._platform = platform
        _make(NEW_ACCOUNTS, platform, new)
        self._rows = {row.key: row for row in _locked(LOCKED_ACCOUNTS, platform, keys)}
        self._ledgers = {key: row.ledger() for key, row in self._rows.items()}

    def hear(self, key: int, word: Word) -> Outcome:
        if key not in self._ledgers:
            return Outcome.UNCHANGED
        return self._ledgers[key].hear(word)

    def reasons(self, key: int) -> frozenset[str]:
        """What denies the account now."""
        return frozenset(self._ledgers[key].active) if key in self._ledgers else frozenset()

    def said_at(self, key: int, reason: str) -> datetime:
        """When ``reason`` was said, which denies the account now."""
        return self._ledgers[key].said_at(reason)

    def write(self, *, by: Actor) -> int:
        """Write what was heard, with an entry for each account that changed; their number."""
        heard, changed = [], []
        for key, row in self._rows.items():
            reasons, times = sorted(self._ledgers[key].active), self._ledgers[key].kept()
            if reasons != sorted(row.reasons):
                changed.append(_account_event(self._platform.slug, key, reasons))
            elif times == row.said_at:
                continue
            heard.append({"id": row.pk, "reasons": reasons, "said_at": times})
        _write(HEARD_ACCOUNTS, heard)
        record_all(changed, by=by)
        return len(changed)


class ItemLedgers:
    """What is known of some items, by key; as ``AccountLedgers``. Each key gets a row."""

    def __init__(self, platform: Platform, keys: Iterable[int]) -> None:
        self._platform = platform
        wanted = set(keys)
        _make(NEW_ITEMS, platform, wanted)
        self._rows = {row.key: row for row in _locked(LOCKED_ITEMS, platform, wanted)}
        self._ledgers = {key: row.ledger() for key, row in self._rows.items()}

    def hear(self, key: int, word: Word) -> Outcome:
        return self._ledgers[key].hear(word)

    def write(self, *, by: Actor) -> int:
        """Write what was heard, with an entry for each item that changed; their number."""
        heard, changed = [], []
        for key, row in self._rows.items():
            reasons, times = sorted(self._ledgers[key].active), self._ledgers[key].kept()
            state = self._ledgers[key].newest() or ItemState.State.RESTORED.value
            if (state, reasons) != (row.state, sorted(row.reasons)):
                changed.append(_item_event(self._platform.slug, key, state))
            elif times == row.said_at:
                continue
            heard.append({"id": row.pk, "reasons": reasons, "said_at": times, "state": state})
        _write(HEARD_ITEMS, heard)
        record_all(changed, by=by)
        return len(changed)


@dataclass(slots=True)
class _Row:
    """What a locked row says: what denies or blocks now, and when it was said."""

    pk: int
    key: int
    reasons: list[str]
    said_at: dict[str, str]
    updated_at: datetime
    state: str = ""

    def ledger(self) -> Ledger:
        return Ledger(self.reasons, self.said_at, self.updated_at)


def _note_batch(platform: Platform, changes: Mapping[int, Change], times: Times, by: Actor) -> int:
    denied = [key for key, change in changes.items() if change.denies]
    accounts = AccountLedgers(platform, changes, new=denied)
    for key, change in changes.items():
        known = {reason: accounts.said_at(key, reason) for reason in accounts.reasons(key)}
        for reason in change.clears & known.keys():
            accounts.hear(key, Word(reason, False, _cleared_at(known[reason], times)))
        for reason in change.denies:
            accounts.hear(key, Word(reason, True, _denied_at(known.get(reason), times)))
    return accounts.write(by=by)


def _cleared_at(said_at: datetime, times: Times) -> datetime:
    return max(times.cleared, said_at + INSTANT) if said_at in times.corrected else times.cleared


def _denied_at(said_at: datetime | None, times: Times) -> datetime:
    """Never quite when the reader spoke, where others deny too: it cannot correct them."""
    alone = said_at is None or said_at in times.corrected
    return times.denied if alone else times.denied + INSTANT


def _make(statement: str, platform: Platform, keys: Iterable[int]) -> None:
    wanted = sorted(set(keys))
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(statement, [platform.slug, wanted])


def _locked(statement: str, platform: Platform, keys: Iterable[int]) -> Iterator[_Row]:
    wanted = sorted(set(keys))
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, [platform.slug, wanted])
        found = cursor.fetchall()
    for pk, key, reasons, said_at, updated_at, *state in found:
        yield _Row(pk, key, reasons, json.loads(said_at or "{}"), updated_at, *state)


def _write(statement: str, heard: Sequence[Mapping[str, Any]]) -> None:
    if heard:
        with connection.cursor() as cursor:
            cursor.execute(statement, [json.dumps(heard)])


def _account_event(platform: str, key: int, reasons: Sequence[str]) -> AccountStateChanged:
    return AccountStateChanged(
        subject=account_subject(platform, key),
        platform=platform,
        reasons=tuple(reasons),
        denied=bool(reasons),
    )


def _item_event(platform: str, key: int, state: str) -> ItemStateChanged:
    return ItemStateChanged(subject=item_subject(platform, key), platform=platform, state=state)
