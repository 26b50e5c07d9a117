"""The operator's pages of releases, and the person's page of where their data went."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exports import gate
from exports.actions import receive
from exports.models import File, Receipt, Release

MINE = "/my-data/"
RELEASES = "/operator/releases/"


@pytest.fixture
def person(alice, django_user_model):
    person = django_user_model.objects.create_user("alice@example.org")
    alice.person = person
    alice.save()
    return person


@pytest.fixture
def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def operator(transactional_db, django_user_model) -> Client:
    client = Client()
    client.force_login(django_user_model.objects.create_user("olga", role="operator"))
    return client


@pytest.fixture
def published(a_file):
    def make(*accounts) -> File:
        file = a_file(*accounts)
        now = timezone.now()
        Release.objects.filter(pk=file.release_id).update(published_at=now)
        File.objects.filter(pk=file.pk).update(
            published_at=now, counts={"opted_out": 3, "adult": 1}
        )
        file.refresh_from_db()
        return file

    return make


@pytest.fixture
def download(credential):
    def fetch(file, outcome=Receipt.Outcome.SENT, sent=None):
        receipt = receive.ask(file, credential=credential, first=0, last=file.size - 1)
        if outcome != Receipt.Outcome.ASKED:
            receive.end(receipt, outcome, bytes_sent=file.size if sent is None else sent)
        return receipt

    return fetch


def seen(response) -> str:
    """The words on the page, as somebody reads them."""
    return " ".join(response.content.decode().split())


# The person's page --------------------------------------------------------------------------


def test_a_person_sees_which_company_could_fetch_their_posts(browser, published, alice):
    published(alice)

    page = seen(browser.get(MINE))

    assert "Acme AI: Blogs, version 1" in page
    assert "<strong>alice</strong> on Tumblr" in page
    assert "Can be fetched" in page
    assert "Acme AI has not fetched this file" in page


def test_a_person_sees_who_fetched_their_posts_and_how_often(browser, published, alice, download):
    file = published(alice)
    download(file)
    download(file)
    download(file, Receipt.Outcome.STOPPED, sent=5)

    page = seen(browser.get(MINE))

    assert "Acme AI fetched all of it two times, and a part of it one time" in page


def test_a_download_whose_end_is_unknown_counts_as_perhaps(browser, published, alice, download):
    download(published(alice), Receipt.Outcome.ASKED)

    assert "fetched perhaps some of it" in seen(browser.get(MINE))


def test_a_refused_download_is_no_download(browser, published, alice, download):
    download(published(alice), Receipt.Outcome.DENIED, sent=0)

    assert "Acme AI has not fetched this file" in seen(browser.get(MINE))


def test_after_an_opt_out_the_page_says_that_nobody_can_fetch_it(
    browser, published, alice, opt_out, download
):
    file = published(alice)
    download(file)
    opt_out(alice)
    with pytest.raises(gate.GateClosed):
        gate.clear(file)

    page = seen(browser.get(MINE))

    assert "Cannot be fetched any more" in page
    assert "Somebody in it does not share any more" in page
    assert "A copy that they have is out of our reach" in page


def test_right_after_an_opt_out_the_page_does_not_wait_for_the_withdrawal(
    browser, published, alice, opt_out
):
    file = published(alice)
    opt_out(alice)

    page = seen(browser.get(MINE))

    file.refresh_from_db()
    assert "Cannot be fetched any more" in page
    assert file.state == File.State.PUBLISHED


def test_a_person_is_told_that_a_silent_platform_stops_it_for_now(
    browser, published, alice, silent_feed
):
    published(alice)

    page = seen(browser.get(MINE))

    assert "Cannot be fetched right now" in page
    assert "we have not heard from Tumblr" in page
    assert "Cannot be fetched any more" not in page


def test_a_file_without_them_is_not_shown(browser, published, bob):
    published(bob)

    page = seen(browser.get(MINE))

    assert "Nothing of your accounts is or was in any of these releases" in page
    assert "Acme" not in page


def test_a_file_that_was_never_published_is_not_shown(browser, a_file, alice):
    a_file(alice, state=File.State.VERIFIED)

    assert "Nothing was made for any company yet" in seen(browser.get(MINE))


def test_a_person_does_not_see_what_happened_to_others(published, alice, django_user_model):
    published(alice)
    bob = Client()
    bob.force_login(django_user_model.objects.create_user("bob@example.org"))

    assert "Acme" not in seen(bob.get(MINE))


def test_a_list_that_is_damaged_is_said_to_be(browser, published, alice, storage):
    (storage / published(alice).accounts_path).write_bytes(b"12345678")

    assert "we cannot tell" in seen(browser.get(MINE))


def test_the_page_says_how_far_it_looked_and_leads_to_older_releases(
    browser, published, alice, monkeypatch
):
    monkeypatch.setattr("exports.releases.PAGE_SIZE", 2)
    for _ in range(3):
        published(alice)

    first = browser.get(MINE)
    older = browser.get(MINE, {"after": first.context["page"].older})

    assert "We looked at 2 releases, the newest; there are older ones" in seen(first)
    assert "We looked at 1 release; there are no older ones" in seen(older)
    assert ("version 3" in seen(first), "version 1" in seen(first)) == (True, False)
    assert "version 1" in seen(older)


@pytest.mark.parametrize("after", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_page_that_does_not_exist_is_the_first(browser, published, alice, after):
    published(alice)

    assert "version 1" in seen(browser.get(MINE, {"after": after}))


def test_strangers_sign_in_first(transactional_db):
    response = Client().get(MINE)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_the_page_is_small_and_needs_no_script(browser, published, alice):
    published(alice)
    response = browser.get(MINE)

    assert len(response.content) < 30_000
    assert b"<script" not in response.content
    assert b"style=" not in response.content


# The operator's pages -----------------------------------------------------------------------


def test_an_operator_sees_releases_newest_first(operator, published, alice):
    published(alice)
    published(alice)

    page = seen(operator.get(RELEASES))

    assert page.index("Blogs, version 2") < page.index("Blogs, version 1")
    assert "Acme AI" in page


def test_an_operator_sees_what_was_left_out_and_who_fetched(operator, published, alice, download):
    file = published(alice)
    download(file)

    page = seen(operator.get(reverse("operator-release", args=[file.release_id])))

    assert "Somebody in it does not share" in page
    assert '<meter min="0" max="4" value="3">' in page
    assert "Sent in full" in page
    assert str(file.pk) in page


def test_an_operator_sees_a_withdrawn_file_and_its_successor(operator, published, alice, opt_out):
    file = published(alice)
    opt_out(alice)
    with pytest.raises(gate.GateClosed):
        gate.clear(file)

    page = seen(operator.get(reverse("operator-release", args=[file.release_id])))

    assert "Withdrawn" in page
    assert f"#file-{file.pk}" in page
    assert "No: a file is being built, or failed" in page


def test_an_operator_sees_which_platform_is_silent(operator, published, alice, silent_feed):
    file = published(alice)

    pages = [RELEASES, reverse("operator-release", args=[file.release_id])]

    assert all("Tumblr is silent: last heard" in seen(operator.get(page)) for page in pages)


def test_an_operator_sees_until_when_a_release_may_be_used(operator, published, alice):
    file = published(alice)

    page = seen(operator.get(reverse("operator-release", args=[file.release_id])))

    assert f"{file.usable_until:%Y-%m-%d %H:%M:%S} UTC</time>: then a file is withdrawn" in page
    assert "read again 72 hours after publication, 30 days ago at most" in page


def test_an_operator_without_releases_is_told_how_to_make_one(operator):
    assert "manage.py build_release" in seen(operator.get(RELEASES))


def test_an_unknown_release_is_not_there(operator):
    unknown = "00000000-0000-0000-0000-000000000000"

    assert operator.get(reverse("operator-release", args=[unknown])).status_code == 404


def test_a_person_cannot_see_the_operators_pages(browser, published, alice):
    file = published(alice)
    pages = [RELEASES, reverse("operator-release", args=[file.release_id])]

    assert {browser.get(page).status_code for page in pages} == {403}


@pytest.mark.parametrize("page", [RELEASES, MINE])
def test_the_pages_can_only_be_read(operator, page):
    assert operator.post(page).status_code == 405
