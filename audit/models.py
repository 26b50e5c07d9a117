"""The trail: what happened, in rows that are added and never changed."""

from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One event. A trigger refuses UPDATE, DELETE and TRUNCATE.

    Subjects are text, not foreign keys: the trail outlives what it speaks of.
    ``at`` is the database's clock at the start of the transaction.
    """

    at = models.DateTimeField(db_default=Now(), editable=False)
    event = models.CharField(max_length=64)
    actor = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    platform = models.CharField(max_length=40, blank=True)
    partner = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["event", "-id"], name="entry_by_event"),
            models.Index(fields=["subject", "-id"], name="entry_by_subject"),
            models.Index(fields=["actor", "-id"], name="entry_by_actor"),
            models.Index(fields=["platform", "-id"], name="entry_by_platform"),
            models.Index(fields=["partner", "-id"], name="entry_by_partner"),
            models.Index(fields=["at", "id"], name="entry_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"
