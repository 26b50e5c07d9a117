"""The database knows which secret its keys were made with."""

from importlib import import_module

from django.db import migrations, models

append_only = import_module("audit.migrations.0002_entries_are_append_only").append_only


class Migration(migrations.Migration):
    dependencies = [("platforms", "0002_changes_carry_their_transaction")]

    operations = [
        migrations.CreateModel(
            name="KeySecret",
            fields=[
                (
                    "id",
                    models.SmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("fingerprint", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="key_secret_is_one")
                ],
            },
        ),
        append_only("platforms_keysecret"),
    ]
