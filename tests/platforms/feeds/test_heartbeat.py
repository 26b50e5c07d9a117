"""A platform that has nothing to say says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from platforms.models import Feed
from tests.platforms.feeds.conftest import machine, results_of

HERE = "/api/v1/platforms/tumblr/heartbeat/"


def beat(token, body=None):
    return machine(token).post(HERE, body, content_type="application/json")


def test_a_heartbeat_says_from_when_the_platform_would_be_missed(token):
    told = beat(token, {}).json()

    feed = Feed.objects.get()
    assert told["heard_at"] == feed.heard_at.isoformat().replace("+00:00", "Z")
    assert told["silent_from"] == (feed.heard_at + feed.stale_after).isoformat().replace(
        "+00:00", "Z"
    )


def test_a_heartbeat_speaks_of_the_past_and_never_of_what_is_to_come(token):
    hour = timedelta(hours=1)

    beat(token, {"as_of": (timezone.now() - hour).isoformat()})
    past = Feed.objects.get().heard_at
    beat(token, {"as_of": (timezone.now() + hour).isoformat()})

    assert past < timezone.now() - hour < Feed.objects.get().heard_at < timezone.now()


def test_a_batch_of_removals_is_a_sign_of_life(send):
    send("removals", {"event": "deleted", "item": {"kind": "post", "id": "1"}})

    assert Feed.objects.get().heard_at
    assert Entry.objects.filter(event="feed.switched", actor="platform:tumblr").exists()


@pytest.mark.parametrize("place", ["items", "facts", "removals"])
def test_a_batch_of_which_nothing_is_understood_is_no_sign_of_life(send, place):
    assert set(results_of(send(place, {"moss": 1}, {"fern": 2}))) == {"refused"}

    assert not Feed.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"as_of": "soon"},
        {"as_of": "2026-01-01T00:00:00"},
        {"as_of": "2026-01-01"},
        {"as-of": "2026-01-01T00:00:00Z"},
        [],
        "[",
    ],
)
def test_a_heartbeat_that_is_not_understood_is_refused(token, body):
    assert beat(token, body).status_code == 400
    assert not Feed.objects.exists()
