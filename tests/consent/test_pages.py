"""The person's pages, as a browser sees them: with and without JavaScript."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from audit.events import SYSTEM, operator_command
from consent import actions
from consent.models import ReasonCode, Source, Standing, Statement
from platforms.actions import note_account
from platforms.models import Account

HTMX = {"HTTP_HX_REQUEST": "true"}
BUDGET = 30_000

pytestmark = pytest.mark.django_db


class Outline(HTMLParser):
    """The parts of a page that a screen reader depends on."""

    VOID = ("input", "meta", "link", "br", "hr", "img")

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.open = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]

    def switches(self):
        return {
            attrs["aria-label"]: attrs["aria-checked"]
            for attrs in self.all("button")
            if attrs.get("role") == "switch"
        }


def page(client, path="/", **headers):
    response = client.get(path, **headers)
    assert response.status_code == 200
    return response.content.decode()


def token(html):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)[1]


def hidden(html, name):
    return re.search(rf'name="{name}" value="([^"]+)"', html)[1]


def click(client, path, *, on="/", follow=True, **more):
    """Send the form at ``path`` with the token of the page it is on."""
    fields = {"csrfmiddlewaretoken": token(page(client, on)), **more}
    return client.post(path, fields, follow=follow)


def confirm(client, path, **more):
    html = page(client, path)
    fields = {"csrfmiddlewaretoken": token(html), "confirm": "yes", "key": hidden(html, "key")}
    return client.post(path, {**fields, **more}, follow=True)


def reasons(account):
    return Standing.objects.get(account=account, partner="").reasons


# Who sees what ----------------------------------------------------------------------------


def test_a_visitor_is_told_what_this_is_and_how_to_sign_in(client):
    html = page(client)

    assert "/accounts/login/" in html
    assert "/accounts/signup/" in html
    assert "Reach copies that an AI company" in html


def test_a_person_sees_their_accounts_and_nobody_elses(browser, blog, bobs_blog):
    html = page(browser)

    assert "moss-and-lichen" in html
    assert "bobs-garden" not in html


def test_an_operator_arrives_at_the_audit_log(client, olga):
    client.force_login(olga)

    assert client.get("/").headers["Location"] == "/operator/audit/"


def test_a_person_without_accounts_learns_how_one_is_linked(browser):
    html = page(browser)

    assert "Whoever runs this service links your blog" in html
    assert "alice" in html


def test_the_page_says_what_a_switch_cannot_undo(browser, blog):
    html = page(browser)

    assert "withdrawn at once" in html
    assert "stays with that" in html
    assert "already trained is out of reach" in html


def test_the_person_pages_are_kept_in_no_cache(browser, blog):
    for path in ("/", "/history/", f"/choices/{blog.pk}/opt-in/"):
        assert "no-store" in browser.get(path).headers["Cache-Control"]


# Turning off ------------------------------------------------------------------------------


def test_one_click_turns_sharing_off_without_javascript(browser, blog):
    response = click(browser, f"/choices/{blog.pk}/opt-out/")

    html = response.content.decode()
    assert response.redirect_chain == [(f"/#account-{blog.pk}", 302)]
    assert "Saved: moss-and-lichen is not shared." in html
    assert Outline(html).switches()["Share moss-and-lichen with AI companies"] == "false"
    assert reasons(blog) == ["person"]


def test_with_htmx_only_the_row_and_the_confirmation_change(browser, blog, diary):
    response = browser.post(
        f"/choices/{blog.pk}/opt-out/",
        {"csrfmiddlewaretoken": token(page(browser))},
        **HTMX,
    )

    html = response.content.decode()
    assert response.status_code == 200
    assert html.lstrip().startswith(f'<li class="row" id="account-{blog.pk}">')
    assert '<div hx-swap-oob="innerHTML:#said">Saved: moss-and-lichen is not shared.</div>' in html
    assert "a-closed-diary" not in html
    assert "<html" not in html


def test_clicking_off_many_times_is_never_refused(browser, blog):
    statuses = {
        click(browser, f"/choices/{blog.pk}/opt-out/", follow=False).status_code for _ in range(30)
    }

    assert statuses == {302}
    assert Statement.objects.count() == 1


def test_one_click_turns_everything_off(browser, blog, diary):
    html = click(browser, "/choices/opt-out/").content.decode()

    assert "None of your 2 accounts is shared" in html
    assert reasons(blog) == reasons(diary) == ["person"]


def test_one_click_turns_a_platform_off(browser, alice, blog, strict):
    other = Account.objects.create(
        platform=strict, native_id="n", handle="elsewhere", keys=[77], person=alice
    )

    click(browser, "/choices/on/tumblr/opt-out/")

    assert reasons(blog) == ["person"]
    assert not Standing.objects.filter(account=other).exists()


def test_everything_can_be_turned_off_before_the_first_account_is_linked(browser, alice, tumblr):
    click(browser, "/choices/opt-out/")

    account = actions.link(alice, tumblr, native_id="n", method="x", by=operator_command())

    assert reasons(account) == ["person"]


def test_as_long_as_anything_is_on_the_switch_for_everything_turns_off(browser, blog, diary):
    click(browser, f"/choices/{blog.pk}/opt-out/")

    switches = Outline(page(browser)).switches()

    assert switches["Share everything I own with AI companies"] == "true"
    assert switches["Share everything on Tumblr with AI companies"] == "true"


# Turning on again -------------------------------------------------------------------------


def test_turning_on_asks_first_and_changes_nothing_by_asking(browser, blog):
    click(browser, f"/choices/{blog.pk}/opt-out/")

    html = page(browser, f"/choices/{blog.pk}/opt-in/")

    assert "Nothing changes until you confirm" in html
    assert 'name="include_older"' in html
    assert "checked" not in html
    assert reasons(blog) == ["person"]


def test_a_post_that_did_not_come_from_the_confirmation_changes_nothing(browser, blog):
    click(browser, f"/choices/{blog.pk}/opt-out/")

    response = click(browser, f"/choices/{blog.pk}/opt-in/")

    assert "confirm once more" in response.content.decode()
    assert reasons(blog) == ["person"]


def test_a_confirmed_yes_shares_from_then_on(browser, blog):
    click(browser, f"/choices/{blog.pk}/opt-out/")

    html = confirm(browser, f"/choices/{blog.pk}/opt-in/").content.decode()

    assert "Saved: your switch for moss-and-lichen is on." in html
    assert "Only what was published since" in html
    assert Standing.objects.get().shared_from is not None


def test_the_tick_shares_older_content_too(browser, blog):
    click(browser, f"/choices/{blog.pk}/opt-out/")

    confirm(browser, f"/choices/{blog.pk}/opt-in/", include_older="on")

    assert Standing.objects.get().shared_from is None


def test_a_confirmation_page_sent_twice_counts_once(browser, blog):
    path = f"/choices/{blog.pk}/opt-in/"
    click(browser, f"/choices/{blog.pk}/opt-out/")
    old = page(browser, path)
    fields = {
        "csrfmiddlewaretoken": token(old),
        "confirm": "yes",
        "key": hidden(old, "key"),
    }
    browser.post(path, fields)
    click(browser, f"/choices/{blog.pk}/opt-out/")

    browser.post(path, fields)
    ticked = browser.post(path, {**fields, "include_older": "on"}, follow=True)

    assert "Nothing was saved" in ticked.content.decode()
    assert reasons(blog) == ["person"]


def test_everything_is_turned_on_after_one_confirmation(browser, blog, diary):
    click(browser, "/choices/opt-out/")

    confirm(browser, "/choices/opt-in/")

    assert reasons(blog) == reasons(diary) == []


# Other reasons ----------------------------------------------------------------------------


def test_the_page_says_why_an_account_stays_off(browser, blog):
    legal = {"reason": ReasonCode.LEGAL, "source": Source.OPERATOR, "by": operator_command()}
    actions.opt_out(blog, **legal)

    html = page(browser)

    assert "Not shared" in html
    assert "A legal duty forbids it." in html
    assert Outline(html).switches()["Share moss-and-lichen with AI companies"] == "true"


def test_the_page_says_what_the_platform_itself_says(browser, blog, tumblr):
    note_account(tumblr, blog.keys, denies=["made_private"], by=SYSTEM)

    html = page(browser)

    assert "Tumblr itself says: made private." in html
    assert "Your account is not shared with AI companies." in html


def test_the_confirmation_says_that_a_yes_alone_will_not_do(browser, blog):
    legal = {"reason": ReasonCode.LEGAL, "source": Source.OPERATOR, "by": operator_command()}
    actions.opt_out(blog, **legal)
    click(browser, f"/choices/{blog.pk}/opt-out/")

    html = page(browser, f"/choices/{blog.pk}/opt-in/")

    assert "Your yes alone will not share it" in html


def test_where_only_a_yes_counts_the_page_says_that_silence_is_a_no(browser, alice, strict):
    Account.objects.create(
        platform=strict, native_id="n", handle="elsewhere", keys=[77], person=alice
    )

    html = page(browser)

    assert "only a yes counts, and you gave none" in html
    assert Outline(html).switches()["Share elsewhere with AI companies"] == "false"


@pytest.mark.parametrize("reason", [each for each in ReasonCode if each not in ("person", "gpc")])
def test_every_reason_that_the_switch_leaves_has_words(reason):
    row = {"others": [reason], "explained": True, "pk_text": "1", "name": "x", "account": "x"}

    html = render_to_string("consent/parts/row.html", {"row": {**row, "account": {"pk": 1}}})

    assert "another reason on record" not in html


# Doors that stay shut ---------------------------------------------------------------------


@pytest.mark.parametrize("act", ["opt-out", "opt-in"])
def test_the_account_of_somebody_else_looks_like_none_at_all(browser, blog, bobs_blog, act):
    theirs = click(browser, f"/choices/{bobs_blog.pk}/{act}/")
    unknown = click(browser, f"/choices/{bobs_blog.pk + 999}/{act}/")

    assert theirs.status_code == unknown.status_code == 404
    assert without_tokens(theirs) == without_tokens(unknown)
    assert not Statement.objects.exists()


def without_tokens(response):
    return re.sub(r'value="[^"]*"', "", response.content.decode())


def test_a_form_of_another_site_saves_nothing(browser, blog):
    response = browser.post(f"/choices/{blog.pk}/opt-out/")

    assert response.status_code == 403
    assert b"nothing was saved" in response.content
    assert not Statement.objects.exists()


def test_a_link_alone_never_changes_a_choice(browser, blog):
    assert browser.get(f"/choices/{blog.pk}/opt-out/").status_code == 405
    assert browser.get("/choices/opt-out/").status_code == 405


def test_whoever_was_signed_out_is_told_that_nothing_was_saved(client, blog):
    response = client.post(f"/choices/{blog.pk}/opt-out/", follow=True)

    assert response.redirect_chain[0][0] == "/accounts/login/?next=/"
    assert b"nothing was saved" in response.content


def test_htmx_sends_whoever_was_signed_out_to_the_sign_in_page(client, blog):
    response = client.post(f"/choices/{blog.pk}/opt-out/", **HTMX)

    assert response.headers["HX-Redirect"] == "/accounts/login/?next=/"


# History ----------------------------------------------------------------------------------


def test_the_history_says_what_when_and_through_which_door(browser, blog):
    click(browser, f"/choices/{blog.pk}/opt-out/")
    confirm(browser, f"/choices/{blog.pk}/opt-in/")

    html = page(browser, "/history/")

    assert "by you, on this website" in html
    assert html.index("Sharing turned on, from then on") < html.index("<p>Sharing turned off</p>")


def test_a_long_history_has_pages(browser, blog, by_alice):
    for _ in range(11):
        actions.opt_out(blog, source=Source.WEB, by=by_alice)
        actions.opt_in(blog, source=Source.WEB, by=by_alice, confirmed=True)

    first, second = page(browser, "/history/"), page(browser, "/history/?page=2")

    assert first.count("<time") == 20
    assert second.count("<time") == 2
    assert 'rel="next"' in first
    assert 'rel="prev"' in second


def test_the_history_names_no_other_person(browser, blog, alice, bob):
    Account.objects.update(person=bob)
    actions.opt_out(blog_of(bob), source=Source.WEB, by=actions.person_actor(bob))
    Account.objects.update(person=alice)

    html = page(browser, "/history/")

    assert "by an earlier owner" in html
    assert f"person:{bob.pk}" not in html


def blog_of(person):
    return Account.objects.get(person=person)


# How the page is made ---------------------------------------------------------------------


def test_the_whole_page_fits_in_thirty_kilobytes(browser, alice, tumblr, by_alice):
    for n in range(10):
        account = actions.link(
            alice, tumblr, native_id=f"t:{n}", handle=f"blog-{n}", method="x", by=SYSTEM
        )
        actions.opt_out(account, source=Source.WEB, by=by_alice)
    html = page(browser)
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', html)

    weights = {name: len(gzip.compress(read(name))) for name in files}
    total = len(gzip.compress(html.encode())) + sum(weights.values())

    assert {"withhold/withhold.css", "django_htmx/htmx-2.min.js"} <= set(files)
    assert total <= BUDGET, weights


def read(name):
    return Path(finders.find(name)).read_bytes()


def test_the_page_costs_the_same_queries_for_any_number_of_accounts(
    browser, blog, django_assert_max_num_queries, alice, tumblr
):
    for n in range(10):
        actions.link(alice, tumblr, native_id=f"t:{n}", method="x", by=SYSTEM)

    with django_assert_max_num_queries(8):
        page(browser)


@pytest.mark.parametrize(
    "path", ["/", "/history/", "/choices/opt-in/", "/accounts/login/", "/accounts/signup/",
             "/accounts/password/reset/", "/accounts/logout/", "/accounts/email/",
             "/accounts/password/change/"],
)  # fmt: skip
@pytest.mark.parametrize("signed_in", [True, False])
def test_each_page_is_fit_for_screen_readers_and_the_strict_policy(
    browser, blog, by_alice, path, signed_in
):
    actions.opt_out(blog, source=Source.WEB, by=by_alice)
    client = browser if signed_in else Client()
    response = client.get(path, follow=True)

    html = response.content.decode()
    outline = Outline(html)
    assert outline.open == []
    assert outline.all("html") == [{"lang": "en"}]
    assert len(outline.all("h1")) == 1
    assert len(outline.all("title")) == 1
    assert len(outline.ids) == len(set(outline.ids))
    assert labelled(outline)
    assert "style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son\w+=", html)
    assert all("src" in script for script in outline.all("script"))
    assert "'unsafe" not in response.headers["Content-Security-Policy"]


def labelled(outline):
    """Every visible field has a label that points at it."""
    targets = {attrs.get("for") for attrs in outline.all("label")}
    fields = [attrs for attrs in outline.all("input") if attrs.get("type") != "hidden"]
    return all(attrs["id"] in targets for attrs in fields)


def test_the_page_of_a_lost_database_needs_neither_request_nor_context():
    html = render_to_string("503.html")

    assert "Nothing was saved" in html
    assert len(Outline(html).all("h1")) == 1


def test_a_handle_cannot_become_markup(browser, alice, tumblr):
    hostile = "<script>alert(1)</script>\"'>"
    Account.objects.create(platform=tumblr, native_id="x", handle=hostile, keys=[5], person=alice)

    assert "<script>alert" not in page(browser)
