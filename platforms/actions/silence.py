"""The dead-man's switch of live feeds: a platform that falls silent is not delivered.

The gate asks the rows itself, by the database's clock. Nothing here has to run in time
for that: the alarm makes a silence known, it does not make it true.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Greatest, Least, Now

from audit.actions import record
from audit.events import SYSTEM, Actor, FeedRecovered, FeedStale, FeedSwitched
from platforms.models import LONGEST_SILENCE, SHORTEST_SILENCE, Feed, Platform

logger = logging.getLogger(__name__)


class NotWatchable(ValueError):
    """A feed cannot be watched like that; the message says why."""


@transaction.atomic
def hear(platform: Platform, *, as_of: datetime | None = None, by: Actor) -> Feed:
    """Note that ``platform`` spoke: a batch was taken in, or a sign of life came.

    ``as_of`` is the instant up to which the platform says that it has told everything;
    None means now. It never moves back, and never ahead of the database's clock. Who
    speaks for the first time is watched from then on. Call it after what was said has
    been taken in, in the same transaction or later.
    """
    feed, is_new = Feed.objects.get_or_create(platform=platform)
    if is_new:
        _record_switch(feed, by)
    told = Least(Value(as_of, output_field=DateTimeField()), Now()) if as_of else Now()
    Feed.objects.filter(pk=feed.pk).update(heard_at=Greatest(F("heard_at"), told))
    feed.refresh_from_db()
    return feed


@transaction.atomic
def watch_feed(
    platform: Platform,
    *,
    watched: bool | None = None,
    stale_after: timedelta | None = None,
    by: Actor,
) -> Feed:
    """Decide whether ``platform``'s feed is watched, and how long it may be silent.

    None leaves a thing as it is. A feed that was never heard is silent at once. One
    that is not watched any more closes nothing: that opens the gate again.
    Raises ``NotWatchable``.
    """
    if stale_after is not None and not SHORTEST_SILENCE <= stale_after <= LONGEST_SILENCE:
        raise NotWatchable(
            f"a feed may be silent for {SHORTEST_SILENCE} to {LONGEST_SILENCE}, not {stale_after}"
        )
    feed, is_new = Feed.objects.select_for_update(no_key=True).get_or_create(platform=platform)
    before = (feed.watched, feed.stale_after)
    feed.watched = feed.watched if watched is None else watched
    feed.stale_after = stale_after or feed.stale_after
    if not is_new and before == (feed.watched, feed.stale_after):
        return feed
    if not feed.watched:
        feed.alarmed_at = None
    feed.save(update_fields=["watched", "stale_after", "alarmed_at"])
    _record_switch(feed, by)
    return feed


@transaction.atomic
def note_silence() -> None:
    """Put each silence on record when it begins, and when it has ended: once each."""
    feeds = Feed.objects.select_for_update(no_key=True)
    for feed in feeds.silent().filter(alarmed_at=None):
        _raise_alarm(feed)
    for feed in feeds.filter(alarmed_at__isnull=False).exclude(pk__in=Feed.objects.silent()):
        _end_alarm(feed)


def _raise_alarm(feed: Feed) -> None:
    logger.error(
        "%s is silent: last heard %s, expected every %s. Nothing of it is delivered.",
        feed, _words_for(feed.heard_at), feed.stale_after,
    )  # fmt: skip
    Feed.objects.filter(pk=feed.pk).update(alarmed_at=Now())
    stale = FeedStale(
        subject=f"feed:{feed.pk}",
        platform=feed.pk,
        heard_at=_words_for(feed.heard_at),
        stale_after_s=_seconds(feed.stale_after),
    )
    record(stale, by=SYSTEM)


def _end_alarm(feed: Feed) -> None:
    logger.info("%s speaks again", feed)
    Feed.objects.filter(pk=feed.pk).update(alarmed_at=None)
    recovered = FeedRecovered(
        subject=f"feed:{feed.pk}",
        platform=feed.pk,
        heard_at=_words_for(feed.heard_at),
        alarmed_at=_words_for(feed.alarmed_at),
    )
    record(recovered, by=SYSTEM)


def _record_switch(feed: Feed, by: Actor) -> None:
    switched = FeedSwitched(
        subject=f"feed:{feed.pk}",
        platform=feed.pk,
        watched=feed.watched,
        stale_after_s=_seconds(feed.stale_after),
    )
    record(switched, by=by)


def _words_for(instant: datetime | None) -> str:
    return instant.isoformat() if instant else "never"


def _seconds(silence: timedelta) -> int:
    return round(silence.total_seconds())
