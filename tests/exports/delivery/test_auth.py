from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.events import operator_command
from exports.actions import agree
from exports.models import Credential, File, Partner
from platforms.tokens import digest_of

RELEASES = "/api/v1/releases/"


def bearing(value: str) -> Client:
    return Client(headers={"Authorization": value})


def test_a_partner_with_a_token_is_let_in(acme):
    assert acme.get(RELEASES).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="nothing"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer wh_unknown", id="an unknown token"),
        pytest.param("Bearer wh_ünknown", id="a token that is not ASCII"),
        pytest.param("Basic d2g6eA==", id="another scheme"),
        pytest.param("Bearer " + "wh_" + "a" * 5000, id="an endless token"),
    ],
)
def test_whoever_shows_no_good_token_is_told_which_kind_is_needed(transactional_db, authorization):
    response = bearing(authorization).get(RELEASES)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="withhold"'
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "private, no-store"


def test_the_scheme_is_read_without_regard_to_case(token):
    assert bearing(f"bearer {token}").get(RELEASES).status_code == 200


def test_a_revoked_token_opens_nothing(acme, token, file):
    agree.revoke_credential(
        Credential.objects.get(digest=digest_of(token.encode())), by=operator_command()
    )

    assert acme.get(reverse("api-file", args=[file.pk])).status_code == 401
    assert not file.receipts.exists()


def test_an_expired_token_opens_nothing(acme, token):
    Credential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert acme.get(RELEASES).status_code == 401


def test_an_inactive_partner_gets_nothing(acme, file):
    Partner.objects.update(active=False)

    assert acme.get(reverse("api-file", args=[file.pk])).status_code == 401


def test_a_token_in_the_address_opens_nothing(token):
    assert Client().get(RELEASES, {"access_token": token}).status_code == 401


def test_a_session_of_a_person_opens_no_partners_door(django_user_model, transactional_db):
    person = django_user_model.objects.create_user("alice", password="a long password")
    browser = Client()
    browser.force_login(person)

    assert browser.get(RELEASES).status_code == 401


@pytest.mark.parametrize("name", ["api-release", "api-manifest"])
def test_another_partners_release_is_not_there(stranger, file, name):
    response = stranger.get(reverse(name, args=[file.release_id]))

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_another_partners_file_is_not_there_and_leaves_no_receipt(stranger, file: File):
    answers = [
        stranger.get(reverse("api-file", args=[file.pk]), headers={"Range": r})
        for r in ("", "bytes=0-1", "bytes=9999-")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert not file.receipts.exists()


def test_another_partners_releases_are_not_listed(stranger, acme, file):
    assert stranger.get(RELEASES).json()["results"] == []
    assert len(acme.get(RELEASES).json()["results"]) == 1
