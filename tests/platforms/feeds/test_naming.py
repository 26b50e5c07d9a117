"""Accounts are named as dumps name them, in whatever form the platform has them."""

import json

import pytest

from platforms.actions import keyring
from platforms.actions.tokens import issue_token
from platforms.feeds.naming import account_id, account_name
from platforms.feeds.removals import NotUnderstood
from platforms.keys import same_name
from platforms.models import Account, AccountState, Platform
from tests.platforms.feeds.conftest import NDJSON, OPERATOR, machine, results_of

SITE = "moss.example/blog"


@pytest.fixture
def send(db):
    wordpress = Platform.objects.get_or_create(slug="wordpress", defaults={"name": "WordPress"})[0]
    client, keys = machine(issue_token(wordpress, by=OPERATOR)[1]), iter("abcdef")

    def post(place, record):
        return client.post(
            f"/api/v1/platforms/wordpress/{place}/",
            json.dumps(record),
            content_type=NDJSON,
            headers={"Idempotency-Key": next(keys)},
        )

    return post


@pytest.mark.parametrize("said", [SITE, f"https://{SITE}/", "MOSS.example/blog/"])
def test_a_site_is_found_by_its_address_in_whatever_form_it_is_said(send, said):
    listed = send("opt-outs", {"id": said, "handle": said})
    removed = send("removals", {"event": "suspended", "account": {"id": said}})

    assert results_of(listed) + results_of(removed) == ["recorded", "applied"]
    keys = keyring().named("wordpress", SITE, SITE)
    assert Account.objects.get().keys == list(keys)
    assert set(AccountState.objects.values_list("account_key", flat=True)) == set(keys)


def test_an_author_of_a_site_is_found_by_its_address_too(send):
    send("opt-outs", {"id": f"https://{SITE}/#author:Alice"})

    assert Account.objects.get().native_id == f"{SITE}#author:Alice"


def test_what_is_no_address_stays_as_it_was_said(send):
    send("opt-outs", {"id": "12345", "handle": "a/b?c"})

    account = Account.objects.get()
    assert (account.native_id, account.handle) == ("12345", "a/b?c")


@pytest.mark.parametrize(
    ("slug", "said", "name"),
    [
        ("tumblr", "moss.tumblr.com", "moss"),
        ("tumblr", "https://Moss.tumblr.com/", "moss"),
        ("reddit", "u/moss", "moss"),
        ("reddit", "https://www.reddit.com/user/Moss/", "moss"),
        ("reddit", "/r/moss", "moss"),
        ("tumblr", "@moss", "moss"),
    ],
)
def test_a_name_is_found_in_whatever_form_people_write_it(slug, said, name):
    assert same_name(account_name(slug, said)) == name


@pytest.mark.parametrize(("slug", "said"), [("reddit", "1w72"), ("tumblr", "moss")])
def test_an_id_that_no_dump_could_have_is_refused(slug, said):
    with pytest.raises(NotUnderstood, match="the id of an account"):
        account_id(slug, said)
