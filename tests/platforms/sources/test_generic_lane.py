"""Lines of the generic format are decoded straight into records, as if by way of a dictionary."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from platforms.sources.generic.schema import decoded, proven, record_in
from tests.platforms.sources.anywhere import account, container, embedded, item, parent, reply

WHOLE = [
    *(account(), account(handle="Al\u00efce", signals=["no_ai"]), container(), parent()),
    *(item(), reply(), item(embedded=[embedded()]), item(tags=["sea"], title='\u2603 "tide"')),
    item(media=[{"kind": "image", "url": "https://tides.example/a.png", "alt": "a\\b"}]),
    item(parts=[{"principals": [{"role": "asker", "identity": "anonymous"}], "text": "Why?"}]),
]
NAMES = sorted({name for record in WHOLE for name in record} | {"unknown"})
VALUES = st.sampled_from(
    [
        *(None, True, False, 0, 1, 1.0, 10**30, "", "public", "private", "item", "account", "x y"),
        *("2020-05-29T10:00:00Z", "2020-05-29T10:00:00Z\n", "\ud800", [], {}, ["no_ai"], ["x"]),
        *({"type": "account", "id": "a"}, {"position": "top"}, {"position": "top", "id": "1"}),
    ]
)
CHANGES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2)
WRITTEN = st.builds(
    lambda record, changes, indent, is_ascii: json.dumps(
        record | changes, separators=indent, ensure_ascii=is_ascii
    ).encode("utf-8", "surrogatepass"),
    *(st.sampled_from(WHOLE), CHANGES, st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans()),
)


def slowly(text):
    try:
        return record_in(json.loads(text))
    except (msgspec.ValidationError, UnicodeError):
        return UNSET


@given(text=WRITTEN)
def test_a_line_is_the_record_that_its_document_is(text):
    assert proven(text + b"\n") in (slowly(text), UNSET)
    assert decoded(text + b"\n") in (slowly(text), UNSET)


@pytest.mark.parametrize("record", WHOLE)
def test_usual_lines_need_no_dictionary(record):
    text = json.dumps(record).encode()

    assert proven(text) == decoded(text) == record_in(record)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(item()).replace('"paid"', '"paid": true, "paid"').encode(),
        json.dumps(item()).replace('"paid"', '"p\\u0061id": true, "paid"').encode(),
        json.dumps(item(text="\\u0022\\u0022")).replace("\\\\", "\\").encode(),
        json.dumps(item(unknown=1)).encode(),
        json.dumps(item(paid=None)).encode(),
        json.dumps(item(text="\ud800")).encode(),
        b"\xef\xbb\xbf" + json.dumps(item()).encode(),
        b'{"record": "item"',
        b"[" * 100_000,
        b"",
    ],
)
def test_whatever_is_not_proven_to_be_one_is_looked_into(text):
    assert proven(text) is UNSET
