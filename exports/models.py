"""What is delivered: partners, their datasets, releases, files, and receipts."""

import uuid
from datetime import timedelta
from typing import Final, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from consent.decision import MAX_AGE, SETTLE
from platforms.tokens import Token, TokenQuerySet


class Partner(models.Model):
    """A company that receives datasets. Inactive partners receive nothing."""

    slug = models.SlugField(unique=True, max_length=64)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class CredentialQuerySet(TokenQuerySet):
    def usable(self) -> Self:
        """Keep the live tokens of active partners."""
        return self.live().filter(partner__active=True)


class Credential(Token):
    """One of a partner's tokens."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="credentials")

    objects = CredentialQuerySet.as_manager()


LONGEST_SETTLE_HOURS: Final = 24 * 366
OLDEST_READING_DAYS: Final = 366


class Dataset(models.Model):
    """What a partner is entitled to, by agreement.

    ``buckets`` is the number of files of a release: a power of two up to 64. An item is
    delivered once its state was read ``settle_hours`` after its publication or later, and
    no longer than ``max_reading_age_days`` after it was last read. ``parts`` says what
    becomes of an item when somebody who is in a part of it alone does not share.
    """

    class Parts(models.TextChoices):
        DROP = "drop", "Left out whole"
        CUT = "cut", "Delivered without that part"

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="datasets")
    slug = models.SlugField(max_length=64)
    name = models.CharField(max_length=120)
    platforms = ArrayField(models.CharField(max_length=40))
    media_kinds = ArrayField(models.CharField(max_length=8))
    adult = models.BooleanField(default=False)
    parts = models.CharField(
        max_length=4, choices=Parts, default=Parts.DROP, db_default=Parts.DROP.value
    )
    buckets = models.PositiveSmallIntegerField(default=8)
    settle_hours = models.PositiveSmallIntegerField(
        default=SETTLE // timedelta(hours=1), db_default=SETTLE // timedelta(hours=1)
    )
    max_reading_age_days = models.PositiveSmallIntegerField(
        default=MAX_AGE.days, db_default=MAX_AGE.days
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partner", "slug"], name="dataset_slug_is_unique"),
            models.CheckConstraint(
                condition=models.Q(buckets__in=[1, 2, 4, 8, 16, 32, 64]),
                name="dataset_buckets_divide_the_archive",
            ),
            models.CheckConstraint(
                condition=models.Q(parts__in=["drop", "cut"]),
                name="dataset_parts_are_dropped_or_cut",
            ),
            models.CheckConstraint(
                condition=models.Q(settle_hours__range=(1, LONGEST_SETTLE_HOURS)),
                name="dataset_items_settle",
                violation_error_message=f"items settle for 1 to {LONGEST_SETTLE_HOURS} hours",
            ),
            models.CheckConstraint(
                condition=models.Q(max_reading_age_days__range=(1, OLDEST_READING_DAYS)),
                name="dataset_readings_grow_too_old",
                violation_error_message=f"readings are 1 to {OLDEST_READING_DAYS} days old at most",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner.slug}/{self.slug}"


class ReleaseQuerySet(models.QuerySet["Release"]):
    def complete(self) -> Self:
        """Keep the releases that can be published: every current file is ready."""
        unready = File.objects.current().exclude(state__in=READY)
        return self.filter(state=Release.State.BUILDING).exclude(
            models.Exists(unready.filter(release=models.OuterRef("pk")))
        )


class Release(models.Model):
    """One version of a dataset. Its files may be replaced; its version stays."""

    class State(models.TextChoices):
        BUILDING = "building", "Being built"
        PUBLISHED = "published", "Published"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="releases")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.BUILDING)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "version"], name="release_version_is_one")
        ]


MAX_ATTEMPTS: Final = 5


class FileQuerySet(models.QuerySet["File"]):
    def current(self) -> Self:
        """Keep the files that nothing has replaced."""
        return self.filter(successor=None)

    def published(self) -> Self:
        return self.filter(state=File.State.PUBLISHED)

    def unfinished(self) -> Self:
        """Keep the files whose building was never begun, or was begun and left."""
        return self.filter(
            models.Q(state=File.State.PLANNED) | models.Q(state__in=IN_WORK, lease_until__lt=Now())
        )

    def claimable(self) -> Self:
        """Keep the files that a worker may begin to build now, by the database's clock."""
        return self.unfinished().filter(
            models.Q(not_before=None) | models.Q(not_before__lte=Now()),
            attempts__lt=MAX_ATTEMPTS,
        )

    def given_up(self) -> Self:
        """Keep the files whose last attempt ended without a word."""
        return self.unfinished().filter(attempts__gte=MAX_ATTEMPTS)

    def waiting_to_join(self) -> Self:
        """Keep the successors that are ready for their release, which is published."""
        ready = self.current().filter(state__in=[File.State.VERIFIED, File.State.STAGED])
        return ready.filter(release__state=Release.State.PUBLISHED)

    def held_by(self, claim: "File") -> Self:
        """Keep the row of ``claim`` while nobody has claimed it again."""
        return self.filter(pk=claim.pk, fence=claim.fence, state__in=IN_WORK)


class File(models.Model):
    """One Parquet file of a release, and the job of building it.

    A worker claims the row (lease and fence); every later write carries the fence.
    ``snapshot`` is where its consent was read, ``cleared`` the newest snapshot in which
    nothing was found against it, in the cluster ``system_identifier``. ``terms`` is what
    the dataset admitted then. After ``usable_until`` something in it was last read too
    long ago; without it a file does not leave. Paths are relative to the storage root. A
    withdrawn file is never un-withdrawn: a successor takes its place. Its bytes go, its
    keys stay.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Waiting to be built"
        BUILDING = "building", "Being built"
        BUILT = "built", "Built"
        VERIFIED = "verified", "Verified"
        STAGED = "staged", "Staged"
        PUBLISHED = "published", "Published"
        EMPTY = "empty", "Nothing to share"
        WITHDRAWN = "withdrawn", "Withdrawn"
        QUARANTINED = "quarantined", "Set aside after failing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, related_name="files")
    bucket = models.PositiveSmallIntegerField()
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="successor"
    )
    state = models.CharField(max_length=16, choices=State, default=State.PLANNED)
    created_at = models.DateTimeField(auto_now_add=True)

    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    accounts_path = models.CharField(max_length=200, blank=True)
    accounts_sha256 = models.CharField(max_length=64, blank=True)
    items_path = models.CharField(max_length=200, blank=True)
    items_sha256 = models.CharField(max_length=64, blank=True)
    parents_path = models.CharField(max_length=200, blank=True, db_default="")
    parents_sha256 = models.CharField(max_length=64, blank=True, db_default="")
    counts = models.JSONField(default=dict)
    parts_cut = models.BigIntegerField(default=0, db_default=0)
    terms = models.JSONField(default=dict)
    usable_until = models.DateTimeField(null=True, blank=True)

    snapshot = models.TextField(blank=True)
    snapshot_at = models.DateTimeField(null=True, blank=True)
    cleared = models.TextField(blank=True)
    system_identifier = models.CharField(max_length=32, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_because = models.CharField(max_length=64, blank=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "bucket"],
                condition=models.Q(replaces=None),
                name="file_of_a_bucket_is_one",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published")
                | (~models.Q(sha256="") & ~models.Q(snapshot="") & ~models.Q(cleared="")),
                name="file_published_has_been_checked",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="file_by_state")]

    @property
    def is_ready(self) -> bool:
        """True when it waits for nothing but the release's other files."""
        return self.state in READY


IN_WORK: Final = (File.State.BUILDING, File.State.BUILT)
READY: Final = (File.State.VERIFIED, File.State.STAGED, File.State.EMPTY)


class Receipt(models.Model):
    """The record of one attempted download, committed before the gate is asked."""

    class Outcome(models.TextChoices):
        ASKED = "asked", "Asked for"
        DENIED = "denied", "Refused"
        SENT = "sent", "Sent in full"
        STOPPED = "stopped", "Stopped by the gate"
        BROKEN = "broken", "Connection ended early"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.ForeignKey(File, models.PROTECT, related_name="receipts")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="receipts")
    credential = models.ForeignKey(Credential, models.PROTECT)
    asked_at = models.DateTimeField(auto_now_add=True)
    first_byte = models.BigIntegerField(default=0)
    last_byte = models.BigIntegerField(default=0)
    bytes_sent = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.ASKED)
    ended_at = models.DateTimeField(null=True, blank=True)
