import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from platforms.archive import keyfile
from platforms.archive.quarantine import held_in
from platforms.archive.runs import (
    BUCKETS,
    SCHEMA,
    QuarantineClosed,
    Row,
    StoredPart,
    bucket_of,
    buckets_in,
    read_bucket,
)
from platforms.archive.sorter import Limits, Sorter
from platforms.archive.writer import RunWriter
from platforms.records import Item, Media, MediaKind, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TINY = Limits(rows=2, characters=1 << 20, spills=3)
KEYS = st.integers(-(2**63), 2**63 - 1)


def row(item_key=1, owner_key=2, verdict=Verdict.SHARE, text="hello", **facts) -> Row:
    return Row(
        item_key=item_key,
        owner_key=owner_key,
        account_keys=facts.get("account_keys", [owner_key]),
        platform="tumblr",
        kind="post",
        native_id="17",
        verdict=verdict,
        reasons=() if verdict is Verdict.SHARE else ("item_private",),
        adult=False,
        media_kinds=("text", "image"),
        published_at=NOON,
        observed_at=NOON,
        title="A title",
        text=text,
        tags=("a", "b"),
        media=(Media(MediaKind.IMAGE, "https://example.org/1.png", "a cat"),),
    )


def written(root: Path, rows: list[Row], limits: Limits | None = None) -> RunWriter:
    with RunWriter(root, "tumblr", limits) as writer:
        for one in rows:
            writer.add(one, item(one))
    return writer


def item(of: Row) -> Item:
    return Item(platform=of.platform, kind=of.kind, native_id=of.native_id, text=of.text or "")


def read_all(root: Path, writer: RunWriter) -> list[dict]:
    return [
        found
        for run in writer.runs
        for bucket in range(BUCKETS)
        for found in read_bucket(root / run.path, bucket).to_pylist()
    ]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_shared_row_comes_back_whole(storage: Path):
    writer = written(storage, [row()])

    (found,) = read_all(storage, writer)

    assert found == {
        **row()._asdict(),
        "bucket": 0,
        "verdict": "share",
        "reasons": [],
        "media_kinds": ["text", "image"],
        "tags": ["a", "b"],
        "media": [{"kind": "image", "url": "https://example.org/1.png", "alt": "a cat"}],
    }


@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.EXCLUDE])
def test_the_archive_keeps_no_content_of_what_is_not_shared(storage: Path, verdict):
    writer = written(storage, [row(verdict=verdict, text="MARKER")])

    (found,) = read_all(storage, writer)

    assert {name for name, value in found.items() if value is None} == {
        "native_id",
        "media_kinds",
        "published_at",
        "title",
        "text",
        "tags",
        "media",
        "core_keys",
        "parts",
        "parent_keys",
    }
    assert found["reasons"] == ["item_private"]


def test_what_an_item_hangs_on_comes_back(storage: Path):
    (found,) = read_all(storage, written(storage, [row()._replace(parent_keys=(-7, 8))]))

    assert found["parent_keys"] == [-7, 8]


def test_parts_come_back_as_they_were_taken_apart(storage: Path):
    parts = (StoredPart([3, 4], 0, 2, []), StoredPart([5], 0, 0, [0]))
    apart = row()._replace(account_keys=[2, 3, 4, 5], core_keys=[2], parts=parts)

    (found,) = read_all(storage, written(storage, [apart]))

    assert found["core_keys"] == [2]
    assert found["parts"] == [part._asdict() for part in parts]


def test_a_run_from_before_there_were_parts_is_read_as_one_without(storage: Path):
    (run,) = written(storage, [row()]).runs
    path = storage / run.path
    older = pq.read_table(path).drop_columns(["core_keys", "parts"])
    pq.write_table(older, path, write_statistics=["bucket"])

    found = read_bucket(path, 0)

    assert found.schema.names == SCHEMA.names
    assert (found["core_keys"].to_pylist(), found["parts"].to_pylist()) == ([None], [None])


def test_held_content_lies_in_the_quarantine_and_excluded_content_nowhere(storage: Path):
    rows = [row(1, text="HELD", verdict=Verdict.HOLD), row(2, text="OUT", verdict=Verdict.EXCLUDE)]

    (run,) = written(storage, rows).runs

    assert list(held_in(storage / run.quarantine_path)) == [(1, ["item_private"], item(rows[0]))]


def test_every_held_item_of_a_large_run_comes_back(storage: Path):
    rows = [row(n, verdict=Verdict.HOLD, text=f"{n}") for n in range(10_000)]

    (run,) = written(storage, rows).runs

    held = list(held_in(storage / run.quarantine_path))
    assert [(one.item_key, one.item.text) for one in held] == [(n, f"{n}") for n in range(10_000)]


def test_a_held_item_that_no_file_can_keep_is_held_without_its_content(storage: Path):
    held = row(verdict=Verdict.HOLD)
    with RunWriter(storage, "tumblr") as writer:
        writer.add(held, item(held._replace(native_id="\ud800")))

    (run,) = writer.runs

    assert (run.rows, run.quarantine_path) == (1, "")


def test_a_run_without_held_rows_has_no_quarantine(storage: Path):
    (run,) = written(storage, [row()]).runs

    assert run.quarantine_path == ""
    assert not (storage / "quarantine").exists()


def test_no_reader_of_runs_opens_the_quarantine_even_when_it_is_moved(storage: Path):
    (run,) = written(storage, [row(verdict=Verdict.HOLD)]).runs
    shutil.copy(storage / run.quarantine_path, storage / "archive" / "moved.parquet")
    (storage / "archive" / "link.parquet").symlink_to(storage / run.quarantine_path)

    for path in (run.quarantine_path, "archive/moved.parquet", "archive/link.parquet"):
        with pytest.raises(QuarantineClosed):
            read_bucket(storage / path, 0)
        with pytest.raises(QuarantineClosed):
            buckets_in(storage / path)


def test_a_run_knows_the_buckets_that_it_holds_rows_of(storage: Path):
    (run,) = written(storage, [row(1, 5), row(2, -1), row(3, 6)]).runs

    assert buckets_in(storage / run.path) == {0, BUCKETS - 1}


def test_only_the_asked_columns_are_read(storage: Path):
    (run,) = written(storage, [row()]).runs

    assert read_bucket(storage / run.path, 0, ["item_key"]).column_names == ["item_key"]
    assert read_bucket(storage / run.path, 1, ["item_key"]).num_rows == 0


def test_the_withheld_keys_are_those_of_every_row_that_is_not_shared(storage: Path):
    rows = [
        row(5),
        row(9, verdict=Verdict.HOLD),
        row(-3, verdict=Verdict.EXCLUDE),
        row(9, verdict=Verdict.EXCLUDE),
    ]

    (run,) = written(storage, rows).runs

    withheld = keyfile.load(storage / run.withheld_path, run.withheld_sha256)
    assert withheld.tolist() == [-3, 9]


def test_both_appearances_of_an_item_are_kept(storage: Path):
    writer = written(storage, [row(5), row(5, verdict=Verdict.HOLD)])

    assert sorted(found["verdict"] for found in read_all(storage, writer)) == ["hold", "share"]


def test_one_bucket_of_a_run_is_one_row_group(storage: Path):
    rows = [row(n, owner_key=(n % 4) << 60) for n in range(40)]

    (run,) = written(storage, rows, Limits(rows=16, spills=64)).runs

    metadata = pq.ParquetFile(storage / run.path).metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [10] * 4


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(pairs=st.lists(st.tuples(KEYS, KEYS), max_size=40))
def test_rows_come_back_sorted_and_complete_through_many_spills(storage: Path, pairs):
    rows = [row(item, owner, text=f"{item} {owner}") for item, owner in pairs]

    writer = written(storage, rows, TINY)

    found = []
    for run in writer.runs:
        for bucket in range(BUCKETS):
            table = read_bucket(storage / run.path, bucket)
            owners, items = table["owner_key"].to_pylist(), table["item_key"].to_pylist()
            assert set(bucket_of(np.array(owners, dtype=np.int64)).tolist()) <= {bucket}
            assert items == sorted(items)
            assert table["text"].to_pylist() == [
                f"{i} {o}" for i, o in zip(items, owners, strict=True)
            ]
            found += list(zip(items, owners, strict=True))
    assert sorted(found) == sorted(pairs)
    assert all(run.rows <= TINY.rows * TINY.spills for run in writer.runs)


def test_memory_holds_one_batch_whatever_the_dump(storage: Path):
    sorter = Sorter(storage, TINY)
    held = []
    for n in range(50):
        sorter.add(row(n))
        held.append(len(sorter._batch))

    assert max(held) < TINY.rows
    assert len(list(storage.glob("*.arrow"))) == 25


def test_long_texts_fill_a_batch_sooner(storage: Path):
    sorter = Sorter(storage, Limits(rows=1000, characters=10_000))

    for n in range(10):
        sorter.add(row(n, text="x" * 9_900))

    assert len(list(storage.glob("*.arrow"))) == 10


def test_a_bucket_larger_than_a_batch_is_written_in_pieces(storage: Path):
    rows = [row(n, text="x" * 5_000) for n in range(20)]

    (run,) = written(storage, rows, Limits(rows=8, characters=12_000, spills=64)).runs

    metadata = pq.ParquetFile(storage / run.path).metadata
    assert metadata.num_row_groups > 5
    assert read_bucket(storage / run.path, 0)["item_key"].to_pylist() == list(range(20))


def test_an_error_while_rows_arrive_leaves_no_file(storage: Path):
    with pytest.raises(ZeroDivisionError), RunWriter(storage, "tumblr", TINY) as writer:
        for n in range(20):
            writer.add(row(n, verdict=Verdict.HOLD), item(row(n)))
        raise ZeroDivisionError

    assert files_below(storage) == []


def test_an_error_while_the_last_run_is_written_leaves_no_file(storage: Path):
    with pytest.raises(UnicodeEncodeError), RunWriter(storage, "tumblr", TINY) as writer:
        for n in range(8):
            writer.add(row(n))
        writer.add(row(9, text="\ud800"))

    assert files_below(storage) == []


def test_discarded_runs_are_gone(storage: Path):
    writer = written(storage, [row(n, verdict=Verdict.HOLD) for n in range(20)], TINY)

    writer.discard()

    assert len(writer.runs) > 1
    assert files_below(storage) == []


def test_an_empty_dump_makes_no_run(storage: Path):
    assert written(storage, []).runs == []
    assert files_below(storage) == []


def test_the_schema_has_one_column_for_each_field_of_a_row():
    assert set(SCHEMA.names) == {*Row._fields, "bucket"}
