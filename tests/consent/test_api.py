"""The same switches as JSON: signed in by session, errors as problem documents."""

import json
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from django.test import Client

from audit.events import operator_command
from consent import actions
from consent.models import ReasonCode, Source, Standing, Statement

ME = "/api/v1/me/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(alice) -> Client:
    """Alice's script, signed in; it sends the token that the API asks for."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/")
    return client


def post(api, path, body=None, **headers):
    return api.post(
        ME + path,
        json.dumps(body or {}),
        content_type="application/json",
        HTTP_X_CSRFTOKEN=api.cookies["csrftoken"].value,
        **headers,
    )


def problem(response, status, code):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["code"] == code
    return response.json()


def test_my_accounts_say_what_i_chose_and_what_comes_of_it(api, blog, bobs_blog):
    actions.opt_out(blog, reason=ReasonCode.LEGAL, source=Source.OPERATOR, by=operator_command())

    assert api.get(ME + "accounts/").json() == {
        "accounts": [
            {
                "id": blog.pk,
                "platform": "tumblr",
                "name": "moss-and-lichen",
                "switched_on": True,
                "shared": False,
                "shared_since": None,
                "reasons": ["legal"],
                "platform_says": [],
                "not_with_partners": [],
            }
        ]
    }


def test_opting_out_answers_with_the_account_as_it_is_now(api, blog):
    answer = post(api, f"accounts/{blog.pk}/opt-out/")

    assert answer.status_code == 200
    assert answer.json()["shared"] is False
    assert answer.json()["reasons"] == ["person"]
    assert Statement.objects.get().source == "api"


def test_opting_in_needs_the_confirmation_in_the_request(api, blog):
    post(api, f"accounts/{blog.pk}/opt-out/")

    problem(post(api, f"accounts/{blog.pk}/opt-in/", {"confirm": False}), 400, "needs_confirmation")
    missing = problem(post(api, f"accounts/{blog.pk}/opt-in/"), 400, "invalid")

    assert "confirm" in missing["errors"]
    assert Standing.objects.get().denied


def test_opting_in_shares_from_then_on(api, blog):
    post(api, f"accounts/{blog.pk}/opt-out/")

    answer = post(api, f"accounts/{blog.pk}/opt-in/", {"confirm": True})

    assert answer.json()["shared"] is True
    assert answer.json()["shared_since"] is not None


def test_opting_out_of_everything_binds_later_accounts(api, alice, blog, tumblr):
    answer = post(api, "opt-out/")

    later = actions.link(alice, tumblr, native_id="n", method="x", by=operator_command())
    assert [row["shared"] for row in answer.json()["accounts"]] == [False]
    assert Standing.objects.get(account=later).denied


def test_a_retry_with_the_same_key_changes_nothing(api, blog):
    key = {"HTTP_IDEMPOTENCY_KEY": "a-key"}
    post(api, f"accounts/{blog.pk}/opt-out/")
    post(api, f"accounts/{blog.pk}/opt-in/", {"confirm": True}, **key)
    post(api, f"accounts/{blog.pk}/opt-out/")

    answer = post(api, f"accounts/{blog.pk}/opt-in/", {"confirm": True}, **key)

    assert answer.status_code == 200
    assert answer.json()["shared"] is False


def test_a_key_used_for_another_request_is_refused(api, blog):
    key = {"HTTP_IDEMPOTENCY_KEY": "a-key"}
    post(api, f"accounts/{blog.pk}/opt-out/", **key)

    answer = post(api, f"accounts/{blog.pk}/opt-in/", {"confirm": True}, **key)

    problem(answer, 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["", "  ", "k" * 256])
def test_a_key_that_cannot_be_used_is_refused_not_ignored(api, blog, key):
    answer = post(api, f"accounts/{blog.pk}/opt-out/", HTTP_IDEMPOTENCY_KEY=key)

    problem(answer, 400, "idempotency_key_malformed")
    assert not Statement.objects.exists()


@pytest.mark.parametrize("act", ["opt-out", "opt-in"])
def test_an_account_of_somebody_else_is_answered_like_none(api, bobs_blog, act):
    theirs = post(api, f"accounts/{bobs_blog.pk}/{act}/", {"confirm": True})
    unknown = post(api, "accounts/999999/opt-out/", {"confirm": True})
    absurd = post(api, f"accounts/{10**40}/{act}/", {"confirm": True})

    assert problem(theirs, 404, "not_found") == problem(unknown, 404, "not_found")
    assert absurd.json() == unknown.json()
    assert not Statement.objects.exists()


def test_without_a_sign_in_nothing_is_told(client, blog):
    for path in ("accounts/", "history/"):
        problem(client.get(ME + path), 403, "not_authenticated")


def test_another_site_cannot_use_the_session(api, blog):
    answer = api.post(ME + f"accounts/{blog.pk}/opt-out/", "{}", content_type="application/json")

    problem(answer, 403, "permission_denied")
    assert not Statement.objects.exists()


def test_a_body_that_is_no_json_is_refused(api, blog):
    answer = api.post(
        ME + f"accounts/{blog.pk}/opt-in/",
        "{",
        content_type="application/json",
        HTTP_X_CSRFTOKEN=api.cookies["csrftoken"].value,
    )

    problem(answer, 400, "parse_error")


def test_the_history_is_read_page_by_page_newest_first(api, blog, bobs_blog, bob, by_alice):
    actions.opt_out(bobs_blog, source=Source.WEB, by=actions.person_actor(bob))
    for _ in range(11):
        actions.opt_out(blog, source=Source.WEB, by=by_alice)
        actions.opt_in(blog, source=Source.WEB, by=by_alice, confirmed=True)

    first = api.get(ME + "history/").json()
    second = api.get(first["next"]).json()

    versions = [each["version"] for each in first["results"] + second["results"]]
    assert versions == list(range(22, 0, -1))
    assert {each["account"] for each in first["results"]} == {blog.pk}
    assert second["next"] is None


def test_my_answers_are_kept_in_no_cache(api, blog):
    assert "no-store" in api.get(ME + "accounts/").headers["Cache-Control"]
    assert "no-store" in api.get(ME + "history/").headers["Cache-Control"]


DAMAGED = ["garbage", "\0", "2026-01-01", "9999999-01-01 00:00:00+00:00", "2026-13-45 00:00+00:00"]


@pytest.mark.parametrize("place", DAMAGED)
def test_a_damaged_cursor_leads_nowhere(api, blog, place):
    cursor = b64encode(urlencode({"p": place}).encode()).decode()

    response = api.get(ME + "history/", {"cursor": cursor})

    problem(response, 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"confirm": false, "confirm": true}', id="a name given twice"),
        pytest.param("[" * 60_000, id="deeper than anybody reads"),
        pytest.param('{"confirm": NaN}', id="no number"),
        pytest.param('{"confirm": true', id="cut off"),
        pytest.param(b"\xff", id="no text"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_turns_nothing_on(api, blog, by_alice, body):
    actions.opt_out(blog, source=Source.WEB, by=by_alice)

    response = send(api, f"accounts/{blog.pk}/opt-in/", body)

    problem(response, 400, "parse_error")
    assert Standing.objects.get(account=blog).denied


def test_a_body_without_end_is_not_read_to_its_end(api, blog):
    response = send(api, f"accounts/{blog.pk}/opt-in/", " " * 70_000 + '{"confirm": true}')

    problem(response, 413, "too_long")


def send(api, path, body):
    """``body`` as it is."""
    return api.post(
        ME + path,
        body,
        content_type="application/json",
        headers={"X-CSRFToken": api.cookies["csrftoken"].value},
    )
