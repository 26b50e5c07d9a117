"""Telling the workers that there is work: sooner than the sweep, never instead of it.

The row is the job. A hint that is lost costs the time until the next sweep.
"""

from uuid import UUID

from celery import current_app
from django.db import transaction


def after_commit(task: str, pk: UUID) -> None:
    """Send ``task`` once the current transaction has committed; a dead broker is only logged."""

    def send() -> None:
        current_app.send_task(f"exports.tasks.{task}", args=[str(pk)], retry=False)

    transaction.on_commit(send, robust=True)
