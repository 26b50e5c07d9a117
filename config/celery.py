"""The Celery application: tasks are hints, the database rows are the work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("withhold")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
