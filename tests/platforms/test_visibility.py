"""The rule: everything needed is known and good, or nothing is shared."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.records import (
    AccountReading,
    Evidence,
    Identity,
    Item,
    Principal,
    Role,
    Verdict,
    Visibility,
)
from platforms.visibility import EXCLUDING, judge

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OWNER = Principal(Role.OWNER, Identity.STABLE, "t:alice", "alice")
GOOD = Item(
    platform="tumblr",
    kind="post",
    native_id="1",
    principals=(OWNER,),
    evidence=(
        Evidence("item", Visibility.PUBLIC, "state"),
        Evidence("container", Visibility.PUBLIC, "blog"),
    ),
    published_at=NOW - timedelta(days=1),
    observed_at=NOW,
)


def changed(**changes):
    return msgspec.structs.replace(GOOD, **changes)


def with_evidence(*evidence):
    return changed(evidence=GOOD.evidence + evidence)


def with_principals(*principals):
    return changed(principals=principals)


def test_what_a_record_says_is_the_first_reason_and_not_that_it_has_no_id():
    doubt = Evidence("item", Visibility.UNKNOWN, "download_proves_nothing")
    entry = msgspec.structs.replace(with_evidence(doubt), native_id=None)

    found = [reason.code for reason in judge(entry).reasons]

    assert found == ["download_proves_nothing", "native_id_unknown"]


def test_an_item_of_which_everything_is_known_and_good_is_shared():
    judgement = judge(GOOD)

    assert judgement.verdict is Verdict.SHARE
    assert judgement.reasons == ()


@pytest.mark.parametrize(
    ("item", "code"),
    [
        pytest.param(changed(native_id=None), "native_id_unknown", id="no id"),
        pytest.param(changed(native_id=""), "native_id_unknown", id="empty id"),
        pytest.param(changed(evidence=()), "container_unproven", id="no evidence at all"),
        pytest.param(changed(evidence=GOOD.evidence[:1]), "container_unproven", id="no container"),
        pytest.param(changed(evidence=GOOD.evidence[1:]), "item_unproven", id="no item level"),
        pytest.param(
            changed(required=frozenset(), evidence=()), "item_unproven", id="asks for nothing"
        ),
        pytest.param(changed(required=frozenset({"parent"})), "parent_unproven", id="no parent"),
        pytest.param(
            with_evidence(Evidence("item", Visibility.UNKNOWN, "rating_unknown")),
            "rating_unknown",
            id="one unknown field",
        ),
        pytest.param(
            with_evidence(Evidence("planet", Visibility.PUBLIC, "x")),
            "level_not_understood",
            id="evidence of an unknown level",
        ),
        pytest.param(
            with_evidence(Evidence("item", "brand_new", "new_kind")), "new_kind", id="new value"
        ),
        pytest.param(with_principals(), "owner_unknown", id="nobody in it"),
        pytest.param(
            with_principals(msgspec.structs.replace(OWNER, role=Role.ASKER)),
            "owner_unknown",
            id="no owner",
        ),
        pytest.param(
            with_principals(OWNER, Principal(Role.ASKER, Identity.NAME, handle="bob")),
            "principal_name_only",
            id="somebody known by name",
        ),
        pytest.param(
            with_principals(OWNER, Principal(Role.ASKER, Identity.ANONYMOUS)),
            "principal_anonymous",
            id="somebody unknown",
        ),
        pytest.param(
            with_principals(OWNER, Principal(Role.ASKER, Identity.STABLE)),
            "principal_name_only",
            id="stable without an id",
        ),
        pytest.param(changed(published_at=None), "published_at_unknown", id="no date"),
        pytest.param(
            changed(published_at=datetime(2020, 1, 1)),
            "published_at_unknown",
            id="date without zone",
        ),
        pytest.param(
            changed(published_at=datetime(1, 1, 1, tzinfo=UTC)), "published_at_unknown", id="year 1"
        ),
        pytest.param(
            changed(published_at=datetime(1970, 1, 1, tzinfo=UTC)),
            "published_at_unknown",
            id="no seconds since 1970",
        ),
        pytest.param(changed(observed_at=None), "observed_at_unknown", id="not known when read"),
    ],
)
def test_what_is_not_known_is_held(item, code):
    judgement = judge(item)

    assert judgement.verdict is Verdict.HOLD
    assert code in {reason.code for reason in judgement.reasons}


@pytest.mark.parametrize("visibility", sorted(EXCLUDING))
@pytest.mark.parametrize("level", ["item", "parent", "container", "account", "embedded"])
def test_what_is_not_public_at_any_level_is_excluded(level, visibility):
    judgement = judge(with_evidence(Evidence(level, visibility, "no")))

    assert judgement.verdict is Verdict.EXCLUDE
    assert judgement.reasons[0].code == "no"


def test_every_visibility_is_shared_held_or_excluded_on_purpose():
    others = {Visibility.PUBLIC, Visibility.ADULT, Visibility.UNKNOWN}

    assert set(Visibility) == EXCLUDING | others


def test_somebody_who_is_gone_cannot_be_asked():
    judgement = judge(with_principals(OWNER, Principal(Role.REBLOG_ROOT, Identity.GONE)))

    assert judgement.verdict is Verdict.EXCLUDE


def test_what_is_to_be_published_later_is_excluded():
    judgement = judge(changed(published_at=NOW + timedelta(seconds=1)))

    assert judgement.verdict is Verdict.EXCLUDE
    assert judgement.reasons[0].code == "published_in_the_future"


def test_adult_is_a_flag_that_only_an_agreement_admits():
    judgement = judge(with_evidence(Evidence("container", Visibility.ADULT, "adult")))

    assert judgement.verdict is Verdict.SHARE
    assert judgement.adult
    assert judgement.under(adult=True).verdict is Verdict.SHARE
    assert judgement.under(adult=False).verdict is Verdict.EXCLUDE
    assert judgement.under(adult=False).reasons[0].code == "adult"


def test_an_adult_rating_alone_proves_nothing_public():
    only_rated = changed(
        evidence=(GOOD.evidence[0], Evidence("container", Visibility.ADULT, "adult"))
    )

    assert judge(only_rated).verdict is Verdict.HOLD


def test_an_agreement_on_adult_items_admits_nothing_else():
    private = Evidence("item", Visibility.PRIVATE, "private")
    adult = Evidence("item", Visibility.ADULT, "adult")

    assert judge(with_evidence(adult, private)).under(adult=True).verdict is Verdict.EXCLUDE


EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(["item", "parent", "container", "account", "embedded"]),
    st.sampled_from(Visibility),
    st.just("x"),
)
PRINCIPALS = st.builds(Principal, st.sampled_from(Role), st.sampled_from(Identity), st.just("1"))
RANK = [Verdict.SHARE, Verdict.HOLD, Verdict.EXCLUDE]


@given(st.lists(EVIDENCE, max_size=4), st.lists(PRINCIPALS, max_size=3), EVIDENCE, PRINCIPALS)
def test_more_knowledge_never_makes_an_item_more_public_once_levels_are_proven(
    evidence, principals, one_more, another
):
    before = changed(evidence=GOOD.evidence + tuple(evidence), principals=(OWNER, *principals))
    after = changed(evidence=(*before.evidence, one_more), principals=(*before.principals, another))

    assert RANK.index(judge(after).verdict) >= RANK.index(judge(before).verdict)


FIELDS_THAT_DECIDE = [
    name
    for name in Item.__struct_fields__
    if name not in ("container_id", "title", "text", "tags", "media", "required", "parts", "core")
]


@pytest.mark.parametrize("garbage", [None, "", 7, [], {}, (None,)], ids=repr)
@pytest.mark.parametrize("field", FIELDS_THAT_DECIDE)
def test_an_item_with_a_field_that_is_empty_or_garbage_is_not_shared(field, garbage):
    assert judge(changed(**{field: garbage})).verdict is Verdict.HOLD


@pytest.mark.parametrize("field", ["title", "text", "tags", "media", "required", "parts", "core"])
def test_even_content_must_have_its_type(field):
    assert judge(changed(**{field: 7})).verdict is Verdict.HOLD


def test_no_reading_of_a_platform_clears_an_opt_out():
    with pytest.raises(ValueError, match="only a person"):
        AccountReading(
            platform="wordpress", native_id="tides.example", clears=frozenset({"platform_opt_out"})
        )
