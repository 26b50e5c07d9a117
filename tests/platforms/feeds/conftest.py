"""A platform's machine that sends batches over HTTP. Alice owns the blog, Bob is somebody else."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.events import operator_command
from platforms.actions.tokens import issue_token
from platforms.models import Platform

OPERATOR = operator_command()
NDJSON = "application/x-ndjson"


@pytest.fixture
def tumblr(db) -> Platform:
    return Platform.objects.get_or_create(slug="tumblr", defaults={"name": "Tumblr"})[0]


@pytest.fixture
def reddit(db) -> Platform:
    return Platform.objects.get_or_create(slug="reddit", defaults={"name": "Reddit"})[0]


@pytest.fixture
def token(tumblr: Platform) -> str:
    return issue_token(tumblr, by=OPERATOR)[1]


def machine(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def send(token: str) -> Callable[..., Any]:
    """Post lines to an address of Tumblr's feed, each time under another key."""
    client, numbers = machine(token), iter(range(1_000_000))

    def post(place: str, *records: Any, key: str | None = None, **facts: Any) -> Any:
        body = facts.pop("body", None)
        if body is None:
            body = "".join(json.dumps(record) + "\n" for record in records)
        headers = {"Idempotency-Key": key or f"batch-{next(numbers)}"} | facts.pop("headers", {})
        facts.setdefault("content_type", NDJSON)
        return client.post(f"/api/v1/platforms/tumblr/{place}/", body, headers=headers, **facts)

    return post


def results_of(response: Any) -> list[str]:
    assert response.status_code in (200, 202), response.content
    return [line["result"] for line in response.json()["results"]]
