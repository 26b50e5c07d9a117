"""A real Chromium against a real server, with a release that a partner can fetch."""

import os
import secrets
import shutil
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from audit.events import operator_command
from config.quickstart import dumps
from consent.actions import link
from exports.actions.agree import add_dataset, add_partner, issue_credential
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.actions.publish import publish_release
from people.actions import add_user
from people.models import User
from platforms.actions import import_dump
from platforms.models import Platform

OPERATOR = operator_command()
QUIET = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, as long as a module of tests lasts.

    Playwright's synchronous API runs an event loop in this thread, where Django would
    refuse the database.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request, chromium: Browser, live_server) -> Iterator[Page]:
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture
def password() -> str:
    return secrets.token_urlsafe(12)


@pytest.fixture
def ada(transactional_db, password) -> User:
    """She owns the Tumblr blog of the story."""
    person = add_user(
        "ada",
        email="ada@example.org",
        password=password,
        role=User.Role.PERSON,
        by=OPERATOR,
    )
    link(
        person,
        Platform.objects.get(slug="tumblr"),
        native_id=dumps.PERSON_BLOG_UUID,
        handle=dumps.PERSON_BLOG,
        method="operator",
        by=OPERATOR,
    )
    return person


@pytest.fixture
def olive(transactional_db, password) -> User:
    return add_user(
        "olive",
        email="olive@example.org",
        password=password,
        role=User.Role.OPERATOR,
        by=OPERATOR,
    )


@pytest.fixture
def partner_token(transactional_db, tmp_path) -> str:
    """A partner whose only release has one file, with Ada's posts in it."""
    path, _ = dumps.write(tmp_path / "dumps")
    import_dump("tumblr", [path], {}, by=OPERATOR, now=timezone.now())
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    dataset = add_dataset(
        partner,
        "posts",
        name="Posts",
        platforms=["tumblr"],
        media_kinds=["text"],
        buckets=1,
        by=OPERATOR,
    )
    release = plan_release(dataset, by=OPERATOR)
    for file in release.files.all():
        build(file.pk)
    publish_release(release.pk)
    return issue_credential(partner, by=OPERATOR)[1]
