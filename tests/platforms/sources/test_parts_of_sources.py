"""What can be cut from an item of each platform, for whom, and what cannot."""

import json

import pytest

from platforms.parts import text_without, who_cannot_be_cut
from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources import anywhere, reddit_dumps
from tests.platforms.sources.dumps import (
    ALICE,
    BOB,
    CAROL,
    ask,
    asked_by,
    blog,
    items,
    legacy,
    post,
    trail_item,
)

BOBS, CAROLS = blog("bob", BOB), blog("carol", CAROL)
CREDIT = {"type": "blog", "blog": CAROLS}


def text(words):
    return {"type": "text", "text": words}


def image(name, **more):
    return {"type": "image", "media": [{"url": f"https://media.example/{name}.png"}], **more}


def tumblr(tmp_path, raw):
    (item,) = items(tmp_path, "tumblr", raw)
    assert judge(item).verdict is Verdict.SHARE
    return item


def left_without(item, native_id):
    """What remains of ``item`` when everything of this person is cut; None if nothing may."""
    if native_id in {person.native_id for person in who_cannot_be_cut(item)}:
        return None
    cut = [part for part in item.parts if native_id in {p.native_id for p in part.principals}]
    media = {place for part in cut for place in part.media}
    words = text_without(item.text, ((part.start, part.end) for part in cut))
    return words, [one.url[22:-4] for n, one in enumerate(item.media) if n not in media]


@pytest.fixture
def reblog():
    return post(
        content=[text("I add this."), image("mine")],
        trail=[
            trail_item(content=[text("Bob began."), image("bobs", caption="At sea.")]),
            trail_item(CAROLS, 901, content=[text("Carol said."), text("And more.")]),
        ],
        reblogged_root_uuid=BOB,
        reblogged_root_name="bob",
        reblogged_root_id="900",
        parent_tumblelog_uuid=CAROL,
        parent_post_id="901",
    )


def test_a_trail_is_read_as_it_always_was(tmp_path, reblog):
    item = tumblr(tmp_path, reblog)

    assert item.text == "\n\n".join(
        ["Bob began.", "At sea.", "Carol said.", "And more.", "I add this."]
    )
    assert [one.url[22:-4] for one in item.media] == ["bobs", "mine"]


@pytest.mark.parametrize(
    ("who", "words", "media"),
    [
        (BOB, "Carol said.\n\nAnd more.\n\nI add this.", ["mine"]),
        (CAROL, "Bob began.\n\nAt sea.\n\nI add this.", ["bobs", "mine"]),
    ],
    ids=["the source", "in between"],
)
def test_each_segment_of_a_trail_can_be_cut(tmp_path, reblog, who, words, media):
    assert left_without(tumblr(tmp_path, reblog), who) == (words, media)


def test_the_blog_of_the_post_cannot_be_cut_from_it(tmp_path, reblog):
    assert left_without(tumblr(tmp_path, reblog), ALICE) is None


def test_whoever_reblogged_without_a_word_takes_the_reblog_with_them(tmp_path, reblog):
    reblog["trail"].pop()

    assert left_without(tumblr(tmp_path, reblog), CAROL) is None


def test_a_trail_item_goes_with_whoever_is_credited_in_it(tmp_path):
    raw = post(trail=[trail_item(content=[text("Bob."), image("carols", attribution=CREDIT)])])

    item = tumblr(tmp_path, raw)

    assert left_without(item, CAROL) == left_without(item, BOB)
    assert left_without(item, BOB) == ("The harbour at low tide.", [])


def test_a_credited_image_can_be_cut_with_its_caption(tmp_path):
    raw = post(
        content=[
            text("Look."),
            image("carols", attribution=CREDIT, caption="By Carol."),
            text("And this."),
            image("mine"),
        ]
    )

    item = tumblr(tmp_path, raw)

    assert item.text == "Look.\n\nBy Carol.\n\nAnd this."
    assert left_without(item, CAROL) == ("Look.\n\nAnd this.", ["mine"])


def test_a_question_can_be_cut_from_its_answer(tmp_path):
    item = tumblr(tmp_path, ask(asked_by()))

    assert left_without(item, BOB) == ("Because of the light.", [])


def test_a_question_that_the_answer_quotes_cannot(tmp_path):
    words = ["Why the sea?", "Because of the light.", "why the sea?"]
    raw = ask(asked_by(), content=[text(one) for one in words])

    assert left_without(tumblr(tmp_path, raw), BOB) is None


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(post(title="Whose?", trail=[trail_item()]), id="a title"),
        pytest.param(
            legacy(trail=[trail_item()], body="<blockquote>Bob</blockquote>"), id="the old format"
        ),
    ],
)
def test_where_nobody_can_tell_whose_words_are_whose_nothing_is_cut(tmp_path, raw):
    assert left_without(tumblr(tmp_path, raw), BOB) is None


def reddit(tmp_path, raw):
    (item,) = items(tmp_path, "reddit", reddit_dumps.lines(raw))
    assert judge(item).verdict is Verdict.SHARE
    return item


PICTURE = "https://i.redd.it/chalk.png"


@pytest.fixture
def crossposted():
    """Carol's post with a picture, which the crosspost repeats as Reddit does."""
    source = reddit_dumps.source(url=PICTURE)
    return reddit_dumps.crosspost(source, title="Look at this", url=PICTURE)


def test_the_post_that_a_crosspost_repeats_can_be_cut_with_its_picture(tmp_path, crossposted):
    item = reddit(tmp_path, crossposted)

    assert (item.text, [one.url for one in item.media]) == (
        "Chalk\n\nCarol wrote this first.",
        [PICTURE],
    )
    assert left_without(item, reddit_dumps.CAROL) == ("", [])
    assert item.title == "Look at this"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"title": "chalk"}, id="it has its title"),
        pytest.param({"url": "https://i.redd.it/other.png"}, id="a picture that may be anybody's"),
    ],
)
def test_a_crosspost_that_keeps_something_of_its_source_is_not_cut(tmp_path, crossposted, change):
    assert left_without(reddit(tmp_path, crossposted | change), reddit_dumps.CAROL) is None


def test_whoever_crossposted_cannot_be_cut(tmp_path, crossposted):
    item = reddit(tmp_path, crossposted)

    assert left_without(item, item.owner.native_id) is None


def generic(tmp_path, *parts, **changes):
    raw = anywhere.item(
        parts=[
            {"principals": [anywhere.person("quoted", who)], "text": words, "media": media}
            for who, words, *media in parts
        ],
        **changes,
    )
    facts = [anywhere.container(), *map(anywhere.account, ("alice", "bob", "carol"))]
    content = "\n".join(json.dumps(one) for one in (raw, *facts))
    (item,) = items(tmp_path, "generic", content)
    return item


def test_a_part_of_any_other_platforms_item_can_be_cut(tmp_path):
    picture = {"kind": "image", "url": "https://media.example/bobs.png"}
    item = generic(tmp_path, ("bob", "Bob began.", picture), ("carol", "Carol went on."))

    assert judge(item).verdict is Verdict.SHARE
    assert item.text == "Bob began.\n\nCarol went on.\n\nThe harbour at low tide."
    assert left_without(item, "tides.example:bob") == (
        "Carol went on.\n\nThe harbour at low tide.",
        [],
    )
    assert left_without(item, "tides.example:alice") is None


@pytest.mark.parametrize(
    ("part", "verdict"),
    [
        pytest.param(("dora", "Dora began."), Verdict.HOLD, id="of whom no record speaks"),
        pytest.param(("dora", ""), Verdict.HOLD, id="that is empty, of whom no record speaks"),
    ],
)
def test_everybody_in_a_part_must_be_known(tmp_path, part, verdict):
    assert judge(generic(tmp_path, part)).verdict is verdict


def test_whoever_made_an_empty_part_is_in_the_item_all_the_same(tmp_path):
    item = generic(tmp_path, ("bob", ""))

    assert left_without(item, "tides.example:bob") is None
    assert "tides.example:bob" in {person.native_id for person in item.principals}


def test_a_post_of_one_blog_alone_has_no_parts(tmp_path):
    item = tumblr(tmp_path, post())

    assert (item.parts, item.core) == ((), None)
