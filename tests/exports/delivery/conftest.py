"""A partner's machine that asks over HTTP, and a file with bytes worth asking for."""

import hashlib
import multiprocessing
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from django.utils import timezone
from gunicorn.app.base import BaseApplication

from audit.events import operator_command
from exports.actions import agree
from exports.models import File, Partner

OPERATOR = operator_command()
SMALL_BUFFER = 64 << 10


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


class Server(BaseApplication):
    """The service as it runs in production, with the settings of this test."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", f"fd://{self._listener.fileno()}")
        self.cfg.set("workers", 1)
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", 4)
        self.cfg.set("graceful_timeout", 1)
        self.cfg.set("loglevel", "critical")
        self.cfg.set("control_socket_disable", True)

    def load(self):
        return get_wsgi_application()


@pytest.fixture
def server(transactional_db, settings) -> Iterator[str]:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    listener = socket.create_server(("127.0.0.1", 0))
    # What waits in the kernel has left the service: keep it little, so that a stop shows.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=Server(listener).run)
    process.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    children = psutil.Process(process.pid).children()
    process.terminate()
    process.join(10)
    psutil.wait_procs(children, timeout=10)
    listener.close()
