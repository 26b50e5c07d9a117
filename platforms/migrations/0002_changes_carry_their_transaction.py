"""Every change of a row that the gate reads carries the id of its transaction."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION stamp_xid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    RETURN NEW;
END $$;
"""


def stamped(table: str) -> migrations.RunSQL:
    """Stamp ``xid`` on every insert and update of ``table``; refuse silent removal."""
    return migrations.RunSQL(
        sql=f"""
        CREATE TRIGGER {table}_xid BEFORE INSERT OR UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION stamp_xid();
        CREATE TRIGGER {table}_rows_stay BEFORE DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER {table}_table_stays BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_xid;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows_stay;
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_table_stays;
        """,
        reverse_sql=f"""
        DROP TRIGGER {table}_xid ON {table};
        DROP TRIGGER {table}_rows_stay ON {table};
        DROP TRIGGER {table}_table_stays ON {table};
        """,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("platforms", "0001_initial"),
        ("audit", "0002_entries_are_append_only"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION stamp_xid()"),
        stamped("platforms_account"),
        stamped("platforms_accountstate"),
        stamped("platforms_itemstate"),
        stamped("platforms_run"),
    ]
