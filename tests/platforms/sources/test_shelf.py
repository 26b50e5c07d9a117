"""A shelf gives what was put in, as a dictionary of united values would."""

from hypothesis import given
from hypothesis import strategies as st

from platforms.sources.reddit.shelf import Shelf

NAMES = st.from_regex(r"t[1-6]_[a-z0-9]{1,13}", fullmatch=True) | st.sampled_from(
    ["t3_abc", "t1_abc", "t3_0abc", "t3_00abc", "t3_zzzzzzzzzzz", "t3_zzzzzzzzzzzz", "t3_0", "t1_0"]
)


def united(first, second):
    return (*first, *second)


@given(st.lists(st.tuples(NAMES, st.integers(0, 3)), max_size=40), st.lists(NAMES), st.integers(0))
def test_what_was_put_in_is_given_back_and_what_shares_a_place_is_united_in_order(
    entries, others, looked_at
):
    shelf, known = Shelf(united), {}
    for number, (name, value) in enumerate(entries):
        shelf.put(name, (value,))
        known[name] = (*known.get(name, ()), value)
        # Somebody may look between; what comes later counts all the same.
        _ = number == looked_at % 40 and shelf.get(name)

    assert {name: shelf.get(name) for name in {*known, *others}} == {
        name: known.get(name) for name in {*known, *others}
    }
