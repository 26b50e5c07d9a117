"""The Celery application: tasks are hints, the database rows are the work."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["folder"] = "config.broker:Transport"

app = Celery("withhold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def hold_the_embedded_database(**_: Any) -> None:
    """Its pool's children leave without a word, so the worker itself counts as the user."""
    if settings.EMBEDDED:
        settings.CLUSTER.join()
