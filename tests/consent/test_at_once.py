"""Choices that meet: real threads on real connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from audit.events import operator_command
from audit.models import Entry
from consent import actions
from consent.models import ReasonCode, Source, Standing, Statement

pytestmark = pytest.mark.django_db(transaction=True)

WEB = Source.WEB


def at_once(*acts):
    """Run the acts on a connection each, started together; give what they returned."""
    barrier = Barrier(len(acts))

    def run(act):
        try:
            barrier.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize("_", range(5))
def test_two_first_statements_at_once_make_one_standing_without_a_gap(blog, by_alice, _):
    def no(reason, by):
        return actions.opt_out(blog, reason=reason, source=WEB, by=by)

    at_once(
        lambda: no(ReasonCode.PERSON, by_alice),
        lambda: no(ReasonCode.LEGAL, operator_command()),
    )

    assert sorted(Standing.objects.get().reasons) == ["legal", "person"]
    assert sorted(Statement.objects.values_list("version", flat=True)) == [1, 2]


def test_the_same_no_from_many_windows_is_one_statement(blog, by_alice):
    statements = at_once(*[lambda: actions.opt_out(blog, source=WEB, by=by_alice)] * 6)

    assert len(set(statements)) == 1
    assert Standing.objects.get().version == 1
    assert Entry.objects.count() == 1


def test_the_same_request_sent_twice_at_once_is_answered_alike(blog, by_alice):
    def ask():
        return actions.opt_out(blog, source=WEB, by=by_alice, idempotency_key="k")

    first, second = at_once(ask, ask)

    assert first == second
    assert Statement.objects.count() == 1


@pytest.mark.parametrize("_", range(5))
def test_an_account_linked_during_a_no_for_everything_does_not_slip_through(
    alice, tumblr, by_alice, _
):
    at_once(
        lambda: actions.opt_out_all(alice, source=WEB, by=by_alice),
        lambda: actions.link(alice, tumblr, native_id="n", method="x", by=operator_command()),
    )

    assert Standing.objects.get().reasons == ["person"]


def test_a_signal_seen_in_many_tabs_is_applied_once(alice, blog):
    at_once(*[lambda: actions.honour_gpc(alice)] * 4)

    assert Standing.objects.get().version == 1
    assert Entry.objects.filter(event="consent.wide_choice").count() == 1
