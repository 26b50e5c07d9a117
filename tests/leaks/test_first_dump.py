"""What the dump of 2024 held although nobody had agreed: one test for each class.

Each case differs from a shared item in the one thing that makes it a leak.
"""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    BOB,
    PUBLIC_SITE,
    TOWN,
    ask,
    asked_by,
    attachment,
    blog,
    comment,
    entry,
    items,
    legacy,
    meta,
    post,
    trail_item,
    without,
    wxr,
)

TUMBLR_LEAKS = [
    pytest.param(post(blog=blog(allow_search_indexing=False)), id="post of an opted-out blog"),
    pytest.param(
        post(trail=[trail_item(blog("bob", BOB, allow_search_indexing=False))]),
        id="reblog of an opted-out blog",
    ),
    pytest.param(post(state="private"), id="private post on a public blog"),
    pytest.param(post(blog=blog(active=False)), id="deleted blog"),
    pytest.param(post(blog=blog(is_deactivated=True)), id="deactivated blog"),
    pytest.param(post(blog=blog(is_suspended=True)), id="suspended blog"),
    pytest.param(
        post(trail=[trail_item(blog("bob", BOB, active=False))]), id="reblog of a deleted blog"
    ),
    pytest.param(
        post(trail=[{"broken_blog_name": "bob", "content": []}]), id="reblog of a broken blog"
    ),
    pytest.param(ask(asked_by(), answered=False), id="unanswered ask"),
    pytest.param(ask(None, answered=False), id="unanswered anonymous ask"),
    pytest.param(
        legacy("answer", question="Why?", answer="", is_private=False), id="unanswered legacy ask"
    ),
    pytest.param(
        post(state="submission", is_submission=True, post_author="bob"), id="unpublished submission"
    ),
    pytest.param(post(state="unapproved"), id="unapproved submission"),
    pytest.param(ask(asked_by(), is_private=True), id="private answer"),
    pytest.param(ask(asked_by("alice", blog()["uuid"])), id="private answer, by its asker"),
    pytest.param(
        legacy("answer", question="Why?", answer="So.", asking_name="alice", is_private=False),
        id="private legacy answer, by its asker",
    ),
    pytest.param(
        post(community_labels={"has_community_label": True, "categories": []}), id="explicit post"
    ),
    pytest.param(post(is_nsfw=True), id="NSFW post"),
    pytest.param(post(blog=blog(is_adult=True)), id="explicit blog"),
    pytest.param(post(blog=blog(advertiser_name="Fizz Ltd")), id="brand blog"),
    pytest.param(post(blog=blog(is_blogless_advertiser=True)), id="advertiser"),
    pytest.param(post(is_commercial=True), id="advert"),
    pytest.param(post(blog=blog(is_password_protected=True)), id="password-protected blog"),
    pytest.param(post(blog=blog(type="private")), id="private blog"),
    pytest.param(post(state="draft"), id="draft"),
    pytest.param(post(state="queued"), id="queued post"),
    pytest.param(post(state="queue", queued_state="scheduled"), id="scheduled post"),
    pytest.param(
        post(blog=blog(is_hidden_from_blog_network=True)), id="blog for people who signed in"
    ),
    pytest.param(post(blog=blog(is_private_channel=True)), id="private channel"),
    pytest.param(
        post(
            blog=blog("town", TOWN),
            author_blog=blog(),
            post_author="alice",
            community={"visibility": "private"},
        ),
        id="post in a private community",
    ),
    pytest.param(post(trail=[trail_item(is_commercial=True)]), id="reblog of an advert"),
    pytest.param(
        post(trail=[trail_item(blog("bob", BOB, type="private"))]), id="reblog of a private blog"
    ),
    pytest.param(
        post(trail=[trail_item(blog("bob", BOB, is_adult=True))]), id="reblog of an explicit blog"
    ),
    pytest.param(
        post(content=[{"type": "paywall", "subtype": "cta"}]), id="teaser with a paywall's block"
    ),
    pytest.param(post(is_paywalled=True), id="subscriber-only post"),
    pytest.param(post(blog=blog(is_paywall_on=True)), id="teaser of a paid blog"),
    pytest.param(
        post(layout=[], content=[{"type": "text", "text": "paid text"}], is_paywalled=True),
        id="paid text in a member's dump, without its paywall block",
    ),
]


@pytest.mark.parametrize("raw", TUMBLR_LEAKS)
def test_what_leaked_in_2024_is_never_shared(tmp_path, raw):
    (item,) = items(tmp_path, "tumblr", raw)

    judgement = judge(item).under(adult=False)

    assert judgement.verdict is Verdict.EXCLUDE
    assert judgement.reasons


def test_the_blog_of_a_partner_is_on_the_operators_list(tmp_path):
    (item,) = items(tmp_path, "tumblr", post(), facts={"partner_blogs": "alice"})

    assert judge(item).verdict is Verdict.EXCLUDE


def test_the_posts_from_which_the_leaks_differ_are_shared(tmp_path):
    good = [post(1), post(2, trail=[trail_item()]), ask(asked_by(), id=3), ask(None, id=4)]

    found = items(tmp_path, "tumblr", good)

    assert {judge(item).under(adult=False).verdict for item in found} == {Verdict.SHARE}


WORDPRESS_LEAKS = [
    pytest.param(entry(), {"wpcom_data_sharing_opt_out": "1"}, id="site that opted out"),
    pytest.param(entry(), {"blog_public": "0"}, id="site that discourages search engines"),
    pytest.param(entry(), {"blog_public": "-1"}, id="private site"),
    pytest.param(entry(), {"wpcom_public_coming_soon": "1"}, id="site that is not open yet"),
    pytest.param(entry(), {"wpcom_coming_soon": "1"}, id="site that was not open, in old words"),
    pytest.param(
        entry(), {"blog_public": "0", "wpcom_public_coming_soon": "1"}, id="coming soon, hidden"
    ),
    pytest.param(
        entry(),
        {"blog_public": "0", "wpcom_data_sharing_opt_out": "0"},
        id="hidden from search, though its other switch says yes",
    ),
    pytest.param(
        entry(),
        {"blog_public": "-1", "wpcom_data_sharing_opt_out": "0"},
        id="private site whose switch was written back",
    ),
    pytest.param(entry(), {"staging": "1"}, id="copy to try things on"),
    pytest.param(entry(), {"primary_domain": "X.WPcomStaging.com"}, id="staging in other letters"),
    pytest.param(entry(), {"launch_status": "unlaunched"}, id="unlaunched site"),
    pytest.param(entry(), {"primary_domain": "x.wpcomstaging.com"}, id="staging copy"),
    pytest.param(entry(), {"hosting": "vip"}, id="VIP customer"),
    pytest.param(entry(), {"hosting": "jetpack"}, id="self-hosted site"),
    pytest.param(entry(wp__status="private"), {}, id="private post on a public site"),
    pytest.param(entry(wp__status="trash"), {}, id="deleted post"),
    pytest.param(entry(wp__status="draft"), {}, id="draft"),
    pytest.param(entry(wp__status="pending"), {}, id="unreviewed submission"),
    pytest.param(entry(wp__status="future"), {}, id="scheduled post"),
    pytest.param(
        entry(wp__status="future", wp__post_date_gmt="2019-01-01 00:00:00"),
        {},
        id="scheduled post whose date has passed",
    ),
    pytest.param(entry(wp__post_password="sesame"), {}, id="password-protected post"),
    pytest.param(entry(wp__status="auto-draft"), {}, id="draft that nobody saved"),
    pytest.param(entry(wp__status="spam"), {}, id="spam"),
    pytest.param(entry(wp__status="request-pending"), {}, id="privacy request that waits"),
    pytest.param(
        entry(wp__post_date_gmt="2031-01-01 00:00:00"), {}, id="published, but in the future"
    ),
    *(
        pytest.param(entry(wp__post_type=kind), {}, id=f"a site's own {kind}")
        for kind in (
            "revision",
            "nav_menu_item",
            "wp_block",
            "wp_template",
            "wp_template_part",
            "wp_navigation",
            "custom_css",
            "customize_changeset",
            "oembed_cache",
            "user_request",
        )
    ),
    pytest.param(
        entry(meta("_jetpack_newsletter_access", "subscribers")), {}, id="post for subscribers"
    ),
    *(
        pytest.param(entry(meta(f"_jetpack_memberships_contains_{what}", "1")), {}, id=what)
        for what in ("paid_content", "paywalled_content")
    ),
    pytest.param(
        entry(content__encoded="x <!-- wp:premium-content/container -->"), {}, id="premium block"
    ),
    pytest.param(entry(wp__post_type="feedback"), {}, id="message from a contact form"),
    pytest.param(entry(wp__status="request-completed"), {}, id="privacy request"),
    pytest.param(
        entry(meta("_jetpack_newsletter_access", "paid_subscribers")), {}, id="subscriber-only post"
    ),
    pytest.param(
        entry(content__encoded="teaser <!-- wp:jetpack/paywall /--> paid"), {}, id="paid text"
    ),
]


@pytest.mark.parametrize(("element", "facts"), WORDPRESS_LEAKS)
def test_what_a_site_never_published_is_never_shared(tmp_path, element, facts):
    dump = wxr(element.replace("</item>", comment() + "</item>"), attachment())

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE | facts)

    assert len(found) == 3
    assert {judge(item).verdict for item in found} == {Verdict.EXCLUDE}


def test_the_items_from_which_those_differ_are_shared(tmp_path):
    dump = wxr(entry(comment()), attachment())

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)

    assert {judge(item).verdict for item in found} == {Verdict.SHARE}


BELOW = [
    *(
        pytest.param([entry(comment(wp__comment_approved=state))], id=f"comment: {state}")
        for state in ("0", "spam", "trash", "post-trashed")
    ),
    pytest.param([entry(comment(wp__comment_type="pingback"))], id="pingback"),
    pytest.param([entry(comment(wp__comment_type="trackback"))], id="trackback"),
    pytest.param([entry(), attachment(wp__status="private")], id="private picture on an open post"),
    pytest.param([entry(), attachment(wp__status="trash")], id="deleted picture on an open post"),
]


@pytest.mark.parametrize("elements", BELOW)
def test_what_hangs_on_an_open_post_may_be_closed_itself(tmp_path, elements):
    found = items(tmp_path, "wordpress", wxr(*elements), facts=PUBLIC_SITE)

    (item,) = [one for one in found if one.kind in ("comment", "attachment")]
    assert judge(item).verdict is Verdict.EXCLUDE


def test_a_domain_that_only_begins_like_a_staging_copy_is_a_site_like_any_other(tmp_path):
    facts = PUBLIC_SITE | {"primary_domain": "staging-tides.example"}

    (item,) = items(tmp_path, "wordpress", wxr(entry()), facts=facts)

    assert judge(item).verdict is Verdict.SHARE


# What cannot be known is no exclusion, which would end the asking; but it is never shared.
NOT_KNOWN = [
    pytest.param("tumblr", without(post(), "state"), {}, id="post without a state"),
    pytest.param("tumblr", post(state="brand_new"), {}, id="post in a new state"),
    pytest.param(
        "tumblr", without(ask(asked_by()), "is_private"), {}, id="answer without its flag"
    ),
    pytest.param(
        "wordpress", wxr(entry(wp__status="brand-new")), PUBLIC_SITE, id="status of a plugin"
    ),
    pytest.param(
        "wordpress", wxr(entry(wp__status="inherit")), PUBLIC_SITE, id="post that inherits"
    ),
    pytest.param("wordpress", wxr(attachment("0")), PUBLIC_SITE, id="picture without a post"),
    pytest.param("wordpress", wxr(attachment("99")), PUBLIC_SITE, id="picture of a post elsewhere"),
    pytest.param("wordpress", wxr(attachment("21")), PUBLIC_SITE, id="picture in itself"),
    pytest.param("wordpress", wxr(entry(dc__creator="Alice ")), PUBLIC_SITE, id="misspelt author"),
    pytest.param("wordpress", wxr(entry(), authors=()), PUBLIC_SITE, id="no list of authors"),
    pytest.param(
        "wordpress",
        wxr(entry(wp__post_date_gmt="0000-00-00 00:00:00")),
        PUBLIC_SITE,
        id="published without a date",
    ),
    pytest.param(
        "wordpress", wxr(entry(), entry(wp__status="draft")), PUBLIC_SITE, id="one id, two states"
    ),
]


@pytest.mark.parametrize(("platform", "content", "facts"), NOT_KNOWN)
def test_what_is_not_known_to_be_public_is_not_shared(tmp_path, platform, content, facts):
    found = items(tmp_path, platform, content, facts=facts)

    assert found
    assert Verdict.SHARE not in {judge(item).verdict for item in found}
