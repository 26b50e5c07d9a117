"""Answers of WordPress's REST APIs: which fields decide, and who is in an item."""

import json
import time

import pytest

from platforms.keys import Keyring
from platforms.records import FactReading, Identity, MediaKind, Role, Verdict, Visibility
from platforms.sources import BadFact
from platforms.visibility import judge
from tests.platforms.sources import wp_answers as wp
from tests.platforms.sources.dumps import (
    PUBLIC_SITE,
    attachment,
    codes,
    comment,
    entry,
    items,
    meta,
    read,
    readings,
    shared,
    verdicts,
    without,
    wxr,
)
from tests.platforms.sources.examples import EXAMPLES, WP_USER, Example


def core(tmp_path, *records, facts=PUBLIC_SITE):
    """The items of core answers, with the site's users beside them."""
    return items(tmp_path, "wordpress", list(records), wp.USERS, facts=facts)


def wpcom(tmp_path, *records, site=None):
    """The items of WordPress.com's answers, with the site's record beside them."""
    return items(tmp_path, "wordpress", list(records), site or wp.wpcom_site())


def test_posts_pages_media_and_comments_are_shared_when_all_is_known(tmp_path):
    found = core(tmp_path, wp.media(), wp.post(), wp.page(), wp.comment())

    assert [(item.kind, item.native_id, codes(item)) for item in found] == [
        ("attachment", "21", set()),
        ("post", "11", set()),
        ("page", "12", set()),
        ("comment", "71", set()),
    ]


def test_what_editors_see_is_read_as_its_authors_wrote_it(tmp_path):
    [item] = core(tmp_path, wp.edited())

    assert codes(item) == set()
    assert item.text == "The harbour at low tide."


def test_posts_and_comments_of_wordpress_com_are_shared_with_their_site(tmp_path):
    found = wpcom(tmp_path, wp.wpcom_post(), wp.wpcom_comment())

    assert [(item.kind, item.container_id, codes(item)) for item in found] == [
        ("post", wp.SITE, set()),
        ("comment", wp.SITE, set()),
    ]
    assert found[0].tags == ("tides",)


@pytest.mark.parametrize(
    "documents",
    [
        pytest.param([wp.post()], id="a single object"),
        pytest.param([[wp.post()]], id="a list"),
        pytest.param(["\n".join(json.dumps(r) for r in (wp.post(), *wp.USERS))], id="NDJSON"),
        pytest.param([{"body": [wp.post()], "status": 200, "headers": {}}], id="an envelope"),
        pytest.param([[wp.post(_embedded={"author": [{"id": 1, "slug": "x"}]})]], id="embedded"),
        pytest.param([[wp.post()], {"post": {"slug": "post", "rest_base": "posts"}}], id="types"),
        pytest.param([[wp.post()], [{"id": 5, "taxonomy": "category", "slug": "x"}]], id="terms"),
        pytest.param(
            [[wp.post()], {"namespaces": ["wp/v2"], "routes": {}, "home": f"https://{wp.SITE}"}],
            id="the index",
        ),
    ],
)
def test_every_form_of_an_answer_is_read(tmp_path, documents):
    assert len(shared(tmp_path, "wordpress", *documents, wp.USERS, facts=PUBLIC_SITE)) == 1


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(wp.wpcom_post(), id="a single post"),
        pytest.param(wp.found(wp.wpcom_post()), id="a page of posts"),
        pytest.param(
            {"code": 200, "headers": [], "body": wp.found(wp.wpcom_post())}, id="enveloped"
        ),
    ],
)
def test_every_form_of_an_answer_of_wordpress_com_is_read(tmp_path, document):
    assert len(shared(tmp_path, "wordpress", document, {"sites": [wp.wpcom_site()]})) == 1


def test_the_site_may_come_inside_the_answer(tmp_path):
    post = wp.wpcom_post()
    post["meta"]["data"] = {"site": wp.wpcom_site()}

    assert len(shared(tmp_path, "wordpress", wp.found(post))) == 1


def test_the_settings_of_a_site_may_come_apart_from_it(tmp_path):
    bare = without(wp.wpcom_site(), "options")

    assert len(shared(tmp_path, "wordpress", wp.wpcom_post(), bare, wp.settings())) == 1


STATUSES = [
    ("publish", Verdict.SHARE),
    ("future", Verdict.EXCLUDE),
    ("draft", Verdict.EXCLUDE),
    ("auto-draft", Verdict.EXCLUDE),
    ("pending", Verdict.EXCLUDE),
    ("private", Verdict.EXCLUDE),
    ("trash", Verdict.EXCLUDE),
    ("inherit", Verdict.EXCLUDE),
    ("request-pending", Verdict.EXCLUDE),
    ("request-confirmed", Verdict.EXCLUDE),
    ("request-failed", Verdict.EXCLUDE),
    ("request-completed", Verdict.EXCLUDE),
    ("spam", Verdict.EXCLUDE),
    ("of-a-plugin", Verdict.HOLD),
    ("Publish", Verdict.HOLD),
    ("", Verdict.HOLD),
    (None, Verdict.HOLD),
    (1, Verdict.HOLD),
    (["publish"], Verdict.HOLD),
]


@pytest.mark.parametrize(("status", "verdict"), STATUSES)
def test_only_publish_is_public(tmp_path, status, verdict):
    [by_core] = core(tmp_path, wp.post(status=status))
    [by_wpcom] = wpcom(tmp_path, wp.wpcom_post(status=status))

    assert {judge(by_core).verdict, judge(by_wpcom).verdict} == {verdict}


@pytest.mark.parametrize(
    "kind",
    [
        *("revision", "nav_menu_item", "wp_block", "wp_template", "wp_template_part"),
        *("wp_navigation", "custom_css", "customize_changeset", "oembed_cache"),
        *("user_request", "feedback", "product", "jetpack-portfolio"),
    ],
)
def test_other_post_types_are_listed_and_excluded(tmp_path, kind):
    [by_core] = core(tmp_path, wp.post(type=kind))
    [by_wpcom] = wpcom(tmp_path, wp.wpcom_post(type=kind))

    assert {by_core.kind, by_wpcom.kind} == {kind}
    assert {judge(by_core).verdict, judge(by_wpcom).verdict} == {Verdict.EXCLUDE}


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("_jetpack_newsletter_access", "", Verdict.SHARE),
        ("_jetpack_newsletter_access", "everybody", Verdict.SHARE),
        ("_jetpack_newsletter_access", "subscribers", Verdict.EXCLUDE),
        ("_jetpack_newsletter_access", "paid_subscribers", Verdict.EXCLUDE),
        ("_jetpack_newsletter_access", "paid_subscribers_all_tiers", Verdict.EXCLUDE),
        ("_jetpack_newsletter_access", "friends", Verdict.HOLD),
        ("_jetpack_newsletter_access", None, Verdict.HOLD),
        ("_jetpack_newsletter_access", ["everybody"], Verdict.HOLD),
        ("_jetpack_memberships_contains_paid_content", True, Verdict.EXCLUDE),
        ("_jetpack_memberships_contains_paid_content", "1", Verdict.EXCLUDE),
        ("_jetpack_memberships_contains_paid_content", False, Verdict.SHARE),
        ("_jetpack_memberships_contains_paywalled_content", True, Verdict.EXCLUDE),
        ("_jetpack_memberships_contains_paywalled_content", "maybe", Verdict.HOLD),
        ("jetpack_seo_noindex", True, Verdict.SHARE),
        ("is_reblog", "1", Verdict.HOLD),
        ("syndication_source", "https://x.example", Verdict.HOLD),
    ],
)
def test_the_meta_fields_that_decide(tmp_path, key, value, verdict):
    listed = [{"id": "7", "key": key, "value": value}]

    [by_core] = core(tmp_path, wp.post(meta={key: value}))
    [by_wpcom] = wpcom(tmp_path, wp.wpcom_post(metadata=listed))

    assert {judge(by_core).verdict, judge(by_wpcom).verdict} == {verdict}


@pytest.mark.parametrize(
    ("origin", "verdict"),
    [
        (f"https://{wp.SITE}", Verdict.SHARE),
        (f"http://{wp.SITE.upper()}/", Verdict.SHARE),
        ("https://elsewhere.example", Verdict.HOLD),
        ("", Verdict.HOLD),
        (None, Verdict.HOLD),
        ("https://[", Verdict.HOLD),
    ],
)
def test_what_distributor_has_from_another_site_is_held(tmp_path, origin, verdict):
    [item] = core(tmp_path, wp.post(distributor_original_site_url=origin))

    assert judge(item).verdict is verdict


def test_a_cross_post_is_known_by_its_tag_where_no_meta_is_told(tmp_path):
    tag = {"p2-xpost": {"ID": 6, "name": "p2-xpost", "slug": "p2-xpost"}}

    [item] = wpcom(tmp_path, wp.wpcom_post(tags=tag))

    assert judge(item).verdict is Verdict.HOLD
    assert codes(item) == {"principal_anonymous"}


@pytest.mark.parametrize(
    "block",
    [
        "<!-- wp:jetpack/paywall /-->",
        "<!-- wp:premium-content/container -->",
        '<div class="wp-block-premium-content-container">',
        '<div class="wp-block-group jetpack-subscribe-paywall">',
        '<div class="wp-block-jetpack-paywall">',
    ],
)
@pytest.mark.parametrize("field", ["content", "excerpt"])
def test_paid_blocks_exclude_the_whole_item(tmp_path, field, block):
    text = {"rendered": f"teaser {block} paid", "protected": False}

    [by_core] = core(tmp_path, wp.post(**{field: text}))
    [by_wpcom] = wpcom(tmp_path, wp.wpcom_post(**{field: text["rendered"]}))

    assert (codes(by_core), codes(by_wpcom)) == ({"paid"}, {"paid"})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": {"rendered": "", "protected": True}}, "password_protected"),
        ({"content": {"rendered": "x", "protected": 0}}, "password_unknown"),
        ({"content": {"rendered": "x"}}, "password_unknown"),
        ({"content": {"protected": False}}, "content_unknown"),
        ({"excerpt": {"rendered": "", "protected": True}}, "password_protected"),
        ({"password": "sesame"}, "password_protected"),
        ({"password": None}, "password_unknown"),
        ({"date_gmt": "2031-01-01T00:00:00"}, "published_in_the_future"),
        ({"date_gmt": "0000-00-00T00:00:00"}, "published_at_unknown"),
        ({"date_gmt": "2020-09-13T12:26:40+02:00"}, "published_at_unknown"),
        ({"date_gmt": None}, "published_at_unknown"),
        ({"id": 0}, "native_id_unknown"),
        ({"id": True}, "native_id_unknown"),
        ({"id": 11.0}, "native_id_unknown"),
        ({"type": "<x>"}, "post_type_unknown"),
        ({"author": 0}, "principal_anonymous"),
        ({"author": {"id": 1}}, "principal_anonymous"),
        ({"author": 9}, "author_login_unknown"),
        ({"coauthors": [5]}, "principal_anonymous"),
        ({"authors": [{"slug": "x"}]}, "principal_anonymous"),
        ({"meta": None}, "meta_unknown"),
        ({"link": "https://elsewhere.example/2020/"}, "link_elsewhere"),
        ({"_links": {}}, "site_unknown"),
        ({"_links": wp.links("posts", 11, "https://other.example/wp-json/wp/v2")}, "several_sites"),
    ],
)
def test_a_published_item_with_a_flaw_is_not_shared(tmp_path, changes, code):
    [item] = core(tmp_path, wp.post(**changes))

    assert code in codes(item)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "sesame"}, "password_protected"),
        ({"password": None}, "password_unknown"),
        ({"date": "2031-01-01T00:00:00+00:00"}, "published_in_the_future"),
        ({"date": "2020-09-13T14:26:40"}, "published_at_unknown"),
        ({"author": False}, "principal_anonymous"),
        ({"author": wp.wpcom_author(0, "")}, "principal_anonymous"),
        ({"author": wp.wpcom_author(1, "")}, "author_login_unknown"),
        ({"author": wp.wpcom_author(1, "alice\u200b")}, "principal_name_only"),
        ({"is_external": True}, "out_of_scope"),
        ({"is_external": "no"}, "is_external_unknown"),
        ({"is_jetpack": True}, "out_of_scope"),
        ({"site_is_private": True}, "private"),
        ({"metadata": None}, "meta_unknown"),
        ({"site_ID": 4712}, "site_contradictory"),
        ({"site_ID": 4712, "meta": {}}, "site_unknown"),
        ({"site_ID": None}, "site_contradictory"),
        ({"URL": "https://elsewhere.example/2020/"}, "link_elsewhere"),
    ],
)
def test_a_published_item_of_wordpress_com_with_a_flaw_is_not_shared(tmp_path, changes, code):
    [item] = wpcom(tmp_path, wp.wpcom_post(**changes))

    assert code in codes(item)


# The vendor's own truth table: how its values arrive, and what the site is.
TRUTH = [
    (wp.site_with(), set()),
    (wp.site_with(blog_public="1"), set()),
    (wp.site_with(blog_public=True), set()),
    (wp.site_with(wpcom_data_sharing_opt_out="0"), set()),
    (wp.site_with(wpcom_data_sharing_opt_out=True), {"platform_opt_out"}),
    (wp.site_with(wpcom_data_sharing_opt_out="1"), {"platform_opt_out"}),
    (wp.site_with(wpcom_data_sharing_opt_out=None), {"opt_out_unknown"}),
    (wp.site_with(wpcom_data_sharing_opt_out="later"), {"wpcom_data_sharing_opt_out_unknown"}),
    (wp.site_with(wpcom_prevent_third_party_sharing=True), {"platform_opt_out"}),
    (wp.site_with(blog_public=0), {"search_discouraged"}),
    (wp.site_with(blog_public="0"), {"search_discouraged"}),
    (wp.site_with(blog_public=-1), {"private"}),
    (wp.site_with(blog_public="-1"), {"private"}),
    (wp.site_with(blog_public=None), {"site_visibility_unknown"}),
    (wp.site_with(blog_public=2), {"site_visibility_unknown"}),
    (wp.site_with(blog_public=0, wpcom_public_coming_soon=1), {"coming_soon"}),
    (wp.site_with(wpcom_public_coming_soon="1"), {"coming_soon"}),
    (wp.site_with(wpcom_coming_soon=1), {"coming_soon"}),
    (wp.wpcom_site(is_coming_soon=True), {"coming_soon"}),
    (wp.wpcom_site(is_coming_soon=None), {"is_coming_soon_unknown"}),
    (wp.wpcom_site(launch_status="unlaunched"), {"coming_soon"}),
    (wp.wpcom_site(launch_status=False), set()),
    (wp.wpcom_site(launch_status="soon"), {"launch_status_unknown"}),
    (wp.wpcom_site(is_private=True), {"private"}),
    (wp.wpcom_site(is_private="perhaps"), {"is_private_unknown"}),
    (wp.wpcom_site(is_deleted=True), {"gone"}),
    (wp.wpcom_site(is_wpcom_staging_site=True), {"staging"}),
    (wp.wpcom_site(jetpack=True), {"out_of_scope"}),
    (wp.wpcom_site(jetpack_connection=True), {"out_of_scope"}),
    (wp.wpcom_site(jetpack=True, is_wpcom_atomic=True), set()),
    (
        without(wp.wpcom_site(jetpack=True, is_wpcom_atomic=True), "is_wpcom_staging_site"),
        {"staging_unknown"},
    ),
    (wp.wpcom_site(jetpack="maybe"), {"hosting_unknown"}),
    (wp.wpcom_site(is_vip=True), {"out_of_scope"}),
    (without(wp.wpcom_site(), "is_vip"), {"hosting_unknown"}),
    (without(wp.wpcom_site(), "jetpack"), {"hosting_unknown"}),
    (without(wp.wpcom_site(), "options"), {"site_visibility_unknown", "opt_out_unknown"}),
    (wp.wpcom_site(options="none"),
     {"site_visibility_unknown", "opt_out_unknown", "site_record_unknown"}),
]  # fmt: skip


@pytest.mark.parametrize(("site", "expected"), TRUTH)
def test_the_truth_table_of_the_site(tmp_path, site, expected):
    [item] = wpcom(tmp_path, wp.wpcom_post(), site=site)

    assert codes(item) >= expected
    assert (judge(item).verdict is Verdict.SHARE) is (not expected)


@pytest.mark.parametrize("host", ["tides.wpcomstaging.com", "TIDES.WPComStaging.com"])
def test_a_site_below_the_staging_domain_is_out(tmp_path, host):
    post = wp.wpcom_post(URL=f"https://{host}/2020/")

    [item] = wpcom(tmp_path, post, site=wp.wpcom_site(URL=f"https://{host}"))

    assert codes(item) == {"staging"}


def test_a_domain_that_merely_begins_with_staging_is_not(tmp_path):
    post = wp.wpcom_post(URL="https://staging-tides.example/2020/")

    [item] = wpcom(tmp_path, post, site=wp.wpcom_site(URL="https://staging-tides.example"))

    assert codes(item) == set()


def test_two_records_of_a_site_that_disagree_count_at_their_worst(tmp_path):
    found = items(
        tmp_path, "wordpress", wp.wpcom_post(), wp.wpcom_site(), wp.settings(blog_public="-1")
    )

    assert [codes(item) for item in found] == [{"private"}]


def test_a_fact_does_not_overrule_the_record_of_the_site(tmp_path):
    site = wp.site_with(blog_public=-1)

    found = items(tmp_path, "wordpress", wp.wpcom_post(), site, facts=PUBLIC_SITE)

    assert [codes(item) for item in found] == [{"private"}]


def test_answers_of_wordpress_com_need_more_than_the_visibility_of_their_site(tmp_path):
    facts = PUBLIC_SITE | {"site": wp.SITE}
    more = facts | {"hosting": "wpcom", "wpcom_data_sharing_opt_out": "false"}

    [held] = items(tmp_path, "wordpress", wp.wpcom_post(), facts=facts)
    [told] = items(tmp_path, "wordpress", wp.wpcom_post(), facts=more)

    assert codes(held) == {"hosting_unknown", "opt_out_unknown"}
    assert codes(told) == set()


def test_each_site_of_a_dump_is_judged_by_its_own_record(tmp_path):
    other = wp.wpcom_post(
        site_ID=5, URL="https://b.example/x", meta={}, author=wp.wpcom_author(9, "carol")
    )
    private = wp.wpcom_site(ID=5, URL="https://b.example", is_private=True, meta={})

    found = items(tmp_path, "wordpress", [wp.wpcom_post(), other], [wp.wpcom_site(), private])

    assert [codes(item) for item in found] == [set(), {"private"}]


def test_what_is_asserted_proves_nothing_of_several_sites(tmp_path):
    other = wp.post(12, _links=wp.links("posts", 12, "https://b.example/wp-json/wp/v2"))

    found = core(tmp_path, wp.post(), other)

    assert all("several_sites" in codes(item) for item in found)


def test_the_record_of_a_site_that_cannot_be_placed_holds_everything(tmp_path):
    lost = wp.wpcom_site(ID="x", is_private=True)

    found = items(tmp_path, "wordpress", wp.wpcom_post(), wp.wpcom_site(), lost)

    assert [codes(item) for item in found] == [{"site_record_unplaced"}]


def test_a_site_that_is_private_under_its_other_address_is_shared_under_neither(tmp_path):
    elsewhere = wp.site_with(blog_public=-1) | {"URL": "https://tides.wordpress.example"}
    dump = ([wp.post()], wp.USERS, wp.wpcom_site(), elsewhere)

    [item] = items(tmp_path, "wordpress", *dump)

    assert codes(item) == {"site_contradictory"}
    assert [r for r in readings(tmp_path, "wordpress", *dump) if r.clears] == []


def test_a_site_of_which_a_dump_is_in_doubt_settles_nothing_elsewhere(tmp_path):
    lost = {"settings": {"blog_public": -1}}
    elsewhere = wp.wpcom_site(URL="https://tides.wordpress.example")

    unplaced = read(tmp_path, "wordpress", [wp.post()], wp.wpcom_site(), lost)
    renamed = read(tmp_path, "wordpress", [wp.post()], wp.wpcom_site(), elsewhere)

    assert [each for each in (*unplaced, *renamed) if isinstance(each, FactReading)] == []


@pytest.mark.parametrize("name", [str(wp.NUMBER), wp.SITE])
def test_core_answers_of_wordpress_com_need_as_much_as_its_own(tmp_path, name):
    base = f"https://public-api.wordpress.com/wp/v2/sites/{name}"
    post = wp.post(_links=wp.links("posts", 11, base))
    authors = {"site": wp.SITE, "authors": "1:alice"}

    [held] = items(tmp_path, "wordpress", [post], facts=authors | PUBLIC_SITE)
    [told] = items(tmp_path, "wordpress", [post], wp.wpcom_site(), facts=authors)

    assert codes(held) == {"hosting_unknown", "opt_out_unknown"}
    assert codes(told) == set()


def test_a_record_that_says_something_else_each_time_stays_small(tmp_path):
    told = [wp.site_with(blog_public=f"x{n}") | {"is_deleted": f"x{n}"} for n in range(300)]

    [item] = items(tmp_path, "wordpress", "\n".join(map(json.dumps, told)), wp.wpcom_post())

    assert {"site_visibility_unknown", "site_record_unknown"} <= codes(item)
    assert len(item.evidence) < 50


def test_many_sites_are_read_in_little_time(tmp_path):
    posts = [wp.wpcom_post(site_ID=n, meta={}) for n in range(1, 4_001)]
    began = time.process_time()

    found = items(tmp_path, "wordpress", "\n".join(map(json.dumps, posts)))

    assert all("site_unknown" in codes(item) for item in found)
    assert time.process_time() - began < 8


@pytest.mark.parametrize("name", ["unmapped_url", "main_network_site", "login_url"])
def test_a_site_is_in_its_items_by_the_address_it_had_before_its_domain(tmp_path, name):
    site = wp.site_with(**{name: "https://tides.wordpress.example/"})

    [item] = wpcom(tmp_path, wp.wpcom_post(), site=site)

    containers = [p.native_id for p in item.principals if p.role is Role.CONTAINER]
    before = ["tides.wordpress.example"] if name == "unmapped_url" else []
    assert containers == [wp.SITE, *before]
    assert codes(item) == set()


def test_a_former_address_that_cannot_be_read_holds_the_site(tmp_path):
    [item] = wpcom(tmp_path, wp.wpcom_post(), site=wp.site_with(unmapped_url=["x"]))

    assert codes(item) == {"site_record_unknown"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"capabilities": {"edit_post": False}}, {"read_by_a_follower"}, id="a subscriber"
        ),
        pytest.param({"capabilities": None}, {"read_by_a_follower"}, id="perhaps a subscriber"),
        pytest.param({"is_following": "yes"}, set(), id="an editor in any case"),
        pytest.param({"capabilities": {}, "is_following": False}, set(), id="a visitor"),
        pytest.param({"capabilities": {}, "is_following": "?"}, {"read_by_a_follower"}, id="odd"),
    ],
)
def test_what_a_subscriber_was_shown_may_be_for_subscribers_only(tmp_path, changes, expected):
    [item] = wpcom(tmp_path, wp.wpcom_post(**changes))

    assert codes(item) == expected


def test_what_is_paid_for_says_so_in_its_reason(tmp_path):
    [item] = core(tmp_path, wp.post(meta={"_jetpack_newsletter_access": "paid_subscribers"}))

    assert [str(reason) for reason in judge(item).reasons] == [
        "paid: _jetpack_newsletter_access is 'paid_subscribers'"
    ]


def test_a_number_without_an_address_is_not_taken_for_the_site_of_another_file(tmp_path):
    found = items(tmp_path, "wordpress", wxr(entry()), wp.wpcom_post(), facts=PUBLIC_SITE)

    assert "site_unknown" in codes(found[1])
    assert found[1].container_id is None


@pytest.mark.parametrize(
    ("parent", "others", "code"),
    [
        (None, [], "attachment_without_parent"),
        (0, [], "attachment_without_parent"),
        (404, [], "parent_outside_dump"),
        (21, [], "parent_is_itself"),
        ("x", [], "parent_unknown"),
        (False, [], "parent_unknown"),
        (11, [wp.post(status="private")], "parent_status_private"),
        (11, [wp.post(status="trash")], "parent_status_trash"),
        (11, [wp.edited(password="sesame")], "parent_password_protected"),
        (11, [wp.post(meta={"_jetpack_newsletter_access": "subscribers"})],
         "parent_subscribers_only"),
        (11, [wp.post(type="revision")], "parent_kind_unknown"),
        (11, [wp.post(date_gmt="2031-01-01T00:00:00")], "parent_published_in_the_future"),
        (11, [wp.post(date_gmt=None)], "parent_published_at_unknown"),
        (11, [wp.post(author=0)], "principal_anonymous"),
        (11, [wp.post(coauthors=[5])], "principal_anonymous"),
        (11, [wp.post(), wp.post(status="draft")], "parent_conflicting_appearances"),
    ],
)  # fmt: skip
def test_an_attachment_is_never_more_public_than_its_post(tmp_path, parent, others, code):
    found = core(tmp_path, wp.media(post=parent), *others)

    assert code in codes(found[0])


@pytest.mark.parametrize(
    ("changes", "others", "code"),
    [
        ({"status": "hold"}, [], "comment_not_approved"),
        ({"status": "unapproved"}, [], "comment_not_approved"),
        ({"status": "spam"}, [], "comment_not_approved"),
        ({"status": "trash"}, [], "comment_not_approved"),
        ({"status": "post-trashed"}, [], "comment_not_approved"),
        ({"status": "1"}, [], "approval_unknown"),
        ({"status": None}, [], "approval_unknown"),
        ({"type": "pingback"}, [], "comment_type_not_shared"),
        ({"type": "trackback"}, [], "comment_type_not_shared"),
        ({"type": "review"}, [], "comment_type_unknown"),
        ({"type": "note"}, [], "comment_type_not_shared"),
        ({"meta": {"_private_comment": 1}}, [], "plugin_access_unknown"),
        ({"author": 0}, [], "principal_anonymous"),
        ({"post": 404}, [], "parent_outside_dump"),
        ({"post": 0}, [], "parent_unknown"),
        ({}, [wp.edited(13, password="sesame")], "parent_password_protected"),
        ({}, [wp.post(13, status="private")], "parent_status_private"),
        ({}, [wp.page(13, status="draft")], "parent_status_draft"),
        ({}, [wp.post(13, type="feedback")], "parent_post_type_not_shared"),
        ({}, [wp.media(13, post=None)], "parent_attachment_without_parent"),
        ({}, [wp.media(13, post=14), wp.post(14, status="private")], "parent_status_private"),
    ],
)
def test_a_comment_needs_approval_an_author_and_a_public_post(tmp_path, changes, others, code):
    below = {"post": 13} if others else {}

    found = core(tmp_path, wp.post(), *others, wp.comment(**(below | changes)))

    assert code in codes(found[-1])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "unapproved"}, "comment_not_approved"),
        ({"status": "spam"}, "comment_not_approved"),
        ({"status": "trash"}, "comment_not_approved"),
        ({"type": "pingback"}, "comment_type_not_shared"),
        ({"author": wp.wpcom_author(0, "", name="Eve")}, "principal_anonymous"),
        ({"post": {"ID": 404}}, "parent_outside_dump"),
        ({"post": False}, "parent_unknown"),
    ],
)
def test_the_same_holds_for_comments_of_wordpress_com(tmp_path, changes, code):
    found = wpcom(tmp_path, wp.wpcom_post(), wp.wpcom_comment(**changes))

    assert code in codes(found[-1])


def test_whoever_wrote_the_post_is_in_its_comments(tmp_path):
    found = core(tmp_path, wp.post(), wp.comment())

    assert [(p.role, p.native_id) for p in found[1].principals] == [
        (Role.OWNER, f"{wp.SITE}#author:bob"),
        (Role.CONTAINER, wp.SITE),
        (Role.CONTAINER, f"{wp.SITE}#author:alice"),
    ]


def test_an_author_known_by_number_only_is_held_with_what_settles_it(tmp_path):
    [item] = items(tmp_path, "wordpress", [wp.post()], facts=PUBLIC_SITE)
    [told] = items(
        tmp_path, "wordpress", [wp.post()], facts=PUBLIC_SITE | {"authors": "1:alice, 2:bob"}
    )

    assert item.owner.identity is Identity.NAME
    assert "--fact authors=1:LOGIN" in str(judge(item).reasons[0])
    assert told.owner.native_id == f"{wp.SITE}#author:alice"
    assert codes(told) == set()


@pytest.mark.parametrize("text", ["alice", "1:", "0:alice", "1:alice;2:bob", ""])
def test_authors_are_asserted_by_id_and_login(tmp_path, text):
    with pytest.raises(BadFact, match="1:alice"):
        read(tmp_path, "wordpress", [wp.post()], facts={"authors": text})


def test_one_number_with_two_logins_identifies_nobody(tmp_path):
    found = items(
        tmp_path, "wordpress", [wp.post()], [*wp.USERS, wp.user(1, "carol")], facts=PUBLIC_SITE
    )

    assert codes(found[0]) == {"author_login_unknown", "principal_name_only"}


def test_a_slug_is_not_taken_for_a_login(tmp_path):
    visible = [without(user, "username") for user in wp.USERS]

    found = items(tmp_path, "wordpress", [wp.post()], visible, facts=PUBLIC_SITE)

    assert "author_login_unknown" in codes(found[0])


def test_what_an_export_and_an_answer_hold_of_a_post_is_one_item(tmp_path):
    export = wxr(entry(comment()), attachment())

    found = items(
        tmp_path, "wordpress", export, [wp.post(), wp.media(), wp.comment()], facts=PUBLIC_SITE
    )

    ring = Keyring(b"x" * 32)
    assert [codes(item) for item in found] == [set()] * 6
    assert len({ring.item_of(item) for item in found}) == 3
    assert len({ring.people(item).everybody for item in found if item.kind == "comment"}) == 1


def test_the_number_of_an_author_is_joined_with_the_login_in_the_export(tmp_path):
    found = items(tmp_path, "wordpress", wxr(entry()), [wp.page()], facts=PUBLIC_SITE)

    assert [item.owner.native_id for item in found] == [f"{wp.SITE}#author:alice"] * 2


def test_answers_and_exports_of_wordpress_com_are_one_site(tmp_path):
    export = wxr(entry(comment()), attachment())

    found = shared(tmp_path, "wordpress", export, wp.wpcom_post(), wp.wpcom_site())

    assert [item.kind for item in found] == ["post", "comment", "attachment", "post"]


@pytest.mark.parametrize("status", ["draft", "private", "of-a-plugin"])
def test_an_export_and_an_answer_that_disagree_are_not_shared(tmp_path, status):
    dump = (wxr(entry(comment()), attachment()), [wp.post(status=status)])

    assert shared(tmp_path, "wordpress", *dump, facts=PUBLIC_SITE) == []


def test_an_answer_to_a_comment_that_is_held_back_takes_it_out_of_the_export(tmp_path):
    dump = (wxr(entry(comment())), [wp.comment(status="hold")], wp.USERS)

    assert [i.kind for i in shared(tmp_path, "wordpress", *dump, facts=PUBLIC_SITE)] == ["post"]


def test_a_preference_told_by_one_of_them_is_no_disagreement(tmp_path):
    dump = (wxr(entry(meta("jetpack_seo_noindex", "1"))), [wp.post()])

    assert len(shared(tmp_path, "wordpress", *dump, facts=PUBLIC_SITE)) == 2


@pytest.mark.parametrize(
    "href",
    [
        "https://tides.example/wp-json/wp/v2/posts/11",
        "http://Tides.example/index.php/wp-json/wp/v2/posts/11",
        "https://tides.example/?rest_route=/wp/v2/posts/11",
        "https://tides.example/index.php?rest_route=/wp/v2/posts/11",
        "https://public-api.wordpress.com/wp/v2/sites/tides.example/posts/11",
    ],
)
def test_the_address_under_which_an_answer_lies_names_its_site(tmp_path, href):
    [item] = core(tmp_path, wp.post(_links={"self": [{"href": href}]}))

    assert item.container_id == wp.SITE


def test_the_core_api_at_wordpress_com_names_its_site_by_number(tmp_path):
    href = f"https://public-api.wordpress.com/wp/v2/sites/{wp.NUMBER}/posts/11"
    post = wp.post(_links={"self": [{"href": href}]})
    authors = {"authors": "1:alice"}

    [item] = items(tmp_path, "wordpress", [post], wp.wpcom_site(), facts=authors)

    assert (item.container_id, codes(item)) == (wp.SITE, set())


def test_a_site_in_a_folder_keeps_it_in_its_address(tmp_path):
    post = wp.post(_links=wp.links("posts", 11, "https://tides.example/blog/wp-json/wp/v2"))

    [item] = items(tmp_path, "wordpress", [post], facts=PUBLIC_SITE | {"authors": "1:alice"})

    assert item.container_id == "tides.example/blog"


def test_media_is_kept_without_what_rides_in_its_address(tmp_path):
    found = core(tmp_path, wp.post(), wp.media())

    [medium] = found[1].media
    assert (medium.kind, medium.url) == (MediaKind.IMAGE, f"https://{wp.SITE}/harbour.jpg")


def test_a_file_of_wordpress_com_is_held_because_its_status_is_not_told(tmp_path):
    found = wpcom(tmp_path, wp.wpcom_post(), wp.wpcom_media())

    assert codes(found[1]) == {"status_unknown"}
    assert "wp/v2 media" in str(judge(found[1]).reasons[0])


def test_a_dump_tells_of_its_site_also_when_nothing_is_shared(tmp_path):
    [reading] = readings(
        tmp_path, "wordpress", wp.wpcom_post(), wp.site_with(wpcom_data_sharing_opt_out=True)
    )

    assert (reading.native_id, reading.denies) == (wp.SITE, {"platform_opt_out"})
    assert reading.clears == frozenset()


def test_a_public_site_clears_what_its_record_contradicts_and_never_the_opt_out(tmp_path):
    [reading] = readings(tmp_path, "wordpress", wp.wpcom_post(), wp.wpcom_site())

    assert reading.denies == frozenset()
    assert reading.clears == {"private", "search_discouraged", "staging", "out_of_scope"}


def test_personal_data_does_not_enter_an_item(tmp_path):
    found = items(
        tmp_path,
        "wordpress",
        [wp.post(_embedded={"author": [wp.user()], "replies": [[wp.comment()]]})],
        [wp.edited(13), wp.media(), wp.comment(), wp.comment(72, author=0)],
        wp.USERS,
        [wp.wpcom_post(14), wp.wpcom_comment(74), wp.wpcom_media(24)],
        wp.wpcom_site(),
        facts=PUBLIC_SITE,
    )

    assert len(found) == 8
    seeds = ("Secret", "SECRET", "secret", "mail.example", "192.0.2", "51.12", "gravatar")
    assert [seed for seed in seeds if seed in repr(found)] == []


def test_a_password_is_not_echoed(tmp_path):
    [item] = core(tmp_path, wp.post(password=["sesame"]))

    assert "sesame" not in repr(item)


def test_a_line_of_something_else_is_held_and_counted(tmp_path):
    lines = "\n".join(json.dumps(r) for r in (wp.post(), {"hello": 1}, *wp.USERS))

    found = items(tmp_path, "wordpress", lines, facts=PUBLIC_SITE)

    assert [codes(item) for item in found][1] >= {"record_not_understood"}
    assert verdicts(tmp_path, "wordpress", lines, facts=PUBLIC_SITE)["post", "11"] is Verdict.SHARE


def test_the_record_of_a_site_settles_what_other_dumps_lack(tmp_path):
    found = read(tmp_path, "wordpress", wp.wpcom_post(), wp.wpcom_site())

    [fact] = [each for each in found if isinstance(each, FactReading)]
    assert (fact.about, fact.settles) == (wp.SITE, {"site_visibility_unknown"})
    assert {e.visibility for e in fact.evidence} == {Visibility.PUBLIC}


def test_what_an_operator_asserts_is_no_fact_for_other_dumps(tmp_path):
    found = read(tmp_path, "wordpress", [wp.post()], wp.USERS, facts=PUBLIC_SITE)

    assert [each for each in found if isinstance(each, FactReading)] == []


def with_terms(*slugs, embedded=True):
    """A post of which Co-Authors Plus names the authors by terms."""
    link = {"taxonomy": "author", "href": "https://tides.example/wp-json/wp/v2/author?post=11"}
    terms = [{"id": 90, "slug": slug, "name": slug, "taxonomy": "author"} for slug in slugs]
    held = {"author": [{"id": 1, "slug": "alice", "name": "Alice"}], "wp:term": [terms]}
    links = {**wp.post()["_links"], "wp:term": [link]}
    return wp.post(_links=links) | ({"_embedded": held} if embedded else {})


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        pytest.param(with_terms("alice"), Verdict.SHARE, id="the author alone"),
        pytest.param(with_terms("cap-alice"), Verdict.SHARE, id="as the plugin spells it"),
        pytest.param(with_terms("cap-alice", "cap-bob"), Verdict.HOLD, id="two authors"),
        pytest.param(with_terms("cap-bob"), Verdict.HOLD, id="somebody else"),
        pytest.param(with_terms(embedded=False), Verdict.HOLD, id="terms that were not read"),
    ],
)
def test_whom_terms_name_as_authors_is_in_the_post(record, verdict, tmp_path):
    example = EXAMPLES["wordpress rest post"]
    records = {"post": record, "user": WP_USER}

    found = Example("wordpress", "11", records, example.facts).verdict(
        tmp_path, example.content(records)
    )

    assert found is verdict


@pytest.mark.parametrize(
    "garbled",
    [
        {"wp:term": [[{"slug": "bob", "taxonomy": None}]]},
        {"wp:term": [[None]]},
        {"wp:term": [{}]},
        {"wp:term": []},
        {"wp:term": None},
        {"author": [{"id": 1, "slug": ["alice"]}]},
        {"author": "alice"},
    ],
)
def test_garbled_terms_of_authors_share_nothing(garbled, tmp_path):
    record = with_terms("cap-alice")
    record["_embedded"] |= garbled
    example = EXAMPLES["wordpress rest post"]

    assert not example.is_shared(tmp_path, {"post": record, "user": WP_USER})
