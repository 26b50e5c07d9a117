"""Downloads from a real server process, through a real socket."""

import hashlib
import multiprocessing
import socket
import time
from collections.abc import Iterator

import psutil
import pytest
import requests
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.urls import reverse
from gunicorn.app.base import BaseApplication

from exports.delivery.streaming import RECHECK_EVERY
from exports.models import File, Receipt

NEVER_LATER_THAN = 2 * RECHECK_EVERY
SMALL_BUFFER = 64 << 10


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


@pytest.fixture
def ask(server, token):
    def get(file: File, **headers):
        return requests.get(
            server + reverse("api-file", args=[file.pk]),
            headers={"Authorization": f"Bearer {token}", **headers},
            stream=True,
            timeout=20,
        )

    return get


def ended(file: File) -> Receipt:
    """The receipt, once it is closed: the server writes it after the last byte."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        receipt = file.receipts.latest("asked_at")
        if receipt.ended_at:
            return receipt
        time.sleep(0.02)
    raise AssertionError("the receipt was not closed")


def test_a_file_arrives_whole(ask, big_file):
    response = ask(big_file)

    assert hashlib.sha256(response.content).hexdigest() == big_file.sha256
    assert "Transfer-Encoding" not in response.headers
    assert ended(big_file).outcome == Receipt.Outcome.SENT


def test_a_download_that_broke_off_goes_on_where_it_ended(ask, big_file):
    first = ask(big_file)
    part = first.raw.read(3_000_000)
    first.close()

    rest = ask(big_file, Range=f"bytes={len(part)}-", **{"If-Range": first.headers["ETag"]})

    assert rest.status_code == 206
    assert hashlib.sha256(part + rest.content).hexdigest() == big_file.sha256


def test_an_opt_out_cuts_a_running_download_before_eight_mebibytes_more(
    ask, big_file, alice, opt_out
):
    response = ask(big_file)
    received = len(response.raw.read(100_000))
    opt_out(alice)

    with pytest.raises((requests.exceptions.RequestException, OSError)):
        for chunk in response.iter_content(65536):
            received += len(chunk)

    receipt = ended(big_file)
    assert received < 100_000 + NEVER_LATER_THAN < big_file.size
    assert receipt.outcome == Receipt.Outcome.STOPPED
    assert receipt.bytes_sent < NEVER_LATER_THAN
    assert ask(big_file).status_code == 410


def test_a_caller_that_hangs_up_leaves_a_receipt_of_what_it_may_have(ask, big_file):
    response = ask(big_file)
    response.raw.read(100_000)
    response.close()

    receipt = ended(big_file)
    assert receipt.outcome == Receipt.Outcome.BROKEN
    assert 100_000 <= receipt.bytes_sent < big_file.size


def test_head_keeps_the_connection_usable(server, token, big_file):
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        address = server + reverse("api-file", args=[big_file.pk])

        head = session.head(address, timeout=20)
        part = session.get(address, headers={"Range": "bytes=0-3"}, timeout=20)

    assert head.headers["Content-Length"] == str(big_file.size)
    assert part.content == b"\x00\x01\x02\x03"


def test_debug_is_off_as_in_production():
    assert settings.DEBUG is False
