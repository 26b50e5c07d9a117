"""What is known of parents is what a dictionary of all appearances would tell."""

import tracemalloc

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.records import Visibility
from platforms.sources.wordpress.parents import CONFLICT, Appearance, Numbers, Parents

IDS = st.sampled_from(["1", "2", "3", "999999999", "1000000000", "4294967297", "9" * 20])
MARKS = st.sampled_from([(), ((Visibility.PRIVATE, "status_private"),)])
APPEARANCES = st.builds(
    Appearance,
    kind=st.sampled_from(["post", "attachment"]),
    creator=st.sampled_from([None, "alice"]),
    co_authors=st.lists(st.sampled_from([None, "bob", "carol"]), max_size=2).map(tuple),
    parent=st.none() | IDS,
    marks=MARKS,
)
ENTRIES = st.lists(st.tuples(IDS, APPEARANCES), max_size=12)


def united(one, other):
    """Both, if only their co-authors differ."""
    if one == other:
        return one
    everybody = tuple(dict.fromkeys([*one.co_authors, *other.co_authors]))
    first, second = (msgspec.structs.replace(each, co_authors=()) for each in (one, other))
    return msgspec.structs.replace(one, co_authors=everybody) if first == second else CONFLICT


@settings(deadline=None)
@given(first=ENTRIES, second=ENTRIES, looked_at=st.none() | IDS)
def test_every_appearance_of_a_post_counts_whichever_file_it_stands_in(first, second, looked_at):
    parents, others, known = Parents(), Parents(), {}
    for number, appearance in first:
        parents.add(number, appearance)
    # Somebody may look between; what comes later counts all the same.
    _ = looked_at and parents.get(looked_at)
    for number, appearance in second:
        others.add(number, appearance)
    parents.update(others)
    for number, appearance in (*first, *second):
        known[number] = united(known.get(number, appearance), appearance)

    assert {number: parents.get(number) for number in known} == known
    assert parents.get("4") is None
    assert parents.get("77777777777") is None


@settings(deadline=None)
@given(first=st.lists(IDS), second=st.lists(IDS), approved=st.lists(IDS))
def test_a_comment_that_one_appearance_does_not_approve_is_known(first, second, approved):
    parents, others = Parents(), Parents()
    for number in first:
        parents.add_comment(number, is_approved=False)
    for number in second:
        others.add_comment(number, is_approved=False)
    for number in approved:
        others.add_comment(number, is_approved=True)
    parents.update(others)

    assert {one for one in (*first, *second, *approved, "4") if parents.is_unapproved(one)} == {
        *first,
        *second,
    }
    assert not parents.is_unapproved(None)


def test_a_post_costs_little_more_than_a_dozen_bytes():
    parents = Parents()
    tracemalloc.start()

    for number in range(1, 100_001):
        parents.add(str(number), Appearance("attachment", "alice", (), str(number // 2 + 1), ()))

    cost = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert cost < 16 * 100_000
    assert parents.get("70000") == Appearance("attachment", "alice", (), "35001", ())


def test_no_id_is_among_none():
    assert "1" not in Numbers()
    assert Parents().get("1") is None
