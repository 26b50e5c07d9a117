"""Whatever becomes of an answer of WordPress, nothing becomes shared by it."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Identity, Verdict
from platforms.sources import BadInput
from platforms.visibility import judge
from tests.platforms.sources import wp_answers as wp
from tests.platforms.sources.dumps import PUBLIC_SITE, items, replaced, shared, without

QUICK = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120
)
MISSING = object()
GARBAGE = st.one_of(
    st.just(MISSING),
    st.none(),
    st.sampled_from(["banana", "publish ", "\u200b", "1e3", "null", -2, 2.5]),
    st.lists(st.none(), min_size=1, max_size=2),
    st.dictionaries(st.just("x"), st.none(), min_size=1, max_size=1),
)
POST = wp.post()
FIELDS = [
    *(("id",), ("date_gmt",), ("status",), ("type",), ("author",), ("_links",), ("meta",)),
    *(("content",), ("content", "protected"), ("content", "rendered")),
]
FLAGS = [("password",), ("meta", "_jetpack_newsletter_access"), ("excerpt", "protected")]
COMMENT_FIELDS = [("id",), ("date_gmt",), ("status",), ("type",), ("author",), ("post",)]
MEDIA_FIELDS = [("id",), ("date_gmt",), ("status",), ("type",), ("author",), ("post",)]
WPCOM_FIELDS = [
    *(("ID",), ("site_ID",), ("date",), ("status",), ("type",), ("password",), ("metadata",)),
    *(("author",), ("author", "ID"), ("author", "login"), ("content",)),
]
SITE_FIELDS = [
    *(("ID",), ("URL",), ("jetpack",), ("is_vip",), ("options",)),
    *(("options", "blog_public"), ("options", "wpcom_data_sharing_opt_out")),
]
SITE_FLAGS = [
    *(("is_private",), ("is_coming_soon",), ("is_deleted",), ("jetpack_connection",)),
    *(("options", "wpcom_public_coming_soon"), ("is_wpcom_staging_site",), ("launch_status",)),
]


def tampered(record, value, path):
    return without(record, *path) if value is MISSING else replaced(record, value, *path)


def shared_kinds(tmp_path, *contents, facts=PUBLIC_SITE):
    try:
        found = shared(tmp_path, "wordpress", *contents, facts=facts)
    except BadInput:
        return []
    return [item.kind for item in found]


def test_the_untouched_records_are_shared(tmp_path):
    core = [POST, wp.media(), wp.comment()]

    assert shared_kinds(tmp_path, core, wp.USERS) == ["post", "attachment", "comment"]
    assert shared_kinds(tmp_path, wp.wpcom_post(), wp.wpcom_site(), facts=None) == ["post"]


@QUICK
@given(path=st.sampled_from(FIELDS), value=GARBAGE)
def test_a_post_with_a_decisive_field_missing_or_garbled_takes_all_below_it(tmp_path, path, value):
    is_text = path[-1] in ("rendered", "meta") and isinstance(value, str | dict)
    changed = tampered(POST, None if is_text else value, path)

    below = [] if path == ("_links",) else [wp.media(), wp.comment()]
    assert shared_kinds(tmp_path, [changed, *below], wp.USERS) == []


@QUICK
@given(path=st.sampled_from(FLAGS), value=GARBAGE.filter(lambda v: v is not MISSING))
def test_a_flag_that_is_present_must_be_understood(tmp_path, path, value):
    changed = replaced(wp.edited(), value, *path)

    assert shared_kinds(tmp_path, [changed, wp.comment()], wp.USERS) == []


def test_what_editors_see_is_not_shared_without_its_password(tmp_path):
    assert shared_kinds(tmp_path, [without(wp.edited(), "password")], wp.USERS) == []


@QUICK
@given(path=st.sampled_from(COMMENT_FIELDS), value=GARBAGE)
def test_a_comment_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, path, value):
    changed = tampered(wp.comment(), value, path)

    assert shared_kinds(tmp_path, [POST, changed], wp.USERS) in (["post"], [])


@QUICK
@given(path=st.sampled_from(MEDIA_FIELDS), value=GARBAGE)
def test_a_file_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, path, value):
    changed = tampered(wp.media(), value, path)

    assert shared_kinds(tmp_path, [POST, changed], wp.USERS) in (["post"], [])


@QUICK
@given(path=st.sampled_from(WPCOM_FIELDS), value=GARBAGE)
def test_a_post_of_wordpress_com_with_a_decisive_field_missing_or_garbled_is_not_shared(
    tmp_path, path, value
):
    is_text = path in (("content",), ("author", "login")) and isinstance(value, str)
    changed = tampered(wp.wpcom_post(), None if is_text else value, path)
    if path == ("site_ID",):
        changed = changed | {"meta": {}}

    assert shared_kinds(tmp_path, changed, wp.wpcom_site(), facts=None) == []


@QUICK
@given(path=st.sampled_from(SITE_FIELDS), value=GARBAGE)
def test_a_site_with_a_decisive_field_missing_or_garbled_proves_nothing(tmp_path, path, value):
    changed = tampered(wp.wpcom_site(), value, path)

    assert shared_kinds(tmp_path, wp.wpcom_post(), changed, facts=None) == []


@QUICK
@given(
    path=st.sampled_from(SITE_FLAGS),
    value=GARBAGE.filter(lambda v: v is not MISSING and v is not None),
)
def test_a_flag_of_the_site_that_is_present_must_be_understood(tmp_path, path, value):
    changed = replaced(wp.wpcom_site(), value, *path)

    assert shared_kinds(tmp_path, wp.wpcom_post(), changed, facts=None) == []


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5),
        st.sampled_from(["publish", "post", "attachment", "approved", f"https://{wp.SITE}"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["ID", "id", "rendered", "protected", "href", "self", "settings"]),
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


DUMP = [
    [POST, wp.media(), wp.comment()],
    wp.USERS,
    wp.found(wp.wpcom_post(13)),
    wp.wpcom_site(),
    [wp.wpcom_comment(73, post={"ID": 13}), wp.wpcom_media(23)],
]
PLACES = list(places(DUMP))


@QUICK
@given(path=st.sampled_from(PLACES), value=st.one_of(JSON, st.just(MISSING)))
def test_no_structure_crashes_the_reader_or_shares_somebody_unknown(tmp_path, path, value):
    files = [json.dumps(each) for each in tampered(DUMP, value, path)]
    try:
        found = items(tmp_path, "wordpress", *files)
    except BadInput:
        return

    for item in found:
        stable = all(p.identity is Identity.STABLE for p in item.principals)
        assert judge(item).verdict is not Verdict.SHARE or (stable and item.container_id)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param('{"code": "rest_forbidden", "message": "No"}', "error", id="an error"),
        pytest.param('{"error": "unauthorized", "message": "No"}', "error", id="another error"),
        pytest.param('{"posts": []}', "empty", id="an empty page without its number"),
        pytest.param(
            '{"found": 1, "site_ID": 9, "post_ID": 11, "likes": [{"ID": 7, "login": "bob"}]}',
            "who likes",
            id="who likes a post",
        ),
        pytest.param(
            '{"i_like": false, "like_count": 1, "site_ID": 9, "post_ID": 11}',
            "who likes",
            id="whether the reader likes it",
        ),
        pytest.param(
            '{"is_reblogged": true, "site_ID": 9, "post_ID": 11}', "shares", id="who reblogged it"
        ),
        pytest.param('[{"id": 1, "username": "alice"}]', "no record", id="people of elsewhere"),
        pytest.param('{"id": 1, "id": 2}', "twice|key", id="a key twice"),
        pytest.param("[" * 100_000, "deeply|JSON", id="deep nesting"),
        pytest.param('[{"id": NaN}]', "NaN|finite|JSON", id="not a number"),
        pytest.param(b'{"id": 1, "title": "\xff"}', "UTF-8|JSON", id="not UTF-8"),
        pytest.param(json.dumps(POST)[:-30], "JSON|complete", id="truncated"),
    ],
)
def test_a_file_that_is_no_answer_is_refused_whole(tmp_path, content, reason):
    with pytest.raises(BadInput, match=reason):
        items(tmp_path, "wordpress", content)


def test_an_answer_that_found_nothing_is_one(tmp_path):
    assert shared_kinds(tmp_path, [POST], wp.USERS, [], wp.found()) == ["post"]


@pytest.mark.parametrize("number", [2**53 + 1, 10**19, str(2**53 + 1)])
def test_ids_beyond_the_doubles_are_kept_digit_by_digit(tmp_path, number):
    [item] = items(tmp_path, "wordpress", [wp.post(number)], wp.USERS, facts=PUBLIC_SITE)

    assert item.native_id == str(number)
