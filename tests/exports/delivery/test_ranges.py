import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.delivery.ranges import NotSatisfiable, Span, asked_span, known_already

TAG = '"abc"'


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-9", Span(0, 9)),
        ("bytes=90-", Span(90, 99)),
        ("bytes=-10", Span(90, 99)),
        ("bytes=-1000", Span(0, 99)),
        ("bytes=0-1000", Span(0, 99)),
        ("bytes=99-99", Span(99, 99)),
        ("BYTES= 1-2 ", Span(1, 2)),
        ("bytes=0-" + "9" * 60, Span(0, 99)),
        pytest.param("", None, id="no range"),
        pytest.param("bytes=0-1,4-5", None, id="several ranges"),
        pytest.param("bytes=9-0", None, id="backwards"),
        pytest.param("bytes=-", None, id="neither end"),
        pytest.param("lines=0-9", None, id="another unit"),
        pytest.param("bytes=a-b", None, id="nonsense"),
        pytest.param("bytes=٣-٤", None, id="digits of another script"),
    ],
)
def test_one_range_is_understood_and_anything_else_means_the_whole(header, span):
    assert asked_span(header, "", TAG, 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_without_a_byte_of_the_file_is_refused(header):
    with pytest.raises(NotSatisfiable):
        asked_span(header, "", TAG, 100)


@pytest.mark.parametrize("if_range", ['W/"abc"', '"other"', "Sun, 22 Nov 2026 12:00:00 GMT"])
def test_a_range_of_another_version_means_the_whole(if_range):
    assert asked_span("bytes=0-9", if_range, TAG, 100) is None
    assert asked_span("bytes=0-9", TAG, TAG, 100) == Span(0, 9)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (TAG, True),
        ('"x", W/"abc"', True),
        ("*", True),
        ('"x"', False),
        ("", False),
        ("abc", False),
    ],
)
def test_a_caller_can_say_what_it_has(header, known):
    assert known_already(header, TAG) is known


@given(header=st.text(max_size=30) | st.from_regex(r"bytes=[0-9]*-[0-9]*"), size=st.integers(0, 50))
def test_a_span_lies_in_the_file_whatever_is_asked(header, size):
    try:
        span = asked_span(header, "", TAG, size)
    except NotSatisfiable:
        return

    assert span is None or 0 <= span.first <= span.last < size
