"""Marks that no reader knows by their name, in every record of every example."""

import copy
from dataclasses import replace

import pytest

from platforms.records import Verdict
from platforms.sources.marks import ANYWHERE, Watch
from platforms.visibility import judge
from tests.platforms.sources.examples import EXAMPLES

# As other versions of the APIs, their pages, their copies and other platforms spell it.
MARKS = {
    "private": True,
    "isPrivate": True,
    "is_members_only": 1,
    "subscribersOnly": "true",
    "deleted_at": "2024-01-01T00:00:00Z",
    "user_removed": True,
    "isDraft": "1",
    "expires_at": 1_700_000_000,
    "post-password": "tide-table",
    "geo_restrictions": [{"allow": ["US"]}],
    "optedOut": True,
    "is_minor_account_private": {"since": 2020},
    "isPublic": False,
    "published": "0",
    "visibility": "followers",
    "audience": ["close_friends"],
    "post_status": "private",
    "doNotTrain": True,
    "no_train": True,
    "allow_ai_training": False,
    "allowAiTraining": 0,
    "ai_training": "0",
    "thirdPartySharing": "off",
    "third_party_sharing_allowed": False,
    "is_terminated": True,
    "requires_subscription": True,
    "is_reported": True,
    "publish_on": "2031-01-01T00:00:00Z",
    "publishAt": 1_924_992_000,
    "accountVisibility": "followers",
    "post_audience": "besties",
    "profile_privacy": "private",
    "is_archived_by_owner": True,
    "visible_to": "followers",
    "visibilityLevel": "members",
    "audience_type": "followers",
    "accessTier": "gold",
    "subscription_required": True,
    "is_members_post": True,
    "requiredPlans": ["gold"],
    "embargo_until": "2031-01-01T00:00:00Z",
    "regionBlocked": True,
    "content_warning": "gore",
}
SILENT = {
    "private": False,
    "isHidden": "false",
    "deleted_at": None,
    "is_members_only": 0,
    "geo_restrictions": [],
    "isPublic": True,
    "published": "2020-09-13T12:26:40Z",
    "visibility": "public",
    "post_status": "publish",
    "comments_count": 7,
    "visible_to": "everyone",
    "accessType": "public",
    "embargo_until": None,
    "country_block": [],
    "do_not_train": False,
    "allow_ai_training": True,
    "allowAiTraining": 1,
    "ai_training": "1",
    "data_sharing": "on",
    "third_party_sharing": "allowed",
    "sharing_enabled": False,
    "jetpack_sharing_enabled": False,
    "subreddit_subscribers": 1,
    "is_reported": False,
    "num_reports": 0,
    "report_reasons": ["a reason"],
    "publish_on": None,
    "published_at": "2020-09-13T12:26:40Z",
    "account_visibility": "public",
    "license": "cc-by",
    "is_community": True,
    "account_type": "BUSINESS",
}
SPARED = (
    "generic reply",  # It knows all its fields, and refuses every other one.
)
PLACES = [
    pytest.param(name, record, id=f"{name}: {record}")
    for name, example in EXAMPLES.items()
    if not example.is_xml and name not in SPARED
    for record in example.records
    # A user of WordPress says nothing of who may read what they wrote.
    if not (name.startswith("wordpress") and record in ("user", "other"))
]


def marked(example, record, name, value):
    records = copy.deepcopy(example.records)
    records[record][name] = value
    return records


@pytest.mark.parametrize(("name", "record"), PLACES)
def test_a_mark_in_an_unknown_spelling_is_not_shared(name, record, tmp_path):
    example = EXAMPLES[name]

    shared = [
        mark
        for mark, value in MARKS.items()
        if example.is_shared(tmp_path, marked(example, record, mark, value))
    ]

    assert shared == []


@pytest.mark.parametrize(("name", "record"), PLACES)
def test_a_field_that_says_nothing_holds_nothing(name, record, tmp_path):
    example = EXAMPLES[name]
    records = copy.deepcopy(example.records)
    for mark in SILENT.keys() - records[record].keys():
        records[record][mark] = SILENT[mark]

    assert example.is_shared(tmp_path, records)


def test_the_reason_names_the_field_and_never_its_value(tmp_path):
    example = EXAMPLES["instagram media"]
    records = marked(example, "media", "post_password", "tide-table")

    (item,) = example.items(tmp_path, example.content(records))

    (reason,) = judge(item).reasons
    assert reason.verdict is Verdict.HOLD
    assert reason.code == "mark_not_read"
    assert "post_password" in str(reason)
    assert "tide-table" not in str(reason)


def test_a_thousand_unknown_names_are_told_in_a_few_words():
    raw = {f"private_{number}": True for number in range(1000)}

    assert len(Watch(()).marks_in(raw)) == 5


def test_names_of_any_length_are_looked_at_and_the_harmless_ones_not_all_kept():
    watch = Watch({"is_private"})
    for number in range(10_000):
        watch.marks_in({f"harmless_{number}": True, "x" * 1000: 1})

    assert watch.marks_in({"is_private": True}) == ()
    assert len(watch.marks_in({"harmless_9999": 1, "isPrivate": True})) == 1
    assert len(watch._harmless) <= 4_096


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("tumblr reblog", ("post", "blog")),
        ("tumblr reblog", ("post", "trail", 0)),
        ("tumblr reblog", ("post", "trail", 0, "post")),
        ("tumblr reblog", ("post", "trail", 0, "blog")),
        ("tumblr community", ("post", "author_blog")),
        ("tumblr community", ("post", "community")),
        ("reddit post", ("post", "sr_detail")),
        ("reddit crosspost", ("post", "crosspost_parent_list", 0)),
        ("facebook post", ("post", "from")),
        ("instagram media", ("media", "owner")),
        ("instagram media", ("media", "children", "data", 0)),
        ("instagram media", ("media", "collaborators", "data", 0)),
        ("threads quote", ("quoted", "owner")),
        ("shutterstock image", ("image", "contributor")),
    ],
)
def test_a_mark_counts_also_in_what_a_record_holds(name, place, tmp_path):
    example = EXAMPLES[name]
    records = copy.deepcopy(example.records)
    inner = records
    for step in place:
        inner = inner[step]
    inner["membersOnly"] = True

    assert not example.is_shared(tmp_path, records)


def wider(name, **changes):
    """An example of which the first record also holds what few ask the API for."""
    example = EXAMPLES[name]
    first, *_ = example.records
    records = {**example.records, first: example.records[first] | changes}
    return replace(example, records=records)


def person(number):
    return {"id": number, "name": "Bob Example", "username": "bob_tides"}


def insights(**counts):
    value = {"value": counts, "end_time": "2020-09-14T07:00:00+0000"}
    return {"data": [{"name": "post_clicks", "period": "day", "values": [value]}]}


COMMENT = {"id": "71", "message": "Fine.", "is_hidden": False, "is_private": False}
ATTACHED = {"type": "photo", "media": {"image": {"src": "https://scontent.fbcdn.net/2.jpg"}}}
WIDE = {
    "facebook post": wider(
        "facebook post",
        attachments={
            "data": [
                {"type": "album", "target": {"id": "9"}, "subattachments": {"data": [ATTACHED]}}
            ]
        },
        comments={
            "data": [COMMENT | {"from": person("72"), "comments": {"data": [COMMENT]}}],
            "summary": {"order": "ranked", "total_count": 2, "can_comment": True},
            "paging": {"cursors": {"before": "a", "after": "b"}},
        },
        reactions={"data": [{"id": "72", "type": "LIKE"}], "summary": {"total_count": 1}},
        likes={"data": [person("72")], "summary": {"can_like": True, "has_liked": False}},
        shares={"count": 7},
        insights=insights(paid=12, unpaid=40, report_spam_clicks=1),
        place={"id": "73", "name": "The harbour", "location": {"city": "Port", "zip": "1"}},
        message_tags=[{"id": "74", "name": "Bob Example", "offset": 0, "length": 3}],
        feed_targeting={"geo_locations": {"countries": ["US"]}, "age_min": 21},
        call_to_action={"type": "LEARN_MORE", "value": {"link": "https://tides.example/"}},
        properties=[{"name": "Length", "text": "0:12"}],
        can_hide=True,
    ),
    "facebook share": EXAMPLES["facebook share"],
    "facebook photo": EXAMPLES["facebook photo"],
    "instagram media": wider(
        "instagram media",
        comments={
            "data": [
                {"id": "81", "text": "Fine.", "hidden": False, "replies": {"data": [{"id": "82"}]}}
            ]
        },
        insights=insights(total=12),
        product_tags={"data": [{"product_id": 83, "review_status": "approved"}]},
    ),
    "threads quote": wider(
        "threads quote",
        poll_attachment={"option_a": "Ebb", "expiration_timestamp": "2023-10-18T05:42:03+0000"},
        text_attachment={"plaintext": "More.", "text_with_styling_info": [{"offset": 0}]},
        location={"id": "91", "name": "The harbour"},
        replies={"data": [{"id": "92", "text": "Fine.", "hide_status": "NOT_HUSHED"}]},
    ),
    "threads reply": EXAMPLES["threads reply"],
    "shutterstock image": wider(
        "shutterstock image",
        assets={
            "preview": {"url": "https://stock.example/p/501.jpg", "height": 300},
            "huge_jpg": {"is_licensable": True, "format": "jpg"},
            "vector_eps": {"is_licensable": False},
        },
        categories=[{"id": "26", "name": "Nature"}],
        models=[{"id": "M1"}],
    ),
    "shutterstock track": wider(
        "shutterstock track",
        album={"id": "A1", "title": "Tides"},
        assets={"clean_audio": {"file_size": 7}},
        similar_artists=[],
    ),
}
# What others said of it, or made of it, has an id of its own there, and is not shared along.
ABOUT_OTHERS = ("comments", "reactions", "likes", "replies")


def objects_in(value, path=()):
    """Where every object stands."""
    found = value.items() if isinstance(value, dict) else enumerate(value)
    if isinstance(value, dict):
        yield path
    for key, child in found:
        if isinstance(child, dict | list):
            yield from objects_in(child, (*path, key))


def at(records, path):
    for step in path:
        records = records[step]
    return records


def is_of_another(path):
    return path[1:2] and path[1] in ABOUT_OTHERS and path[2:3] == ("data",)


INSIDE = [
    pytest.param(name, path, id=f"{name}: {'.'.join(map(str, path))}")
    for name, example in WIDE.items()
    for path in objects_in(example.records)
    if path
]


@pytest.mark.parametrize("name", WIDE)
def test_what_answers_tell_beside_a_post_holds_nothing(name, tmp_path):
    assert WIDE[name].is_shared(tmp_path)


@pytest.mark.parametrize(("name", "path"), INSIDE)
def test_a_mark_in_any_object_of_a_record_counts_unless_it_is_another_thing(name, path, tmp_path):
    example = WIDE[name]
    records = copy.deepcopy(example.records)
    at(records, path)["is_private"] = True

    assert example.is_shared(tmp_path, records) == bool(is_of_another(path))


@pytest.mark.parametrize("name", ["facebook post", "instagram media"])
def test_what_has_no_id_of_its_own_is_no_other_thing(name, tmp_path):
    example = WIDE[name]
    records = copy.deepcopy(example.records)
    first, *_ = records
    records[first]["comments"] = {"data": [{"is_private": True}]}

    assert not example.is_shared(tmp_path, records)


@pytest.mark.parametrize("edge", ["posts", "photos", "videos"])
def test_what_a_page_lists_says_nothing_of_the_page(edge, tmp_path):
    example = WIDE["facebook post"]
    records = copy.deepcopy(example.records)
    records["page"][edge] = {"data": [{"id": "5", "message": "Hidden.", "is_private": True}]}

    assert example.is_shared(tmp_path, records)


def test_marks_are_found_as_deep_as_objects_go():
    raw = {"is_private": True}
    for _ in range(50_000):
        raw = {"in": [raw]}

    assert len(ANYWHERE.marks_within(raw)) == 1


def test_the_privacy_of_a_video_counts_for_its_file(tmp_path):
    example = EXAMPLES["wordpress rest media"]
    records = copy.deepcopy(example.records)
    video = {"rating": "G", "is_private": False, "private_enabled_for_site": True}
    records["media"]["jetpack_videopress"] = video

    assert example.is_shared(tmp_path, records)

    video["is_private"] = True

    assert not example.is_shared(tmp_path, records)
