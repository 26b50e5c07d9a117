"""Downloads from a real server process, through a real socket."""

import hashlib
import time

import pytest
import requests
from django.conf import settings
from django.urls import reverse

from exports.delivery.streaming import RECHECK_EVERY
from exports.models import File, Receipt

NEVER_LATER_THAN = 2 * RECHECK_EVERY


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
