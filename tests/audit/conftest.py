from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from audit.actions import record
from audit.events import SYSTEM, Actor, FileBuilt
from audit.models import Entry

SHA = "0" * 64


@pytest.fixture
def alice(db):
    """A person who decides about her own posts."""
    return get_user_model().objects.create_user("alice")


@pytest.fixture
def olga(db):
    """An operator."""
    return get_user_model().objects.create_user("olga", role="operator")


@pytest.fixture
def operator(olga) -> Client:
    client = Client()
    client.force_login(olga)
    return client


@pytest.fixture
def person(alice) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def happen(db) -> Callable[..., Entry]:
    """Let something happen, and get its entry."""

    def happen(subject="file:1", *, by: Actor = SYSTEM, platform="", partner="", rows=3) -> Entry:
        event = FileBuilt(
            subject=subject, platform=platform, partner=partner, rows=rows, sha256=SHA
        )
        with transaction.atomic():
            return record(event, by=by)

    return happen
