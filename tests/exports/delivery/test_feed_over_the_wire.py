"""A platform's batches through a real socket, into a real server process that may die."""

import gzip
import json
import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests
from django.db.models import Count

from audit.events import operator_command
from consent.models import Standing, Statement
from platforms.actions.tokens import issue_token
from platforms.models import Batch

LIST = "".join(json.dumps({"id": f"t:{number}"}) + "\n" for number in range(3_000)).encode()


@pytest.fixture
def post(tumblr, settings, request):
    settings.FEED_WAITING_BATCHES = 0
    settings.FEED_BODY_BYTES = 10_000_000
    token = issue_token(tumblr, by=operator_command())[1]
    server = request.getfixturevalue("server")

    def send(place, body, **headers):
        return requests.post(
            f"{server}/api/v1/platforms/tumblr/{place}/",
            data=body,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/x-ndjson",
                "Idempotency-Key": "k",
                **headers,
            },
            timeout=60,
        )

    return send


def test_a_long_body_that_is_not_taken_still_gets_its_answer(post):
    answers = [
        post("items", b"{}\n" * 2_000_000),
        post("opt-outs", b" " * 20_000_000),
        post("opt-outs", gzip.compress(b" " * 100_000_000), **{"Content-Encoding": "gzip"}),
        post("opt-outs", iter([LIST])),
        post("opt-outs", LIST, Authorization="Bearer whp_guessed"),
    ]

    assert [answer.status_code for answer in answers] == [429, 413, 413, 411, 401]
    assert answers[0].headers["Retry-After"] == "30"
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert not Batch.objects.exists()


def test_a_list_whose_server_was_killed_is_whole_after_the_retry(post):
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(post, "opt-outs", LIST)
        while not Statement.objects.exists():
            time.sleep(0.01)
        for server in multiprocessing.active_children():
            for worker in psutil.Process(server.pid).children():
                worker.kill()
        with pytest.raises(requests.RequestException):
            lost.result()
    before = Statement.objects.count()

    answer = post("opt-outs", LIST).json()

    assert 0 < before < 3_000
    assert (answer["state"], answer["counts"]) == ("applied", {"recorded": 3_000})
    assert Standing.objects.denied().count() == 3_000
    assert not Statement.objects.values("account").annotate(n=Count("pk")).filter(n__gt=1).exists()
