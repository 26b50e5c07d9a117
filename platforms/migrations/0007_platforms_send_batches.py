"""A platform's own machines sign in with tokens and send batches, each under a key of theirs."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("platforms", "0006_words_carry_their_times")]

    operations = [
        migrations.CreateModel(
            name="PlatformCredential",
            fields=[
                ("id", ID),
                ("prefix", models.CharField(max_length=16)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credentials",
                        to="platforms.platform",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", ID),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("items", "Items"),
                            ("facts", "Facts"),
                            ("removals", "Removals"),
                            ("opt_outs", "Opt-outs"),
                        ],
                        max_length=8,
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("applying", "Being applied"),
                            ("applied", "Applied"),
                            ("received", "Waiting to be imported"),
                            ("importing", "Being imported"),
                            ("imported", "Imported"),
                            ("failed", "Refused by the reader"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "received_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("size", models.BigIntegerField()),
                ("done", models.PositiveIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("facts", models.JSONField(default=dict)),
                ("fence", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
                (
                    "dump",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="platforms.dump",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="platforms.platform",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["received", "importing"])),
                        fields=["platform", "received_at"],
                        name="batch_waiting",
                    ),
                    models.Index(fields=["-received_at", "-id"], name="batch_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "key"), name="batch_key_is_used_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchLines",
            fields=[
                ("id", ID),
                ("first_line", models.PositiveIntegerField()),
                ("last_line", models.PositiveIntegerField()),
                ("refused", models.PositiveIntegerField()),
                ("results", models.JSONField()),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="platforms.batch",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("batch", "first_line"), name="batch_lines_are_once"
                    )
                ],
            },
        ),
    ]
