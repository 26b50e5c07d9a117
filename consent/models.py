"""May it be shared: what people said, and where each account stands now."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from people.models import User
from platforms.models import Account, Platform
from platforms.snapshots import ChangedSince, XidField


class ReasonCode(models.TextChoices):
    """Why an account is denied. Any one of them is enough."""

    PERSON = "person", "The person turned sharing off"
    GPC = "gpc", "The person's browser asked for it (Global Privacy Control)"
    ERASURE = "erasure", "The person asked to be erased"
    OBJECTION = "objection", "The person objected"
    LEGAL = "legal", "A legal duty"
    AGENT = "agent", "An authorised agent asked for it"
    PLATFORM_LIST = "platform_list", "The person chose so in the platform's own settings"
    MINOR = "minor", "The account belongs to a minor"


class Source(models.TextChoices):
    """Through which door a statement came."""

    WEB = "web", "this website"
    API = "api", "the API"
    BROWSER = "browser", "a browser signal"
    OPERATOR = "operator", "an operator"
    IMPORT = "import", "the platform's list"
    LINK = "link", "an earlier choice for all accounts"


class StatementQuerySet(models.QuerySet["Statement"]):
    def of_person(self, person: User) -> Self:
        """Keep what was said of the accounts that ``person`` owns now, newest first.

        ``at`` is taken after the standing was locked, so it follows ``version``.
        """
        return self.filter(account__person=person).order_by("-at", "-id")


class Statement(models.Model):
    """One recorded choice. Never changed: a trigger refuses UPDATE, DELETE and TRUNCATE.

    ``version`` is the standing's version that this statement made: sort by it, not
    by time or id. ``partner`` is empty for everybody, or one partner's slug.
    """

    class Act(models.TextChoices):
        OPT_OUT = "opt_out", "Sharing turned off"
        OPT_IN = "opt_in", "Sharing turned on"

    account = models.ForeignKey(Account, models.PROTECT, related_name="statements")
    partner = models.CharField(max_length=64, blank=True)
    act = models.CharField(max_length=8, choices=Act)
    reason = models.CharField(max_length=16, choices=ReasonCode)
    source = models.CharField(max_length=16, choices=Source)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now(), editable=False)
    version = models.PositiveIntegerField()
    include_older = models.BooleanField(default=False)
    evidence = models.JSONField(default=dict)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "partner", "version"], name="statement_version_is_one"
            )
        ]


class StandingQuerySet(ChangedSince):
    def denied(self) -> Self:
        return self.filter(denied=True)

    def for_partner(self, partner: str) -> Self:
        """Keep what binds ``partner``: choices for everybody and for this partner."""
        return self.filter(partner__in=["", partner])


class Standing(models.Model):
    """Where one account stands now: which reasons deny sharing, if any.

    The newest state only; how it came about is in ``Statement``. An account without
    a row has said nothing, and the platform's mode applies. ``allowed`` is an explicit
    yes, which opt-in platforms need. ``shared_from`` bounds it: older content stays out.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="standings")
    partner = models.CharField(max_length=64, blank=True)
    reasons = ArrayField(models.CharField(max_length=16), default=list)
    denied = models.BooleanField()
    allowed = models.BooleanField(default=False)
    shared_from = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField()
    xid = XidField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "partner"], name="standing_is_one"),
            models.CheckConstraint(
                condition=models.Q(denied=True, reasons__len__gt=0)
                | models.Q(denied=False, reasons__len=0),
                name="standing_denied_means_a_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(denied=True, allowed=True),
                name="standing_is_not_denied_and_allowed",
            ),
        ]
        indexes = [models.Index(fields=["xid"], name="standing_by_xid")]


class AnsweredRequest(models.Model):
    """A request with an idempotency key, what it asked for, and what it was answered with.

    ``key`` is a digest of who asked and the key they sent. Never changed: a trigger
    refuses UPDATE, DELETE and TRUNCATE, so a late retry finds the first answer even
    after the opposite was chosen. ``statement`` is null where nothing had to change.
    """

    key = models.CharField(max_length=64, primary_key=True)
    act = models.CharField(max_length=200)
    statement = models.ForeignKey(Statement, models.PROTECT, null=True)
    at = models.DateTimeField(db_default=Now(), editable=False)


class WideChoice(models.Model):
    """A person's choice beyond single accounts: it also binds accounts linked later.

    ``platform`` is null for every platform. The newest state only. A row whose reason
    is ``gpc`` says that the person's browser asked: ``denied`` means it still binds
    accounts linked later, not denied that the person has since said yes to everything.
    While the row exists the same signal is not applied again.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    platform = models.ForeignKey(Platform, models.PROTECT, null=True, blank=True)
    reason = models.CharField(max_length=16, choices=ReasonCode, default=ReasonCode.PERSON)
    denied = models.BooleanField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "platform", "reason"],
                name="wide_choice_is_one",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(reason="person") | models.Q(reason="gpc", platform=None),
                name="wide_choice_is_the_persons_or_their_browsers",
            ),
        ]
