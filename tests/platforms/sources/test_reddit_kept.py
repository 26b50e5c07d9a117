"""What is kept of Reddit's records for the second pass."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from platforms.records import Item, Media, MediaKind
from platforms.sources import SOURCES
from platforms.sources.reddit.kept import Kept, Own, Whole
from platforms.sources.reddit.responses import Found, Shape
from platforms.sources.spool import BATCH_RECORDS, Spool
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
    with Spool([path, path], Kept) as kept:
        for _ in range(BATCH_RECORDS + 1):
            kept.put(OWN)
            kept.put(whole)
        kept.finish()

        found = list(kept.records(told.append))

    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    same = msgspec.structs.replace(OWN, published_at=last, read_at=begin)
    assert found == [same, whole] * (BATCH_RECORDS + 1)
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
