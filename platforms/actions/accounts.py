"""Accounts: the rows of those that made a statement or were linked, and their keys."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from audit.actions import record
from audit.events import AccountKeysAdded, AccountLinked, Actor
from people.models import User
from platforms.keys import Keyring, account_subject, same_name
from platforms.models import Account, KeySecret, Platform
from platforms.sources import SOURCES

ACCOUNT_NAMES: Final = 0x6E616D65
"""The class of the advisory locks on all accounts of a platform."""


HOLDERS: Final = """
    SELECT DISTINCT account.id
    FROM unnest(%s::bigint[]) AS known (key)
    JOIN platforms_account AS account ON account.keys @> ARRAY[known.key]
    WHERE account.platform_id = %s
"""
"""One look into the index for each key. Of ``keys && many`` PostgreSQL reads all accounts."""


class AlreadyLinked(Exception):
    """The account belongs to somebody else here."""


class WrongKeySecret(Exception):
    """The keys in the database were made with another secret: no choice would be found."""


def keyring() -> Keyring:
    """The keys of this installation."""
    return _keyring_of(settings.KEY_SECRET)


@transaction.atomic
def proven_keyring() -> Keyring:
    """The keys of this installation, once the database says that they are its own.

    The first use decides. A process that was started without the kept secret makes
    one of its own; content under its keys would get past everybody's choice.
    """
    ours = keyring()
    if not KeySecret.objects.exists():
        KeySecret.objects.bulk_create(
            [KeySecret(fingerprint=ours.fingerprint)], ignore_conflicts=True
        )
    if KeySecret.objects.get().fingerprint != ours.fingerprint:
        raise WrongKeySecret("WITHHOLD_KEY_SECRET is not the secret of this database's keys.")
    return ours


@transaction.atomic
def add_missing_platforms() -> None:
    """Give every platform that has a reader its row; rows that exist stay as they are."""
    Platform.objects.bulk_create(
        [Platform(slug=slug, name=source.name) for slug, source in SOURCES.items()],
        ignore_conflicts=True,
    )


@transaction.atomic
def ensure_account(
    platform: Platform, *, native_id: str = "", handle: str = "", by: Actor
) -> Account:
    """The account with this stable id, or with this handle where no id is known.

    Of several callers at once one makes the row. A handle that comes with the id of
    a known account is added to its names. What is said of a handle alone then also binds
    whoever is known to have had it, by id: so it outlives their next name.
    """
    handle = same_name(handle)
    if not native_id and not handle:
        raise ValueError("an account needs a native id or a handle")
    named = {"native_id": native_id} if native_id else {"native_id": "", "handle": handle}
    keys = proven_keyring().named(platform.slug, native_id, handle)
    _lock_names(platform, keys)
    if native_id:
        _name_keyed(platform, keys[0], native_id, by)
    account, is_new = Account.objects.get_or_create(
        platform=platform, **named, defaults={"handle": handle, "keys": list(keys)}
    )
    if is_new:
        _record_keys(account, len(account.keys), by)
    elif handle:
        account = add_name(account, handle, by=by)
    if handle:
        _bind_by_id(platform, handle, by)
        account.refresh_from_db()
    return account


def holders_of(platform: Platform, keys: Iterable[int]) -> list[int]:
    """The ids of the rows that have any of ``keys``."""
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, [sorted(set(keys)), platform.slug])
        return [pk for (pk,) in cursor.fetchall()]


def lock_all_accounts(platform: Platform) -> None:
    """Let nobody else make or name an account of ``platform`` until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [ACCOUNT_NAMES, platform.slug]
        )


def _lock_names(platform: Platform, keys: Sequence[int]) -> None:
    """Of two who make a name's row and its id's at once, the later one sees both."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))", [ACCOUNT_NAMES, platform.slug]
        )
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _name_keyed(platform: Platform, key: int, native_id: str, by: Actor) -> None:
    """Give an account that was known by the key of its id alone the id, now that it appears."""
    keyed = Account.objects.filter(platform=platform, native_id="", handle="")
    row = keyed.select_for_update(no_key=True).filter(keys__contains=[key], keys__0=key).first()
    if row is not None:
        row.native_id = native_id
        row.save(update_fields=["native_id"])
        _record_keys(row, 0, by)


def _bind_by_id(platform: Platform, handle: str, by: Actor) -> None:
    """Give the row of a bare ``handle`` the keys of the ids that are known to have had it.

    Too much is bound where a name changed hands, never too little.
    """
    named = Account.objects.filter(platform=platform).select_for_update(no_key=True)
    bare = named.filter(native_id="", handle=handle).first()
    if bare is None:
        return
    had_it = Account.objects.filter(platform=platform, keys__contains=bare.keys[:1])
    ids = [account.keys[0] for account in had_it.exclude(native_id="").order_by("pk")]
    if missing := [key for key in ids if key not in bare.keys]:
        bare.keys += missing
        bare.save(update_fields=["keys"])
        _record_keys(bare, len(missing), by)


@transaction.atomic
def add_name(account: Account, handle: str, *, by: Actor) -> Account:
    """Let what is said of ``account`` also bind content that carries ``handle``.

    The names before stay: content from before a rename carries them.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    key = proven_keyring().handle(locked.platform_id, handle)
    if key in locked.keys:
        return locked
    locked.keys.append(key)
    locked.handle = same_name(handle)
    locked.save(update_fields=["keys", "handle"])
    _record_keys(locked, 1, by)
    return locked


@transaction.atomic
def link(account: Account, person: User, *, method: str, by: Actor) -> Account:
    """Make ``account`` one of ``person``'s; ``method`` says how they proved that it is."""
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if locked.person_id == person.pk:
        return locked
    if locked.person_id is not None:
        raise AlreadyLinked(f"account {locked.pk} is linked to another person")
    Account.objects.filter(pk=locked.pk).update(person=person, linked_at=Now())
    subject = account_subject(locked.platform_id, locked.keys[0])
    record(AccountLinked(subject=subject, platform=locked.platform_id, method=method), by=by)
    locked.refresh_from_db()
    return locked


def _record_keys(account: Account, keys: int, by: Actor) -> None:
    subject = account_subject(account.platform_id, account.keys[0])
    record(AccountKeysAdded(subject=subject, platform=account.platform_id, keys=keys), by=by)


@lru_cache(maxsize=8)
def _keyring_of(secret: str) -> Keyring:
    return Keyring(secret.encode())
