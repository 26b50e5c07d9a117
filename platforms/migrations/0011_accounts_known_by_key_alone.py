"""A platform may name an account by the key of its id: it has neither id nor name yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platforms", "0010_held_items_are_judged_again")]

    operations = [
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                condition=models.Q(("native_id", ""), models.Q(("handle", ""), _negated=True)),
                fields=("platform", "handle"),
                name="account_known_by_name_only_is_unique",
            ),
        ),
        migrations.RemoveConstraint("account", "account_known_by_handle_only_is_unique"),
        migrations.RemoveConstraint("account", "account_is_named"),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                models.F("platform"),
                models.F("keys__0"),
                condition=models.Q(("handle", ""), ("native_id", "")),
                name="account_known_by_key_only_is_unique",
            ),
        ),
    ]
