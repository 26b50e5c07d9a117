"""Reddit's files: archives with long windows, recorded sessions, and what is refused."""

import base64
import json
import tracemalloc

import pytest
import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from platforms.batches import one_by_one
from platforms.records import Identity, Item, Verdict
from platforms.sources import SOURCES, BadInput
from platforms.sources import json_documents as json_limits
from platforms.sources import zstd as zstd_limits
from platforms.visibility import judge
from tests.platforms.sources.dumps import NOW, items, replaced, shared, without
from tests.platforms.sources.dumps import post as tumblr_post
from tests.platforms.sources.reddit_dumps import (
    comment,
    crosspost,
    interaction,
    lines,
    listing,
    page,
    post,
    recording,
    subreddit,
    thing,
)

GOOD = lines(post(), comment(), subreddit())
LONG_WINDOW = zstandard.ZstdCompressionParameters(window_log=31)


def compressed(text, **options):
    return zstandard.ZstdCompressor(**options).compress(text.encode())


def streamed(text, **options):
    """Compressed by somebody who did not know the size, as dumps of platforms are."""
    stream = zstandard.ZstdCompressor(**options).compressobj()
    return stream.compress(text.encode()) + stream.flush()


def refusal(tmp_path, content):
    with pytest.raises(BadInput) as refused:
        items(tmp_path, "reddit", content)
    return refused.value


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(compressed(GOOD), id="one frame"),
        pytest.param(compressed(lines(post())) + compressed(lines(comment())), id="two frames"),
        pytest.param(
            compressed(GOOD[:200]) + compressed(GOOD[200:]), id="a frame that ends within a line"
        ),
        pytest.param(streamed(GOOD, compression_params=LONG_WINDOW), id="a window of 2 GiB"),
        pytest.param(
            streamed(GOOD) + b"\x50\x2a\x4d\x18\x04\0\0\0note", id="a frame to be skipped"
        ),
    ],
)
def test_archives_are_read_as_they_are_published(tmp_path, content):
    assert len(shared(tmp_path, "reddit", content)) == 2


def test_progress_counts_the_bytes_of_the_compressed_file(tmp_path):
    path = tmp_path / "RS_2021-01.zst"
    path.write_bytes(compressed(lines(*(post(f"a{n}") for n in range(500)))))
    told = []

    found = list(SOURCES["reddit"].read([path], {}, observed_at=NOW, progress=told.append))

    assert sum(isinstance(one, Item) for one in one_by_one(found)) == 500
    assert sum(told) == path.stat().st_size


GOOD_ZSTD = compressed(GOOD * 50)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(GOOD_ZSTD[:-1], "complete", id="truncated by one byte"),
        pytest.param(GOOD_ZSTD[: len(GOOD_ZSTD) // 2], "complete", id="truncated in the middle"),
        pytest.param(GOOD_ZSTD[:4], "complete", id="nothing but the beginning"),
        pytest.param(GOOD_ZSTD + b"junk", "damaged", id="junk behind it"),
        pytest.param(GOOD_ZSTD[:20] + b"\0" * 40 + GOOD_ZSTD[60:], "damaged", id="damaged"),
        pytest.param(compressed(GOOD + "{"), "not JSON|complete", id="truncated before"),
        pytest.param(compressed("\n \n"), "no record", id="only blank lines"),
        pytest.param(compressed(json.dumps(tumblr_post())), "no Reddit", id="another platform"),
        pytest.param(
            zstandard.ZstdCompressor().compress(GOOD.encode() + b"\xff\n"), "UTF-8", id="not UTF-8"
        ),
    ],
)
def test_a_damaged_archive_is_refused_with_a_position(tmp_path, content, reason):
    refused = refusal(tmp_path, content)

    assert refused.line or refused.byte is not None
    with pytest.raises(BadInput, match=reason):
        raise refused


@pytest.mark.parametrize(
    "filler",
    [
        pytest.param(b"\0", id="NUL"),
        pytest.param(b"\n", id="blank lines", marks=pytest.mark.long),
        pytest.param(b" ", id="one line"),
    ],
)
def test_a_bomb_is_refused_in_little_memory(tmp_path, filler):
    stream = zstandard.ZstdCompressor().compressobj()
    path = tmp_path / "bomb.zst"
    with path.open("wb") as file:
        for _ in range(600):
            file.write(stream.compress(filler * 2**20))
        file.write(stream.flush())
    tracemalloc.start()

    with pytest.raises(BadInput, match=r"exceeds 64 MiB|expands more than|lines are blank"):
        list(SOURCES["reddit"].read([path], {}, observed_at=NOW, progress=lambda count: None))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * json_limits.MAX_DOCUMENT_BYTES


def test_a_line_of_an_archive_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(json_limits, "MAX_DOCUMENT_BYTES", 2000)

    refused = refusal(tmp_path, compressed(lines(post()) + lines(post(selftext="x" * 3000))))

    assert (refused.line, "NDJSON" in str(refused)) == (2, True)


def test_an_archive_that_repeats_itself_within_reason_is_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(zstd_limits, "ALLOWANCE_BYTES", 0)

    assert len(shared(tmp_path, "reddit", compressed(lines(*[post()] * 300)))) == 300


def test_an_archive_that_says_it_met_no_error_is_read(tmp_path):
    answer = {"data": [post()], "error": None, "metadata": {"op": "search"}}

    assert [item.native_id for item in shared(tmp_path, "reddit", json.dumps(answer))] == ["abc1"]


GOOD_LINE = json.dumps(post())
HOSTILE = [
    pytest.param(json.dumps(tumblr_post()), "no Reddit", id="a Tumblr post"),
    pytest.param("[]", "no Reddit", id="an empty list"),
    pytest.param("7", "neither", id="a number"),
    pytest.param('{"message": "Not Found", "error": 404}', "error", id="an error"),
    pytest.param('{"data": [], "error": "timeout"}', "error", id="an archive's error"),
    pytest.param('{"data": null, "error": null}', "no Reddit", id="an archive's empty answer"),
    pytest.param('{"id": "abc"}\n' * 3000, "no Reddit", id="many lines of something else"),
    pytest.param("<rss/>", "XML", id="XML"),
    pytest.param(GOOD_LINE[:-9], "complete|not JSON", id="truncated"),
    pytest.param(GOOD_LINE.replace("null", "NaN", 1), "NaN", id="NaN"),
    pytest.param('{"id": "a", ' + GOOD_LINE[1:], "same key twice", id="duplicate key"),
    pytest.param(GOOD_LINE.encode().replace(b"tide", b"t\xffde"), "UTF-8", id="not UTF-8"),
    pytest.param('{"a":' * 5000 + "1" + "}" * 5000, "deeply", id="deep nesting"),
    pytest.param("PK\x03\x04", "ZIP", id="a zip archive"),
    pytest.param(
        json.dumps(recording(interaction(listing(), uri="https://evil.example/r/tides/new"))),
        "no successful GET",
        id="a recording of another site",
    ),
    pytest.param(
        json.dumps(recording(interaction('{"a": 1, "a": 2}'))),
        "same key twice",
        id="a duplicate key in a recorded body",
    ),
    pytest.param(json.dumps(recording(interaction("<html>"))), "not JSON", id="a recorded page"),
    pytest.param(
        json.dumps(recording(interaction("[" * 50_000))), "deeply", id="a deep recorded body"
    ),
    pytest.param(json.dumps(recording()), "no successful GET", id="an empty recording"),
]


@pytest.mark.parametrize(("content", "reason"), HOSTILE)
def test_what_is_no_dump_of_reddit_is_refused_with_a_position(tmp_path, content, reason):
    refused = refusal(tmp_path, content)

    assert refused.line is not None
    with pytest.raises(BadInput, match=reason):
        raise refused


@pytest.mark.parametrize("name", ["interactions", "http_interactions"])
@pytest.mark.parametrize(
    "uri",
    [
        "https://oauth.reddit.com/r/tides/new?raw_json=1&limit=100",
        "https://www.reddit.com/r/tides/comments/abc1/low_tide/.json",
        "https://www.reddit.com/r/tides+cliffs/rising.json",
        "https://oauth.reddit.com/comments/abc1/?limit=2048",
        "https://oauth.reddit.com/r/tides/comments/?limit=100",
        "https://oauth.reddit.com/user/alice/submitted",
        "https://oauth.reddit.com/user/alice/m/sea/rising",
        "https://oauth.reddit.com/api/info?id=t3_abc1",
    ],
)
def test_the_listings_of_a_recording_are_read(tmp_path, uri, name):
    dump = recording(interaction(page(post(), comment()), uri=uri), name=name)

    found = shared(tmp_path, "reddit", dump)

    assert [item.native_id for item in found] == ["abc1", "c1"]
    assert {item.observed_at.year for item in found} == {2021}


def test_recordings_may_have_a_status_and_a_body_without_wrapping(tmp_path):
    plain = interaction(listing()) | {
        "response": {"status": 200, "body": json.dumps(listing(thing("t3", post())))}
    }

    assert len(shared(tmp_path, "reddit", recording(plain))) == 1


SECRET = interaction(listing(thing("t3", post("secret"))))


@pytest.mark.parametrize("path", ["tides.example", "tides.example/hot", "tides.example/new/"])
def test_a_recorded_listing_of_posts_about_a_website_is_read(tmp_path, path):
    uri = f"https://oauth.reddit.com/domain/{path}?limit=100"

    found = items(tmp_path, "reddit", recording(replaced(SECRET, uri, "request", "uri")))

    assert [item.native_id for item in found] == ["secret"]


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param(replaced(SECRET, "POST", "request", "method"), id="a POST"),
        pytest.param(replaced(SECRET, 403, "response", "status", "code"), id="a refusal"),
        pytest.param(replaced(SECRET, 302, "response", "status", "code"), id="a redirect"),
        *(
            pytest.param(replaced(SECRET, uri, "request", "uri"), id=uri)
            for uri in (
                "https://oauth.reddit.com/message/inbox",
                "https://www.reddit.com/api/v1/access_token",
                "https://oauth.reddit.com/api/v1/me",
                "https://oauth.reddit.com/user/alice/saved",
                "https://oauth.reddit.com/r/tides/about/modqueue",
                "https://oauth.reddit.com/r/tides/about/log",
                "https://evil.example/r/tides/new",
                "https://www.reddit.com@evil.example/r/tides/new",
                "https://[/r/tides/new",
                "file:///r/tides/new",
            )
        ),
    ],
)
def test_only_successful_gets_of_public_addresses_are_read(tmp_path, hidden):
    dump = recording(hidden, interaction(listing(thing("t3", post()))))

    found = items(tmp_path, "reddit", dump)

    assert [item.native_id for item in found] == ["abc1"]


def test_nothing_of_a_recording_but_the_things_in_it_gets_into_an_item(tmp_path):
    token = interaction({"access_token": "SECRETTOKEN"}, uri="https://www.reddit.com/api/v1/x")

    found = items(tmp_path, "reddit", recording(token, interaction(page(post(), comment()))))

    assert len(found) == 2
    assert "SECRET" not in repr(found)


@pytest.mark.parametrize("moment", [None, 7, "yesterday", "", "2021-13-01T00:00:00"])
def test_what_was_recorded_nobody_knows_when_is_held(tmp_path, moment):
    dump = recording(interaction(listing(thing("t3", post())), recorded_at=moment))

    (item,) = items(tmp_path, "reddit", dump)

    assert judge(item).verdict is Verdict.HOLD


def test_a_recorded_body_that_is_packed_is_held(tmp_path):
    packed = base64.b64encode(b"\x1f\x8b").decode()
    dump = recording(
        replaced(SECRET, {"base64_string": packed}, "response", "body"),
        interaction(listing(thing("t3", post()))),
    )

    found = items(tmp_path, "reddit", dump)

    assert [judge(item).verdict for item in found] == [Verdict.HOLD, Verdict.SHARE]


MISSING = object()
GARBAGE = st.one_of(
    st.just(MISSING),
    st.none(),
    st.sampled_from(["banana", "", "t3_", "t2_", "t5_ "]),
    st.integers(-2, 0),
    st.floats(-1, 0, exclude_max=True),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.just("x"), st.none(), max_size=1),
)
NEITHER_NULL_NOR_MISSING = GARBAGE.filter(lambda value: value is not None and value is not MISSING)
SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
OF_ALL = [
    *("id", "author", "author_fullname", "subreddit", "subreddit_id", "subreddit_type"),
    "created_utc",
]
OF_POSTS = [
    *(*OF_ALL, "title", "selftext", "quarantine", "is_robot_indexable", "over_18"),
    "is_created_from_ads_ui",
]
OF_COMMENTS = [*OF_ALL, "body", "link_id"]
# Any text can be one of these, an empty one too where nothing else was written.
TEXTUAL = {"author", "subreddit"}
WRITTEN = {"title", "selftext", "body"}
# Null is what these hold when all is well.
NULL_IS_GOOD = ["removed_by_category", "removal_reason"]
OF_SOURCES = [
    *("id", "author", "author_fullname", "subreddit", "subreddit_id", "subreddit_type"),
    *("title", "selftext", "quarantine", "is_robot_indexable", "over_18"),
    "is_created_from_ads_ui",
]
FULL = crosspost()
TREE = page(post(), comment())
AT_POST = (0, "data", "children", 0, "data")
AT_COMMENT = (1, "data", "children", 0, "data")
AT_SOURCE = ("crosspost_parent_list", 0)
DECISIVE = [
    *((FULL, (name,)) for name in (*OF_POSTS, "crosspost_parent", "crosspost_parent_list")),
    *((FULL, (*AT_SOURCE, name)) for name in OF_SOURCES),
]


def is_meaningful(value, path):
    """Whether the garbage is by chance what an honest record might hold."""
    is_text = isinstance(value, str)
    return (path[-1] in TEXTUAL and is_text and value != "") or (path[-1] in WRITTEN and is_text)


def tampered(record, value, path):
    return without(record, *path) if value is MISSING else replaced(record, value, *path)


def shared_ids(tmp_path, dump):
    try:
        return {item.native_id for item in shared(tmp_path, "reddit", dump)}
    except BadInput:
        return set()


def test_the_untouched_records_are_shared(tmp_path):
    assert shared_ids(tmp_path, FULL) == {"abc2"}
    assert shared_ids(tmp_path, TREE) == {"abc1", "c1"}


@SLOW_FIXTURES
@given(place=st.sampled_from(DECISIVE), value=GARBAGE)
def test_a_post_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, place, value):
    record, path = place
    assume(not is_meaningful(value, path))

    assert shared_ids(tmp_path, tampered(record, value, path)) == set()


@SLOW_FIXTURES
@given(
    path=st.sampled_from([("removed_by_category",), ("removal_reason",)])
    | st.sampled_from([(*AT_SOURCE, name) for name in NULL_IS_GOOD]),
    value=GARBAGE.filter(lambda value: value is not None),
)
def test_a_post_that_does_not_say_that_nobody_removed_it_is_not_shared(tmp_path, path, value):
    assert shared_ids(tmp_path, tampered(FULL, value, path)) == set()


@SLOW_FIXTURES
@given(name=st.sampled_from(OF_COMMENTS), value=GARBAGE)
def test_a_comment_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, name, value):
    assume(not is_meaningful(value, (name,)))
    changed = tampered(TREE, value, (*AT_COMMENT, name))

    assert "c1" not in shared_ids(tmp_path, changed) or _is_told_elsewhere(name, value)


def _is_told_elsewhere(name, value):
    """Of a subreddit all records speak: one need not repeat what the other says."""
    return name == "subreddit_type" and value is MISSING


@SLOW_FIXTURES
@given(name=st.sampled_from([n for n in OF_POSTS if n != "subreddit"]), value=GARBAGE)
def test_what_a_post_lacks_is_lacking_for_its_comments(tmp_path, name, value):
    assume(not is_meaningful(value, (name,)))

    found = shared_ids(tmp_path, tampered(TREE, value, (*AT_POST, name)))

    assert "c1" not in found or _is_told_elsewhere(name, value)


@SLOW_FIXTURES
@given(
    name=st.sampled_from(
        ["promoted", "removed", "spam", "filtered", "banned_by", "_meta", "$event", "removed_by"]
    ),
    value=NEITHER_NULL_NOR_MISSING,
)
def test_a_flag_that_is_present_must_be_understood(tmp_path, name, value):
    assert shared_ids(tmp_path, post(**{name: value})) <= ({"abc1"} if value == {} else set())


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5),
        st.sampled_from(["t3_abc1", "t1_c1", "t2_x", "t5_x", "public", "Listing", "t3", "more"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["kind", "data", "children", "id", "name", "replies", "$event", "_meta"]),
        inner, max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip


def places(value, path=()):
    children = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list)
        else ()
    )  # fmt: skip
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


SEEDS = [FULL, TREE, thing("t5", subreddit()), recording(interaction(TREE))]
PLACES = [(seed, path) for seed in SEEDS for path in places(seed)]


@SLOW_FIXTURES
@given(st.sampled_from(PLACES), st.one_of(JSON, st.just(MISSING)))
def test_no_structure_crashes_the_reader_or_shares_somebody_unknown(tmp_path, place, value):
    seed, path = place
    try:
        found = items(tmp_path, "reddit", json.dumps(tampered(seed, value, path)))
    except BadInput:
        return

    for item in found:
        stable = all(p.identity is Identity.STABLE for p in item.principals)
        assert judge(item).verdict is not Verdict.SHARE or (stable and item.owner.native_id)


@SLOW_FIXTURES
@given(
    start=st.integers(0, len(GOOD_ZSTD)),
    length=st.integers(0, 9),
    inserted=st.binary(max_size=9),
)
def test_no_damage_to_an_archive_crashes_the_reader(tmp_path, start, length, inserted):
    damaged = GOOD_ZSTD[:start] + inserted + GOOD_ZSTD[start + length :]

    try:
        found = items(tmp_path, "reddit", damaged)
    except BadInput:
        return

    assert len(found) == 100 or damaged != GOOD_ZSTD


def test_the_comments_that_a_page_left_out_are_read(tmp_path):
    things = [{"kind": "t1", "data": comment()}, {"kind": "more", "data": {"children": ["c9"]}}]
    answer = {"json": {"errors": [], "data": {"things": things}}}

    found = shared(tmp_path, "reddit", lines(answer, post()))

    assert [item.native_id for item in found] == ["c1", "abc1"]


@pytest.mark.parametrize(
    "answer",
    [
        {"json": {"errors": [["RATELIMIT", "wait", "ratelimit"]]}},
        {"json": {"errors": [], "data": {"things": "none"}}},
        {"json": {"data": {"things": [{"id": 1}]}}},
        {"json": []},
    ],
)
def test_an_answer_that_holds_no_comments_is_refused(tmp_path, answer):
    with pytest.raises(BadInput):
        items(tmp_path, "reddit", answer)
