"""A retry is never a second batch, and a body is taken whole or refused whole."""

import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlsplit

import pytest
import zstandard
from django.db import connection

from audit.models import Entry
from platforms.actions import batches
from platforms.models import Batch, BatchLines, ItemState
from tests.platforms.feeds.conftest import machine, results_of

WHERE = "/api/v1/platforms/tumblr/batches/"
LINES = b"".join(
    json.dumps({"event": "deleted", "item": {"kind": "post", "id": str(number)}}).encode() + b"\n"
    for number in range(1, 4)
)


def zeros(count):
    """A line that is long and weighs nothing."""
    return b" " * count


def test_the_same_batch_again_gets_the_first_answer_and_changes_nothing(send):
    first = send("removals", body=LINES, key="k")

    again = send("removals", body=LINES, key="k")

    assert again.json() == first.json()
    assert Entry.objects.filter(event="feed.batch_applied").count() == 1


def test_a_retry_may_be_compressed_in_another_way(send):
    first = send("removals", body=LINES, key="k")

    again = send(
        "removals", body=gzip.compress(LINES), key="k", headers={"Content-Encoding": "gzip"}
    )

    assert again.json() == first.json()


def test_a_key_with_another_body_is_refused_and_changes_nothing(send):
    send("removals", body=LINES, key="k")

    response = send("removals", body=LINES.replace(b'"2"', b'"9"'), key="k")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert response["Content-Type"] == "application/problem+json"
    assert ItemState.objects.count() == 3


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("", "idempotency_key_malformed"),
        ("a/b", "idempotency_key_malformed"),
        ("..", "idempotency_key_malformed"),
        ("a" * 201, "idempotency_key_malformed"),
    ],
)
def test_a_batch_without_a_usable_key_is_refused(token, key, code):
    headers = {} if key is None else {"Idempotency-Key": key}

    response = machine(token).post(
        "/api/v1/platforms/tumblr/removals/",
        LINES,
        content_type="application/x-ndjson",
        headers=headers,
    )

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Batch.objects.exists()


def test_a_batch_that_broke_off_goes_on_where_it_ended(send, monkeypatch):
    monkeypatch.setattr(batches, "PART", 1)
    whole = send("removals", body=LINES, key="whole").json()
    first = Batch.objects.get()
    BatchLines.objects.filter(first_line__gt=1).delete()
    Batch.objects.update(done=1, state=Batch.State.APPLYING, counts={"applied": 1})

    again = send("removals", body=LINES, key="whole").json()

    assert [line["line"] for line in again["results"]] == [1, 2, 3]
    assert [line["result"] for line in again["results"]] == ["applied", "unchanged", "unchanged"]
    assert (again["state"], whole["lines"], first.done) == ("applied", 3, 3)


@pytest.mark.django_db(transaction=True)
def test_two_requests_with_one_key_at_once_get_one_answer(transactional_db, send, monkeypatch):
    monkeypatch.setattr(batches, "PART", 1)
    barrier = Barrier(2)

    def ask():
        try:
            barrier.wait()
            return send("removals", body=LINES, key="k").json()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = [each.result() for each in [pool.submit(ask), pool.submit(ask)]]

    assert first == second
    assert [line["result"] for line in first["results"]] == ["applied"] * 3
    assert Entry.objects.filter(event="feed.batch_applied").count() == 1


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(LINES), id="gzip"),
        pytest.param("gzip", gzip.compress(LINES[:90]) + gzip.compress(LINES[90:]), id="members"),
        pytest.param("zstd", zstandard.compress(LINES), id="zstd"),
        pytest.param(
            "zstd", zstandard.compress(LINES[:90]) + zstandard.compress(LINES[90:]), id="frames"
        ),
        pytest.param("identity", LINES, id="as it is"),
    ],
)
def test_a_body_is_read_in_each_encoding(send, coding, body):
    answer = send("removals", body=body, headers={"Content-Encoding": coding})

    assert results_of(answer) == ["applied"] * 3


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(LINES)[:-9], id="gzip cut off"),
        pytest.param("gzip", gzip.compress(LINES) + b"garbage", id="gzip and more"),
        pytest.param("gzip", gzip.compress(LINES) + b"\x1f", id="gzip and half of a member"),
        pytest.param("gzip", LINES, id="not gzip"),
        pytest.param("zstd", zstandard.compress(LINES)[:-4], id="zstd cut off"),
        pytest.param("zstd", zstandard.compress(LINES) + b"garbage", id="zstd and more"),
        pytest.param("zstd", LINES, id="not zstd"),
    ],
)
def test_a_damaged_body_changes_nothing(send, coding, body):
    response = send("removals", body=body, headers={"Content-Encoding": coding})

    assert (response.status_code, response.json()["code"]) == (400, "body_damaged")
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "cut", [len(LINES) // 3, len(LINES) - 5], ids=["after a line", "in a line"]
)
def test_a_body_that_breaks_off_changes_nothing_and_is_taken_when_it_comes_whole(
    transactional_db, live_server, send, token, cut
):
    broken = broken_off(live_server.url, token, LINES[:cut], length=len(LINES), key="k")

    assert broken.startswith(b"HTTP/1.1 400 ")
    assert b"body_damaged" in broken
    assert not Batch.objects.exists()
    assert results_of(send("removals", body=LINES, key="k")) == ["applied"] * 3


@pytest.mark.parametrize(
    ("place", "changed", "status"),
    [
        ("removals", {"FEED_BODY_BYTES": 5_000_000}, 413),
        ("items", {"FEED_WAITING_BATCHES": 0}, 429),
    ],
)
def test_a_body_that_is_refused_is_read_to_its_end(send, settings, place, changed, status):
    """Who writes all of it first would find the connection cut off, and not the answer."""
    for name, value in changed.items():
        setattr(settings, name, value)

    response = send(place, body=zeros(8_000_000))

    assert response.status_code == status
    assert response.wsgi_request.read() == b""
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/x-ndjson", b"\n" * 1_000_001),
        ("application/x-ndjson", b"{}\r\n" * 1_000_001),
        ("application/json", b"[" + b"1," * 1_000_000 + b"1]"),
    ],
    ids=["blank lines", "short lines", "a list"],
)
def test_a_body_of_too_many_lines_is_refused_whole(send, media_type, body):
    sent = {"content_type": media_type, "headers": {"Content-Encoding": "gzip"}}

    response = send("removals", body=gzip.compress(body), **sent)

    assert (response.status_code, response.json()["code"]) == (413, "body_too_long")
    assert not Batch.objects.exists()


def test_an_address_without_its_last_slash_takes_nothing_and_says_so(token):
    response = machine(token).post(
        "/api/v1/platforms/tumblr/removals",
        LINES,
        "application/x-ndjson",
        headers={"Idempotency-Key": "k"},
    )

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not Batch.objects.exists()


def broken_off(url, token, sent, *, length, key):
    """The answer to a client that says ``length``, sends ``sent``, and falls silent for good."""
    server = urlsplit(url)
    with socket.create_connection((server.hostname, server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/v1/platforms/tumblr/removals/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: close\r\nContent-Type: application/x-ndjson\r\n"
            b"Authorization: Bearer %b\r\nIdempotency-Key: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (token.encode(), key.encode(), length, sent)
        )
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstandard.compress)]
)
def test_a_bomb_is_refused_when_it_has_decoded_to_the_budget(send, settings, coding, compress):
    settings.FEED_BODY_BYTES = 1_000_000
    bomb = compress(LINES + zeros(100_000_000))
    assert len(bomb) < 200_000

    response = send("removals", body=bomb, headers={"Content-Encoding": coding})

    assert (response.status_code, response.json()["code"]) == (413, "body_too_long")
    assert "split it" in response.json()["title"]
    assert not Batch.objects.exists()


def test_a_zstd_body_that_needs_a_window_of_gigabytes_is_refused(send):
    wide = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    body = zstandard.ZstdCompressor(compression_params=wide).compressobj()

    response = send(
        "removals",
        body=body.compress(LINES) + body.flush(),
        headers={"Content-Encoding": "zstd"},
    )

    assert response.json()["code"] == "body_damaged"


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"content_type": "text/html"}, 415),
        ({"content_type": "application/x-ndjson; charset=utf-16"}, 415),
        ({"headers": {"Content-Encoding": "br"}}, 415),
        ({"headers": {"Content-Encoding": "gzip, zstd"}}, 415),
        ({"body": b"\n \n"}, 400),
        ({"body": b"{}", "content_type": "application/json"}, 400),
        ({"body": b"[", "content_type": "application/json"}, 400),
    ],
)
def test_what_is_not_read_is_refused_with_a_problem(send, facts, status):
    response = send("removals", **{"body": LINES} | facts)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert not Batch.objects.exists()


def test_a_lost_answer_can_be_asked_for(send, token):
    sent = send("removals", body=LINES, key="k").json()

    assert machine(token).get(f"{WHERE}k/").json() == sent


def test_long_answers_come_in_pages(send, token, monkeypatch):
    monkeypatch.setattr("platforms.feeds.answers.LINES_SHOWN", 2)
    monkeypatch.setattr(batches, "PART", 2)

    first = send("removals", body=LINES, key="k").json()
    second = machine(token).get(first["next"]).json()

    assert [line["line"] for line in first["results"] + second["results"]] == [1, 2, 3]
    assert second["next"] is None


def test_the_lines_that_were_refused_can_be_asked_for_alone(send, token):
    send("removals", body=LINES + b"nonsense\n", key="k")

    answer = machine(token).get(f"{WHERE}k/", {"only": "refused"}).json()

    assert [line["line"] for line in answer["results"]] == [4]


@pytest.mark.parametrize("query", [{"from": "-1"}, {"from": "x"}, {"only": "shared"}])
def test_a_page_that_cannot_be_understood_is_refused(send, token, query):
    send("removals", body=LINES, key="k")

    assert machine(token).get(f"{WHERE}k/", query).status_code == 400
