"""Writes judged rows, in any order, as runs: the archive, its withheld keys, the quarantine."""

import shutil
import uuid
from array import array
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import numpy as np
import pyarrow as pa

from platforms.archive import keyfile
from platforms.archive.columns import without_content
from platforms.archive.durable import write_durably
from platforms.archive.quarantine import Holding
from platforms.archive.runs import ARCHIVE, QUARANTINE, Row
from platforms.archive.sorter import Limits, Sorter
from platforms.records import Item, Verdict

SPILLS: Final = "intake"


class RunFiles(NamedTuple):
    """One finished run; paths are relative to the storage root."""

    path: str
    sha256: str
    rows: int
    withheld_path: str
    withheld_sha256: str
    quarantine_path: str = ""


class RunWriter:
    """Turns rows into runs; memory is bounded by a batch, so a large dump has several runs.

    Content reaches the archive for shared rows only, whatever a caller passes in. Of what
    is held, the quarantine keeps the item, so that it can be judged again. When the body
    raises, no file is left; ``discard`` undoes a writer that ended well.
    """

    def __init__(self, root: Path, platform: str, limits: Limits | None = None) -> None:
        self.runs: list[RunFiles] = []
        self._root = root
        self._platform = platform
        self._limits = limits or Limits()
        self._spills = root / SPILLS / uuid.uuid4().hex
        self._names: list[str] = []

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
        except BaseException:
            self.discard()
            raise
        finally:
            shutil.rmtree(self._spills, ignore_errors=True)
        if error is not None:
            self.discard()

    def add(self, row: Row, item: Item | None = None) -> None:
        """Take ``row`` in; ``item`` is what it was made of, kept if it is held."""
        self._make_room()
        if row.verdict is Verdict.SHARE:
            self._archive.add(row)
            return
        if row.verdict is Verdict.HOLD and item is not None:
            self._held.add(row.item_key, row.reasons, item)
        self._withheld.append(row.item_key)
        self._archive.add(row.without_content())

    def add_table(self, table: pa.Table, verdict: Verdict) -> None:
        """Take in rows that all have one ``verdict``; what is held comes item by item."""
        if verdict is Verdict.HOLD or set(table["verdict"].unique().to_pylist()) != {verdict}:
            raise ValueError("the rows of a table are all shared or all excluded")
        self._make_room()
        if verdict is not Verdict.SHARE:
            self._withheld.frombytes(table["item_key"].to_numpy().tobytes())
            table = without_content(table)
        self._archive.add_table(table)

    def discard(self) -> None:
        """Remove every file that this writer made."""
        for name in self._names:
            for relative in places(name):
                (self._root / relative).unlink(missing_ok=True)

    def _make_room(self) -> None:
        if self._archive.full:
            self._finish()
            self._start()

    def _start(self) -> None:
        self._archive = Sorter(self._spills / ARCHIVE, self._limits)
        self._held = Holding(self._spills / QUARANTINE)
        self._withheld = array("q")

    def _finish(self) -> None:
        if self._archive.rows:
            name = f"{self._platform}/{uuid.uuid4()}"
            self._names.append(name)
            self.runs.append(self._write(name))
        shutil.rmtree(self._spills, ignore_errors=True)

    def _write(self, name: str) -> RunFiles:
        path, withheld_path, quarantine_path = places(name)
        with write_durably(self._root / path) as draft:
            self._archive.write(draft, ARCHIVE)
        withheld = np.unique(np.array(self._withheld, dtype=np.int64))
        withheld_sha256 = keyfile.write(self._root / withheld_path, withheld)
        run = RunFiles(path, draft.sha256, self._archive.rows, withheld_path, withheld_sha256)
        if not self._held.items:
            return run
        with write_durably(self._root / quarantine_path) as draft:
            self._held.write(draft)
        return run._replace(quarantine_path=quarantine_path)


def places(name: str) -> tuple[str, str, str]:
    """Where the run ``name`` (platform/uuid) lies: items, withheld keys, held content."""
    return (
        f"{ARCHIVE}/{name}.parquet",
        f"{ARCHIVE}/{name}.withheld",
        f"{QUARANTINE}/{name}.parquet",
    )
