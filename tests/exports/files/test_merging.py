from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.files.merging import merge
from platforms.archive.runs import SCHEMA

STRICTER = ["share", "hold", "exclude"]
INSTANTS = st.none() | st.integers(0, 3).map(lambda n: datetime.fromtimestamp(n, UTC))

READINGS = st.fixed_dictionaries(
    {
        "item_key": st.integers(1, 3),
        "owner_key": st.integers(1, 3),
        "bucket": st.just(0),
        "account_keys": st.lists(st.integers(1, 5), min_size=1, max_size=3),
        "parent_keys": st.none() | st.lists(st.integers(6, 9), max_size=2),
        "platform": st.just("tumblr"),
        "kind": st.just("post"),
        "verdict": st.sampled_from(STRICTER),
        "reasons": st.just([]),
        "adult": st.booleans(),
        "published_at": INSTANTS,
        "observed_at": INSTANTS,
        "text": st.text(max_size=3),
    }
)


def merged(readings):
    return merge(pa.Table.from_pylist(readings, schema=SCHEMA)).to_pylist()


def of(item, readings):
    return [reading for reading in readings if reading["item_key"] == item["item_key"]]


@given(st.lists(READINGS, max_size=8))
def test_each_item_is_there_once(readings):
    items = merged(readings)

    assert [item["item_key"] for item in items] == sorted({r["item_key"] for r in readings})


@given(st.lists(READINGS, max_size=8))
def test_the_strictest_of_all_readings_holds(readings):
    for item in merged(readings):
        mine = of(item, readings)
        dates = [reading["published_at"] for reading in mine]

        assert item["verdict"] == max((r["verdict"] for r in mine), key=STRICTER.index)
        assert item["adult"] == any(r["adult"] for r in mine)
        assert {*item["account_keys"]} == {key for r in mine for key in r["account_keys"]}
        assert {*(item["parent_keys"] or ())} == {
            key for r in mine for key in r["parent_keys"] or ()
        }
        assert item["published_at"] == (None if None in dates else min(dates))


@given(st.lists(READINGS, max_size=8))
def test_the_newest_reading_is_what_is_delivered(readings):
    never = datetime.min.replace(tzinfo=UTC)

    for item in merged(readings):
        newest = max(
            enumerate(of(item, readings)), key=lambda r: (r[1]["observed_at"] or never, r[0])
        )[1]

        assert (item["text"], item["owner_key"]) == (newest["text"], newest["owner_key"])


@given(st.lists(READINGS, max_size=8))
def test_merging_what_is_merged_changes_nothing(readings):
    once = merge(pa.Table.from_pylist(readings, schema=SCHEMA))

    assert [{**row, "account_keys": {*row["account_keys"]}} for row in merge(once).to_pylist()] == [
        {**row, "account_keys": {*row["account_keys"]}} for row in once.to_pylist()
    ]


def test_a_verdict_or_a_rating_nobody_knows_is_not_shared():
    nullable = pa.schema([field.with_nullable(True) for field in SCHEMA])
    readings = [
        {"item_key": 1, "verdict": "share", "adult": False, "account_keys": [1]},
        {"item_key": 1, "verdict": "Public", "adult": None, "account_keys": [1]},
    ]

    (item,) = merge(pa.Table.from_pylist(readings, schema=nullable)).to_pylist()

    assert item["verdict"] == "hold"
    assert item["adult"] is None


def part(*keys):
    return {"account_keys": [*keys], "start": 0, "end": 0, "media": [0]}


def reading(number, people, **facts):
    return {
        **dict.fromkeys(SCHEMA.names),
        **{"item_key": 1, "owner_key": 1, "bucket": 0, "platform": "tumblr", "kind": "post"},
        **{"verdict": "share", "reasons": [], "adult": False, "account_keys": people},
        "observed_at": datetime.fromtimestamp(number, UTC),
        **facts,
    }


@pytest.mark.parametrize(
    ("older", "uncuttable"),
    [
        pytest.param([], {1}, id="read once"),
        pytest.param([reading(1, [1, 2], core_keys=[1], parts=[part(2)])], {1}, id="read alike"),
        pytest.param([reading(1, [1, 2], core_keys=[1, 2])], {1, 2}, id="once in the core"),
        pytest.param([reading(1, [1, 2])], {1, 2}, id="nothing said who was in the core"),
        pytest.param(
            [reading(1, [1, 3], core_keys=[1], parts=[part(3)])], {1, 3}, id="in an older part"
        ),
    ],
)
def test_only_who_is_in_parts_of_the_newest_reading_and_never_was_in_the_core_can_be_cut(
    older, uncuttable
):
    newest = reading(2, [1, 2], core_keys=[1], parts=[part(2)])

    (item,) = merged([*older, newest])

    assert {*item["core_keys"]} == uncuttable
    assert item["parts"] == [part(2)]


def test_who_is_in_no_part_cannot_be_cut_whatever_is_said_of_the_core():
    (item,) = merged([reading(1, [1, 2, 3], core_keys=[1], parts=[part(2)])])

    assert item["core_keys"] == [1, 3]
