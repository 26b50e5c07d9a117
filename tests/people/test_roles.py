"""Who is an operator is decided on the server, and on the record."""

import pytest
from django.core.management import CommandError, call_command

from audit.models import Entry
from people.models import User

pytestmark = pytest.mark.django_db


def test_everybody_starts_as_a_person():
    assert not User.objects.create_user("alice").is_operator


def test_an_operator_is_made_on_the_server_and_on_the_record():
    olga = User.objects.create_user("olga")

    call_command("set_role", "olga", "operator")

    olga.refresh_from_db()
    entry = Entry.objects.get()
    assert olga.is_operator
    assert (entry.event, entry.actor) == ("person.role_changed", "operator:command")
    assert (entry.subject, entry.facts) == (f"person:{olga.pk}", {"role": "operator"})


def test_the_role_is_taken_away_from_the_next_request_on(client):
    olga = User.objects.create_user("olga", role="operator")
    client.force_login(olga)
    assert client.get("/operator/audit/").status_code == 200

    call_command("set_role", "olga", "person")

    assert client.get("/operator/audit/").status_code == 403


def test_giving_the_same_role_again_is_not_recorded_again():
    User.objects.create_user("olga")

    call_command("set_role", "olga", "operator")
    call_command("set_role", "olga", "operator")

    assert Entry.objects.count() == 1


@pytest.mark.parametrize("arguments", [("nobody", "operator"), ("olga", "king")])
def test_a_person_or_role_that_does_not_exist_is_refused(arguments):
    User.objects.create_user("olga")

    with pytest.raises(CommandError):
        call_command("set_role", *arguments)

    assert not Entry.objects.exists()
