"""A release from the plan to the publication, and what its file holds."""

import pyarrow.parquet as pq
from django.conf import settings

from audit.events import operator_command
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.actions.publish import publish_release
from exports.models import File


def released(dataset) -> File:
    """The one file of a new release of ``dataset``, built and published."""
    release = plan_release(dataset, by=operator_command())
    build(release.files.get().pk)
    publish_release(release.pk)
    return release.files.get()


def rows_in(file) -> int:
    return pq.read_table(settings.STORAGE_DIR / file.path).num_rows if file.path else 0
