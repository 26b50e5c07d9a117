"""What a platform takes back, gives back or renames, as the gate reads it at this commit."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

from django.db import connection, transaction
from msgspec.structs import replace

from audit.events import Actor
from platforms.actions.accounts import holders_of, proven_keyring
from platforms.actions.batches import Result, refused
from platforms.actions.many import AccountNames, ensure_accounts
from platforms.actions.states import INSTANT, AccountLedgers, ItemLedgers, database_time
from platforms.feeds.bodies import Line
from platforms.feeds.naming import account_name, as_in_dumps, scoped
from platforms.feeds.removals import (
    AccountName,
    AccountRenamed,
    AccountRestored,
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

    def ids(self, account: AccountName, others: Iterable[AccountName] = ()) -> tuple[int, ...]:
        """The keys of its id, in all its spellings; of nobody else."""
        named = (self.keys(AccountName(id=each.id)) for each in (account, *others) if each.id)
        return tuple(chain.from_iterable(named))

    def holders(self, keys: Collection[int]) -> dict[int, set[int]]:
        """The keys of the ids of whoever is known to have one of ``keys``."""
        rows = Account.objects.filter(pk__in=holders_of(self.platform, keys) if keys else [])
        found: dict[int, set[int]] = {}
        for row in rows.exclude(native_id=""):
            for key in row.keys:
                found.setdefault(key, set()).add(row.keys[0])
        return found

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
    given_back = {
        key
        for number, event in events.items()
        if isinstance(event, AccountRestored)
        for key in keys[number]
    }
    holders = named.holders(given_back)
    wanted = {key for each in keys.values() for key in each}
    known = wanted.union(*holders.values())
    accounts = AccountLedgers(named.platform, known, new=wanted)
    outcomes = {}
    for report in reports:
        number = report.line.number
        if number in events and report.words:
            ids = named.ids(events[number].account, others[number])
            heard = _Heard(accounts, ids, keys[number], holders)
            outcomes[number] = overall(chain.from_iterable(map(heard.of, report.words)))
    for number, event in events.items():
        if isinstance(event, AccountRenamed):
            _share_reasons(accounts, named.ids(event.account), keys[number], now)
    accounts.write(by=by)
    return outcomes


class _Heard(NamedTuple):
    """What one account hears: under the keys of its ids, and under its names, which may be shared.

    A name that was denied by the same word as the account itself is the account's to give
    back. One that was denied at another time, or by whose other holder it is denied now, is not.
    """

    accounts: AccountLedgers
    ids: tuple[int, ...]
    keys: set[int]
    holders: Mapping[int, set[int]]

    def of(self, word: Word) -> Iterator[Outcome]:
        before = _said_at(self.accounts, self.ids, word.reason)
        surely = self.keys.intersection(self.ids) or self.keys
        outcomes = [self.accounts.hear(key, word) for key in sorted(surely)]
        yield from outcomes
        if before is None and {*outcomes} == {Outcome.STALE}:
            # It was given back since, so its names are not denied by the older word, either.
            return
        for key in sorted(self.keys - surely):
            if word.denies:
                yield self.accounts.hear(key, self._beside_others(key, word, before))
            elif self._is_its_own(key, word.reason, before):
                yield self.accounts.hear(key, word)
            else:
                yield Outcome.UNCHANGED

    def _beside_others(self, key: int, word: Word, before: datetime | None) -> Word:
        """Never quite at the same time where somebody else is denied under this name, too."""
        if word.reason not in self.accounts.reasons(key):
            return word
        known = self.accounts.said_at(key, word.reason)
        return word if known == before else word._replace(at=max(word.at, known) + INSTANT)

    def _is_its_own(self, key: int, reason: str, before: datetime | None) -> bool:
        if reason not in self.accounts.reasons(key):
            return True
        rivals = self.holders.get(key, set()) - set(self.ids)
        is_shared = any(reason in self.accounts.reasons(rival) for rival in rivals)
        return self.accounts.said_at(key, reason) == before and not is_shared


def _said_at(accounts: AccountLedgers, ids: Iterable[int], reason: str) -> datetime | None:
    """When ``reason`` was said of the account itself, if it stands."""
    times = [accounts.said_at(key, reason) for key in ids if reason in accounts.reasons(key)]
    return max(times, default=None)


def _share_reasons(
    accounts: AccountLedgers, ids: tuple[int, ...], keys: set[int], now: datetime
) -> None:
    """What stands against an account under one of its names stands against it under each.

    It was said when it was said of the account: as the account's own word it is given back.
    """
    reasons = frozenset().union(*(accounts.reasons(key) for key in keys))
    for reason in reasons:
        said_at = _said_at(accounts, ids, reason) or _said_at(accounts, keys, reason) or now
        for key in keys:
            if reason not in accounts.reasons(key):
                outcome = accounts.hear(key, Word(reason, True, said_at))
                if outcome is Outcome.STALE:
                    accounts.hear(key, Word(reason, True, now))
