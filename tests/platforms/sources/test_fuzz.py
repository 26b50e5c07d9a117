"""Whatever happens to a dump: no crash, no hang, and no share that was not there before.

Starts from the examples of all sources. An item that lost one field that decides is not
shared, and nothing that is done to the rest of its dump may bring it back.
"""

import copy
import io
import json
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Identity, Verdict
from platforms.sources import SOURCES, BadInput
from platforms.sources.generic.parquet import SCHEMA
from platforms.visibility import judge
from tests.platforms.sources import dumps
from tests.platforms.sources.examples import EXAMPLES, paths_of, without

JSON = {name: example for name, example in EXAMPLES.items() if not example.is_xml}
PLATFORMS_IN_JSON = sorted({example.platform for example in JSON.values()})
PATIENCE_SECONDS = 10
# Without one of these another field has nothing to agree with; without that one, too, all is well.
PAIRED = frozenset({"name", "crosspost_parent", "crosspost_parent_list"})
QUICK = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
MANY = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NESTED = []
for _ in range(90):
    NESTED = [NESTED]
JUNK = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "", "banana", "BRAND_NEW", "\ud7ff\u200b", "schÃ¶n Ã\x83", "\x00", "\ud800",
            "x" * 100_000, "‮evil", "null", "[deleted]", "1e9", "0001-01-01T00:00:00Z",
            0, 1, -1, 2**53 + 1, 2**64, -(2**70), 0.5, 1e308,
            [], {}, [None], [[]], {"": None}, [{"id": 2**60}], {"data": [{}]}, NESTED,
        ]
    ),
    st.text(max_size=8),
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(
        ["", "banana", "-1", "0", "<b/>", "&amp;", "x" * 100_000, "\u200b", "schÃ¶n", "0x1"]
    ),
    st.text("abcxyz019 -:é\u202e", max_size=8),
)


def changed(example, records, path, value):
    """``records`` with something else in one place; unchanged where the place is gone."""
    made = copy.deepcopy(records)
    try:
        place = made
        for step in path if example.is_xml else path[:-1]:
            place = place[step]
        if example.is_xml:
            place.text = value
        elif isinstance(place, dict | list):
            place[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        return records
    return made


def closed_variants(example, folder):
    """The example without each of the fields that decide."""
    for path in paths_of(example):
        records = without(example, path)
        if len(path) > 1 and path[-1] not in PAIRED and not example.is_shared(folder, records):
            yield path, records


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("closed")
    found = {name: list(closed_variants(one, folder)) for name, one in EXAMPLES.items()}
    assert all(found.values())
    return found


def read_in_time(folder, platform, content, facts=None):
    """Every item, or none where the file is refused; and nothing else may happen."""
    began = time.monotonic()
    try:
        found = dumps.items(folder, platform, content, facts=facts)
        for item in found:
            judgement = judge(item)
            stable = all(p.identity is Identity.STABLE for p in item.principals)
            assert judgement.verdict is not Verdict.SHARE or (stable and item.owner.native_id)
            assert str(judgement.reasons).encode()
    except BadInput as refusal:
        assert str(refusal)
        found = []
    assert time.monotonic() - began < PATIENCE_SECONDS
    return found


def has_ours(example, found):
    return any(
        item.native_id == example.number and judge(item).verdict is Verdict.SHARE for item in found
    )


def could_undo(example, path, gone):
    """Whether a change at ``path`` could put back what is gone, or what it was about.

    A record beside the item's own, once garbled, is nobody's record any more.
    """
    shorter = min(len(path), len(gone))
    if path[:shorter] == gone[:shorter]:
        return True
    if example.is_xml:
        return path[:-1] == gone[:-1] and len(path) > 3
    return path[0] == gone[0] != next(iter(example.records))


def tamper(tmp_path, closed, name, data):
    example = EXAMPLES[name]
    gone, records = data.draw(st.sampled_from(closed[name]))
    others = [path for path in paths_of(example) if not could_undo(example, path, gone)]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(others))
        value = data.draw(TEXTS if example.is_xml else JUNK)
        records = changed(example, records, path, value)
    try:
        content = example.content(records)
    except ValueError:
        return
    found = read_in_time(tmp_path, example.platform, content, example.facts)

    assert not has_ours(example, found)


@pytest.mark.parametrize("name", EXAMPLES)
@QUICK
@given(data=st.data())
def test_no_other_field_makes_up_for_one_that_is_missing(tmp_path, closed, name, data):
    tamper(tmp_path, closed, name, data)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", EXAMPLES)
@MANY
@given(data=st.data())
def test_no_other_field_makes_up_for_one_that_is_missing_in_many_tries(
    tmp_path, closed, name, data
):
    tamper(tmp_path, closed, name, data)


def as_parquet(records):
    made = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(records.values()), schema=SCHEMA), made)
    return made.getvalue()


def as_zip(example, records):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts_1.json", json.dumps(list(records.values())))
        archive.writestr("your_posts_1.json", json.dumps(list(records.values())))
    return made.getvalue()


def forms_of(example, records):
    """The bytes of a dump, in each form in which its source reads files."""
    text = example.content(records)
    yield text if isinstance(text, bytes) else text.encode()
    if example.is_xml:
        return
    yield zstandard.ZstdCompressor().compress(text.encode())
    if example.platform in ("facebook", "instagram", "threads"):
        yield as_zip(example, records)
    if example.platform == "generic":
        yield as_parquet(records)


def damage(tmp_path, closed, name, data):
    example = EXAMPLES[name]
    _, records = data.draw(st.sampled_from(closed[name]))
    content = bytearray(data.draw(st.sampled_from(list(forms_of(example, records)))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        length = data.draw(st.integers(0, 12))
        other = data.draw(st.integers(0, max(0, len(content) - 1)))
        piece = data.draw(
            st.one_of(
                st.binary(max_size=4),
                st.just(bytes(content[other : other + 40])),
                st.sampled_from([b"\0", b"\xff\xfe", b'"', b"{", b"]", b"\n", b"<", b"9" * 30]),
            )
        )
        content[at : at + length] = piece

    found = read_in_time(tmp_path, example.platform, bytes(content), example.facts)

    assert not has_ours(example, found)


@pytest.mark.parametrize("name", EXAMPLES)
@QUICK
@given(data=st.data())
def test_no_damage_to_the_bytes_brings_an_item_back(tmp_path, closed, name, data):
    damage(tmp_path, closed, name, data)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", EXAMPLES)
@MANY
@given(data=st.data())
def test_no_damage_to_the_bytes_brings_an_item_back_in_many_tries(tmp_path, closed, name, data):
    damage(tmp_path, closed, name, data)


@pytest.mark.parametrize("name", JSON)
def test_a_key_that_is_there_twice_refuses_the_file_at_any_depth(tmp_path, name):
    example = EXAMPLES[name]

    for path in paths_of(example):
        marked = example.content(changed(example, example.records, path, "MARK"))
        key = json.dumps(path[-1])
        twice = marked.replace(f'{key}: "MARK"', f"{key}: 1, {key}: 2")
        with pytest.raises(BadInput, match="same key twice"):
            dumps.items(tmp_path, example.platform, twice)


@pytest.mark.parametrize("platform", PLATFORMS_IN_JSON)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b'{"a": "\xff"}', "UTF-8", id="not UTF-8"),
        pytest.param(b'{"a": "\xed\xa0\x80"}', "UTF-8", id="a surrogate in UTF-8"),
        pytest.param(b'{"a": {"b": [{"c": 1, "c": 1}]}}', "twice", id="a key twice, deep inside"),
        pytest.param(b'{"a":' * 100_000, "deeply|JSON", id="deep objects without an end"),
        pytest.param(b'{"a":' * 3000 + b"1" + b"}" * 3000, "deeply", id="deep objects"),
        pytest.param(b"[" * 3000 + b"]" * 3000, "deeply", id="deep lists"),
        pytest.param(b'{"a": 1e999}', "too large", id="infinity by overflow"),
        pytest.param(b'{"a": ' + b"9" * 10_000 + b"}", "digits", id="an endless number"),
        pytest.param(b'{"a": 1}\0', "NUL|JSON", id="NUL"),
        pytest.param(
            b"\x28\xb5\x2f\xfd" + b"\0" * 20, "zstd|UTF-8|damaged|decompress", id="broken zstd"
        ),
        pytest.param(b"PK\x03\x04" + b"\0" * 40, "damaged|JSON|UTF-8|NUL|ZIP", id="broken zip"),
        pytest.param(
            b"PAR1" + b"\0" * 40 + b"PAR1", "Parquet|broken|JSON|NUL", id="broken Parquet"
        ),
        pytest.param(b"<?xml version='1.0'?><rss/>", "XML|namespace", id="XML"),
    ],
)
def test_what_no_honest_exporter_writes_is_refused(tmp_path, platform, content, reason):
    began = time.monotonic()

    with pytest.raises(BadInput, match=reason):
        dumps.items(tmp_path, platform, content)

    assert time.monotonic() - began < PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("platform", "begin"),
    [
        pytest.param("wordpress", b"<rss><channel><item><title>", id="wordpress export"),
        *(pytest.param(platform, b'{"id": "', id=platform) for platform in PLATFORMS_IN_JSON),
    ],
)
def test_a_text_of_a_hundred_megabytes_is_refused(tmp_path, platform, begin):
    path = tmp_path / "dump"
    with path.open("wb") as file:
        file.write(begin)
        for _ in range(100):
            file.write(b"x" * 2**20)
    began = time.monotonic()

    with pytest.raises(BadInput):
        list(SOURCES[platform].read([path], {}, observed_at=dumps.NOW, progress=lambda n: None))

    assert time.monotonic() - began < PATIENCE_SECONDS


@pytest.mark.parametrize("platform", PLATFORMS_IN_JSON)
def test_a_bomb_of_zstd_is_refused(tmp_path, platform):
    stream = zstandard.ZstdCompressor().compressobj()
    path = tmp_path / "bomb.zst"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(stream.compress(b" " * 2**20))
        file.write(stream.flush())

    with pytest.raises(BadInput):
        list(SOURCES[platform].read([path], {}, observed_at=dumps.NOW, progress=lambda n: None))


def test_entities_are_never_expanded(tmp_path):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]><rss>&l9;</rss>'

    with pytest.raises(BadInput, match="document type"):
        dumps.items(tmp_path, "wordpress", bomb)


@pytest.mark.parametrize("name", JSON)
def test_an_id_above_two_to_the_fifty_three_stays_exact(tmp_path, name):
    example = EXAMPLES[name]
    first = next(iter(example.records))
    name_of_id = "ID" if "ID" in example.records[first] else "id"
    record = {**example.records[first], name_of_id: 2**53 + 1}
    record.pop("id_string", None)
    content = example.content({**example.records, first: record})

    found = read_in_time(tmp_path, example.platform, content, example.facts)

    ids = {item.native_id for item in found}
    assert ids & {str(2**53 + 1), None, *ids_of_parts(example)} == ids


def ids_of_parts(example):
    return {str(record.get("id", record.get("ID"))) for record in example.records.values()}
