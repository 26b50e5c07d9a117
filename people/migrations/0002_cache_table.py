"""The table of the database's cache, in which sign-in counts attempts when there is no Redis."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
            CREATE TABLE withhold_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamptz NOT NULL
            );
            CREATE INDEX withhold_cache_expires ON withhold_cache (expires);
            """,
            reverse_sql="DROP TABLE withhold_cache",
        )
    ]
