"""A platform whose feed falls silent: when it is missed, and what is put on record."""

import argparse
import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit.events import SYSTEM, Actor, ActorKind, operator_command
from audit.models import Entry
from config import doctor
from platforms import actions, tasks
from platforms.management.commands.feed import silence
from platforms.models import Feed, Platform

pytestmark = pytest.mark.django_db
PLATFORM = Actor(ActorKind.PLATFORM, "tumblr")
OPERATOR = operator_command()


@pytest.fixture
def tumblr() -> Platform:
    return Platform.objects.get(slug="tumblr")


@pytest.fixture
def feed(tumblr) -> Feed:
    return actions.hear(tumblr, by=PLATFORM)


def heard(feed: Feed, ago: timedelta) -> None:
    Feed.objects.filter(pk=feed.pk).update(heard_at=Now() - ago)


def is_silent(feed: Feed) -> bool:
    return Feed.objects.silent().filter(pk=feed.pk).exists()


def events(name: str) -> list[Entry]:
    return list(Entry.objects.filter(event=name).order_by("pk"))


def test_a_platform_that_speaks_for_the_first_time_is_watched_from_then_on(tumblr):
    feed = actions.hear(tumblr, by=PLATFORM)

    (entry,) = events("feed.switched")
    assert feed.watched
    assert not is_silent(feed)
    assert (entry.subject, entry.actor) == ("feed:tumblr", "platform:tumblr")
    assert entry.facts == {"watched": True, "stale_after_s": 21_600}


def test_a_platform_without_a_feed_is_not_missed(tumblr):
    assert not Feed.objects.silent().exists()


def test_a_feed_is_silent_once_its_deadline_has_passed(feed):
    heard(feed, feed.stale_after - timedelta(seconds=30))
    assert not is_silent(feed)

    heard(feed, feed.stale_after + timedelta(seconds=1))
    assert is_silent(feed)


def test_a_feed_that_is_watched_and_was_never_heard_is_silent(tumblr):
    feed = actions.watch_feed(tumblr, watched=True, by=OPERATOR)

    assert is_silent(feed)


def test_a_sign_of_life_ends_the_silence(feed, tumblr):
    heard(feed, timedelta(days=1))

    actions.hear(tumblr, by=PLATFORM)

    assert not is_silent(feed)


def test_a_platform_that_speaks_of_long_ago_alone_is_silent(feed, tumblr):
    heard(feed, timedelta(days=1))

    actions.hear(tumblr, as_of=timezone.now() - timedelta(hours=7), by=PLATFORM)

    assert is_silent(feed)


def test_a_platform_cannot_speak_for_the_future(feed, tumblr):
    now = timezone.now()

    told = actions.hear(tumblr, as_of=now + timedelta(days=365), by=PLATFORM)

    assert told.heard_at < now + timedelta(minutes=1)


def test_an_older_word_does_not_take_back_a_newer_one(feed, tumblr):
    told = actions.hear(tumblr, as_of=timezone.now() - timedelta(hours=7), by=PLATFORM)

    assert told.heard_at == feed.heard_at


def test_an_operator_decides_how_long_a_feed_may_be_silent(feed, tumblr):
    heard(feed, timedelta(hours=2))

    actions.watch_feed(tumblr, stale_after=timedelta(hours=1), by=OPERATOR)

    assert is_silent(feed)
    assert events("feed.switched")[-1].facts == {"watched": True, "stale_after_s": 3_600}


def test_a_feed_that_an_operator_turned_off_stays_off_when_it_speaks(feed, tumblr):
    actions.watch_feed(tumblr, watched=False, by=OPERATOR)

    actions.hear(tumblr, by=PLATFORM)

    feed.refresh_from_db()
    assert not feed.watched
    assert events("feed.switched")[-1].actor == "operator:command"


def test_deciding_the_same_again_changes_nothing(feed, tumblr):
    actions.watch_feed(tumblr, watched=True, stale_after=feed.stale_after, by=OPERATOR)

    assert len(events("feed.switched")) == 1


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=59), timedelta(days=32)])
def test_no_feed_may_be_silent_for_no_time_or_forever(feed, tumblr, length):
    with pytest.raises(actions.NotWatchable, match="may be silent for"):
        actions.watch_feed(tumblr, stale_after=length, by=OPERATOR)
    with pytest.raises(DatabaseError, match="feed_may_not_be_silent"), transaction.atomic():
        Feed.objects.filter(pk=feed.pk).update(stale_after=length)


def test_the_row_of_a_feed_cannot_be_removed(feed):
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        feed.delete()


# The alarm ----------------------------------------------------------------------------------


def test_a_silence_is_put_on_record_once_and_so_is_its_end(feed, tumblr, caplog):
    heard(feed, timedelta(days=1))

    tasks.watch_feeds()
    tasks.watch_feeds()
    actions.hear(tumblr, by=PLATFORM)
    tasks.watch_feeds()
    tasks.watch_feeds()

    (stale,), (recovered,) = events("feed.stale"), events("feed.recovered")
    assert stale.facts["stale_after_s"] == 21_600
    assert recovered.facts["alarmed_at"] > stale.facts["heard_at"]
    assert [each.levelname for each in caplog.records if "silent" in each.message] == ["ERROR"]


def test_each_silence_has_an_alarm_of_its_own(feed, tumblr):
    for _ in range(2):
        heard(feed, timedelta(days=1))
        tasks.watch_feeds()
        actions.hear(tumblr, by=PLATFORM)
        tasks.watch_feeds()

    assert (len(events("feed.stale")), len(events("feed.recovered"))) == (2, 2)


def test_a_feed_that_is_not_watched_raises_no_alarm_and_ends_one(feed, tumblr):
    heard(feed, timedelta(days=1))
    tasks.watch_feeds()

    actions.watch_feed(tumblr, watched=False, by=OPERATOR)
    tasks.watch_feeds()

    feed.refresh_from_db()
    assert feed.alarmed_at is None
    assert (len(events("feed.stale")), len(events("feed.recovered"))) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_that_watch_at_once_raise_one_alarm(tumblr):
    Feed.objects.create(platform=tumblr)
    together = threading.Barrier(2)

    def watch():
        try:
            together.wait(10)
            tasks.watch_feeds()
        finally:
            connection.close()

    threads = [threading.Thread(target=watch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(events("feed.stale")) == 1


# The operator's page ------------------------------------------------------------------------


@pytest.fixture
def page(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("olga", role="operator"))
    return lambda: " ".join(client.get("/operator/feeds/").content.decode().split())


def row_of(text: str, platform: str) -> str:
    return text.split(f'<th scope="row">{platform}</th>')[1].split("</tr>")[0]


def test_an_operator_sees_every_feed_and_how_it_is(page, feed, tumblr):
    assert "speaks" in row_of(page(), "Tumblr")
    assert "dumps only" in row_of(page(), "WordPress")

    heard(feed, timedelta(days=1))
    assert "silent: nothing is served" in row_of(page(), "Tumblr")

    actions.watch_feed(tumblr, watched=False, by=OPERATOR)
    assert "not watched" in row_of(page(), "Tumblr")


def test_a_person_does_not_see_the_feeds(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("alice"))

    assert client.get("/operator/feeds/").status_code == 403


def test_the_doctor_names_the_silent_feed_and_what_to_do(feed):
    assert [finding.health for finding in doctor.feeds()] == [doctor.Health.GOOD]

    heard(feed, timedelta(days=1))

    (finding,) = doctor.feeds()
    assert finding.health == doctor.Health.BAD
    assert "tumblr is silent" in finding.found
    assert "manage.py feed tumblr --off" in finding.remedy


# The command --------------------------------------------------------------------------------


def said(*words: str) -> str:
    out = StringIO()
    call_command("feed", *words, stdout=out)
    return out.getvalue()


def test_the_command_turns_a_feed_on_with_its_deadline(tumblr):
    words = said("tumblr", "--on", "--stale-after", "6h")

    assert Feed.objects.get().stale_after == timedelta(hours=6)
    assert "SILENT (never heard" in words


def test_the_command_turns_a_feed_off_and_says_what_that_means(feed):
    assert "its silence closes nothing" in said("tumblr", "--off")


def test_the_command_shows_how_a_feed_is(feed):
    assert "no feed" in said("wordpress")
    assert "is watched and speaks" in said("tumblr")


def test_the_command_names_the_platforms_that_there_are():
    with pytest.raises(CommandError, match="Known: facebook"):
        said("nowhere", "--on")


def test_the_command_refuses_a_deadline_out_of_reason():
    with pytest.raises(CommandError, match="Nothing was changed"):
        said("tumblr", "--on", "--stale-after", "5000d")


@pytest.mark.parametrize("text", ["6", "h", "-6h", "6 h", "6w", "", "1.5h"])
def test_a_length_of_time_is_a_number_with_a_unit(text):
    assert silence("90m") == timedelta(minutes=90)
    with pytest.raises(argparse.ArgumentTypeError, match="6h"):
        silence(text)


def test_nobody_but_the_system_raises_the_alarm(feed):
    heard(feed, timedelta(days=1))

    tasks.watch_feeds()

    assert events("feed.stale")[0].actor == str(SYSTEM)
