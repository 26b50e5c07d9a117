"""Items that are alike are read once: with the same result as if each were read by itself."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.batches import FEW, Batch, one_by_one
from platforms.records import AccountReading, FactReading, Item
from platforms.sources import SOURCES, columns
from platforms.sources.columns import Columns
from platforms.sources.reddit import alike, kinds
from platforms.sources.reddit.alike import Alike
from platforms.sources.reddit.fields import (
    ADULT_ADS,
    IF_ANY,
    LOOKED_INTO,
    OF_COMMENTS,
    OF_POSTS,
    SAY_NOTHING,
)
from platforms.sources.reddit.items import KINDS, item_of, items_of_event, odd_item
from platforms.sources.reddit.kept import MAKES, SAID
from platforms.sources.reddit.kinds import Kinds
from platforms.sources.reddit.recordings import is_recording, recorded
from platforms.sources.reddit.responses import Found, NotReddit, Shape, item_alone, records
from platforms.sources.reddit.surroundings import Surroundings
from platforms.sources.reddit.usual import Records
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
    | {*ADULT_ADS, *LOOKED_INTO, *SAY_NOTHING, "thumbnail", "brand_new"}
)
WORDS = [
    "true",
    "public",
    "private",
    "moderator",
    "DELETED",
    "[removed]",
    "[deleted]",
    "alice",
    "nsfw",
]
PICTURE = {"x1": {"id": "x1", "status": "valid", "m": "image/png"}}
VALUES = st.sampled_from(
    [
        *(True, False, None, 0, 1, 1.0, 1_600_000_000, 2**53 + 2, -1, 10**400, "", "\ud800"),
        *("t3_abc1", "t3_abc2", "t3_abc9", ALICE, BOB, TIDES, CLIFFS, "tides", "cliffs", "x" * 300),
        *("Low\0tide", "[deleted]\0", "t3_abc1 "),
        *("https://i.redd.it/a.png", "https://v.redd.it/a", " [removed] ", "\\[deleted]"),
    ]
) | st.sampled_from(
    [
        *(*WORDS, {}, [], [7], [post("abc9")], PICTURE, {"action": "gone"}),
        *({"removal_type": None}, {"note": [1]}, {"retrieved_2nd_on": True, "note": 0}),
        *({"retrieved_2nd_on": 1_700_000_000}, {"was_deleted_later": 1.0}),
        *({"was_deleted_later": True}, {"was_deleted_later": 1}),
        *({"a": {"is_private": True}}, [[{"removed": 1}]], {"status": "private"}, {"x": []}),
    ]
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


@given(
    items=st.lists(raws(), min_size=1, max_size=5),
    others=AROUND,
    values=FACTS,
    times=st.sampled_from([1, FEW]),
)
def test_an_item_of_a_kind_is_read_as_by_itself(items, others, values, times):
    found = [Found(shape_of(raw), raw) for raw in items] * times
    around, records = noted(values, others, []), Records()
    own, rows, usual = Kinds(around, records), Columns(SAID, MAKES), []
    for one in found:
        record = records.of(one.raw)
        row = own.row_of(record, one.shape) if record else None
        if row is None:
            around.note(one)
        else:
            rows.add(row, 0)
            usual.append(one)

    read = Alike(around, own).read(rows.batch()) if usual else ()

    slow = noted(values, others, found)
    assert Counter(one_by_one(read)) == Counter(item_of(one, slow) for one in usual)


def test_most_items_of_a_dump_come_in_batches(tmp_path):
    path = tmp_path / "dump.ndjson"
    path.write_text(lines(*[post(f"a{n}") for n in range(99)], post("bad", over_18=True)))

    read = list(SOURCES["reddit"].read([path], {}, observed_at=NOW, progress=lambda count: None))

    assert [len(one) for one in read if isinstance(one, Batch)] == [99]
    assert [one.native_id for one in read if isinstance(one, Item)] == ["bad"]


def test_few_posts_of_many_pictures_are_read_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "BATCH_CHARACTERS", 1_000)
    monkeypatch.setattr(alike, "FEW", 1)
    pictures = {
        f"harbour{n}": {"status": "valid", "m": "image/png", "id": f"harbour{n}"} for n in range(20)
    }
    shown = {"items": [{"media_id": name} for name in pictures]}
    gallery = {"media_metadata": pictures, "gallery_data": shown}
    path = tmp_path / "posts.ndjson"
    path.write_text(lines(*(post(f"a{n}", **gallery) for n in range(6))))

    read = SOURCES["reddit"].read([path], {}, observed_at=NOW, progress=lambda count: None)

    assert [len(one) for one in read if isinstance(one, Batch)] == [2, 2, 2]


@pytest.mark.parametrize("most", [0, 3])
def test_what_was_remembered_of_a_dump_is_forgotten_with_the_same_result(monkeypatch, most):
    for module in (alike, kinds):
        monkeypatch.setattr(module, "REMEMBERED", most)
    monkeypatch.setattr(alike, "PEOPLE", most)
    documents = [
        *(subreddit(), subreddit("cliffs", CLIFFS, over18=True)),
        *(post(f"a{n}", author=f"author_{n % 7}", over_18=n % 5 == 0) for n in range(40)),
        *(comment(f"c{n}", f"a{n % 40}", body="[removed]"[n % 3 :]) for n in range(90)),
    ]
    monkeypatch.setattr(columns, "STEP", 10)
    monkeypatch.setattr(columns, "BATCH_ROWS", 30)

    assert_read_one_by_one(documents, {})


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
    # Twice, so that what the first of a kind left behind is used for all of them.
    assert_read_one_by_one([subreddit(), *documents, *documents], values)


def assert_read_one_by_one(documents, values):
    found = [one for document in documents for one in found_in(document)]
    around = Surroundings(values, NOW)
    for one in found:
        around.note(one)

    read, told, size = read_of(documents, values)

    accounts = [one for one in read if isinstance(one, AccountReading)]
    facts = [one for one in read if isinstance(one, FactReading)]
    denials = [*around.accounts.denials(), *around.subreddits.denials()]
    assert Counter(one for one in read if isinstance(one, Item)) == Counter(
        item for one in found for item in items_in(one, around)
    )
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
        return list(one_by_one(read)), sum(told), path.stat().st_size


def row_of(raw):
    records = Records()
    record = records.of(raw)
    return Kinds(Surroundings({}, NOW), records).row_of(record) if record else None


@pytest.mark.parametrize(
    "raw",
    [
        *(post(), comment(), post(over_18=True), post(selftext=""), post(selftext="[removed]")),
        *(post(_meta={"was_deleted_later": True}), post(created_utc="1600000000")),
        *(post(author="[deleted]"), comment(replies=""), comment(author_fullname=None)),
        *(post(retrieved_on=1_600_000_000), post(retrieved_utc=1, retrieved_on=2)),
        post(media_metadata=PICTURE, url="https://i.redd.it/a.png"),
        post(media={"reddit_video": {"height": 9}}, brand_new=[], preview={"images": [{"a": 1}]}),
        *(post(thumbnail="nsfw"), post(whitelist_status="promo_adult_nsfw"), post(mod_note="x")),
    ],
)
def test_what_is_usual_is_read_as_of_a_kind(raw):
    assert row_of(raw) is not None


def test_a_field_that_may_say_that_something_is_closed_is_looked_at_in_every_record():
    values = {"a": False, "b": True, "c": False, "d": "yes"}

    read, *_ = read_of([post(number, isPrivate=said) for number, said in values.items()], {})

    doubted = {
        one.native_id
        for one in read
        if isinstance(one, Item) and "mark_not_read" in {found.code for found in one.evidence}
    }
    assert doubted == {"b", "d"}


@pytest.mark.parametrize(
    "raw",
    [
        *(crosspost(), post(crosspost_parent=""), post(sr_detail={}), post(kind="t3"), subreddit()),
        *(post(author_fullname=[]), post(author_fullname=0), post(isPrivate=False)),
        *(post(author=None), post(author=7), post(author="\ud800"), post(author="x" * 256)),
        *(post(subreddit_type=None), post(quarantine=0), post(subreddit_id=None)),
        *(post(subreddit="\ud800"), post(removed_by_category="x" * 600), post(over_18=10**400)),
        *(post(over_18=0), post(over_18=1.0), post(promoted_by=7), post(**{"$event": {}})),
        *(post(spam="\ud800"), comment(link_id=None), comment(link_id="\u00e9"), account()),
        *(comment(link_id="t1_abc"), comment(link_id="t3_" + "a" * 12), post("A"), post("a" * 12)),
        *(post(name=None), post(name="t3_other"), post(name="t1_abc1"), post("abc1 t3_x")),
        *(post(created_utc=None), post(created_utc=-1), post(created_utc=1.5)),
        *(post(brand_new=[0]), post(brand_new={"a": 1}), post(url={"a": 1})),
        *(post(retrieved_on="soon"), post(selftext=None), comment(body=7)),
        comment(replies=listing(thing("t1", comment("c2")))),
    ],
)
def test_what_is_unusual_is_left_to_the_rule(raw):
    assert row_of(raw) is None
