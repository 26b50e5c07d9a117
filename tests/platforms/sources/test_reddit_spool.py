"""Where what was read of Reddit's records waits for the second pass."""

import tempfile
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import msgspec
import pytest

from platforms.records import Item, Media, MediaKind
from platforms.sources import SOURCES
from platforms.sources.contract import BadInput
from platforms.sources.reddit import spool
from platforms.sources.reddit.responses import Found, Shape
from platforms.sources.reddit.spool import BATCH, Own, Spool, Whole
from tests.platforms.sources.dumps import NOW
from tests.platforms.sources.reddit_dumps import crosspost, lines, post

LAST_SECOND = 253_402_300_799
OWN = Own(
    is_comment=False,
    state=3,
    place=70_000,
    number="abc1",
    author="alice",
    author_id=None,
    link="",
    published_at=LAST_SECOND,
    read_at=0,
    title="Low tide",
    text="\u2603 \U0001f30a",
    media=(Media(MediaKind.IMAGE, "https://i.redd.it/a.png"),),
)


def dump(tmp_path):
    path = tmp_path / "dump.ndjson"
    path.write_text(lines(post(), crosspost()), encoding="utf-8")
    return path


def test_records_come_out_as_they_were_put_in_and_seconds_as_moments(tmp_path):
    path, told = dump(tmp_path), []
    whole = Whole.of(Found(Shape.POST, crosspost()))
    with Spool([path, path]) as kept:
        for _ in range(BATCH + 1):
            kept.put(OWN)
            kept.put(whole)
        kept.finish()

        found = list(kept.records(told.append))

    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    same = msgspec.structs.replace(OWN, published_at=last, read_at=begin)
    assert found == [same, whole] * (BATCH + 1)
    assert sum(told) == 2 * path.stat().st_size


@pytest.mark.parametrize(
    "found",
    [
        Found(Shape.POST, post(title="\ud800", score=10**400, ratio=0.1)),
        Found(Shape.POST, post(), None),
        Found(Shape.POST, post(), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))),
        Found(Shape.EVENT, {"id": "abc", "$event": {"action": "gone"}}),
    ],
)
def test_what_is_read_by_the_rule_comes_out_as_it_was(found):
    assert Whole.of(found).found == found


@pytest.mark.parametrize("shape", [Shape.MESSAGE, Shape.ODD])
def test_nothing_is_kept_of_private_messages_and_what_is_not_understood(shape):
    whole = Whole.of(Found(shape, {"body": "between the two of us"}))

    assert whole == Whole(shape)


def test_a_dump_that_is_named_twice_gives_each_item_twice(tmp_path):
    path = dump(tmp_path)

    found = SOURCES["reddit"].read([path, path], {}, observed_at=NOW, progress=lambda count: None)

    numbers = [one.native_id for one in found if isinstance(one, Item)]
    assert numbers == ["abc1", "abc2", "abc1", "abc2"]


def test_where_nothing_can_be_kept_the_dump_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    with pytest.raises(BadInput, match="cannot be kept") as refused:
        Spool([dump(tmp_path)])

    assert "TMPDIR" in str(refused.value)


def test_a_full_disk_refuses_the_dump(tmp_path, monkeypatch):
    full = partial(Path("/dev/full").open, "r+b")
    monkeypatch.setattr(spool, "TemporaryFile", full)
    read = SOURCES["reddit"].read(
        [dump(tmp_path)], {}, observed_at=NOW, progress=lambda count: None
    )

    with pytest.raises(BadInput, match="cannot be kept") as refused:
        next(read)

    assert "No space left" in refused.value.reason


def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen = []

    with Spool([Path(__file__)]) as kept:
        kept.put(OWN)
        kept.finish()
        seen += list(folder.iterdir())

    assert seen == []
    assert list(folder.iterdir()) == []
