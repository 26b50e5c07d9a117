"""Staged, settled, checked again, published: how a file becomes one that can be fetched.

Consent was read when the build began. Whoever opted out since then must be seen before
the file is published, also when that transaction was open all the while: so publishing
waits until everything that was open when the file was staged has ended, and looks again.
The gate asks once more at each download; these are two independent reasons why nothing
leaks. Simpler orders were tried and leak, see ``docs/decisions``.
"""

import logging
import time
from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now

from audit.actions import record
from audit.events import SYSTEM, FilePublished, ReleasePublished
from exports.actions.withdraw import set_aside, withdraw
from exports.gate import GateClosed, Look, SidecarDamaged, look
from exports.models import File, Release
from platforms.snapshots import current_snapshot, new_transaction_id, xmin_of

logger = logging.getLogger(__name__)

LONGEST_WAIT_S: Final = 30.0
POLL_S: Final = 0.01


class NotPublishable(Exception):
    """Not now: the files stay as they are, and the sweep tries again."""


def publish_release(pk: Any) -> None:
    """Publish a release with all its files at once, when every one of them is ready.

    Raises ``NotPublishable`` when something stands in the way.
    """
    release = Release.objects.get(pk=pk)
    files = list(release.files.current().select_related("release__dataset__partner"))
    if release.state == Release.State.PUBLISHED or not all(file.is_ready for file in files):
        return
    looks = staged_and_checked([file for file in files if file.state != File.State.EMPTY])
    open_release(release, looks)


def publish_file(pk: Any) -> None:
    """Publish a file that takes the place of a withdrawn one, into its published release."""
    file = File.objects.select_related("release__dataset__partner").get(pk=pk)
    waiting = file.state in (File.State.VERIFIED, File.State.STAGED)
    if waiting and file.release.state == Release.State.PUBLISHED:
        open_files(staged_and_checked([file]))


def staged_and_checked(files: list[File]) -> list[Look]:
    """Stage ``files``, let time pass as it must, and look at each of them again."""
    stage(files)
    settle()
    looks = [look_again(file) for file in files]
    for found in looks:
        if found.objection:
            withdraw(found.file, because=found.objection)
    if any(found.objection for found in looks):
        raise NotPublishable("a file was withdrawn, and its successor is being built")
    return looks


@transaction.atomic
def stage(files: list[File]) -> None:
    verified = File.objects.filter(pk__in=[file.pk for file in files], state=File.State.VERIFIED)
    verified.update(state=File.State.STAGED)


def settle() -> None:
    """Return when every transaction that was writing at the call has ended.

    The bound is a transaction id taken now. A snapshot's ``xmax`` would not do: it is
    one more than the newest id that has *ended*, and open transactions can lie above it.
    """
    bound = new_transaction_id()
    deadline = time.monotonic() + LONGEST_WAIT_S
    while xmin_of(current_snapshot()) <= bound:
        if time.monotonic() > deadline:
            logger.error("publishing waits for a transaction open for over %s s", LONGEST_WAIT_S)
            raise NotPublishable("a transaction has been open for too long")
        time.sleep(POLL_S)


def look_again(file: File) -> Look:
    try:
        return look(file, File.State.STAGED)
    except SidecarDamaged as damage:
        set_aside(file, because="keys_damaged")
        raise NotPublishable(str(damage)) from damage
    except GateClosed as closed:
        raise NotPublishable(str(closed)) from closed


@transaction.atomic
def open_release(release: Release, looks: Iterable[Look]) -> None:
    """Publish the release and its files in one commit."""
    locked = Release.objects.select_for_update(no_key=True).get(pk=release.pk)
    if locked.state == Release.State.PUBLISHED:
        return
    rows = sum(open_file(found) for found in looks)
    files = locked.files.current()
    if not all(file.state in (File.State.PUBLISHED, File.State.EMPTY) for file in files):
        raise NotPublishable("another file has become current")
    Release.objects.filter(pk=locked.pk).update(state=Release.State.PUBLISHED, published_at=Now())
    published = ReleasePublished(
        subject=f"release:{release.pk}",
        partner=release.dataset.partner.slug,
        version=release.version,
        files=len(files),
        rows=rows,
    )
    record(published, by=SYSTEM)


@transaction.atomic
def open_files(looks: Iterable[Look]) -> None:
    for found in looks:
        open_file(found)


def open_file(found: Look) -> int:
    """Publish one staged file as it was when it was looked at; the number of its rows."""
    file = found.file
    staged = File.objects.filter(pk=file.pk, state=File.State.STAGED, fence=file.fence)
    if not staged.update(
        state=File.State.PUBLISHED,
        published_at=Now(),
        cleared=found.checkpoint.snapshot,
        system_identifier=found.checkpoint.system_identifier,
    ):
        raise NotPublishable("the file was published or withdrawn in the meantime")
    published = FilePublished(
        subject=f"file:{file.pk}",
        partner=file.release.dataset.partner.slug,
        rows=file.rows,
        sha256=file.sha256,
    )
    record(published, by=SYSTEM)
    return file.rows
