"""One file is built and verified, by whoever claims its row.

The row is the job. A claim lasts as long as its lease is renewed, and every write
carries the claim's fence: of two workers on one file only the later one can finish.
"""

import logging
import os
import secrets
import shutil
import traceback
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NoReturn, Self

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from audit.actions import record
from audit.events import SYSTEM, Actor, FileBuilt, FileQuarantined, FileRetried, FileVerified
from consent.decision import Agreement
from exports import denials
from exports.actions.lease import Lease
from exports.files.build import archive_buckets, build_file
from exports.files.places import Built, Places
from exports.files.pseudonyms import Pseudonyms
from exports.files.verify import VerificationFailed, verify_file
from exports.files.withheld import Withheld
from exports.models import MAX_ATTEMPTS, Dataset, File, Release
from platforms import hints
from platforms.actions import proven_keyring
from platforms.leases import lease_end

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)


class BuildFailed(Exception):
    """A file could not be built; the text says why, in words that quote no content.

    Whoever logs an error, as Celery does, prints its message.
    """


class LeaseLost(Exception):
    """Somebody else has claimed the file since: what was done here counts for nothing."""


class NotGivenUp(Exception):
    """The file did not fail as often as it may, so there is nothing to try again."""


@dataclass(frozen=True)
class Work:
    """One claim, with everything that its building and its verification both need."""

    claim: File
    reading: denials.Reading
    places: Places

    @classmethod
    def on(cls, claim: File) -> "Work":
        """Read what binds now. Raises ``WrongKeySecret``: pseudonyms are made from it, too."""
        proven_keyring()
        return cls(claim, denials.read(claim.release.dataset), places_of(claim))

    @property
    def runs(self) -> list[Path]:
        return [settings.STORAGE_DIR / run.path for run in self.reading.runs]

    @property
    def withheld(self) -> Withheld:
        root = Path(settings.STORAGE_DIR)
        return Withheld(
            [(root / run.withheld_path, run.withheld_sha256) for run in self.reading.runs]
        )

    @property
    def buckets(self) -> range:
        return archive_buckets(self.claim.bucket, of=self.claim.release.dataset.buckets)

    @property
    def rule(self) -> dict[str, Any]:
        dataset = self.claim.release.dataset
        return {
            "agreement": agreement_of(dataset),
            "denials": self.reading.denials,
            "now": self.reading.checkpoint.at,
            "pseudonyms": Pseudonyms(settings.KEY_SECRET.encode(), dataset.partner.slug),
        }


def build(pk: Any) -> None:
    """Build and verify the file ``pk``, if it is there to be built and nobody is at it.

    An error is written into the row, which becomes due again after a pause, and is
    raised as ``BuildFailed``. Raises ``LeaseLost`` when another worker took over.
    """
    claimed = claim(pk)
    if claimed is None:
        return
    with Lease(claimed):
        attempt = Attempt()
        with attempt:
            work = Work.on(claimed)
            built = build_file(
                work.runs, work.buckets, **work.rule, withheld=work.withheld, into=work.places
            )
            say_built(work, built)
            verify(work, built)
            say_verified(work, built)
        if attempt.error:
            fail(claimed, attempt.error)


@transaction.atomic
def claim(pk: Any) -> File | None:
    """Take the file for one lease, or give None: one statement decides between workers."""
    taken = File.objects.claimable().filter(pk=pk)
    if not taken.update(
        state=File.State.BUILDING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=lease_end(),
    ):
        return None
    return File.objects.select_related("release__dataset__partner").get(pk=pk)


def verify(work: Work, built: Built) -> None:
    scratch = work.places.rows.with_name("scratch")
    try:
        verify_file(
            work.runs, work.buckets, **work.rule, at=work.places, built=built, scratch=scratch
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@transaction.atomic
def say_built(work: Work, built: Built) -> None:
    checkpoint = work.reading.checkpoint
    write(
        work.claim,
        state=File.State.BUILT,
        path=relative(work.places.rows),
        sha256=built.sha256,
        size=built.size,
        rows=built.rows,
        accounts_path=relative(work.places.accounts),
        accounts_sha256=built.accounts_sha256,
        items_path=relative(work.places.items),
        items_sha256=built.items_sha256,
        parents_path=relative(work.places.parents),
        parents_sha256=built.parents_sha256,
        counts=built.counts,
        terms=work.reading.terms,
        parts_cut=built.parts_cut,
        usable_until=built.usable_until,
        snapshot=checkpoint.snapshot,
        snapshot_at=checkpoint.at,
        cleared=checkpoint.snapshot,
        system_identifier=checkpoint.system_identifier,
    )
    subject, partner = f"file:{work.claim.pk}", work.claim.release.dataset.partner.slug
    record(
        FileBuilt(subject=subject, partner=partner, rows=built.rows, sha256=built.sha256), by=SYSTEM
    )


@transaction.atomic
def say_verified(work: Work, built: Built) -> None:
    write(work.claim, lease_until=None, last_error="", **outcome_of(built))
    subject, partner = f"file:{work.claim.pk}", work.claim.release.dataset.partner.slug
    record(FileVerified(subject=subject, partner=partner, rows=built.rows), by=SYSTEM)
    release = work.claim.release
    if release.state == Release.State.PUBLISHED:
        hints.after_commit("exports.tasks.publish_file", work.claim.pk)
        return
    hints.after_commit("exports.tasks.publish_release", release.pk)


def outcome_of(built: Built) -> dict[str, Any]:
    """A file without rows is not delivered, so it has no bytes; the next tidying takes them."""
    if built.rows:
        return {"state": File.State.VERIFIED}
    paths = ("path", "accounts_path", "items_path", "parents_path")
    return {"state": File.State.EMPTY, **dict.fromkeys(paths, "")}


def write(claimed: File, **changes: Any) -> None:
    """Change the claimed row, or raise ``LeaseLost`` when it is claimed by somebody else."""
    if not File.objects.held_by(claimed).update(**changes):
        raise LeaseLost(f"file {claimed.pk} was claimed again after fence {claimed.fence}")


# Failure ------------------------------------------------------------------------------------


class Attempt:
    """Keeps the error that ends the block until the block is over.

    Whatever is raised while another error is handled drags that one's message along,
    into every log that prints it.
    """

    error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True


def fail(claimed: File, error: Exception) -> NoReturn:
    """Clear up after an attempt, write down why it failed, and raise without its message."""
    shutil.rmtree(folder_of(claimed), ignore_errors=True)
    if isinstance(error, LeaseLost):
        raise error
    say_failed(claimed, error)
    raise BuildFailed(words_for(error))


def say_failed(claimed: File, error: Exception) -> None:
    """Let the file be tried again after a pause, or set it aside after too many attempts."""
    tell_error(f"file {claimed.pk}, attempt {claimed.attempts}", error)
    if claimed.attempts >= MAX_ATTEMPTS:
        give_up(claimed, because=words_for(error))
        return
    pause = pause_after(claimed.attempts)
    write(
        claimed,
        state=File.State.PLANNED,
        lease_until=None,
        not_before=Now() + pause,
        last_error=words_for(error),
    )


@transaction.atomic
def give_up(claimed: File, *, because: str) -> None:
    """Set a file aside that failed too often: no worker tries it again."""
    write(claimed, state=File.State.QUARANTINED, lease_until=None, last_error=because)
    quarantined = FileQuarantined(
        subject=f"file:{claimed.pk}",
        partner=claimed.release.dataset.partner.slug,
        reason=because,
        attempts=claimed.attempts,
    )
    record(quarantined, by=SYSTEM)
    logger.error("file %s is set aside after %s attempts", claimed.pk, claimed.attempts)


@transaction.atomic
def retry(file: File, *, by: Actor) -> None:
    """Let a file that was given up be built again, with all attempts before it.

    Raises ``NotGivenUp`` for every other file:
    one that the gate set aside has a successor.
    """
    given_up = File.objects.filter(
        pk=file.pk, state=File.State.QUARANTINED, withdrawn_at=None, successor=None
    )
    if not given_up.update(state=File.State.PLANNED, attempts=0, not_before=None):
        raise NotGivenUp(f"file {file.pk} was not given up: {File.objects.get(pk=file.pk).state}")
    retried = FileRetried(
        subject=f"file:{file.pk}", partner=file.release.dataset.partner.slug, reason=file.last_error
    )
    record(retried, by=by)
    hints.after_commit("exports.tasks.build_file", file.pk)


def tell_error(what: str, error: Exception) -> None:
    """Write into the log where ``error`` came from, and not its message."""
    trace = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s: %s\n%s", what, words_for(error), trace)


def words_for(error: Exception) -> str:
    """What went wrong without the message, which could quote content."""
    name = type(error).__name__
    if isinstance(error, VerificationFailed):
        return f"{name}: {error.reason}"
    if isinstance(error, OSError) and error.errno:
        return f"{name}: {os.strerror(error.errno)}"
    return name


def pause_after(attempts: int) -> timedelta:
    """Four times longer after each attempt, within an hour, and never quite the same."""
    pause = min(FIRST_PAUSE * int(4 ** (attempts - 1)), LONGEST_PAUSE)
    return pause * secrets.SystemRandom().uniform(0.5, 1.0)


# Where a claim works ------------------------------------------------------------------------


def places_of(claimed: File) -> Places:
    """Places of this claim alone: a worker whose lease lapsed writes elsewhere."""
    return Places.under(folder_of(claimed))


def folder_of(claimed: File) -> Path:
    release: Path = settings.STORAGE_DIR / "releases" / str(claimed.release_id)
    return release / f"{claimed.pk}.{claimed.fence}"


def relative(path: Path) -> str:
    return path.relative_to(settings.STORAGE_DIR).as_posix()


def agreement_of(dataset: Dataset) -> Agreement:
    return Agreement(
        platforms=frozenset(dataset.platforms),
        media_kinds=frozenset(dataset.media_kinds),
        adult=dataset.adult,
        cut=dataset.parts == Dataset.Parts.CUT,
        settle=timedelta(hours=dataset.settle_hours),
        max_age=timedelta(days=dataset.max_reading_age_days),
    )
