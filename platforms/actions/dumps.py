"""A dump comes in: its runs and its row; and what clears up after imports that died."""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from audit.actions import record
from audit.events import Actor, DumpImported, QuarantineDropped
from platforms.actions.accounts import proven_keyring
from platforms.actions.facts import keep_facts, known_of
from platforms.actions.states import note_accounts
from platforms.archive.runs import ARCHIVE, QUARANTINE
from platforms.archive.writer import SPILLS, RunFiles, RunWriter
from platforms.intake import digest_of, files_of, take_in, without_clearing
from platforms.media import HOLDING, REFUSING, Folder, Inspector
from platforms.models import Dump, Feed, Platform, Run
from platforms.sources import SOURCES

NEVER: Final = datetime.min.replace(tzinfo=UTC)
ORPHAN_AGE: Final = timedelta(days=1)
QUARANTINE_AGE: Final = timedelta(days=90)

Stamp = tuple[int, int, int]


class UnknownPlatform(LookupError):
    """There is no platform of this name, or none that can be read."""


class DumpChanged(Exception):
    """A file of the dump was changed or replaced while it was read."""


class MediaMissing(Exception):
    """The same dump was imported with its media files, and now comes without, or with fewer."""


class FilesMissing(Exception):
    """The files of a run went away before its row was written."""


class MadeInTheFuture(Exception):
    """A dump cannot have been made after it was handed in."""


def import_dump(
    slug: str,
    paths: Sequence[Path],
    facts: Mapping[str, str],
    *,
    by: Actor,
    now: datetime,
    made_at: datetime | None = None,
    media: Path | None = None,
    progress: Callable[[int], None] = lambda count: None,
    also: Callable[[Dump], None] = lambda dump: None,
    reopens: bool = True,
) -> Dump:
    """Read, judge and archive a dump; importing the same bytes again replaces it.

    The files are written first and the rows last, in one short transaction, so an import
    that dies leaves nothing that is read. ``progress`` is told every byte twice: it is
    read, then hashed. ``media`` is a folder with files that may carry refusals. What the
    dump says was true when it was ``made_at``, by default when its files last changed;
    as that is a guess, what it denies then counts as said now, and it clears nothing of a
    platform with a live feed, which may have denied since.
    ``also`` writes what belongs to it in the same transaction, and may refuse by raising.
    Unless it ``reopens``, it clears nothing that stands against an account.
    Raises the reader's ``BadInput`` and ``BadFact``, and ``BadFolder``.
    """
    platform = platform_to_read(slug)
    keys = proven_keyring()
    inspector = Inspector(Folder(media)) if media else None
    stamps = _stamps(paths)
    said_at = made_at
    made_at = _made_at(made_at, stamps, now)
    with RunWriter(Path(settings.STORAGE_DIR), slug) as writer:
        readings = SOURCES[slug].read(paths, facts, observed_at=made_at, progress=progress)
        if inspector:
            readings = inspector.inspected(readings)
        taken = take_in(readings, writer, keys, made_at, known_of(platform, made_at))
        files = files_of(paths, progress)
        if _stamps(paths) != stamps:
            raise DumpChanged("A file of the dump changed while it was read.")
    dump = Dump(
        platform=platform,
        digest=digest_of(files),
        files=[msgspec.to_builtins(file) for file in files],
        facts=dict(facts),
        counts=taken.counts.as_json(),
        made_at=made_at,
    )
    if inspector:
        dump.counts["media"] = inspector.counts.as_json()

    def with_what_it_says(replaced: Sequence[Dump]) -> None:
        _require_media(dump, replaced)
        # Who hands the same files in again speaks now.
        dump.said_at = said_at if said_at and not replaced else now
        dump.save(update_fields=["said_at"])
        note_accounts(
            dump.platform,
            taken.changes if reopens else without_clearing(taken.changes),
            by=by,
            at=dump.said_at,
            cleared_at=made_at if said_at or not _has_feed(dump.platform) else NEVER,
            corrects=_own_words(dump, replaced),
        )
        keep_facts(dump, taken.facts, replaced, observed_at=made_at, by=by)
        record(_imported(dump), by=by)
        also(dump)

    admit(dump, writer, with_what_it_says, now=now)
    return dump


def admit(
    dump: Dump, writer: RunWriter, also: Callable[[Sequence[Dump]], None], *, now: datetime
) -> None:
    """Make an import true, in the place of those of the same files: every row of it, or none.

    ``also`` writes what belongs to it in the same transaction; it is told which imports
    were replaced, and may refuse by raising. Then the files are removed.
    """
    committing = False
    try:
        with transaction.atomic():
            also(_admitted(dump, writer.runs, now))
            committing = True
    finally:
        # When COMMIT itself fails, the rows may be there all the same. Files without
        # rows are swept; rows without files would stop every build.
        if not committing:
            writer.discard()


def platform_to_read(slug: str) -> Platform:
    """The row of a platform that has a reader, or ``UnknownPlatform``."""
    platform = Platform.objects.filter(slug=slug).first()
    if platform is None or slug not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise UnknownPlatform(f"There is no platform {slug[:40]!r}. Known: {known}.")
    return platform


def sweep_orphans(older_than: timedelta = ORPHAN_AGE, *, now: datetime) -> list[str]:
    """Remove the files that imports left when they died; give their paths."""
    root = Path(settings.STORAGE_DIR)
    columns = Run.objects.values_list("path", "withheld_path", "quarantine_path")
    known = {path for paths in columns.iterator() for path in paths}
    removed = []
    for path in _older_than(root, now - older_than):
        name = path.relative_to(root).as_posix()
        if path.is_file() and name not in known:
            path.unlink(missing_ok=True)
            removed.append(name)
        elif path.is_dir() and name.startswith(f"{SPILLS}/"):
            # Not empty, or gone since: an import that still runs clears up after itself.
            with suppress(OSError):
                path.rmdir()
    return removed


def drop_quarantine(
    older_than: timedelta = QUARANTINE_AGE, *, by: Actor, now: datetime
) -> list[str]:
    """Remove the content of held items that is too old, or whose dump was replaced."""
    with transaction.atomic():
        since = Coalesce("dump__held_since", "dump__imported_at")
        expired = (
            Run.objects.select_for_update(no_key=True, of=("self",))
            .alias(held_since=since)
            .filter(
                ~Q(quarantine_path=""),
                Q(held_since__lt=now - older_than) | Q(dump__superseded_at__isnull=False),
            )
        )
        paths = {run.pk: run.quarantine_path for run in expired}
        if not paths:
            return []
        Run.objects.filter(pk__in=paths).update(quarantine_path="")
        record(QuarantineDropped(subject="quarantine", runs=len(paths)), by=by)
    for path in paths.values():
        (Path(settings.STORAGE_DIR) / path).unlink(missing_ok=True)
    return sorted(paths.values())


def _admitted(dump: Dump, runs: Sequence[RunFiles], now: datetime) -> Sequence[Dump]:
    """Write the rows of ``dump`` and its runs; give the imports that it replaced."""
    Platform.objects.select_for_update(no_key=True).get(pk=dump.platform_id)
    _require_files(runs)
    same = Dump.objects.live().filter(platform=dump.platform, digest=dump.digest)
    replaced = list(same)
    same.update(superseded_at=now)
    dump.save()
    Run.objects.bulk_create(
        [Run(dump=dump, platform=dump.platform, **run._asdict()) for run in runs]
    )
    return replaced


def _require_media(dump: Dump, replaced: Iterable[Dump]) -> None:
    before = [one.counts["media"] for one in replaced if "media" in one.counts]
    media = dump.counts.get("media")
    if before and media is None:
        raise MediaMissing(
            "This dump was imported with its media files, whose refusals would be lost. "
            "Import it with --media and the same folder."
        )
    if media and any(_lacks(media, old) for old in before):
        raise MediaMissing(
            "This dump was imported with more of its media files, whose refusals would be lost. "
            "Import it with --media and a folder that holds them all."
        )


def _lacks(media: Mapping[str, int], before: Mapping[str, int]) -> bool:
    """Whether media are without a file now that said nothing, or refused.

    A file that holds its items may be left out, by whoever answers for it. Where no medium
    lost its file, another version reads less of them, which is no loss.
    """
    fewer_given = media["file_not_given"] > before["file_not_given"]
    fewer_refuse = media.get(REFUSING, 0) < before.get(REFUSING, 0)
    return fewer_given and (fewer_refuse or _settled(media) < _settled(before))


def _settled(media: Mapping[str, int]) -> int:
    return media["file_read"] - sum(media.get(code, 0) for code in HOLDING)


def _has_feed(platform: Platform) -> bool:
    return Feed.objects.filter(platform=platform).exists()


def _own_words(dump: Dump, replaced: Iterable[Dump]) -> set[datetime]:
    """When the imports that ``dump`` replaces spoke and no other did: it may correct them."""
    said = {each.said_at for each in replaced if each.said_at}
    others = Dump.objects.filter(platform=dump.platform, said_at__in=said)
    shared = others.exclude(digest=dump.digest).values_list("said_at", flat=True)
    return said.difference(shared)


def _imported(dump: Dump) -> DumpImported:
    return DumpImported(
        subject=f"dump:{dump.pk}",
        platform=dump.platform_id,
        files=len(dump.files),
        items=dump.counts["read"],
        shared=dump.counts["shared"],
        held=dump.counts["held"],
        excluded=dump.counts["excluded"],
        facts_asserted=dump.facts,
        media_read=dump.counts.get("media", {}).get("file_read", 0),
    )


def _require_files(runs: Sequence[RunFiles]) -> None:
    """Every file is there, and from now on too young to be swept."""
    root = Path(settings.STORAGE_DIR)
    for run in runs:
        for path in filter(None, (run.path, run.withheld_path, run.quarantine_path)):
            try:
                os.utime(root / path)
            except FileNotFoundError as error:
                raise FilesMissing(f"{path} was removed before it was recorded") from error


def _made_at(said: datetime | None, stamps: Iterable[Stamp | None], now: datetime) -> datetime:
    """When the dump was made: as said, or when the first of its files was written here.

    A file that was copied is younger than what is in it, which only its owner can say.
    """
    if said is None:
        written = (datetime.fromtimestamp(stamp[2] / 1e9, UTC) for stamp in stamps if stamp)
        return min([now, *written])
    if said > now:
        raise MadeInTheFuture(f"The dump cannot have been made in the future ({said:%Y-%m-%d}).")
    return said


def _stamps(paths: Sequence[Path]) -> list[Stamp | None]:
    return [_stamp(path) for path in paths]


def _stamp(path: Path) -> Stamp | None:
    """What changes when a file does; what cannot be read at all is the reader's to refuse."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _older_than(root: Path, limit: datetime) -> Iterator[Path]:
    """What imports write, the inner before the outer."""
    folders = [root / name for name in (ARCHIVE, QUARANTINE, SPILLS)]
    found = [path for folder in folders for path in folder.rglob("*")]
    return (path for path in sorted(found, reverse=True) if _written(path) < limit.timestamp())


def _written(path: Path) -> float:
    """When ``path`` last changed; never, for one that has gone while we looked."""
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return math.inf
