"""A file lists on what its items hang: what the platform takes back of that closes it, too.

Files of the previous release have no such list, and terms that withdraw them.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0003_parts_can_be_cut"),
    ]

    operations = [
        migrations.AddField(
            model_name="file",
            name="parents_path",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AddField(
            model_name="file",
            name="parents_sha256",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
