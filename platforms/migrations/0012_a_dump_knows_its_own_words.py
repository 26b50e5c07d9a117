"""An import can take back what it said of accounts itself, and nobody else's words.

Imports from before, and those of the previous release, do not know when they spoke: what
they denied is cleared by a newer reading only.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platforms", "0011_accounts_known_by_key_alone")]

    operations = [migrations.AddField("dump", "said_at", models.DateTimeField(null=True))]
