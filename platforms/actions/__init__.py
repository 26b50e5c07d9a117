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
    MadeInTheFuture,
    MediaMissing,
    UnknownPlatform,
    drop_quarantine,
    import_dump,
    platform_to_read,
    sweep_orphans,
)
from platforms.actions.facts import note_facts
from platforms.actions.holds import (
    DumpNotChosen,
    LeaseLost,
    ResolutionRunning,
    request_resolution,
    resolve,
    sweep_resolutions,
)
from platforms.actions.many import AccountNames, AccountRow, ensure_accounts, names_of
from platforms.actions.silence import NotWatchable, hear, note_silence, watch_feed
from platforms.actions.states import note_account, note_accounts, note_item
from platforms.intake import Change

__all__ = [
    "AccountNames",
    "AccountRow",
    "AlreadyLinked",
    "Change",
    "DumpChanged",
    "DumpNotChosen",
    "FilesMissing",
    "LeaseLost",
    "MadeInTheFuture",
    "MediaMissing",
    "NotWatchable",
    "ResolutionRunning",
    "UnknownPlatform",
    "WrongKeySecret",
    "add_missing_platforms",
    "add_name",
    "drop_quarantine",
    "ensure_account",
    "ensure_accounts",
    "hear",
    "import_dump",
    "keyring",
    "link",
    "names_of",
    "note_account",
    "note_accounts",
    "note_facts",
    "note_item",
    "note_silence",
    "platform_to_read",
    "proven_keyring",
    "request_resolution",
    "resolve",
    "sweep_orphans",
    "sweep_resolutions",
    "watch_feed",
]
