"""What a platform takes back, gives back or renames, as the gate reads it at this commit."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

from django.db import connection, transaction
from msgspec.structs import replace

from audit.events import Actor
from platforms.actions.accounts import holders_of, proven_keyring
from platforms.actions.batches import Result, refused
from platforms.actions.many import AccountNames, ensure_accounts
from platforms.actions.states import AccountLedgers, ItemLedgers, database_time
from platforms.feeds.bodies import Line
from platforms.feeds.naming import account_name, as_in_dumps, scoped
from platforms.feeds.removals import (
    AccountName,
    AccountRenamed,
    Event,
    ItemName,
    ItemRemoved,
    ItemRestored,
    NotUnderstood,
    event_in,
    words_in,
)
from platforms.keys import Keyring
from platforms.models import Account, Platform
from platforms.reports import Outcome, Word, overall

REMOVALS: Final = 0x72656D76
"""The class of the advisory locks that let a platform's removals pass one after the other."""


class Report(NamedTuple):
    """One line that was understood, and what it says of which reason.

    ``others`` are other spellings of its account, under which content may have it.
    """

    line: Line
    event: Event
    words: list[Word]
    others: tuple[AccountName, ...] = ()


@transaction.atomic
def take_removals(platform: Platform, lines: Sequence[Line], *, by: Actor) -> list[Result]:
    """Apply every line that is understood, in order, and say what became of each line.

    Once this is committed no new download holds what was taken back: the gate reads the
    rows written here.
    """
    _one_at_a_time(platform)
    now = database_time()
    understood = [_understood(platform, line, now) for line in lines]
    reports = [report for report in understood if isinstance(report, Report)]
    named = Named(platform, proven_keyring())
    outcomes = _rename(named, reports, by)
    outcomes |= _note_items(named, reports, by)
    outcomes |= _note_accounts(named, reports, now, by)
    return [
        {"line": each.line.number, "result": str(outcomes[each.line.number])}
        if isinstance(each, Report)
        else each
        for each in understood
    ]


class Named:
    """The keys by which one platform's items and accounts are known."""

    def __init__(self, platform: Platform, keyring: Keyring) -> None:
        self.platform = platform
        self._keyring = keyring
        self._keys_of_id: dict[str, set[int]] = {}
        self._keys_of_name: dict[int, set[int]] = {}

    def items(self, item: ItemName) -> tuple[int, ...]:
        slug = self.platform.slug
        names = scoped(slug, item)
        return tuple(self._keyring.item(slug, one.kind, one.container, one.id) for one in names)

    def keys(self, account: AccountName) -> tuple[int, ...]:
        return self._keyring.named(self.platform.slug, account.id, account.handle)

    def look_up(self, accounts: Sequence[AccountName]) -> None:
        """Learn which of ``accounts`` have rows, and by what else those are known."""
        ids = [account.id for account in accounts if account.id]
        names = [key for account in accounts if not account.id for key in self.keys(account)]
        rows = Account.objects.filter(platform=self.platform).exclude(native_id="")
        holders = holders_of(self.platform, names)
        for row in (*rows.filter(native_id__in=ids), *rows.filter(pk__in=holders)):
            self._keys_of_id[row.native_id] = set(row.keys)
            for key in row.keys:
                self._keys_of_name.setdefault(key, set()).update(row.keys)

    def keys_of_ids(self, ids: Iterable[str | None]) -> dict[str | None, set[int]]:
        """The keys of those of ``ids`` that have a row."""
        rows = Account.objects.filter(platform=self.platform, native_id__in=set(ids))
        found = rows.exclude(native_id="").values_list("native_id", "keys")
        return {native_id: set(keys) for native_id, keys in found}

    def all_keys(self, account: AccountName, others: Iterable[AccountName] = ()) -> set[int]:
        """Its keys, those of its other names, and of whoever is known to have had its name.

        Who is meant by a mere name is not sure: too much is bound, never too little.
        """
        keys = {key for each in (account, *others) for key in self.keys(each)}
        ids = [each.id for each in (account, *others) if each.id]
        if ids:
            return keys.union(*(self._keys_of_id.get(each, set()) for each in ids))
        return keys.union(*(self._keys_of_name.get(key, set()) for key in keys))


def _one_at_a_time(platform: Platform) -> None:
    """Two parts with the same accounts in another order would wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [REMOVALS, platform.slug])


def _understood(platform: Platform, line: Line, now: datetime) -> Report | Result:
    if line.refused:
        return refused(line, line.refused)
    try:
        event = event_in(line.record)
        words = words_in(event, now=now)
        if isinstance(event, ItemRemoved | ItemRestored):
            scoped(platform.slug, event.item)
            return Report(line, event, words)
        account, others = as_in_dumps(platform.slug, event.account)
        if isinstance(event, AccountRenamed):
            name = account_name(platform.slug, event.new_handle)
            others += tuple(AccountName(handle=other) for other in name.others)
            event = replace(event, new_handle=name.name)
        return Report(line, replace(event, account=account), words, others)
    except NotUnderstood as error:
        return refused(line, str(error))


def _rename(named: Named, reports: Sequence[Report], by: Actor) -> dict[int, Outcome]:
    """Make the new names known first: what is said of a name then reaches who had it."""
    renames = {
        report.line.number: (report.event, report.others)
        for report in reports
        if isinstance(report.event, AccountRenamed)
    }
    known = named.keys_of_ids([event.account.id for event, _ in renames.values()])
    ensure_accounts(named.platform, list(_names_given(renames.values())), by=by)
    outcomes = {}
    for number, (event, others) in renames.items():
        now = AccountName(id=event.account.id, handle=event.new_handle)
        keys = {key for each in (event.account, now, *others) for key in named.keys(each)}
        before = known.setdefault(event.account.id, set())
        outcomes[number] = Outcome.UNCHANGED if keys <= before else Outcome.APPLIED
        before |= keys
    return outcomes


def _names_given(
    renames: Iterable[tuple[AccountRenamed, tuple[AccountName, ...]]],
) -> Iterator[AccountNames]:
    """The name before, where it is said, and then the new one."""
    for event, others in renames:
        also = tuple(AccountNames(other.id or "", other.handle or "") for other in others)
        for handle in (event.account.handle, event.new_handle):
            if handle:
                yield AccountNames(event.account.id or "", handle, others=also)


def _note_items(named: Named, reports: Sequence[Report], by: Actor) -> dict[int, Outcome]:
    keys = {
        report.line.number: named.items(report.event.item)
        for report in reports
        if isinstance(report.event, ItemRemoved | ItemRestored)
    }
    items = ItemLedgers(named.platform, chain.from_iterable(keys.values()))
    outcomes = {
        report.line.number: overall(
            items.hear(key, word) for key in keys[report.line.number] for word in report.words
        )
        for report in reports
        if report.line.number in keys
    }
    items.write(by=by)
    return outcomes


def _note_accounts(
    named: Named, reports: Sequence[Report], now: datetime, by: Actor
) -> dict[int, Outcome]:
    events = {
        report.line.number: report.event
        for report in reports
        if not isinstance(report.event, ItemRemoved | ItemRestored)
    }
    others = {report.line.number: report.others for report in reports}
    named.look_up(
        [name for number, event in events.items() for name in (event.account, *others[number])]
    )
    keys = {
        number: named.all_keys(event.account, others[number]) for number, event in events.items()
    }
    wanted = {key for each in keys.values() for key in each}
    accounts = AccountLedgers(named.platform, wanted, new=wanted)
    outcomes = {}
    for report in reports:
        number = report.line.number
        if number in events and report.words:
            outcomes[number] = overall(
                accounts.hear(key, word) for key in keys[number] for word in report.words
            )
    for number, event in events.items():
        if isinstance(event, AccountRenamed):
            _share_reasons(accounts, keys[number], now)
    accounts.write(by=by)
    return outcomes


def _share_reasons(accounts: AccountLedgers, keys: set[int], now: datetime) -> None:
    """What stands against an account under one of its names stands against it under each."""
    reasons = frozenset().union(*(accounts.reasons(key) for key in keys))
    for key in keys:
        for reason in reasons - accounts.reasons(key):
            accounts.hear(key, Word(reason, True, now))
