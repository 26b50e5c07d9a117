"""The quick way of reading JSON gives what the strict one does, or leaves it to that."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platforms.sources.contract import BadInput
from platforms.sources.json_documents import Proven, documents, quickly, strictly

NUMBERS = (
    st.integers() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.builds(
    lambda value, escaped: json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass"),
    VALUES,
    st.booleans(),
)
# What makes documents odd: digits, escapes, quotes, brackets, halves of characters.
PIECES = st.sampled_from(
    rb"""\u0022 \" \ud83d \ude00 \u0000 " {"a":1, "a": [ ] } , -0 1E5 1e400 0.1e-320 NaN Infinity 01
    """.split()
) | st.sampled_from(
    [
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x00",
        b"\x0b",
        b" ",
        b"\n",
        b"9" * 30,
        b"9" * 5000,
    ]
)
ODD = st.builds(
    lambda text, at, piece, cut: (
        text[: at % (len(text) + 1)] + piece + text[at % (len(text) + 1) + cut :]
    ),
    DOCUMENTS,
    st.integers(0, 200),
    PIECES | st.binary(max_size=3),
    st.integers(0, 3),
)


def exact(value):
    """Types and spellings count: 1, 1.0 and true are three values, 0.0 and -0.0 two."""
    return repr(value)


@given(DOCUMENTS | ODD | st.lists(PIECES, max_size=12).map(b"".join))
@example(b'{"a":1,"a":1}')
@example(b'{"a":1,"\\u0061":"\\u0022\\u0022"}')
@example(b'{"a":1,"a":"\\u0022\\u0022\\u0022\\u0022"}')
@example(b'{"a":{"b":1,"b":2}}')
@example(b'{"":0,"":0}')
@example(b"-0")
@example(b"[1E5,1e22,123456789012345678901234567890,-9223372036854775809,18446744073709551616]")
def test_what_is_read_quickly_is_what_the_strict_reader_gives(text):
    made = quickly(text)

    if made is not msgspec.UNSET:
        assert exact(made) == exact(strictly(text))


@given(DOCUMENTS)
@example(b'{"caf\xc3\xa9":"na\xc3\xafve","n":[1,2.5,null,true]}')
def test_a_plain_document_is_read_quickly(text):
    made = quickly(text)

    surrogates = any(0xD800 <= ord(c) <= 0xDFFF for c in json.dumps(strictly(text)))
    assert made is not msgspec.UNSET or surrogates or rb"\ud" in text or rb"\u0022" in text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"state":"private","state":"published"}', id="a key twice"),
        pytest.param(b'[{"a":{"b":[{"c":1,"c":1}]}}]', id="deep inside"),
        pytest.param(b'{"a":1,"\\u0061":2}', id="a key twice, once escaped"),
        pytest.param(b'{"a":"x","a":"\\u0022"}', id="an escaped quote in place of a lost one"),
        pytest.param(b'{"a":1e400}', id="a number too large"),
        pytest.param(b'{"a":NaN}', id="no number"),
        pytest.param(b'{"a":"\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param(b"[" * 5000 + b"]" * 5000, id="deep nesting"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="too many digits"),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_the_strict_reader(text):
    assert quickly(text) is msgspec.UNSET


def read(path, proven):
    return [document for _, document in documents(path, lambda count: None, proven)]


def test_a_file_that_was_read_to_its_end_is_read_again_with_the_same_result(tmp_path):
    path, proven = tmp_path / "posts.ndjson", Proven()
    path.write_bytes(b'{"a":1}\n\n{"a": "\\u0022"}\n')

    first, second = read(path, proven), read(path, proven)

    assert first == second == [{"a": 1}, {"a": '"'}]


def test_a_file_that_changed_between_two_readings_is_proven_again(tmp_path):
    path, proven = tmp_path / "posts.ndjson", Proven()
    path.write_bytes(b'{"a":1}\n{"b":1}\n')
    read(path, proven)
    path.write_bytes(b'{"a":1}\n{"state":"private","state":"published"}\n')

    with pytest.raises(BadInput, match="same key twice"):
        read(path, proven)


def test_a_file_that_changes_while_it_is_read_again_is_refused(tmp_path):
    path, proven = tmp_path / "posts.ndjson", Proven()
    path.write_bytes(b'{"a":1}\n{"b":1}\n')
    read(path, proven)
    reading = documents(path, lambda count: None, proven)
    next(reading)
    path.write_bytes(b'{"a":1}\n{"b":1}\n{"c":1}\n')

    with pytest.raises(BadInput, match="changed while it was read"):
        list(reading)


def test_a_file_that_was_not_read_to_its_end_is_not_proven(tmp_path):
    path, proven = tmp_path / "posts.ndjson", Proven()
    path.write_bytes(b'{"a":1}\n{"a":1,"a":2}\n')
    next(documents(path, lambda count: None, proven))

    with pytest.raises(BadInput, match="same key twice"):
        read(path, proven)
