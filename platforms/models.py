"""What exists: platforms, accounts and their states, dumps and the archive's runs."""

from datetime import timedelta
from typing import Final, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from platforms.keys import account_key_text
from platforms.reports import ADULT
from platforms.snapshots import ChangedSince, XidField
from platforms.tokens import Token, TokenQuerySet


class Platform(models.Model):
    """A service whose people's posts pass through here. Rows come from the registry."""

    class Mode(models.TextChoices):
        OPT_OUT = "opt_out", "Shared unless the person says no"
        OPT_IN = "opt_in", "Shared only if the person says yes"

    slug = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.OPT_OUT)

    def __str__(self) -> str:
        return self.name


SHORTEST_SILENCE: Final = timedelta(minutes=1)
LONGEST_SILENCE: Final = timedelta(days=31)


class FeedQuerySet(models.QuerySet["Feed"]):
    def silent(self) -> Self:
        """Keep the watched feeds that were not heard in time, by the database's clock."""
        overdue = models.Q(heard_at__lt=Now() - models.F("stale_after"))
        return self.filter(models.Q(heard_at=None) | overdue, watched=True)


class Feed(models.Model):
    """A platform that reports what happens on it, and how long it may be silent.

    What happened up to ``heard_at`` is known here; None means that nothing was ever
    heard. While ``watched`` and silent for longer than ``stale_after``, nothing of the
    platform is delivered. ``alarmed_at`` is set from when the silence was put on record
    until the feed speaks again. Rows are never removed: a trigger refuses it.
    """

    platform = models.OneToOneField(Platform, models.PROTECT, primary_key=True, related_name="feed")
    watched = models.BooleanField(default=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    stale_after = models.DurationField(default=timedelta(hours=6))
    alarmed_at = models.DateTimeField(null=True, blank=True)

    objects = FeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stale_after__range=(SHORTEST_SILENCE, LONGEST_SILENCE)),
                name="feed_may_not_be_silent_forever",
            )
        ]

    def __str__(self) -> str:
        return f"{self.platform_id}'s feed"


class KeySecret(models.Model):
    """Which secret the keys in this database were made with, told by a fingerprint.

    One row, made with the first key and never changed: a trigger refuses it. Keys of
    another secret would match nothing, so that nobody's choice was found.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="key_secret_is_one")]


class Account(models.Model):
    """A blog, site or profile that made a statement or was linked to a person.

    Silent accounts have no row. ``keys`` holds every key that content may carry for
    it: of its stable id, and of each name it ever had; keys are added, never removed.
    One that a platform named by the key of its id has neither id nor handle until it appears.
    ``xid`` lets the gate see a key that a denied account gained after a file was built.
    """

    platform = models.ForeignKey(Platform, models.PROTECT)
    native_id = models.CharField(max_length=255, blank=True)
    handle = models.CharField(max_length=255, blank=True)
    keys = ArrayField(models.BigIntegerField())
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    linked_at = models.DateTimeField(null=True, blank=True)
    xid = XidField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "native_id"],
                condition=~models.Q(native_id=""),
                name="account_native_id_is_unique",
            ),
            models.UniqueConstraint(
                fields=["platform", "handle"],
                condition=models.Q(native_id="") & ~models.Q(handle=""),
                name="account_known_by_name_only_is_unique",
            ),
            models.UniqueConstraint(
                "platform",
                models.F("keys__0"),
                condition=models.Q(native_id="", handle=""),
                name="account_known_by_key_only_is_unique",
            ),
            models.CheckConstraint(condition=models.Q(keys__len__gt=0), name="account_has_keys"),
        ]
        indexes = [
            # A list of what is not sorted in yet would be read at each look for a key.
            GinIndex(fields=["keys"], name="account_by_key", fastupdate=False),
            models.Index(fields=["xid"], name="account_by_xid"),
        ]

    def __str__(self) -> str:
        return self.handle or self.native_id or account_key_text(self.keys[0])


class AccountStateQuerySet(ChangedSince):
    def denied(self, *, adult: bool = False) -> Self:
        """Keep whom nothing is shared of; somebody merely adult only unless that is agreed."""
        denied = self.filter(denied=True)
        return denied.exclude(reasons=[ADULT]) if adult else denied


class AccountState(models.Model):
    """What the platform says of an account, by key, also of accounts without a row.

    ``reasons`` is the set that denies now. A reason is cleared only by a fact that
    clears it explicitly while the account is public. ``said_at`` is the time of the newest
    word on each reason, so that an older one that comes late changes nothing.
    """

    platform = models.ForeignKey(Platform, models.PROTECT)
    account_key = models.BigIntegerField()
    reasons = ArrayField(models.CharField(max_length=64), default=list)
    denied = models.BooleanField()
    said_at = models.JSONField(null=True)
    xid = XidField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountStateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "account_key"], name="account_state_is_one"
            ),
            models.CheckConstraint(
                condition=models.Q(denied=True, reasons__len__gt=0)
                | models.Q(denied=False, reasons__len=0),
                name="account_state_denied_means_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["xid"], name="account_state_by_xid")]


class ItemStateQuerySet(ChangedSince):
    def blocking(self) -> Self:
        return self.filter(blocks=True)


class ItemState(models.Model):
    """What the platform said of one item since it was read. ``blocks`` stops delivery.

    ``reasons`` is the set of states that block now, ``state`` the one that was said last;
    ``said_at`` is the time of the newest word on each.
    """

    class State(models.TextChoices):
        DELETED = "deleted", "Deleted by its author"
        PRIVATE = "private", "Made private"
        MODERATED = "moderated", "Removed by the platform"
        RESTORED = "restored", "Public again"

    platform = models.ForeignKey(Platform, models.PROTECT)
    item_key = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=State)
    blocks = models.BooleanField()
    reasons = ArrayField(models.CharField(max_length=16), null=True)
    said_at = models.JSONField(null=True)
    xid = XidField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = ItemStateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "item_key"], name="item_state_is_one"),
            models.CheckConstraint(
                condition=models.Q(state="restored", blocks=False)
                | (~models.Q(state="restored") & models.Q(blocks=True)),
                name="item_state_blocks_unless_restored",
            ),
        ]
        indexes = [models.Index(fields=["xid"], name="item_state_by_xid")]

    @property
    def active(self) -> list[str]:
        """The states that block now, also in a row from before they were kept apart."""
        if not self.blocks:
            return []
        return self.reasons or [self.state]


class DumpQuerySet(models.QuerySet["Dump"]):
    def live(self) -> Self:
        return self.filter(superseded_at=None)

    def holding(self) -> Self:
        """Keep those that count and of which the content of held items is still there."""
        runs = Run.objects.filter(dump=models.OuterRef("pk")).exclude(quarantine_path="")
        return self.live().filter(models.Exists(runs))


class Dump(models.Model):
    """One import: the files that were read, what was asserted of them, what came out.

    Importing the same files again supersedes this row: its run is no longer read. So
    does judging its held items again: the row that comes then ``resolves`` this one, and
    ``held_since`` is when its held items came in, from which their time runs. ``said_at`` is
    the time of what it denies of accounts: the same files, imported again, may take that back.
    """

    platform = models.ForeignKey(Platform, models.PROTECT)
    imported_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True)
    said_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64)
    files = models.JSONField()
    facts = models.JSONField(default=dict)
    counts = models.JSONField()
    superseded_at = models.DateTimeField(null=True, blank=True)
    resolves = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="resolved_by"
    )
    held_since = models.DateTimeField(null=True, blank=True)

    objects = DumpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "digest"],
                condition=models.Q(superseded_at=None),
                name="dump_is_live_once",
            )
        ]


class Fact(models.Model):
    """What was read of one account or container, for items that name it and lack its record.

    ``subject_key`` is the key of its stable id. ``settles`` are the codes of what it
    answers, each by all of ``evidence``: lists of visibility, code and detail. Facts of a
    dump stay as long as the dump counts; without one, the platform told it in between,
    and the newest counts.
    """

    platform = models.ForeignKey(Platform, models.PROTECT)
    subject_key = models.BigIntegerField()
    dump = models.ForeignKey(Dump, models.PROTECT, null=True, blank=True, related_name="known")
    settles = ArrayField(models.CharField(max_length=100))
    evidence = models.JSONField()
    observed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "subject_key", "dump"],
                nulls_distinct=False,
                name="fact_is_one_for_each_origin",
            )
        ]


class ResolutionQuerySet(models.QuerySet["Resolution"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[Resolution.State.QUEUED, Resolution.State.RUNNING])

    def claimable(self) -> Self:
        """Keep what a worker may begin now, by the database's clock."""
        free = models.Q(lease_until=None) | models.Q(lease_until__lte=Now())
        return self.unfinished().filter(free)

    def held_by(self, claim: "Resolution") -> Self:
        """Keep the row of ``claim`` while nobody has claimed it again."""
        return self.unfinished().filter(pk=claim.pk, fence=claim.fence)


class Resolution(models.Model):
    """One order to judge the held items of a platform again, and the job of doing it.

    ``facts`` is what the operator asserts, of ``dump`` or of every import. ``before``
    are the counts of what was held, ``after`` of what became of it; ``items`` and ``done``
    tell how far it is. A worker claims the row (lease and fence); every later write
    carries the fence. Of a platform one at a time is unfinished.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting for a worker"
        RUNNING = "running", "Being judged again"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    platform = models.ForeignKey(Platform, models.PROTECT, related_name="resolutions")
    dump = models.ForeignKey(Dump, models.PROTECT, null=True, blank=True)
    facts = models.JSONField(default=dict)
    requested_by = models.CharField(max_length=80)
    requested_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    items = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform"],
                condition=models.Q(state__in=["queued", "running"]),
                name="resolution_is_one_at_a_time",
            )
        ]

    @property
    def is_unfinished(self) -> bool:
        return self.state in (Resolution.State.QUEUED, Resolution.State.RUNNING)


class RunQuerySet(ChangedSince):
    def live(self) -> Self:
        return self.filter(dump__superseded_at=None)

    def replaced(self) -> Self:
        """Keep the runs that are not read any more; a trigger stamped them then."""
        return self.filter(dump__superseded_at__isnull=False)


class Run(models.Model):
    """One immutable, sorted Parquet run of judged items, and its list of withheld keys.

    Paths are relative to the storage root. ``withheld_path`` is a sorted array of the
    keys of every item of this run that may not be shared: the gate reads it when the
    run is newer than a file.
    """

    dump = models.ForeignKey(Dump, models.PROTECT, related_name="runs")
    platform = models.ForeignKey(Platform, models.PROTECT)
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.BigIntegerField()
    withheld_path = models.CharField(max_length=200)
    withheld_sha256 = models.CharField(max_length=64)
    quarantine_path = models.CharField(max_length=200, blank=True)
    xid = XidField()

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["xid"], name="run_by_xid")]


class PlatformCredential(Token):
    """One of a platform's own tokens for the live feed."""

    platform = models.ForeignKey(Platform, models.PROTECT, related_name="credentials")

    objects = TokenQuerySet.as_manager()


class BatchQuerySet(models.QuerySet["Batch"]):
    def waiting(self) -> Self:
        """Keep the items that were received and are not in the archive yet."""
        return self.filter(state__in=[Batch.State.RECEIVED, Batch.State.IMPORTING])


class Batch(models.Model):
    """One body that a platform sent to its live feed, and the job of taking it in.

    ``key`` is the platform's own name for it: the same key and body again are answered as
    the first time, and the key with another body is refused. Keys are kept for good.
    ``digest`` is of the decoded body and its type. ``done`` counts the lines that were
    taken in, each part of them in one transaction with its ``BatchLines``. Of items,
    ``path`` is where the body waits, below the storage root.
    """

    class Kind(models.TextChoices):
        ITEMS = "items", "Items"
        FACTS = "facts", "Facts"
        REMOVALS = "removals", "Removals"
        OPT_OUTS = "opt_outs", "Opt-outs"

    class State(models.TextChoices):
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        RECEIVED = "received", "Waiting to be imported"
        IMPORTING = "importing", "Being imported"
        IMPORTED = "imported", "Imported"
        FAILED = "failed", "Refused by the reader"

    platform = models.ForeignKey(Platform, models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State)
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    done_at = models.DateTimeField(null=True, blank=True)
    size = models.BigIntegerField()
    done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)

    path = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    dump = models.ForeignKey(Dump, models.PROTECT, null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "key"], name="batch_key_is_used_once")
        ]
        indexes = [
            models.Index(
                fields=["platform", "received_at"],
                condition=models.Q(state__in=["received", "importing"]),
                name="batch_waiting",
            ),
            models.Index(fields=["-received_at", "-id"], name="batch_by_time"),
        ]


class BatchLines(models.Model):
    """What became of some lines of a batch, in order. ``refused`` of them were not taken."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="parts")
    first_line = models.PositiveIntegerField()
    last_line = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    results = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "first_line"], name="batch_lines_are_once")
        ]
