"""Statements cannot be changed; standings carry the id of their last change."""

from importlib import import_module

from django.db import migrations

append_only = import_module("audit.migrations.0002_entries_are_append_only").append_only
stamped = import_module("platforms.migrations.0002_changes_carry_their_transaction").stamped


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_initial"),
        ("platforms", "0002_changes_carry_their_transaction"),
    ]

    operations = [
        append_only("consent_statement"),
        append_only("consent_answeredrequest"),
        stamped("consent_standing"),
    ]
