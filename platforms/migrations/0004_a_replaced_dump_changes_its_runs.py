"""A run that is not read any more has changed: whoever holds its items has to hear of it."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION stamp_runs_of_dump() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE platforms_run SET rows = rows WHERE dump_id = NEW.id;
    RETURN NULL;
END $$;
"""

TRIGGER = """
CREATE TRIGGER platforms_dump_runs AFTER UPDATE ON platforms_dump
    FOR EACH ROW WHEN (OLD.superseded_at IS DISTINCT FROM NEW.superseded_at)
    EXECUTE FUNCTION stamp_runs_of_dump();
ALTER TABLE platforms_dump ENABLE ALWAYS TRIGGER platforms_dump_runs;
"""


class Migration(migrations.Migration):
    dependencies = [("platforms", "0003_keys_belong_to_one_secret")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION stamp_runs_of_dump()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER platforms_dump_runs ON platforms_dump"),
    ]
