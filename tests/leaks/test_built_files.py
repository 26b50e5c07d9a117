"""From a dump to the bytes that a partner would get: what nobody published is not in them."""

import json
from collections import Counter
from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from audit.events import operator_command
from exports.actions.agree import add_dataset, add_partner
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.models import File
from platforms.actions import import_dump
from platforms.records import MediaKind
from tests.platforms.sources.dumps import (
    BOB,
    CAROL,
    TOWN,
    ask,
    asked_by,
    attachment,
    blog,
    comment,
    entry,
    legacy,
    meta,
    post,
    term,
    trail_item,
    without,
    wxr,
)

OPERATOR = operator_command()
SECRET = "xyzzy"
BOBS = blog("bob", BOB)
NOW = timezone.now()
JUST_NOW = int((NOW - timedelta(hours=71)).timestamp())
LONG_AGO = NOW - timedelta(days=31)
SAID = [{"type": "text", "text": f"{SECRET} in the post"}]
COMMUNITY = {"community": {"visibility": "public"}, "author_blog": blog()}


def said_by(owner, number=900, **changes):
    return trail_item(owner, number, content=SAID, **changes)


TUMBLR = [
    post(1, title="shared"),
    post(2, content=SAID, state="private"),
    post(3, content=SAID),
    post("3", blog={"name": "alice"}, state="draft"),
    post(4, content=SAID, blog=BOBS, blog_name="bob", state="private"),
    post(5, trail=[said_by(BOBS, number=4)]),
    post(6, trail=[said_by(blog("carol", CAROL, active=False))]),
    post(7, content=SAID, is_submission=True, author_blog=blog("dora", "t:dora", type="private")),
    post(8, content=SAID, is_submission=True, anonymous_email=f"{SECRET}@mail.example"),
    post(9, trail=[said_by(BOBS, anonymous_name=SECRET, post_author=SECRET)]),
    post(10, trail=[said_by(blog("town", TOWN))], blog=blog("town", TOWN), **COMMUNITY),
    post(11, content=SAID, isPaywalled=True),
    post(12, content=SAID, original_type="note", is_private=False),
    without(legacy(id=13, body=f"<blockquote>{SECRET}</blockquote>"), "trail"),
    ask(None, id=14, content=[*SAID, {"type": "text", "text": "Because."}]),
    ask(asked_by("dora", "t:dora"), id=15, content=[*SAID, {"type": "text", "text": "So."}]),
    post(16, content=SAID, is_paywalled=True),
    post(18, content=SAID, timestamp=JUST_NOW),
    post(17, notes=[{"reply_text": SECRET}], anonymous_tip=SECRET),
]
SITE = [
    entry(wp__post_id="31", title="shared"),
    entry(wp__post_id="32", content__encoded=SECRET, wp__post_password=SECRET),
    entry(
        comment(wp__comment_content=SECRET, wp__comment_id="91", wp__comment_user_id="0"),
        comment(wp__comment_content=SECRET, wp__comment_id="92", wp__comment_approved="0"),
        comment(wp__comment_author=SECRET, wp__comment_author_email=f"{SECRET}@mail.example"),
        wp__post_id="33",
    ),
    entry(
        term("author", f"{SECRET} guest"),
        comment(wp__comment_content=SECRET, wp__comment_id="93"),
        content__encoded=SECRET,
        wp__post_id="34",
    ),
    entry(meta("is_reblog", "1"), wp__post_id="35", content__encoded=SECRET),
    entry(meta("xpost_origin", "123:45"), wp__post_id="39", content__encoded=SECRET),
    entry(meta(" _jetpack_newsletter_access", "subscribers"), title=SECRET, wp__post_id="36"),
    entry(wp__post_id="37", content__encoded=SECRET),
    entry(meta("_some_plugin", SECRET), excerpt__encoded=SECRET, wp__post_id="38"),
    attachment(parent="32", wp__post_id="41", title=SECRET),
    attachment(parent="34", wp__post_id="42", title=SECRET),
]
READ_LONG_AGO = [post(19, content=SAID)]
AFTERWARDS = [entry(wp__post_id="37", wp__status="trash", dc__creator="somebody gone")]


def imported(folder, platform, text, facts, now=NOW):
    path = folder / f"{platform}-{len(list(folder.iterdir()))}"
    path.write_text(text)
    import_dump(platform, [path], facts, by=OPERATOR, now=now)


@pytest.fixture
def archive(transactional_db, tmp_path):
    site = {"blog_public": "1"}
    imported(tmp_path, "tumblr", "\n".join(json.dumps(raw) for raw in TUMBLR), {})
    imported(tmp_path, "tumblr", json.dumps(READ_LONG_AGO), {}, now=LONG_AGO)
    imported(tmp_path, "wordpress", wxr(*SITE), site)
    imported(tmp_path, "wordpress", wxr(*AFTERWARDS), site)


@pytest.fixture
def folders(archive):
    """The folders of a release's files; the agreement admits every kind of item."""
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    dataset = add_dataset(
        partner,
        "all",
        name="All",
        platforms=["tumblr", "wordpress"],
        media_kinds=list(MediaKind),
        adult=True,
        buckets=4,
        by=OPERATOR,
    )
    release = plan_release(dataset, by=OPERATOR)
    for file in release.files.all():
        build(file.pk)
    paths = [settings.STORAGE_DIR / file.path for file in release.files.all() if file.path]
    return sorted({path.parent for path in paths})


def test_a_built_file_holds_what_was_published_and_nothing_else(folders):
    found = [
        row for folder in folders for row in pq.read_table(folder / "rows.parquet").to_pylist()
    ]

    texts = sorted((row["platform"], row["kind"], row["title"], row["text"]) for row in found)
    assert texts == [
        ("tumblr", "post", "", "Because."),
        ("tumblr", "post", "", "The harbour at low tide."),
        ("tumblr", "post", "shared", "The harbour at low tide."),
        ("wordpress", "comment", "", "I was there."),
        ("wordpress", "post", "Low tide", "The harbour at low tide."),
        ("wordpress", "post", "Low tide", "The harbour at low tide."),
        ("wordpress", "post", "shared", "The harbour at low tide."),
    ]


def test_what_was_read_too_soon_or_too_long_ago_was_refused_for_that(folders):
    counts = Counter()
    for file in File.objects.all():
        counts.update(file.counts)

    assert (counts["not_settled"], counts["reading_too_old"]) == (1, 1)


def test_neither_a_built_file_nor_its_lists_of_keys_name_anybody(folders):
    rows = [pq.read_table(folder / "rows.parquet").to_pylist() for folder in folders]
    kept = b"".join(path.read_bytes() for folder in folders for path in folder.iterdir())

    for name in (SECRET, "mail.example", "192.0.2.7", "Secretname", "alice", "tides.example#"):
        assert name not in repr(rows)
        assert name.encode() not in kept
