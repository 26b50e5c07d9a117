"""An agreement says whether parts are cut, and a file counts the cuts.

The previous release agrees on dropping, which is also what it does.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0002_readings_settle_and_grow_old"),
    ]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="parts",
            field=models.CharField(
                choices=[("drop", "Left out whole"), ("cut", "Delivered without that part")],
                db_default="drop",
                default="drop",
                max_length=4,
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("parts__in", ["drop", "cut"])),
                name="dataset_parts_are_dropped_or_cut",
            ),
        ),
        migrations.AddField(
            model_name="file",
            name="parts_cut",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
