"""A partner's machine that asks over HTTP, and a file with bytes worth asking for."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from audit.events import operator_command
from exports.actions import agree
from exports.models import File, Partner

OPERATOR = operator_command()


def token_of(partner: Partner) -> str:
    return agree.issue_credential(partner, by=OPERATOR)[1]


@pytest.fixture
def token(partner: Partner) -> str:
    return token_of(partner)


@pytest.fixture
def acme(token: str) -> Client:
    """The partner's machine."""
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def stranger_token(initech: Partner) -> str:
    return token_of(initech)


@pytest.fixture
def stranger(stranger_token: str) -> Client:
    """Another partner's machine."""
    return Client(headers={"Authorization": f"Bearer {stranger_token}"})


@pytest.fixture
def file(a_file: Callable[..., File], alice, storage: Path) -> File:
    """A published file with a post of Alice's; its bytes are the numbers 0 to 9, many times."""
    return with_bytes(a_file(alice), b"0123456789" * 20, storage)


@pytest.fixture
def big_file(a_file: Callable[..., File], alice, storage: Path) -> File:
    """As ``file``, and long enough to be checked again twice on its way."""
    return with_bytes(a_file(alice), bytes(range(256)) * (40 << 10), storage)


def with_bytes(file: File, content: bytes, storage: Path) -> File:
    (storage / file.path).write_bytes(content)
    file.size = len(content)
    file.sha256 = hashlib.sha256(content).hexdigest()
    file.published_at = file.release.published_at = timezone.now()
    file.release.save()
    file.save()
    return file
