"""Of a stock catalogue only what can be licensed as data, by everybody's leave, is shared."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.records import Identity, Role, Verdict
from platforms.sources import BadFact, BadInput
from platforms.visibility import judge
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
from tests.platforms.sources.stock import FACTS, contributor, dump, image, track, video

GOOD = [
    pytest.param(image(), id="image"),
    pytest.param(video(), id="video"),
    pytest.param(track(), id="track"),
]
SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


def only(tmp_path, record, **facts):
    (item,) = items(tmp_path, "shutterstock", dump(record), facts=FACTS | facts)
    return item


@pytest.mark.parametrize("record", GOOD)
def test_what_is_licensable_and_released_is_shared(tmp_path, record):
    item = only(tmp_path, record)

    assert judge(item).verdict is Verdict.SHARE
    assert item.native_id == record["id"]
    assert item.kind == record["media_type"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param([image(), contributor()], id="list"),
        pytest.param(json.dumps(image()) + "\n" + json.dumps(contributor()), id="NDJSON"),
        pytest.param(json.dumps(dump(image())) + "\n" + json.dumps(dump()), id="pages as NDJSON"),
    ],
)
def test_every_shape_is_read(tmp_path, content):
    assert len(shared(tmp_path, "shutterstock", content, facts=FACTS)) == 1


def test_the_choice_may_come_from_another_file(tmp_path):
    found = shared(tmp_path, "shutterstock", image(), {"data": [contributor()]}, facts=FACTS)

    assert len(found) == 1


def test_what_can_be_looked_at_is_not_therefore_licensable(tmp_path):
    (item,) = items(tmp_path, "shutterstock", dump(image()))

    assert judge(item).verdict is Verdict.HOLD
    assert codes(item) == {"catalogue_unknown"}
    assert "--fact catalogue=licensable" in str(judge(item).reasons[0])


IN_NO_SIZE = image(assets={"huge_jpg": {"is_licensable": False}})
EXCLUDED = [
    pytest.param(IN_NO_SIZE, "no_size_licensable", id="licensable in no size"),
    pytest.param(image(is_editorial=True), "editorial", id="editorial image"),
    pytest.param(video(is_editorial=True), "editorial", id="editorial video"),
    pytest.param(image(is_creative=False), "editorial", id="editorial by the samples' field"),
    pytest.param(image(byline="Somebody"), "editorial", id="byline"),
    pytest.param(image(rights={"countries": ["FR"]}), "limited_to_countries", id="countries"),
    pytest.param(image(rights={"countries": "FR"}), "limited_to_countries", id="one country"),
    pytest.param(
        image(commercial_status={"status": "not available", "reason": "events"}),
        "commercial_status",
        id="commercial status",
    ),
    pytest.param(
        image(special_instructions="no covers"), "special_instructions", id="instructions"
    ),
    pytest.param(image(supplier_code="XYZ"), "third_party_supplier", id="supplier"),
    pytest.param(
        image(has_people=True, has_model_release=False), "people_without_release", id="people"
    ),
    pytest.param(
        image(models=[{"id": "M1"}], has_model_release=False), "people_without_release", id="models"
    ),
    pytest.param(
        image(has_property=True, has_property_release=False),
        "property_without_release",
        id="property",
    ),
    pytest.param(track(deleted_time="2021-01-01T00:00:00Z"), "deleted", id="deleted track"),
    pytest.param(track(published_time=None), "not_published", id="only submitted track"),
    pytest.param(
        track(published_time="2999-01-01T00:00:00Z"), "published_in_the_future", id="future track"
    ),
    pytest.param(image(review_state="pending"), "review_pending", id="pending"),
    pytest.param(image(review_state="rejected"), "review_rejected", id="rejected"),
    pytest.param(image(review_state="not_submitted"), "review_not_submitted", id="not submitted"),
    pytest.param(image(status="deactivated"), "review_deactivated", id="deactivated"),
    pytest.param(image(review_state="approved", live=False), "not_live", id="approved, not live"),
    pytest.param(
        image(contributor={"id": "9", "data_licensing": "opted_out"}), "platform_opt_out", id="no"
    ),
    pytest.param(image(data_licensing_opt_out=True), "platform_opt_out", id="no, on the image"),
    pytest.param(
        image(contributor={"id": "9", "account_status": "closed"}), "account_gone", id="closed"
    ),
]


@pytest.mark.parametrize(("record", "code"), EXCLUDED)
def test_what_may_not_be_licensed_is_excluded_whatever_is_asserted(tmp_path, record, code):
    asserted = {
        "is_editorial": "false",
        "has_people": "false",
        "has_property": "false",
        "contributor.data_licensing": "opted_in",
    }

    item = only(tmp_path, record, **asserted)

    assert judge(item).verdict is Verdict.EXCLUDE
    assert code in codes(item)


HELD = [
    pytest.param(without(image(), "is_adult"), "rating_unknown", id="list form without rating"),
    pytest.param(image(countries=["US"]), "spelling_unknown", id="countries outside rights"),
    pytest.param(without(image(), "is_editorial"), "editorial_unknown", id="no is_editorial"),
    pytest.param(without(image(), "has_model_release"), "people_unknown", id="list, people"),
    pytest.param(image(has_model_release=False), "people_unknown", id="no release, people unknown"),
    pytest.param(image(has_model_release=True, model_releases=[]), "people_unknown", id="empty"),
    pytest.param(image(has_model_release=True, releases=[]), "people_unknown", id="no releases"),
    pytest.param(
        image(has_people=False, models=[{"id": "M"}], has_model_release=False),
        "people_unknown",
        id="models, but no people",
    ),
    pytest.param(without(image(), "has_property_release"), "property_unknown", id="list, property"),
    pytest.param(image(has_property_release=False), "property_unknown", id="property unknown"),
    pytest.param(image(models=[{}]), "principal_anonymous", id="model without id"),
    pytest.param(image(asset_collection="offset"), "collection_not_allowed", id="collection"),
    pytest.param(image(asset_collection=None), "collection_unknown", id="null collection"),
    pytest.param(without(image(), "contributor", "id"), "contributor_unknown", id="no contributor"),
    pytest.param(image(contributor={"id": "9"}), "contributor_choice_unknown", id="no choice"),
    pytest.param(image(media_type="vector"), "media_type_unknown", id="new medium"),
    pytest.param(image(review_state="escalated"), "review_state_unknown", id="new state"),
    pytest.param(image(review_state=None), "review_state_unknown", id="null state"),
    pytest.param(without(track(), "published_time"), "published_time_unknown", id="list of tracks"),
    pytest.param(track(deleted_time="soon"), "deleted_time_unknown", id="odd deleted_time"),
    pytest.param(track(artists=[{"name": "Bob"}]), "artists_unknown", id="artists by name"),
    pytest.param(image(rights={"countries": 7}), "rights_unknown", id="odd rights"),
    pytest.param(image(commercial_status={}), "rights_unknown", id="empty status"),
    pytest.param(image(isAdult=True), "spelling_unknown", id="spelling of the site's pages"),
    pytest.param(without(image(), "added_date"), "published_at_unknown", id="no date"),
    pytest.param(image(added_date="yesterday"), "published_at_unknown", id="odd date"),
    pytest.param(without(image(), "id"), "native_id_unknown", id="no id"),
    pytest.param(image(id={"x": 1}), "native_id_unknown", id="odd id"),
]


@pytest.mark.parametrize(("record", "code"), HELD)
def test_what_is_not_known_is_held(tmp_path, record, code):
    item = only(tmp_path, record)

    assert judge(item).verdict is Verdict.HOLD
    assert code in codes(item)


@pytest.mark.parametrize(
    ("record", "facts"),
    [
        (without(image(), "is_adult"), {"is_adult": "false"}),
        (without(image(), "is_editorial"), {"is_editorial": "false"}),
        (without(image(), "has_model_release"), {"has_people": "false"}),
        (image(has_model_release=False), {"has_people": "false"}),
        (image(has_property_release=False), {"has_property": "false"}),
        (image(asset_collection="Offset"), {"collections": "select, offset"}),
        (track(artists=[{"name": "Bob"}]), {"audio.artists": "contributor"}),
        (image(contributor={"id": "9"}), {"contributor.data_licensing": "opted_in"}),
    ],
    ids=lambda value: next(iter(value)) if len(value) == 1 else "",
)
def test_the_fact_that_a_hold_names_settles_it(tmp_path, record, facts):
    held = judge(only(tmp_path, record))
    (name,) = facts

    settled = judge(only(tmp_path, record, **facts))

    assert any(name in reason.detail for reason in held.reasons)
    assert settled.verdict is Verdict.SHARE


def test_a_live_item_needs_no_fact(tmp_path):
    (item,) = items(tmp_path, "shutterstock", dump(image(review_state="live")))

    assert judge(item).verdict is Verdict.SHARE


def test_one_size_that_can_be_licensed_is_enough(tmp_path):
    sizes = {"huge_jpg": {"is_licensable": True}, "vector_eps": {"is_licensable": False}}

    item = only(tmp_path, image(assets=sizes))

    assert judge(item).verdict is Verdict.SHARE


@pytest.mark.parametrize("said", ["yes", 1, None])
def test_a_size_that_says_it_in_no_known_way_holds(tmp_path, said):
    record = image(assets={"huge_jpg": {"is_licensable": said}})

    item = only(tmp_path, record)

    assert codes(item) == {"is_licensable_unknown"}


@pytest.mark.parametrize("assets", [None, [], "huge_jpg"])
def test_assets_that_are_no_object_hold(tmp_path, assets):
    item = only(tmp_path, image(assets=assets))

    assert codes(item) == {"is_licensable_unknown"}


@pytest.mark.parametrize(
    "change", [{"is_adult": True}, {"mature_flag": True}, {"moderation_labels": ["Nudity"]}]
)
def test_adult_items_carry_a_flag(tmp_path, change):
    judgement = judge(only(tmp_path, image(**change)))

    assert judgement.adult
    assert judgement.under(adult=False).verdict is Verdict.EXCLUDE


def test_an_asserted_refusal_excludes_everything(tmp_path):
    refusals = [
        {"catalogue": "not_licensable"},
        {"contributor.data_licensing": "opted_out"},
        {"is_editorial": "true"},
    ]

    found = [judge(only(tmp_path, image(), **fact)).verdict for fact in refusals]

    assert found == [Verdict.EXCLUDE] * 3


def test_a_deletion_removes_the_item_and_an_edit_proves_nothing(tmp_path):
    feed = {
        "page": 1,
        "data": [
            {"id": "501", "updated_time": "2021-01-01T00:00:00Z", "updates": ["deletion"]},
            {"id": "601", "type": "edit"},
        ],
    }

    found = verdicts(tmp_path, "shutterstock", dump(image(), video()), feed, facts=FACTS)

    assert found == {
        ("image", "501"): Verdict.EXCLUDE,
        ("video", "501"): Verdict.EXCLUDE,
        ("audio", "501"): Verdict.EXCLUDE,
        ("video", "601"): Verdict.SHARE,
        ("update", "601"): Verdict.HOLD,
    }


@pytest.mark.parametrize(
    "update",
    [
        {"id": "501", "type": "hidden"},
        {"id": "501", "type": None},
        {"id": "501", "updates": []},
        {"id": "501", "updates": ["addition", 7]},
    ],
)
def test_an_update_that_is_not_understood_holds_the_item(tmp_path, update):
    found = items(tmp_path, "shutterstock", dump(image(), update), facts=FACTS)

    assert {judge(item).verdict for item in found} == {Verdict.HOLD}


def test_an_update_is_about_the_media_type_that_is_asserted(tmp_path):
    facts = FACTS | {"updates.media_type": "video"}

    found = verdicts(
        tmp_path, "shutterstock", dump(image(), {"id": "501", "type": "deletion"}), facts=facts
    )

    assert found == {("image", "501"): Verdict.SHARE, ("video", "501"): Verdict.EXCLUDE}


@pytest.mark.parametrize("worse", [image(is_editorial=True), image(status="pending"), IN_NO_SIZE])
def test_of_two_records_of_one_item_the_open_one_is_held(tmp_path, worse):
    found = items(tmp_path, "shutterstock", dump(image(), worse), facts=FACTS)

    assert Verdict.SHARE not in {judge(item).verdict for item in found}


def test_one_id_may_be_an_image_and_a_video(tmp_path):
    found = verdicts(
        tmp_path, "shutterstock", dump(image("5"), video("5", is_editorial=True)), facts=FACTS
    )

    assert found == {("image", "5"): Verdict.SHARE, ("video", "5"): Verdict.EXCLUDE}


def test_everybody_in_an_image_is_named_by_a_stable_id(tmp_path):
    item = only(tmp_path, image(models=[{"id": "M1", "name": "Carol"}]))

    assert judge(item).verdict is Verdict.SHARE
    assert [(p.role, p.identity, p.native_id) for p in item.principals] == [
        (Role.MEDIA_CREDIT, Identity.STABLE, "model:M1"),
        (Role.OWNER, Identity.STABLE, "800100"),
    ]


@pytest.mark.parametrize(
    ("record", "denies"),
    [
        (contributor(data_licensing="opted_out"), {"platform_opt_out"}),
        (contributor(data_licensing=False), {"platform_opt_out"}),
        (contributor(data_licensing_opt_out=True), {"platform_opt_out"}),
        ({"id": "800100", "data_licensing": "opted_out"}, {"platform_opt_out"}),
        (contributor(account_status="suspended"), {"gone"}),
    ],
)
def test_what_a_contributor_chose_is_told_of_the_account(tmp_path, record, denies):
    (reading,) = readings(tmp_path, "shutterstock", [image(), contributor(), record], facts=FACTS)

    assert (reading.native_id, reading.denies) == ("800100", denies)
    assert reading.clears == frozenset()
    assert shared(tmp_path, "shutterstock", [image(), contributor(), record], facts=FACTS) == []


@pytest.mark.parametrize("value", [None, "maybe", 1, [], {}])
def test_a_choice_that_is_not_understood_holds(tmp_path, value):
    found = items(tmp_path, "shutterstock", [image(), contributor(data_licensing=value)])

    assert {judge(item).verdict for item in found} == {Verdict.HOLD}


def test_a_contributor_without_a_single_id_is_listed_and_held(tmp_path):
    odd = {"contributor_id": "1", "contributor": {"id": "2"}, "data_licensing": "opted_out"}

    (item,) = items(tmp_path, "shutterstock", odd)

    assert codes(item) >= {"record_not_understood"}


DECISIVE_IMAGE = [
    ("id",),
    ("media_type",),
    ("added_date",),
    ("contributor",),
    ("contributor", "id"),
    ("is_adult",),
    ("is_editorial",),
    ("has_model_release",),
    ("has_property_release",),
]
DECISIVE_TRACK = [
    ("id",),
    ("media_type",),
    ("published_time",),
    ("contributor", "id"),
    ("is_adult",),
    ("model_releases",),
]
PRESENT = [
    *("is_creative", "mature_flag", "moderation_labels", "has_people", "models", "releases"),
    *("rights", "commercial_status", "special_instructions", "supplier_code", "asset_collection"),
    *("review_state", "status", "live", "deleted_time", "submitted_time", "data_licensing"),
    *("account_status", "artists", "byline"),
]
MISSING = object()
GARBAGE = st.one_of(
    st.none(),
    st.just(MISSING),
    st.just("banana"),
    st.integers(-2, 0),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.none(), min_size=1, max_size=2),
    st.dictionaries(st.just("x"), st.none(), max_size=1),
)


def tampered(record, value, path):
    return without(record, *path) if value is MISSING else replaced(record, value, *path)


@SLOW_FIXTURES
@given(path=st.sampled_from(DECISIVE_IMAGE), value=GARBAGE)
def test_an_image_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, path, value):
    if path == ("id",) and value == "banana":
        return

    found = shared(tmp_path, "shutterstock", dump(tampered(image(), value, path)), facts=FACTS)

    assert found == []


@SLOW_FIXTURES
@given(path=st.sampled_from(DECISIVE_TRACK), value=GARBAGE)
def test_a_track_with_a_decisive_field_missing_or_garbled_is_not_shared(tmp_path, path, value):
    if path in (("id",), ("contributor", "id"), ("model_releases",)):
        value = MISSING

    found = shared(tmp_path, "shutterstock", dump(tampered(track(), value, path)), facts=FACTS)

    assert found == []


@SLOW_FIXTURES
@given(
    name=st.sampled_from(PRESENT),
    value=st.sampled_from([7, -1, 0.5, {"x": None}]),
)
def test_a_field_that_is_present_must_be_understood(tmp_path, name, value):
    found = shared(tmp_path, "shutterstock", dump(image(**{name: value})), facts=FACTS)

    assert found == []


HOSTILE = [
    pytest.param('{"data": {"id": 1}}', "not a list", id="data that are no list"),
    pytest.param('{"errors": [{"text": "no"}], "data": []}', "error", id="an error"),
    pytest.param('{"message": "x", "errors": []}', "error", id="an error without data"),
    pytest.param('{"data": []}', "does not say which page", id="an empty answer of anybody"),
    pytest.param('{"id": 1, "type": "text", "blog": {}}', "no Shutterstock", id="a Tumblr post"),
    pytest.param('{"data": [{"id": "1_2", "message": "x"}]}', "no Shutterstock", id="Facebook"),
    pytest.param('{"id": "1", "media_type": "IMAGE"}', "no Shutterstock", id="Instagram"),
    pytest.param("<rss/>", "XML", id="XML"),
    pytest.param("7", "neither", id="a number"),
    pytest.param("[]", "no Shutterstock", id="an empty list"),
    pytest.param('{"id": 1, "id": 2}', "same key twice", id="a key twice"),
    pytest.param("{", "JSON", id="truncated"),
    pytest.param('{"id": 1}\n' * 2000, "no Shutterstock", id="many lines of something else"),
]


@pytest.mark.parametrize(("content", "reason"), HOSTILE)
def test_a_file_of_something_else_is_refused_whole(tmp_path, content, reason):
    with pytest.raises(BadInput, match=reason) as refused:
        items(tmp_path, "shutterstock", content)

    assert refused.value.line is not None


def test_a_record_between_good_ones_that_is_not_understood_is_held(tmp_path):
    found = items(tmp_path, "shutterstock", dump(image(), {"what": 1}, 7), facts=FACTS)

    assert [judge(item).verdict for item in found] == [Verdict.SHARE, Verdict.HOLD, Verdict.HOLD]


@pytest.mark.parametrize(
    "facts",
    [{"catalogue": "yes"}, {"collections": " ,"}, {"nothing": "1"}, {"is_adult": "perhaps"}],
)
def test_a_fact_that_is_not_understood_is_refused(tmp_path, facts):
    with pytest.raises(BadFact):
        items(tmp_path, "shutterstock", image(), facts=facts)


def test_personal_data_never_gets_into_an_item(tmp_path):
    person = {
        "id": "800100",
        "display_name": "SECRET-NAME",
        "email": "SECRET@mail.example",
        "location": "SECRET-PLACE",
        "website": "https://SECRET.example",
        "social_media": {"twitter": "SECRET"},
        "ip": "192.0.2.7",
        "data_licensing": "opted_in",
    }
    seeded = image(
        contributor=person,
        models=[{"id": "M1", "name": "SECRET-MODEL"}],
        model_releases=[{"id": "R1", "signer": "SECRET-SIGNER"}],
        exif={"gps": "SECRET-GPS", "user_agent": "SECRET-AGENT"},
        reviewer="SECRET-MODERATOR",
        lyrics="SECRET",
    )
    recording = track(artists=[{"name": "SECRET-ARTIST"}], contributor=person)

    found = read(tmp_path, "shutterstock", [seeded, recording, person], facts=FACTS)

    assert len(shared(tmp_path, "shutterstock", [seeded, recording, person], facts=FACTS)) == 1
    assert "SECRET" not in repr(found)
    assert "192.0.2" not in repr(found)


JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(max_size=5),
        st.sampled_from(["image", "deletion", "opted_in", "approved", "2020-01-01"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "type", "updates", "data", "media_type", "contributor", "models"]),
        inner, max_size=4,
    ),
    max_leaves=8,
)  # fmt: skip


@SLOW_FIXTURES
@given(document=JSON, name=st.sampled_from([*image(), *PRESENT]))
def test_no_structure_crashes_the_reader_or_shares_somebody_unknown(tmp_path, document, name):
    try:
        found = items(tmp_path, "shutterstock", [image(**{name: document}), document], facts=FACTS)
    except BadInput:
        return

    for item in found:
        stable = all(p.identity is Identity.STABLE for p in item.principals)
        assert judge(item).verdict is not Verdict.SHARE or (stable and item.owner.native_id)
