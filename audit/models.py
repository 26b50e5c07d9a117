"""The trail: what happened, in rows that are added and never changed."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now

from audit.events import title_of


class EntryQuerySet(models.QuerySet["Entry"]):
    def newest_first(self) -> Self:
        """By time, then id. Neither commits in order: a late entry can appear below others."""
        return self.order_by("-at", "-id")

    def oldest_first(self) -> Self:
        return self.order_by("at", "id")

    def below(self, at: datetime, id: int) -> Self:
        """Keep what comes after this place when the newest is first."""
        return self.filter(at__lte=at).filter(models.Q(at__lt=at) | models.Q(id__lt=id))

    def above(self, at: datetime, id: int) -> Self:
        """Keep what comes before this place when the newest is first."""
        return self.filter(at__gte=at).filter(models.Q(at__gt=at) | models.Q(id__gt=id))

    def since(self, moment: datetime) -> Self:
        return self.filter(at__gte=moment)

    def before(self, moment: datetime) -> Self:
        return self.filter(at__lt=moment)

    def by(self, actor: str) -> Self:
        """Keep what ``person:7`` did; the kind alone, ``person``, keeps all of that kind."""
        return self.filter(models.Q(actor=actor) | models.Q(actor__startswith=f"{actor}:"))

    def about(self, subject: str) -> Self:
        """Keep what happened to ``file:7``; the kind alone, ``file``, keeps all of that kind."""
        return self.filter(models.Q(subject=subject) | models.Q(subject__startswith=f"{subject}:"))


class Entry(models.Model):
    """One event. A trigger refuses UPDATE, DELETE and TRUNCATE.

    Subjects are text, not foreign keys: the trail outlives what it speaks of.
    ``at`` is the database's clock at the start of the transaction. Every index ends in
    the order of the log: by id alone, a page of an old month would read all that is
    newer. Actors and subjects are collated by byte, so that one index answers for one
    of them and for all of a kind.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    event = models.CharField(max_length=64)
    actor = models.CharField(max_length=80, db_collation="C")
    subject = models.CharField(max_length=200, db_collation="C")
    platform = models.CharField(max_length=40, blank=True)
    partner = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["event", "-at", "-id"], name="entry_by_event"),
            models.Index(fields=["subject", "-at", "-id"], name="entry_by_subject"),
            models.Index(fields=["actor", "-at", "-id"], name="entry_by_actor"),
            models.Index(fields=["platform", "-at", "-id"], name="entry_by_platform"),
            models.Index(fields=["partner", "-at", "-id"], name="entry_by_partner"),
            models.Index(fields=["at", "id"], name="entry_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"

    @property
    def title(self) -> str:
        """What happened, as a sentence."""
        return title_of(self.event)
