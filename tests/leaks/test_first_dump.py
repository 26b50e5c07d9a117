"""What the dump of 2024 held although nobody had agreed: one test for each class.

Each case differs from a shared item in the one thing that makes it a leak.
"""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    BOB,
    PUBLIC_SITE,
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
