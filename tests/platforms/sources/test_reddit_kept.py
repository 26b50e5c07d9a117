"""What is kept of Reddit's records for the second pass."""

from datetime import datetime, timedelta, timezone

import pytest

from platforms.batches import one_by_one
from platforms.records import Item, Media, MediaKind
from platforms.sources import SOURCES
from platforms.sources.columns import Columns
from platforms.sources.reddit.kept import MAKES, SAID, Whole
from platforms.sources.reddit.responses import Found, Shape
from platforms.sources.spool import Spool
from tests.platforms.sources.dumps import NOW
from tests.platforms.sources.reddit_dumps import crosspost, lines, post


def dump(tmp_path):
    path = tmp_path / "dump.ndjson"
    path.write_text(lines(post(), crosspost()), encoding="utf-8")
    return path


def test_rows_and_records_come_out_as_they_were_put_in(tmp_path):
    path, told = dump(tmp_path), []
    picture = Media(MediaKind.IMAGE, "https://i.redd.it/a.png", "\u2603")
    row = (
        3,
        70_000,
        "abc1",
        "alice",
        None,
        "",
        253_402_300_799,
        0,
        "Low",
        "\U0001f30a",
        (picture,),
    )
    whole, columns = Whole.of(Found(Shape.POST, crosspost())), Columns(SAID, MAKES)
    columns.add(row, 0)
    rows = columns.batch()
    with Spool([path, path], Whole) as kept:
        kept.put(whole)
        kept.put_columns(rows)
        kept.put(whole)
        kept.finish()

        found = list(kept.records(told.append))

    assert found == [whole, rows, whole]
    assert tuple(found[1].to_pylist()[0].values()) == (
        *row[:-1],
        [{"kind": "image", "url": picture.url, "alt": picture.alt}],
    )
    assert sum(told) == 2 * path.stat().st_size


def test_what_no_store_can_hold_is_replaced_in_texts():
    columns = Columns(SAID, MAKES)
    columns.add((0, 0, "a", "alice", None, "", 1, 0, "Low\0", "\0tide", ()), 0)
    columns.add((0, 0, "b", "alice", None, "", 1, 0, "Low", "tide", ()), 0)

    rows = columns.batch()

    assert rows["title"].to_pylist() == ["Low\ufffd", "Low"]
    assert rows["text"].to_pylist() == ["\ufffdtide", "tide"]


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

    numbers = [one.native_id for one in one_by_one(found) if isinstance(one, Item)]
    assert sorted(numbers) == ["abc1", "abc1", "abc2", "abc2"]
