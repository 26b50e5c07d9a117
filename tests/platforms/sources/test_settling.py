"""What an operator asserts of items that were read comes to what reading with it comes to."""

import pytest

from platforms.records import Item, Verdict
from platforms.sources import SOURCES
from platforms.sources.contract import understood
from platforms.visibility import judge
from tests.platforms.sources import dumps, meta_dumps, stock
from tests.platforms.sources.dumps import codes, items
from tests.platforms.sources.reddit_dumps import comment, crosspost, lines, post


def lacking(record, *names):
    return {name: value for name, value in record.items() if name not in names}


def outcome(item: Item):
    judgement = judge(item)
    return item.native_id, judgement.verdict, judgement.adult, codes(item)


def compare(folder, platform, contents, facts):
    """Of everything that is held without ``facts``: the same as when it is read with them."""
    source = SOURCES[platform]
    plain = items(folder, platform, *contents)
    asserted = items(folder, platform, *contents, facts=facts)
    values = understood(source.facts, facts)
    held = [
        (before, after)
        for before, after in zip(plain, asserted, strict=True)
        if judge(before).verdict is Verdict.HOLD
    ]

    assert held
    for before, after in held:
        assert outcome(source.settled(before, values)) == outcome(after)


BLOG = lacking(
    dumps.blog(),
    *("type", "is_password_protected", "is_hidden_from_blog_network", "is_adult", "is_paywall_on"),
)
TUMBLR = [
    lacking(dumps.post(blog=BLOG), "community_labels", "is_paywalled"),
    lacking(dumps.ask(dumps.asked_by(), blog=BLOG), "is_private") | {"id": 7},
    dumps.post(8, blog=BLOG, trail=[dumps.trail_item(BLOG)]),
]


@pytest.mark.parametrize(
    "facts",
    [
        {"blog.type": "public"},
        {"blog.type": "private"},
        {"blog.type": "public", "blog.is_adult": "false"},
        {"blog.type": "public", "blog.is_nsfw": "false", "blog.is_paywall_on": "false"},
        {"blog.type": "public", "blog.is_adult": "true", "blog.is_paywall_on": "false"},
        {"blog.type": "public", "blog.is_adult": "false", "blog.is_paywall_on": "true"},
        {"blog.is_password_protected": "false"},
        {"blog.is_password_protected": "true"},
        {"blog.is_hidden_from_blog_network": "true"},
        {"blog.allow_search_indexing": "false"},
        {"partner_blogs": "alice"},
        {"partner_blogs": "somebody"},
        {"answer.is_private": "false", "blog.type": "public"},
        {"answer.is_private": "true"},
    ],
)
def test_of_tumblr(tmp_path, facts):
    compare(tmp_path, "tumblr", [lines(*TUMBLR)], facts)


OLD = ("removed_by_category", "is_robot_indexable", "removal_reason", "over_18")
REDDIT = [
    lines(
        lacking(post(), "subreddit_type", "quarantine"),
        lacking(comment(), "subreddit_type", "collapsed_reason_code"),
        lacking(post("abc2"), *OLD, "is_created_from_ads_ui"),
        comment("c2", "abc2"),
        comment("c3", "elsewhere", quarantine=False),
        lacking(crosspost(number="abc3"), "quarantine"),
    )
]
OLD_POST = {
    "post.removed_by_category": "none",
    "post.is_robot_indexable": "true",
    "post.removal_reason": "none",
    "post.over_18": "false",
    "post.is_created_from_ads_ui": "false",
}


@pytest.mark.parametrize(
    "facts",
    [
        {"subreddit.subreddit_type": "public", "subreddit.quarantine": "false"},
        {"subreddit.subreddit_type": "private"},
        {"subreddit.subreddit_type": "gold_only", "subreddit.quarantine": "true"},
        {"subreddit.over18": "true"},
        OLD_POST,
        OLD_POST | {"post.over_18": "true"},
        {"post.removed_by_category": "moderator"},
        {"post.removed_by_category": "deleted"},
        {"post.is_robot_indexable": "false"},
        {"post.is_created_from_ads_ui": "true"},
        {"comment.removal_reason": "legal"},
        {"comment.collapsed_reason_code": "none"},
        {"comment.collapsed_reason_code": "deleted"},
    ],
)
def test_of_reddit(tmp_path, facts):
    compare(tmp_path, "reddit", REDDIT, facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"blog_public": "1"},
        {"blog_public": "0"},
        {"blog_public": "-1"},
        {"blog_public": "null"},
        {"blog_public": "1", "wpcom_data_sharing_opt_out": "1"},
        {"blog_public": "0", "wpcom_public_coming_soon": "1"},
        {"blog_public": "1", "launch_status": "unlaunched"},
        {"blog_public": "1", "staging": "1"},
        {"blog_public": "1", "hosting": "vip"},
        {"blog_public": "1", "primary_domain": "x.wpcomstaging.com"},
        {"wpcom_coming_soon": "0"},
    ],
)
def test_of_wordpress(tmp_path, facts):
    content = dumps.wxr(dumps.entry(dumps.comment()), dumps.attachment(), dumps.attachment("99"))

    compare(tmp_path, "wordpress", [content], facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"container.privacy": "public"},
        {"container.privacy": "private"},
        {"post.is_published": "true", "post.is_hidden": "false", "container.privacy": "public"},
        {"post.is_expired": "true"},
        {"post.is_hidden": "true"},
        {"post.timeline_visibility": "normal"},
        {"post.timeline_visibility": "hidden"},
    ],
)
def test_of_facebook(tmp_path, facts):
    bare = lacking(
        meta_dumps.fb_post(), "is_published", "is_hidden", "is_expired", "timeline_visibility"
    )
    shared = meta_dumps.shared_post(id="100200300_77")

    compare(tmp_path, "facebook", [lines(bare, meta_dumps.photo(), shared)], facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"account.privacy": "public"},
        {"account.privacy": "private"},
        {"media.surface": "feed"},
        {"media.surface": "reels", "account.privacy": "public"},
    ],
)
def test_of_instagram(tmp_path, facts):
    bare = lacking(meta_dumps.media(), "media_product_type")

    compare(tmp_path, "instagram", [lines(bare, meta_dumps.media("18000000000000009"))], facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"account.privacy": "public"},
        {"account.privacy": "private"},
        {"post.is_reply": "false", "account.privacy": "public"},
        {"post.is_reply": "false", "post.is_quote_post": "false", "account.privacy": "public"},
        {"post.hide_status": "not_hushed", "account.privacy": "public"},
    ],
)
def test_of_threads(tmp_path, facts):
    bare = lacking(meta_dumps.thread(), "is_reply", "is_quote_post")
    quoted = lacking(meta_dumps.bobs_thread(), "is_quote_post")

    content = lines(bare, quoted, meta_dumps.quote(), meta_dumps.reply())
    compare(tmp_path, "threads", [content], facts)


UNSAID = ("is_editorial", "is_adult", "has_model_release", "has_property_release", "has_people")
STOCK = lines(
    lacking(stock.image(), "contributor_choice", *UNSAID),
    lacking(stock.image("502", has_model_release=False), "has_people", "has_property"),
    stock.image("503", asset_collection=["Harbours"]),
    stock.track("704", artists=[{"name": "Alice"}]),
)


@pytest.mark.parametrize(
    "facts",
    [
        {"catalogue": "licensable"},
        {"catalogue": "not_licensable"},
        {"catalogue": "licensable", "contributor.data_licensing": "opted_in"},
        {"contributor.data_licensing": "opted_out"},
        {"is_editorial": "false"},
        {"is_editorial": "true"},
        {"is_adult": "true", "catalogue": "licensable"},
        {"has_people": "false", "has_property": "false", "catalogue": "licensable"},
        {"has_people": "true"},
        {"collections": "harbours, cliffs", "catalogue": "licensable"},
        {"collections": "cliffs"},
        {"audio.artists": "contributor", "catalogue": "licensable"},
    ],
)
def test_of_shutterstock(tmp_path, facts):
    compare(tmp_path, "shutterstock", [STOCK], facts)
