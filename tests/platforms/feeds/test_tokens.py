"""Who may speak for a platform."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from audit.events import operator_command
from audit.models import Entry
from platforms.actions.tokens import NoToken, issue_token, revoke_token
from platforms.models import PlatformCredential

OPERATOR = operator_command()
HERE = "/api/v1/platforms/tumblr/batches/one/"


def ask(token, place=HERE):
    return Client().get(place, headers={"Authorization": f"Bearer {token}"})


def test_a_live_token_opens_its_platforms_feed(token):
    assert ask(token).json()["code"] == "not_found"


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer whp_guessed"}])
def test_without_a_known_token_nobody_is_let_in(tumblr, header):
    response = Client().get(HERE, headers=header)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_does_not_open_another_platforms_feed(token, reddit):
    response = ask(token, "/api/v1/platforms/reddit/batches/one/")

    assert (response.status_code, response.json()["code"]) == (403, "wrong_platform")


def test_a_revoked_token_opens_nothing(tumblr, token):
    revoke_token(PlatformCredential.objects.get(), by=OPERATOR)

    assert ask(token).status_code == 401


def test_an_expired_token_opens_nothing(tumblr, token):
    PlatformCredential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert ask(token).status_code == 401


def test_two_tokens_live_at_once_and_a_third_does_not(tumblr, token):
    _, second = issue_token(tumblr, by=OPERATOR)

    assert {ask(each).status_code for each in (token, second)} == {404}
    with pytest.raises(NoToken):
        issue_token(tumblr, by=OPERATOR)


def test_a_token_is_not_kept_and_its_entry_names_the_prefix_only(tumblr, token):
    credential = PlatformCredential.objects.get()

    entry = Entry.objects.get(event="platform.token_issued")

    assert token not in (credential.digest, credential.prefix)
    assert entry.facts["prefix"] == credential.prefix == token[:12]


def test_a_token_is_printed_listed_and_revoked_by_command(db):
    out, listed = StringIO(), StringIO()

    call_command("platform_token", "tumblr", "--days", "7", stdout=out, stderr=StringIO())
    token = out.getvalue().strip()
    call_command("platform_token", "tumblr", "--list", stdout=listed)
    call_command("platform_token", "tumblr", "--revoke", token[:12], stdout=StringIO())

    assert token[:12] in listed.getvalue()
    assert ask(token).status_code == 401


@pytest.mark.parametrize(
    "arguments", [("nowhere",), ("tumblr", "--days", "91"), ("tumblr", "--revoke", "whp_nothing_")]
)
def test_the_command_says_what_is_wrong(db, arguments):
    with pytest.raises(CommandError):
        call_command("platform_token", *arguments, stdout=StringIO())
