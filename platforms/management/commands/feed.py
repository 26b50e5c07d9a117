"""``manage.py feed``: whether a platform's live feed is watched, and how long it may be silent."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events import operator_command
from platforms.actions import NotWatchable, watch_feed
from platforms.models import Feed, Platform

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = (
        "Shows a platform's feed, or decides whether it is watched. Nothing of a watched "
        "platform is delivered while its feed is silent for too long."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help="the platform's short name: tumblr")
        switch = parser.add_mutually_exclusive_group()
        switch.add_argument("--on", action="store_const", const=True, dest="watched")
        switch.add_argument(
            "--off",
            action="store_const",
            const=False,
            dest="watched",
            help="silence closes nothing any more; it is on the record who decided that",
        )
        parser.add_argument(
            "--stale-after",
            type=silence,
            metavar="6h",
            help="how long it may be silent: a number with s, m, h or d",
        )

    def handle(self, *args: Any, platform: str, **options: Any) -> None:
        found = Platform.objects.filter(slug=platform).first()
        if found is None:
            known = ", ".join(Platform.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(f"There is no platform {platform!r}. Known: {known}.")
        if options["watched"] is None and options["stale_after"] is None:
            self.stdout.write(state_of(found))
            return
        try:
            watch_feed(
                found,
                watched=options["watched"],
                stale_after=options["stale_after"],
                by=operator_command(),
            )
        except NotWatchable as refusal:
            raise CommandError(f"Nothing was changed: {refusal}.") from refusal
        self.stdout.write(state_of(found))


def silence(text: str) -> timedelta:
    """A length of time as a command line gives it: ``90s``, ``30m``, ``6h`` or ``2d``."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise ArgumentTypeError(f"write a number with s, m, h or d, such as 6h, not {text!r}")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def state_of(platform: Platform) -> str:
    feed = Feed.objects.filter(platform=platform).first()
    if feed is None:
        return f"{platform} has no feed: its dumps alone say what happens on it."
    heard = f"last heard {feed.heard_at:%Y-%m-%d %H:%M:%S} UTC" if feed.heard_at else "never heard"
    if not feed.watched:
        return f"{platform}'s feed is not watched ({heard}): its silence closes nothing."
    if Feed.objects.silent().filter(pk=feed.pk).exists():
        return (
            f"{platform}'s feed is SILENT ({heard}, may be silent for {feed.stale_after}): "
            "nothing of it is delivered until it speaks."
        )
    return f"{platform}'s feed is watched and speaks ({heard}, may be silent {feed.stale_after})."
