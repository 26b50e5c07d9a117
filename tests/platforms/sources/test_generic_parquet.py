"""Parquet is read like NDJSON, and never believed about its size."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Verdict
from platforms.sources import SOURCES, BadInput
from platforms.sources.generic import pages, parquet
from platforms.sources.generic.parquet import SCHEMA
from platforms.visibility import judge
from tests.platforms.sources.anywhere import FACTS, embedded, item, lines, person, reply
from tests.platforms.sources.dumps import NOW, items

SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
RECORDS = [
    item(principals=[person(), person("media_credit", "bob", handle="Bob")]),
    item("5", tags=["sea", "tide"], media=[{"kind": "image", "url": "https://tides.example/1"}]),
    item("6", visibility="private"),
    reply(embedded=[embedded()], signals=["no_ai"]),
    item(
        "7",
        parts=[
            {"principals": [person("quoted", "bob")], "text": "Bob's words."},
            {
                "principals": [person("media_credit", "bob")],
                "media": [{"kind": "image", "url": "https://tides.example/2", "alt": "By Bob"}],
            },
        ],
    ),
    *FACTS,
]


def table(*records, schema=SCHEMA):
    return pa.Table.from_pylist(list(records), schema=schema)


def write(path, *records, **options):
    pq.write_table(table(*records), path, **options)
    return path


def read(path):
    return list(SOURCES["generic"].read([path], {}, observed_at=NOW, progress=lambda count: None))


def refusal(path):
    with pytest.raises(BadInput) as refused:
        read(path)
    return str(refused.value)


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "none"])
@pytest.mark.parametrize("pages", ["1.0", "2.0"])
def test_parquet_and_ndjson_are_read_alike(tmp_path, codec, pages):
    path = write(tmp_path / "a.parquet", *RECORDS, compression=codec, data_page_version=pages)

    found = [one for one in read(path) if hasattr(one, "kind")]

    assert found == items(tmp_path, "generic", lines(*RECORDS))
    assert Verdict.SHARE in {judge(one).verdict for one in found}


def test_columns_that_no_record_needs_may_be_left_out(tmp_path):
    names = ["record", "platform", "id", "visibility", "sensitive", "paid", "commercial"]
    facts = table(*FACTS[:3]).select([*names, "minor", "ai_opt_out"])
    pq.write_table(facts, tmp_path / "facts")
    write(tmp_path / "items", item())

    found = SOURCES["generic"].read(
        [tmp_path / "items", tmp_path / "facts"], {}, observed_at=NOW, progress=lambda count: None
    )

    assert [judge(one).verdict for one in found if hasattr(one, "kind")] == [Verdict.SHARE]


def test_many_rows_and_row_groups_are_read_whole(tmp_path):
    records = [item(str(number)) for number in range(5000)]
    told = []
    path = write(tmp_path / "a", *records, *FACTS, row_group_size=700)

    found = list(SOURCES["generic"].read([path], {}, observed_at=NOW, progress=told.append))

    assert {one.native_id for one in found if hasattr(one, "kind")} == {str(n) for n in range(5000)}
    assert sum(told) == path.stat().st_size


def test_a_null_is_a_field_that_is_not_there(tmp_path):
    path = write(tmp_path / "a", item(paid=None), *FACTS)

    (found,) = (one for one in read(path) if hasattr(one, "kind"))

    assert judge(found).verdict is Verdict.HOLD
    assert "`paid`" in str(judge(found).reasons)


def test_a_column_that_never_had_a_value_may_say_that_it_has_no_type(tmp_path):
    whole = table(item(), *FACTS)
    for name, empty in {"title": pa.nulls(5), "embedded": [[], None, None, None, None]}.items():
        typed = pa.array(empty, pa.list_(pa.null())) if name == "embedded" else empty
        whole = whole.set_column(SCHEMA.get_field_index(name), name, typed)
    pq.write_table(whole, tmp_path / "a")

    (found,) = (one for one in read(tmp_path / "a") if hasattr(one, "kind"))

    assert judge(found).verdict is Verdict.SHARE


@pytest.mark.parametrize("name", ["visibility", "paid", "principals", "embedded"])
def test_a_column_without_a_type_proves_nothing(tmp_path, name):
    whole = table(item(), *FACTS)
    untyped = whole.set_column(SCHEMA.get_field_index(name), name, pa.nulls(len(whole)))
    pq.write_table(untyped, tmp_path / "a")

    found = [one for one in read(tmp_path / "a") if hasattr(one, "kind")]

    assert {judge(one).verdict for one in found} == {Verdict.HOLD}


WRONG = [
    pytest.param(table(*FACTS).append_column("audience", pa.array(["x"] * 4)), id="more columns"),
    pytest.param(table(*FACTS).drop_columns("visibility"), id="no visibility"),
    pytest.param(
        table(*FACTS).set_column(0, "record", pa.array([1, 2, 3, 4])), id="numbers for texts"
    ),
    pytest.param(
        table(*FACTS).set_column(3, "id", pa.array(["a", "b", "c", "d"]).dictionary_encode()),
        id="categories for texts",
    ),
    pytest.param(
        table(*FACTS).set_column(
            SCHEMA.get_field_index("tags"),
            "tags",
            pa.array([["a"]] * 4).cast(pa.list_(pa.binary())),
        ),
        id="bytes for texts",
    ),
    pytest.param(pa.table({"x": [1]}), id="another table"),
    pytest.param(table(), id="no rows"),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_table_with_other_columns_is_refused_whole(tmp_path, wrong):
    pq.write_table(wrong, tmp_path / "a", store_schema=True)

    assert "Write the columns" in refusal(tmp_path / "a") or "must be" in refusal(tmp_path / "a")


@pytest.mark.parametrize("codec", ["lz4", "brotli"])
def test_another_codec_is_refused(tmp_path, codec):
    path = write(tmp_path / "a", *RECORDS, compression=codec)

    assert "codec" in refusal(path)


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_an_encoding_without_measure_is_refused(tmp_path, encoding):
    path = write(tmp_path / "a", *RECORDS, use_dictionary=False, column_encoding={"text": encoding})

    assert "encoding" in refusal(path)


LIMITED = """
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from platforms.sources import SOURCES, BadInput
from platforms.sources.generic import parquet

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    for _ in SOURCES["generic"].read(
        [Path(sys.argv[1])], {}, observed_at=datetime.now(UTC), progress=lambda count: None
    ):
        pass
except BadInput as refused:
    print(refused)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def measured(path):
    """What a fresh process says of ``path``, and how many MiB it needed."""
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, path],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    said, _, size = result.stdout.strip().rpartition("\n")
    return said, int(size)


def repeated(path, text, count, **columns):
    """A small file in which ``count`` rows share one long text."""
    row = item(text=text) | columns
    indices = pa.array([0] * count, pa.int32())
    whole = table(row).take(indices.slice(0, 1))
    arrays = [column.combine_chunks().take(indices) if name != "text" else
              pa.DictionaryArray.from_arrays(indices, pa.array([text]))
              for name, column in zip(whole.column_names, whole.columns, strict=True)]  # fmt: skip
    big = pa.table(arrays, names=whole.column_names)
    pq.write_table(
        big, path, compression="zstd", store_schema=False,
        dictionary_pagesize_limit=1 << 30, use_dictionary=True,
    )  # fmt: skip
    return path


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_in_little_memory(tmp_path):
    path = repeated(tmp_path / "a", "x" * 1_000_000, 20_000)

    said, needed = measured(path)

    assert path.stat().st_size < 2_000_000
    assert "unpacks to more than 200 times" in said
    assert needed < 300


def test_a_page_that_unpacks_to_gigabytes_is_refused_unopened(tmp_path):
    path = write(
        tmp_path / "a", item(text="x" * 100_000_000), use_dictionary=False, compression="zstd"
    )

    said, needed = measured(path)

    assert path.stat().st_size < 200_000
    assert "a page exceeds 64 MiB" in said
    assert needed < 50


def test_a_row_with_millions_of_tags_is_refused(tmp_path):
    path = write(tmp_path / "a", item(tags=["x"] * 17_000_000))

    assert "16,000,000 values" in refusal(path)


def test_many_rows_of_large_texts_are_read_a_few_at_a_time(tmp_path):
    path = write(
        tmp_path / "a", *(item(str(n), text=f"{n}" + "x" * 8_000_000) for n in range(60)),
        use_dictionary=False, compression="zstd", data_page_size=1, write_batch_size=1,
    )  # fmt: skip

    said, needed = measured(path)

    assert "unpacks to more than 200 times" in said
    assert needed < 300


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "MAX_ROWS", 5)
    path = write(tmp_path / "a", *RECORDS)

    assert "rows" in refusal(path)


def test_a_footer_without_measure_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "MAX_FOOTER_BYTES", 100)
    path = write(tmp_path / "a", *RECORDS)

    assert "footer" in refusal(path)


def test_a_footer_nested_without_end_is_refused(tmp_path):
    footer = b"\x1c" * 5000 + b"\0" * 5001
    (tmp_path / "a").write_bytes(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")

    assert "nested" in refusal(tmp_path / "a")


GOOD = pa.BufferOutputStream()
pq.write_table(table(*RECORDS), GOOD)
GOOD_BYTES = GOOD.getvalue().to_pybytes()


@pytest.mark.parametrize("length", [4, 8, 11, 12, 100, len(GOOD_BYTES) - 1])
def test_a_truncated_file_is_refused(tmp_path, length):
    (tmp_path / "a").write_bytes(GOOD_BYTES[:length])

    assert refusal(tmp_path / "a")


@SLOW_FIXTURES
@given(
    places=st.lists(st.tuples(st.integers(0, len(GOOD_BYTES) - 1), st.integers(0, 255)), max_size=4)
)
def test_no_damage_crashes_the_reader_or_shares_what_was_private(tmp_path, places):
    damaged = bytearray(GOOD_BYTES)
    for place, byte in places:
        damaged[place] = byte
    (tmp_path / "a").write_bytes(damaged)
    try:
        found = read(tmp_path / "a")
    except BadInput:
        return

    assert all(
        one.owner.native_id for one in found
        if hasattr(one, "kind") and judge(one).verdict is Verdict.SHARE
    )  # fmt: skip
