"""A file leaves no more: at once, for good, and with a successor under way."""

from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from audit.actions import record
from audit.events import SYSTEM, Actor, FileQuarantined, FileWithdrawn
from exports.models import File
from platforms import hints


@transaction.atomic
def withdraw(file: File, *, because: str, by: Actor = SYSTEM) -> File | None:
    """Stop the delivery of ``file`` and queue its successor, which is returned.

    Of several at the same time one withdraws, and the others get None. The bytes are
    removed after the commit; the keys stay, they say what a notice has to name.
    """
    if not _stop(file, File.State.WITHDRAWN, because):
        return None
    successor = _succeed(file)
    withdrawn = FileWithdrawn(
        subject=f"file:{file.pk}",
        partner=file.release.dataset.partner.slug,
        reason=because,
        successor=f"file:{successor.pk}",
    )
    record(withdrawn, by=by)
    return successor


@transaction.atomic
def set_aside(file: File, *, because: str, by: Actor = SYSTEM) -> File | None:
    """Stop the delivery of ``file``, which is damaged here, and queue its successor."""
    if not _stop(file, File.State.QUARANTINED, because):
        return None
    damaged = FileQuarantined(
        subject=f"file:{file.pk}",
        partner=file.release.dataset.partner.slug,
        reason=because,
        attempts=file.attempts,
    )
    record(damaged, by=by)
    return _succeed(file)


def _stop(file: File, state: File.State, because: str) -> bool:
    deliverable = [File.State.STAGED, File.State.PUBLISHED]
    stopped = File.objects.filter(pk=file.pk, state__in=deliverable).update(
        state=state, withdrawn_at=Now(), withdrawn_because=because
    )
    return bool(stopped)


def _succeed(file: File) -> File:
    successor = File.objects.create(release=file.release, bucket=file.bucket, replaces=file)
    hints.after_commit("exports.tasks.build_file", successor.pk)
    _remove_after_commit(Path(settings.STORAGE_DIR) / file.path)
    return successor


def _remove_after_commit(rows: Path) -> None:
    """Remove the bytes; who is sending them now keeps an open file until the next recheck."""

    def remove() -> None:
        rows.unlink(missing_ok=True)

    transaction.on_commit(remove, robust=True)
