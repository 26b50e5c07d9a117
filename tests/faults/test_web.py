"""The web server while its database is killed, and while somebody opts out: what leaves then."""

import hashlib
import subprocess
import urllib.request
from urllib.error import HTTPError

import pytest

from config.quickstart.visitors import Pipeline, form_to
from tests.faults.slowly import SlowDownload

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

MIB = 1 << 20
STOPS_WITHIN = 8 * MIB


@pytest.fixture(scope="module")
def port(site, filled, free_port, until):
    """Where the web server listens."""
    port = free_port()
    process = site.service("web", port=port, stdout=subprocess.DEVNULL)
    until(30, lambda: site.answers(port))
    yield port
    site.kill(process)


@pytest.fixture(scope="session")
def token(filled):
    """Of a partner of ``filled``, which is shared by all modules and known there only once."""
    return filled.agree_with(partner="slow-line", buckets=1)


@pytest.fixture
def partner(port, token):
    return Pipeline(f"http://127.0.0.1:{port}", token)


@pytest.fixture
def file(hand, token):
    """The address of a published file of more than 40 MB, and the row behind it."""
    release = hand.plan(partner="slow-line")
    hand.build(release=release)
    (file,) = hand.look_at(release=release)["files"]
    assert file["state"] == "published" and file["size"] > 40 * MIB
    return file | {"address": f"/api/v1/files/{file['id']}/"}


@pytest.fixture
def outage(site):
    """Kill PostgreSQL; it is up again after the test, or when it is asked for."""
    yield site.cluster.kill
    site.cluster.start()


def headers_of(url, token):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(HTTPError) as refusal, urllib.request.urlopen(request, timeout=10):
        pass
    return refusal.value.headers


def test_an_opt_out_stops_the_download_that_is_running(
    port, hand, token, file, partner, sign_in, press_opt_out
):
    ada, account = sign_in("ada", port, blog=2)
    download = SlowDownload(port, file["address"], token)
    download.when(received=6 * MIB)

    answer = press_opt_out(ada, account)
    here = download.received
    all_of_it = download.end()

    assert answer.status == 200
    assert hand.reasons_of(account=account) == ["person"]
    assert download.promised == file["size"]
    assert all_of_it - here <= STOPS_WITHIN
    assert hand.newest_receipt(file=file["id"]) == {"outcome": "stopped", "bytes_sent": all_of_it}
    refusal = partner.get(file["address"])
    assert (refusal.status, refusal.json()["code"]) == (410, "withdrawn")


def test_no_byte_leaves_while_postgresql_is_down_and_all_works_when_it_is_back(
    site, port, token, file, partner, sign_in, outage, until
):
    dora, _ = sign_in("dora", port, blog=5)
    whole = partner.get(file["address"])
    outage()

    refused = partner.get(file["address"])
    kind = headers_of(partner.base + file["address"], token)["Content-Type"]
    page = dora.get("/history/")
    site.cluster.start()
    again = until(15, lambda: served(partner, file))

    assert hashlib.sha256(whole.body).hexdigest() == file["sha256"]
    assert (refused.status, refused.json()["status"]) == (503, 503)
    assert kind.startswith("application/problem+json")
    assert page.status == 503 and "<html" in page.text
    assert hashlib.sha256(again.body).hexdigest() == file["sha256"]
    assert dora.get("/history/").status == 200


def served(partner, file):
    answer = partner.get(file["address"])
    return answer if answer.status == 200 else None


def test_a_running_download_stops_when_postgresql_is_killed(port, token, file, outage):
    download = SlowDownload(port, file["address"], token)
    download.when(received=6 * MIB)

    outage()
    here = download.received
    all_of_it = download.end()

    assert download.status == 200
    assert all_of_it < file["size"]
    assert all_of_it - here <= STOPS_WITHIN


def test_an_opt_out_during_the_outage_is_not_acknowledged_and_works_afterwards(
    site, port, hand, sign_in, outage, until
):
    ben, account = sign_in("ben", port, blog=3)
    page = ben.get("/")
    form = form_to(page, f"/choices/{account}/opt-out/")
    outage()

    refused = ben.submit(page, form)
    site.cluster.start()
    during = hand.reasons_of(account=account)
    accepted = until(15, lambda: (answer := ben.submit(page, form)).status == 200 and answer)

    assert refused.status == 503
    assert "Nothing was saved" in refused.text
    assert during == []
    assert accepted.status == 200
    assert hand.reasons_of(account=account) == ["person"]
