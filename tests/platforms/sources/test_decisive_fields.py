"""Whatever becomes of a field that decides, an item does not become shared by it."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Identity, Verdict
from platforms.sources import BadInput
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    BOB,
    CAROL,
    COMMENT,
    FIELDS,
    PUBLIC_SITE,
    ask,
    asked_by,
    attachment,
    blog,
    comment,
    entry,
    items,
    meta,
    post,
    replaced,
    shared,
    trail_item,
    without,
    wxr,
)

SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
MISSING = object()
GARBAGE = st.one_of(
    st.just(MISSING),
    st.none(),
    st.just("banana"),
    st.just(""),
    st.integers(-2, 0),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.just("x"), st.none(), max_size=1),
)

FULL = post(
    blog=blog(is_nsfw=False),
    trail=[trail_item(), trail_item(blog("carol", CAROL), number=901)],
)
TUMBLR_FIELDS = [
    ("id",),
    ("state",),
    ("timestamp",),
    ("blog",),
    ("blog", "uuid"),
    ("blog", "type"),
    ("blog", "is_password_protected"),
    ("blog", "is_hidden_from_blog_network"),
    ("trail", 0, "post"),
    ("trail", 0, "post", "id"),
    ("trail", 0, "blog"),
    ("trail", 0, "blog", "uuid"),
    ("trail", 0, "blog", "type"),
    ("trail", 1, "blog", "is_password_protected"),
    ("trail", 1, "blog", "is_hidden_from_blog_network"),
]
# Absence of these says nothing, but a value that is not understood does.
TUMBLR_FLAGS = [
    ("is_paywalled",),
    ("is_private",),
    ("is_nsfw",),
    ("is_commercial",),
    ("is_submission",),
    ("community",),
    ("community_labels",),
    ("blog", "is_adult"),
    ("blog", "is_nsfw"),
    ("blog", "is_paywall_on"),
    ("blog", "allow_search_indexing"),
    ("blog", "active"),
    ("blog", "is_suspended"),
    ("trail", 0, "blog", "active"),
    ("trail", 0, "blog", "allow_search_indexing"),
    ("trail", 1, "blog", "is_paywall_on"),
    ("trail", 0, "is_commercial"),
]


def tampered(record, value, path):
    return without(record, *path) if value is MISSING else replaced(record, value, *path)


def test_the_untouched_records_are_shared(tmp_path):
    assert len(shared(tmp_path, "tumblr", FULL)) == 1
    assert len(shared(tmp_path, "wordpress", GOOD_EXPORT, facts=PUBLIC_SITE)) == 3


@SLOW_FIXTURES
@given(path=st.sampled_from(TUMBLR_FIELDS), value=GARBAGE)
def test_a_tumblr_post_with_a_decisive_field_missing_or_garbled_is_not_shared(
    tmp_path, path, value
):
    try:
        found = shared(tmp_path, "tumblr", tampered(FULL, value, path))
    except BadInput:
        return

    assert found == []


@SLOW_FIXTURES
@given(path=st.sampled_from(TUMBLR_FLAGS), value=GARBAGE.filter(lambda v: v is not MISSING))
def test_a_tumblr_flag_that_is_present_must_be_understood(tmp_path, path, value):
    assert shared(tmp_path, "tumblr", tampered(FULL, value, path)) == []


@pytest.mark.parametrize("family", [["is_paywalled"], ["community_labels"]])
@pytest.mark.parametrize("value", [MISSING, None, "x", 0], ids=["missing", "null", "text", "0"])
def test_a_family_that_only_the_post_settles_is_decisive(tmp_path, family, value):
    bare = post()
    for name in ("is_adult", "is_paywall_on"):
        bare = without(bare, "blog", name)

    assert len(shared(tmp_path, "tumblr", bare)) == 1
    assert shared(tmp_path, "tumblr", tampered(bare, value, family)) == []


GOOD_EXPORT = wxr(entry(meta("_jetpack_newsletter_access", "everybody"), comment()), attachment())
ITEM_FIELDS = [
    "dc:creator",
    "wp:post_id",
    "wp:post_date_gmt",
    "wp:status",
    "wp:post_type",
    "wp:post_password",
]
COMMENT_FIELDS = [
    "wp:comment_id",
    "wp:comment_date_gmt",
    "wp:comment_approved",
    "wp:comment_user_id",
    "wp:comment_type",
]
WORDS = st.one_of(
    st.just(MISSING),
    st.sampled_from(["-1", "0", "null", "banana", "publish ", "1 ", "\u200b", "0x1", "1e3", "\n"]),
    st.text("abcxyz*. -", min_size=1, max_size=8),
)


@SLOW_FIXTURES
@given(name=st.sampled_from(ITEM_FIELDS), value=WORDS)
def test_a_wordpress_post_with_a_decisive_field_missing_or_garbled_takes_all_below_it(
    tmp_path, name, value
):
    fields = {n: v for n, v in FIELDS.items() if n != name}
    if value is not MISSING:
        fields[name] = value
    leaves = "".join(_leaf(n, v) for n, v in fields.items())
    changed = _leaf("item", leaves + comment())

    assert shared(tmp_path, "wordpress", wxr(changed, attachment()), facts=PUBLIC_SITE) == []


def _leaf(name, text):
    return f"<{name}>{text}</{name}>"


@SLOW_FIXTURES
@given(name=st.sampled_from(COMMENT_FIELDS), value=WORDS)
def test_a_comment_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, name, value):
    fields = {n: v for n, v in COMMENT.items() if n != name}
    if value is not MISSING:
        fields[name] = value
    changed = _leaf("wp:comment", "".join(_leaf(n, v) for n, v in fields.items()))

    found = shared(tmp_path, "wordpress", wxr(entry(changed)), facts=PUBLIC_SITE)

    assert [item.kind for item in found] == ["post"]


@pytest.mark.parametrize("value", ["", "friends", "paid_subscribers", "subscribers"])
def test_the_newsletter_access_decides(tmp_path, value):
    dump = wxr(entry(meta("_jetpack_newsletter_access", value)))

    assert bool(shared(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)) is (value == "")


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just("t:zzz"),
        st.sampled_from(["ask", "blocks", "answer", "paywall", "public", "published"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "blog", "uuid", "name", "post", "id", "blocks", "content"]),
        inner, max_size=3,
    ),
    max_leaves=6,
)  # fmt: skip


def places(value, path=()):
    """The paths of everything inside ``value``."""
    children = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list)
        else ()
    )  # fmt: skip
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


SEEDS = [
    FULL,
    ask(asked_by(), trail=[trail_item()]),
    post(blog=blog("town", BOB), author_blog=blog(), community={"visibility": "public"}),
    post(content=[{"type": "image", "media": [{"url": "u"}], "attribution": {"type": "blog"}}]),
    {"meta": {"status": 200}, "response": {"posts": [post()], "blog": blog()}},
]
PLACES = [(seed, path) for seed in SEEDS for path in places(seed)]


@SLOW_FIXTURES
@given(st.sampled_from(PLACES), st.one_of(JSON, st.just(MISSING)))
def test_no_structure_crashes_the_tumblr_reader_or_shares_somebody_unknown(tmp_path, place, value):
    seed, path = place
    try:
        found = items(tmp_path, "tumblr", json.dumps(tampered(seed, value, path)))
    except BadInput:
        return

    for item in found:
        stable = all(p.identity is Identity.STABLE for p in item.principals)
        assert judge(item).verdict is not Verdict.SHARE or (stable and item.owner.native_id)


@SLOW_FIXTURES
@given(
    start=st.integers(0, len(GOOD_EXPORT)),
    length=st.integers(0, 60),
    inserted=st.sampled_from(
        ["", "<", ">", "&", "<wp:status>private</wp:status>", "<item>", "\ud7ff"]
    ),
)
def test_no_damage_to_an_export_crashes_the_reader_or_shares_somebody_unknown(
    tmp_path, start, length, inserted
):
    damaged = GOOD_EXPORT[:start] + inserted + GOOD_EXPORT[start + length :]
    try:
        found = items(tmp_path, "wordpress", damaged, facts=PUBLIC_SITE)
    except BadInput:
        return

    for item in found:
        stable = all(p.identity is Identity.STABLE for p in item.principals)
        assert judge(item).verdict is not Verdict.SHARE or (stable and item.owner.native_id)
