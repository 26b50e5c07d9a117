"""What goes wrong at any address is said in our words, and kept by nobody."""

import re

import pytest
from django.db import OperationalError, connection
from django.test import Client

from people.models import User

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def ada(visitor) -> Client:
    visitor.force_login(User.objects.create_user("ada"))
    return visitor


@pytest.fixture
def failing():
    """Let every statement to the database fail with the given error."""

    def fail_with(error):
        def fail(*_):
            raise error

        return connection.execute_wrapper(fail)

    return fail_with


def is_our_page(response):
    text = response.content.decode()
    return '<html lang="en">' in text and "withhold.css" in text and "<h1>" in text


@pytest.mark.parametrize(
    "address",
    [
        "/api/",
        "/api/v1/",
        "/api/v1/releases/not-an-id/",
        "/api/v1/files/not-an-id/",
        "/api/v1/me/accounts/x/opt-out/",
        "/api/v1/me/accounts/99999999999999999999/opt-out/x/",
    ],
)
def test_a_wrong_address_below_api_is_answered_with_a_problem_document(visitor, address):
    response = visitor.get(address)

    assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)
    assert response.json()["code"] == "not_found"
    assert "no-store" in response["Cache-Control"]


def test_a_number_that_no_account_can_have_is_not_yours(ada):
    response = ada.post("/api/v1/me/accounts/99999999999999999999/opt-out/")

    assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)


def test_an_error_below_api_is_a_problem_document_without_detail(ada, failing):
    with failing(RuntimeError("a secret in the message")):
        response = ada.get("/api/v1/me/accounts/")

    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
    assert b"secret" not in response.content


@pytest.mark.parametrize("address", ["/", "/nothing/", "/history/", "/accounts/email/"])
@pytest.mark.parametrize("headers", [{}, {"Sec-GPC": "1"}], ids=["", "with GPC"])
def test_no_page_blames_us_for_a_database_that_is_away(ada, failing, address, headers):
    with failing(OperationalError("the server closed the connection")):
        response = ada.get(address, headers=headers)

    assert response.status_code == 503
    assert is_our_page(response)
    assert response["Retry-After"] == "5"


def test_a_database_that_is_away_is_a_problem_document_below_api(ada, failing):
    with failing(OperationalError("the server closed the connection")):
        response = ada.get("/api/v1/me/accounts/", headers={"Sec-GPC": "1"})

    assert (response.status_code, response["Content-Type"]) == (503, PROBLEM)


@pytest.mark.parametrize("address", ["/choices/opt-out/", "/choices/1/opt-out/"])
def test_opening_the_address_of_a_button_explains_itself(ada, address):
    response = ada.get(address)

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert is_our_page(response)
    assert b"changed nothing" in response.content


def test_a_method_that_the_api_does_not_know_is_a_problem_document(visitor):
    response = visitor.post("/api/schema/")

    assert (response.status_code, response["Content-Type"]) == (405, PROBLEM)


def test_an_unknown_host_gets_a_page_of_ours(visitor):
    page = visitor.get("/", headers={"Host": "elsewhere.example"})
    document = visitor.get("/api/v1/releases/", headers={"Host": "elsewhere.example"})

    assert page.status_code == 400
    assert is_our_page(page)
    assert (document.status_code, document["Content-Type"]) == (400, PROBLEM)


@pytest.mark.parametrize("address", ["/", "/history/", "/my-data/", "/.well-known/gpc.json"])
def test_asking_for_the_head_of_a_page_is_allowed(ada, address):
    assert ada.head(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/history/",
        "/my-data/",
        "/nothing/",
        "/choices/1/opt-out/",
        "/operator/audit/",
        "/accounts/email/",
        "/accounts/logout/",
        "/accounts/password/change/",
        "/api/v1/me/accounts/",
    ],
)
def test_nothing_that_a_signed_in_person_sees_is_kept_by_a_cache(ada, address):
    response = ada.get(address)

    assert "no-store" in response["Cache-Control"]


def test_a_form_from_elsewhere_is_refused_in_our_words():
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_user("ada"))

    response = strict.post("/choices/opt-out/")

    assert response.status_code == 403
    assert is_our_page(response)
    assert b"nothing was saved" in response.content


@pytest.mark.parametrize(
    "address",
    ["/", "/nothing/", "/accounts/", "/history", "/choices/opt-out/", "/static/withhold/mark.svg"],
)
def test_every_answer_says_what_it_may_load_and_that_it_is_never_framed(ada, address):
    assert is_guarded(ada.get(address))


def test_answers_in_trouble_are_guarded_too(ada, failing):
    unknown_host = ada.get("/", headers={"Host": "elsewhere.example"})
    with failing(OperationalError("the server closed the connection")):
        outage = ada.get("/", headers={"Sec-GPC": "1"})

    assert is_guarded(unknown_host)
    assert is_guarded(outage)


def is_guarded(response):
    policy = response["Content-Security-Policy"]
    return (
        response["X-Frame-Options"] == "DENY"
        and "frame-ancestors 'none'" in policy
        and not re.search(r"unsafe-(inline|eval)", policy)
    )
