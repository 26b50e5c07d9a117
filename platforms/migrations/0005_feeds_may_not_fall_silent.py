"""A platform that reports what happens on it is missed when it falls silent."""

import datetime

import django.db.models.deletion
from django.db import migrations, models

# Without its row nobody would miss the feed, so the row cannot go.
TRIGGERS = """
CREATE TRIGGER platforms_feed_rows_stay BEFORE DELETE ON platforms_feed
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER platforms_feed_table_stays BEFORE TRUNCATE ON platforms_feed
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE platforms_feed ENABLE ALWAYS TRIGGER platforms_feed_rows_stay;
ALTER TABLE platforms_feed ENABLE ALWAYS TRIGGER platforms_feed_table_stays;
"""

NO_TRIGGERS = """
DROP TRIGGER platforms_feed_rows_stay ON platforms_feed;
DROP TRIGGER platforms_feed_table_stays ON platforms_feed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("platforms", "0004_a_replaced_dump_changes_its_runs"),
        ("audit", "0002_entries_are_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "platform",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="feed",
                        serialize=False,
                        to="platforms.platform",
                    ),
                ),
                ("watched", models.BooleanField(default=True)),
                ("heard_at", models.DateTimeField(blank=True, null=True)),
                ("stale_after", models.DurationField(default=datetime.timedelta(hours=6))),
                ("alarmed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            stale_after__range=(
                                datetime.timedelta(minutes=1),
                                datetime.timedelta(days=31),
                            )
                        ),
                        name="feed_may_not_be_silent_forever",
                    )
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
