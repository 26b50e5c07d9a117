"""The generic format shares what is proven, and refuses what it does not know."""

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Identity, Role, Verdict
from platforms.sources import BadFact, BadInput, generic
from platforms.sources.generic.schema import record_in, schema
from platforms.visibility import judge
from tests.platforms.sources.anywhere import (
    FACTS,
    PLATFORM,
    account,
    container,
    dump,
    embedded,
    item,
    lines,
    parent,
    person,
    reply,
)
from tests.platforms.sources.dumps import (
    codes,
    items,
    read,
    readings,
    replaced,
    shared,
    verdicts,
    without,
)

SHIPPED = json.loads((Path(generic.__file__).parent / "schema.json").read_text())
SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
RICH = item(
    principals=[person(), person("media_credit", "bob", handle="Bob")],
    embedded=[embedded()],
    title="Low tide",
    tags=["sea"],
    media=[{"kind": "image", "url": "https://tides.example/1.jpg", "alt": "boats"}],
    signals=[],
)
EVERY = [RICH, reply(), parent(), container(indexable=True), account(handle="alice", signals=[])]


def only(tmp_path, record, *facts):
    *_, found = items(tmp_path, "generic", lines(record, *(facts or FACTS)))
    return found


def test_what_is_proven_in_every_respect_is_shared(tmp_path):
    found = verdicts(tmp_path, "generic", dump(item(), reply(), RICH | {"id": "9"}))

    assert found == {
        ("post", "2"): Verdict.SHARE,
        ("comment", "3"): Verdict.SHARE,
        ("post", "9"): Verdict.SHARE,
    }


def test_facts_may_come_after_and_from_another_file(tmp_path):
    found = shared(tmp_path, "generic", lines(item()), lines(*FACTS))

    assert [one.text for one in found] == ["The harbour at low tide."]


def test_everybody_is_named_with_their_platform(tmp_path):
    one = only(tmp_path, reply(principals=[person(handle="@Alice")], embedded=[embedded()]))

    assert [(p.role, p.identity, p.native_id, p.handle) for p in one.principals] == [
        (Role.OWNER, Identity.STABLE, f"{PLATFORM}:alice", f"{PLATFORM}:Alice"),
        (Role.CONTAINER, Identity.STABLE, f"{PLATFORM}/container:harbour", None),
        (Role.QUOTED, Identity.STABLE, f"{PLATFORM}:bob", None),
        (Role.CONTAINER, Identity.STABLE, f"{PLATFORM}:bob", None),
    ]
    assert one.container_id == PLATFORM


CLOSED = [
    *("login_only", "restricted", "private", "unpublished", "removed_author"),
    *("removed_platform", "account_gone", "expired"),
]
FLAGS = ["paid", "commercial", "ephemeral", "minor"]
CHANGES = [{"visibility": state} for state in CLOSED] + [{flag: True} for flag in FLAGS]
PLACES = {
    "item": lambda **changes: (item(**changes), FACTS),
    "parent": lambda **changes: (reply(), (*FACTS, parent(**changes))),
    "embedded": lambda **changes: (item(embedded=[embedded(**changes)]), FACTS),
}
FACT_CHANGES = [c for c in CHANGES if "ephemeral" not in c]


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: "-".join(map(str, next(iter(c.items())))))
@pytest.mark.parametrize("place", PLACES)
def test_what_is_not_public_anywhere_around_an_item_excludes_it(tmp_path, place, change):
    record, facts = PLACES[place](**change)

    found = only(tmp_path, record, *facts)

    assert judge(found).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize("change", FACT_CHANGES, ids=str)
@pytest.mark.parametrize("name", ["alice", "bob", "harbour"])
def test_an_account_or_container_that_is_not_public_excludes_what_is_in_it(tmp_path, name, change):
    fact = account(name, **change) if name != "harbour" else container(**change)
    fact = {k: v for k, v in fact.items() if name != "harbour" or k != "minor"}
    is_told = change.keys() <= fact.keys()

    found = only(tmp_path, reply(embedded=[embedded()]), *FACTS, fact)

    assert judge(found).verdict is (Verdict.EXCLUDE if is_told else Verdict.SHARE)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_sensitive_is_adult_and_what_is_unknown_is_held(tmp_path, place):
    adult, its_facts = PLACES[place](sensitive=True)
    unknown, other_facts = PLACES[place](visibility="unknown")

    assert judge(only(tmp_path, adult, *its_facts)).adult
    assert judge(only(tmp_path, unknown, *other_facts)).verdict is Verdict.HOLD


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(account(indexable=False), id="account not indexable"),
        pytest.param(container(indexable=False), id="container not indexable"),
        pytest.param(account(signals=["no_search"]), id="account signals no search"),
    ],
)
def test_whoever_does_not_want_to_be_found_is_opted_out(tmp_path, fact):
    found = only(tmp_path, item(), *FACTS, fact)

    assert judge(found).verdict is Verdict.EXCLUDE
    assert "search_discouraged" in codes(found)


@pytest.mark.parametrize("signal", ["no_ai", "no_training", "no_data_mining", "no_search"])
def test_signals_only_remove_permission(tmp_path, signal):
    medium = {"kind": "image", "url": "https://tides.example/1.jpg", "signals": [signal]}
    records = [item(signals=[signal]), item(media=[medium])]

    found = [judge(only(tmp_path, record)).verdict for record in records]
    around = only(tmp_path, reply(), *FACTS, parent(signals=[signal]))

    assert found == [Verdict.EXCLUDE] * 2
    assert judge(around).verdict is Verdict.EXCLUDE


def test_an_account_that_opted_out_excludes_its_items(tmp_path):
    found = only(tmp_path, item(), *FACTS, account(ai_opt_out=True))

    assert "platform_opt_out" in codes(found)


HELD = [
    pytest.param(item(), [account()], "container_unknown", id="container without a record"),
    pytest.param(item(), [container()], "account_unknown", id="owner without a record"),
    pytest.param(
        item(principals=[person(), person("quoted", "carol")]),
        FACTS,
        "account_unknown",
        id="quoted account without a record",
    ),
    pytest.param(item(embedded=[embedded("carol")]), FACTS, "account_unknown", id="embedded"),
    pytest.param(reply(to="77"), FACTS, "parent_outside_dump", id="parent outside the dump"),
    pytest.param(
        reply(),
        [*FACTS, parent(thread={"position": "reply", "kind": "post", "id": "1"})],
        "parent_outside_dump",
        id="parent that is its own parent",
    ),
    pytest.param(
        reply(),
        [*FACTS, parent(thread={"position": "reply", "kind": "post", "id": "0"})],
        "parent_outside_dump",
        id="grandparent outside the dump",
    ),
    pytest.param(
        reply(), [*FACTS, parent(account="carol")], "account_unknown", id="unknown author above"
    ),
    pytest.param(
        reply(), [*FACTS, parent(), parent() | {"x": 1}], "parent_closed", id="odd parent record"
    ),
    pytest.param(
        item(), [*FACTS, account() | {"x": 1}], "account_record_not_understood", id="odd account"
    ),
    pytest.param(item(principals=[]), FACTS, "owner_unknown", id="no owner"),
    pytest.param(
        item(principals=[{"role": "owner", "identity": "name", "handle": "al"}]),
        FACTS,
        "principal_name_only",
        id="owner by name",
    ),
    pytest.param(
        item(principals=[person(), {"role": "asker", "identity": "anonymous"}]),
        FACTS,
        "principal_anonymous",
        id="anonymous asker",
    ),
    pytest.param(
        item(published_at="2020-02-30T10:00:00Z"), FACTS, "published_at_unknown", id="30 February"
    ),
]


@pytest.mark.parametrize(("record", "facts", "code"), HELD)
def test_what_is_not_proven_is_held(tmp_path, record, facts, code):
    found = items(tmp_path, "generic", lines(record, *facts))[0]

    assert judge(found).verdict is Verdict.HOLD
    assert code in codes(found)


def test_whoever_is_gone_takes_the_item_along(tmp_path):
    gone = {"role": "reblog_root", "identity": "gone"}

    assert judge(only(tmp_path, item(principals=[person(), gone]))).verdict is Verdict.EXCLUDE


def test_a_long_chain_of_replies_is_followed_to_its_top(tmp_path):
    def link(number, above):
        return parent(str(number), thread={"position": "reply", "kind": "post", "id": str(above)})

    chain = [link(n, n - 1) for n in range(2, 60)]
    private = [*FACTS[:3], parent(visibility="private"), *chain]

    assert judge(only(tmp_path, reply(to="59"), *FACTS, *chain)).verdict is Verdict.SHARE
    assert judge(only(tmp_path, reply(to="59"), *private)).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize("worse", [item(visibility="private"), item() | {"x": 1}])
def test_of_two_records_of_one_item_the_open_one_is_held(tmp_path, worse):
    found = items(tmp_path, "generic", dump(item(), worse))

    assert Verdict.SHARE not in {judge(one).verdict for one in found}


def test_the_same_id_elsewhere_is_somebody_else(tmp_path):
    elsewhere = account(platform="other.example", ai_opt_out=True)

    found = only(tmp_path, item(), *FACTS, elsewhere)

    assert judge(found).verdict is Verdict.SHARE


UNKNOWN_FIELDS = [
    pytest.param(item() | {"audience": "x"}, "audience", id="item"),
    pytest.param(item(principals=[person(email="x")]), "email", id="principal"),
    pytest.param(item(thread={"position": "top", "id": "1"}), "id", id="thread"),
    pytest.param(account() | {"ephemeral": False}, "ephemeral", id="account"),
]


@pytest.mark.parametrize(("record", "name"), UNKNOWN_FIELDS)
def test_an_unknown_field_is_named_in_the_reason(tmp_path, record, name):
    found = next(iter(items(tmp_path, "generic", lines(record, item("9"), *FACTS))))

    assert judge(found).verdict is Verdict.HOLD
    assert any(f"`{name}`" in reason.detail for reason in judge(found).reasons)


def test_a_record_that_is_not_understood_is_excluded_for_what_it_says(tmp_path):
    found = only(tmp_path, item(visibility="private") | {"x": 1})

    assert judge(found).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    ("record", "denies"),
    [
        (account(visibility="private"), {"private"}),
        (account(visibility="account_gone"), {"gone"}),
        (account(visibility="removed_platform"), {"suspended"}),
        (account(paid=True), {"paid"}),
        (account(minor=True), {"minor"}),
        (account(ai_opt_out=True), {"platform_opt_out"}),
        (account(signals=["no_ai"]), {"platform_opt_out"}),
        (account(indexable=False), {"search_discouraged"}),
    ],
)
def test_what_is_read_of_an_account_is_told(tmp_path, record, denies):
    (reading,) = readings(tmp_path, "generic", lines(account(), record))

    assert (reading.native_id, reading.denies) == (f"{PLATFORM}:alice", denies)
    assert not reading.clears


def test_a_public_account_clears_what_it_contradicts_but_no_opt_out(tmp_path):
    (plain,) = readings(tmp_path, "generic", lines(account()))
    (indexable,) = readings(tmp_path, "generic", lines(account(indexable=True)))

    assert "private" in plain.clears
    assert "search_discouraged" not in plain.clears
    assert "search_discouraged" in indexable.clears
    assert "platform_opt_out" not in indexable.clears


def test_facts_are_records_so_none_can_be_asserted(tmp_path):
    with pytest.raises(BadFact):
        items(tmp_path, "generic", dump(item()), facts={"visibility": "public"})


def test_the_shipped_schema_is_the_readers(tmp_path):
    assert schema() == SHIPPED
    jsonschema.Draft202012Validator.check_schema(SHIPPED)


VALIDATOR = jsonschema.Draft202012Validator(SHIPPED)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=4),
        st.sampled_from(["public", "top", "reply", "stable", "owner", "2020-01-01T00:00:00Z\n"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["record", "id", "role", "identity", "position", "kind", "type", "url"]),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip
MISSING = object()


def paths(value, path=()):
    children = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list)
        else ()
    )  # fmt: skip
    for key, child in children:
        yield (*path, key)
        yield from paths(child, (*path, key))


SPOTS = [(record, path) for record in EVERY for path in paths(record)]


def tampered(record, value, path):
    return without(record, *path) if value is MISSING else replaced(record, value, *path)


def is_read(record):
    try:
        record_in(record)
    except msgspec.ValidationError:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SPOTS), st.one_of(JSON, st.just(MISSING)))
def test_the_reader_accepts_what_the_schema_accepts(spot, value):
    record = tampered(*spot[:1], value, spot[1])

    assert is_read(record) is VALIDATOR.is_valid(record)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(EVERY), st.text(min_size=1, max_size=5), JSON)
def test_neither_accepts_another_field(record, name, value):
    changed = {name: value} | record if name not in record else record | {name: MISSING}

    assert name in record or not (is_read(changed) or VALIDATOR.is_valid(changed))


def test_the_records_of_the_tests_are_accepted_by_both():
    assert [is_read(record) and VALIDATOR.is_valid(record) for record in EVERY] == [True] * 5


FULL = RICH | {"kind": "comment", "thread": reply()["thread"]}
NEEDED = [
    (place, record, path)
    for place, record in enumerate([FULL, *FACTS])
    for path in paths(record)
    if path[0] not in ("title", "text", "tags", "media", "signals") and "handle" not in path
]


def test_the_untouched_records_are_shared(tmp_path):
    assert len(shared(tmp_path, "generic", lines(FULL, *FACTS))) == 1


@SLOW_FIXTURES
@given(
    st.sampled_from(NEEDED),
    st.one_of(st.just(MISSING), st.none(), st.just(7), st.just("\u200b"), st.just({"x": None})),
)
def test_a_decisive_field_missing_or_garbled_anywhere_is_never_shared(tmp_path, spot, value):
    place, record, path = spot
    records = [FULL, *FACTS]
    records[place] = tampered(record, value, path)
    try:
        found = shared(tmp_path, "generic", lines(*records))
    except BadInput:
        return

    is_empty_list = value is MISSING and path[-1] == 0 and path[0] == "embedded"
    is_credit = value is MISSING and path == ("principals", 1)
    assert found == [] or is_empty_list or is_credit


@SLOW_FIXTURES
@given(st.sampled_from(SPOTS), JSON)
def test_no_structure_crashes_the_reader_or_shares_somebody_unknown(tmp_path, spot, value):
    record = tampered(spot[0], value, spot[1])
    try:
        found = items(tmp_path, "generic", lines(record, *FACTS))
    except BadInput:
        return

    for one in found:
        stable = all(p.identity is Identity.STABLE for p in one.principals)
        assert judge(one).verdict is not Verdict.SHARE or (stable and one.owner.native_id)


HOSTILE = [
    pytest.param(json.dumps(FACTS), "no record of the generic", id="a list"),
    pytest.param('{"id": 1, "type": "text"}', "no record of the generic", id="another platform"),
    pytest.param('{"a": 1}\n' * 3000, "no record of the generic", id="many lines"),
    pytest.param("<rss/>", "XML", id="XML"),
    pytest.param('{"record": "item", "record": "item"}', "same key twice", id="a key twice"),
    pytest.param("{", "JSON", id="truncated"),
    pytest.param("\n\n", "no record", id="blank"),
]


@pytest.mark.parametrize(("content", "reason"), HOSTILE)
def test_a_file_of_something_else_is_refused_whole(tmp_path, content, reason):
    with pytest.raises(BadInput, match=reason) as refused:
        items(tmp_path, "generic", content)

    assert refused.value.line is not None


def test_a_line_between_good_ones_that_is_not_understood_is_held(tmp_path):
    found = items(tmp_path, "generic", dump(item()) + '\n7\n{"record": "post"}')

    assert [judge(one).verdict for one in found] == [Verdict.SHARE, Verdict.HOLD, Verdict.HOLD]


def test_personal_data_never_gets_into_an_item(tmp_path):
    media = [{"kind": "image", "url": "https://tides.example/1.jpg?token=SECRET#SECRET"}]
    seeded = [
        item("1", media=media),
        item("2", principals=[person(email="SECRET@mail.example")]),
        item("3") | dict.fromkeys(("ip", "gps", "user_agent", "moderator"), "SECRET"),
        account("bob") | {"email": "SECRET@mail.example"},
    ]  # fmt: skip

    found = read(tmp_path, "generic", dump(*seeded))

    assert "SECRET" not in repr(found)
    assert len(shared(tmp_path, "generic", dump(*seeded))) == 1


def test_the_records_in_the_documentation_are_shared(tmp_path):
    page = Path(generic.__file__).parents[3] / "docs/platforms/generic.md"
    example = page.read_text().split("```json\n")[1].split("```")[0]

    assert len(shared(tmp_path, "generic", example)) == 1


@pytest.mark.parametrize("name", ["record", "platform", "id", "visibility"])
def test_half_a_character_is_held_and_crashes_nothing(tmp_path, name):
    found = items(tmp_path, "generic", dump(item(), item("9") | {name: "\ud800"}))

    assert [judge(one).verdict for one in found[:2]] == [Verdict.SHARE, Verdict.HOLD]


@pytest.mark.parametrize(
    "unclear",
    [
        {"platform": PLATFORM, "id": "2", "visibility": "private"},
        {"record": "item", "platform": PLATFORM, "id": "2", "deleted": True},
        {"record": "post", "platform": PLATFORM, "kind": "post", "id": "2"},
        {"record": None, "platform": PLATFORM, "id": "alice", "visibility": "private"},
        {"platform": PLATFORM, "id": "harbour"},
    ],
)
def test_a_record_that_does_not_say_what_it_is_holds_whatever_has_its_id(tmp_path, unclear):
    found = items(tmp_path, "generic", lines(item(), *FACTS, unclear))

    assert [judge(one).verdict for one in found if one.kind == "post"] == [Verdict.HOLD]


def test_a_record_that_does_not_say_what_it_is_clears_nothing(tmp_path):
    unclear = {"platform": PLATFORM, "id": "alice"}

    found = readings(tmp_path, "generic", lines(account(), unclear))

    assert [one.clears for one in found] == []


def test_a_parent_record_that_is_closed_closes_an_item_of_the_same_id(tmp_path):
    found = items(tmp_path, "generic", dump(item("1"), parent("1", visibility="private")))

    assert {judge(one).verdict for one in found if one.native_id == "1"} == {
        Verdict.SHARE,
        Verdict.EXCLUDE,
    }


def test_an_open_parent_record_is_no_item(tmp_path):
    assert items(tmp_path, "generic", lines(parent())) == []
