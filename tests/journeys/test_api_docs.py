import pytest

pytestmark = pytest.mark.journey


def test_the_page_of_the_api_shows_the_partners_calls(chromium, live_server):
    page = chromium.new_page(base_url=live_server.url)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto("/api/docs/")
    page.get_by_text("/api/v1/files/{id}/").first.wait_for()

    assert page.get_by_text("Partners", exact=True).count() > 0
    assert complaints == []
    page.close()


def test_the_page_of_the_api_names_its_language_and_itself(chromium, live_server):
    page = chromium.new_page(base_url=live_server.url)

    page.goto("/api/docs/")

    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == "The API · Withhold"
    page.close()
