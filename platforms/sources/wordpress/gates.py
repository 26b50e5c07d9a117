"""What membership plugins write where they show a post, or a part of it, to some people only.

WordPress itself knows nothing of it: such a post has the status ``publish`` and no password, and
an export holds its whole text. Only the site knows what its plugins make of these marks, so they
hold and never exclude.
"""

import re
from functools import lru_cache
from typing import Final

# In the keys of post meta: those of Members, Restrict Content, Ultimate Member, WP-Members, Paid
# Member Subscriptions, Profile Builder, Patreon, Memberful, Groups, Leaky Paywall, Coil and others.
KEYS: Final = re.compile(
    r"members?_access|members?[-_]only|rcp_|_is_paid|rcuserlevel|content[-_]restrict|restrict[-_]"
    r"|um_custom_access|um_accessible|wpmem_block|patreon-level|memberful_acl|groups-(?:read|groups)"
    r"|leaky_paywall|coil_monetize_post_status|access_(?:level|role|group|control)|paywall"
    r"|(?:^|[_-])(?:private|protect(?:ed)?|passster|nsfw|adult|sponsored|premium|paid|noai)(?:$|[_-])"
    r"|mepr_|pmpro_\w*level|forum_visibility|subscribers?[-_]only|logged_?in[-_]only|wc_memberships_(?!force_public|use_custom)"
)
# Ultimate Member writes its settings beside every post, and in them whether they are in force.
NOT_IN_FORCE: Final = re.compile(r'_um_custom_access_settings";(?:s:1:"0"|s:0:""|b:0|i:0)')
OPEN_VALUES: Final = frozenset(
    {"", "0", "no", "none", "false", "off", "all", "any", "everyone", "everybody", "public"}
    | {"no-gating", "default", "null", "a:0:{}"}
)
# The ends of shortcodes and of blocks around what is shown to some only. Each of the expressions
# begins with characters that are looked for quickly; one for both would try every place.
SHORTCODES: Final = re.compile(
    r"\[/(?:[\w-]*(?:member|restrict|logged[-_]?in|private|protect|paywall|premium|subscriber|patreon"
    r"|swpm|rcp)[\w-]*|s2if|groups_can|passster|hidepost|um_show_content)\]",
    re.IGNORECASE,
)
BLOCKS: Final = re.compile(
    r"<!-- /wp:(?:pmpro|rcp|restrict-content|woocommerce-memberships|memberful|members|patreon"
    r"|memberpress|ultimate-member|passster|content-control)/",
    re.IGNORECASE,
)
REMEMBERED: Final = 4_096
LONG_CHARACTERS: Final = 255


def is_gate(key: str) -> bool:
    """Whether a plugin says under this key who may read a post; keys are in lower case."""
    return len(key) <= LONG_CHARACTERS and _is_gate(key)


@lru_cache(REMEMBERED)
def _is_gate(key: str) -> bool:
    return KEYS.search(key) is not None


def may_close(value: str | None) -> bool:
    """Whether what stands under such a key may keep anybody out."""
    if value is None:
        return True
    return value.strip().lower() not in OPEN_VALUES and NOT_IN_FORCE.search(value) is None


def holds_gate(text: str) -> bool:
    """Whether some of a text stands between the marks of such a plugin; most have no end of any."""
    if "[/" not in text and "<!-- /wp:" not in text:
        return False
    return (SHORTCODES.search(text) or BLOCKS.search(text)) is not None
