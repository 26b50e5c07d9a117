"""Which fields of a Reddit record decide, and what each of their values proves.

A value that is not listed is unknown. So is a missing field that every record of its
kind has today; older archives lack some, which an operator may settle by a fact.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Visibility
from platforms.sources.contract import Fact, one_of
from platforms.sources.marks import SHOWN, Watch
from platforms.sources.values import shown

Value = bool | str | None
Meaning = Mapping[Value, Visibility]

SETTLE: Final = "; settle with --fact "
REMOVED: Final = Visibility.REMOVED_PLATFORM
GONE: Final = Visibility.ACCOUNT_GONE


class Field(msgspec.Struct, frozen=True):
    """One field: ``code`` is the reason when a value is not public, ``unknown`` when it is odd.

    ``fact`` names what an operator may assert where the field is missing.
    """

    unknown: str
    code: str
    meaning: Meaning
    is_required: bool = False
    fact: str = ""


def _bad_if_true(visibility: Visibility) -> Meaning:
    return {False: Visibility.PUBLIC, True: visibility}


REMOVED_BY: Final[Meaning] = {
    None: Visibility.PUBLIC,
    "deleted": Visibility.REMOVED_AUTHOR,
    "author": Visibility.REMOVED_AUTHOR,
    **dict.fromkeys(
        (
            *("moderator", "automod_filtered", "reddit", "anti_evil_ops", "community_ops"),
            *("legal_operations", "content_takedown", "copyright_takedown"),
            "trademark_takedown",
        ),
        REMOVED,
    ),
}
REMOVAL_REASON: Final[Meaning] = {None: Visibility.PUBLIC, "legal": REMOVED}
# Archives write the same in their own words about comments.
REMOVAL_TYPE: Final[Meaning] = {
    **REMOVED_BY,
    "removed": REMOVED,
    "removed by reddit": REMOVED,
}
COLLAPSED: Final[Meaning] = {
    None: Visibility.PUBLIC,
    # Folded up for everybody, and opened by a click.
    "LOW_SCORE": Visibility.PUBLIC,
    "POTENTIALLY_TOXIC": Visibility.PUBLIC,
    "DELETED": Visibility.REMOVED_AUTHOR,
}
ROBOTS: Final[Meaning] = {True: Visibility.PUBLIC, False: REMOVED}

# What a moderator's token adds to a record, and what any record may say.
OF_BOTH: Final[Mapping[str, Field]] = {
    "removed": Field("removed_unknown", "removed", _bad_if_true(REMOVED)),
    "spam": Field("spam_unknown", "removed", _bad_if_true(REMOVED)),
    "filtered": Field("filtered_unknown", "removed", _bad_if_true(REMOVED)),
    "promoted": Field("promoted_unknown", "commercial", _bad_if_true(Visibility.COMMERCIAL)),
}
RATING: Final[Meaning] = _bad_if_true(Visibility.ADULT)
OF_POSTS: Final[Mapping[str, Field]] = {
    "removed_by_category": Field(
        "removed_by_category_unknown", "removed", REMOVED_BY, True, "post."
    ),
    "is_robot_indexable": Field(
        "is_robot_indexable_unknown", "not_indexable", ROBOTS, True, "post."
    ),
    "removal_reason": Field("removal_reason_unknown", "removed", REMOVAL_REASON, True, "post."),
    "over_18": Field("over_18_unknown", "adult", RATING, True, "post."),
    "is_created_from_ads_ui": Field(
        "is_created_from_ads_ui_unknown",
        "commercial",
        _bad_if_true(Visibility.COMMERCIAL),
        fact="post.",
    ),
    **OF_BOTH,
}
OF_COMMENTS: Final[Mapping[str, Field]] = {
    "removal_reason": Field("removal_reason_unknown", "removed", REMOVAL_REASON, True, "comment."),
    "collapsed_reason_code": Field(
        "collapsed_reason_code_unknown", "removed", COLLAPSED, True, "comment."
    ),
    "removed_by_category": Field("removed_by_category_unknown", "removed", REMOVED_BY),
    "is_robot_indexable": Field("is_robot_indexable_unknown", "not_indexable", ROBOTS),
    "over_18": Field("over_18_unknown", "adult", RATING),
    "is_created_from_ads_ui": Field(
        "is_created_from_ads_ui_unknown", "commercial", _bad_if_true(Visibility.COMMERCIAL)
    ),
    **OF_BOTH,
}
# A mere value of these says so; they are null, false or missing in everybody's records.
IF_ANY: Final[Mapping[str, tuple[str, Visibility]]] = {
    **dict.fromkeys(
        (
            *("banned_by", "banned_at_utc", "ban_note", "removed_by"),
            *("mod_note", "mod_reason_by", "mod_reason_title"),
        ),
        ("removed", REMOVED),
    ),
    **dict.fromkeys(
        (
            *("promoted_by", "promoted_display_name", "promoted_url", "campaign_id"),
            *("ad_business", "call_to_action", "promo_layout", "adserver_click_url"),
            *("adserver_imp_pixel", "href_url"),
        ),
        ("commercial", Visibility.COMMERCIAL),
    ),
}
# What Reddit shows or sells beside something tells of an adult post, never of a clean one.
ADULT_ADS: Final = ("whitelist_status", "parent_whitelist_status")
ADULT_WORD: Final = re.compile(r"(?:^|_)(?:adult|nsfw)(?:_|$)", re.IGNORECASE)
OF_ARCHIVES: Final[Mapping[str, Field]] = {
    "was_deleted_later": Field("was_deleted_later_unknown", "removed_later", _bad_if_true(REMOVED)),
    "was_initially_deleted": Field(
        "was_initially_deleted_unknown", "removed_before", _bad_if_true(Visibility.UNKNOWN)
    ),
    "removal_type": Field("removal_type_unknown", "removed_later", REMOVAL_TYPE),
}
# Where archives write what says nothing about who may read.
HARMLESS_IN_ARCHIVES: Final = frozenset({"is_edited", "note", "retrieved_2nd_on"})

SUBREDDIT_TYPES: Final[Meaning] = {
    **dict.fromkeys(("public", "restricted", "user", "archived"), Visibility.PUBLIC),
    "private": Visibility.PRIVATE,
    **dict.fromkeys(("gold_only", "gold_restricted", "employees_only"), Visibility.RESTRICTED),
}
OF_SUBREDDITS: Final[Mapping[str, Field]] = {
    "subreddit_type": Field(
        "subreddit_type_unknown", "private", SUBREDDIT_TYPES, True, "subreddit."
    ),
    "quarantine": Field(
        "quarantine_unknown", "quarantined", _bad_if_true(Visibility.RESTRICTED), True, "subreddit."
    ),
    "over18": Field("over18_unknown", "adult", RATING, False, "subreddit."),
    "is_deleted": Field("is_deleted_unknown", "gone", _bad_if_true(GONE)),
}
OF_ACCOUNTS: Final[Mapping[str, Field]] = {
    "is_suspended": Field("is_suspended_unknown", "suspended", _bad_if_true(GONE)),
    "is_deleted": Field("is_deleted_unknown", "gone", _bad_if_true(GONE)),
    "hide_from_robots": Field(
        "hide_from_robots_unknown", "search_discouraged", _bad_if_true(Visibility.OPTED_OUT)
    ),
}
# They describe the viewer or a setting, or decide nothing.
HARMLESS: Final = frozenset(
    {"archived", "hidden", "score_hidden", "author_premium", "author_is_blocked", "is_blocked"}
    | {"media_only", "approved", "user_is_banned", "collapse_deleted_comments", "password_set"}
    | {"exclude_banned_modqueue", "advertiser_category", "spam_links", "spam_selfposts"}
    | {"spam_comments", "over_18", "quarantine", "over18", "suspension_expiration_utc"}
)
WATCH: Final = Watch((*OF_POSTS, *OF_COMMENTS, *IF_ANY, *HARMLESS))
WATCH_OF_SUBREDDITS: Final = Watch((*OF_SUBREDDITS, *HARMLESS))
WATCH_OF_ACCOUNTS: Final = Watch((*OF_ACCOUNTS, *HARMLESS))
# Of what is uploaded to Reddit: what is not valid, or was taken out, is left out.
WATCH_OF_UPLOADS: Final = Watch({"status", "is_deleted"})
WATCH_INSIDE: Final = Watch(())
UPLOADS: Final = ("media_metadata", "gallery_data")
# Objects with what may be said of the item itself, in many records.
LOOKED_INTO: Final = (*UPLOADS, "media", "secure_media", "poll_data", "rpan_video")
# Read by whoever reads comments, subreddits, the posts that are repeated, and archives.
READ_APART: Final = frozenset(
    {"crosspost_parent_list", "sr_detail", "replies", "_meta", "$event", "$event.action"}
)
# About awards, flairs, games and what readers reported, or how something from elsewhere is shown.
SAY_NOTHING: Final = frozenset(
    {"all_awardings", "awarders", "gildings", "associated_award", "tournament_data"}
    | {"treatment_tags", "content_categories", "author_flair_richtext", "link_flair_richtext"}
    | {"user_reports", "mod_reports", "preview", "media_embed", "secure_media_embed"}
    | {"expression_asset_data"}
)
FROM_ELSEWHERE: Final = frozenset({"oembed"})
EVENTS: Final[Mapping[str, Visibility]] = {
    "deleted": Visibility.REMOVED_AUTHOR,
    "gone": REMOVED,
}

FLAG: Final = {"true": True, "false": False, "1": True, "0": False}


def _words(meaning: Meaning) -> Fact:
    return one_of({"none" if value is None else str(value): value for value in meaning})


FACTS: Final[Mapping[str, Fact]] = {
    "subreddit.subreddit_type": _words(SUBREDDIT_TYPES),
    "subreddit.quarantine": one_of(FLAG),
    "subreddit.over18": one_of(FLAG),
    "post.removed_by_category": _words(REMOVED_BY),
    "post.is_robot_indexable": one_of(FLAG),
    "post.removal_reason": _words(REMOVAL_REASON),
    "post.over_18": one_of(FLAG),
    "post.is_created_from_ads_ui": one_of(FLAG),
    "comment.removal_reason": _words(REMOVAL_REASON),
    "comment.collapsed_reason_code": one_of(
        {"none": None, "low_score": "LOW_SCORE", "deleted": "DELETED"}
    ),
}


def asserted_for(prefix: str, values: Mapping[str, object]) -> dict[str, object]:
    """The facts about ``prefix`` (``post.``), by the names of the fields they stand for."""
    return {
        name.removeprefix(prefix): value
        for name, value in values.items()
        if name.startswith(prefix)
    }


def reading(meaning: Meaning, raw: object) -> Visibility:
    """What one raw value proves; JSON's 0 and 1 are not booleans."""
    if raw is not None and not isinstance(raw, bool | str):
        return Visibility.UNKNOWN
    return meaning.get(raw, Visibility.UNKNOWN)


def is_for_adults(raw: Mapping[str, Any]) -> bool:
    """Whether adverts are kept apart from it as from what is adult."""
    return any(
        isinstance(word := raw.get(name), str) and ADULT_WORD.search(word) is not None
        for name in ADULT_ADS
    )


def has_adult_thumbnail(value: object) -> bool:
    """Whether a word stands in place of the picture, and which; most are addresses."""
    return isinstance(value, str) and value.strip().lower() == "nsfw"


def marks_of(raw: Mapping[str, Any]) -> Iterator[str]:
    """What to say of fields that nobody reads, of an item and of the objects in it."""
    yield from WATCH.marks_in(raw)
    for name in sorted(name for name, value in raw.items() if isinstance(value, dict | list)):
        for mark in _marks_inside(name, raw[name]):
            yield f"in {name[:SHOWN]}: {mark}"


def _marks_inside(name: str, value: dict[str, Any] | list[Any]) -> tuple[str, ...]:
    if name in READ_APART or name in SAY_NOTHING:
        return ()
    if name not in UPLOADS:
        return WATCH_INSIDE.marks_inside(value, FROM_ELSEWHERE)
    # Uploads stand beside their ids, which are no names of fields.
    if name == UPLOADS[0] and isinstance(value, dict):
        value = list(value.values())
    return WATCH_OF_UPLOADS.marks_inside(value)


def evidence_of(
    raw: Mapping[str, Any], fields: Mapping[str, Field], asserted: Mapping[str, object]
) -> Iterator[Evidence]:
    """What the fields of a record say against it; what is asserted counts beside them."""
    for name, field in fields.items():
        values = [given[name] for given in (raw, asserted) if name in given]
        if not values and field.is_required:
            yield missing(name, field)
        for value in values:
            if (visibility := reading(field.meaning, value)) is not Visibility.PUBLIC:
                yield against(name, field, visibility, value)


def missing(name: str, field: Field, level: str = "item") -> Evidence:
    """A field that must be known is not, with the fact that would settle it."""
    fact = f"{field.fact}{name}" if field.fact else ""
    settle = f"{SETTLE}{fact}={_good(field)}" if fact else ""
    detail = f"{name} is missing{settle}"
    return Evidence(level, Visibility.UNKNOWN, field.unknown, detail, fact=fact)


def _good(field: Field) -> str:
    value = next(v for v, seen in field.meaning.items() if seen is Visibility.PUBLIC)
    return "none" if value is None else str(value).lower()


def against(name: str, field: Field, visibility: Visibility, value: object) -> Evidence:
    if not _is_listed(value, field.meaning):
        detail = f"{name} is not understood: {shown(value)}"
        return Evidence("item", visibility, field.unknown, detail)
    code = "deleted" if visibility is Visibility.REMOVED_AUTHOR else field.code
    return Evidence("item", visibility, code, f"{name} is {shown(value)}")


def _is_listed(value: object, meaning: Meaning) -> bool:
    return (value is None or isinstance(value, bool | str)) and value in meaning
