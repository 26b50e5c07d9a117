"""Lines of usual posts are read without becoming records: with the same result, or not at all."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from platforms.records import Item
from platforms.sources.contract import BadInput
from platforms.sources.json_documents import strictly
from platforms.sources.tumblr import NOTED, TUMBLR, FirstPass, alike, blogs, posts
from platforms.sources.tumblr.posts import Surroundings, blogs_in, id_of, is_open, item_of
from platforms.sources.tumblr.responses import Shape
from platforms.sources.tumblr.usual import Segment, Source
from tests.platforms.sources.dumps import BOB, CAROL, NOW, asked_by, blog, post, trail_item
from tests.platforms.sources.test_tumblr_alike import IMAGE, POSTS, TEXT

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
    path = folder / "posts.ndjson"
    path.write_bytes(b"\n".join(line.encode("utf-8", "surrogatepass") for line in lines))
    try:
        found = list(TUMBLR.read([path], {}, observed_at=NOW, progress=lambda count: None))
    except BadInput:
        return None
    return [one for one in found if isinstance(one, Item)]


def read_one_by_one(lines):
    posts = []
    for line in lines:
        try:
            posts.append(strictly(line.encode("utf-8", "surrogatepass")))
        except (ValueError, RecursionError):
            return None
    around = around_of(posts)
    return [item_of(raw, around) for raw in posts]


def around_of(posts):
    known = blogs.Blogs({})
    for raw in posts:
        for one, posting in blogs_in(raw):
            known.add(one, posting=posting)
    known.join_by_name()
    closed = frozenset(filter(None, (id_of(raw) for raw in posts if not is_open(raw))))
    return Surroundings(known, {}, closed, NOW)


@SLOW_FIXTURES
@given(
    st.lists(POSTS, min_size=1, max_size=3),
    SPELLINGS,
    st.none() | st.tuples(st.integers(0, 5), st.integers(0, 200), INSERTED),
)
def test_a_dump_is_read_as_if_each_of_its_lines_were_read_strictly(
    tmp_path, posts, spelling, change
):
    # Twice, so that what the first of a kind left behind is used for all of them.
    lines = [json.dumps(raw, **spelling) for raw in (*posts, *posts)]
    if change is not None:
        number, place, inserted = change
        lines[-1 - number % len(lines)] = tampered(lines[-1 - number % len(lines)], place, inserted)

    assert read(tmp_path, lines) == read_one_by_one(lines)


@pytest.mark.parametrize("kept", [0, 400, 1200])
def test_a_dump_of_more_blogs_and_kinds_than_are_remembered_is_read_all_the_same(
    tmp_path, monkeypatch, kept
):
    for module, name, limit in [
        *[(blogs, "WRITTEN_BYTES", kept), (blogs, "DIGESTS", 1 + kept // 500)],
        *[(alike, "BLOGS", 1 + kept // 500), (alike, "KINDS", 1 + kept // 500)],
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


def readers_that_saw(raw):
    """Both passes over a dump, after a post like ``raw``."""
    first = FirstPass({})
    first.add(Shape.POST, raw)
    reader = alike.Reader(first.surroundings({}, NOW), first.posts)
    reader.item_of(raw)
    return first, reader


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(USUAL_TEXT, id="as the API writes it"),
        pytest.param(json.dumps(USUAL), id="with spaces"),
        pytest.param(json.dumps(dict(reversed(USUAL.items()))), id="in another order"),
        pytest.param(json.dumps(USUAL | {"id": 1002, "tags": []}), id="another post"),
        pytest.param(USUAL_TEXT.replace("harbour", "h\\u00e4fen"), id="escaped"),
        pytest.param(USUAL_TEXT.replace("harbour", "häfen"), id="not ASCII"),
    ],
)
def test_a_usual_post_is_read_from_its_line_in_both_passes(text):
    first, reader = readers_that_saw(USUAL)

    noted, read = first.note(text.encode()), reader.item_in(text.encode())

    assert noted is NOTED
    assert read == item_of(json.loads(text), around_of([USUAL]))


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
        pytest.param(changed(state="private"), id="a post that is not open"),
        pytest.param(changed(title="x" * (1 << 20)), id="a megabyte"),
        pytest.param(json.dumps([USUAL]), id="a list"),
        pytest.param(json.dumps({"response": USUAL}), id="an answer"),
        pytest.param(USUAL_TEXT[:-1], id="cut off"),
        pytest.param("\ufeff" + USUAL_TEXT, id="a byte order mark"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_post_that_is_not_usual_is_left_to_be_read_as_a_record(text):
    first, _ = readers_that_saw(USUAL)

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
def test_what_no_honest_exporter_writes_is_never_taken_from_a_line(member, instead):
    first, _ = readers_that_saw(USUAL)
    text = USUAL_TEXT.encode().replace(member, instead, 1)

    with pytest.raises((ValueError, RecursionError)):
        strictly(text)
    assert first.note(text) is UNSET


def test_no_member_that_makes_no_kind_could_say_that_not_everybody_may_see_the_post():
    members = {*alike.OF_EACH_POST, *Source.__struct_fields__, *Segment.__struct_fields__}

    assert [*posts.WATCH.suspects_in(members)] == []
    assert members & posts.MISSPELT.keys() == set()


def test_a_post_of_a_kind_that_was_not_read_yet_is_left_to_be_read_as_a_record():
    _, reader = readers_that_saw(USUAL)

    assert reader.item_in(changed(is_paywalled=True).encode()) is UNSET


def test_kinds_are_forgotten_when_posts_with_other_members_come():
    _, reader = readers_that_saw(USUAL)
    closed = USUAL | {"is_nsfw": True}

    before, after = reader.item_of(closed), reader.item_in(json.dumps(closed).encode())

    assert before == after == item_of(closed, around_of([USUAL]))
    assert reader.item_in(USUAL_TEXT.encode()) is UNSET
