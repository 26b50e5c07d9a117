"""Accounts and what the platform says of them."""

import threading
from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from audit.events import SYSTEM
from audit.models import Entry
from people.models import User
from platforms import actions
from platforms.actions import AlreadyLinked, keyring
from platforms.models import Account, AccountState, ItemState, KeySecret, Platform
from platforms.sources import SOURCES

pytestmark = pytest.mark.django_db


@pytest.fixture
def tumblr() -> Platform:
    return Platform.objects.get(slug="tumblr")


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob")


def note(platform, key=1, **facts) -> int:
    return actions.note_account(platform, [key], by=SYSTEM, **facts)


def reasons(platform, key=1) -> list[str]:
    return AccountState.objects.get(platform=platform, account_key=key).reasons


def events() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("event", flat=True))


def in_two_threads(work) -> None:
    """Run ``work`` twice at once, each time on a connection of its own."""
    start = threading.Barrier(2)
    errors = []

    def run():
        try:
            start.wait(10)
            work()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []


def test_every_platform_with_a_reader_has_its_row():
    assert set(Platform.objects.values_list("slug", flat=True)) == set(SOURCES)


def test_adding_missing_platforms_again_keeps_what_an_operator_changed(tumblr):
    Platform.objects.filter(pk="tumblr").update(mode=Platform.Mode.OPT_IN)

    actions.add_missing_platforms()

    tumblr.refresh_from_db()
    assert tumblr.mode == Platform.Mode.OPT_IN


# Accounts -----------------------------------------------------------------------------------


def test_an_account_has_the_key_of_its_id_and_of_its_name(tumblr):
    account = actions.ensure_account(tumblr, native_id="t:17", handle="Alice-Blog", by=SYSTEM)

    assert account.keys == [
        keyring().account("tumblr", "t:17"),
        keyring().handle("tumblr", "alice-blog"),
    ]
    assert events() == ["account.keys_added"]


def test_the_same_account_is_made_once_also_under_another_spelling(tumblr):
    first = actions.ensure_account(tumblr, handle="Alice", by=SYSTEM)

    assert actions.ensure_account(tumblr, handle=" @alice ", by=SYSTEM) == first
    assert events() == ["account.keys_added"]


@pytest.mark.parametrize("id_first", [True, False])
def test_who_is_known_by_name_only_is_bound_by_id_once_the_id_is_known(tumblr, id_first):
    named = {"handle": "alice"}, {"handle": "alice", "native_id": "t:17"}
    for names in reversed(named) if id_first else named:
        actions.ensure_account(tumblr, **names, by=SYSTEM)

    by_name = Account.objects.get(native_id="")

    assert by_name.keys == [
        keyring().handle("tumblr", "alice"),
        keyring().account("tumblr", "t:17"),
    ]


@pytest.mark.django_db(transaction=True)
def test_so_it_is_when_both_become_known_at_once(tumblr):
    named = [{"handle": "alice"}, {"handle": "alice", "native_id": "t:17"}]

    in_two_threads(lambda: actions.ensure_account(tumblr, **named.pop(), by=SYSTEM))

    assert len(Account.objects.get(native_id="").keys) == 2


def test_a_process_with_another_key_secret_names_nobody(tumblr, settings):
    actions.ensure_account(tumblr, native_id="t:17", by=SYSTEM)
    settings.KEY_SECRET = "another secret of at least 32 bytes"

    with pytest.raises(actions.WrongKeySecret):
        actions.ensure_account(tumblr, native_id="t:18", by=SYSTEM)

    assert Account.objects.get().native_id == "t:17"


@pytest.mark.django_db(transaction=True)
def test_of_two_first_secrets_one_holds(tumblr, settings):
    in_two_threads(actions.proven_keyring)

    assert KeySecret.objects.get().fingerprint == keyring().fingerprint


@pytest.mark.parametrize("change", ["UPDATE {} SET fingerprint = ''", "DELETE FROM {}"])
def test_the_secret_of_a_database_cannot_be_changed(tumblr, change):
    actions.proven_keyring()

    with pytest.raises(DatabaseError, match="is refused"), connection.cursor() as cursor:
        cursor.execute(change.format("platforms_keysecret"))


def test_an_account_without_any_name_is_refused(tumblr):
    with pytest.raises(ValueError, match="a native id or a handle"):
        actions.ensure_account(tumblr, handle=" @ ", by=SYSTEM)


def test_a_rename_adds_a_key_and_keeps_the_older_ones(tumblr):
    account = actions.ensure_account(tumblr, native_id="t:17", handle="old-name", by=SYSTEM)

    renamed = actions.ensure_account(tumblr, native_id="t:17", handle="new-name", by=SYSTEM)

    assert renamed.pk == account.pk
    assert renamed.keys == [*account.keys, keyring().handle("tumblr", "new-name")]
    assert renamed.handle == "new-name"


def test_a_name_that_is_known_changes_nothing(tumblr):
    account = actions.ensure_account(tumblr, native_id="t:17", handle="name", by=SYSTEM)
    account.refresh_from_db()

    again = actions.add_name(account, "NAME", by=SYSTEM)

    assert (again.keys, again.xid) == (account.keys, account.xid)
    assert events() == ["account.keys_added"]


@pytest.mark.django_db(transaction=True)
def test_two_who_name_an_account_at_once_get_the_same_row(tumblr):
    in_two_threads(lambda: actions.ensure_account(tumblr, native_id="t:17", by=SYSTEM))

    assert Account.objects.count() == 1
    assert events() == ["account.keys_added"]


def test_an_account_is_linked_once_and_the_trail_says_how(tumblr, alice):
    account = actions.ensure_account(tumblr, native_id="t:17", by=SYSTEM)

    for _ in range(2):
        linked = actions.link(account, alice, method="oauth", by=SYSTEM)

    assert linked.person == alice
    assert linked.linked_at is not None
    entry = Entry.objects.get(event="account.linked")
    assert entry.facts == {"method": "oauth"}
    assert entry.subject == f"account:tumblr:{account.keys[0] & (2**64 - 1):016x}"


def test_an_account_of_somebody_else_cannot_be_linked(tumblr, alice, bob):
    account = actions.ensure_account(tumblr, native_id="t:17", by=SYSTEM)
    actions.link(account, alice, method="oauth", by=SYSTEM)

    with pytest.raises(AlreadyLinked):
        actions.link(account, bob, method="oauth", by=SYSTEM)

    account.refresh_from_db()
    assert account.person == alice


# What the platform says ---------------------------------------------------------------------


def test_a_denial_is_noted_with_its_reasons(tumblr):
    note(tumblr, denies={"private", "platform_opt_out"})

    row = AccountState.objects.get()
    assert (row.reasons, row.denied) == (["platform_opt_out", "private"], True)
    assert Entry.objects.get().facts == {
        "reasons": ["platform_opt_out", "private"],
        "denied": True,
    }


def test_a_reason_goes_only_when_it_is_cleared_by_name(tumblr):
    note(tumblr, denies={"private", "platform_opt_out"})

    note(tumblr, clears={"private", "gone"})

    assert reasons(tumblr) == ["platform_opt_out"]


def test_a_platform_that_resets_its_own_switch_does_not_opt_anybody_in(tumblr):
    note(tumblr, denies={"platform_opt_out"})

    note(tumblr, denies={"private"})
    note(tumblr, clears={"private"})

    assert reasons(tumblr) == ["platform_opt_out"]


def test_an_account_whose_last_reason_is_cleared_is_not_denied(tumblr):
    note(tumblr, denies={"private"})

    note(tumblr, clears={"private"})

    assert not AccountState.objects.denied().exists()


def test_what_is_denied_and_cleared_at_once_is_denied(tumblr):
    note(tumblr, denies={"private"}, clears={"private"})

    assert reasons(tumblr) == ["private"]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({}, id="nothing said"),
        pytest.param({"denies": {"private"}}, id="said again"),
        pytest.param({"clears": {"gone"}}, id="cleared what was not there"),
    ],
)
def test_a_reading_that_changes_nothing_is_no_news_for_the_gate(tumblr, facts):
    note(tumblr, denies={"private"})
    before = AccountState.objects.values_list("xid", "reasons").get()

    changed = note(tumblr, **facts)

    assert changed == 0
    assert AccountState.objects.values_list("xid", "reasons").get() == before
    assert Entry.objects.count() == 1


def test_clearing_an_account_that_nobody_denied_makes_no_row(tumblr):
    note(tumblr, clears={"private"})

    assert not AccountState.objects.exists()


def test_platforms_do_not_mix(tumblr):
    note(tumblr, denies={"private"})

    note(Platform.objects.get(slug="wordpress"), clears={"private"})

    assert reasons(tumblr) == ["private"]


@pytest.mark.django_db(transaction=True)
def test_two_who_note_different_reasons_at_once_both_count(tumblr):
    said = iter([{"private"}, {"gone"}])

    in_two_threads(lambda: note(tumblr, denies=next(said)))

    assert reasons(tumblr) == ["gone", "private"]


def test_many_accounts_are_noted_in_batches(tumblr, monkeypatch):
    monkeypatch.setattr("platforms.actions.states.BATCH", 3)
    change = actions.Change(frozenset({"private"}))

    changed = actions.note_accounts(tumblr, dict.fromkeys(range(-5, 5), change), by=SYSTEM)

    assert changed == 10
    assert AccountState.objects.denied().count() == 10


def test_an_item_is_blocked_until_it_is_restored(tumblr):
    blocked = actions.note_item(tumblr, -1, ItemState.State.DELETED, by=SYSTEM)
    restored = actions.note_item(tumblr, -1, ItemState.State.RESTORED, by=SYSTEM)

    assert (blocked.blocks, restored.blocks) == (True, False)
    assert list(Entry.objects.order_by("pk").values_list("subject", "facts__state")) == [
        ("item:tumblr:ffffffffffffffff", "deleted"),
        ("item:tumblr:ffffffffffffffff", "restored"),
    ]


def test_the_same_item_state_again_writes_nothing(tumblr):
    actions.note_item(tumblr, 1, ItemState.State.PRIVATE, by=SYSTEM)
    before = ItemState.objects.values_list("xid", flat=True).get()

    actions.note_item(tumblr, 1, ItemState.State.PRIVATE, by=SYSTEM)

    assert ItemState.objects.values_list("xid", flat=True).get() == before
    assert Entry.objects.count() == 1


def test_a_change_is_lost_when_its_entry_cannot_be_written(tumblr):
    with pytest.raises(ValueError), transaction.atomic():
        actions.note_item(tumblr, 1, "line\nbreak", by=SYSTEM)

    assert not ItemState.objects.exists()


def test_a_name_that_was_kept_in_another_form_of_its_letters_binds_content_with_any(tumblr):
    add_keys = import_module("platforms.migrations.0014_names_are_the_same_in_any_form").add_keys
    old = Account.objects.create(platform=tumblr, handle="jose\u0301", keys=[1])
    plain = Account.objects.create(platform=tumblr, handle="moss", keys=[2])

    add_keys(apps, None)
    add_keys(apps, None)

    for account in (old, plain):
        account.refresh_from_db()
    assert (old.keys, plain.keys) == ([1, keyring().handle("tumblr", "josé")], [2])
