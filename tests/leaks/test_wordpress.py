"""What answers of WordPress's REST APIs must never give away: one row for each class."""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources import wp_answers as wp
from tests.platforms.sources.dumps import PUBLIC_SITE, items

CORE = [
    pytest.param(wp.post(status="private"), id="private post on a public site"),
    pytest.param(wp.edited(status="draft"), id="draft that an editor's token saw"),
    pytest.param(wp.edited(status="pending"), id="post that waits for review"),
    pytest.param(wp.edited(status="future"), id="scheduled post"),
    pytest.param(wp.post(date_gmt="2031-01-01T00:00:00"), id="published, but only in the future"),
    pytest.param(wp.post(status="trash"), id="deleted post"),
    pytest.param(wp.post(content={"rendered": "", "protected": True}), id="protected post"),
    pytest.param(wp.edited(password="sesame"), id="protected post in clear"),
    pytest.param(wp.post(type="feedback"), id="message from a contact form"),
    pytest.param(wp.post(type="revision", status="inherit"), id="revision"),
    pytest.param(wp.post(type="wp_block"), id="block of the editor"),
    pytest.param(wp.post(meta={"_jetpack_newsletter_access": "paid_subscribers"}), id="paid post"),
    pytest.param(wp.post(meta={"_jetpack_newsletter_access": "subscribers"}), id="for subscribers"),
    pytest.param(
        wp.post(
            content={"rendered": "<div class='jetpack-subscribe-paywall'>", "protected": False}
        ),
        id="teaser before a paywall",
    ),
]
BELOW = [
    pytest.param(wp.post(status="private"), wp.media(), id="picture in a private post"),
    pytest.param(wp.edited(password="x"), wp.comment(), id="comment on a protected post"),
    pytest.param(wp.post(status="trash"), wp.comment(), id="comment on a deleted post"),
    pytest.param(wp.post(), wp.media(status="private"), id="private picture"),
    pytest.param(wp.post(), wp.comment(status="hold"), id="comment that waits for approval"),
    pytest.param(wp.post(), wp.comment(status="spam"), id="spam"),
    pytest.param(wp.post(), wp.comment(status="trash"), id="deleted comment"),
    pytest.param(wp.post(), wp.comment(type="pingback"), id="pingback"),
]
SITES = [
    pytest.param(wp.site_with(blog_public=-1), id="private site"),
    pytest.param(wp.wpcom_site(is_private=True), id="private site by its own flag"),
    pytest.param(wp.site_with(blog_public=0), id="site that discourages search engines"),
    pytest.param(wp.site_with(wpcom_data_sharing_opt_out=True), id="site that opted out"),
    pytest.param(wp.wpcom_site(is_coming_soon=True), id="site that is coming soon"),
    pytest.param(wp.wpcom_site(launch_status="unlaunched"), id="site that was never launched"),
    pytest.param(wp.wpcom_site(is_deleted=True), id="deleted site"),
    pytest.param(wp.wpcom_site(is_suspended=True), id="suspended site"),
    pytest.param(wp.wpcom_site(is_wpcom_staging_site=True), id="staging copy"),
    pytest.param(wp.wpcom_site(is_vip=True), id="customer of VIP"),
    pytest.param(wp.wpcom_site(jetpack=True), id="self-hosted site with Jetpack"),
]


@pytest.mark.parametrize("record", CORE)
def test_what_an_answer_may_not_give_away_is_never_shared(tmp_path, record):
    [item] = items(tmp_path, "wordpress", [record], wp.USERS, facts=PUBLIC_SITE)

    assert judge(item).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(("post", "below"), BELOW)
@pytest.mark.parametrize("post_is_first", [True, False])
def test_what_hangs_on_a_post_is_never_more_public(tmp_path, post, below, post_is_first):
    files = ([post], [below]) if post_is_first else ([below], [post])

    found = items(tmp_path, "wordpress", *files, wp.USERS, facts=PUBLIC_SITE)

    [item] = [i for i in found if i.kind in ("attachment", "comment")]
    assert judge(item).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize("site", SITES)
def test_nothing_of_a_site_that_is_not_open_is_shared(tmp_path, site):
    found = items(tmp_path, "wordpress", [wp.wpcom_post(), wp.wpcom_comment()], site)

    assert {judge(item).verdict for item in found} == {Verdict.EXCLUDE}


def test_the_items_from_which_those_differ_are_shared(tmp_path):
    answers = [wp.post(), wp.media(), wp.comment()]

    by_core = items(tmp_path, "wordpress", answers, wp.USERS, facts=PUBLIC_SITE)
    by_wpcom = items(tmp_path, "wordpress", wp.wpcom_post(), wp.wpcom_site())

    assert {judge(item).verdict for item in by_core + by_wpcom} == {Verdict.SHARE}
