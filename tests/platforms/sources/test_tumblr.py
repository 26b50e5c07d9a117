"""Tumblr: which fields decide, and who is in a post."""

import json

import pytest

from platforms.records import Identity, MediaKind, Role, Verdict
from platforms.sources import SOURCES, BadFact
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    ALICE,
    BOB,
    CAROL,
    NOW,
    TOWN,
    ask,
    asked_by,
    blog,
    codes,
    envelope,
    items,
    legacy,
    post,
    read,
    readings,
    replaced,
    shared,
    trail_item,
    without,
)

BOBS = blog("bob", BOB)
NAME_ONLY = "principal_name_only"


def only(tmp_path, *contents, **kwargs):
    (item,) = items(tmp_path, "tumblr", *contents, **kwargs)
    return item


def roles(item):
    return {(p.role, p.identity, p.native_id, p.handle) for p in item.principals}


@pytest.mark.parametrize(
    "dump",
    [
        pytest.param(post(), id="one post"),
        pytest.param([post()], id="a list"),
        pytest.param(envelope(post()), id="an API response"),
        pytest.param({"meta": {"status": 200}, "response": post()}, id="a response with one post"),
        pytest.param("\n" + json.dumps(post(), indent=2), id="a blank line before one document"),
        pytest.param({"meta": {"status": 200}, "response": [post()]}, id="a tagged response"),
        pytest.param(json.dumps(post()) + "\n" + json.dumps(blog()) + "\n", id="NDJSON"),
        pytest.param(
            "\ufeff" + json.dumps(post()) + "\r\n\r\n" + json.dumps({"blog": blog()}), id="CRLF"
        ),
        pytest.param(json.dumps(envelope(post()), indent=2), id="printed over lines"),
        pytest.param(
            envelope(post(blog={"name": "alice", "uuid": ALICE}), blog=blog()), id="blog apart"
        ),
        pytest.param(legacy(), id="the format before NPF"),
        pytest.param(post(1 << 60), id="an id beyond 2**53"),
        pytest.param(post(trail=[trail_item()]), id="a reblog of a public blog"),
        pytest.param(post(trail=[trail_item(blog())]), id="a reblog of its own blog"),
        pytest.param(ask(asked_by()), id="an ask by somebody known"),
        pytest.param(ask(None), id="an ask by nobody known"),
        pytest.param(post(interactability_reblog="noone"), id="not to be reblogged"),
        pytest.param(post(blog=blog(advertiser_name="")), id="no advertiser"),
    ],
)
def test_a_post_of_which_everything_is_known_is_shared(tmp_path, dump):
    found = items(tmp_path, "tumblr", dump)

    assert [codes(item) for item in found] == [set()]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "private"}, "state_private"),
        ({"state": "draft"}, "state_draft"),
        ({"state": "queued", "queued_state": "scheduled"}, "state_queued"),
        ({"state": "queue"}, "state_queue"),
        ({"state": "unapproved"}, "state_unapproved"),
        ({"state": "submission"}, "state_submission"),
        ({"queued_state": "queued"}, "state_queued"),
        ({"is_private": True}, "private_answer"),
        ({"is_paywalled": True}, "paid"),
        ({"content": [{"type": "paywall", "subtype": "disabled"}]}, "paid"),
        ({"is_commercial": True}, "commercial"),
        ({"advertiser_name": "Fizz Ltd"}, "commercial"),
        ({"is_blogless_advertiser": True}, "commercial"),
        ({"timestamp": 4_000_000_000}, "published_in_the_future"),
        ({"blog": blog(type="private")}, "private"),
        ({"blog": blog(is_password_protected=True)}, "password_protected"),
        ({"blog": blog(is_hidden_from_blog_network=True)}, "login_only"),
        ({"blog": blog(allow_search_indexing=False)}, "search_discouraged"),
        ({"blog": blog(is_paywall_on=True)}, "paid"),
        ({"blog": blog(paywall_access="non-member")}, "paid"),
        ({"blog": blog(active=False)}, "gone"),
        ({"blog": blog(advertiser_name="Fizz Ltd")}, "brand_partner"),
        ({"blog": blog(is_blogless_advertiser=True)}, "brand_partner"),
        ({"trail": [trail_item(is_commercial=True)]}, "commercial"),
        ({"trail": [trail_item(state="private")]}, "trail_private"),
        ({"trail": [trail_item(post={"id": "9", "is_paywalled": True})]}, "trail_paid"),
        ({"trail": [{"broken_blog_name": "old", "content": []}]}, "principal_gone"),
        ({"trail": [without(trail_item(), "post")]}, "principal_gone"),
        ({"trail": [trail_item(blog("bob", BOB, type="private"))]}, "private"),
        ({"trail": [trail_item(blog("bob", BOB, active=False))]}, "gone"),
        (
            {"trail": [trail_item(blog("bob", BOB, allow_search_indexing=False))]},
            "search_discouraged",
        ),
        ({"trail": [trail_item(), trail_item(number=0, content=[{"type": "paywall"}])]}, "paid"),
        ({"community": {"visibility": "private"}, "author_blog": blog()}, "community_private"),
        ({"trail": [trail_item(community={"visibility": "private"})]}, "community_private"),
        (
            {"trail": [trail_item(author_blog=blog("carol", CAROL, type="private"))]},
            "private",
        ),
        (
            {"is_submission": True, "author_blog": blog("bob", BOB, allow_search_indexing=False)},
            "search_discouraged",
        ),
        ({"blog": blog(isPasswordProtected=True)}, "password_protected"),
        ({"trail": [trail_item(blog("alice", BOB, active=False), is_current_item=True)]}, "gone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_known_not_to_be_shared_is_excluded(tmp_path, change, code):
    item = only(tmp_path, post() | change)

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "PUBLISHED"}, "state_unknown"),
        ({"is_private": "no"}, "answer_privacy_unknown"),
        ({"community_labels": {}}, "rating_unknown"),
        ({"community_labels": {"has_community_label": 0}}, "rating_unknown"),
        ({"community_labels": {"has_community_label": False, "categories": "x"}}, "rating_unknown"),
        ({"is_nsfw": None}, "rating_unknown"),
        ({"classification": "brand-new"}, "rating_unknown"),
        ({"is_paywalled": None}, "payment_unknown"),
        ({"blog": blog(paywall_access="everyone")}, "payment_unknown"),
        ({"blog": blog(allow_search_indexing=None)}, "blog_allow_search_indexing_unknown"),
        ({"blog": blog(advertiser_name=None)}, "blog_advertiser_name_unknown"),
        ({"blog": blog(uuid="alice")}, "principal_name_only"),
        ({"blog_name": "bob"}, "owner_contradictory"),
        ({"id": 1.5}, "native_id_unknown"),
        ({"id": True}, "native_id_unknown"),
        ({"id_string": "1002"}, "native_id_unknown"),
        ({"timestamp": "1600000000"}, "published_at_unknown"),
        ({"timestamp": True}, "published_at_unknown"),
        ({"timestamp": 10**30}, "published_at_unknown"),
        ({"type": "hologram"}, "content_unknown"),
        ({"content": [{"type": "hologram"}]}, "content_unknown"),
        ({"content": [{"type": "image", "media": []}]}, "content_unknown"),
        ({"layout": [{"type": "spiral"}]}, "content_unknown"),
        ({"layout": None}, "content_unknown"),
        ({"content": [{"type": "text", "text": "x"}] * 5_001}, "content_unknown"),
        ({"trail": None}, "trail_unknown"),
        ({"trail": [None]}, "trail_unknown"),
        ({"trail": [trail_item({})]}, "principal_anonymous"),
        ({"trail": [trail_item({"name": "bob"})]}, "principal_name_only"),
        ({"trail": [trail_item({"name": "bob", "uuid": BOB})]}, "blog_visibility_unknown"),
        ({"trail": [trail_item(blog("bob", BOB, type="brand-new"))]}, "blog_type_unknown"),
        ({"trail": [trail_item(post={"id": "x"})]}, "trail_unknown"),
        ({"trail": [trail_item(state=None)]}, "state_unknown"),
        ({"trail": [trail_item(is_paywalled="no")]}, "payment_unknown"),
        ({"reblogged_from_uuid": BOB}, "reblog_source_unproven"),
        ({"trail": [trail_item()], "reblogged_from_name": "bob"}, "principal_name_only"),
        ({"trail": [trail_item()], "reblogged_root_id": 5}, "principal_anonymous"),
        ({"parent_post_url": "https://bob.example/1"}, "reblog_source_unproven"),
        ({"community": None}, "community_unknown"),
        ({"community": {"visibility": "public"}}, "principal_anonymous"),
        ({"is_submission": True}, "principal_anonymous"),
        ({"is_submission": "yes"}, "submission_unknown"),
        ({"is_submission": True, "post_author": "bob"}, "principal_name_only"),
        ({"post_author": "bob"}, "principal_name_only"),
        ({"asking_name": "bob", "asking_url": "x", "is_private": False}, "principal_name_only"),
        ({"original_type": "answer"}, "answer_privacy_unknown"),
        ({"original_type": "note", "is_private": False}, "ask_unknown"),
        ({"type": "answer", "is_private": False}, "ask_unknown"),
        ({"parent_post_id": "900"}, "reblog_source_unproven"),
        ({"parent_tumblelog_uuid": BOB}, "reblog_source_unproven"),
        ({"tumblelog_uuid": BOB}, "owner_contradictory"),
        ({"object_type": "client_side_ad"}, "record_not_understood"),
        ({"is_submission": True, "author_blog": BOBS, "post_author": "carol"}, NAME_ONLY),
        ({"trail": [trail_item(post_author="carol")]}, NAME_ONLY),
        ({"trail": [trail_item(is_submission=True)]}, "principal_anonymous"),
        ({"trail": [trail_item(anonymous_name="Secretname")]}, "principal_anonymous"),
        ({"trail": [trail_item(community={"visibility": "public"})]}, "principal_anonymous"),
        ({"isPaywalled": False}, "spelling_unknown"),
        ({"isPrivate": False}, "spelling_unknown"),
        ({"queuedState": None}, "spelling_unknown"),
        ({"rebloggedRootUuid": BOB}, "spelling_unknown"),
        ({"trail": [trail_item(isPaywalled=False)]}, "spelling_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_understood_is_held(tmp_path, change, code):
    item = only(tmp_path, post() | change)

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    "rating",
    [
        {"community_labels": {"has_community_label": True}},
        {"communityLabels": {"hasCommunityLabel": True, "categories": []}},
        {"community_labels": {"has_community_label": False, "categories": ["violence"]}},
        {"is_nsfw": True},
        {"is_blurred_images": True},
        {"is_nsfw_based_on_score": True},
        {"post_author_is_adult": True},
        {"classification": "explicit"},
        {"blog": blog(is_adult=True)},
        {"blog": blog(is_nsfw=True)},
        {"trail": [trail_item(blog("bob", BOB, is_adult=True))]},
        {"trail": [trail_item(community_labels={"has_community_label": True})]},
    ],
    ids=lambda rating: next(iter(rating)),
)
def test_any_adult_reading_makes_the_post_adult(tmp_path, rating):
    judgement = judge(only(tmp_path, post() | rating))

    assert judgement.adult
    assert judgement.under(adult=False).verdict is Verdict.EXCLUDE
    assert judgement.under(adult=True).verdict is Verdict.SHARE


BARE = post(blog={"name": "alice", "uuid": ALICE})
RATED_ONLY = without(without(BARE, "community_labels"), "is_paywalled")


def test_each_family_of_facts_must_be_known_and_the_hold_names_what_settles_it(tmp_path):
    details = [str(reason) for reason in judge(only(tmp_path, RATED_ONLY)).reasons]

    for fact in ("blog.type=public", "blog.is_adult=false", "blog.is_paywall_on=false"):
        assert any(f"--fact {fact}" in detail for detail in details)


def test_the_asserted_facts_settle_what_the_dump_does_not_say(tmp_path):
    facts = {"blog.type": "public", "blog.is_adult": "false", "blog.is_paywall_on": "false"}

    assert len(shared(tmp_path, "tumblr", RATED_ONLY, facts=facts)) == 1


def test_of_a_blog_without_uuid_the_hold_names_no_fact_because_none_is_about_it(tmp_path):
    facts = {"blog.type": "public", "blog.is_adult": "false", "blog.is_paywall_on": "false"}
    nameless = RATED_ONLY | {"blog": {"name": "alice"}}

    for asserted in ({}, facts):
        judgement = judge(only(tmp_path, nameless, facts=asserted))
        reasons = [str(reason) for reason in judgement.reasons]

        assert judgement.verdict is Verdict.HOLD
        assert sum("nothing settles it without blog.uuid" in reason for reason in reasons) == 3
        assert not any("--fact" in reason for reason in reasons)


def test_a_single_post_that_comes_without_its_blog_is_held_and_not_refused(tmp_path):
    answer = {"id": "77", "tumblelog_uuid": ALICE, "content": [{"type": "text", "text": "Ebb."}]}

    item = only(tmp_path, {"meta": {"status": 200}, "response": answer})

    assert item.native_id == "77"
    assert judge(item).verdict is Verdict.HOLD
    assert "owner_unknown" in codes(item)
    assert "owner_contradictory" not in codes(item)


def test_asserting_public_does_not_attest_a_sibling_that_is_garbage(tmp_path):
    raw = post(blog={"name": "alice", "uuid": ALICE, "is_password_protected": None})

    item = only(tmp_path, raw, facts={"blog.type": "public"})

    assert judge(item).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    ("recorded", "facts"),
    [
        ({"type": "private"}, {"blog.type": "public"}),
        ({"is_password_protected": True}, {"blog.is_password_protected": "false"}),
        ({"is_paywall_on": True}, {"blog.is_paywall_on": "false"}),
        ({"allow_search_indexing": False}, {"blog.allow_search_indexing": "true"}),
        ({}, {"blog.type": "private"}),
        ({}, {"blog.allow_search_indexing": "false"}),
    ],
)
def test_an_asserted_fact_and_a_record_that_disagree_mean_the_worse_of_both(
    tmp_path, recorded, facts
):
    item = only(tmp_path, post(blog=blog(**recorded)), facts=facts)

    assert judge(item).verdict is Verdict.EXCLUDE


def test_what_the_operator_asserts_does_not_reach_the_blogs_of_others(tmp_path):
    raw = post(trail=[trail_item({"name": "bob", "uuid": BOB})])

    assert shared(tmp_path, "tumblr", raw, facts={"blog.type": "public"}) == []


def test_a_blog_record_anywhere_in_the_dump_proves_or_denies_a_trail(tmp_path):
    raw = post(trail=[trail_item({"name": "bob", "uuid": BOB})])

    assert len(shared(tmp_path, "tumblr", raw, {"blog": blog("bob", BOB)})) == 1
    assert shared(tmp_path, "tumblr", raw, {"blog": blog("bob", BOB, type="private")}) == []


def test_the_worst_of_all_records_of_a_blog_counts(tmp_path):
    dump = [post(1), post(2, blog=blog(type="private"))]

    assert shared(tmp_path, "tumblr", dump) == []


def test_a_record_without_uuid_can_only_speak_against_a_blog_of_that_name(tmp_path):
    raw = post(blog={"name": "alice", "uuid": ALICE})
    good, bad = without(blog(), "uuid"), without(blog(type="private"), "uuid")

    assert codes(only(tmp_path, raw, {"blog": good})) == {"blog_visibility_unknown"}
    assert "private" in codes(only(tmp_path, post(), {"blog": bad}))
    assert not any(r.clears for r in readings(tmp_path, "tumblr", post(), {"blog": bad}))


def test_one_id_that_appears_published_and_private_is_not_shared(tmp_path):
    dump = [post(1), post(1, state="private"), post(2)]

    found = items(tmp_path, "tumblr", dump)

    assert [judge(i).verdict for i in found] == [Verdict.HOLD, Verdict.EXCLUDE, Verdict.SHARE]
    assert codes(found[0]) == {"conflicting_appearances"}


def test_everybody_in_a_reblog_is_a_principal(tmp_path):
    raw = post(
        trail=[trail_item(), trail_item(blog("carol", CAROL), number=901)],
        reblogged_from_uuid=CAROL,
        reblogged_from_name="carol",
        reblogged_root_uuid=BOB,
        reblogged_root_name="bob",
    )

    item = only(tmp_path, raw)

    assert roles(item) == {
        (Role.OWNER, Identity.STABLE, ALICE, "alice"),
        (Role.REBLOG_ROOT, Identity.STABLE, BOB, "bob"),
        (Role.REBLOG_VIA, Identity.STABLE, CAROL, "carol"),
    }
    assert item.text.startswith("Bob wrote this first.")
    assert judge(item).verdict is Verdict.SHARE


def test_in_a_community_the_post_belongs_to_its_author_not_to_the_community(tmp_path):
    raw = post(blog=blog("town", TOWN), author_blog=blog(), community={"visibility": "public"})

    item = only(tmp_path, raw)

    assert judge(item).verdict is Verdict.SHARE
    assert item.owner.native_id == ALICE
    assert (Role.CONTAINER, Identity.STABLE, TOWN, "town") in roles(item)


def test_the_author_in_a_community_must_be_public_too(tmp_path):
    raw = post(
        blog=blog("town", TOWN),
        author_blog=blog(type="private"),
        community={"visibility": "public"},
    )

    assert judge(only(tmp_path, raw)).verdict is Verdict.EXCLUDE


def test_a_known_asker_and_a_credited_blog_are_principals(tmp_path):
    image = {
        "type": "image",
        "media": [{"url": "https://pics.example/a.gif", "type": "image/gif"}],
        "attribution": {"type": "blog", "blog": {"name": "carol", "uuid": CAROL}},
    }
    raw = ask(asked_by())
    raw["content"].append(image)

    item = only(tmp_path, raw)

    assert (Role.ASKER, Identity.STABLE, BOB, "bob") in roles(item)
    assert (Role.MEDIA_CREDIT, Identity.STABLE, CAROL, "carol") in roles(item)
    assert item.media_kinds == {MediaKind.TEXT, MediaKind.GIF}


def test_the_words_of_an_anonymous_asker_are_cut(tmp_path):
    item = only(tmp_path, ask(None))

    assert item.text == "Because of the light."


def test_the_question_of_a_known_asker_stays(tmp_path):
    item = only(tmp_path, ask(asked_by()))

    assert item.text == "Why the sea?\n\nBecause of the light."


def test_an_answer_that_does_not_say_whether_it_is_private_is_held(tmp_path):
    raw = without(ask(None), "is_private")

    assert codes(only(tmp_path, raw)) == {"answer_privacy_unknown"}
    assert len(shared(tmp_path, "tumblr", raw, facts={"answer.is_private": "false"})) == 1
    assert shared(tmp_path, "tumblr", raw, facts={"answer.is_private": "true"}) == []


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            legacy("answer", question="Why?", answer="So.", asking_name="alice", is_private=False),
            id="legacy",
        ),
        pytest.param(ask(asked_by("alice", ALICE)), id="NPF"),
    ],
)
def test_an_answer_whose_asker_is_the_answering_blog_is_a_private_one(tmp_path, raw):
    item = only(tmp_path, raw)

    assert judge(item).verdict is Verdict.EXCLUDE
    assert "private_answer" in codes(item)


def test_a_legacy_answer_keeps_no_anonymous_question_and_holds_a_named_one(tmp_path):
    anonymous = legacy(
        "answer",
        question="Why?",
        answer="So.",
        asking_name="Anonymous",
        asking_url=None,
        is_private=False,
    )
    named = anonymous | {"asking_name": "bob", "asking_url": "https://bob.example"}

    assert only(tmp_path, anonymous).text == "So."
    assert codes(only(tmp_path, anonymous)) == set()
    assert codes(only(tmp_path, named)) == {"principal_name_only"}


def test_a_submitter_without_an_account_leaves_no_name_or_address(tmp_path):
    raw = post(
        is_submission=True, anonymous_name="Secretname", anonymous_email="secret@mail.example"
    )

    item = only(tmp_path, raw)

    assert judge(item).verdict is Verdict.HOLD
    assert "ecret" not in repr(item)


def test_a_published_submission_has_two_principals(tmp_path):
    item = only(tmp_path, post(is_submission=True, author_blog=blog("bob", BOB)))

    assert (Role.SUBMITTER, Identity.STABLE, BOB, "bob") in roles(item)
    assert judge(item).verdict is Verdict.SHARE


def test_notes_and_the_viewers_own_fields_do_not_enter_an_item(tmp_path):
    raw = post(notes=[{"type": "like", "blog_name": "Secretname"}], followed=True, liked=True)

    item = only(tmp_path, raw)

    assert "Secretname" not in repr(item)
    assert judge(item).verdict is Verdict.SHARE


def test_a_legacy_trail_names_others_without_an_id_and_is_held(tmp_path):
    own = {"blog": {"name": "alice"}, "post": {"id": "1001"}, "is_current_item": True}
    other = {"blog": {"name": "bob", "active": True}, "post": {"id": "1"}, "content": "<p>Hi</p>"}

    assert codes(only(tmp_path, legacy(trail=[own]))) == set()
    assert "principal_name_only" in codes(only(tmp_path, legacy(trail=[other, own])))


def test_the_operators_list_of_partner_blogs_excludes_wherever_they_appear(tmp_path):
    facts = {"partner_blogs": "Fizz, bob"}

    found = items(tmp_path, "tumblr", [post(1), post(2, trail=[trail_item()])], facts=facts)

    assert [codes(item) for item in found] == [set(), {"brand_partner"}]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"blog.colour": "red"}, "blog.type"),
        ({"blog.type": "open"}, "public or private"),
        ({"partner_blogs": " , "}, "separated by commas"),
    ],
)
def test_an_unknown_fact_or_value_is_refused_with_what_is_allowed(tmp_path, facts, said):
    with pytest.raises(BadFact, match=said):
        items(tmp_path, "tumblr", post(), facts=facts)


@pytest.mark.parametrize(
    "odd",
    [{"weird": 1}, 7, None, "text", [post()], {"id": 5, "subreddit": "tides"}],
    ids=str,
)
def test_an_odd_record_among_posts_is_held_not_refused(tmp_path, odd):
    lines = "\n".join(json.dumps(record) for record in ({"weird": 2}, odd, post()))
    in_a_list = items(tmp_path, "tumblr", [odd, post()])

    assert [judge(i).verdict for i in in_a_list][-1] is Verdict.SHARE
    assert judge(in_a_list[0]).verdict is not Verdict.SHARE
    assert judge(items(tmp_path, "tumblr", lines)[0]).verdict is Verdict.HOLD


def test_text_that_no_store_can_hold_is_replaced_and_an_id_is_not_believed(tmp_path):
    raw = json.dumps(post(content=[{"type": "text", "text": "a\ud800b\0c"}]))
    name = json.dumps(post(blog=blog("al\ud800ice"), blog_name="al\ud800ice"))

    assert only(tmp_path, raw).text == "a\ufffdb\ufffdc"
    assert only(tmp_path, name).owner.handle is None


@pytest.mark.parametrize(
    ("fields", "denies"),
    [
        ({"type": "private"}, {"private"}),
        ({"is_password_protected": True}, {"password_protected"}),
        ({"active": False}, {"gone"}),
        ({"is_suspended": True}, {"suspended"}),
        ({"allow_search_indexing": False}, {"search_discouraged"}),
        ({"advertiser_name": "Fizz Ltd"}, {"brand_partner"}),
    ],
    ids=str,
)
def test_a_dump_tells_what_denies_an_account(tmp_path, fields, denies):
    (reading,) = readings(tmp_path, "tumblr", {"blog": blog(**fields)})

    assert (reading.native_id, reading.handle) == (ALICE, "alice")
    assert reading.denies == denies
    assert reading.clears == frozenset()


def test_a_public_blog_clears_only_what_its_record_contradicts(tmp_path):
    (full,) = readings(tmp_path, "tumblr", {"blog": blog()})
    (short,) = readings(tmp_path, "tumblr", {"blog": without(blog(), "allow_search_indexing")})

    assert "search_discouraged" in full.clears
    assert "search_discouraged" not in short.clears
    assert "private" in short.clears
    assert not {"platform_opt_out", "brand_partner"} & full.clears


def test_an_assertion_about_the_blogs_of_a_dump_clears_nothing(tmp_path):
    facts = {"blog.type": "public", "blog.allow_search_indexing": "true"}
    short = post(blog={"name": "alice", "uuid": ALICE})

    assert readings(tmp_path, "tumblr", short, facts=facts) == []
    assert readings(tmp_path, "tumblr", post(), facts={"blog.type": "public"}) == []
    (rated,) = readings(tmp_path, "tumblr", post(), facts={"blog.is_adult": "false"})
    assert "private" in rated.clears
    assert "adult" not in rated.clears


def test_a_blog_that_is_not_proven_public_clears_nothing(tmp_path):
    assert readings(tmp_path, "tumblr", {"blog": without(blog(), "type")}) == []


def test_readings_come_before_the_items(tmp_path):
    found = read(tmp_path, "tumblr", [post(), post(2, blog=blog(is_password_protected=True))])

    assert [type(one).__name__ for one in found] == [
        "AccountReading",
        "FactReading",
        "Item",
        "Item",
    ]


def test_progress_adds_up_to_the_size_of_the_file(tmp_path):
    told = []
    path = tmp_path / "dump.json"
    path.write_text("\n".join(json.dumps(post(n)) for n in range(1, 50)))

    list(SOURCES["tumblr"].read([path], {}, observed_at=NOW, progress=told.append))

    assert sum(told) == path.stat().st_size


def test_a_blog_that_was_replaced_by_garbage_holds_its_post(tmp_path):
    for garbage in (None, [], "alice", 5, {}):
        assert shared(tmp_path, "tumblr", replaced(post(), garbage, "blog")) == []


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(ask(asked_by() | {"blog": blog("bob", BOB, active=False)}), id="the asker"),
        pytest.param(
            post(
                content=[
                    {
                        "type": "image",
                        "media": [{"url": "https://media.example/1.jpg"}],
                        "attribution": {"type": "post", "blog": blog("bob", BOB, active=False)},
                    }
                ]
            ),
            id="whoever is credited",
        ),
    ],
)
def test_what_a_credit_says_of_a_blog_counts_beside_its_own_record(tmp_path, raw):
    found = items(tmp_path, "tumblr", raw, post(2, blog=BOBS, blog_name="bob"))

    assert [judge(item).verdict for item in found] == [Verdict.EXCLUDE, Verdict.EXCLUDE]


@pytest.mark.parametrize(
    ("change", "reblog"),
    [
        ({"state": "private"}, {"trail": [trail_item()]}),
        ({"is_paywalled": True}, {"trail": [trail_item()]}),
        (
            {"state": "private"},
            {
                "trail": [trail_item(number=901)],
                "reblogged_root_id": "900",
                "reblogged_root_uuid": BOB,
                "reblogged_root_name": "bob",
            },
        ),
    ],
)
def test_a_reblog_waits_while_the_dump_holds_its_source_as_closed(tmp_path, change, reblog):
    source = post(900, blog=BOBS, blog_name="bob") | change

    found = {one.native_id: one for one in items(tmp_path, "tumblr", source, post(2) | reblog)}

    assert codes(found["2"]) == {"reblog_source_closed"}


def test_a_reblog_of_a_community_blog_names_an_author_who_is_proven_public(tmp_path):
    town = {
        "community": {"visibility": "public"},
        "author_blog": blog(),
        "blog": blog("town", TOWN),
        "blog_name": "town",
    }
    nobody = trail_item(blog("town", TOWN))
    unproven = nobody | {"author_blog": {"name": "carol", "uuid": CAROL}}
    carol = nobody | {"author_blog": blog("carol", CAROL)}

    assert codes(only(tmp_path, post(trail=[nobody], **town))) >= {"principal_anonymous"}
    assert codes(only(tmp_path, post(trail=[unproven], **town))) == {"blog_visibility_unknown"}
    assert codes(only(tmp_path, post(trail=[carol], **town))) == set()


def test_a_post_in_the_old_format_says_by_its_trail_that_it_is_no_reblog(tmp_path):
    quoting = legacy(body="<p><a class='tumblr_blog'>bob</a>:</p><blockquote>Hi</blockquote>")

    assert codes(only(tmp_path, without(quoting, "trail"))) == {"reblog_source_unproven"}


def test_an_answer_in_the_trail_is_settled_for_the_dumps_own_blogs_alone(tmp_path):
    asked = ask(asked_by("carol", CAROL))
    answer = {name: asked[name] for name in ("content", "layout")}
    facts = {"answer.is_private": "false"}
    own = post(trail=[trail_item(blog(), **answer)])
    others = post(trail=[trail_item(**answer)])

    assert codes(only(tmp_path, own)) == {"answer_privacy_unknown"}
    assert codes(only(tmp_path, own, facts=facts)) == set()
    assert codes(only(tmp_path, others, facts=facts)) == {"answer_privacy_unknown"}


@pytest.mark.parametrize("listed", ["@Alice", "alice.tumblr.com", ALICE, "formerly"])
@pytest.mark.parametrize("raw", [post(), without(post(), "blog", "name")])
def test_a_partner_blog_is_recognised_however_it_is_written(tmp_path, listed, raw):
    record = {"blog": blog("formerly")}

    item = only(tmp_path, raw, record, facts={"partner_blogs": listed})

    assert codes(item) == {"brand_partner"}


def test_a_record_without_id_speaks_against_every_name_a_blog_had(tmp_path):
    renamed = post(1, blog=blog("formerly"), blog_name="formerly")
    nameless = {"blog": {"name": "alice", "type": "private"}}

    found = items(tmp_path, "tumblr", renamed, post(2), nameless)

    assert [codes(item) for item in found] == [{"private"}, {"private"}]


def test_an_id_that_javascript_rounded_is_read_from_the_text_beside_it(tmp_path):
    rounded = post(706888475865137200, id_string="706888475865137152")

    (item,) = items(tmp_path, "tumblr", rounded)

    assert item.native_id == "706888475865137152"


@pytest.mark.parametrize("other", ["706888475865999999", "70688847586513715", "", None, 7])
def test_an_id_given_in_two_ways_is_none(tmp_path, other):
    (item,) = items(tmp_path, "tumblr", post(706888475865137200, id_string=other))

    assert item.native_id is None


def test_a_post_without_content_is_said_to_have_none(tmp_path):
    (item,) = items(tmp_path, "tumblr", without(without(post(), "content"), "layout"))

    assert "it has no content" in " ".join(str(reason) for reason in judge(item).reasons)


def test_a_post_with_the_author_of_a_community_must_say_which_community(tmp_path):
    raw = post(blog=blog("town", TOWN), blog_name="town", author_blog=blog())

    item = only(tmp_path, raw)

    assert judge(item).verdict is Verdict.HOLD
    assert "community_unknown" in codes(item)


def test_the_author_of_a_group_blogs_post_is_in_it_once_it_is_known_to_be_in_no_community(tmp_path):
    raw = post(author_blog=blog("bob", BOB), post_author="bob")

    (unknown,) = items(tmp_path, "tumblr", raw)
    (known,) = items(tmp_path, "tumblr", raw, facts={"post.community": "none"})

    assert "community_unknown" in codes(unknown)
    assert judge(known).verdict is Verdict.SHARE
    assert BOB in [p.native_id for p in known.principals if p.role is Role.CO_AUTHOR]


def test_that_there_is_no_community_proves_nothing_of_a_post_that_names_one(tmp_path):
    raw = post(author_blog=blog("bob", BOB), community={"visibility": "private"})

    (item,) = items(tmp_path, "tumblr", raw, facts={"post.community": "none"})

    assert judge(item).verdict is Verdict.EXCLUDE


def test_that_a_blog_has_drafts_says_nothing_of_what_it_published(tmp_path):
    told_to_its_owner = blog(admin=True, drafts=4, queue=3, messages=1, followers=7)

    assert shared(tmp_path, "tumblr", json.dumps(envelope(post(), blog=told_to_its_owner)))


PICTURE = {"url": "https://64.media.example/1.png", "type": "image/png", "width": 9}


def image(**more):
    return {"type": "image", "media": [PICTURE]} | more


INSIDE = [
    {"content": [image(media=[PICTURE | {"is_private": True}])]},
    {"content": [image(exif={"hidden": True})]},
    {"content": [{"type": "text", "text": "a", "formatting": [{"visibility": "friends"}]}]},
    {"content": [{"type": "poll", "question": "a", "settings": {"members_only": True}}]},
    {"content": [image(attribution={"type": "app", "app": {"do_not_train": True}})]},
    {
        "content": [image()],
        "layout": [{"type": "rows", "display": [{"blocks": [0], "removed": 1}]}],
    },
]


@pytest.mark.parametrize(
    "raw",
    [
        *(pytest.param(post(**one), id=f"post {n}") for n, one in enumerate(INSIDE)),
        *(
            pytest.param(post(trail=[trail_item(**one)]), id=f"trail {n}")
            for n, one in enumerate(INSIDE)
        ),
        pytest.param(post(share_popover_data={"is_private": 1}), id="what nobody knows"),
        pytest.param(post(summary=[{"is_private": 1}]), id="what is not read"),
    ],
)
@pytest.mark.parametrize("times", [1, 20])
def test_a_mark_in_an_object_of_a_post_holds_it_among_many_like_it(tmp_path, raw, times):
    same = [post(2000 + n, content=[image()]) for n in range(times)]

    found = items(tmp_path, "tumblr", "\n".join(json.dumps(one) for one in (*same, raw)))

    held = [item for item in found if "mark_not_read" in codes(item)]
    assert [judge(item).verdict for item in held] == [Verdict.HOLD]
    assert [item.native_id for item in held] == [str(raw["id"])]


def test_objects_as_tumblr_writes_them_hold_nothing(tmp_path):
    poll = {"answers": [{"client_id": "a", "answer_text": "b"}], "question": "c", "type": "poll"}
    ends = {"close_status": "closed-after", "expire_after": 604_800, "multiple_choice": False}
    mention = {"type": "mention", "start": 0, "end": 1, "blog": {"uuid": "t:x", "is_adult": True}}
    usual = post(
        content=[
            image(colors={"c0": "a1b2c3"}, exif={"ISO": 100}, poster=[PICTURE | {"cropped": True}]),
            {"type": "text", "text": "a", "formatting": [mention]},
            poll | {"settings": ends},
        ],
        layout=[{"type": "rows", "display": [{"blocks": [0], "mode": {"type": "weighted"}}]}],
        notes=[{"type": "reply", "is_private": True}],
        reblog={"comment": "", "tree_html": ""},
    )

    assert shared(tmp_path, "tumblr", json.dumps(usual))
