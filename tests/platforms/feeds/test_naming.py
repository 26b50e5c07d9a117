"""Accounts are named as dumps name them, in whatever form the platform has them."""

import json

import pytest

from platforms.actions import keyring
from platforms.actions.tokens import issue_token
from platforms.feeds.naming import account_id, as_in_dumps, scoped
from platforms.feeds.removals import AccountName, ItemName, NotUnderstood
from platforms.keys import same_name
from platforms.models import Account, AccountState, ItemState, Platform
from tests.platforms.feeds.conftest import NDJSON, OPERATOR, machine, results_of
from tests.platforms.sources import reddit_dumps
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


@pytest.mark.parametrize("login", ["two words", "josé"])
@pytest.mark.parametrize("named", ["id", "handle"])
def test_an_author_is_found_by_a_login_with_a_space_or_with_letters_of_any_script(
    send, tmp_path, login, named
):
    dump = wxr(entry(dc__creator=login), authors=[("1", login)], address=f"https://{SITE}")
    [item] = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)
    said = {"id": f"https://{SITE}#author:{login}", "handle": login}[named]

    listed = send("opt-outs", {named: said})
    removed = send("removals", {"event": "suspended", "account": {named: said}})

    assert results_of(listed) + results_of(removed) == ["recorded", "applied"]
    people = keyring().people(item).everybody
    assert set(Account.objects.get().keys) & set(people)
    assert AccountState.objects.denied().filter(account_key__in=people).exists()


def test_what_is_no_address_stays_as_it_was_said(send):
    send("opt-outs", {"handle": "a/b?c"})

    assert Account.objects.get().handle == "a/b?c"


@pytest.mark.parametrize(
    ("slug", "said", "name"),
    [
        ("tumblr", "moss.tumblr.com", "moss"),
        ("tumblr", "moss.tumblr.com.", "moss"),
        ("tumblr", "https://Moss.tumblr.com/", "moss"),
        ("tumblr", "https://www.tumblr.com/moss", "moss"),
        ("tumblr", "tumblr.com/blog/view/moss/", "moss"),
        ("reddit", "u/moss", "moss"),
        ("reddit", "https://www.reddit.com/user/Moss/", "moss"),
        ("reddit", "/r/Moss", "r/moss"),
        ("reddit", "https://old.reddit.com/r/moss/", "r/moss"),
        ("tumblr", "@moss", "moss"),
        ("generic", "tides.example:@moss", "tides.example:moss"),
        ("generic", "tides.example: sea moss ", "tides.example:sea moss"),
    ],
)
def test_a_name_is_found_in_whatever_form_people_write_it(slug, said, name):
    found, _ = as_in_dumps(slug, AccountName(handle=said))

    assert same_name(found.handle) == name


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("tumblr", "blog.moss.example"),
        ("tumblr", "https://moss.tumblr.com/post/1001"),
        ("tumblr", "www.tumblr.com"),
        ("reddit", "r/moss/comments"),
        ("instagram", "https://instagram.com/moss"),
        ("shutterstock", "moss"),
        ("generic", "moss"),
    ],
)
def test_a_name_that_no_dump_could_have_is_refused_where_it_stands_alone(slug, said):
    with pytest.raises(NotUnderstood, match="the name of an account"):
        as_in_dumps(slug, AccountName(handle=said))


@pytest.mark.parametrize(
    ("said", "binds"), [("r/tides", ["r/tides"]), ("/u/alice", ["alice"]), ("tides", [])]
)
def test_a_subreddits_name_binds_it_and_no_user_of_that_name(tmp_path, said, binds):
    found, _ = as_in_dumps("reddit", AccountName(handle=said))

    [item] = items(tmp_path, "reddit", reddit_dumps.lines(reddit_dumps.post()))
    bound = set(keyring().named("reddit", found.id, found.handle))
    people = [one for one in item.principals if bound & set(keyring().principal("reddit", one))]
    assert [one.handle for one in people] == binds


@pytest.mark.parametrize(
    ("said", "content"),
    [("josé", "jose\u0301"), ("JOSE\u0301", "josé"), ("ｍｏｓｓ", "moss"), ("Straße", "STRASSE")],
)
def test_a_name_is_the_same_however_unicode_writes_its_letters(send, said, content):
    send("opt-outs", {"handle": said})

    assert keyring().handle("wordpress", content) in Account.objects.get().keys


def test_an_id_counts_whatever_the_name_beside_it_is():
    found, _ = as_in_dumps("tumblr", AccountName(id="t:moss", handle="blog.moss.example"))

    assert found.id == "t:moss"


@pytest.mark.parametrize(
    ("slug", "said"),
    [
        ("reddit", "1w72"),
        ("tumblr", "moss"),
        ("facebook", "moss"),
        ("shutterstock", "a moss"),
        ("wordpress", "20115252"),
        ("wordpress", "moss@mail.example"),
        ("wordpress", "moss.example#author:"),
        ("wordpress", "moss.example#alice"),
        ("generic", "moss"),
    ],
)
def test_an_id_that_no_dump_could_have_is_refused(slug, said):
    with pytest.raises(NotUnderstood, match="the id of an account"):
        account_id(slug, said)


@pytest.mark.parametrize(
    ("slug", "kind", "said"),
    [
        ("tumblr", "post", "1001x"),
        ("tumblr", "post", "01001"),
        ("reddit", "post", "t3_1abc2d"),
        ("reddit", "comment", "1ABC2D"),
        ("threads", "post", "DA1bC2d"),
        ("wordpress", "post", "low-tide"),
    ],
)
def test_an_id_of_an_item_that_no_dump_could_have_is_refused(slug, kind, said):
    with pytest.raises(NotUnderstood, match="the id of an item"):
        scoped(slug, ItemName(kind, said, "moss.example"))


@pytest.mark.parametrize(
    ("slug", "kind", "container"),
    [
        ("wordpress", "Post", "moss.example"),
        ("wordpress", "post", "20115252"),
        ("wordpress", "post", "not a site"),
        ("generic", "post", "Tides.example"),
        ("generic", "post", None),
    ],
)
def test_a_kind_or_a_container_that_no_dump_could_have_is_refused(slug, kind, container):
    with pytest.raises(NotUnderstood, match="as in the dump"):
        scoped(slug, ItemName(kind, "11", container))
