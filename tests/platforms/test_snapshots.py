"""What changed since a reader looked, exactly, also for transactions that overlap."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction

from platforms.models import Account, AccountState, Platform
from platforms.snapshots import current_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tumblr() -> Platform:
    return Platform.objects.get(slug="tumblr")


def state(platform: Platform, key: int) -> AccountState:
    return AccountState.objects.create(
        platform=platform, account_key=key, reasons=["private"], denied=True
    )


def changed_since(snapshot: str) -> list[int]:
    return sorted(
        AccountState.objects.changed_since(snapshot).values_list("account_key", flat=True)
    )


class Elsewhere:
    """Another connection with an open transaction: ``do`` runs in it, ``commit`` ends it."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._worked, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()
        assert self._worked.wait(10)

    def commit(self) -> None:
        self._end.set()
        self._thread.join(10)

    def _run(self, work: Callable[[], object]) -> None:
        try:
            with transaction.atomic():
                work()
                self._worked.set()
                self._end.wait(10)
        finally:
            connection.close()


def test_every_change_carries_its_transaction(tumblr):
    with transaction.atomic():
        row = state(tumblr, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            (now,) = cursor.fetchone()

    row.refresh_from_db()
    assert row.xid == int(now)


def test_an_update_moves_the_transaction_on_and_nobody_can_write_it(tumblr):
    row = state(tumblr, 1)
    row.refresh_from_db()
    first = row.xid

    AccountState.objects.filter(pk=row.pk).update(xid=1)

    row.refresh_from_db()
    assert row.xid > first


def test_what_was_there_is_not_a_change_and_what_came_is(tumblr):
    state(tumblr, 1)
    before = current_snapshot()
    state(tumblr, 2)

    assert changed_since(before) == [2]
    assert changed_since(current_snapshot()) == []


def test_a_row_of_an_older_transaction_that_commits_later_is_seen(tumblr):
    older = Elsewhere(lambda: state(tumblr, 1))
    state(tumblr, 2)
    between = current_snapshot()
    older.commit()

    assert changed_since(between) == [1]


def test_two_open_transactions_are_told_apart_by_the_snapshot_between_them(tumblr):
    first = Elsewhere(lambda: state(tumblr, 1))
    second = Elsewhere(lambda: state(tumblr, 2))
    second.commit()
    between = current_snapshot()
    first.commit()

    assert changed_since(between) == [1]
    assert changed_since(current_snapshot()) == []


def test_a_change_that_was_rolled_back_is_none(tumblr):
    before = current_snapshot()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        state(tumblr, 1)
        raise ZeroDivisionError

    assert changed_since(before) == []


@pytest.mark.parametrize("model", [AccountState, Account])
def test_what_the_gate_reads_cannot_be_deleted(tumblr, model):
    state(tumblr, 1)
    Account.objects.create(platform=tumblr, native_id="t:1", keys=[1])

    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic():
        model.objects.all().delete()

    assert model.objects.count() == 1
