"""What beat asks for now and then.

The archive loses what no row knows, and old quarantine; silent feeds are put on record.
"""

from celery import shared_task
from django.utils import timezone

from audit.events import SYSTEM
from platforms import actions


@shared_task
def tidy() -> None:
    now = timezone.now()
    actions.sweep_orphans(now=now)
    actions.drop_quarantine(by=SYSTEM, now=now)


@shared_task
def watch_feeds() -> None:
    actions.note_silence()
