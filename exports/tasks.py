"""What workers do when they are told. A message is a hint: the rows say what there is to do."""

import logging

from celery import shared_task

from exports.actions import build, publish
from exports.actions import sweep as sweeping

logger = logging.getLogger(__name__)


@shared_task
def build_file(pk: str) -> None:
    try:
        build.build(pk)
    except build.LeaseLost as lost:
        logger.warning("%s", lost)


@shared_task
def publish_release(pk: str) -> None:
    try:
        publish.publish_release(pk)
    except publish.NotPublishable as why:
        logger.info("release %s is not published yet: %s", pk, why)


@shared_task
def publish_file(pk: str) -> None:
    try:
        publish.publish_file(pk)
    except publish.NotPublishable as why:
        logger.info("file %s is not published yet: %s", pk, why)


@shared_task
def sweep() -> None:
    sweeping.sweep()


@shared_task
def tidy() -> None:
    removed = sweeping.tidy()
    logger.info("%s files that belonged to nothing were removed", removed)
