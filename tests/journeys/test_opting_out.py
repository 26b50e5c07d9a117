"""The journey that everything else is for, by keyboard and mouse, with and without JavaScript."""

import pytest
import requests
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


def sign_in(page: Page, username: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()


@pytest.fixture
def fetch(live_server, partner_token):
    """The partner's script: the file's address from the manifest, then the file."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {partner_token}"
    (release,) = session.get(f"{live_server.url}/api/v1/releases/").json()["results"]
    manifest = session.get(f"{live_server.url}/api/v1/releases/{release['id']}/manifest/").json()
    (file,) = manifest["files"]
    return lambda: session.get(file["url"])


def test_a_person_opts_out_and_the_partners_next_fetch_is_refused(page, ada, password, fetch):
    assert fetch().status_code == 200
    sign_in(page, "ada", password)
    switch = page.get_by_role("switch", name="paper-lanterns")
    expect(switch).to_be_checked()

    switch.click()

    expect(page.get_by_text("Saved:").first).to_be_visible()
    expect(page.get_by_role("switch", name="paper-lanterns")).not_to_be_checked()
    sign_out(page)
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    assert fetch().status_code == 410


def test_the_switch_works_with_the_keyboard_alone(page, ada, password):
    sign_in(page, "ada", password)
    page.get_by_role("switch", name="paper-lanterns").focus()

    page.keyboard.press("Enter")

    expect(page.get_by_text("Saved:").first).to_be_visible()
    expect(page.get_by_role("switch", name="paper-lanterns")).not_to_be_checked()


def test_turning_sharing_on_again_asks_first(page, ada, password):
    sign_in(page, "ada", password)
    page.get_by_role("switch", name="paper-lanterns").click()
    expect(page.get_by_text("Saved:").first).to_be_visible()

    page.get_by_role("switch", name="paper-lanterns").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Share")
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_role("button", name="Yes, share from now on").click()
    expect(page.get_by_role("switch", name="paper-lanterns")).to_be_checked()


def test_an_operator_reads_what_happened(page, olive, ada, password, fetch):
    fetch()
    sign_in(page, "olive", password)

    page.goto("/operator/audit/?event=download.requested")

    expect(page.get_by_role("row").filter(has_text="northlight").first).to_be_visible()


def test_no_page_breaks_its_own_content_security_policy(page, ada, password):
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    sign_in(page, "ada", password)
    page.get_by_role("switch", name="paper-lanterns").click()
    expect(page.get_by_text("Saved:").first).to_be_visible()

    page.goto("/history/")

    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_screen(page, ada, password, width):
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, "ada", password)

    for address in ("/", "/history/", "/my-data/"):
        page.goto(address)
        main = page.locator("html").bounding_box()

        assert main["width"] <= width
