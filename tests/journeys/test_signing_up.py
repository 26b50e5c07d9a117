"""Somebody new: an account here, a page without accounts, a no for later ones, out and in again."""

import secrets

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from consent.actions import link
from people.models import User
from platforms.models import Platform
from tests.journeys.conftest import OPERATOR

pytestmark = pytest.mark.journey


@pytest.fixture(autouse=True)
def no_earlier_tries(transactional_db):
    """Sign-ins are counted by address, and all tests come from one."""
    cache.clear()


def sign_up(page: Page, username: str, password: str) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    page.get_by_label("E-mail address").fill(f"{username}@example.org")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    page.get_by_role("button", name="Create the account").click()


def sign_in(page: Page, username: str, password: str) -> None:
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_label("User name or e-mail address").fill(username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_somebody_signs_up_and_says_no_before_any_account_is_linked(page, password):
    sign_up(page, "nora", password)

    expect(page.get_by_role("heading", level=1)).to_have_text("My accounts")
    expect(page.get_by_text("No account is linked to you yet.")).to_be_visible()
    expect(page.get_by_text("We sent a mail to nora@example.org")).to_be_visible()
    page.get_by_role("switch", name="Share everything I own").click()
    expect(page.get_by_text("Saved:").first).to_be_visible()
    link(
        User.objects.get(username="nora"),
        Platform.objects.get(slug="tumblr"),
        native_id="t:nora",
        handle="nora-draws",
        method="operator",
        by=OPERATOR,
    )
    page.reload()
    expect(page.get_by_role("switch", name="nora-draws")).not_to_be_checked()


def test_somebody_signs_out_and_a_wrong_password_is_explained(page, password):
    sign_up(page, "nora", password)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()

    sign_in(page, "nora", secrets.token_urlsafe(12))

    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page.get_by_label("User name or e-mail address")).to_have_value("nora")
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My accounts")


def test_the_way_in_by_keyboard_follows_the_page(page):
    page.goto("/accounts/login/")
    reached = []

    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.textContent || document.activeElement.name")
        )

    assert reached == [
        "Skip to the content",
        "Withhold",
        "Sign in",
        "Create an account",
        "Create an account",
        "login",
        "password",
        "Forgot your password?",
        "remember",
    ]


def test_somebody_finds_where_to_change_their_password(page, ada, password):
    page.goto("/accounts/login/")
    sign_in(page, "ada", password)
    page.get_by_role("link", name="password", exact=True).click()

    page.get_by_label("Current Password").fill(password)
    page.get_by_label("New Password", exact=True).fill(f"{password}-new")
    page.get_by_label("New Password (again)").fill(f"{password}-new")
    page.get_by_role("button", name="Change it").click()

    expect(page.get_by_text("Your password is changed.")).to_be_visible()


def test_what_a_narrow_screen_shows_of_the_log_needs_no_sideways_scrolling(page, olive, password):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/")
    sign_in(page, "olive", password)
    page.goto("/operator/audit/")

    entry = page.get_by_role("link", name="Somebody's role was changed").first
    expect(entry).to_be_visible()
    wide = page.evaluate(
        "[...document.querySelectorAll('.table-wrap')].map(e => e.scrollWidth - e.clientWidth)"
    )
    assert wide == [0]
