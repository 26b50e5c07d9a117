"""Posts that a membership plugin shows to some people only: held, with everything in the export."""

from time import process_time

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    PUBLIC_SITE,
    codes,
    comment,
    element,
    entry,
    items,
    meta,
    meta_of_comment,
    wxr,
)
from tests.platforms.sources.examples import EXAMPLES, WP_EDITED, WP_USER

GATED = [
    ("_members_access_role", "subscriber"),
    ("rcp_access_level", "2"),
    ("rcp_subscription_level", 'a:1:{i:0;s:1:"3";}'),
    ("rcp_user_level", "Administrator"),
    ("_is_paid", "1"),
    ("rcUserLevel", "Subscriber"),
    ("um_content_restriction", 'a:1:{s:26:"_um_custom_access_settings";s:1:"1";}'),
    ("_wpmem_block", "1"),
    ("pms-content-restrict-user-status", "loggedin"),
    ("wppb-content-restrict-user-status", "loggedin"),
    ("patreon-level", "5"),
    ("memberful_acl", 'a:1:{i:0;s:3:"412";}'),
    ("groups-read", "7"),
    ("_coil_monetize_post_status", "gate-all"),
    ("_swpm_protected", "1"),
    ("ppwp_post_protected", "1"),
    ("_wlm_protect", "Y"),
    ("pmpro_default_level", "1"),
    ("_private_post", "1"),
    ("is_sponsored", "1"),
    ("_nsfw", "1"),
    ("noai", "1"),
    ("_llms_is_restricted", "yes"),
    ("_llms_restricted_levels", 'a:1:{i:0;s:2:"31";}'),
    ("_edd_cr_restricted_to", 'a:1:{i:0;a:1:{s:8:"download";s:3:"any";}}'),
    ("s2member_ccaps_req", 'a:1:{i:0;s:6:"harbor";}'),
    ("arm_access_plan", "3"),
    ("arm_access_plan", "0"),
    ("_wppcp_post_page_visibility", "member"),
    ("_is4wp_membership_levels", "2,5"),
    ("ihc_mb_who", "reg"),
    ("laterpay_post_prices", 'a:1:{s:5:"price";d:0.5;}'),
    ("_onlyloggedin", "yes"),
    ("_unlisted", "1"),
    ("embargo_until", "2031-01-01"),
    ("_require_login", "1"),
    ("login_to_read", "yes"),
    ("_show_to_visitor", "0"),
    ("_show_to_visitor", ""),
    ("visible_to_roles", 'a:1:{i:0;s:6:"editor";}'),
    ("hide_from_guests", "1"),
    ("allowed_roles", "editor"),
    ("staff_only", "1"),
    ("_visibility", "hidden"),
    ("is_hidden", "1"),
    ("_internal", "1"),
    ("_elementor_data", '[{"settings":{"enabled_visibility":"yes"},"elements":[]}]'),
    ("_elementor_data", '[{"settings":{"e_display_conditions":["[]"]},"elements":[]}]'),
]
OPEN = [
    ("_members_access_error", ""),
    ("rcp_access_level", "None"),
    ("rcp_user_level", "All"),
    ("_is_paid", ""),
    ("um_content_restriction", 'a:1:{s:26:"_um_custom_access_settings";s:1:"0";}'),
    ("_wpmem_block", "0"),
    ("patreon-level", "0"),
    ("_wc_memberships_force_public", "yes"),
    ("_coil_monetize_post_status", "no-gating"),
    ("_wpas_done_all", "1"),
    ("_private_post", "0"),
    ("_yoast_wpseo_meta-robots-noindex", "1"),
    ("_wp_trash_meta_status", "publish"),
    ("_jetpack_dont_email_post_to_subs", "1"),
    ("_llms_is_restricted", "no"),
    ("_wppcp_post_page_visibility", "none"),
    ("arm_access_plan", ""),
    ("_unlisted", "0"),
    ("embargo_until", ""),
    ("_show_to_visitor", "1"),
    ("_visibility", "visible"),
    ("_hide_title", "1"),
    ("hidden_sidebar", "1"),
    ("_wp_old_slug", "low-tide"),
    ("_expiration-date-status", "saved"),
    ("_is4wp_hide_from_menu", "1"),
    ("activitypub_content_visibility", "local"),
    ("_elementor_data", '[{"settings":{"enabled_visibility":""},"elements":[]}]'),
    ("_elementor_data", "[]"),
]
ENDS = [
    "[membership level=1]low tide[/membership]",
    "[restrict paid=true]low tide[/restrict]",
    "[members_only]low tide[/members_only]",
    "[um_loggedin]low tide[/um_loggedin]",
    "[s2If current_user_can(access_s2member_level1)]low tide[/s2If]",
    "<!-- wp:pmpro/membership -->low tide<!-- /wp:pmpro/membership -->",
    "<!-- wp:woocommerce-memberships/member-content -->x"
    "<!-- /wp:woocommerce-memberships/member-content -->",
    '[mepr-show rules="12"]low tide[/mepr-show]',
    '[ppwp passwords="ebb"]low tide[/ppwp]',
    '[ihc-hide-content ihc_mb_type="show" ihc_mb_who="3"]low tide[/ihc-hide-content]',
    '[memb_has_any_tag tagid="4"]low tide[/memb_has_any_tag]',
    "[emaillocker]low tide[/emaillocker]",
    '[access capability="read"]low tide[/access]',
    '<!-- wp:paragraph {"metadata":{"blockVisibility":false}} --><p>x</p><!-- /wp:paragraph -->',
    '<!-- wp:latest-posts {"metadata":{"name":"x","blockVisibility":false}} /-->',
    '<!-- wp:html {"blockVisibility":{"hideBlock":true}} -->x<!-- /wp:html -->',
    '<!-- wp:html {"blockVisibility":{"controlSets":[{"id":1,"enable":true,"controls":'
    '{"userRole":{"visibilityByRole":"logged-in"}}}]}} -->x<!-- /wp:html -->',
    '<!-- wp:html {"contentControls":{"enabled":true,"rules":{}}} -->x<!-- /wp:html -->',
    '<!-- wp:html {"otterConditions":[[{"type":"loggedInUser"}]]} -->x<!-- /wp:html -->',
    '<!-- wp:html {"UAGDisplayConditions":"userstate"} -->x<!-- /wp:html -->',
    '[et_pb_text module_id="a" disabled="on"]low tide[/et_pb_text]',
    '[et_pb_text disabled_on="on|on|on"]low tide[/et_pb_text]',
    '[et_pb_text display_conditions="W3t9XQ=="]low tide[/et_pb_text]',
    '<!-- wp:divi/placeholder -->Conditions: [et_pb_text disabled="on"]x[/et_pb_text]'
    "<!-- /wp:divi/placeholder -->",
]
FOR_ALL = [
    '<!-- wp:more {"metadata":{"blockVisibility":{"viewport":{"mobile":false}}}} /-->',
    '<!-- wp:html {"blockVisibility":{"controlSets":[{"id":1,"enable":true,"controls":'
    '{"screenSize":{"hideOnScreenSize":{"small":true}}}}]}} -->x<!-- /wp:html -->',
    '<!-- wp:html {"otterConditions":[],"UAGDisplayConditions":"none"} -->x<!-- /wp:html -->',
    '[et_pb_text disabled_on="on|off|off" disabled="off"]low tide[/et_pb_text]',
    '[gallery ids="1,2"] [caption id="a"]The pier[/caption] [accessibility]x[/accessibility]',
    "Whoever reads of &quot;blockVisibility&quot;:false is told of a setting.",
]

CLOSED_COMMENTS = [
    ("private", "1"),
    ("private_comment", "1"),
    ("privatemsg", "to the harbor master"),
    ("wp-private-comment-visibility", "2"),
    ("_comment_visibility", "members"),
    ("is_hidden", "true"),
    ("akismet_result", "true"),
    ("akismet_user_result", "true"),
    ("_wp_trash_meta_status", "1"),
    ("_wp_trash_meta_time", "1588291200"),
    ("is_approved", "0"),
    ("members_only", "1"),
    ("reported_by", "7"),
]
OPEN_COMMENTS = [
    ("akismet_history", 'a:1:{s:5:"event";s:9:"check-ham";}'),
    ("akismet_result", "false"),
    ("akismet_as_submitted", 'a:1:{s:12:"comment_type";s:7:"comment";}'),
    ("akismet_delayed_moderation_email", "1"),
    ("rating", "5"),
    ("verified", "0"),
    ("wpdiscuz_votes", "3"),
    ("private", "0"),
    ("wp-private-comment-visibility", ""),
    ("is_approved", "1"),
]


def exported(folder, *parts, **changes):
    (item,) = items(folder, "wordpress", wxr(entry(*parts, **changes)), facts=PUBLIC_SITE)
    return item


@pytest.mark.parametrize(("key", "value"), GATED)
def test_a_post_behind_a_plugins_gate_is_held(key, value, tmp_path):
    item = exported(tmp_path, meta(key, value))

    assert judge(item).verdict is Verdict.HOLD
    assert "plugin_access_unknown" in codes(item)


@pytest.mark.parametrize(("key", "value"), OPEN)
def test_a_plugins_open_gate_holds_nothing(key, value, tmp_path):
    item = exported(tmp_path, meta(key, value))

    assert judge(item).verdict is Verdict.SHARE


@pytest.mark.parametrize("content", ENDS)
def test_a_post_of_which_a_part_is_for_some_only_is_held(content, tmp_path):
    item = exported(tmp_path, **{"content:encoded": f"At noon. {content}"})

    assert judge(item).verdict is Verdict.HOLD
    assert "plugin_access_unknown" in codes(item)


@pytest.mark.parametrize("content", FOR_ALL)
def test_what_depends_on_the_screen_or_on_nothing_is_for_everybody(content, tmp_path):
    item = exported(tmp_path, **{"content:encoded": f"At noon. {content}"})

    assert judge(item).verdict is Verdict.SHARE


@pytest.mark.parametrize("text", ["[/" + "member" * 20_000, "[et_pb_" * 20_000])
def test_a_name_without_an_end_is_read_in_no_time(text, tmp_path):
    began = process_time()

    exported(tmp_path, **{"content:encoded": text})

    assert process_time() - began < 5


@pytest.mark.parametrize("kind", ["memberpressrule", "cc_restriction", "wc_membership_plan"])
def test_an_export_with_the_rules_of_a_plugin_says_of_no_post_that_all_may_read_it(kind, tmp_path):
    rule = entry(wp__post_id="12", wp__post_type=kind)

    post, _, remark = items(
        tmp_path,
        "wordpress",
        wxr(entry(), rule, entry(comment(), wp__post_id="13")),
        facts=PUBLIC_SITE,
    )[:3]

    assert judge(post).verdict is Verdict.HOLD
    assert codes(post) == codes(remark) == {"site_rules_unknown"}


def test_a_rule_that_is_a_draft_closes_nothing(tmp_path):
    rule = entry(wp__post_id="12", wp__post_type="memberpressrule", wp__status="draft")

    post, _ = items(tmp_path, "wordpress", wxr(entry(), rule), facts=PUBLIC_SITE)

    assert judge(post).verdict is Verdict.SHARE


@pytest.mark.parametrize(
    "change",
    [
        {"acf": {"members_only": True}},
        {"class_list": ["post-11", "pmpro-level-required", "pmpro-level-1"]},
        {"class_list": {"0": "post-11", "2": "post-password-required"}},
        {"meta": {"_members_access_role": ["subscriber"]}},
        {"meta": {"patreon-level": 5}},
        {"meta": {"arm_access_plan": 0}},
        {"content": {"raw": ENDS[0], "rendered": "<p>low tide</p>", "protected": False}},
    ],
)
def test_a_gate_counts_in_answers_as_well(change, tmp_path):
    example = EXAMPLES["wordpress rest post"]

    assert not example.is_shared(tmp_path, {"post": WP_EDITED | change, "user": WP_USER})


def test_an_open_gate_holds_nothing_in_answers_either(tmp_path):
    example = EXAMPLES["wordpress rest post"]
    change = {
        "meta": {"_members_access_role": [], "patreon-level": 0, "_is_paid": False},
        "acf": {"members_only": False},
        "class_list": ["post-11", "status-publish", "category-private", "tag-members-only"],
    }

    assert example.is_shared(tmp_path, {"post": WP_EDITED | change, "user": WP_USER})


def remarks(folder, *remarks):
    _, *found = items(folder, "wordpress", wxr(entry(*remarks)), facts=PUBLIC_SITE)
    return found


@pytest.mark.parametrize("more", ["", "<a/>"], ids=["as WordPress writes it", "unusual"])
@pytest.mark.parametrize(("key", "value"), CLOSED_COMMENTS)
def test_a_comment_whose_meta_speaks_against_it_is_held(key, value, more, tmp_path):
    metas = meta_of_comment("rating", "5") + meta_of_comment(key, value) + more

    (item,) = remarks(tmp_path, comment(metas + meta_of_comment("verified", "1")))

    assert judge(item).verdict is Verdict.HOLD
    assert codes(item) == {"plugin_access_unknown"}


@pytest.mark.parametrize("more", ["", "<a/>"], ids=["as WordPress writes it", "unusual"])
def test_what_many_plugins_note_of_a_comment_does_not_hold_it(more, tmp_path):
    metas = "".join(meta_of_comment(*one) for one in OPEN_COMMENTS)

    (item,) = remarks(tmp_path, comment(metas + more))

    assert judge(item).verdict is Verdict.SHARE


@pytest.mark.parametrize(
    "odd",
    [
        element("wp:commentmeta", ("wp:meta_value", "1")),
        element("wp:commentmeta", ("wp:meta_key", "a"), ("wp:meta_key", "b")),
        "<wp:commentmeta>private</wp:commentmeta>",
        "<wp:commentmeta/>",
    ],
)
def test_meta_of_a_comment_that_is_not_understood_holds_it(odd, tmp_path):
    (item,) = remarks(tmp_path, comment(odd))

    assert codes(item) == {"meta_unknown"}


def test_a_comment_that_another_file_marks_as_private_is_held(tmp_path):
    marked = comment(meta_of_comment("private", "1"))

    open_one, closed = remarks(tmp_path, comment(), marked)

    assert codes(open_one) == {"conflicting_appearances"}
    assert codes(closed) == {"plugin_access_unknown"}


def test_the_meta_of_a_comment_says_nothing_of_its_post_or_of_other_comments(tmp_path):
    marked = comment(meta_of_comment("private", "1"))

    post, _, other = items(
        tmp_path,
        "wordpress",
        wxr(entry(marked, comment(wp__comment_id="72"))),
        facts=PUBLIC_SITE,
    )

    assert judge(post).verdict is judge(other).verdict is Verdict.SHARE
