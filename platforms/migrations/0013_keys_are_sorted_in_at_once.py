"""The index of keys keeps no list of what is new: each look for a key would read all of it."""

import django.contrib.postgres.indexes
from django.db import migrations

AT_ONCE = """
ALTER INDEX account_by_key SET (fastupdate = off);
SELECT gin_clean_pending_list('account_by_key');
"""


class Migration(migrations.Migration):
    dependencies = [("platforms", "0012_a_dump_knows_its_own_words")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(AT_ONCE, "ALTER INDEX account_by_key SET (fastupdate = on)")
            ],
            state_operations=[
                migrations.RemoveIndex("account", "account_by_key"),
                migrations.AddIndex(
                    "account",
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["keys"], name="account_by_key", fastupdate=False
                    ),
                ),
            ],
        ),
    ]
