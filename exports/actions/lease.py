"""A worker's hold on a file: renewed while the worker lives, lapsed soon after it died."""

import logging
from datetime import timedelta
from threading import Event, Thread
from typing import Self

from django.conf import settings
from django.db import Error, connection
from django.db.models import Expression
from django.db.models.functions import Now

from exports.models import File

logger = logging.getLogger(__name__)


def lease_end() -> Expression:
    """When a lease that is taken or renewed now lapses, by the database's clock."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


class Lease:
    """Renews the lease of ``claim`` from a thread of its own until the block ends.

    A lease that cannot be renewed lapses, and the fence refuses what comes later:
    so the thread has nobody to tell.
    """

    def __init__(self, claim: File) -> None:
        self._claim = claim
        self._ended = Event()
        self._thread = Thread(target=self._renew, name=f"lease-{claim.pk}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(settings.LEASE_SECONDS / 4):
            try:
                File.objects.held_by(self._claim).update(lease_until=lease_end())
            except Error as error:
                logger.warning("file %s: lease not renewed: %s", self._claim.pk, error)
            finally:
                # The connection is this thread's own, and nobody else closes it.
                connection.close()
