"""Telling the workers that there is work: sooner than the sweep, never instead of it.

The row is the job. A hint that is lost costs the time until the next sweep.
"""

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from celery import current_app
from django.db import transaction

LONG_S: Final = 1.0
SILENCE_S: Final = 10.0


@dataclass
class Silence:
    """After a long wait for the broker nothing is sent for a while.

    A frozen broker answers nobody for seconds, and whoever plans a release or asks for
    a withdrawn file would wait once for each hint.
    """

    until: float = 0.0


_silence = Silence()


def after_commit(task: str, pk: UUID | int) -> None:
    """Send ``task`` once the current transaction has committed; a dead broker is only logged.

    ``task`` is its full name.
    """

    def send() -> None:
        begun = time.monotonic()
        if begun < _silence.until:
            return
        try:
            current_app.send_task(task, args=[str(pk)], retry=False)
        finally:
            if time.monotonic() - begun > LONG_S:
                _silence.until = time.monotonic() + SILENCE_S

    transaction.on_commit(send, robust=True)
