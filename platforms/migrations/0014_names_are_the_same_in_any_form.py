"""Accounts with names beyond ASCII get the key of the form in which names are compared now.

Content carries that key from the next import on. The key of before stays: content from
before carries it.
"""

from typing import Any

from django.db import migrations

from platforms.actions.accounts import proven_keyring


def add_keys(apps: Any, editor: Any) -> None:
    accounts = apps.get_model("platforms", "Account").objects
    for account in accounts.filter(handle__regex="[^\x01-\x7f]").iterator():
        key = proven_keyring().handle(account.platform_id, account.handle)
        if key not in account.keys:
            account.keys.append(key)
            account.save(update_fields=["keys"])


class Migration(migrations.Migration):
    dependencies = [("platforms", "0013_keys_are_sorted_in_at_once")]

    operations = [migrations.RunPython(add_keys, migrations.RunPython.noop)]
