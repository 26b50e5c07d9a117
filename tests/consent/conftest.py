"""Alice owns the blog; Bob is somebody else; Olga operates the service."""

import pytest
from django.test import Client

from consent import actions
from people.models import User
from platforms.models import Account, Platform


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user("alice", "alice@example.org")


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user("bob", "bob@example.org")


@pytest.fixture
def olga(db) -> User:
    return User.objects.create_user("olga", role=User.Role.OPERATOR)


@pytest.fixture
def tumblr(db) -> Platform:
    return Platform.objects.get_or_create(slug="tumblr", defaults={"name": "Tumblr"})[0]


@pytest.fixture
def strict(db) -> Platform:
    """A platform where silence denies."""
    return Platform.objects.create(slug="strict", name="Strict", mode=Platform.Mode.OPT_IN)


@pytest.fixture
def blog(alice, tumblr) -> Account:
    return own(alice, tumblr, "moss-and-lichen", 7)


@pytest.fixture
def diary(alice, tumblr) -> Account:
    return own(alice, tumblr, "a-closed-diary", 8)


@pytest.fixture
def bobs_blog(bob, tumblr) -> Account:
    return own(bob, tumblr, "bobs-garden", 9)


@pytest.fixture
def by_alice(alice):
    return actions.person_actor(alice)


@pytest.fixture
def browser(alice) -> Client:
    """Alice's browser, signed in, as strict about forms as the real service."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def own(person: User, platform: Platform, handle: str, key: int) -> Account:
    return Account.objects.create(
        platform=platform, native_id=f"t:{handle}", handle=handle, keys=[key], person=person
    )
