"""An archive to build from, written the way intake writes it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent.decision import Agreement
from exports.files.pseudonyms import Pseudonyms
from exports.files.withheld import Withheld
from platforms.archive.durable import sha256_of
from platforms.archive.runs import Row
from platforms.archive.writer import RunWriter
from platforms.records import Media, MediaKind, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
READ = NOON + timedelta(hours=90)
NOW = NOON + timedelta(days=5)


def make_post(item_key: int, owner_key: int = 1, **facts: Any) -> Row:
    """Row ``item_key`` of ``owner_key``, public and with a picture unless said otherwise."""
    row = Row(
        item_key=item_key,
        owner_key=owner_key,
        account_keys=(owner_key,),
        platform="tumblr",
        kind="post",
        native_id=str(item_key),
        verdict=Verdict.SHARE,
        reasons=(),
        adult=False,
        media_kinds=("text", "image"),
        published_at=NOON,
        observed_at=READ,
        title=f"Title {item_key}",
        text=f"Words of {item_key}",
        tags=("cats", "day"),
        media=(Media(MediaKind.IMAGE, f"https://media.example/{item_key}.png", "a cat"),),
    )
    return row._replace(**facts)


def withheld_by(runs: Sequence[Path]) -> Withheld:
    """What these runs exclude or hold, as the database would vouch for it."""
    files = [run.with_suffix(".withheld") for run in runs]
    return Withheld([(path, sha256_of(path)) for path in files])


@pytest.fixture
def post() -> Callable[..., Row]:
    return make_post


@pytest.fixture
def archive(storage: Path) -> Callable[..., Path]:
    """Write rows as one run; its path."""

    def write(*rows: Row) -> Path:
        with RunWriter(storage, "tumblr") as writer:
            for row in rows:
                writer.add(row)
        (run,) = writer.runs
        return storage / run.path

    return write


@pytest.fixture
def agreement() -> Agreement:
    return Agreement(frozenset({"tumblr"}), frozenset({"text", "image"}))


@pytest.fixture
def now() -> datetime:
    """When files are built: the posts have settled, and were read not long ago."""
    return NOW


@pytest.fixture
def pseudonyms() -> Pseudonyms:
    return Pseudonyms(b"a secret of thirty-two bytes, yes", "acme")
