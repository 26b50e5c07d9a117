"""The rows of many accounts at once, by id, by name, or by the key of an id.

What ``accounts.ensure_account`` does for one, in few statements of SQL.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.actions import record_all
from audit.events import AccountKeysAdded, Actor
from platforms.actions.accounts import holders_of, lock_all_accounts, proven_keyring
from platforms.keys import Keyring, account_subject, same_name
from platforms.models import Account, Platform


class AccountNames(NamedTuple):
    """What is known of an account: its id, its name, both, or only the key of its id."""

    native_id: str = ""
    handle: str = ""
    key: int | None = None


@transaction.atomic
def ensure_accounts(
    platform: Platform, names: Sequence[AccountNames], *, by: Actor
) -> list[Account]:
    """The account of each of ``names``, in their order; see ``ensure_account``."""
    ring = proven_keyring()
    wanted = [_Wanted.of(platform, each, ring) for each in names]
    lock_all_accounts(platform)
    rows = _Rows(platform, by)
    rows.name_keyed({each.keys[0]: each.native_id for each in wanted if each.native_id})
    rows.find(wanted)
    rows.make([each for each in wanted if not rows.has(each)])
    rows.add_names(wanted)
    rows.bind_names({each.handle: each.keys[-1] for each in wanted if each.handle})
    rows.write()
    return [rows.of(each) for each in wanted]


class _Wanted(NamedTuple):
    """One account by what identifies it: its id, else its name, else the key of its id."""

    native_id: str
    handle: str
    keys: tuple[int, ...]

    @classmethod
    def of(cls, platform: Platform, names: AccountNames, ring: Keyring) -> "_Wanted":
        handle = same_name(names.handle)
        keys = ring.named(platform.slug, names.native_id, handle)
        if names.key is not None and not keys:
            return cls("", "", (names.key,))
        if names.key is not None or not keys:
            raise ValueError("an account needs an id, a handle or both, or else a key")
        return cls(names.native_id, handle, keys)

    @property
    def is_key_alone(self) -> bool:
        return not (self.native_id or self.handle)


class _Rows:
    """The rows that are found or made, and what was added to which."""

    def __init__(self, platform: Platform, by: Actor) -> None:
        self._platform, self._by = platform, by
        self._rows: dict[int, Account] = {}
        self._by_id: dict[str, Account] = {}
        self._bare: dict[str, Account] = {}
        self._by_key: dict[int, Account] = {}
        self._added: dict[int, int] = {}
        self._stale: set[int] = set()

    def has(self, wanted: _Wanted) -> bool:
        return self._found(wanted) is not None

    def of(self, wanted: _Wanted) -> Account:
        found = self._found(wanted)
        if found is None:
            raise LookupError("an account was neither found nor made")
        return found

    def name_keyed(self, ids: dict[int, str]) -> None:
        """Give accounts that were known by the key of their id alone the id itself."""
        pks = holders_of(self._platform, ids)
        for row in self._locked().filter(pk__in=pks, native_id="", handle="", keys__0__in=ids):
            row.native_id = ids[row.keys[0]]
            self._keep(row)
            self._note(row, 0)

    def find(self, wanted: Sequence[_Wanted]) -> None:
        ids = [each.native_id for each in wanted if each.native_id]
        names = [each.handle for each in wanted if each.handle and not each.native_id]
        keys = [each.keys[0] for each in wanted if each.is_key_alone]
        for rows in (self._of_ids(ids), self._of_bare_names(names), self._of_keys(keys)):
            for row in rows:
                self._keep(row)

    def make(self, missing: Sequence[_Wanted]) -> None:
        if not missing:
            return
        by_first_key: dict[int, _Wanted] = {}
        # Where a list has an id and its key, the row has the id: the key finds it, too.
        for each in sorted(missing, key=lambda wanted: wanted.is_key_alone):
            by_first_key.setdefault(each.keys[0], each)
        made = Account.objects.bulk_create(
            Account(
                platform=self._platform,
                native_id=each.native_id,
                handle=each.handle,
                keys=list(each.keys),
            )
            for each in by_first_key.values()
        )
        for row in made:
            self._keep(row)
            self._added[row.pk] = len(row.keys)

    def add_names(self, wanted: Sequence[_Wanted]) -> None:
        for each in wanted:
            row = self.of(each)
            if each.native_id and each.handle and each.keys[-1] not in row.keys:
                row.keys.append(each.keys[-1])
                row.handle = each.handle
                self._note(row, 1)

    def bind_names(self, handles: dict[str, int]) -> None:
        """Give the rows of bare names the keys of the ids that are known to have had them."""
        for row in self._of_bare_names(list(handles)):
            self._keep(row)
        bare = [self._bare[handle] for handle in handles if handle in self._bare]
        names = [handles[row.handle] for row in bare]
        pks = holders_of(self._platform, names)
        holders = {row.pk: row for row in self._locked().filter(pk__in=pks)}
        holders |= self._rows
        named = [row for _, row in sorted(holders.items()) if row.native_id]
        for row, name in zip(bare, names, strict=True):
            ids = [holder.keys[0] for holder in named if name in holder.keys]
            if missing := [key for key in dict.fromkeys(ids) if key not in row.keys]:
                row.keys += missing
                self._note(row, len(missing))

    def write(self) -> None:
        """Write what changed, with an entry for each account that was made or became known."""
        # An upsert of rows that are there and locked: ``bulk_update`` takes ten times as long.
        Account.objects.bulk_create(
            [self._rows[pk] for pk in sorted(self._stale)],
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=["native_id", "handle", "keys"],
        )
        record_all((_event(self._rows[pk], keys) for pk, keys in self._added.items()), by=self._by)

    def _found(self, wanted: _Wanted) -> Account | None:
        if wanted.native_id:
            return self._by_id.get(wanted.native_id)
        if wanted.handle:
            return self._bare.get(wanted.handle)
        return self._by_key.get(wanted.keys[0])

    def _keep(self, row: Account) -> None:
        row = self._rows.setdefault(row.pk, row)
        if row.native_id:
            self._by_id[row.native_id] = row
        elif row.handle:
            self._bare[row.handle] = row
        if row.native_id or not row.handle:
            self._by_key[row.keys[0]] = row

    def _note(self, row: Account, keys: int) -> None:
        self._stale.add(row.pk)
        self._added[row.pk] = self._added.get(row.pk, 0) + keys

    def _of_ids(self, ids: Sequence[str]) -> "QuerySet[Account]":
        # Of a long list PostgreSQL does not see by itself that the partial index has them all.
        return self._locked().filter(native_id__in=ids).exclude(native_id="")

    def _of_bare_names(self, handles: Sequence[str]) -> "QuerySet[Account]":
        return self._locked().filter(native_id="", handle__in=handles).exclude(handle="")

    def _of_keys(self, keys: Sequence[int]) -> "QuerySet[Account]":
        """Those with one of ``keys`` as the key of their id."""
        found = self._locked().filter(pk__in=holders_of(self._platform, keys), keys__0__in=keys)
        return found.exclude(Q(native_id="") & ~Q(handle=""))

    def _locked(self) -> "QuerySet[Account]":
        accounts = Account.objects.filter(platform=self._platform)
        return accounts.select_for_update(no_key=True, of=("self",)).order_by("pk")


def _event(row: Account, keys: int) -> AccountKeysAdded:
    subject = account_subject(row.platform_id, row.keys[0])
    return AccountKeysAdded(subject=subject, platform=row.platform_id, keys=keys)
