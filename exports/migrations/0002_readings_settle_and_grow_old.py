"""An agreement says how long an item settles, and how old its last reading may be.

The previous release agrees on the defaults, and knows no ``usable_until``: what it builds
is not delivered by this one.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="max_reading_age_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AddField(
            model_name="dataset",
            name="settle_hours",
            field=models.PositiveSmallIntegerField(db_default=72, default=72),
        ),
        migrations.AddField(
            model_name="file",
            name="usable_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("settle_hours__range", (1, 8784))),
                name="dataset_items_settle",
                violation_error_message="items settle for 1 to 8784 hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_reading_age_days__range", (1, 366))),
                name="dataset_readings_grow_too_old",
                violation_error_message="readings are 1 to 366 days old at most",
            ),
        ),
    ]
