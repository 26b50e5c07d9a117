"""A worker's hold on its job: renewed while the worker lives, lapsed soon after it died."""

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Self

from django.conf import settings
from django.db import Error, connection
from django.db.models import Expression
from django.db.models.functions import Now

logger = logging.getLogger(__name__)


def lease_end() -> Expression:
    """When a lease that is taken or renewed now lapses, by the database's clock."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


class Lease:
    """Calls ``renew`` from a thread of its own, time and again, until the block ends.

    A lease that cannot be renewed lapses, and the fence refuses what comes later:
    so the thread has nobody to tell.
    """

    def __init__(self, of: str, renew: Callable[[], object]) -> None:
        self._of, self._renew_it = of, renew
        self._ended = Event()
        self._thread = Thread(target=self._renew, name=f"lease of {of}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(settings.LEASE_SECONDS / 4):
            try:
                self._renew_it()
            except Error as error:
                logger.warning("%s: lease not renewed: %s", self._of, error)
            finally:
                # The connection is this thread's own, and nobody else closes it.
                connection.close()
