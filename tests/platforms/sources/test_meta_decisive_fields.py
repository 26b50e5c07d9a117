"""Whatever becomes of a field that decides, no item of Meta's platforms is shared by it."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Identity, Verdict
from platforms.sources import BadInput
from platforms.visibility import judge
from tests.platforms.sources.dumps import items, replaced, shared, without
from tests.platforms.sources.meta_dumps import (
    ALBUM_ID,
    PAGE_ID,
    account,
    album,
    bobs_thread,
    envelope,
    fb_post,
    group,
    media,
    page,
    photo,
    quote,
    reply,
    shared_post,
)

SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
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
PUBLIC = {"account.privacy": "public"}
BOBS = bobs_thread()
SOURCE = fb_post(f"{PAGE_ID}_9002")
ALBUM_PHOTO = without(photo(album={"id": ALBUM_ID}), "privacy")


def paths(names):
    return [tuple(int(p) if p.isdigit() else p for p in name.split(".")) for name in names.split()]


# Of each list the first record is the one that must not be shared any more.
SEEDS = {
    "media": ("instagram", [media(), account()], paths(
        "0.id 0.media_type 0.media_product_type 0.owner 0.owner.id 0.permalink 0.timestamp "
        "1.is_private 1.id"
    )),
    "quote": ("threads", [quote(), BOBS, account(), account("17841400000000002", "bob_tides")],
        paths(
        "0.id 0.media_type 0.media_product_type 0.owner 0.owner.id 0.permalink 0.timestamp "
        "0.is_reply 0.is_quote_post 0.quoted_post 0.quoted_post.id 1.id 1.owner 1.owner.id "
        "1.media_type 1.media_product_type 1.permalink 1.is_reply 2.is_private 3.is_private"
    )),
    "reply": ("threads", [reply(), BOBS, account(), account("17841400000000002", "bob_tides")],
        paths(
        "0.is_reply 0.root_post 0.root_post.id 0.replied_to 0.replied_to.id 0.hide_status "
        "1.id 1.owner.id 1.permalink"
    )),
    "post": ("facebook", [fb_post(), page()], paths(
        "0.id 0.privacy 0.privacy.value 0.is_published 0.is_hidden 0.is_expired 0.from "
        "0.timeline_visibility 0.from.id 0.created_time 1.id 1.is_published"
    )),
    "group post": ("facebook", [fb_post("200300400_1"), group()], paths("1.id 1.privacy")),
    "shared post": ("facebook", [shared_post(), SOURCE, page()], paths(
        "0.parent_id 1.id 1.privacy 1.privacy.value 1.is_published 1.from 1.from.id"
    )),
    "photo": ("facebook", [ALBUM_PHOTO, album(), page()], paths(
        "0.id 0.album 0.album.id 0.from.id 0.created_time 0.is_published 1.id 1.privacy"
    )),
}  # fmt: skip
# Absence of these says nothing, but a value that is not understood does.
FLAGS = {
    "media": "is_archived is_draft is_deleted is_close_friends audience is_paid_partnership "
    "is_affiliate collaborators copyright_check_information",
    "quote": "hide_status reply_approval_status ghost_post_status ghost_post_expiration_timestamp "
    "reposted_post replied_to",
    "post": "sponsor_tags is_inline_created status_type parent_id",
}
DECISIVE = [(name, path) for name, (_, _, found) in SEEDS.items() for path in found]
FLAGGED = [(name, (0, flag)) for name, flags in FLAGS.items() for flag in flags.split()]


def tampered(record, value, path):
    return without(record, *path) if value is MISSING else replaced(record, value, *path)


def subject_is_shared(tmp_path, platform, records, number):
    try:
        found = shared(tmp_path, platform, records)
    except BadInput:
        return False
    return any(item.native_id == number for item in found)


@pytest.mark.parametrize("name", SEEDS)
def test_the_untouched_records_are_shared(tmp_path, name):
    platform, records, _ = SEEDS[name]

    assert subject_is_shared(tmp_path, platform, records, records[0]["id"])


@SLOW_FIXTURES
@given(place=st.sampled_from(DECISIVE), value=GARBAGE)
def test_a_decisive_field_that_is_missing_or_garbled_takes_the_item_back(tmp_path, place, value):
    name, path = place
    platform, records, _ = SEEDS[name]

    changed = tampered(records, value, path)

    assert not subject_is_shared(tmp_path, platform, changed, records[0]["id"])


@pytest.mark.parametrize("place", DECISIVE, ids=str)
def test_a_decisive_field_that_is_dropped_takes_the_item_back(tmp_path, place):
    name, path = place
    platform, records, _ = SEEDS[name]

    changed = without(records, *path)

    assert not subject_is_shared(tmp_path, platform, changed, records[0]["id"])


@SLOW_FIXTURES
@given(place=st.sampled_from(FLAGGED), value=GARBAGE.filter(lambda v: v is not MISSING and v != []))
def test_a_flag_that_is_present_must_be_understood(tmp_path, place, value):
    name, path = place
    platform, records, _ = SEEDS[name]

    changed = replaced(records, value, *path)

    assert not subject_is_shared(tmp_path, platform, changed, records[0]["id"])


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5),
        st.sampled_from(["EVERYONE", "OPEN", "THREADS", "FEED", "17841400000000001", "100200300"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "data", "owner", "from", "privacy", "value", "media", "age",
                         "birthday", "age_range", "min", "children", "error", "album"]),
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


FULL = {
    "instagram": [
        envelope(
            account(media=envelope(media(children={"data": [{"id": "1"}]}))),
            media(collaborators={"data": [account()]}, copyright_check_information={}),
        ),
        {"ig_stories": [{"uri": "a.jpg", "creation_timestamp": 1, "title": "x"}]},
    ],
    "threads": [[quote(quoted_post=BOBS), reply(), BOBS, account(age_range={"min": 21})]],
    "facebook": [
        [fb_post(attachments={"data": [{"type": "photo", "media": {"image": {}}}]}), page()],
        [ALBUM_PHOTO, album(), shared_post(), SOURCE],
        [{"timestamp": 1, "data": [{"post": "x"}], "attachments": [{"data": [{"media": {}}]}]}],
    ],
}
PLACES = [
    (platform, seed, path)
    for platform, seeds in FULL.items() for seed in seeds for path in places(seed)
]  # fmt: skip


@SLOW_FIXTURES
@given(st.sampled_from(PLACES), st.one_of(JSON, st.just(MISSING)))
def test_no_structure_crashes_a_reader_or_shares_somebody_unknown(tmp_path, place, value):
    platform, seed, path = place
    facts = {"container.privacy": "public"} if platform == "facebook" else PUBLIC
    try:
        found = items(tmp_path, platform, json.dumps(tampered(seed, value, path)), facts=facts)
    except BadInput:
        return

    for item in found:
        stable = all(p.identity is Identity.STABLE for p in item.principals)
        assert judge(item).verdict is not Verdict.SHARE or (stable and item.owner.native_id)
