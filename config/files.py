"""Small files that are there whole or not at all, whoever dies or reads meanwhile."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write ``text``, for our user alone; a reader finds all of it or what was there before."""
    draft = _draft(path, text)
    draft.replace(path)
    sync_folder(path.parent)


def write_once(path: Path, make: Callable[[], str]) -> None:
    """Write what ``make`` gives if the file is not there; of many who try at once, one does."""
    if path.exists():
        return
    draft = _draft(path, make())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.draft")
    # A new name that must not be there: never through a link that somebody planted.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        draft.unlink()
        raise
    return draft
