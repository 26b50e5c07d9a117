"""Items that are alike are read once: with the same result as if each were read by itself."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.records import AccountReading, FactReading, Item
from platforms.sources import SOURCES
from platforms.sources.reddit.alike import Alike
from platforms.sources.reddit.fields import IF_ANY, OF_COMMENTS, OF_POSTS
from platforms.sources.reddit.items import KINDS, item_of, items_of_event, odd_item
from platforms.sources.reddit.kinds import Kinds
from platforms.sources.reddit.recordings import is_recording, recorded
from platforms.sources.reddit.responses import Found, NotReddit, Shape, item_alone, records
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
    interaction,
    lines,
    listing,
    page,
    post,
    recording,
    subreddit,
    thing,
)

NAMES = sorted(
    {*OF_POSTS, *OF_COMMENTS, *IF_ANY, *post(), *comment(), "_meta", "$event", "$event.action"}
    | {"retrieved_on", "retrieved_utc", "sr_detail", "crosspost_parent", "crosspost_parent_list"}
    | {"media_metadata", "is_video", "replies", "kind", "data", "error", "interactions"}
    | {"isPrivate", "deleted_at", "visibility", "approved_at", "searchable"}
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


DOCUMENTS = st.lists(
    raws()
    | st.sampled_from(
        [
            *(subreddit(), subreddit(quarantine=True), account(), {"odd": 1}),
            account("bob", BOB, is_suspended=True),
            *({"id": "abc1", "$event": {"action": one}} for one in ("deleted", "gone", "edited")),
            *(page(post("abc1"), comment("c1")), listing(thing("t3", crosspost()))),
            *(listing(thing("t3", post("abc1", over_18=True))), listing(thing("t4", {"body": 7}))),
            recording(interaction(page(post("abc3"), comment("c3", "abc3")))),
            recording(interaction(listing(thing("t3", post(spam=True))), recorded_at=7)),
        ]
    ),
    max_size=6,
)


def found_in(document):
    try:
        return list(recorded(document) if is_recording(document) else records(document))
    except NotReddit:
        return [Found(Shape.ODD, document)]


def items_in(found, around):
    if found.shape is Shape.EVENT:
        return list(items_of_event(found.raw, around))
    if found.shape in (Shape.ODD, Shape.MESSAGE):
        return [odd_item(found, around)]
    return [item_of(found, around)] if found.shape in KINDS else []


@settings(deadline=None)
@given(documents=DOCUMENTS, values=FACTS)
def test_a_dump_is_read_as_each_of_its_records_by_itself(documents, values):
    documents = [subreddit(), *documents]
    found = [one for document in documents for one in found_in(document)]
    around = Surroundings(values, NOW)
    for one in found:
        around.note(one)

    read, told, size = read_of(documents, values)

    accounts = [one for one in read if isinstance(one, AccountReading)]
    facts = [one for one in read if isinstance(one, FactReading)]
    denials = [*around.accounts.denials(), *around.subreddits.denials()]
    assert [one for one in read if isinstance(one, Item)] == [
        item for one in found for item in items_in(one, around)
    ]
    assert [(one.native_id, one.denies, one.clears) for one in accounts] == [
        (native_id, denies, clears) for native_id, _, denies, clears in denials if denies or clears
    ]
    assert [(one.about, one.settles, one.evidence) for one in facts] == list(
        around.subreddits.answers()
    )
    assert told == size


def read_of(documents, values):
    """What is read of a file with one document on each line, and how many bytes were told."""
    asserted = {name: str(value).lower() for name, value in values.items()}
    told = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dump.ndjson"
        path.write_text(lines(*documents), encoding="utf-8")
        read = SOURCES["reddit"].read([path], asserted, observed_at=NOW, progress=told.append)
        return list(read), sum(told), path.stat().st_size


@pytest.mark.parametrize(
    "raw",
    [
        *(post(), comment(), post(over_18=True), post(selftext=""), post(selftext="[removed]")),
        *(post(_meta={"was_deleted_later": True}), post(created_utc="1600000000")),
        *(post(name=None), post(author="[deleted]"), comment(replies="")),
        post(media_metadata=PICTURE, url="https://i.redd.it/a.png"),
    ],
)
def test_what_is_usual_is_read_as_of_a_kind(raw):
    assert Kinds(Surroundings({}, NOW)).own_of(raw) is not None


def test_a_field_that_may_say_that_something_is_closed_is_looked_at_in_every_record():
    kinds = Kinds(Surroundings({}, NOW))

    found = [kinds.own_of(post(isPrivate=value)) for value in (False, True, False, "yes")]

    said = [[one.code for one in kinds.states[own.state].evidence] for own in found]
    assert said == [[], ["mark_not_read"], [], ["mark_not_read"]]


@pytest.mark.parametrize(
    "raw",
    [
        *(crosspost(), post(crosspost_parent=""), post(sr_detail={}), post(kind="t3"), subreddit()),
        *(post(author_fullname=[]), post(author_fullname=0), post(author="\u00e9")),
        *(post(author=None), post(author=7), post(author="\ud800"), post(author="x" * 256)),
        *(post(subreddit_type=None), post(quarantine=0), post(subreddit_id=None)),
        *(post(subreddit="\ud800"), post(removed_by_category="x" * 600), post(over_18=10**400)),
        *(post(spam="\ud800"), comment(link_id=None), comment(link_id="\u00e9"), account()),
        comment(replies=listing(thing("t1", comment("c2")))),
    ],
)
def test_what_is_unusual_is_left_to_the_rule(raw):
    assert Kinds(Surroundings({}, NOW)).own_of(raw) is None
