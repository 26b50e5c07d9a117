"""What can be asked of releases and their files, by partners, operators and people."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from consent.decision import Refusal
from exports.models import File, Partner, Release


class Availability(StrEnum):
    """What a partner is told of a file."""

    AVAILABLE = "available"
    EMPTY = "empty"
    BEING_BUILT = "being_built"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


AVAILABILITIES = {
    File.State.PUBLISHED: Availability.AVAILABLE,
    File.State.EMPTY: Availability.EMPTY,
    File.State.WITHDRAWN: Availability.WITHDRAWN,
    File.State.QUARANTINED: Availability.FAILED,
}


def availability(file: File) -> Availability:
    return AVAILABILITIES.get(File.State(file.state), Availability.BEING_BUILT)


def published_for(partner: Partner) -> "QuerySet[Release]":
    published = Release.objects.filter(dataset__partner=partner, state=Release.State.PUBLISHED)
    return published.select_related("dataset__partner")


def ever_published(files: "QuerySet[File]") -> "QuerySet[File]":
    """Keep what a partner may know of: what is published, or once was."""
    return files.filter(Q(state=File.State.PUBLISHED) | Q(published_at__isnull=False))


def newest_of_bucket(file: File) -> File:
    """The file that stands in the place of ``file`` now: itself, or its last successor."""
    return File.objects.current().get(release=file.release_id, bucket=file.bucket)


def supersedes(release: Release) -> Release | None:
    """The version of the dataset that was published before this one."""
    earlier = Release.objects.filter(dataset=release.dataset_id, state=Release.State.PUBLISHED)
    return earlier.filter(version__lt=release.version).order_by("-version").first()


@dataclass(frozen=True)
class LeftOut:
    """How many items one reason kept out. Each item counts once, for the first reason."""

    refusal: Refusal
    items: int

    @property
    def text(self) -> str:
        return self.refusal.words


@dataclass(frozen=True)
class Inventory:
    """All files of one release, read at one moment."""

    release: Release
    files: tuple[File, ...]

    @classmethod
    def of(cls, release: Release) -> "Inventory":
        return cls(release, tuple(release.files.order_by("bucket", "created_at")))

    @cached_property
    def current(self) -> dict[int, File]:
        """The file that stands for each bucket now."""
        replaced = {file.replaces_id for file in self.files}
        return {file.bucket: file for file in self.files if file.pk not in replaced}

    @property
    def available(self) -> list[File]:
        return [
            file for file in self.current.values() if availability(file) is Availability.AVAILABLE
        ]

    @property
    def taken_back(self) -> list[File]:
        """What was published once and is not any more."""
        return [file for file in self.files if file.published_at and file.withdrawn_at]

    @property
    def complete(self) -> bool:
        settled = (Availability.AVAILABLE, Availability.EMPTY)
        return all(availability(file) in settled for file in self.current.values())

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.available)

    @property
    def parts_cut(self) -> int:
        """How many parts the rows lack, because somebody in them does not share."""
        return sum(file.parts_cut for file in self.available)

    @property
    def consent_as_of(self) -> datetime | None:
        """The oldest consent that any file was built from."""
        return min((file.snapshot_at for file in self.available if file.snapshot_at), default=None)

    @property
    def usable_until(self) -> datetime | None:
        """When the first of the files that can be fetched now grows too old."""
        return min(
            (file.usable_until for file in self.available if file.usable_until), default=None
        )

    @property
    def left_out(self) -> list[LeftOut]:
        """How many items each reason kept out, over all current files that are built."""
        counts: Counter[str] = Counter()
        for file in self.current.values():
            counts.update(file.counts)
        return [LeftOut(refusal, counts[refusal]) for refusal in Refusal if refusal in counts]

    @property
    def left_out_items(self) -> int:
        return sum(left.items for left in self.left_out)

    def stands_for(self, file: File) -> File:
        return self.current[file.bucket]


PAGE_SIZE: Final = 20


@dataclass(frozen=True)
class Page:
    """Some releases, newest first; ``older`` names the one that the next page begins after."""

    releases: list[Release]
    older: UUID | None


def page_of(releases: "QuerySet[Release]", after: UUID | None) -> Page:
    """The newest releases, or those older than ``after``; unknown means from the start.

    At most ``PAGE_SIZE``: pages go on by key, so nothing is counted or skipped.
    """
    ordered = releases.select_related("dataset__partner").order_by("-created_at", "-id")
    last = Release.objects.filter(pk=after).first() if after else None
    if last:
        ordered = ordered.filter(
            Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.pk)
        )
    found = list(ordered[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    return Page(shown, shown[-1].pk if len(found) > PAGE_SIZE else None)
