"""The pages around signing in: all of them ours, none of them telling on anybody."""

import re
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import get_resolver

from people.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "quiet-lantern-42"
THEIR_WORDS = re.compile(r"Account Inactive|Bad Token|Confirm Access|Verify Your|successfully")


@pytest.fixture(autouse=True)
def no_earlier_tries():
    """Tries are counted in the cache, by the address that all tests come from."""
    cache.clear()


@pytest.fixture
def alice():
    return User.objects.create_user("alice", "alice@example.org", PASSWORD)


@pytest.fixture
def inside(client, alice):
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    return client


@pytest.fixture
def mail_is_down(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Down"


def sign_up(client, name, email, password=PASSWORD):
    form = {"email": email, "username": name, "password1": password, "password2": password}
    return client.post("/accounts/signup/", form, follow=True)


def headings(response):
    return re.findall(r"<h1>(.*?)</h1>", response.content.decode())


def link_in(message):
    return re.search(r"https?://testserver(/\S+)", message.body)[1]


def test_there_is_no_page_of_the_library_that_we_have_no_words_for():
    included = next(
        each for each in get_resolver().url_patterns if str(each.pattern) == "accounts/"
    )

    names = {pattern.name for pattern in included.url_patterns}

    assert names == {
        "account_login",
        "account_logout",
        "account_signup",
        "account_inactive",
        "account_reauthenticate",
        "account_email",
        "account_email_verification_sent",
        "account_confirm_email",
        "account_change_password",
        "account_reset_password",
        "account_set_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("inactive/", "You cannot sign in with this account"),
        ("confirm-email/", "Look into your mail"),
        ("confirm-email/no-such-key/", "Confirm your address"),
        ("password/reset/", "Forgot your password?"),
        ("password/reset/done/", "Look into your mail"),
        ("password/reset/key/1-abc/", "This link is no longer valid"),
        ("password/reset/key/done/", "Your new password"),
    ],
)
def test_every_page_for_somebody_outside_is_in_our_words(client, address, heading):
    response = client.get(f"/accounts/{address}")

    assert headings(response) == [heading]
    assert not THEIR_WORDS.search(response.content.decode())


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        ("reauthenticate/", "Is it you?"),
        ("password/change/", "Change your password"),
        ("logout/", "Sign out?"),
    ],
)
def test_every_page_for_somebody_inside_is_in_our_words(inside, address, heading):
    response = inside.get(f"/accounts/{address}")

    assert headings(response) == [heading]
    assert not THEIR_WORDS.search(response.content.decode())


@pytest.mark.parametrize("address", ["password/set/", "login/code/", "login/code/confirm/"])
def test_ways_in_that_nobody_has_do_not_exist(client, address):
    assert client.get(f"/accounts/{address}").status_code == 404


def test_somebody_whose_account_is_closed_is_told_what_still_holds(client, alice):
    User.objects.update(is_active=False)

    response = client.post(
        "/accounts/login/", {"login": "alice", "password": PASSWORD}, follow=True
    )

    assert b"What you chose still" in response.content


def test_a_forgotten_password_is_replaced_by_a_link_in_a_mail(client, alice):
    client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    (message,) = mail.outbox

    form = client.get(link_in(message), follow=True)
    done = client.post(
        form.redirect_chain[-1][0],
        {"password1": "another-lantern-43", "password2": "another-lantern-43"},
        follow=True,
    )

    assert message.subject == "Withhold: choose a new password"
    assert headings(form) == ["Choose a new password"]
    assert headings(done) == ["Your new password"]
    assert User.objects.get().check_password("another-lantern-43")


def test_a_password_is_changed_and_the_page_says_so(inside):
    response = inside.post(
        "/accounts/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "another-lantern-43",
            "password2": "another-lantern-43",
        },
        follow=True,
    )

    assert b"Your password is changed." in response.content
    assert User.objects.get().check_password("another-lantern-43")


def test_somebody_without_a_password_gets_one_by_mail(client):
    client.force_login(User.objects.create_user("alice", "alice@example.org"))

    response = client.get("/accounts/password/change/", follow=True)

    assert headings(response) == ["Forgot your password?"]


def test_an_address_is_confirmed_by_the_link_in_the_mail(client):
    sign_up(client, "alice", "alice@example.org")

    page = client.get(link_in(mail.outbox[0]))
    done = client.post(link_in(mail.outbox[0]), follow=True)

    assert headings(page) == ["Confirm your address"]
    assert b"alice@example.org is confirmed" in done.content


def test_the_address_of_an_account_is_behind_its_password_again(client, alice):
    client.force_login(alice)

    before = client.get("/accounts/email/", follow=True)
    after = client.post(
        "/accounts/reauthenticate/",
        {"password": PASSWORD, "next": "/accounts/email/"},
        follow=True,
    )

    assert headings(before) == ["Is it you?"]
    assert b"alice@example.org" not in before.content
    assert headings(after) == ["E-mail address"]


def test_signing_up_does_not_tell_who_has_an_account(alice):
    known = sign_up(Client(), "mallory", "alice@example.org")
    unknown = sign_up(Client(), "mallory2", "nobody@example.org")

    assert known.redirect_chain == unknown.redirect_chain == [("/", 302)]


def test_the_owner_of_an_address_signs_in_with_it_though_another_account_has_it_too(alice):
    sign_up(Client(), "mallory", "alice@example.org", "another-lantern-43")
    browser = Client()

    browser.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})

    assert browser.get("/").wsgi_request.user == alice


def test_asking_for_a_new_password_does_not_tell_who_has_an_account(client, alice):
    answers = [
        client.post("/accounts/password/reset/", {"email": email}, follow=True).redirect_chain
        for email in ("alice@example.org", "nobody@example.org")
    ]

    assert answers[0] == answers[1]


class Down:
    """A mail server that hangs up."""

    def __init__(self, **_):
        pass

    def send_messages(self, _):
        raise SMTPServerDisconnected


def test_signing_up_works_while_no_mail_can_be_sent(client, mail_is_down):
    response = sign_up(client, "alice", "alice@example.org")

    assert response.redirect_chain == [("/", 302)]
    assert b"could not send a mail" in response.content
    assert b"We sent a mail" not in response.content


def test_a_link_that_cannot_be_sent_is_not_announced(alice, mail_is_down):
    browser = Client(raise_request_exception=False)

    known = browser.post("/accounts/password/reset/", {"email": "alice@example.org"})
    unknown = browser.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    assert known.status_code == unknown.status_code == 500


def test_who_tries_too_often_gets_a_page_of_ours(client):
    form = {"login": "alice", "password": "x"}

    answers = [client.post("/accounts/login/", form) for _ in range(31)]

    assert answers[-1].status_code == 429
    assert headings(answers[-1]) == ["Too many tries in a short time"]
    assert answers[-1]["Retry-After"] == "60"


def test_a_choice_is_never_refused_for_its_number(inside):
    answers = {inside.post("/choices/opt-out/").status_code for _ in range(40)}

    assert answers == {302}


def test_signing_in_gives_a_new_session(client, alice):
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "before"
    session.save()
    before = session.session_key

    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})

    assert client.session.session_key != before


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_leads_to_our_own_pages_only(client, alice, elsewhere):
    form = {"login": "alice", "password": PASSWORD, "next": elsewhere}

    response = client.post("/accounts/login/", form)

    assert response["Location"] == "/"


def test_the_page_leads_to_the_address_and_the_password_of_the_account(inside):
    html = inside.get("/").content.decode()

    assert 'href="/accounts/email/"' in html
    assert 'href="/accounts/password/change/"' in html
