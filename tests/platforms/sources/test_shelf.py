"""A shelf gives what was put in, as a dictionary of united values would."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from platforms.sources.reddit.shelf import LONGEST, Shelf, keys_of

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


@given(st.lists(st.tuples(NAMES, st.integers(0, 3)), max_size=40), st.lists(NAMES), st.integers(0))
def test_many_are_looked_up_at_once_as_one_by_one(entries, others, cut):
    shelf = Shelf(united)
    for name, value in entries:
        shelf.put(name, (value,))
    names = [name for name in (*dict(entries), *others) if len(name) <= LONGEST]
    names = names[cut % 5 :]

    kinds = np.array([int(name[1]) for name in names], dtype=np.int64)
    # A column can be a stretch of a longer one.
    numbers = pa.array(["z", *(name[3:] for name in names)], pa.string())[1:]
    found = shelf.numbers(keys_of(kinds, numbers)).tolist()

    assert [shelf.value(number) for number in found] == [shelf.get(name) for name in names]
