"""Signing up, in and out, as a browser does it."""

import io

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from people.models import User

PASSWORD = "quiet-lantern-42"

pytestmark = pytest.mark.django_db


def add_user(monkeypatch, *arguments, password=PASSWORD):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("add_user", *arguments, "--password-stdin")


def test_somebody_signs_up_and_is_a_person(client):
    response = client.post(
        "/accounts/signup/",
        {
            "email": "alice@example.org",
            "username": "alice",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
        follow=True,
    )

    assert response.redirect_chain[-1][0] == "/"
    assert b"My accounts" in response.content
    assert User.objects.get().role == "person"


def test_nobody_becomes_an_operator_by_signing_up(client):
    client.post(
        "/accounts/signup/",
        {
            "email": "mallory@example.org",
            "username": "mallory",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "role": "operator",
        },
    )

    assert not User.objects.get().is_operator


def test_somebody_added_by_an_operator_signs_in_and_out(client, monkeypatch):
    add_user(monkeypatch, "alice", "--email", "alice@example.org")

    inside = client.post("/accounts/login/", {"login": "alice", "password": PASSWORD}, follow=True)
    outside = client.post("/accounts/logout/", follow=True)

    assert b"Sign out" in inside.content
    assert b"Create an account" in outside.content


def test_a_wrong_password_is_said_beside_the_form(client, monkeypatch):
    add_user(monkeypatch, "alice")

    html = client.post("/accounts/login/", {"login": "alice", "password": "x"}).content.decode()

    assert 'role="alert"' in html
    assert "not correct" in html


def test_following_a_link_does_not_sign_anybody_out(client):
    client.force_login(User.objects.create_user("alice"))

    client.get("/accounts/logout/")

    assert b"My accounts" in client.get("/").content


def test_adding_somebody_again_sets_their_password_and_role(monkeypatch):
    add_user(monkeypatch, "olga", "--email", "olga@example.org")
    add_user(monkeypatch, "olga", "--role", "operator", password="another-lantern-43")

    olga = User.objects.get()
    assert olga.is_operator
    assert olga.email == "olga@example.org"
    assert olga.check_password("another-lantern-43")


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "12345678"), ("alice", "alice"), ("al ice", PASSWORD), ("a" * 151, PASSWORD)],
)
def test_a_weak_password_or_a_strange_name_is_refused(monkeypatch, username, password):
    with pytest.raises(CommandError):
        add_user(monkeypatch, username, password=password)

    assert not User.objects.exists()


def test_the_table_that_counts_sign_in_attempts_exists():
    cache.set("attempts", 3)

    assert cache.get("attempts") == 3
