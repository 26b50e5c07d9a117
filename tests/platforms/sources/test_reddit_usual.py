"""Lines of usual records are decoded into their fields: with the same result, or not at all."""

import json
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from platforms.batches import one_by_one
from platforms.records import Item
from platforms.sources import SOURCES
from platforms.sources.contract import BadInput
from platforms.sources.json_documents import strictly
from platforms.sources.reddit import usual
from platforms.sources.reddit.fields import WATCH
from platforms.sources.reddit.responses import AROUND_ITEMS
from platforms.sources.reddit.usual import READ, Records
from tests.platforms.sources.dumps import NOW
from tests.platforms.sources.reddit_dumps import comment, post
from tests.platforms.sources.test_reddit_alike import found_in, items_in, noted, raws

KEY = re.compile(r'"(\w+)":')
INSERTED = st.sampled_from(
    [
        *('"{key}":null,', '"{key}":"moderator",', '"over_18":true,', '"spam":false,', '"x":[],'),
        *('"deleted":{{"uuid":"x"}},', '"{key}":0,', '"n":1e400,', '"n":NaN,', ",", '"kind":"t3",'),
        *('"{key}":"\\u0022",', '"t":"\\u0000",', '"t":"\\ud800",', '"é":-0,', '"n":1E5,', " "),
        *('"x":{{"a":1,"a":1}},', '"n":' + "[" * 3000 + "]" * 3000 + ","),
    ]
)
SPELLINGS = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (",", ":"), "ensure_ascii": True},
        {"ensure_ascii": False},
    ]
)
SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


def tampered(text, place, inserted):
    """``text`` with something in front of one of its members."""
    keys = list(KEY.finditer(text))
    at = keys[place % len(keys)]
    return text[: at.start()] + inserted.format(key=at.group(1)) + text[at.start() :]


def read(folder, lines):
    """The items of a file of these lines; None where it is refused."""
    path = folder / "dump.ndjson"
    path.write_bytes(b"\n".join(line.encode("utf-8", "surrogatepass") for line in lines))
    told = SOURCES["reddit"].read([path], {}, observed_at=NOW, progress=lambda count: None)
    try:
        return Counter(one for one in one_by_one(told) if isinstance(one, Item))
    except BadInput:
        return None


def read_one_by_one(lines):
    try:
        documents = [strictly(line.encode("utf-8", "surrogatepass")) for line in lines]
    except (ValueError, RecursionError):
        return None
    found = [one for document in documents for one in found_in(document)]
    around = noted({}, [], found)
    return Counter(item for one in found for item in items_in(one, around))


@SLOW_FIXTURES
@given(
    st.lists(raws(), min_size=1, max_size=3),
    SPELLINGS,
    st.none() | st.tuples(st.integers(0, 5), st.integers(0, 200), INSERTED),
)
def test_a_dump_is_read_as_if_each_of_its_lines_were_read_strictly(
    tmp_path, records, spelling, change
):
    # Twice, so that what the first of a kind left behind is used for all of them; and behind
    # two that are usual, so that the file is one of this platform.
    lines = [json.dumps(raw, **spelling) for raw in (post("z1"), comment("z2"), *records, *records)]
    if change is not None:
        number, place, inserted = change
        lines[-1 - number % len(lines)] = tampered(lines[-1 - number % len(lines)], place, inserted)

    assert read(tmp_path, lines) == read_one_by_one(lines)


USUAL = post(
    retrieved_on=1_600_000_000,
    gildings={"gid_1": 2},
    all_awardings=[{"id": "gold", "count": 1}],
    title="Low tide",
    created_utc=1_600_000_000,
)
USUAL_TEXT = json.dumps(USUAL, separators=(",", ":"))


def test_a_value_that_is_nested_as_deeply_as_can_be_is_read_or_refused(tmp_path):
    deep = [
        USUAL_TEXT[:-1] + ',"_meta":' + "[" * depth + "1" + "]" * depth + "}"
        for depth in range(700, 1_000)
    ]

    found = [read(tmp_path, [json.dumps(USUAL | {"_meta": {}}), line, line]) for line in deep]

    is_read = [one is not None for one in found]
    assert is_read == sorted(is_read, reverse=True)
    assert {*is_read} == {True, False}


def records_that_saw(*raws):
    records = Records()
    for raw in raws:
        records.learn(raw)
    return records


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(USUAL_TEXT, id="as archives write it"),
        pytest.param(json.dumps(USUAL), id="with spaces"),
        pytest.param(json.dumps(dict(reversed(USUAL.items()))), id="in another order"),
        pytest.param(json.dumps(USUAL | {"id": "abc3", "gildings": {}}), id="another post"),
        pytest.param(json.dumps({n: v for n, v in USUAL.items() if n != "url"}), id="shorter"),
        pytest.param(USUAL_TEXT.replace("harbour", "h\\u00e4fen"), id="escaped"),
        pytest.param(USUAL_TEXT.replace("harbour", "häfen"), id="not ASCII"),
    ],
)
def test_a_usual_record_is_read_from_its_line(text):
    record, raw = records_that_saw(USUAL).proven(text.encode()), json.loads(text)

    assert record is not None
    for name in READ:
        value = getattr(record, name, UNSET)
        assert (value is UNSET or value is usual.ABSENT) == (name not in raw)
        assert name not in raw or value == raw[name]


@pytest.mark.parametrize(
    ("member", "instead"),
    [
        pytest.param(b'"over_18":', b'"over_18":true,"over_18":', id="a member twice"),
        pytest.param(b'"gildings":', b'"gildings":{},"gildings":', id="one twice that is not read"),
        pytest.param(b'"gid_1":', b'"gid_1":1,"gid_1":', id="twice in an object"),
        pytest.param(b'"count":', b'"count":1,"count":', id="twice in a list"),
        pytest.param(b'"gid_1":2', b'"gid_1":1e400', id="a number too large"),
        pytest.param(b'"gid_1":2', b'"gid_1":"\xff"', id="no UTF-8 in what is not read"),
        pytest.param(b'"gid_1":2', b'"gid_1":NaN', id="no number"),
        pytest.param(b"Low tide", b"Low \xff tide", id="no UTF-8"),
        pytest.param(b"1600000000", b"1e400", id="a time too large"),
    ],
)
def test_what_no_honest_exporter_writes_is_never_taken_from_a_line(member, instead):
    text = USUAL_TEXT.encode().replace(member, instead, 1)

    assert text != USUAL_TEXT.encode()
    with pytest.raises((ValueError, RecursionError)):
        strictly(text)
    assert records_that_saw(USUAL).proven(text) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(USUAL | {"brand_new": 1}), id="a member that was never seen"),
        pytest.param(json.dumps(USUAL | {"spam": False}), id="one that decides"),
        pytest.param(json.dumps(USUAL | {"over_18": 0}), id="no flag"),
        pytest.param(json.dumps(USUAL | {"selftext": "x" * (1 << 20)}), id="a megabyte"),
        pytest.param(json.dumps([USUAL]), id="a list"),
        pytest.param(USUAL_TEXT[:-1], id="cut off"),
        pytest.param("\ufeff" + USUAL_TEXT, id="a byte order mark"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_record_that_is_not_usual_is_left_to_be_read_as_a_document(text):
    assert records_that_saw(USUAL).proven(text.encode()) is None


@pytest.mark.parametrize("name", ["isPrivate", "visibility", "$event", "kind", 'a"b', "x" * 99])
def test_a_member_that_no_usual_record_has_is_never_learned(name):
    odd = USUAL | {name: None}

    records = records_that_saw(USUAL, odd)

    assert records.proven(json.dumps(odd).encode()) is None
    assert records.proven(USUAL_TEXT.encode()) is not None


def test_so_many_members_are_learned_and_no_more():
    many = USUAL | {f"field_{number}": number for number in range(usual.MOST_MEMBERS)}

    records = records_that_saw(USUAL, many)

    assert records.proven(json.dumps(many).encode()) is None
    assert records.proven(USUAL_TEXT.encode()) is not None


def test_values_that_decide_are_equal_only_where_they_are_the_same():
    records = records_that_saw(USUAL)
    before = records.deciding(records.proven(USUAL_TEXT.encode()))
    removed = json.dumps(USUAL | {"removed_by_category": "moderator"}).encode()
    with_spam = USUAL | {"spam": None}

    records.learn(with_spam)

    assert records.deciding(records.proven(removed)) != before
    assert records.deciding(records.proven(json.dumps(with_spam).encode())) != before


def test_no_member_that_is_read_is_a_frame_or_could_say_something_else():
    assert [*WATCH.suspects_in(READ)] == []
    assert not AROUND_ITEMS & READ.keys()
