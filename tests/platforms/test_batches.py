"""Batches: a thousand items in columns become what each of them would become by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.archive.columns import table_with
from platforms.archive.runs import rows_in
from platforms.archive.writer import RunWriter
from platforms.batches import (
    CONTENT,
    MOMENT,
    WHOSE,
    Batch,
    Everybody,
    Pieces,
    alike,
    media_array,
    one_by_one,
    parents_array,
    whose_array,
)
from platforms.intake import columns_of, judged, take_in
from platforms.keys import Directory, Keyring
from platforms.parts import Pieces as Whole
from platforms.records import (
    AccountReading,
    Evidence,
    Identity,
    Item,
    ItemRef,
    Judgement,
    Media,
    MediaKind,
    Principal,
    Role,
    Verdict,
    Visibility,
)

KEYRING = Keyring(b"x" * 32)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PUBLIC = tuple(
    Evidence(level, Visibility.PUBLIC, f"{level}_public") for level in ("item", "container")
)
PRIVATE = Evidence("item", Visibility.PRIVATE, "item_private")
PAID = Evidence("item", Visibility.PAID, "item_paid")
ADULT = Evidence("item", Visibility.ADULT, "item_adult")
UNREAD = Evidence("container", Visibility.UNKNOWN, "blog_unknown")
GAP = Evidence("container", Visibility.UNKNOWN, "blog_unknown", about="t:alice")


def somebody(name: str, role: Role = Role.OWNER, identity: Identity = Identity.STABLE) -> Principal:
    return Principal(role, identity, f"t:{name}", name)


ALICE, BOB = somebody("alice"), somebody("bob")
ROOT = somebody("carol", Role.REBLOG_ROOT)
NAMED = Principal(Role.OWNER, Identity.NAME, None, "dave")
PARENTS = ItemRef(("post", "page"), "1"), ItemRef(("post", "page"), "2")
MEDIA = [Media(kind, f"https://example.org/{kind}", kind.value) for kind in MediaKind]


def item(native_id: str = "17", **facts) -> Item:
    given = {
        "platform": "tumblr",
        "kind": "post",
        "native_id": native_id,
        "principals": (ALICE,),
        "evidence": PUBLIC,
        "published_at": NOON - timedelta(days=2),
        "observed_at": NOON - timedelta(days=1),
        "text": "MARKER",
    }
    return Item(**{**given, **facts})


def reblog(native_id: str, said: str = "said first", answer: str = "MARKER", **facts) -> Item:
    """An item with a part of somebody's that can be cut, unless the answer repeats it."""
    whole = Whole()
    whole.add([said], (), [ROOT])
    whole.add([answer])
    return item(
        native_id,
        **{
            "principals": (ALICE, ROOT),
            "text": whole.text,
            "parts": tuple(whole.parts),
            "core": (ALICE,),
            "parents": (ItemRef(("post",), "9"),),
            **facts,
        },
    )


def content_of(items: list[Item]) -> pa.RecordBatch:
    moments = [
        pa.array([getattr(one, name) for one in items], MOMENT)
        for name in ("published_at", "observed_at")
    ]
    texts = [pa.array([getattr(one, n) for one in items]) for n in ("native_id", "title", "text")]
    tags = pa.array([one.tags for one in items], pa.list_(pa.string()))
    media = media_array([one.media for one in items])
    return pa.RecordBatch.from_arrays([texts[0], *moments, *texts[1:], tags, media], schema=CONTENT)


def named(rows: Sequence[tuple[Principal, ...]]) -> dict[str, Any]:
    """Who is in each row, as a batch has it."""
    everybody, numbers = Everybody(), {}
    for one in chain.from_iterable(rows):
        if one not in numbers:
            numbers[one] = everybody.add(one)
    whose = pa.array([[numbers[one] for one in row] for row in rows], WHOSE)
    return {"everybody": everybody, "whose": whose}


def hanging_on(rows: list[tuple[ItemRef, ...]]) -> dict[str, Any]:
    """What each row hangs on, as a batch has it."""
    refs = [*chain.from_iterable(rows)]
    ids = [[one.native_id for one in row] for row in rows]
    kinds = refs[0].kinds if refs else ()
    return {"parent_kinds": kinds, "parents": parents_array(ids) if refs else None}


def batch_of(items: list[Item]) -> Batch:
    """``items``, which have the same evidence, in columns."""
    return Batch(
        **named([one.principals for one in items]),
        platform=items[0].platform,
        kind=items[0].kind,
        evidence=items[0].evidence,
        required=items[0].required,
        content=content_of(items),
        **hanging_on([one.parents for one in items]),
        pieces={n: Pieces(one.parts, one.core) for n, one in enumerate(items) if one.parts},
    )


def archived(*readings, known=lambda keys: {}):
    """Everything that a dump of ``readings`` leaves: rows, withheld keys, held items, counts."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        with RunWriter(root, "tumblr") as writer:
            taken = take_in(readings, writer, KEYRING, NOON, known)
        rows = [row for run in writer.runs for row in rows_in(root / run.path)]
        withheld = [(root / run.withheld_path).read_bytes() for run in writer.runs]
        held = [bool(run.quarantine_path) for run in writer.runs]
        counts = taken.counts.as_json()
        # Which three are shown depends on the order in which they came.
        counts["examples"] = {code: sorted(ids) for code, ids in counts["examples"].items()}
        return rows, withheld, held, counts


MIXED = [
    [item("1"), item("2", principals=(BOB,)), item("3", title="t", tags=("a", "b"))],
    [item("1", media=(MEDIA[1], MEDIA[3])), item("2", text="", media=tuple(MEDIA)), item("3")],
    [item("1", text="", title=""), item("2", text="", title="only a title")],
    [item("1"), reblog("2"), reblog("3", answer="said first"), item("4", parents=())],
    [item("1", observed_at=NOON + timedelta(days=3))],
    [item(str(n), evidence=(*PUBLIC, ADULT)) for n in range(20)],
    [item(str(n), evidence=(*PUBLIC, PRIVATE, PAID)) for n in range(20)],
    [reblog(str(n), evidence=(*PUBLIC, PRIVATE)) for n in range(3)],
    [item(str(n), evidence=(*PUBLIC, UNREAD)) for n in range(20)],
    [item(str(n), evidence=(*PUBLIC, PRIVATE, GAP)) for n in range(3)],
    [item("1"), item("2", principals=(NAMED,))],
    [item("1"), item("2", principals=(ROOT,))],
    [item("1"), item("2", principals=())],
    [item("1"), item("2", principals=()), item("2")],
    [item(str(n), evidence=(*PUBLIC, PAID), principals=(ROOT,)[n % 2 :]) for n in range(4)],
    [item("1"), item("2", published_at=NOON)],
    [item("1"), item(" "), item("")],
    [item("1"), item("1", text="the same once more")],
    [item("1"), reblog("2", parts=(msgspec.structs.replace(reblog("2").parts[0], end=3),))],
]


@pytest.mark.parametrize("items", MIXED)
def test_a_batch_leaves_in_the_archive_what_its_items_leave(items):
    assert archived(batch_of(items)) == archived(*items)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.builds(
            item,
            st.sampled_from(["1", "2", "3"]),
            principals=st.sampled_from([(ALICE,), (BOB, ROOT), (NAMED,), (ROOT, ALICE)]),
            published_at=st.sampled_from([NOON, NOON - timedelta(days=2)]),
            observed_at=st.sampled_from([NOON, NOON - timedelta(days=1), NOON + timedelta(days=1)]),
            text=st.sampled_from(["", "words"]),
            title=st.sampled_from(["", "title"]),
            tags=st.sampled_from([(), ("a",)]),
            media=st.lists(st.sampled_from(MEDIA), max_size=3).map(tuple),
            parents=st.lists(st.sampled_from(PARENTS), max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([PUBLIC, (*PUBLIC, ADULT), (*PUBLIC, PRIVATE), PUBLIC[:1], (*PUBLIC, GAP)]),
)
def test_any_batch_leaves_what_its_items_leave(items, evidence):
    items = [msgspec.structs.replace(one, evidence=evidence) for one in items]

    rows, *rest = archived(batch_of(items))
    expected, *others = archived(*items)

    assert sorted(rows, key=repr) == sorted(expected, key=repr)
    assert rest == others


def test_the_items_of_a_batch_are_those_it_was_made_of():
    items = MIXED[3]
    said = AccountReading(platform="tumblr", native_id="t:alice", denies=frozenset({"private"}))

    assert list(one_by_one([batch_of(items), said])) == [*items, said]
    assert list(batch_of(items).take([2, 0]).items()) == [items[2], items[0]]
    assert all(one.published_at.tzinfo is UTC for one in batch_of(items).items())


def test_a_batch_is_shared_without_making_rows_of_its_items():
    class Both:
        tables, rows = 0, 0

        def add(self, row, item=None):
            self.rows += 1

        def add_table(self, table, verdict):
            self.tables += 1

    writer = Both()
    take_in([batch_of([item("1"), reblog("2")]), item("3")], writer, KEYRING, NOON)

    assert (writer.tables, writer.rows) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        named([(ALICE,)]),
        named([(ALICE,)] * 3),
        {"everybody": Everybody()},
        {"whose": pa.array([[0], None], WHOSE)},
        {"whose": pa.array([[0], [None]], WHOSE)},
        {"whose": pa.array([[0], [-1]], WHOSE)},
        {"whose": pa.array([[0], [0]], pa.list_(pa.int64()))},
        {"parents": parents_array([["1"], ["2"]])},
        {"parents": parents_array([["1"]]), "parent_kinds": ("post",)},
        {"parents": pa.array([["1"], None]), "parent_kinds": ("post",)},
        {"parents": pa.array([["1"], [None]]), "parent_kinds": ("post",)},
        {"parents": pa.array([[1], [2]]), "parent_kinds": ("post",)},
        {"content": content_of([item("1"), item("2")]).drop_columns(["tags"])},
        {"content": content_of([item("1"), item("2", published_at=None)])},
    ],
)
def test_a_batch_whose_columns_do_not_fit_cannot_be_made(change):
    with pytest.raises((ValueError, TypeError)):
        msgspec.structs.replace(batch_of([item("1"), item("2")]), **change)


@pytest.mark.parametrize("verdict", [Verdict.SHARE, Verdict.HOLD])
def test_a_table_cannot_be_written_under_another_verdict(tmp_path, verdict):
    batch = batch_of([item("1")])
    directory = Directory(KEYRING, "tumblr", batch.everybody)
    people = directory.owners(batch.whose)
    columns = columns_of(batch, Judgement(Verdict.EXCLUDE), people, [], directory, NOON)

    with (
        pytest.raises(ValueError, match="all shared or all excluded"),
        RunWriter(tmp_path, "tumblr") as writer,
    ):
        writer.add_table(table_with(columns), verdict)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_nothing_of_what_is_excluded_reaches_the_archive_in_a_table():
    items = [item(str(n), evidence=(*PUBLIC, PRIVATE), media=(MEDIA[0],)) for n in range(20)]

    rows, *_ = archived(batch_of(items))

    assert {judged(one, KEYRING).verdict for one in items} == {Verdict.EXCLUDE}
    assert all(row == row.without_content() for row in rows)
    assert "MARKER" not in repr(rows)


SOME_ROWS = st.lists(
    st.lists(
        st.builds(
            Principal,
            st.sampled_from([Role.OWNER, Role.REBLOG_ROOT]),
            st.sampled_from([Identity.STABLE, Identity.NAME]),
            st.sampled_from([None, " ", "1", "2", "3"]),
            st.sampled_from([None, "a", "b", "A"]),
        ),
        max_size=4,
    ).map(tuple),
    max_size=5,
)


@given(SOME_ROWS, st.integers(0, 5))
def test_the_keys_of_many_are_those_of_each(rows, first):
    said = named(rows)
    directory = Directory(KEYRING, "tumblr", said["everybody"])
    columns = directory.owners(said["whose"].slice(first))

    each = [KEYRING.people(item(principals=row)) for row in rows[first:]]
    assert columns.are_there.tolist() == [bool(one.owner) for one in each]
    owners = zip(columns.keys.tolist(), each, strict=True)
    assert all(key == one.owner[0] for key, one in owners if one.owner)
    assert columns.everybody.to_pylist() == [list(one.everybody) for one in each]
    everybody = said["everybody"].after(0)
    expected = [KEYRING.principal("tumblr", one) for one in everybody]
    assert directory.keys_of(range(len(everybody))) == expected


def test_whoever_is_added_later_has_keys_like_those_before():
    everybody = Everybody()
    directory = Directory(KEYRING, "tumblr", everybody)
    for one in (ALICE, BOB):
        whose = pa.array([[everybody.add(one)]], WHOSE)
        assert directory.owners(whose).keys.tolist() == [KEYRING.principal("tumblr", one)[0]]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3))))
def test_everybody_is_named_once_in_a_row_in_the_order_of_first_mention(mentions):
    rows, people = (
        np.array(column, dtype=np.int64) for column in zip(*mentions, (9, 9), strict=True)
    )

    lists = whose_array(rows[:-1], people[:-1], 5)

    expected = [dict.fromkeys(who for at, who in mentions if at == row) for row in range(5)]
    assert lists.to_pylist() == [list(one) for one in expected]


@given(
    st.lists(
        st.tuples(*[st.sampled_from([0, 1, -1, 2**61, -(2**61)])] * 4), min_size=1, max_size=12
    )
)
def test_rows_are_alike_where_every_column_says_the_same(rows):
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]

    firsts, groups = alike(columns)

    assert [rows[firsts[group]] for group in groups] == rows
    assert len(firsts) == len({*rows})
