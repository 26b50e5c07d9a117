"""``Sec-GPC: 1``: applied, shown, and never undone by its absence."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events import operator_command
from consent import actions
from consent.models import Source, Standing, Statement
from consent.signals.gpc import asks_not_to_share

ASKS = {"HTTP_SEC_GPC": "1"}

pytestmark = pytest.mark.django_db


def reasons(account):
    standing = Standing.objects.filter(account=account).first()
    return standing.reasons if standing else None


@pytest.mark.parametrize("value", ["0", "", " 1", "1, 1", "true", "yes", "11", "１"])
def test_only_the_one_value_of_the_standard_says_anything(value):
    assert not asks_not_to_share({"Sec-GPC": value})


def test_silence_says_nothing():
    assert asks_not_to_share({"Sec-GPC": "1"})
    assert not asks_not_to_share({})


def test_the_signal_is_applied_and_shown_on_the_same_page(browser, blog, diary):
    html = browser.get("/", **ASKS).content.decode()

    assert reasons(blog) == reasons(diary) == ["gpc"]
    assert "Your browser asked us not to share your data" in html
    assert "None of your 2 accounts is shared" in html


def test_the_signal_stays_when_the_browser_stops_asking(browser, blog):
    browser.get("/", **ASKS)

    html = browser.get("/").content.decode()

    assert reasons(blog) == ["gpc"]
    assert "Your browser asked us not to share your data" in html


@pytest.mark.parametrize("value", ["0", "2", "on"])
def test_another_value_neither_applies_nor_undoes_anything(browser, blog, value):
    browser.get("/", HTTP_SEC_GPC=value)
    assert reasons(blog) is None

    browser.get("/", **ASKS)
    browser.get("/", HTTP_SEC_GPC=value)

    assert reasons(blog) == ["gpc"]


def test_the_signal_of_somebody_who_is_not_signed_in_is_nobodys(client, blog):
    client.get("/", **ASKS)

    assert not Statement.objects.exists()


def test_the_signal_reaches_only_the_accounts_of_whoever_sent_it(browser, blog, bobs_blog):
    browser.get("/", **ASKS)

    assert reasons(bobs_blog) is None


def test_the_signal_counts_on_the_api_too(browser, blog):
    browser.get("/api/v1/me/accounts/", **ASKS)

    assert reasons(blog) == ["gpc"]


def test_a_confirmed_yes_outlasts_the_same_signal(browser, blog, by_alice):
    browser.get("/", **ASKS)
    actions.opt_in(blog, source=Source.WEB, by=by_alice, confirmed=True)

    browser.get("/", **ASKS)

    assert reasons(blog) == []


def test_a_yes_for_everything_is_shown_beside_the_signal(browser, alice, blog, by_alice):
    browser.get("/", **ASKS)
    actions.opt_in_all(alice, source=Source.WEB, by=by_alice, confirmed=True)

    html = browser.get("/", **ASKS).content.decode()

    assert "the signal no longer holds for accounts you link later" in html


def test_the_signal_binds_accounts_linked_later(browser, alice, tumblr):
    browser.get("/", **ASKS)

    account = actions.link(alice, tumblr, native_id="n", method="x", by=operator_command())

    assert reasons(account) == ["gpc"]


def test_a_known_signal_costs_one_query(browser, blog):
    browser.get("/history/", **ASKS)

    with CaptureQueriesContext(connection) as without:
        browser.get("/history/")
    with CaptureQueriesContext(connection) as with_signal:
        browser.get("/history/", **ASKS)

    assert len(with_signal) == len(without) + 1


def test_the_service_says_that_it_acts_on_the_signal(client, db):
    response = client.get("/.well-known/gpc.json")

    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["gpc"] is True
    assert response.json()["lastUpdate"] == "2026-11-22"


@pytest.mark.django_db(transaction=True)
def test_a_signal_that_cannot_be_saved_is_not_passed_over(browser, blog):
    browser.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        response = browser.get("/", **ASKS)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")

    assert response.status_code == 503
    assert reasons(blog) is None
