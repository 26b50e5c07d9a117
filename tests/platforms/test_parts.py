from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms import parts
from platforms.intake import taken_apart
from platforms.keys import Keyring
from platforms.parts import GAP, Pieces, text_without, who_cannot_be_cut
from platforms.records import (
    Evidence,
    Identity,
    Item,
    Media,
    MediaKind,
    Part,
    Principal,
    Role,
    Verdict,
    Visibility,
)
from platforms.visibility import judge

NOON = datetime(2026, 5, 1, tzinfo=UTC)
ALICE = Principal(Role.OWNER, Identity.STABLE, "alice")
BOB = Principal(Role.REBLOG_ROOT, Identity.STABLE, "bob")
CAROL = Principal(Role.REBLOG_VIA, Identity.STABLE, "carol")
KEYRING = Keyring(b"a secret of thirty-two bytes, yes")
CAT = Media(MediaKind.IMAGE, "https://media.example/cat.png", "a cat")
DOG = Media(MediaKind.IMAGE, "https://media.example/dog.png", "a dog")

TEXTS = st.text(st.sampled_from("a \n\U0001f431"), max_size=5)


def item(*pieces, core=(ALICE,), **facts) -> Item:
    """A public item of ``pieces``: texts, media and the people whose part it is, if it is one."""
    whole = Pieces()
    for texts, media, by in pieces:
        whole.add(texts, media, by)
    people = dict.fromkeys((*core, *(p for part in whole.parts for p in part.principals)))
    return Item(
        platform="tumblr",
        kind="post",
        native_id="1",
        principals=tuple(people),
        evidence=(
            Evidence("item", Visibility.PUBLIC, "state"),
            Evidence("container", Visibility.PUBLIC, "blog"),
        ),
        published_at=NOON,
        observed_at=NOON,
        text=whole.text,
        media=tuple(whole.media),
        parts=tuple(whole.parts),
        core=core,
        **facts,
    )


REBLOG = item(
    (["From Bob.", "", "More."], [CAT], [BOB]),
    (["From Carol."], [], [CAROL]),
    (["Mine."], [DOG], []),
)


def bound(item: Item) -> set[str | None]:
    return {person.native_id for person in who_cannot_be_cut(item)}


def test_pieces_join_to_one_text_as_they_always_did():
    assert REBLOG.text == "From Bob.\n\nMore.\n\nFrom Carol.\n\nMine."
    assert REBLOG.media == (CAT, DOG)
    assert REBLOG.parts == (Part((BOB,), 0, 16, (0,)), Part((CAROL,), 18, 29))
    assert judge(REBLOG).verdict is Verdict.SHARE


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=6))
def test_what_is_left_is_what_would_have_been_there_without_the_part(pieces):
    whole, rest = Pieces(), Pieces()
    for text, is_cut in pieces:
        whole.add([text], [], [BOB])
        rest.add([] if is_cut else [text])
    cut = {id(part) for part, c in zip_parts(whole, pieces) if c}

    left = text_without(whole.text, ((p.start, p.end) for p in whole.parts if id(p) in cut))

    assert left == rest.text


def zip_parts(whole, pieces):
    """Each part beside whether it is to be cut; empty pieces have no part."""
    return zip(whole.parts, [cut for text, cut in pieces if text], strict=True)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([Part((), 0, 16)], id="of nobody"),
        pytest.param([Part((BOB,), 0, 0)], id="of nothing"),
        pytest.param([Part((BOB,), 0, 9_999)], id="behind the end"),
        pytest.param([Part((BOB,), -5, 16)], id="before the start"),
        pytest.param([Part((BOB,), 16, 0)], id="backwards"),
        pytest.param([Part((BOB,), 0, 7)], id="half a piece"),
        pytest.param([Part((BOB,), 2, 16)], id="the other half"),
        pytest.param([Part((BOB,), 0, 16), Part((CAROL,), 0, 29)], id="over another"),
        pytest.param([Part((BOB,), 0, 16, (2,))], id="with a medium that is not there"),
        pytest.param([Part((BOB,), 0, 0, (0,)), Part((CAROL,), 0, 0, (0,))], id="of one medium"),
        pytest.param([Part((BOB,), 0, 16, (True,))], id="with a medium that is no number"),
        pytest.param([Part((BOB,), "0", 16)], id="with a start that is no number"),
        pytest.param([Part([BOB], 0, 16)], id="with people that are no tuple"),
        pytest.param([Part(("bob",), 0, 16)], id="with people that are none"),
        pytest.param([Part((CAT,), 0, 16)], id="with a cat"),
        pytest.param(
            [Part((Principal(Role.QUOTED, Identity.STABLE, "dave"),), 0, 16)], id="of a stranger"
        ),
        pytest.param(["text"], id="no part at all"),
    ],
)
def test_an_item_with_a_part_that_is_not_whole_is_held(parts):
    judgement = judge(msgspec.structs.replace(REBLOG, parts=tuple(parts)))

    assert [reason.code for reason in judgement.reasons] == ["item_malformed"]


def test_a_core_of_somebody_who_is_not_in_the_item_is_held():
    stranger = Principal(Role.OWNER, Identity.STABLE, "dave")

    assert judge(msgspec.structs.replace(REBLOG, core=(stranger,))).verdict is Verdict.HOLD


def test_a_part_of_somebody_who_is_gone_withholds_all_of_it():
    gone = Principal(Role.REBLOG_ROOT, Identity.GONE, "bob")

    judgement = judge(item((["Words."], [], [gone]), (["Mine."], [], [])))

    assert judgement.verdict is Verdict.EXCLUDE


def test_only_those_in_parts_alone_can_be_cut():
    assert bound(REBLOG) == {"alice"}
    assert bound(msgspec.structs.replace(REBLOG, core=(ALICE, BOB))) == {"alice", "bob"}


def test_nobody_can_be_cut_where_nothing_says_who_is_in_the_core():
    assert bound(msgspec.structs.replace(REBLOG, core=None)) == {"alice", "bob", "carol"}


def test_somebody_who_is_in_no_part_cannot_be_cut():
    via = Principal(Role.REBLOG_VIA, Identity.STABLE, "dave")

    more = msgspec.structs.replace(REBLOG, principals=(*REBLOG.principals, via))

    assert bound(more) == {"alice", "dave"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param(["A secret line."], [], id="words"),
        pytest.param(["A title."], [], id="title"),
        pytest.param(["cats"], [], id="tag"),
        pytest.param(["x"], [CAT], id="medium"),
        pytest.param(["a dog"], [], id="alternative text"),
    ],
)
def test_whoever_is_repeated_outside_their_part_cannot_be_cut(said, shown):
    mine = (["Mine.\n a SECRET line. "], [DOG, *shown], [])

    assert bound(item((said, shown, [BOB]), mine, title="A title.", tags=("cats",))) == {
        "alice",
        "bob",
    }


@pytest.mark.parametrize(
    ("said", "repeated"),
    [
        pytest.param("A secret line.", "> A secret line.", id="quoted in Markdown"),
        pytest.param("A secret line.", "“A  secret line”", id="quoted in print"),
        pytest.param("A secret line.", "— a\u200b secret\u00a0line!", id="with other signs"),
        pytest.param("A secret line.", "&gt; A secret line.", id="quoted in escaped Markdown"),
        pytest.param("A secret line.", "<p>A <b>secret</b>&nbsp;line.</p>", id="in HTML"),
        pytest.param("Un secret à moi", "Un secret a\u0300 moi", id="with other accents"),
        pytest.param("\U0001f431 \U0001f431", " \U0001f431 \U0001f431 ", id="without words"),
    ],
)
def test_a_line_that_is_quoted_as_a_line_binds_whoever_said_it(said, repeated):
    quoted = item(([said], [], [BOB]), ([f"Mine.\n{repeated}"], [], []))

    assert bound(quoted) == {"alice", "bob"}


def test_lines_of_other_signs_are_other_lines():
    apart = item((["\U0001f431"], [], [BOB]), (["\U0001f436"], [], []))

    assert bound(apart) == {"alice"}


USUAL, ODD = ["a", "A!", "b", "c", "d e", "D. E.", "f"], ["<b>a</b>", "&amp;", "--", "\u00e9", " "]
LINES = st.lists(st.sampled_from(USUAL), max_size=2) | st.lists(st.sampled_from(ODD), max_size=1)
SAID = LINES.flatmap(
    lambda lines: st.sampled_from(["\n", "\r", "\x0b", "\x1c", "\u2028"]).map(
        lambda between: between.join(lines)
    )
)
SHOWN = st.builds(Media, st.just(MediaKind.IMAGE), st.sampled_from(["a", "c", "d"]), SAID)


@settings(max_examples=500)
@given(SAID, SAID, SAID, SAID, st.lists(SHOWN, max_size=1), st.lists(SHOWN, max_size=1))
def test_what_is_seen_at_a_glance_is_what_a_look_at_each_line_finds(
    first, second, mine, title, theirs, own
):
    whole = item(([first], theirs, [BOB]), ([second], [], [CAROL]), ([mine], own, []), title=title)
    at_a_glance = who_cannot_be_cut(whole)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_says_nothing_twice", lambda item: False)
        assert who_cannot_be_cut(whole) == at_a_glance


def test_two_who_say_the_same_are_both_bound():
    same = item((["Same."], [], [BOB]), (["Same."], [], [CAROL]), (["Mine."], [], []))

    assert bound(same) == {"alice", "bob", "carol"}


def test_somebody_who_repeats_himself_can_be_cut_from_all_of_it():
    twice = item((["Same."], [], [BOB]), (["Same."], [], [BOB]), (["Mine."], [], []))

    assert bound(twice) == {"alice"}


def keys_in(one):
    return {person: KEYRING.principal(one.platform, person) for person in one.principals}


def test_a_part_is_known_by_every_name_of_its_people():
    renamed = msgspec.structs.replace(BOB, handle="robert")
    twice = item(
        (["Old."], [], [msgspec.structs.replace(BOB, handle="bobby")]),
        (["New."], [], [renamed]),
        (["Mine."], [], []),
    )

    core, parts = taken_apart(twice, keys_in(twice))

    every_name = sorted(
        [
            KEYRING.account("tumblr", "bob"),
            KEYRING.handle("tumblr", "bobby"),
            KEYRING.handle("tumblr", "robert"),
        ]
    )
    assert core == [KEYRING.account("tumblr", "alice")]
    assert [part.account_keys for part in parts] == [every_name, every_name]


def test_somebody_in_the_core_is_bound_by_every_name():
    named = msgspec.structs.replace(BOB, role=Role.CO_AUTHOR, handle="robert")
    both = item((["Old."], [], [BOB]), (["Mine."], [], []), core=(ALICE, named))

    core, _ = taken_apart(both, keys_in(both))

    assert KEYRING.account("tumblr", "bob") in core


def test_an_item_of_too_many_parts_is_not_cut():
    many = item(*((["x"], [], [BOB]) for _ in range(1_001)), (["Mine."], [], []))

    assert GAP in many.text
    assert taken_apart(many, keys_in(many)) == (None, None)


def test_whose_item_it_is_cannot_be_cut_from_it_though_only_a_part_names_them():
    odd = item((["Alice."], [], [ALICE]), (["Mine."], [], []), core=(CAROL,))

    assert bound(odd) == {"alice", "carol"}
