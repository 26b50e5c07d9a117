"""Every write of the ``platforms`` app."""

from platforms.actions.accounts import (
    AlreadyLinked,
    WrongKeySecret,
    add_missing_platforms,
    add_name,
    ensure_account,
    keyring,
    link,
    proven_keyring,
)
from platforms.actions.dumps import (
    DumpChanged,
    FilesMissing,
    UnknownPlatform,
    drop_quarantine,
    import_dump,
    sweep_orphans,
)
from platforms.actions.states import note_account, note_accounts, note_item
from platforms.intake import Change

__all__ = [
    "AlreadyLinked",
    "Change",
    "DumpChanged",
    "FilesMissing",
    "UnknownPlatform",
    "WrongKeySecret",
    "add_missing_platforms",
    "add_name",
    "drop_quarantine",
    "ensure_account",
    "import_dump",
    "keyring",
    "link",
    "note_account",
    "note_accounts",
    "note_item",
    "proven_keyring",
    "sweep_orphans",
]
