"""Accounts are named as dumps name them, in whatever form the platform has them."""

import json

import pytest

from platforms.actions import keyring
from platforms.actions.tokens import issue_token
from platforms.feeds.naming import account_id, account_name
from platforms.feeds.removals import NotUnderstood
from platforms.keys import same_name
from platforms.models import Account, AccountState, ItemState, Platform
from tests.platforms.feeds.conftest import NDJSON, OPERATOR, machine, results_of
from tests.platforms.sources.dumps import PUBLIC_SITE, entry, items, wxr

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


DUMPED = {
    "moss.example/blog": ["https://moss.example/blog", "HTTP://Moss.example:80/blog/"],
    "xn--bcher-kva.example": ["https://bücher.example", "https://xn--bcher-kva.example:443/"],
}
IDS = [
    ("moss.example/blog", "https://moss.example:443/blog/"),
    ("moss.example/blog", "http://moss.example:80/blog"),
    ("moss.example/blog", "https://MOSS.example./blog/"),
    ("moss.example/blog", "moss.example.:443/blog"),
    ("xn--bcher-kva.example", "https://XN--bcher-kva.example"),
    ("xn--bcher-kva.example", "http://xn--bcher-kva.example.:80/"),
]
NAMES = [
    ("moss.example/blog", "moss.example:443"),
    ("moss.example/blog", "moss.example."),
    ("moss.example/blog", "moss.example.:80"),
    ("moss.example/blog", "https://moss.example:443/"),
    ("xn--bcher-kva.example", "bücher.example"),
    ("xn--bcher-kva.example", "https://bücher.example/"),
    ("xn--bcher-kva.example", "http://BÜCHER.example.:80/"),
    ("xn--bcher-kva.example", "bu\u0308cher.example"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example:443"),
]


def people_of_dumps(site, tmp_path):
    """The keys of everybody in an item, for each spelling of its site in a dump."""
    for address in DUMPED[site]:
        [item, *_] = items(tmp_path, "wordpress", wxr(entry(), address=address), facts=PUBLIC_SITE)
        yield set(keyring().people(item).everybody)


@pytest.mark.parametrize(("site", "said"), IDS)
def test_a_site_that_is_listed_in_any_spelling_is_bound_in_dumps_with_any(
    send, tmp_path, site, said
):
    listed = send("opt-outs", {"id": said})

    assert results_of(listed) == ["recorded"]
    bound = set(Account.objects.get().keys)
    assert all(bound & people for people in people_of_dumps(site, tmp_path))


@pytest.mark.parametrize(("site", "said"), IDS)
def test_a_site_that_is_suspended_in_any_spelling_is_bound_in_dumps_with_any(
    send, tmp_path, site, said
):
    send("removals", {"event": "suspended", "account": {"id": said}})

    denied = set(AccountState.objects.denied().values_list("account_key", flat=True))
    assert all(denied & people for people in people_of_dumps(site, tmp_path))


@pytest.mark.parametrize(("site", "said"), NAMES)
def test_a_host_that_is_listed_as_a_name_in_any_spelling_is_bound(send, tmp_path, site, said):
    listed = send("opt-outs", {"handle": said})

    assert results_of(listed) == ["recorded"]
    bound = set(Account.objects.get().keys)
    assert all(bound & people for people in people_of_dumps(site, tmp_path))


def test_what_was_said_of_a_spelling_before_goes_on_binding_it(send):
    """A dump that was imported long ago knows the site under the spelling that it had."""
    spelt = keyring().account("wordpress", "moss.example:443/blog")

    send("opt-outs", {"id": "https://moss.example:443/blog"})
    send("removals", {"event": "deleted", "account": {"id": "https://moss.example:443/blog"}})

    assert spelt in Account.objects.get().keys
    assert AccountState.objects.get(account_key=spelt).denied


def test_an_item_is_taken_back_under_its_sites_common_spelling_and_under_the_one_that_is_said(send):
    named = {"kind": "post", "id": "11", "container": "https://moss.example:443/blog/"}

    send("removals", {"event": "deleted", "item": named})

    assert set(ItemState.objects.blocking().values_list("item_key", flat=True)) == {
        keyring().item("wordpress", "post", "moss.example/blog", "11"),
        keyring().item("wordpress", "post", "moss.example:443/blog", "11"),
    }


def test_another_port_is_another_site(send):
    send("opt-outs", {"id": "https://moss.example:8443/blog"})

    assert Account.objects.get().native_id == "moss.example:8443/blog"


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
    assert same_name(account_name(slug, said).name) == name


@pytest.mark.parametrize(("slug", "said"), [("reddit", "1w72"), ("tumblr", "moss")])
def test_an_id_that_no_dump_could_have_is_refused(slug, said):
    with pytest.raises(NotUnderstood, match="the id of an account"):
        account_id(slug, said)
