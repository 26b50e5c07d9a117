"""Where Facebook posts stand: pages, groups, events and profiles, and what opens them to all."""

from collections.abc import Mapping
from typing import Any, Final

from platforms.records import Visibility
from platforms.sources.contract import Fact, one_of
from platforms.sources.graph import INSIGHTS, Meaning, bad_if_true
from platforms.sources.marks import Watch
from platforms.sources.profiles import Terms

SLUG: Final = "facebook"
RESTRICTED_EVENTS: Final = ("private", "group", "community", "friends", "work_company")
# What Meta's own library for researchers counts as a public profile.
FOLLOWERS_OF_A_PUBLIC_FIGURE: Final = 100
VERIFIED: Final = frozenset({"blue_verified", "gray_verified"})
NOT_VERIFIED: Final = frozenset({"not_verified"})
PRIVACY: Final[Meaning] = {"public": Visibility.PUBLIC, "private": Visibility.PRIVATE}


def is_public_figure(raw: Mapping[str, Any]) -> bool | None:
    """Whether a profile is verified or has 100 followers; None where nothing says so."""
    known = []
    if isinstance(raw.get("is_verified"), bool):
        known.append(raw["is_verified"])
    if raw.get("verification_status") in (*VERIFIED, *NOT_VERIFIED):
        known.append(raw["verification_status"] in VERIFIED)
    if type(raw.get("followers_count")) is int:
        known.append(raw["followers_count"] >= FOLLOWERS_OF_A_PUBLIC_FIGURE)
    return any(known) if known else None


FIELDS: Final[Mapping[str, Meaning]] = {
    "is_published": {True: Visibility.PUBLIC, False: Visibility.UNPUBLISHED},
    "privacy": {
        "OPEN": Visibility.PUBLIC,
        "CLOSED": Visibility.PRIVATE,
        "SECRET": Visibility.PRIVATE,
    },
    "type": {
        "public": Visibility.PUBLIC,
        **dict.fromkeys(RESTRICTED_EVENTS, Visibility.RESTRICTED),
    },
    "is_draft": bad_if_true(Visibility.UNPUBLISHED),
    "is_locked": bad_if_true(Visibility.PRIVATE),
    "is_deactivated": bad_if_true(Visibility.ACCOUNT_GONE),
    "is_suspended": bad_if_true(Visibility.ACCOUNT_GONE),
}
# These say nothing of who may see a place: an archived group is closed for new posts only.
HARMLESS: Final = frozenset(
    {"archived", "is_eligible_for_branded_content", "merchant_review_status"}
    | {"verification_status", "promotion_eligible", "temporary_status", "is_minor"}
)
# What a place lists is no part of it: posts and albums are read by themselves, others not at all.
LISTED: Final = (
    *("posts", "feed", "published_posts", "photos", "albums"),
    *("videos", "live_videos", "events", "tagged", "visitor_posts", "ads_posts", "likes"),
)
TERMS: Final = Terms(
    platform=SLUG,
    noun="container",
    fields=FIELDS,
    watch=Watch({*FIELDS, *HARMLESS}, {"insights": INSIGHTS}, others=LISTED),
    proofs=("is_published", "privacy", "type"),
    denials={
        "is_published": "unpublished",
        "privacy": "private",
        "type": "private",
        "is_draft": "unpublished",
        "is_locked": "private",
        "is_deactivated": "gone",
        "is_suspended": "suspended",
    },
    fact="container.privacy",
    fame=is_public_figure,
)
CONTAINER_FACT: Final[Fact] = one_of(PRIVACY)  # type: ignore[arg-type]
