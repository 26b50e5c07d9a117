"""What was left lying is picked up: work that nobody holds, files that nobody refers to.

Everything here may run twice, at the same time, or late: rows decide, and whoever
comes second finds nothing to do.
"""

import logging
import time
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet

from exports.actions import build
from exports.gate import GateClosed, clear
from exports.models import File, Release
from platforms import hints

logger = logging.getLogger(__name__)

HINTS_AT_ONCE: Final = 200
ORPHAN_AGE_S: Final = 3600.0


def sweep() -> None:
    """Send the hints that are due, and ask the gate about everything that is published.

    At most ``HINTS_AT_ONCE`` hints of a kind: the rest is due at the next sweep too.
    """
    give_up_on_the_silent()
    hint("build_file", File.objects.claimable().order_by("created_at"))
    hint("publish_release", Release.objects.complete().order_by("created_at"))
    hint("publish_file", File.objects.waiting_to_join().order_by("created_at"))
    patrol()


def give_up_on_the_silent() -> None:
    """Set aside the files whose workers died without a word, as often as they may."""
    for file in File.objects.given_up().select_related("release__dataset__partner"):
        try:
            build.give_up(file, because="worker_lost")
        except build.LeaseLost:
            logger.info("file %s was set aside by somebody else", file.pk)


def hint(task: str, rows: "QuerySet[Any]") -> None:
    for pk in rows.values_list("pk", flat=True)[:HINTS_AT_ONCE]:
        hints.after_commit(f"exports.tasks.{task}", pk)


class NotAllChecked(Exception):
    """Some published files could not be checked. Each fetch asks too, and fails likewise."""


def patrol() -> None:
    """Withdraw what may leave no more, before somebody asks for it.

    A file that cannot be checked keeps none of the others from it; ``NotAllChecked`` tells of
    it in the end. Nothing of that file leaves meanwhile: the gate fails for each fetch, too.
    """
    failed = 0
    for file in File.objects.published().order_by("published_at"):
        with build.Attempt() as attempt:
            check(file)
        if attempt.error:
            require_database(attempt.error)
            build.tell_error(f"file {file.pk} could not be checked", attempt.error)
            failed += 1
    if failed:
        raise NotAllChecked(f"{failed} published files could not be checked; the log says why")


def check(file: File) -> None:
    try:
        clear(file)
    except GateClosed as closed:
        logger.info("file %s: the gate is closed: %s", file.pk, closed)


def require_database(error: Exception) -> None:
    """Raise ``error`` if there is no database any more: it would be that of every file."""
    if isinstance(error, (OperationalError, InterfaceError)) and not connection.is_usable():
        raise error


def tidy() -> int:
    """Remove what lies below ``releases`` and is nobody's; the number of files removed.

    Nothing younger than ``ORPHAN_AGE_S`` is touched: a build may be writing it.
    """
    root = Path(settings.STORAGE_DIR)
    oldest = time.time() - ORPHAN_AGE_S
    lying = [path for path in (root / "releases").rglob("*") if path.is_file()]
    kept = paths_in_use()
    orphans = [path for path in lying if path.relative_to(root).as_posix() not in kept]
    old = [path for path in orphans if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def paths_in_use() -> set[str]:
    """The bytes of files that may leave, and the keys of all that ever could."""
    gone = (File.State.WITHDRAWN, File.State.QUARANTINED)
    rows = File.objects.exclude(state__in=gone).values_list("path", flat=True)
    keys = File.objects.values_list("accounts_path", "items_path", "parents_path")
    return {*rows, *(path for paths in keys for path in paths)}
