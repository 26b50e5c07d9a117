"""Where a build lies on the disk, and what was recorded of it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Places:
    """Where one build goes: the file for the partner, who and what is in it, on what it hangs."""

    rows: Path
    accounts: Path
    items: Path
    parents: Path

    @classmethod
    def under(cls, folder: Path) -> Self:
        return cls(
            folder / "rows.parquet",
            folder / "accounts.keys",
            folder / "items.keys",
            folder / "parents.keys",
        )


@dataclass(frozen=True)
class Built:
    """What a build left on the disk. ``counts`` says how many items each refusal kept out.

    ``parts_cut`` is how many parts the delivered items lack.
    After ``usable_until`` some item was last read too long ago; None in a file without rows.
    """

    sha256: str
    size: int
    rows: int
    accounts_sha256: str
    items_sha256: str
    parents_sha256: str
    parts_cut: int = 0
    usable_until: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
