"""Posts that a membership plugin shows to some people only: held, with everything in the export."""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import PUBLIC_SITE, codes, entry, items, meta, wxr
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


@pytest.mark.parametrize(
    "change",
    [
        {"meta": {"_members_access_role": ["subscriber"]}},
        {"meta": {"patreon-level": 5}},
        {"content": {"raw": ENDS[0], "rendered": "<p>low tide</p>", "protected": False}},
    ],
)
def test_a_gate_counts_in_answers_as_well(change, tmp_path):
    example = EXAMPLES["wordpress rest post"]

    assert not example.is_shared(tmp_path, {"post": WP_EDITED | change, "user": WP_USER})


def test_an_open_gate_holds_nothing_in_answers_either(tmp_path):
    example = EXAMPLES["wordpress rest post"]
    change = {"meta": {"_members_access_role": [], "patreon-level": 0, "_is_paid": False}}

    assert example.is_shared(tmp_path, {"post": WP_EDITED | change, "user": WP_USER})
