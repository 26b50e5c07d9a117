"""One Instagram media object as an item: what each field proves, and whose it is.

Only feed posts and reels of an account that is proven public are shared. Nothing that a
download of one's information holds is: it names neither post nor author by an id.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from platforms.records import Evidence, Item, ItemRef, Media, MediaKind, Role, Visibility
from platforms.sources.contract import Fact, one_of
from platforms.sources.downloads import repaired
from platforms.sources.graph import (
    INSIGHTS,
    OF_AGES,
    Form,
    Meaning,
    Reading,
    Record,
    Shape,
    address_in,
    bad_if_true,
    id_in,
    is_account,
    is_at,
    moment_in,
    object_in,
    objects_in,
    principal,
    read_ages,
    read_marks,
    reading,
    seconds_in,
)
from platforms.sources.marks import Watch
from platforms.sources.meta import Around, Parent
from platforms.sources.meta_settling import of_field
from platforms.sources.profiles import Profiles, Terms
from platforms.sources.values import name_in, shown, text_in

SLUG: Final = "instagram"
KIND: Final = "media"
ADVICE: Final = "Give media objects of Instagram's API, or files of a download in JSON."
DOWNLOAD_ADVICE: Final = (
    "a download names neither the post nor its author by an id, nor who may see it: "
    "supply the media object of Instagram's API; no fact settles this"
)
HOSTS: Final = frozenset({"www.instagram.com", "instagram.com"})
TYPES: Final = {"IMAGE": MediaKind.IMAGE, "VIDEO": MediaKind.VIDEO, "CAROUSEL_ALBUM": None}
SURFACES: Final[Meaning] = {
    "FEED": Visibility.PUBLIC,
    "REELS": Visibility.PUBLIC,
    "STORY": Visibility.EXPIRED,
    "AD": Visibility.COMMERCIAL,
}
# What an account lists there is a story, whichever fields the API was asked for.
EDGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "media": {},
    "stories": {"media_product_type": "STORY"},
}
# Links of posts may begin with the name of the account.
POST_LINK: Final = re.compile(r"/(?:[A-Za-z0-9._]+/)?(?:p|reel|reels|tv)/[^/]+/?")
STORY_LINK: Final = re.compile(r"/stories/.+")
# The API has none of these; a platform's own backend does, and then they count.
FLAGS: Final[Mapping[str, Meaning]] = {
    "is_archived": bad_if_true(Visibility.UNPUBLISHED),
    "is_draft": bad_if_true(Visibility.UNPUBLISHED),
    "is_deleted": bad_if_true(Visibility.REMOVED_AUTHOR),
    "is_close_friends": bad_if_true(Visibility.RESTRICTED),
    "is_paid_partnership": bad_if_true(Visibility.COMMERCIAL),
    "is_affiliate": bad_if_true(Visibility.COMMERCIAL),
    "audience": {
        "public": Visibility.PUBLIC,
        "everyone": Visibility.PUBLIC,
        "followers": Visibility.RESTRICTED,
        "close_friends": Visibility.RESTRICTED,
        "besties": Visibility.RESTRICTED,
        "subscribers": Visibility.PAID,
    },
}
OF_MEDIA: Final = frozenset(
    {"media_type", "media_product_type", "permalink", "timestamp", "media_url", "owner"}
    | {"username", "shortcode", "caption"}
)
# Any one of these makes a record a media object, however few fields the API was asked for.
OF_MEDIA_ONLY: Final = frozenset({"media_product_type", "copyright_check_information", *FLAGS})
PRIVACY: Final[Meaning] = {"public": Visibility.PUBLIC, "private": Visibility.PRIVATE}
FIELDS: Final[Mapping[str, Meaning]] = {
    "is_private": bad_if_true(Visibility.PRIVATE),
    "privacy": PRIVACY,
    "is_deactivated": bad_if_true(Visibility.ACCOUNT_GONE),
    "is_suspended": bad_if_true(Visibility.ACCOUNT_GONE),
}
OF_ACCOUNTS: Final = OF_AGES | FIELDS.keys()
TERMS: Final = Terms(
    platform=SLUG,
    noun="account",
    fields=FIELDS,
    watch=Watch({"is_minor", *FIELDS}, {"insights": INSIGHTS}, others=(*EDGES, "tags")),
    proofs=("is_private", "privacy"),
    denials={
        "is_private": "private",
        "privacy": "private",
        "is_deactivated": "gone",
        "is_suspended": "suspended",
    },
    fact="account.privacy",
    # The login of Instagram's own names an account twice: by app, and as media name it.
    ids=("id", "user_id"),
)
COPYRIGHT_WATCH: Final = Watch({"status"}, {"status": Watch({"status"})})
READ_INSIDE: Final = {
    "owner": TERMS.watch,
    "collaborators": TERMS.watch,
    "copyright_check_information": COPYRIGHT_WATCH,
    "insights": INSIGHTS,
}
CHILD_WATCH: Final = Watch({"is_minor", *FLAGS}, READ_INSIDE)
# Of comments nothing is in the item.
WATCH: Final = Watch(
    {"is_minor", *FLAGS}, {**READ_INSIDE, "children": CHILD_WATCH}, others=("comments",)
)
# As Instagram's own apps spell the collaborators.
PRODUCERS: Final = "coauthor_producers"
SURFACE_FACT: Final = "media.surface"
FACTS: Final[Mapping[str, Fact]] = {
    TERMS.fact: one_of(PRIVACY),  # type: ignore[arg-type]
    SURFACE_FACT: one_of({"feed": "FEED", "reels": "REELS"}),
}
FILES: Final[tuple[tuple[str, Visibility], ...]] = (
    (r"posts(_\d+)?", Visibility.PUBLIC),
    (r"reels(_\d+)?|igtv_videos(_\d+)?|ig_reels_media|ig_igtv_media", Visibility.PUBLIC),
    (r"(archived_)?stories(_\d+)?|ig_stories|ig_archived_stories", Visibility.EXPIRED),
    (r"close_friends_stories(_\d+)?|ig_close_friends_stories", Visibility.RESTRICTED),
    (r"archived_posts(_\d+)?|ig_archived_post_media", Visibility.UNPUBLISHED),
    (r"(post_|reel_)?drafts(_\d+)?|ig_drafts", Visibility.UNPUBLISHED),
    (r"recently_deleted_content(_\d+)?|ig_recently_deleted_media", Visibility.REMOVED_AUTHOR),
    (r".*broadcast_channel.*|ig_broadcast_channel.*", Visibility.RESTRICTED),
    (r"profile_photos(_\d+)?|ig_profile_picture", Visibility.OUT_OF_SCOPE),
    (r"other_content(_\d+)?|ig_other_media", Visibility.UNKNOWN),
)
LISTS: Final = frozenset(
    {"ig_reels_media", "ig_igtv_media", "ig_stories", "ig_archived_stories", "ig_drafts"}
    | {"ig_close_friends_stories", "ig_archived_post_media", "ig_recently_deleted_media"}
    | {"ig_broadcast_channel", "ig_profile_picture", "ig_other_media"}
)
MEMBERS: Final = re.compile("(?:" + "|".join(name for name, _ in FILES) + r")\.json")


def shape_of(raw: Mapping[str, Any]) -> Shape:
    if "id" not in raw and (isinstance(raw.get("media"), list) or "creation_timestamp" in raw):
        return Shape.ENTRY
    if raw.get("media_product_type") == "THREADS" or ("media_type" in raw and _is_foreign(raw)):
        return Shape.ODD
    if len(OF_MEDIA & raw.keys()) >= 2 and ("id" in raw or "media_type" in raw):
        return Shape.ITEM
    if "id" in raw and OF_MEDIA_ONLY & raw.keys() and not FIELDS.keys() & raw.keys():
        return Shape.ITEM
    if is_account(raw, OF_ACCOUNTS):
        return Shape.ACCOUNT
    return Shape.ODD


def _is_foreign(raw: Mapping[str, Any]) -> bool:
    """Whether what names a type of media is from another house: those of this API are loud."""
    kind = raw["media_type"]
    return isinstance(kind, str) and kind not in TYPES and "permalink" not in raw


class MediaObjects:
    """What Instagram's records are made of."""

    slug: Final = SLUG
    kind: Final = KIND
    form: Final = Form("Instagram", shape_of, EDGES, LISTS, MEMBERS, ADVICE)

    def profiles(self, asserted: Mapping[str, object], observed_at: datetime) -> Profiles:
        return Profiles(TERMS, asserted, observed_at.date())

    def note_accounts(self, raw: Mapping[str, Any], profiles: Profiles) -> None:
        owner = {**object_in(raw, "owner")}
        owner.setdefault("username", raw.get("username"))
        profiles.add(owner)
        profiles.add_posting(id_in(owner))
        for one in (raw, *self.inner(raw)):
            profiles.add(object_in(one, "owner"))
            for other in objects_in(one, "collaborators"):
                profiles.add(other)

    def inner(self, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return iter(objects_in(raw, "children"))

    def references(self, record: Record) -> Sequence[str]:
        return ()

    def parents_in(self, record: Record, around: Around) -> Iterator[tuple[str | None, Parent]]:
        return iter(())

    def is_closed(self, raw: Mapping[str, Any]) -> bool:
        harmless = {Visibility.PUBLIC, Visibility.UNKNOWN}
        found = {reading(SURFACES, raw.get("media_product_type"))}
        found |= {reading(meaning, raw.get(name)) for name, meaning in FLAGS.items()}
        other = Reading(raw)
        _read_permalink(other)
        _read_copyright(other)
        found |= {one.visibility for one in other.evidence}
        return bool(found - harmless) or bool(WATCH.marks_within(raw))

    def item_of(self, raw: Mapping[str, Any], around: Around) -> Item:
        """``raw`` with everything that speaks for and against it; never raises."""
        found = Reading(raw)
        _read_surface(found, around)
        _read_type(found, around)
        _read_permalink(found)
        _read_copyright(found)
        _read_owner(found, around)
        _read_others(found, around)
        read_ages(found, around.observed_at.date())
        for one in (raw, *self.inner(raw)):
            if (number := id_in(one)) in around.closed and not self.is_closed(one):
                detail = f"the dump holds {number} also as not open to all"
                found.doubt("conflicting_appearances", detail)
        return Item(
            platform=SLUG,
            kind=KIND,
            native_id=id_in(raw),
            principals=tuple(dict.fromkeys(found.principals)),
            evidence=tuple(dict.fromkeys(found.evidence)),
            required=frozenset(found.required),
            published_at=moment_in(raw, "timestamp"),
            observed_at=around.observed_at,
            text=text_in(raw.get("caption")),
            media=tuple(_media_of(raw)),
            parents=tuple(_children_of(raw)),
        )

    def entry_of(self, record: Record, around: Around) -> Item:
        """An entry of a download: out if its file says so, otherwise held whatever is asserted."""
        found = Reading(record.raw)
        for name in (record.file.removesuffix(".json"), record.list_name):
            _read_file(found, name)
        found.doubt("download_proves_nothing", DOWNLOAD_ADVICE)
        found.principals.append(principal(Role.OWNER, {}))
        media = objects_in(record.raw, "media") or [record.raw]
        return Item(
            platform=SLUG,
            kind=KIND,
            native_id=None,
            principals=tuple(found.principals),
            evidence=tuple(dict.fromkeys(found.evidence)),
            published_at=_moment_of([record.raw, *media]),
            observed_at=around.observed_at,
            text=_caption_of([record.raw, *media]),
            media=tuple(_files_of(media)),
        )


MEDIA: Final = MediaObjects()


def say(fact: str, value: object, level: str) -> Sequence[Evidence]:
    """What an asserted surface proves: feed and reels are open to all."""
    return of_field("media_product_type", value, SURFACES, level)


def _read_surface(found: Reading, around: Around) -> None:
    asserted = around.asserted.get(SURFACE_FACT)
    if "media_product_type" in found.raw or asserted is None:
        missing = f"; ask for this field, or settle with --fact {SURFACE_FACT}=feed"
        found.read("media_product_type", SURFACES, missing=missing, fact=SURFACE_FACT)
    else:
        found.say(Visibility.PUBLIC, "media_product_type")
    for name, meaning in FLAGS.items():
        found.read(name, meaning)
    read_marks(found, WATCH)


def _read_type(found: Reading, around: Around) -> None:
    kind = found.raw.get("media_type")
    if not isinstance(kind, str) or kind not in TYPES:
        read = "missing" if kind is None else f"not understood: {shown(kind)}"
        found.doubt("media_type_unknown", f"media_type is {read}; ask for this field")
    if "children" in found.raw and not _are_objects(found.raw["children"]):
        found.doubt("children_unknown", "children is not a list of media objects")
    for child in objects_in(found.raw, "children"):
        _read_child(child, found, around)


def _are_objects(raw: object) -> bool:
    children = raw.get("data") if isinstance(raw, dict) else raw
    return isinstance(children, list) and all(isinstance(child, dict) for child in children)


def _read_child(child: Mapping[str, Any], found: Reading, around: Around) -> None:
    kind = child.get("media_type", "IMAGE")
    if not isinstance(kind, str) or TYPES.get(kind) is None:
        found.doubt("media_type_unknown", f"the media_type of a child is {shown(kind)}")
    part = Reading(child)
    part.read("media_product_type", SURFACES)
    for name, meaning in FLAGS.items():
        part.read(name, meaning)
    _read_copyright(part)
    _read_others(part, around)
    if "permalink" in child:
        _read_permalink(part)
    found.evidence.extend(e for e in part.evidence if e.visibility is not Visibility.PUBLIC)
    found.principals.extend(part.principals)
    own, other = (id_in(object_in(raw, "owner")) for raw in (found.raw, child))
    if "owner" in child and other != own:
        found.principals.append(principal(Role.CO_AUTHOR, object_in(child, "owner")))
        found.evidence.extend(around.profiles.against(other, level="embedded"))


def _children_of(raw: Mapping[str, Any]) -> Iterator[ItemRef]:
    """An album goes with each of its pictures, which can be taken back by an id of their own."""
    for child in objects_in(raw, "children"):
        if (number := id_in(child)) and number != id_in(raw):
            yield ItemRef((KIND,), number)


def _read_permalink(found: Reading) -> None:
    """The API leaves the link out of what may be another's work, or was flagged as that.

    It also tells a story, of which older versions of the API say nothing else.
    """
    raw = found.raw.get("permalink")
    path = urlsplit(raw).path if isinstance(raw, str) and is_at(raw, HOSTS) else ""
    if STORY_LINK.fullmatch(path):
        found.say(Visibility.EXPIRED, "permalink_expired", "permalink is that of a story")
    elif not POST_LINK.fullmatch(path):
        read = "missing" if raw is None else f"not understood: {shown(raw)}"
        found.doubt(
            "permalink_unknown",
            f"permalink is {read}; ask for this field: it is left out of flagged media",
        )


def _read_copyright(found: Reading) -> None:
    if "copyright_check_information" not in found.raw:
        return
    status = object_in(object_in(found.raw, "copyright_check_information"), "status")
    matches = status.get("matches_found")
    if matches is True:
        found.say(Visibility.COMMERCIAL, "copyright_match", "it matches another's work")
    elif matches is not False:
        found.doubt("copyright_unknown", "copyright_check_information is not understood")


def _read_owner(found: Reading, around: Around) -> None:
    owner, username = object_in(found.raw, "owner"), found.raw.get("username")
    found.principals.append(principal(Role.OWNER, owner, handle=username))
    number = id_in(owner)
    if number is None:
        found.doubt("owner_id_unknown", "owner.id is missing; ask the API for the field owner")
    if "username" in found.raw and name_in(username) is None:
        found.doubt("username_unknown", f"username is not understood: {shown(username)}")
    found.evidence.extend(around.profiles.evidence_of(number, name_in(username)))


def _read_others(found: Reading, around: Around) -> None:
    """Collaborators publish the same post under their own names."""
    if not _are_objects(found.raw.get("collaborators", [])):
        found.doubt("collaborators_unknown", "collaborators is not a list of accounts")
    if found.raw.get(PRODUCERS):
        detail = f"{PRODUCERS} names others, but is not read; give them as collaborators"
        found.doubt("collaborators_unknown", detail)
    for other in objects_in(found.raw, "collaborators"):
        handle = name_in(other.get("username"))
        found.principals.append(principal(Role.CO_AUTHOR, other, handle=handle))
        found.evidence.extend(around.profiles.against(id_in(other), handle, level="embedded"))


def _media_of(raw: Mapping[str, Any]) -> Iterator[Media]:
    for one in objects_in(raw, "children") or (raw,):
        kind = one.get("media_type", "IMAGE")
        url = address_in(one, "media_url")
        if url and isinstance(kind, str) and (known := TYPES.get(kind)):
            yield Media(known, url, text_in(one.get("alt_text")))


def _read_file(found: Reading, name: str) -> None:
    if not name:
        return
    for pattern, visibility in FILES:
        if re.fullmatch(pattern, name):
            if visibility is not Visibility.PUBLIC:
                code = f"download_{visibility}"
                found.say(visibility, code, f"{name[:40]} holds what the public cannot see")
            return
    found.doubt("download_file_unknown", f"nothing is known of files named {shown(name)}")


def _moment_of(places: Sequence[Mapping[str, Any]]) -> datetime | None:
    found = (seconds_in(place, "creation_timestamp") for place in places)
    return next((moment for moment in found if moment), None)


def _caption_of(places: Sequence[Mapping[str, Any]]) -> str:
    found = (repaired(text_in(place.get("title"))) for place in places)
    return next((text for text in found if text), "")


def _files_of(media: Sequence[Mapping[str, Any]]) -> Iterator[Media]:
    for one in media:
        name = text_in(one.get("uri"))
        if name and "://" not in name:
            is_video = name.lower().endswith((".mp4", ".mov", ".webm"))
            yield Media(MediaKind.VIDEO if is_video else MediaKind.IMAGE, name)
