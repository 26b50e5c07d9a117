"""What membership plugins write where they show a post, or a part of it, to some people only.

WordPress itself knows nothing of it: such a post has the status ``publish`` and no password, and
an export holds its whole text. Only the site knows what its plugins make of these marks, so they
hold and never exclude.
"""

import re
from functools import lru_cache
from typing import Final

# In the keys of post meta: those of Members, Restrict Content, Ultimate Member, WP-Members, Paid
# Member Subscriptions, Profile Builder, Patreon, Memberful, Groups, Leaky Paywall, Coil, LifterLMS,
# Easy Digital Downloads, s2Member, ARMember, Private Content Plus, Memberium and others.
KEYS: Final = re.compile(
    r"members?_access|members?[-_]only|rcp_|_is_paid|rcuserlevel|restrict"
    r"|um_custom_access|um_accessible|wpmem_block|patreon-level|memberful_acl|groups-(?:read|groups)"
    r"|leaky_paywall|coil_monetize_post_status|access_(?:level|role|group|control|plan|tag|user)|paywall"
    r"|(?:^|[_-])(?:private|protect(?:ed)?|passster|nsfw|adult|sponsored|premium|paid|noai)(?:$|[_-])"
    r"|mepr_|pmpro_\w*level|forum_visibility|subscribers?[-_]only|logged_?in[-_]only|wc_memberships_(?!force_public|use_custom)"
    r"|only_?logged_?in|s2member_\w*req|wppcp_post_page_(?:visibility|roles|users)|ihc_mb_who"
    r"|_is4wp_(?:any_|membership|contact_ids|hide_completely)|accessally|laterpay_post_price"
    r"|urcr_|aam[-_]post[-_]access|^_elementor_data$"
    r"|unlisted|confidential|allowed[-_](?:users?|roles?)|(?:users?|roles?)[-_]allowed"
    r"|requires?[-_]?log_?in|log_?in[-_](?:is[-_])?(?:required|only|to[-_](?:read|view))"
    r"|visible[-_](?:to|for)[-_]|show[-_]to[-_]|hid(?:e|den)[-_](?:from|for)[-_](?:visitor|guest|public|everyone|logged)"
    r"|(?:visitors?|guests?)[-_](?:visibility|access)|(?:staff|employees?|users?|internal|team|admins?|editors?)[-_]only"
    r"|embargo|^_?(?:is_|post_|page_|content_)?(?:visibility|hidden|secret|internal|archived|deleted)$"
)
# Of these it is what is false that closes a post.
SHOWN: Final = re.compile(r"show[-_]to[-_](?:visitors?|guests?|public|everyone)$")
# Elementor keeps a page as it is built, with what its addons show to some only.
ELEMENTOR: Final = "_elementor_data"
ELEMENTS: Final = re.compile(
    r'"(?:enabled_visibility|eael_ext_content_protection)":\s*+"yes"'
    r'|"e_display_conditions":\s*+(?!\[\]|""|null)'
)
# ARMember writes no plan, as 0, where only those may read a post whose plan is listed elsewhere.
CLOSED_BY_ZERO: Final = frozenset({"arm_access_plan"})
# Ultimate Member writes its settings beside every post, and in them whether they are in force.
NOT_IN_FORCE: Final = re.compile(r'_um_custom_access_settings";(?:s:1:"0"|s:0:""|b:0|i:0)')
# In the keys of comment meta: those of the plugins for private comments, which leave a comment
# approved, and what Akismet and WordPress note of those that they take for spam or trash. Few
# plugins write meta of comments at all, so that words suffice.
KEYS_OF_COMMENTS: Final = re.compile(
    r"privat|secret|confidential|internal|hidden|hide|visib|spam|trash|delete|removed|flag|report"
    r"|moderat|quarantin|reject|approv|draft|(?:^|[_-])only(?:$|[_-])|[_-]only|permission|audience"
    r"|member|subscriber|capabilit|(?:^|[_-])(?:status|level|roles?)$|whisper|shadow|anonym|opt_?out"
    r"|akismet_(?:user_)?result"
)
# Of these only what is false closes anything: approved, visible, public.
OPENING: Final = re.compile(r"(?:^|[_-])(?:is[_-])?(?:approved|visible|public|published)$")
FALSE: Final = frozenset({"", "0", "no", "false", "off", "b:0;"})
# Akismet notes by it that it has to send an e-mail.
HARMLESS_IN_COMMENTS: Final = frozenset({"akismet_delayed_moderation_email"})
OPEN_VALUES: Final = frozenset(
    {"", "0", "no", "none", "false", "off", "all", "any", "everyone", "everybody", "public"}
    | {"no-gating", "default", "null", "a:0:{}", "approved", "visible"}
)
# The ends of shortcodes and of blocks around what is shown to some only. Each of the expressions
# begins with characters that are looked for quickly; one for both would try every place. Names
# have an end, or a text that is one long name would be tried again and again.
SHORTCODES: Final = re.compile(
    r"\[/(?:[\w-]{0,40}(?:member|restrict|logged[-_]?in|private|protect|paywall|premium|subscriber|patreon"
    r"|swpm|rcp|mepr|ppwp|ihc-|memb_|accessally|user[-_]?role|locker|hide[-_]?content)[\w-]{0,40}"
    r"|s2if|groups_can|passster|hidepost|um_show_content|access|is_paid|content_control)\]",
    re.IGNORECASE,
)
BLOCKS: Final = re.compile(
    r"<!-- /wp:(?:pmpro|rcp|restrict-content|woocommerce-memberships|memberful|members|patreon"
    r"|memberpress|ultimate-member|passster|content-control)/",
    re.IGNORECASE,
)
# Among the attributes of a block, who may see it: those of WordPress itself, Block Visibility,
# Content Control, Otter, GenerateBlocks, Stackable, Spectra and Kadence. WordPress leaves such a
# block out of the page for the others. What only depends on the width of the screen is for all.
ATTRIBUTES: Final = re.compile(
    r'"(?:blockVisibility":\s*+(?!true|null|\[\]|\{\}|\{"viewport"'
    r'|\{"controlSets":\[\{"id":\d+,"enable":\w+,"controls":\{"screenSize":\{"hideOnScreenSize":'
    r"\{[^{}]*\}\}\}\}\]\})"
    r"|(?:contentControls|otterConditions|gbBlockCondition|displayConditions?|UAGDisplayConditions"
    r'|kadenceConditional)":\s*+(?!false|null|""|\[\]|\{\}|"none"|"responsiveVisibility"))'
)
ATTRIBUTE_WORDS: Final = ('Visibility":', "ontentControls", "Condition")
# What Divi writes at the beginning of a module that it shows to nobody, or under conditions.
MODULES: Final = re.compile(
    r'\[et_pb_[^\[\]]*\s(?:disabled="on"|disabled_on="on\|on\|on"|display_conditions="[^"])'
)
# The classes that a theme is told to show a post with, by WordPress and Paid Memberships Pro: whom
# the answer was made for decides which of them are there.
CLASSES: Final = re.compile(
    r"pmpro-(?:level-required|no-access|has-access)|post-password-(?:required|protected)"
    r"|(?:members?|subscribers?)-only|restricted|private"
)
# The plugins whose rules are posts of their own, which an export holds beside what they close.
RULES: Final = {
    "memberpressrule": "MemberPress",
    "cc_restriction": "Content Control",
    "wc_membership_plan": "WooCommerce Memberships",
}
REMEMBERED: Final = 4_096
LONG_CHARACTERS: Final = 255


def is_gate(key: str) -> bool:
    """Whether a plugin says under this key who may read a post; keys are in lower case."""
    return len(key) <= LONG_CHARACTERS and _is_gate(key)


@lru_cache(REMEMBERED)
def _is_gate(key: str) -> bool:
    return KEYS.search(key) is not None


def may_close_comment(key: str, value: str | None) -> bool:
    """Whether a comment with this in its meta may not be for everybody; keys in lower case."""
    if len(key) > LONG_CHARACTERS or key in HARMLESS_IN_COMMENTS:
        return False
    if OPENING.search(key):
        return value is None or value.strip().lower() in FALSE
    return (is_gate(key) or KEYS_OF_COMMENTS.search(key) is not None) and may_close(key, value)


def may_close(key: str, value: str | None) -> bool:
    """Whether what stands under such a key may keep anybody out."""
    if value is None or (key in CLOSED_BY_ZERO and value.strip() == "0"):
        return True
    if SHOWN.search(key):
        return value.strip().lower() in FALSE
    if key == ELEMENTOR:
        return ELEMENTS.search(value) is not None
    return value.strip().lower() not in OPEN_VALUES and NOT_IN_FORCE.search(value) is None


def is_class_of_gate(name: object) -> bool:
    """Whether a post with this class may not be for everybody."""
    return isinstance(name, str) and CLASSES.fullmatch(name) is not None


def holds_gate(text: str) -> bool:
    """Whether some of a text is marked as not for everybody; most have no mark of any plugin."""
    if "[/" in text and SHORTCODES.search(text):
        return True
    if "<!-- /wp:" in text and BLOCKS.search(text):
        return True
    may_have = "<!-- wp:" in text and any(word in text for word in ATTRIBUTE_WORDS)
    if may_have and ATTRIBUTES.search(text):
        return True
    return "[et_pb_" in text and MODULES.search(text) is not None
