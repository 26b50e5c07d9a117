"""A release begins as one row for each file: the rows are the work."""

from django.db import transaction
from django.db.models import Max

from audit.actions import record
from audit.events import Actor, ReleasePlanned
from exports.models import Dataset, File, Release
from platforms import hints


@transaction.atomic
def plan_release(dataset: Dataset, *, by: Actor) -> Release:
    """Begin the next version of ``dataset``; the workers are told after the commit."""
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    newest = Release.objects.filter(dataset=dataset).aggregate(newest=Max("version"))["newest"]
    release = Release.objects.create(dataset=dataset, version=(newest or 0) + 1)
    files = File.objects.bulk_create(
        File(release=release, bucket=bucket) for bucket in range(dataset.buckets)
    )
    planned = ReleasePlanned(
        subject=f"release:{release.pk}",
        partner=dataset.partner.slug,
        version=release.version,
        files=len(files),
    )
    record(planned, by=by)
    for file in files:
        hints.after_commit("exports.tasks.build_file", file.pk)
    return release
