"""Every field that a decision reads: without it, what was shared is not shared any more.

Which fields those are is found out, not listed: every field of every example is dropped, at
every depth, and what the readers look at is noted. What stays shared must say why.
"""

import re
from fnmatch import fnmatchcase

import pytest

from platforms.records import Verdict
from platforms.sources import SOURCES
from platforms.visibility import judge
from tests.platforms.sources.examples import EXAMPLES, name_of, paths_of, without
from tests.platforms.sources.recording import note_reads

FACT = re.compile(r"--fact ([a-z0-9_.]+)=([\w:-]+)")
IDENTIFIES = "names somebody who is known by an id beside it"
SHOWN = "content: without it there is less to share, and nothing that was hidden"
SAYS_BAD = "says only that something stands against it, and is left out where nothing does"
TWICE = "another field, or another record of the example, proves the same"
# Of a family either side proves it; tests of the single families hold the rest.
FAMILY = "one of a family, of which another field is still there"
FRAME = "how the file is written"

# (examples, fields, why the item may still be shared without the field)
STAYS_SHARED = [
    ("tumblr *", "*.advertiser_name", SAYS_BAD),
    ("tumblr *", "*.is_blogless_advertiser", SAYS_BAD),
    ("tumblr *", "*.is_commercial", SAYS_BAD),
    ("tumblr *", "*.active", SAYS_BAD),
    ("tumblr *", "*.is_deactivated", SAYS_BAD),
    ("tumblr *", "*.is_suspended", SAYS_BAD),
    ("tumblr *", "*.is_private_channel", SAYS_BAD),
    ("tumblr *", "*.allow_search_indexing", SAYS_BAD),
    ("tumblr *", "post.object_type", SAYS_BAD),
    ("tumblr *", "post.is_blurred_images", SAYS_BAD),
    ("tumblr reblog", "post.is_private", SAYS_BAD),
    ("tumblr reblog", "post.is_submission", SAYS_BAD),
    ("tumblr *", "*.is_adult", FAMILY),
    ("tumblr *", "*.is_nsfw", FAMILY),
    ("tumblr *", "post.community_labels", FAMILY),
    ("tumblr *", "post.community_labels.categories", FAMILY),
    ("tumblr *", "*.is_paywall_on", FAMILY),
    ("tumblr *", "post.is_paywalled", FAMILY),
    ("tumblr *", "*.name", IDENTIFIES),
    ("tumblr *", "post.blog_name", IDENTIFIES),
    ("tumblr *", "post.tumblelog_uuid", IDENTIFIES),
    ("tumblr *", "post.post_author", IDENTIFIES),
    ("tumblr *", "post.asking_name", IDENTIFIES),
    ("tumblr *", "post.reblogged_root_name", IDENTIFIES),
    ("tumblr *", "post.reblogged_root_id", TWICE),
    ("tumblr *", "post.parent_post_*", TWICE),
    ("tumblr reblog", "post.id", TWICE),
    ("tumblr reblog", "post.id_string", TWICE),
    ("tumblr *", "post.type", "the content shows that it is in the newer format"),
    ("tumblr *", "post.original_type", "the layout shows that it is an answer"),
    ("tumblr reblog", "post.content.*.attribution", "without it nobody is credited"),
    ("tumblr *", "*.attribution.blog.type", "credited, not shown: it must only not say worse"),
    ("tumblr *", "*.attribution.blog.is_password_protected", "as with its type"),
    ("tumblr *", "*.attribution.blog.is_hidden_from_blog_network", "as with its type"),
    ("tumblr *", "post.interactability_reblog", "a preference"),
    ("tumblr *", "*.media.*.type", SHOWN),
    ("tumblr *", "post.tags", SHOWN),
    ("tumblr reblog", "post.layout", SHOWN),
    ("tumblr community", "post.layout", SHOWN),
    ("tumblr reblog", "post.layout.*.display", SHOWN),
    ("tumblr reblog", "post.layout.*.display.*.blocks", SHOWN),
    ("tumblr reblog", "post.trail.*.content", SHOWN),
    ("tumblr reblog", "post.trail.*.layout", SHOWN),
    ("tumblr answer", "post.trail", "in the newer format what is not in a trail is its own"),
    ("tumblr community", "post.trail", "as with answers"),
    ("wordpress *", "title", FRAME),
    ("wordpress *", "wxr_version", "the namespace says the version, too"),
    ("wordpress post", "author[[]bob[]]*", "somebody else"),
    ("wordpress attachment", "author[[]bob[]]*", "somebody else"),
    ("wordpress *", "author[[]*[]].author_id", "posts name their authors by login"),
    ("wordpress *", "author[[]*[]].author_email", "never read"),
    ("wordpress *", "author[[]*[]].author_display_name", "never read"),
    ("wordpress *", "*.title", SHOWN),
    ("wordpress *", "*.encoded", SHOWN),
    ("wordpress *", "*.post_date", "the date in UTC decides"),
    ("wordpress *", "item[[]post[]].post_parent", "a post has none"),
    ("wordpress *", "item[[]post[]].category*", SHOWN),
    ("wordpress *", "*.attachment_url", SHOWN),
    ("wordpress *", "*.comment_content", SHOWN),
    ("wordpress *", "*.comment_author*", "never read"),
    ("wordpress post", "*.postmeta*", SAYS_BAD),
    ("wordpress comment", "*.commentmeta*", SAYS_BAD),
    ("wordpress rest *", "*._links*", "every link of every record says which site it is"),
    ("wordpress rest *", "*.link", "it must only not lead to another site"),
    ("wordpress rest *", "*.guid*", "never read"),
    ("wordpress rest *", "*.date", "the date in UTC decides"),
    ("wordpress rest *", "post.excerpt*", SHOWN),
    ("wordpress rest *", "post.categories", SHOWN),
    ("wordpress rest *", "post.tags", SHOWN),
    ("wordpress rest *", "*.title.rendered", SHOWN),
    ("wordpress rest *", "post.meta._jetpack_newsletter_access", SAYS_BAD),
    ("wordpress rest post", "post.coauthors", SAYS_BAD),
    *(("wordpress rest post", f"post.{name}", SAYS_BAD) for name in ("acf", "class_list")),
    ("wordpress rest post", "post.is_external", SAYS_BAD),
    *(
        ("wordpress rest *", f"user.{name}", "never read")
        for name in ("description", "meta", "name", "url")
    ),
    *(
        ("wordpress rest media", f"media.{name}", SHOWN)
        for name in ("alt_text", "caption*", "description*")
    ),
    *(
        ("wordpress rest media", f"media.{name}", "without it there is no picture to share")
        for name in ("media_type", "mime_type", "source_url")
    ),
    ("wordpress rest media", "media.meta", "only posts and pages are sold"),
    ("wordpress rest comment", "comment.author_name", "never read"),
    ("wordpress rest comment", "comment.content*", SHOWN),
    ("wordpress rest comment", "comment.meta", SAYS_BAD),
    ("wordpress rest comment", "comment.parent", "it stands below its post"),
    *(
        ("wordpress rest comment", f"other.{name}", "never read")
        for name in ("description", "meta", "name", "url")
    ),
    ("wordpress com *", "*.URL", "it must only not lead to another site"),
    ("wordpress com *", "*.author.name", "never read"),
    ("wordpress com *", "*.author.site_ID", "people's first site, not where they write"),
    *(
        ("wordpress com *", f"post.{name}", SHOWN)
        for name in ("categories", "excerpt", "guid", "tags*")
    ),
    *(
        ("wordpress com *", f"post.{name}", SAYS_BAD)
        for name in ("is_external", "is_jetpack", "site_is_atomic", "site_is_private")
    ),
    ("wordpress com *", "*.meta*", "its links say again which site it is"),
    ("wordpress com *", "post.metadata.*.id", "never read"),
    ("wordpress com *", "post.metadata.*.value", SAYS_BAD),
    ("wordpress com *", "post.parent", "a post has none"),
    ("wordpress com comment", "comment.content", TWICE),
    ("wordpress com comment", "comment.raw_content", TWICE),
    ("wordpress com comment", "comment.parent", "it stands below its post"),
    ("wordpress com comment", "comment.post.link", "never read"),
    ("wordpress com comment", "comment.post.type", "its post says it"),
    *(
        ("wordpress com *", f"site.{name}", SAYS_BAD)
        for name in (
            "is_coming_soon", "is_deleted", "is_private", "is_suspended", "is_wpcom_atomic",
            "is_wpcom_staging_site", "jetpack_connection", "launch_status",
            "options.wpcom_coming_soon", "options.wpcom_public_coming_soon",
            "wpcom_prevent_third_party_sharing",
        )
    ),
    ("wordpress com *", "site.is_following", "that of the post decides"),
    ("wordpress com *", "site.options.unmapped_url", "only for those who said no by that address"),
    ("wordpress com *", "site.name", "never read"),
    ("reddit *", "*.name", "the id says it, too"),
    ("reddit *", "*.url", SHOWN),
    ("reddit post", "account*", SAYS_BAD),
    ("reddit post", "post._meta*", SAYS_BAD),
    ("reddit post", "post.retrieved_on", "then it was read when the dump was made"),
    ("reddit post", "subreddit*", TWICE),
    ("reddit post", "post.sr_detail*", TWICE),
    ("reddit post", "post.subreddit_type", TWICE),
    ("reddit post", "post.quarantine", TWICE),
    ("reddit comment", "*.subreddit_type", TWICE),
    ("reddit comment", "post.subreddit", TWICE),
    ("reddit post", "post.is_created_from_ads_ui", FAMILY),
    ("reddit post", "post.promoted", FAMILY),
    *(
        ("reddit *", f"*.{name}", SAYS_BAD)
        for name in ("banned_by", "removed_by", "removed", "filtered", "spam")
    ),
    ("reddit comment", "comment.over_18", SAYS_BAD),
    ("reddit comment", "comment.parent_id", "it stands below its post; that one is link_id"),
    ("reddit comment", "comment.replies", FRAME),
    ("reddit crosspost", "*.crosspost_parent_list.*.created_utc", "older than what repeats it"),
    ("facebook *", "page.name", IDENTIFIES),
    ("instagram *", "account.username", IDENTIFIES),
    ("facebook *", "*.scheduled_publish_time", SAYS_BAD),
    *(("facebook *", f"page.is_{name}", SAYS_BAD) for name in ("deactivated", "locked")),
    ("facebook *", "page.is_suspended", SAYS_BAD),
    *(
        ("facebook *", f"*.privacy.{name}", "with EVERYONE nobody can be named")
        for name in ("allow", "deny", "description", "friends", "networks")
    ),
    ("facebook *", "*.from.name", IDENTIFIES),
    ("facebook *", "*.permalink_url", "never read"),
    ("facebook *", "*.message", SHOWN),
    ("facebook photo", "*.name", SHOWN),
    ("facebook photo", "photo.images*", SHOWN),
    ("facebook post", "post.attachments*", SHOWN),
    ("facebook post", "post.sponsor_tags", SAYS_BAD),
    ("facebook post", "post.is_inline_created", SAYS_BAD),
    ("facebook post", "post.targeting", SAYS_BAD),
    ("facebook share", "post.status_type", "parent_id says that it shares"),
    ("facebook share", "source.status_type", SAYS_BAD),
    ("facebook share", "source.created_time", "older than what shares it"),
    ("instagram *", "account.age", SAYS_BAD),
    ("instagram *", "account.is_deactivated", SAYS_BAD),
    ("instagram *", "account.is_suspended", SAYS_BAD),
    *(
        ("instagram *", f"media.{name}", SAYS_BAD)
        for name in (
            "audience", "is_archived", "is_close_friends", "is_deleted", "is_draft",
            "is_paid_partnership", "is_affiliate", "copyright_check_information",
            "copyright_check_information.status.status", "collaborators",
        )
    ),
    ("instagram *", "media.collaborators.data.*.username", IDENTIFIES),
    ("instagram *", "media.username", IDENTIFIES),
    ("instagram *", "other*", "a collaborator's account must only not say worse"),
    ("instagram *", "media.caption", SHOWN),
    ("instagram *", "media.children*", SHOWN),
    ("instagram *", "media.media_url", SHOWN),
    ("threads *", "account.age", SAYS_BAD),
    ("threads *", "account.is_deactivated", SAYS_BAD),
    ("threads *", "account.is_suspended", SAYS_BAD),
    ("threads *", "post.allowlisted_country_codes", SAYS_BAD),
    ("threads *", "post.reply_approval_status", SAYS_BAD),
    ("threads *", "*.username", IDENTIFIES),
    ("threads *", "*.shortcode", "never read"),
    ("threads *", "*.text", SHOWN),
    ("threads quote", "quoted.timestamp", "older than what quotes it"),
    ("threads reply", "root.timestamp", "older than its replies"),
    ("shutterstock *", "contributor.account_status", SAYS_BAD),
    ("shutterstock image", "image.is_adult", FAMILY),
    ("shutterstock image", "image.mature_flag", FAMILY),
    ("shutterstock image", "image.is_editorial", FAMILY),
    ("shutterstock image", "image.is_creative", FAMILY),
    ("shutterstock image", "image.has_people", "everybody shown is released"),
    *(
        ("shutterstock image", f"image.{name}", SAYS_BAD)
        for name in (
            "review_state", "special_instructions", "supplier_code", "moderation_labels", "models"
        )
    ),
    ("shutterstock image", "image.is_illustration", "never read"),
    ("shutterstock *", "*.assets*", SHOWN),
    ("shutterstock *", "*.description", SHOWN),
    ("shutterstock *", "*.title", SHOWN),
    ("shutterstock *", "*.keywords", SHOWN),
    ("shutterstock track", "track.added_date", "published_time decides"),
    ("shutterstock track", "track.submitted_time", "published_time decides"),
    ("shutterstock track", "track.deleted_time", SAYS_BAD),
    ("shutterstock track", "track.artists", SAYS_BAD),
    ("shutterstock track", "track.model_releases.*.id", "that there are releases counts"),
    ("generic *", "account.indexable", SAYS_BAD),
    ("generic *", "item.signals", SAYS_BAD),
    ("generic *", "item.media.*.signals", SAYS_BAD),
    ("generic *", "item.media", SHOWN),
    ("generic *", "item.tags", SHOWN),
    ("generic *", "item.text", SHOWN),
]  # fmt: skip

# Fields that readers look for and no shared example has: each of them speaks against an item
# or is another way to say what an example says. Their own tests are those of the source.
NOT_IN_A_SHARED_ITEM = {
    "tumblr": {
        SAYS_BAD: "anonymous_email anonymous_name broken_blog_name classification queued_state"
        " is_nsfw_based_on_score post_author_is_adult paywall_access is_current_item",
        "as Tumblr's own pages spell them": "advertiserName allowSearchIndexing communityLabels"
        " hasCommunityLabel isAdult isBloglessAdvertiser isDeactivated isNsfw isPaywallOn"
        " isHiddenFromBlogNetwork isPasswordProtected isPrivateChannel isSuspended paywallAccess",
        "another form of reblogged_root_*": "parent_tumblelog_uuid reblog reblogged_from_id"
        " reblogged_from_name reblogged_from_url reblogged_from_uuid reblogged_root_url",
        SHOWN: "alt_text caption title",
        FRAME: "response",
    },
    "wordpress": {
        "only a file has it, which v1.x tells too little of": "post_ID",
        "other ways to say which site it is": "counts site_URL",
        "another form of options": "settings",
        "then it is no matter who follows the site": "capabilities",
        SAYS_BAD: "jetpack_videopress wp:term distributor_original_site_url",
        SHOWN: "_embedded",
        FRAME: "body comments data media message posts sites users",
    },
    "reddit": {
        SAYS_BAD: "$event $event.action action ad_business banned_at_utc campaign_id promoted_by"
        " call_to_action promo_layout adserver_click_url adserver_imp_pixel edited_title"
        " href_url"
        " promoted_display_name promoted_url retrieved_2nd_on retrieved_utc thumbnail"
        " whitelist_status parent_whitelist_status ban_note mod_note mod_reason_by"
        " mod_reason_title",
        "what is marked inside speaks against it": "media secure_media poll_data rpan_video",
        SHOWN: "gallery_data is_video media_metadata",
        FRAME: "data error http_interactions interactions json kind",
    },
    "facebook": {
        SAYS_BAD: "age age_range birthday is_minor is_draft event group page target to",
        "only asked for with public_figures_only": "followers_count is_verified"
        " verification_status",
        "another form of a photo": "alt_text alt_text_custom page_story_id webp_images",
        SHOWN: "subattachments username",
        FRAME: "albums blog_name error feed media_product_type photos posts published_posts"
        " subreddit",
    },
    "instagram": {
        SAYS_BAD: "age_range birthday coauthor_producers is_minor",
        "another form of is_private": "privacy",
        "another form of id": "user_id",
        SHOWN: "alt_text",
        FRAME: "error media stories",
    },
    "threads": {
        SAYS_BAD: "age_range birthday is_minor ghost_post_expiration_timestamp ghost_post_status"
        " reposted_post reposted_post_id",
        "another form of is_private": "privacy",
        "another form of quoted_post": "quoted_post_id",
        SHOWN: "children gif_url media_url poll_attachment text_attachment topic_tag",
        FRAME: "data error ghost_posts replies threads",
    },
    "shutterstock": {
        SAYS_BAD: "asset_collection byline commercial_status rights",
        "another form of data_licensing": "data_licensing_opt_out",
        "another form of review_state": "review_status state status is_live live",
        "another form of a release": "has_property releases",
        SHOWN: "preview_1000 preview_1500",
        FRAME: "data errors",
    },
    "generic": {},
}


def explains(row, name, field):
    return fnmatchcase(name, row[0]) and fnmatchcase(field, row[1])


def fields_left_out(folder, example):
    """The fields without which the item is still shared."""
    return {
        name_of(example, path)
        for path in paths_of(example)
        if example.is_shared(folder, without(example, path))
    }


@pytest.fixture(scope="module")
def left_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drift")
    return {name: fields_left_out(folder, example) for name, example in EXAMPLES.items()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_whole_example_is_shared(tmp_path, name):
    assert EXAMPLES[name].is_shared(tmp_path)


def test_every_source_has_an_example():
    assert {example.platform for example in EXAMPLES.values()} == set(SOURCES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_without_any_single_field_the_item_is_held_or_the_field_says_why_not(left_out, name):
    unexplained = {
        field
        for field in left_out[name]
        if not any(explains(row, name, field) for row in STAYS_SHARED)
    }

    assert unexplained == set()


@pytest.mark.parametrize("row", STAYS_SHARED, ids=lambda row: f"{row[0]}: {row[1]}")
def test_no_explanation_is_for_a_field_that_decides(left_out, row):
    explained = [
        field for name, fields in left_out.items() for field in fields if explains(row, name, field)
    ]

    assert explained


@pytest.mark.parametrize("platform", sorted(SOURCES))
def test_every_field_that_a_reader_looks_at_is_in_an_example_or_says_why_not(
    tmp_path, monkeypatch, platform
):
    seen, there = note_reads(monkeypatch), set()
    for example in EXAMPLES.values():
        if example.platform == platform:
            assert example.is_shared(tmp_path)
            there |= {last(name_of(example, path)) for path in paths_of(example)}
    excused = {
        field for fields in NOT_IN_A_SHARED_ITEM[platform].values() for field in fields.split()
    }

    looked_at = {last(path) for path in seen}

    assert looked_at or platform == "generic"
    assert looked_at - there - excused == set()
    assert excused - looked_at - {"$event.action"} == set()
    assert excused & there == set()


def last(field):
    return field.rpartition(".")[2].partition("[")[0]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_hold_names_only_facts_and_values_that_its_source_takes(tmp_path, name):
    example = EXAMPLES[name]
    facts = SOURCES[example.platform].facts

    named = {
        fact
        for path in paths_of(example)
        for fact in facts_named(tmp_path, example, without(example, path))
    }

    assert all(name in facts for name, _ in named)
    for fact, value in named:
        if not value.isupper():
            facts[fact].read(value)


def facts_named(folder, example, records):
    for item in example.items(folder, example.content(records)):
        for reason in judge(item).reasons:
            assert reason.detail or reason.verdict is Verdict.EXCLUDE
            yield from FACT.findall(reason.detail)
