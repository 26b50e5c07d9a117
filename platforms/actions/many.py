"""The rows of many accounts at once, by id, by name, or by the key of an id.

What ``accounts.ensure_account`` does for one, in few statements of SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from audit.actions import record_all
from audit.events import AccountKeysAdded, Actor
from platforms.actions.accounts import holders_of, lock_all_accounts, proven_keyring
from platforms.feeds.naming import as_in_dumps
from platforms.feeds.removals import AccountName
from platforms.keys import Keyring, account_subject, same_name
from platforms.models import Platform

# Lists are parameters of one value each: to write a thousand of them into a statement one by
# one takes longer than the statement. Each condition is that of the index it is looked up in.
FOUND: Final = "SELECT id, native_id, handle, keys FROM platforms_account WHERE platform_id = %s"
LOCKED: Final = " ORDER BY id FOR NO KEY UPDATE"
BY_ID: Final = f"{FOUND} AND native_id = ANY(%s) AND native_id <> ''{LOCKED}"
BY_BARE_NAME: Final = f"{FOUND} AND native_id = '' AND handle = ANY(%s) AND handle <> ''{LOCKED}"
BY_KEY_ALONE: Final = (
    f"{FOUND} AND native_id = '' AND handle = '' AND keys[1] = ANY(%s::bigint[]){LOCKED}"
)
BY_PK: Final = f"{FOUND} AND id = ANY(%s::bigint[]){LOCKED}"
MADE: Final = """
    INSERT INTO platforms_account (platform_id, native_id, handle, keys)
    SELECT %s, native_id, handle, keys::bigint[]
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS made (native_id, handle, keys)
    RETURNING id, native_id, handle, keys
"""
CHANGED: Final = """
    UPDATE platforms_account AS account
    SET native_id = now.native_id, handle = now.handle, keys = now.keys::bigint[]
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
        AS now (id, native_id, handle, keys)
    WHERE account.id = now.id
"""


class AccountNames(NamedTuple):
    """What is known of an account: its id, its name, both, or only the key of its id.

    ``others`` are its id or its name as content may spell it, too: they bind as well.
    """

    native_id: str = ""
    handle: str = ""
    key: int | None = None
    others: tuple["AccountNames", ...] = ()


def names_of(slug: str, named: AccountName, key: int | None = None) -> AccountNames:
    """``named`` as content names the account, in all its spellings, so that a no finds it.

    Raises ``NotUnderstood`` for an id that no dump could have.
    """
    its, others = as_in_dumps(slug, named)
    also = tuple(AccountNames(other.id or "", other.handle or "") for other in others)
    return AccountNames(its.id or "", its.handle or "", key, also)


@dataclass(slots=True)
class AccountRow:
    """What a row of ``Account`` says of who it is, without the model, of which lists have many."""

    pk: int
    native_id: str
    handle: str
    keys: list[int]


@transaction.atomic
def ensure_accounts(
    platform: Platform, names: Sequence[AccountNames], *, by: Actor
) -> list[AccountRow]:
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
    others: tuple[int, ...] = ()

    @classmethod
    def of(cls, platform: Platform, names: AccountNames, ring: Keyring) -> "_Wanted":
        handle = same_name(names.handle)
        keys = ring.named(platform.slug, names.native_id, handle)
        if names.key is not None and not keys:
            return cls("", "", (names.key,))
        if names.key is not None or not keys:
            raise ValueError("an account needs an id, a handle or both, or else a key")
        spelt = (ring.named(platform.slug, each.native_id, each.handle) for each in names.others)
        return cls(names.native_id, handle, keys, tuple(chain.from_iterable(spelt)))

    @property
    def is_key_alone(self) -> bool:
        return not (self.native_id or self.handle)


class _Rows:
    """The rows that are found or made, and what was added to which."""

    def __init__(self, platform: Platform, by: Actor) -> None:
        self._platform, self._by = platform, by
        self._rows: dict[int, AccountRow] = {}
        self._by_id: dict[str, AccountRow] = {}
        self._bare: dict[str, AccountRow] = {}
        self._by_key: dict[int, AccountRow] = {}
        self._added: dict[int, int] = {}
        self._stale: set[int] = set()

    def has(self, wanted: _Wanted) -> bool:
        return self._found(wanted) is not None

    def of(self, wanted: _Wanted) -> AccountRow:
        found = self._found(wanted)
        if found is None:
            raise LookupError("an account was neither found nor made")
        return found

    def name_keyed(self, ids: dict[int, str]) -> None:
        """Give accounts that were known by the key of their id alone the id itself."""
        for row in self._locked(BY_KEY_ALONE, ids):
            row.native_id = ids[row.keys[0]]
            self._keep(row)
            self._note(row, 0)

    def find(self, wanted: Sequence[_Wanted]) -> None:
        ids = [each.native_id for each in wanted if each.native_id]
        names = [each.handle for each in wanted if each.handle and not each.native_id]
        keys = {each.keys[0] for each in wanted if each.is_key_alone}
        for rows in (self._locked(BY_ID, ids), self._locked(BY_BARE_NAME, names)):
            for row in rows:
                self._keep(row)
        for row in self._holding(keys):
            is_bare = row.handle and not row.native_id
            if row.keys[0] in keys and not is_bare:
                self._keep(row)

    def make(self, missing: Sequence[_Wanted]) -> None:
        by_first_key: dict[int, _Wanted] = {}
        # Where a list has an id and its key, the row has the id: the key finds it, too.
        for each in sorted(missing, key=lambda wanted: wanted.is_key_alone):
            by_first_key.setdefault(each.keys[0], each)
        made = [(each.native_id, each.handle, each.keys) for each in by_first_key.values()]
        for row in _rows(MADE, [self._platform.slug, *_columns(made)]) if made else ():
            self._keep(row)
            self._added[row.pk] = len(row.keys)

    def add_names(self, wanted: Sequence[_Wanted]) -> None:
        for each in wanted:
            row = self.of(each)
            if each.native_id and each.handle and each.keys[-1] not in row.keys:
                row.keys.append(each.keys[-1])
                row.handle = each.handle
                self._note(row, 1)
            if missing := [key for key in dict.fromkeys(each.others) if key not in row.keys]:
                row.keys += missing
                self._note(row, len(missing))

    def bind_names(self, handles: dict[str, int]) -> None:
        """Give the rows of bare names the keys of the ids that are known to have had them."""
        for row in self._locked(BY_BARE_NAME, handles):
            self._keep(row)
        bare = [self._bare[handle] for handle in handles if handle in self._bare]
        names = [handles[row.handle] for row in bare]
        holders = {row.pk: row for row in self._holding(names)} | self._rows
        ids = _ids_by_key(holders[pk] for pk in sorted(holders))
        for row, name in zip(bare, names, strict=True):
            if missing := [key for key in ids.get(name, {}) if key not in row.keys]:
                row.keys += missing
                self._note(row, len(missing))

    def write(self) -> None:
        """Write what changed, with an entry for each account that was made or became known."""
        stale = [self._rows[pk] for pk in sorted(self._stale)]
        if stale:
            names = _columns((row.native_id, row.handle, row.keys) for row in stale)
            with connection.cursor() as cursor:
                cursor.execute(CHANGED, [[row.pk for row in stale], *names])
        slug = self._platform.slug
        record_all(
            (_event(slug, self._rows[pk], keys) for pk, keys in self._added.items()), by=self._by
        )

    def _found(self, wanted: _Wanted) -> AccountRow | None:
        if wanted.native_id:
            return self._by_id.get(wanted.native_id)
        if wanted.handle:
            return self._bare.get(wanted.handle)
        return self._by_key.get(wanted.keys[0])

    def _keep(self, row: AccountRow) -> None:
        row = self._rows.setdefault(row.pk, row)
        if row.native_id:
            self._by_id[row.native_id] = row
        elif row.handle:
            self._bare[row.handle] = row
        if row.native_id or not row.handle:
            self._by_key[row.keys[0]] = row

    def _note(self, row: AccountRow, keys: int) -> None:
        self._stale.add(row.pk)
        self._added[row.pk] = self._added.get(row.pk, 0) + keys

    def _holding(self, keys: Iterable[int]) -> list[AccountRow]:
        """Those with any of ``keys``, which may be a name's."""
        return self._locked(BY_PK, holders_of(self._platform, keys))

    def _locked(self, found: str, values: Iterable[Any]) -> list[AccountRow]:
        wanted = list(values)
        return _rows(found, [self._platform.slug, wanted]) if wanted else []


def _rows(statement: str, values: Sequence[Any]) -> list[AccountRow]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [AccountRow(*row) for row in cursor.fetchall()]


def _columns(names: Iterable[tuple[str, str, Sequence[int]]]) -> list[list[str]]:
    """Ids, names and keys as parameters; PostgreSQL takes no list of lists of any length."""
    rows = [(id, handle, f"{{{','.join(map(str, keys))}}}") for id, handle, keys in names]
    return [list(column) for column in zip(*rows, strict=True)]


def _ids_by_key(rows: Iterable[AccountRow]) -> Mapping[int, dict[int, None]]:
    """The keys of the ids of those who have a key, in the order of ``rows``."""
    ids: dict[int, dict[int, None]] = {}
    for row in rows:
        for key in row.keys if row.native_id else ():
            ids.setdefault(key, {})[row.keys[0]] = None
    return ids


def _event(platform: str, row: AccountRow, keys: int) -> AccountKeysAdded:
    subject = account_subject(platform, row.keys[0])
    return AccountKeysAdded(subject=subject, platform=platform, keys=keys)
