"""An operator links an account after checking whose it is."""

import pytest
from django.core.management import CommandError, call_command

from audit.models import Entry
from consent import actions
from consent.models import Source, Standing
from platforms.actions import keyring
from platforms.models import Account

pytestmark = pytest.mark.django_db


def test_an_operator_links_an_account_to_its_person(alice, tumblr, capsys):
    call_command("link_account", "alice", "tumblr", "t:1", "--handle", "Moss-And-Lichen")

    account = Account.objects.get()
    assert account.person == alice
    assert len(account.keys) == 2
    assert "belongs to alice" in capsys.readouterr().out
    assert Entry.objects.filter(event="account.linked", actor="operator:command").count() == 1


def test_linking_twice_changes_nothing(alice, tumblr):
    call_command("link_account", "alice", "tumblr", "t:1")
    entries = Entry.objects.count()

    call_command("link_account", "alice", "tumblr", "t:1")

    assert Account.objects.count() == 1
    assert Entry.objects.count() == entries


def test_what_the_person_chose_for_everything_binds_the_account_at_once(alice, tumblr, by_alice):
    actions.opt_out_all(alice, source=Source.WEB, by=by_alice)

    call_command("link_account", "alice", "tumblr", "t:1")

    assert Standing.objects.get().reasons == ["person"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "tumblr", "t:1"), "Nobody signs in as 'nobody'"),
        (("alice", "nowhere", "t:1"), "no platform 'nowhere'. Known: .*tumblr"),
        (("bob", "tumblr", "t:1"), "linked to another person"),
    ],
)
def test_what_cannot_be_linked_is_refused_with_the_reason(alice, bob, tumblr, arguments, said):
    call_command("link_account", "alice", "tumblr", "t:1")

    with pytest.raises(CommandError, match=said):
        call_command("link_account", *arguments)

    assert Account.objects.get().person == alice


def test_a_site_is_linked_in_whatever_way_its_address_is_spelt(alice):
    call_command("link_account", "alice", "wordpress", "https://Moss.example:443/")

    account = Account.objects.get()
    assert account.native_id == "moss.example"
    assert keyring().account("wordpress", "moss.example:443") in account.keys


def test_an_id_that_no_dump_could_have_is_not_linked(alice, tumblr):
    with pytest.raises(CommandError, match="the id of an account of tumblr"):
        call_command("link_account", "alice", "tumblr", "moss-and-lichen")

    assert not Account.objects.exists()
