"""What beat asks for now and then.

The archive loses what no row knows, and old quarantine; silent feeds are put on record.
"""

import logging
from typing import Final

from celery import shared_task
from django.utils import timezone

from audit.events import SYSTEM
from platforms import actions
from platforms.actions.feeds import (
    LeaseLost,
    drop_results,
    import_received,
    sweep_batches,
    sweep_spool,
)
from platforms.models import Batch

logger = logging.getLogger(__name__)

# A large archive takes its time; a lease says whether its worker lives.
LONGEST_S: Final = 24 * 3600


@shared_task
def tidy() -> None:
    now = timezone.now()
    actions.sweep_orphans(now=now)
    actions.drop_quarantine(by=SYSTEM, now=now)
    sweep_spool(now=now)
    drop_results(now=now)


@shared_task(soft_time_limit=LONGEST_S, time_limit=LONGEST_S + 60)
def resolve_holds(pk: str) -> None:
    try:
        actions.resolve(int(pk))
    except actions.LeaseLost as lost:
        logger.warning("%s", lost)


@shared_task
def import_batches(pk: str) -> None:
    """Import what waits of the platform that batch ``pk`` is of."""
    platform = Batch.objects.select_related("platform").get(pk=int(pk)).platform
    try:
        while import_received(platform):
            pass
    except LeaseLost as lost:
        logger.warning("%s", lost)


@shared_task
def sweep() -> None:
    actions.sweep_resolutions()
    sweep_batches()


@shared_task
def watch_feeds() -> None:
    actions.note_silence()
