"""What dumps and platforms say of accounts and containers, for items that lack it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platforms", "0007_platforms_send_batches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Fact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject_key", models.BigIntegerField()),
                (
                    "settles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), size=None
                    ),
                ),
                ("evidence", models.JSONField()),
                ("observed_at", models.DateTimeField()),
                (
                    "dump",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="known",
                        to="platforms.dump",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="platforms.platform"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("platform", "subject_key", "dump"),
                        name="fact_is_one_for_each_origin",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
