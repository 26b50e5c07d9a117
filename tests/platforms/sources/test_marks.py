"""Marks that no reader knows by their name, in every record of every example."""

import copy

import pytest

from platforms.records import Verdict
from platforms.sources.marks import Watch
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
    "do_not_train": False,
    "allow_ai_training": True,
    "allowAiTraining": 1,
    "ai_training": "1",
    "data_sharing": "on",
    "third_party_sharing": "allowed",
    "sharing_enabled": False,
    "jetpack_sharing_enabled": False,
    "subreddit_subscribers": 1,
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


def test_the_privacy_of_a_video_counts_for_its_file(tmp_path):
    example = EXAMPLES["wordpress rest media"]
    records = copy.deepcopy(example.records)
    video = {"rating": "G", "is_private": False, "private_enabled_for_site": True}
    records["media"]["jetpack_videopress"] = video

    assert example.is_shared(tmp_path, records)

    video["is_private"] = True

    assert not example.is_shared(tmp_path, records)
