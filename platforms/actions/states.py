"""What a platform says of accounts and items, as the gate reads it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from audit.actions import record_all
from audit.events import AccountStateChanged, Actor, ItemStateChanged
from platforms.intake import Change
from platforms.keys import account_subject, item_subject
from platforms.models import AccountState, ItemState, Platform
from platforms.reports import Ledger, Outcome, Word

BATCH: Final = 5_000
INSTANT: Final = timedelta(microseconds=1)
BLOCKING: Final = (ItemState.State.DELETED, ItemState.State.PRIVATE, ItemState.State.MODERATED)


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
        blank = [
            AccountState(platform=platform, account_key=key, denied=False)
            for key in sorted(set(new))
        ]
        AccountState.objects.bulk_create(blank, ignore_conflicts=True)
        rows = AccountState.objects.select_for_update(no_key=True).filter(
            platform=platform, account_key__in=set(keys)
        )
        self._rows = {row.account_key: row for row in rows.order_by("account_key")}
        self._ledgers = {
            key: Ledger(row.reasons, row.said_at, row.updated_at) for key, row in self._rows.items()
        }

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
                changed.append(row)
            elif times == (row.said_at or {}):
                continue
            row.reasons, row.denied, row.said_at = reasons, bool(reasons), times
            heard.append(row)
        _write(AccountState, heard, "reasons", "denied")
        record_all(map(_account_event, changed), by=by)
        return len(changed)


class ItemLedgers:
    """What is known of some items, by key; as ``AccountLedgers``. Each key gets a row."""

    def __init__(self, platform: Platform, keys: Iterable[int]) -> None:
        wanted = sorted(set(keys))
        blank = [
            ItemState(platform=platform, item_key=key, state=ItemState.State.RESTORED, blocks=False)
            for key in wanted
        ]
        ItemState.objects.bulk_create(blank, ignore_conflicts=True)
        rows = ItemState.objects.select_for_update(no_key=True).filter(
            platform=platform, item_key__in=wanted
        )
        self._rows = {row.item_key: row for row in rows.order_by("item_key")}
        self._ledgers = {
            key: Ledger(row.active, row.said_at, row.updated_at) for key, row in self._rows.items()
        }

    def hear(self, key: int, word: Word) -> Outcome:
        return self._ledgers[key].hear(word)

    def write(self, *, by: Actor) -> int:
        """Write what was heard, with an entry for each item that changed; their number."""
        heard, changed = [], []
        for key, row in self._rows.items():
            ledger = self._ledgers[key]
            reasons, state = sorted(ledger.active), ledger.newest() or ItemState.State.RESTORED
            if (state, reasons) != (row.state, sorted(row.active)):
                changed.append(row)
            elif ledger.kept() == (row.said_at or {}):
                continue
            row.state, row.blocks, row.reasons = state, bool(reasons), reasons
            row.said_at = ledger.kept()
            heard.append(row)
        _write(ItemState, heard, "state", "blocks", "reasons")
        record_all(map(_item_event, changed), by=by)
        return len(changed)


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


def _write(model: Any, rows: list[Any], *columns: str) -> None:
    # An upsert of rows that are there and locked: ``bulk_update`` takes ten times as long.
    model.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=[*columns, "said_at", "updated_at"],
    )


def _account_event(row: AccountState) -> AccountStateChanged:
    return AccountStateChanged(
        subject=account_subject(row.platform_id, row.account_key),
        platform=row.platform_id,
        reasons=tuple(row.reasons),
        denied=row.denied,
    )


def _item_event(row: ItemState) -> ItemStateChanged:
    return ItemStateChanged(
        subject=item_subject(row.platform_id, row.item_key),
        platform=row.platform_id,
        state=row.state,
    )
