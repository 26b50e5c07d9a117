"""Reports that come late or out of order change nothing that a newer one said.

The triggers stamp a row as before, except where only the times on it changed: nothing that
the gate reads is different then.
"""

import django.contrib.postgres.fields
from django.db import migrations, models


def stamped_unless_only_times_change(table: str, reasons: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"""
        DROP TRIGGER {table}_xid ON {table};
        CREATE TRIGGER {table}_new_xid BEFORE INSERT ON {table}
            FOR EACH ROW EXECUTE FUNCTION stamp_xid();
        CREATE TRIGGER {table}_xid BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN (
                NEW.said_at IS NOT DISTINCT FROM OLD.said_at OR {reasons}
            ) EXECUTE FUNCTION stamp_xid();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_new_xid;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_xid;
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_new_xid ON {table};
        DROP TRIGGER {table}_xid ON {table};
        CREATE TRIGGER {table}_xid BEFORE INSERT OR UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION stamp_xid();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_xid;
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("platforms", "0005_feeds_may_not_fall_silent")]

    operations = [
        migrations.AddField("accountstate", "said_at", models.JSONField(null=True)),
        migrations.AddField("itemstate", "said_at", models.JSONField(null=True)),
        migrations.AddField(
            "itemstate",
            "reasons",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16), null=True, size=None
            ),
        ),
        stamped_unless_only_times_change(
            "platforms_accountstate",
            "NEW.denied <> OLD.denied OR NEW.reasons <> OLD.reasons",
        ),
        stamped_unless_only_times_change(
            "platforms_itemstate",
            "NEW.blocks <> OLD.blocks OR NEW.state <> OLD.state",
        ),
    ]
