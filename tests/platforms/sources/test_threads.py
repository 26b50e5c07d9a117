"""Threads: a post is shared with its account proven public, and with all it stands on."""

import json
from itertools import cycle, islice
from time import process_time

import pytest

from platforms.records import Identity, MediaKind, Role, Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import codes, items, readings, without
from tests.platforms.sources.meta_dumps import (
    ALICE_ID,
    BOB_ID,
    account,
    bobs_thread,
    envelope,
    media,
    quote,
    reply,
    thread,
)

PUBLIC = {"account.privacy": "public"}
BOBS = bobs_thread()


def found_by_id(tmp_path, *records, facts=PUBLIC):
    return {item.native_id: item for item in items(tmp_path, "threads", list(records), facts=facts)}


def only(tmp_path, *records, facts=PUBLIC):
    """The item of the first record."""
    return found_by_id(tmp_path, *records, facts=facts)[records[0]["id"]]


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param(thread(), id="one object"),
        pytest.param(envelope(thread()), id="an API response"),
        pytest.param(json.dumps(thread()) + "\n" + json.dumps(account()), id="NDJSON"),
        pytest.param(account(threads=envelope(thread())), id="the posts of an account"),
        pytest.param(thread(reply_control="mentioned_only"), id="few may reply"),
        pytest.param(thread(reply_audience="FOLLOWERS_ONLY"), id="followers may reply"),
        pytest.param(thread(is_spoiler_media=True), id="a spoiler"),
        pytest.param(thread(text_entities=[{"entity_type": "SPOILER"}]), id="a spoiler in words"),
        pytest.param(thread(media_type="AUDIO", media_url="https://m.example/a"), id="audio"),
        pytest.param(thread(permalink="https://www.threads.com/@a/post/1"), id="the new address"),
        pytest.param(thread(allowlisted_country_codes=[]), id="no countries named"),
        pytest.param(
            thread(media_type="CAROUSEL_ALBUM", children={"data": [{"id": "1"}]}), id="an album"
        ),
    ],
)
def test_a_post_of_a_public_account_is_shared(tmp_path, dump):
    (item,) = items(tmp_path, "threads", dump, facts=PUBLIC)

    assert codes(item) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"media_type": "REPOST_FACADE"}, "repost"),
        ({"reposted_post": {"id": "17900000000000002"}}, "repost"),
        ({"ghost_post_status": "ACTIVE"}, "ghost_post"),
        ({"ghost_post_status": "ARCHIVED"}, "ghost_post"),
        ({"ghost_post_status": None}, "ghost_post"),
        ({"ghost_post_expiration_timestamp": "2026-01-02T00:00:00+0000"}, "ghost_post"),
        ({"hide_status": "HIDDEN"}, "hide_status_removed_platform"),
        ({"hide_status": "COVERED"}, "hide_status_removed_platform"),
        ({"hide_status": "BLOCKED"}, "hide_status_removed_platform"),
        ({"hide_status": "RESTRICTED"}, "hide_status_removed_platform"),
        ({"reply_approval_status": "PENDING"}, "reply_approval_status_unpublished"),
        # As examples in the API's own pages write them.
        ({"reply_approval_status": "pending"}, "reply_approval_status_unpublished"),
        ({"reply_approval_status": "ignored"}, "reply_approval_status_unpublished"),
        ({"hide_status": "hidden"}, "hide_status_removed_platform"),
        ({"allowlisted_country_codes": ["DE", "FR"]}, "geo_limited"),
        ({"owner": {"id": ALICE_ID, "is_private": True}}, "private"),
        ({"owner": {"id": ALICE_ID, "age": 17}}, "minor"),
    ],
)
def test_what_is_known_not_to_be_shared_is_excluded(tmp_path, change, code):
    item = only(tmp_path, thread(**change))

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"id": "17900000000000001", "allowlisted_country_codes": ["DE"]}, "geo_limited"),
        ({"id": "17900000000000001", "text": "Boo", "ghost_post_status": "active"}, "ghost_post"),
        ({"id": "17900000000000001", "hide_status": "COVERED"}, "hide_status_removed_platform"),
    ],
)
def test_an_answer_with_few_fields_still_speaks_against_its_post(tmp_path, answer, code):
    (item,) = items(tmp_path, "threads", answer)

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


def test_a_post_that_another_answer_limits_to_countries_is_not_shared(tmp_path):
    limited = {"id": thread()["id"], "allowlisted_country_codes": ["DE"]}

    whole, _ = items(tmp_path, "threads", [thread(), limited], facts=PUBLIC)

    assert codes(whole) == {"conflicting_appearances"}


@pytest.mark.parametrize(
    "closing", [{"hide_status": "HIDDEN"}, {"ghost_post_status": "x"}, {"is_deleted": True}]
)
@pytest.mark.parametrize("name", ["quoted_post", "reposted_post"])
def test_what_a_post_says_against_another_inside_it_holds_the_other(tmp_path, closing, name):
    inner = {"id": thread()["id"]} | closing
    outer = thread("9", **{name: inner, "is_quote_post": name == "quoted_post"})

    whole, around = items(tmp_path, "threads", [thread(), outer], facts=PUBLIC)

    assert codes(whole) == {"conflicting_appearances"}
    assert judge(around).verdict is not Verdict.SHARE


def test_a_quote_is_held_by_a_mark_in_any_appearance_of_what_it_quotes(tmp_path):
    whole, marked = bobs_thread(), bobs_thread(is_deleted=True)
    records = [quote(quoted_post=whole), quote("9", quoted_post=marked), account(BOB_ID, "bob")]

    item = only(tmp_path, *records)

    assert codes(item) == {"embedded_closed", "mark_not_read"}


def test_a_reply_that_names_whom_it_answers_is_shared_with_the_whole_post_beside_it(tmp_path):
    short = {"id": BOBS["id"], "username": "bob_tides", "text": "Bob wrote this first."}

    item = only(tmp_path, reply(replied_to=short), BOBS)

    assert judge(item).verdict is Verdict.SHARE


def test_a_mark_in_a_child_holds_the_post(tmp_path):
    children = {"data": [{"id": "9", "media_type": "IMAGE", "is_deleted": True}]}

    item = only(tmp_path, thread(media_type="CAROUSEL_ALBUM", children=children))

    assert codes(item) == {"mark_not_read"}


def test_a_post_without_its_link_is_excluded_because_flagged_posts_have_none(tmp_path):
    item = only(tmp_path, without(thread(), "permalink"))

    assert judge(item).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"media_type": "HOLOGRAM"}, "media_type_unknown"),
        ({"media_type": "TEXT"}, "media_type_unknown"),
        ({"media_product_type": "LATER"}, "media_product_type_unknown"),
        ({"permalink": "https://evil.example/1"}, "permalink_unknown"),
        ({"permalink": None}, "permalink_unknown"),
        ({"owner": {"id": ""}}, "owner_id_unknown"),
        ({"username": ["alice"]}, "username_unknown"),
        ({"timestamp": None}, "published_at_unknown"),
        ({"is_reply": "false"}, "is_reply_unknown"),
        ({"is_quote_post": None}, "is_quote_post_unknown"),
        ({"hide_status": "BRAND_NEW"}, "hide_status_unknown"),
        ({"reply_approval_status": 1}, "reply_approval_status_unknown"),
        ({"reply_approval_status": "approved"}, "reply_approval_status_unknown"),
        ({"hide_status": "not_hushed"}, "hide_status_unknown"),
        ({"allowlisted_country_codes": None}, "allowlisted_country_codes_unknown"),
        ({"quoted_post": None}, "quoted_post_unknown"),
        ({"replied_to": {}}, "replied_to_unknown"),
        ({"reposted_post": None}, "repost_unknown"),
        ({"children": 7}, "children_unknown"),
        ({"children": {"data": [{"media_type": "CAROUSEL_ALBUM"}]}}, "media_type_unknown"),
    ],
)
def test_what_is_not_understood_is_held(tmp_path, change, code):
    item = only(tmp_path, thread(**change))

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("media_type", "media_type_unknown"),
        ("media_product_type", "media_product_type_unknown"),
        ("owner", "owner_id_unknown"),
        ("timestamp", "published_at_unknown"),
        ("is_reply", "is_reply_unknown"),
        ("is_quote_post", "is_quote_post_unknown"),
    ],
)
def test_a_field_that_decides_must_be_there(tmp_path, field, code):
    item = only(tmp_path, without(thread(), field))

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


def test_that_a_post_neither_answers_nor_quotes_can_be_asserted(tmp_path):
    bare = without(without(thread(), "is_reply"), "is_quote_post")
    facts = PUBLIC | {"post.is_reply": "false", "post.is_quote_post": "false"}

    assert codes(only(tmp_path, bare, facts=facts)) == set()
    quoting = {**bare, "quoted_post": {"id": "17900000000000002"}}
    assert codes(only(tmp_path, quoting, facts=facts)) == {"embedded_unknown"}


def test_an_account_of_which_nothing_is_known_is_held_with_what_would_settle_it(tmp_path):
    (reason,) = judge(only(tmp_path, thread(), facts={})).reasons

    assert reason.code == "account_unknown"
    assert "--fact account.privacy=public" in reason.detail


def test_no_assertion_overrides_a_record_that_says_worse(tmp_path):
    item = only(tmp_path, thread(), account(is_private=True))

    assert judge(item).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize("make", [quote, reply])
def test_a_post_that_stands_on_a_public_one_is_shared(tmp_path, make):
    item = only(tmp_path, make(), BOBS)

    assert codes(item) == set()
    role = Role.QUOTED if make is quote else Role.CONTAINER
    assert (role, Identity.STABLE, BOB_ID) in {
        (p.role, p.identity, p.native_id) for p in item.principals
    }


@pytest.mark.parametrize("make", [quote, reply])
@pytest.mark.parametrize(
    ("theirs", "verdict"),
    [
        (None, Verdict.HOLD),
        ({"ghost_post_status": "ACTIVE"}, Verdict.EXCLUDE),
        ({"hide_status": "HIDDEN"}, Verdict.EXCLUDE),
        ({"owner": {"id": BOB_ID, "is_private": True}}, Verdict.EXCLUDE),
        ({"owner": {"id": BOB_ID, "age": 12}}, Verdict.EXCLUDE),
        ({"allowlisted_country_codes": ["DE"]}, Verdict.EXCLUDE),
        ({"owner": None}, Verdict.HOLD),
        ({"media_type": "HOLOGRAM"}, Verdict.HOLD),
    ],
)
def test_a_post_is_no_more_public_than_what_it_stands_on(tmp_path, make, theirs, verdict):
    parents = [] if theirs is None else [bobs_thread(**theirs)]

    assert judge(only(tmp_path, make(), *parents)).verdict is verdict


def test_the_order_of_the_records_does_not_matter(tmp_path):
    hidden = bobs_thread(hide_status="HIDDEN")

    first = found_by_id(tmp_path, hidden, quote())
    last = found_by_id(tmp_path, quote(), hidden)

    assert {judge(f["17900000000000003"]).verdict for f in (first, last)} == {Verdict.EXCLUDE}


def test_the_whole_chain_above_a_reply_counts(tmp_path):
    hidden = reply("17900000000000005", hide_status="HIDDEN")
    below = reply(replied_to={"id": "17900000000000006"})
    between = reply("17900000000000006", replied_to={"id": "17900000000000005"})

    item = only(tmp_path, below, between, hidden, BOBS)

    assert judge(item).verdict is Verdict.EXCLUDE


def test_posts_that_stand_on_each_other_are_judged_all_the_same(tmp_path):
    first = quote("17900000000000007", of="17900000000000008")
    second = quote("17900000000000008", of="17900000000000007")

    assert codes(only(tmp_path, first, second)) == set()


def test_a_quoted_post_written_out_inside_is_read_as_well(tmp_path):
    shown = quote(quoted_post=BOBS)
    hidden = quote(quoted_post={**BOBS, "ghost_post_status": "ACTIVE"})

    without_record = only(tmp_path, without(shown, "text"))

    assert codes(without_record) == {"account_unknown"}
    assert codes(only(tmp_path, shown, BOBS)) == set()
    assert judge(only(tmp_path, hidden, BOBS)).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_quote_post": False}, "is_quote_post_contradictory"),
        ({"is_reply": True}, "root_post_unknown"),
    ],
)
def test_a_contradiction_is_held(tmp_path, change, code):
    item = only(tmp_path, {**quote(), **change}, BOBS)

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    "steps",
    [
        [{"id": "77"}],
        [{"text": "ebb"}],
        [{"text": "ebb"}, {"id": "77"}, {"id": "79"}],
        [{"text": "ebb"}, {"id": "77"}, {"id": "77"}],
    ],
    ids=str,
)
def test_posts_inside_posts_are_each_read_once(tmp_path, steps):
    inner = {"id": "78", "alt_texts": [{}] * 200_000}
    for step in islice(cycle(steps), 200):
        inner = step | {"quoted_post": inner}
    began = process_time()

    item = only(tmp_path, quote(quoted_post={"id": "77"} | inner))

    assert judge(item).verdict is Verdict.HOLD
    assert process_time() - began < 5


def test_somebody_under_age_in_a_post_inside_another_counts_where_that_is_quoted(tmp_path):
    minors = bobs_thread(quoted_post={"id": "79", "owner": {"id": "5", "age": 15}})
    item = only(tmp_path, quote(), minors, thread(id="79"))

    assert judge(item).verdict is Verdict.EXCLUDE


def test_a_quote_that_does_not_say_of_what_is_held(tmp_path):
    assert codes(only(tmp_path, without(quote(), "quoted_post"))) == {"quoted_post_unknown"}


@pytest.mark.parametrize("field", ["root_post", "replied_to", "hide_status"])
def test_a_reply_must_say_what_it_answers_and_whether_it_is_hidden(tmp_path, field):
    item = only(tmp_path, without(reply(), field), BOBS)

    assert judge(item).verdict is Verdict.HOLD
    assert f"{field}_unknown" in codes(item)


def test_the_words_of_polls_and_long_texts_are_kept_and_the_quoted_ones_are_not(tmp_path):
    item = only(
        tmp_path,
        quote(
            quoted_post=BOBS,
            poll_attachment={"option_a": "Ebb", "option_b": "Flow"},
            text_attachment={"plaintext": "Much more on tides."},
            topic_tag="Tides",
            gif_url="https://media.example/tide.gif",
        ),
    )

    assert item.text.split("\n\n") == [
        "The harbour at low tide.", "Much more on tides.", "Ebb", "Flow",
    ]  # fmt: skip
    assert item.tags == ("Tides",)
    assert MediaKind.GIF in item.media_kinds


def test_instagrams_media_are_not_taken_for_threads(tmp_path):
    (item, _) = items(tmp_path, "threads", [media(), thread()], facts=PUBLIC)

    assert codes(item) >= {"record_not_understood"}


def test_a_dump_tells_which_accounts_are_private(tmp_path):
    found = readings(tmp_path, "threads", [thread(), account(is_private=True)])

    assert [(r.native_id, r.denies) for r in found] == [(ALICE_ID, {"private"})]
