"""Items that are alike are read once: with the same result as if each were read by itself."""

from hypothesis import given
from hypothesis import strategies as st

from platforms.sources.reddit.alike import Alike
from platforms.sources.reddit.fields import IF_ANY, OF_COMMENTS, OF_POSTS
from platforms.sources.reddit.items import item_of
from platforms.sources.reddit.responses import Found, Shape, item_alone, records
from platforms.sources.reddit.surroundings import Surroundings
from tests.platforms.sources.dumps import NOW
from tests.platforms.sources.reddit_dumps import (
    ALICE,
    BOB,
    CLIFFS,
    TIDES,
    account,
    comment,
    crosspost,
    post,
    subreddit,
)

NAMES = sorted(
    {*OF_POSTS, *OF_COMMENTS, *IF_ANY, *post(), *comment(), "_meta", "$event", "$event.action"}
    | {"retrieved_on", "retrieved_utc", "sr_detail", "crosspost_parent", "crosspost_parent_list"}
    | {"media_metadata", "is_video", "replies", "kind", "data", "error", "interactions"}
)
WORDS = ["true", "public", "private", "moderator", "DELETED", "[removed]", "[deleted]", "alice"]
PICTURE = {"x1": {"id": "x1", "status": "valid", "m": "image/png"}}
VALUES = st.sampled_from(
    [
        *(True, False, None, 0, 1, 1.0, 1_600_000_000, 2**53 + 2, -1, 10**400, "", "\ud800"),
        *("t3_abc1", "t3_abc2", "t3_abc9", ALICE, BOB, TIDES, CLIFFS, "tides", "cliffs", "x" * 300),
        *("https://i.redd.it/a.png", "https://v.redd.it/a", " [removed] ", "\\[deleted]"),
    ]
) | st.sampled_from(
    [*WORDS, {}, [], [7], [post("abc9")], PICTURE, {"removal_type": None}, {"action": "gone"}]
)
CHANGES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2)
MISSING = st.sets(st.sampled_from(NAMES), max_size=1)
WHOLE = st.sampled_from(
    [
        *(post("abc1"), post("abc1", author="bob"), post("abc2", subreddit_id=CLIFFS)),
        *(comment("c1", "abc1"), comment("c1", "abc2"), comment("c2", "abc9"), crosspost()),
    ]
)


@st.composite
def raws(draw):
    raw = draw(WHOLE) | draw(CHANGES)
    for name in draw(MISSING):
        raw.pop(name, None)
    return raw


AROUND = st.lists(
    st.sampled_from(
        [
            *(subreddit(), subreddit("cliffs", CLIFFS, over18=True), subreddit(quarantine=True)),
            *(account(), account("bob", BOB, is_suspended=True), account(hide_from_robots=True)),
        ]
    ),
    max_size=3,
)
FACTS = st.sampled_from([{}, {"post.over_18": True}, {"subreddit.quarantine": False}])


def shape_of(raw):
    return Shape.COMMENT if "body" in raw and "title" not in raw else Shape.POST


def noted(values, others, found):
    around = Surroundings(values, NOW)
    for other in others:
        shape = Shape.SUBREDDIT if "display_name" in other else Shape.ACCOUNT
        around.note(Found(shape, other))
    for one in found:
        around.note(one)
    return around


@given(items=st.lists(raws(), min_size=1, max_size=5), others=AROUND, values=FACTS)
def test_an_item_of_a_kind_is_read_as_by_itself(items, others, values):
    found = [Found(shape_of(raw), raw) for raw in items]
    around = noted(values, others, found)
    alike = Alike(around)

    read = [alike.item_of(one) for one in (*found, *found)]

    assert read == [item_of(one, around) for one in (*found, *found)]


@given(items=st.lists(raws(), min_size=1, max_size=5), others=AROUND, values=FACTS)
def test_what_is_said_again_of_a_subreddit_need_not_be_looked_at(items, others, values):
    found = [Found(shape_of(raw), raw) for raw in items]
    quick = noted(values, others, found)
    # An empty ``sr_detail`` says nothing, and has everything looked at.
    slow = noted(values, others, [Found(f.shape, {"sr_detail": None, **f.raw}) for f in found])

    for one in found:
        assert item_of(one, quick) == item_of(one, slow)
    assert list(quick.subreddits.denials()) == list(slow.subreddits.denials())
    assert list(quick.subreddits.answers()) == list(slow.subreddits.answers())


@given(raw=raws())
def test_a_document_that_is_an_item_is_recognised_as_such(raw):
    found = item_alone(raw)

    assert found is None or [found] == list(records(raw))
