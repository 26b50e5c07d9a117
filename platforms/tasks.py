"""What beat asks for now and then: the archive loses what no row knows, and old quarantine."""

from celery import shared_task
from django.utils import timezone

from audit.events import SYSTEM
from platforms import actions


@shared_task
def tidy() -> None:
    now = timezone.now()
    actions.sweep_orphans(now=now)
    actions.drop_quarantine(by=SYSTEM, now=now)
