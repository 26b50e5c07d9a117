"""Lines of usual posts are read without becoming records: with the same result, or not at all."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from platforms.batches import one_by_one
from platforms.records import Item
from platforms.sources import columns
from platforms.sources.contract import BadInput
from platforms.sources.json_documents import TAKEN, quoted_document, strictly
from platforms.sources.spool import Spool
from platforms.sources.tumblr import TUMBLR, alike, blogs, posts, rows
from platforms.sources.tumblr.first_pass import FirstPass, Whole
from platforms.sources.tumblr.posts import item_of
from platforms.sources.tumblr.responses import Shape
from platforms.sources.tumblr.usual import Segment, Source
from tests.platforms.sources.dumps import BOB, CAROL, NOW, asked_by, blog, post, trail_item
from tests.platforms.sources.test_tumblr_alike import (
    IMAGE,
    POSTS,
    SLOW_FIXTURES,
    TEXT,
    around_of,
)

KEY = re.compile(r'"(\w+)":')
INSERTED = st.sampled_from(
    [
        *('"{key}":null,', '"{key}":"published",', '"state":"private",', '"attribution":null,'),
        *('"author_blog":{{"uuid":"x"}},', '"subtype":"quirky",', '"n":1e400,', '"n":NaN,', ","),
        *('"{key}":"\\u0022",', '"t":"\\u0000",', '"t":"\\ud800",', '"é":-0,', '"n":1E5,', " "),
        '"n":' + "[" * 3000 + "]" * 3000 + ",",
    ]
)
SPELLINGS = st.sampled_from(
    [
        {"separators": (",", ":"), "ensure_ascii": False},
        {"separators": (",", ":"), "ensure_ascii": True},
        {"ensure_ascii": False},
    ]
)


def tampered(text, place, inserted):
    """``text`` with something in front of one of its members."""
    keys = list(KEY.finditer(text))
    at = keys[place % len(keys)]
    return text[: at.start()] + inserted.format(key=at.group(1)) + text[at.start() :]


def read(folder, lines):
    """How often each item of a file of these lines is there; None where it is refused."""
    path = folder / "posts.ndjson"
    path.write_bytes(b"\n".join(line.encode("utf-8", "surrogatepass") for line in lines))
    try:
        found = TUMBLR.read([path], {}, observed_at=NOW, progress=lambda count: None)
        return Counter(one for one in one_by_one(found) if isinstance(one, Item))
    except BadInput:
        return None


def read_one_by_one(lines):
    posts = []
    for line in lines:
        try:
            posts.append(strictly(line.encode("utf-8", "surrogatepass")))
        except (ValueError, RecursionError):
            return None
    around = around_of(posts)
    return Counter(item_of(raw, around) for raw in posts)


@SLOW_FIXTURES
@given(
    st.lists(POSTS, min_size=1, max_size=3),
    SPELLINGS,
    st.none() | st.tuples(st.integers(0, 5), st.integers(0, 200), INSERTED),
    st.sampled_from([1, 3]),
)
def test_a_dump_is_read_as_if_each_of_its_lines_were_read_strictly(
    tmp_path, posts, spelling, change, few
):
    # Twice, so that what the first of a kind left behind is used for all of them.
    lines = [json.dumps(raw, **spelling) for raw in (*posts, *posts)]
    if change is not None:
        number, place, inserted = change
        lines[-1 - number % len(lines)] = tampered(lines[-1 - number % len(lines)], place, inserted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "FEW", few)
        found = read(tmp_path, lines)

    assert found == read_one_by_one(lines)


@pytest.mark.parametrize("kept", [0, 400, 1200])
def test_a_dump_of_more_blogs_and_kinds_than_are_remembered_is_read_all_the_same(
    tmp_path, monkeypatch, kept
):
    for module, name, limit in [
        (blogs, "DIGESTS", 1 + kept // 500),
        *[(rows, "MAKES", 1 + kept // 500), (alike, "KINDS", 1 + kept // 500)],
        *[(columns, "BATCH_ROWS", 1 + kept // 100), (rows, "FEW", 1)],
        *[(columns, "STEP", 1 + kept // 100), (alike, "FEW", 1), (rows, "MOST_RESTS", kept)],
    ]:
        monkeypatch.setattr(module, name, limit)
    owners = [blog(), blog("bob", BOB), blog("carol", CAROL, is_adult=True)] * 3
    lines = [
        json.dumps(
            post(n, blog=owner, blog_name=owner["name"], is_nsfw=n % 2 > 0, trail=[trail_item()])
        )
        for n, owner in enumerate(owners, start=1)
    ]
    # A blog can first be met in a trail, where nothing that is asserted is about it.
    lines.insert(0, json.dumps(post(77, trail=[trail_item(blog("carol", CAROL, is_adult=True))])))

    assert read(tmp_path, lines) == read_one_by_one(lines)


USUAL = post(
    content=[TEXT, IMAGE],
    trail=[trail_item(content=[TEXT])],
    layout=[{"type": "rows", "display": [{"blocks": [0]}]}],
    title="Low tide",
    is_private=False,
)
USUAL_TEXT = json.dumps(USUAL, separators=(",", ":"))


@pytest.fixture
def spool(monkeypatch):
    monkeypatch.setattr(rows, "FEW", 1)
    with Spool([Path(__file__)], Whole) as spool:
        yield spool


@pytest.fixture
def first(spool):
    """The first pass over a dump, after a usual post."""
    first = FirstPass({}, NOW, spool)
    first.add(Shape.POST, USUAL)
    return first


def items_in(spool, around, rests):
    """The items of all that waits in columns, none of it whole."""
    reader = alike.Reader(around, rests)
    waiting = spool.records(lambda count: None)
    batches = (one for rows in waiting for one in reader.read(rows))
    return Counter(one_by_one(batches))


def whole_in(spool):
    return [one for one in spool.records(lambda count: None) if isinstance(one, Whole)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(USUAL_TEXT, id="as the API writes it"),
        pytest.param(json.dumps(USUAL), id="with spaces"),
        pytest.param(json.dumps(dict(reversed(USUAL.items()))), id="in another order"),
        pytest.param(json.dumps(USUAL | {"id": 1002, "tags": []}), id="another post"),
        pytest.param(json.dumps(USUAL | {"id": 7, "state": "private"}), id="a private post"),
        pytest.param(USUAL_TEXT.replace("harbour", "h\\u00e4fen"), id="escaped"),
        pytest.param(USUAL_TEXT.replace("harbour", "häfen"), id="not ASCII"),
    ],
)
def test_a_usual_post_becomes_a_row_from_its_line(first, spool, text):
    noted = first.note(text.encode())

    around = first.finished()
    assert noted is TAKEN
    assert items_in(spool, around, first.rests) == Counter(
        item_of(raw, around_of([USUAL])) for raw in (USUAL, json.loads(text))
    )


def test_a_refusal_says_which_line_it_is_about_also_behind_usual_posts(tmp_path):
    path = tmp_path / "posts.ndjson"
    twice = USUAL_TEXT.replace('"active":', '"active":false,"active":', 1)
    path.write_text("\n".join([*[USUAL_TEXT] * 9, twice, USUAL_TEXT]))

    with pytest.raises(BadInput, match="same key twice") as refused:
        list(TUMBLR.read([path], {}, observed_at=NOW, progress=lambda count: None))

    at = 9 * (len(USUAL_TEXT) + 1) + twice.index('"active":true')
    assert (refused.value.line, refused.value.byte) == (10, at)


def changed(**changes):
    return json.dumps(USUAL | changes)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(changed(author_blog=blog("bob", BOB)), id="a member that was never seen"),
        pytest.param(changed(content=[{**IMAGE, "attribution": asked_by()}]), id="a credit"),
        pytest.param(changed(content=[{"type": "paywall"}]), id="another block"),
        pytest.param(changed(content=[TEXT] * 5001), id="too many blocks"),
        pytest.param(changed(layout=[{"type": "ask", "blocks": [0]}]), id="an ask"),
        pytest.param(changed(trail=[trail_item(is_private=True)]), id="more in the trail"),
        pytest.param(changed(trail=None), id="no list"),
        pytest.param(changed(blog=["alice"]), id="a blog that is none"),
        pytest.param(changed(community_labels={"categories": ["x" * 5000]}), id="a long label"),
        pytest.param(changed(trail=[trail_item()] * 101), id="a long trail"),
        pytest.param(changed(blog_name="bob"), id="another name than its blog's"),
        pytest.param(changed(blog=blog("bob")), id="a blog of a second name"),
        pytest.param(changed(title="x" * (1 << 20)), id="a megabyte"),
        pytest.param(json.dumps([USUAL]), id="a list"),
        pytest.param(json.dumps({"response": USUAL}), id="an answer"),
        pytest.param(USUAL_TEXT[:-1], id="cut off"),
        pytest.param("\ufeff" + USUAL_TEXT, id="a byte order mark"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_post_that_is_not_usual_is_left_to_be_read_as_a_record(first, text):
    assert first.note(text.encode()) is UNSET


@pytest.mark.parametrize(
    ("member", "instead"),
    [
        pytest.param(b'"state":', b'"state":"private","state":', id="a member twice"),
        pytest.param(b'"uuid":', b'"uuid":"x","uuid":', id="twice in a blog"),
        pytest.param(b'"id":"', b'"id":"7","id":"', id="twice in a reblogged post"),
        pytest.param(b'"text":', b'"text":"x","text":', id="twice in a block"),
        pytest.param(b'"display":', b'"display":[],"display":', id="twice in a layout"),
        pytest.param(b'"categories":', b'"categories":[],"categories":', id="twice in a label"),
        pytest.param(b'"active":true', b'"active":1e400', id="a number too large in a blog"),
        pytest.param(b'"active":true', b'"active":"\xff"', id="no UTF-8 in a blog"),
        pytest.param(b'"active":true', b'"active":NaN', id="no number in a blog"),
        pytest.param(b"Low tide", b"Low \xff tide", id="no UTF-8"),
        pytest.param(b"1600000000", b"1e400", id="a number too large"),
    ],
)
def test_what_no_honest_exporter_writes_is_never_taken_from_a_line(first, member, instead):
    text = USUAL_TEXT.encode().replace(member, instead, 1)

    with pytest.raises((ValueError, RecursionError)):
        strictly(text)
    assert first.note(text) is UNSET


def test_no_member_of_a_usual_post_could_say_unread_that_not_everybody_may_see_it():
    members = {*rows.OF_EACH_POST, *Source.__struct_fields__, *Segment.__struct_fields__}

    assert [*posts.WATCH.suspects_in(members | rows.OF_A_KIND)] == []
    assert members & posts.MISSPELT.keys() == set()


def test_what_was_learned_of_posts_is_forgotten_when_posts_with_other_members_come(first, spool):
    adult = USUAL | {"id": 1002, "is_nsfw": True}
    first.add(Shape.POST, adult)

    noted = first.note(USUAL_TEXT.encode())

    around = around_of([USUAL])
    assert noted is TAKEN
    assert items_in(spool, first.finished(), first.rests) == Counter(
        item_of(raw, around) for raw in (USUAL, adult, USUAL)
    )


def test_a_line_can_close_a_post_of_which_another_line_says_that_it_is_open(first, spool):
    first.note(json.dumps(USUAL | {"is_paywalled": True}).encode())

    around = first.finished()

    assert around.closed == {str(USUAL["id"])}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(post(title="\ud800", note_count=10**400), id="a post"),
        pytest.param(post(content=None, ratio=0.1), id="another post"),
    ],
)
def test_an_unusual_post_comes_out_of_the_spool_as_it_was(first, spool, raw):
    first.add(Shape.POST, raw)
    first.finished()

    (whole,) = whole_in(spool)
    assert quoted_document(whole.raw) == raw


@pytest.mark.parametrize(("count", "whole"), [(1, 1), (2, 2), (3, 2), (9, 2)])
def test_few_posts_of_a_make_wait_whole(first, spool, monkeypatch, count, whole):
    monkeypatch.setattr(rows, "FEW", 3)
    for number in range(count):
        first.add(Shape.POST, USUAL | {"id": number + 1, "is_private": True})
    first.finished()

    assert len(whole_in(spool)) == whole


def test_nothing_is_kept_of_what_is_neither_a_post_nor_a_blog(first, spool):
    first.add(Shape.ODD, {"body": "between the two of us"})
    first.finished()

    (whole,) = whole_in(spool)
    assert whole == Whole(Shape.ODD, b"an object")


def test_a_value_that_is_nested_as_deeply_as_can_be_is_read_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "FEW", 1)
    deep = [
        USUAL_TEXT[:-1] + ',"followed":' + "[" * depth + "1" + "]" * depth + "}"
        for depth in range(700, 1_000)
    ]

    found = [read(tmp_path, [changed(followed=[]), line, line]) for line in deep]

    is_read = [one is not None for one in found]
    assert is_read == sorted(is_read, reverse=True)
    assert {*is_read} == {True, False}


def test_a_dump_that_is_named_twice_gives_each_item_twice(tmp_path):
    path = tmp_path / "posts.ndjson"
    path.write_text("\n".join([USUAL_TEXT, changed(id=7, trail=None)]))

    found = TUMBLR.read([path, path], {}, observed_at=NOW, progress=lambda count: None)

    numbers = [one.native_id for one in one_by_one(found) if isinstance(one, Item)]
    assert Counter(numbers) == {"1001": 2, "7": 2}
