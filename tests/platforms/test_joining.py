from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.joining import Facts, Known, joined
from platforms.keys import Keyring
from platforms.records import (
    Evidence,
    FactReading,
    Identity,
    Item,
    ItemRef,
    Principal,
    Role,
    Verdict,
    Visibility,
)
from platforms.visibility import EXCLUDING, judge

KEYRING = Keyring(b"k" * 32)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PLACE = "t5_cats"
GAP = Evidence("container", Visibility.UNKNOWN, "type_unknown", about=PLACE)
PUBLIC_ITEM = Evidence("item", Visibility.PUBLIC, "state")
OPEN = Evidence("container", Visibility.PUBLIC, "open_to_all")
CLOSED = Evidence("container", Visibility.PRIVATE, "private")
GARBLED = Evidence("container", Visibility.UNKNOWN, "type_unknown", "it is 7")
ADULT = Evidence("container", Visibility.ADULT, "adult")

EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(["item", "container", "account", "parent"]),
    st.sampled_from(Visibility),
    st.sampled_from(["type_unknown", "rating_unknown", "private"]),
    about=st.sampled_from(["", PLACE, "t5_dogs"]),
)
FACTS = st.lists(
    st.builds(
        FactReading,
        platform=st.just("reddit"),
        about=st.sampled_from([PLACE, "t5_dogs"]),
        settles=st.frozensets(st.sampled_from(["type_unknown", "rating_unknown"]), min_size=1),
        evidence=st.lists(EVIDENCE, min_size=1, max_size=3)
        .map(tuple)
        .filter(lambda found: any(e.visibility is not Visibility.ADULT for e in found)),
    ),
    max_size=4,
)


def item(*evidence: Evidence) -> Item:
    return Item(
        platform="reddit",
        kind="post",
        native_id="1",
        principals=(Principal(Role.OWNER, Identity.STABLE, "t2_alice", "alice"),),
        evidence=evidence,
        published_at=NOON,
        observed_at=NOON,
    )


def fact(*evidence: Evidence, about=PLACE, settles=("type_unknown",)) -> FactReading:
    return FactReading(
        platform="reddit", about=about, settles=frozenset(settles), evidence=evidence
    )


def known(*readings: FactReading) -> dict[int, Known]:
    facts = Facts(KEYRING)
    for reading in readings:
        facts.add(reading)
    return facts.by_key


def verdict(one: Item, *facts: FactReading) -> Verdict:
    return judge(joined(one, known(*facts), KEYRING)).verdict


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param((), Verdict.HOLD, id="nothing known"),
        pytest.param((fact(OPEN),), Verdict.SHARE, id="open"),
        pytest.param((fact(CLOSED),), Verdict.EXCLUDE, id="closed"),
        pytest.param((fact(OPEN), fact(CLOSED)), Verdict.EXCLUDE, id="two that disagree"),
        pytest.param((fact(CLOSED), fact(OPEN)), Verdict.EXCLUDE, id="in the other order"),
        pytest.param((fact(GARBLED),), Verdict.HOLD, id="not understood"),
        pytest.param((fact(OPEN), fact(GARBLED)), Verdict.HOLD, id="open, and not understood"),
        pytest.param((fact(OPEN, about="t5_dogs"),), Verdict.HOLD, id="of somebody else"),
        pytest.param((fact(OPEN, settles=("rating_unknown",)),), Verdict.HOLD, id="of another gap"),
        pytest.param(
            (fact(OPEN), fact(CLOSED, settles=("rating_unknown",))),
            Verdict.EXCLUDE,
            id="open, and closed for another reason",
        ),
    ],
)
def test_a_gap_is_filled_by_the_worst_of_what_is_known(facts, expected):
    assert verdict(item(PUBLIC_ITEM, GAP), *facts) is expected


def test_a_rating_reaches_the_items_of_its_container():
    complete = joined(item(PUBLIC_ITEM, GAP), known(fact(OPEN, ADULT)), KEYRING)

    judgement = judge(complete)

    assert (judgement.verdict, judgement.adult) == (Verdict.SHARE, True)


def test_what_fills_a_gap_stands_where_the_gap_was():
    gap = Evidence("embedded", Visibility.UNKNOWN, "type_unknown", about=PLACE)

    filled = joined(item(PUBLIC_ITEM, gap), known(fact(CLOSED)), KEYRING)

    assert filled.evidence == (PUBLIC_ITEM, Evidence("embedded", Visibility.PRIVATE, "private"))


def test_a_parent_is_known_by_its_own_key():
    gap = Evidence("container", Visibility.UNKNOWN, "outside", about=ItemRef(("page", "post"), "9"))
    parents = {KEYRING.item("reddit", "post", "", "9"): Known(frozenset({"outside"}), (OPEN,))}

    assert judge(joined(item(PUBLIC_ITEM, gap), parents, KEYRING)).verdict is Verdict.SHARE


@given(st.lists(EVIDENCE, max_size=5).map(tuple), FACTS)
def test_facts_never_override_what_an_item_says_itself(evidence, facts):
    found = joined(item(*evidence), known(*facts), KEYRING)

    said = [e for e in evidence if not (e.about and e.visibility is Visibility.UNKNOWN)]
    assert set(said) <= set(found.evidence)


@given(st.lists(EVIDENCE, max_size=5).map(tuple), FACTS, FACTS)
def test_one_more_fact_never_opens_what_others_closed(evidence, facts, more):
    before = verdict(item(*evidence), *facts)
    after = verdict(item(*evidence), *facts, *more)

    assert not (before is Verdict.EXCLUDE and after is not Verdict.EXCLUDE)


@given(st.lists(EVIDENCE, max_size=5).map(tuple), FACTS)
def test_a_private_fact_for_the_gap_always_excludes(evidence, facts):
    closed = fact(CLOSED, settles=("type_unknown", "rating_unknown", "private"))

    assert verdict(item(*evidence, GAP), *facts, closed) is Verdict.EXCLUDE


@given(st.lists(EVIDENCE, max_size=5).map(tuple), FACTS)
def test_facts_leave_an_item_without_gaps_as_it_is(evidence, facts):
    said = item(*(e for e in evidence if e.visibility is not Visibility.UNKNOWN))

    assert joined(said, known(*facts), KEYRING) == said


@pytest.mark.parametrize("evidence", [(), (ADULT,)])
def test_a_fact_must_say_more_than_a_rating(evidence):
    with pytest.raises(ValueError, match="more than a rating"):
        fact(*evidence)


def test_every_visibility_that_excludes_does_so_from_a_fact():
    for visibility in EXCLUDING:
        assert (
            verdict(item(PUBLIC_ITEM, GAP), fact(Evidence("container", visibility, "bad")))
            is Verdict.EXCLUDE
        )
