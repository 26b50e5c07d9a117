"""One Facebook post or photo as an item: what each field proves, and everybody who is in it.

A download of one's information never says who may see an entry, so nothing of it is shared.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from platforms.records import (
    Evidence,
    Identity,
    Item,
    ItemRef,
    Media,
    MediaKind,
    Principal,
    Role,
    Visibility,
)
from platforms.sources.contract import Fact, one_of
from platforms.sources.downloads import repaired
from platforms.sources.facebook.places import CONTAINER_FACT, SLUG, TERMS
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
    is_against,
    moment_in,
    object_in,
    objects_in,
    odd_item,
    principal,
    read_ages,
    read_marks,
    reading,
    reference_in,
    seconds_in,
)
from platforms.sources.marks import Watch
from platforms.sources.meta import CLOSED_ADVICE, PARENT_ADVICE, Around, Parent, all_above, forbids
from platforms.sources.meta_settling import of_field
from platforms.sources.profiles import Profiles
from platforms.sources.values import shown, text_in

POST, PHOTO = "post", "photo"
ADVICE: Final = (
    "Give posts or photos of the Graph API, or of a download the files of posts, photos and videos."
)
AUDIENCES: Final[Meaning] = {
    "EVERYONE": Visibility.PUBLIC,
    "ALL_FRIENDS": Visibility.RESTRICTED,
    "FRIENDS_OF_FRIENDS": Visibility.RESTRICTED,
    "NETWORKS_FRIENDS": Visibility.RESTRICTED,
    "SOME_FRIENDS": Visibility.RESTRICTED,
    "CUSTOM": Visibility.RESTRICTED,
    "SELF": Visibility.PRIVATE,
}
EXCEPTIONS: Final = ("allow", "deny", "friends", "networks")
ALBUMS: Final[Meaning] = {
    "everyone": Visibility.PUBLIC,
    "EVERYONE": Visibility.PUBLIC,
    **dict.fromkeys(
        ("friends", "all-friends", "friends-of-friends", "networks", "custom"),
        Visibility.RESTRICTED,
    ),
    "self": Visibility.PRIVATE,
}
STATES: Final[Mapping[str, Meaning]] = {
    "is_published": {True: Visibility.PUBLIC, False: Visibility.UNPUBLISHED},
    "is_hidden": bad_if_true(Visibility.REMOVED_AUTHOR),
    "is_expired": bad_if_true(Visibility.EXPIRED),
    "timeline_visibility": {
        "normal": Visibility.PUBLIC,
        "forced_allow": Visibility.PUBLIC,
        "hidden": Visibility.REMOVED_AUTHOR,
    },
}
GOOD: Final = {
    "is_published": "true",
    "is_hidden": "false",
    "is_expired": "false",
    "timeline_visibility": "normal",
}
OF_PHOTOS: Final = ("is_published",)
OWN_STORIES: Final = (
    *("mobile_status_update", "added_photos", "added_video", "wall_post"),
    *("app_created_story", "published_story", "created_note", "created_event", "created_group"),
)
SHARED_STORY: Final = "shared_story"
SOCIAL_STORIES: Final = ("tagged_in_photo", "approved_friend")
STORIES: Final[Meaning] = {
    **dict.fromkeys((*OWN_STORIES, SHARED_STORY), Visibility.PUBLIC),
    **dict.fromkeys(SOCIAL_STORIES, Visibility.OUT_OF_SCOPE),
}
MOMENTS: Final = frozenset({"timestamp", "creation_timestamp"})
OF_ENTRIES: Final = frozenset({"data", "attachments", "title", "uri"})
PICTURES: Final = frozenset(
    {"photo", "album", "new_album", "cover_photo", "profile_media", "multi_share"}
)
FILMS: Final = frozenset({"video", "video_inline", "video_autoplay", "video_direct_response"})
LINKS: Final = frozenset({"share", "fallback"})
PARENTS: Final = {"album": "parent", "page_story_id": "parent", "parent_id": "embedded"}
TARGETS: Final = ("group", "event", "page", "target")
SCHEDULED: Final = "scheduled_publish_time"
# What others said of it, or made of it: nothing of that is in the item.
OTHERS: Final = ("comments", "likes", "reactions", "sharedposts")
ALBUM_WATCH: Final = Watch({"privacy"}, others=("photos", *OTHERS))
WATCH: Final = Watch(
    {"privacy", "is_minor", SCHEDULED, "sponsor_tags", *STATES},
    {
        **dict.fromkeys(("from", "to", *TARGETS), TERMS.watch),
        "album": ALBUM_WATCH,
        "insights": INSIGHTS,
    },
    others=OTHERS,
)
FACTS: Final[Mapping[str, Fact]] = {
    TERMS.fact: CONTAINER_FACT,
    "post.is_published": one_of({"true": True, "false": False}),
    "post.is_hidden": one_of({"true": True, "false": False}),
    "post.is_expired": one_of({"true": True, "false": False}),
    "post.timeline_visibility": one_of({"normal": "normal", "hidden": "hidden"}),
    "public_figures_only": one_of({"true": True, "false": False}, settles_held=False),
}
ALBUM_KINDS: Final = ("app", "cover", "profile", "mobile", "wall", "normal", "album")
LISTS: Final = frozenset(
    {"photos_v2", "videos_v2", "other_photos_v2", "group_posts_v2", "status_updates_v2"}
    | {"archived_stories_v2", "trash_v2", "wall_posts_sent_to_you"}
)
OUT: Final[tuple[tuple[str, Visibility], ...]] = (
    (r"archive(_\d+)?", Visibility.UNPUBLISHED),
    (r"(your_)?trash(_\d+|_v2)?", Visibility.REMOVED_AUTHOR),
    (r"archived_stories(_\d+|_v2)?|stories(_\d+)?", Visibility.EXPIRED),
)
MEMBERS: Final = re.compile(
    r"(?:your_posts(?:_.*)?|your_photos|your_videos|your_uncategorized_photos"
    r"|posts_on_other_pages_and_profiles|group_posts_and_comments"
    + "".join(f"|{name}" for name, _ in OUT)
    + r")\.json"
)
DOWNLOAD_ADVICE: Final = (
    "a download never says who may see an entry, so it cannot prove one public: "
    "supply the post from the Graph API, with privacy; no fact settles this"
)


def shape_of(raw: Mapping[str, Any]) -> Shape:
    if "id" not in raw and MOMENTS & raw.keys() and OF_ENTRIES & raw.keys():
        return Shape.ENTRY
    if "media_product_type" in raw or "blog_name" in raw or "subreddit" in raw:
        return Shape.ODD
    if isinstance(raw.get("privacy"), str) and _is_album(raw):
        return Shape.ALBUM
    if _is_item(raw):
        return Shape.ITEM
    if isinstance(raw.get("id"), str) and id_in(raw) and OF_PLACES & raw.keys():
        return Shape.ACCOUNT
    return Shape.ODD


def _is_album(raw: Mapping[str, Any]) -> bool:
    holds_photos_only = "photos" in raw and "feed" not in raw
    return "count" in raw or raw.get("type") in ALBUM_KINDS or holds_photos_only


def _is_item(raw: Mapping[str, Any]) -> bool:
    if isinstance(raw.get("privacy"), dict) or isinstance(raw.get("images"), list):
        return "id" in raw or "created_time" in raw
    return "created_time" in raw or ("id" in raw and ("message" in raw or _is_short(raw)))


def _is_short(raw: Mapping[str, Any]) -> bool:
    """Whether it tells, by an id and little else, who may see a post; pages are published, too."""
    is_post = "_" in str(raw["id"]) and "is_published" in raw
    return is_post or bool(OF_POSTS_ONLY & raw.keys())


# Any one of these makes a record a post, or a place, however few fields the API was asked for.
OF_POSTS_ONLY: Final = frozenset(
    {"is_hidden", "is_expired", "timeline_visibility", "targeting", SCHEDULED}
    | {"sponsor_tags", "is_inline_created"}
)
OF_PLACES: Final = OF_AGES | {"name", *TERMS.fields}


class Posts:
    """What Facebook's records are made of."""

    slug: Final = SLUG
    kind: Final = POST
    form: Final = Form(
        "Facebook",
        shape_of,
        {name: {} for name in ("posts", "feed", "published_posts", "photos", "albums")},
        LISTS,
        MEMBERS,
        ADVICE,
    )

    def profiles(self, asserted: Mapping[str, object], observed_at: datetime) -> Profiles:
        return Profiles(TERMS, asserted, observed_at.date())

    def note_accounts(self, raw: Mapping[str, Any], profiles: Profiles) -> None:
        profiles.add(object_in(raw, "from"))
        profiles.add(object_in(object_in(raw, "album"), "from"))
        for target in _targets_of(raw):
            profiles.add(target)
        for place in (_container_of(raw), *_other_places(raw)):
            profiles.add_posting(place)

    def inner(self, raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        return iter(())

    def references(self, record: Record) -> Sequence[str]:
        return _references(record.raw) if record.shape is Shape.ITEM else ()

    def parents_in(self, record: Record, around: Around) -> Iterator[tuple[str | None, Parent]]:
        if record.shape is Shape.ALBUM:
            yield id_in(record.raw), _album(record.raw, around)
        if record.shape is not Shape.ITEM:
            return
        yield id_in(record.raw), _parent_of(record.raw, around)
        if "privacy" in (album := object_in(record.raw, "album")):
            yield id_in(album), _album(album, around)

    def is_closed(self, raw: Mapping[str, Any]) -> bool:
        found = Reading(raw)
        _read_audience(found)
        for name, meaning in STATES.items():
            found.read(name, meaning)
        _read_limits(found)
        is_dated = raw.get(SCHEDULED) is not None and "is_published" not in raw
        return is_dated or is_against(found, WATCH)

    def item_of(self, raw: Mapping[str, Any], around: Around) -> Item:
        """``raw`` with everything that speaks for and against it; never raises."""
        found = _own_reading(raw, around)
        _read_parents(found, around)
        if id_in(raw) in around.closed and not self.is_closed(raw):
            found.doubt("conflicting_appearances", "the dump holds this id also as not open to all")
        return Item(
            platform=SLUG,
            kind=PHOTO if _is_photo(raw) else POST,
            native_id=id_in(raw),
            principals=tuple(dict.fromkeys(found.principals)),
            evidence=tuple(dict.fromkeys(found.evidence)),
            required=frozenset(found.required),
            published_at=moment_in(raw, "created_time"),
            observed_at=around.observed_at,
            text=text_in(raw.get("name" if _is_photo(raw) else "message")),
            media=tuple(_media_of(raw)),
            parents=tuple(map(_ref, all_above(around.parents, _references(raw), id_in(raw)))),
        )

    def entry_of(self, record: Record, around: Around) -> Item:
        """An entry of a download: out if its file says so, otherwise held whatever is asserted."""
        if not isinstance(record.raw, dict):
            return odd_item(SLUG, POST, record, around.observed_at)
        found = Reading(record.raw)
        for name in (record.file.removesuffix(".json"), record.list_name):
            _read_file(found, name)
        found.doubt("download_proves_nothing", DOWNLOAD_ADVICE)
        moment = seconds_in(record.raw, "timestamp")
        return Item(
            platform=SLUG,
            kind=POST,
            native_id=None,
            principals=(Principal(Role.OWNER, Identity.ANONYMOUS),),
            evidence=tuple(dict.fromkeys(found.evidence)),
            published_at=moment or seconds_in(record.raw, "creation_timestamp"),
            observed_at=around.observed_at,
            text=_entry_text(record.raw),
            media=tuple(_entry_media(record.raw)),
        )


POSTS: Final = Posts()


def say(fact: str, value: object, level: str) -> Sequence[Evidence]:
    """What an asserted state of posts and photos proves."""
    name = fact.removeprefix("post.")
    return of_field(name, value, STATES[name], level) if name in STATES else ()


def _own_reading(raw: Mapping[str, Any], around: Around) -> Reading:
    """All that a post says of itself, its author and its place; not of what it shares."""
    found = Reading(raw)
    for step in STEPS:
        step(found, around)
    return found


def _read_privacy(found: Reading, around: Around) -> None:
    """Photos have no audience of their own, but their album's; a post must say its own."""
    if "privacy" in found.raw or not _is_photo(found.raw):
        _read_audience(found)
        return
    if not any(reference_in(found.raw, name) for name in ("album", "page_story_id")):
        detail = "privacy is missing; ask for the photo's privacy, or for its album with privacy"
        found.doubt("privacy_unknown", detail)


def _read_audience(found: Reading) -> None:
    privacy = found.raw.get("privacy")
    value = privacy.get("value") if isinstance(privacy, dict) else None
    visibility = reading(AUDIENCES, value)
    if visibility is Visibility.UNKNOWN:
        found.doubt("privacy_unknown", f"privacy.value is {_why_no_audience(value)}")
        return
    found.say(visibility, f"privacy_{str(value).lower()}", f"privacy.value is {value}")
    for name in EXCEPTIONS:
        _read_exception(found, name)


def _why_no_audience(value: object) -> str:
    if value == "":
        return "empty, so nothing says who may see it; ask with a token of its page or owner"
    return f"{_read(value)}; ask the API for the field privacy"


def _read_exception(found: Reading, name: str) -> None:
    """Whoever is let in or kept out by name: a post for everyone has nobody there."""
    value = object_in(found.raw, "privacy").get(name, "")
    if not isinstance(value, str):
        found.doubt("privacy_unknown", f"privacy.{name} is not understood: {shown(value)}")
    elif value and not (name == "friends" and value == "EVERYONE"):
        found.say(Visibility.RESTRICTED, "privacy_custom", f"privacy.{name} names an audience")


def _read_states(found: Reading, around: Around) -> None:
    is_photo = _is_photo(found.raw)
    needed = () if reference_in(found.raw, "page_story_id") else OF_PHOTOS
    for name, meaning in STATES.items():
        stated = Reading({name: around.asserted.get(f"post.{name}")})
        if stated.raw[name] is not None:
            stated.read(name, meaning)
            found.evidence.extend(stated.evidence)
        is_needed = not stated.evidence and (not is_photo or name in needed)
        missing = f"; ask for this field, or settle with --fact post.{name}={GOOD[name]}"
        found.read(name, meaning, missing=missing if is_needed else "", fact=f"post.{name}")
    if is_photo and not needed:
        found.say(Visibility.PUBLIC, "published_with_its_post")


def _read_schedule(found: Reading, around: Around) -> None:
    """When a post is to come out; the API keeps the time in posts that did."""
    if found.raw.get(SCHEDULED) is None:
        return
    moment = seconds_in(found.raw, SCHEDULED) or moment_in(found.raw, SCHEDULED)
    if moment is None:
        detail = f"{SCHEDULED} is not understood: {shown(found.raw[SCHEDULED])}"
        found.doubt(f"{SCHEDULED}_unknown", detail)
    elif moment > around.observed_at:
        found.say(Visibility.UNPUBLISHED, "scheduled", f"{SCHEDULED} is still to come")


def _read_marks(found: Reading, around: Around) -> None:
    read_marks(found, WATCH)


def _read_author(found: Reading, around: Around) -> None:
    author = object_in(found.raw, "from")
    found.principals.append(principal(Role.OWNER, author, handle=author.get("username")))
    if (number := id_in(author)) is None:
        found.doubt("author_unknown", "from.id is missing; ask the API for the field from")
    found.evidence.extend(around.profiles.against(number, level="account"))
    if around.asserted.get("public_figures_only") is True:
        _read_fame(found, around.profiles.get(number).is_public_figure)


def _read_fame(found: Reading, is_public_figure: bool | None) -> None:
    if is_public_figure is None:
        detail = "supply the author's record with is_verified or followers_count"
        found.doubt("public_figure_unknown", detail, "account")
    elif not is_public_figure:
        detail = "the author is neither verified nor has 100 followers"
        found.say(Visibility.OUT_OF_SCOPE, "no_public_figure", detail, "account")


def _read_place(found: Reading, around: Around) -> None:
    author, home = id_in(object_in(found.raw, "from")), _container_of(found.raw)
    targets = (id_in(object_in(found.raw, name)) for name in TARGETS)
    for place in dict.fromkeys((home, *targets)):
        if place is not None and place != author:
            found.principals.append(Principal(Role.CONTAINER, Identity.STABLE, place))
    for place in dict.fromkeys((home, *sorted(_other_places(found.raw)))):
        found.evidence.extend(around.profiles.evidence_of(place))
    for name in _places_without_id(found.raw):
        detail = f"{name} names a place without an id by which its record could be found"
        found.doubt("place_id_unknown", detail, "container")


def _places_without_id(raw: Mapping[str, Any]) -> Iterator[str]:
    for name in TARGETS:
        if raw.get(name) not in (None, {}) and id_in(object_in(raw, name)) is None:
            yield name
    given = raw.get("to")
    places = given.get("data", given) if isinstance(given, dict) else given
    if places is not None and not (
        isinstance(places, list) and all(isinstance(one, dict) and id_in(one) for one in places)
    ):
        yield "to"


def _container_of(raw: Mapping[str, Any]) -> str | None:
    """The page, group, event or profile a post stands in: ids begin with the place's."""
    number = id_in(raw)
    if number and "_" in number:
        return number.partition("_")[0]
    targets = (id_in(object_in(raw, name)) for name in TARGETS)
    return next((target for target in targets if target), id_in(object_in(raw, "from")))


def _other_places(raw: Mapping[str, Any]) -> set[str]:
    """Whatever else a post was put into, as far as it says; all of it must be open."""
    return {number for target in _targets_of(raw) if (number := id_in(target))}


def _targets_of(raw: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    return *(object_in(raw, name) for name in TARGETS), *objects_in(raw, "to")


def _read_reach(found: Reading, around: Around) -> None:
    _read_limits(found)


def _read_limits(found: Reading) -> None:
    """``feed_targeting`` only sorts a feed; ``targeting`` hides a post from the others."""
    targeting = found.raw.get("targeting", {})
    if isinstance(targeting, dict) and targeting:
        found.say(Visibility.RESTRICTED, "targeted", "targeting limits who can see it")
    elif targeting != {}:
        found.doubt("targeting_unknown", f"targeting is not understood: {shown(targeting)}")
    # Posts that were made as adverts are in the same lists as a page's own.
    created = found.raw.get("is_inline_created", False)
    if created is True:
        found.say(Visibility.COMMERCIAL, "sponsored", "is_inline_created: it was made as an advert")
    elif created is not False:
        detail = f"is_inline_created is not understood: {shown(created)}"
        found.doubt("sponsored_unknown", detail)
    sponsors = found.raw.get("sponsor_tags", [])
    if objects_in(found.raw, "sponsor_tags"):
        found.say(Visibility.COMMERCIAL, "sponsored", "it has a sponsor")
    elif sponsors not in ([], {"data": []}):
        found.doubt("sponsored_unknown", f"sponsor_tags is not understood: {shown(sponsors)}")


def _read_story(found: Reading, around: Around) -> None:
    found.read("status_type", STORIES)
    if "attachments" not in found.raw:
        return
    attachments = objects_in(found.raw, "attachments")
    if not attachments and object_in(found.raw, "attachments").get("data", True) != []:
        found.doubt("attachments_unknown", "attachments is not a list of objects")
    for attachment in attachments:
        kind = attachment.get("type")
        if not isinstance(kind, str) or kind not in PICTURES | FILMS | LINKS:
            found.doubt("attachments_unknown", f"the type of an attachment is {shown(kind)}")


def _read_who(found: Reading, around: Around) -> None:
    read_ages(found, around.observed_at.date())


STEPS: Final[tuple[Callable[[Reading, Around], None], ...]] = (
    _read_privacy,
    _read_states,
    _read_schedule,
    _read_marks,
    _read_author,
    _read_place,
    _read_reach,
    _read_story,
    _read_who,
)


def _read_parents(found: Reading, around: Around) -> None:
    raw = found.raw
    for name, level in PARENTS.items():
        number = reference_in(raw, name)
        if number is None and name in raw:
            found.doubt(f"{name}_unknown", f"{name} is {_read(raw[name])}", level)
        elif number is not None and name == "album" and not _needs_album(raw):
            _read_album(found, around, number)
        elif number is not None:
            _read_chain(found, around, number, level)
    if _shares_unknown(raw):
        detail = (
            "it shares something, and neither parent_id nor attachments says whose it is: "
            "ask the API for both fields"
        )
        found.doubt("shared_post_unknown", detail, "embedded")


def _needs_album(raw: Mapping[str, Any]) -> bool:
    """Whether only its album says who may see a photo."""
    return "privacy" not in raw and reference_in(raw, "page_story_id") is None


def _read_album(found: Reading, around: Around, number: str) -> None:
    """An album that has nothing to prove may still forbid."""
    album = around.parents.get(number)
    for evidence in album.evidence if album else ():
        if forbids(evidence):
            found.say(evidence.visibility, evidence.code, evidence.detail, "parent")


def _shares_unknown(raw: Mapping[str, Any]) -> bool:
    """Whether pictures may be another's: nothing says what was shared, or that nothing was."""
    if "parent_id" in raw or raw.get("status_type") in OWN_STORIES:
        return False
    kinds = {text_in(attachment.get("type")) for attachment in objects_in(raw, "attachments")}
    if not kinds:
        return raw.get("status_type") == SHARED_STORY
    targets = [object_in(one, "target").get("id") for one in objects_in(raw, "attachments")]
    return bool(kinds - LINKS) or any(targets)


def _read_chain(found: Reading, around: Around, number: str, level: str) -> None:
    """Everything ``number`` stands on must be public; only its own author is in the item."""
    found.required.add(level)
    for current, parent in around.parents.chain(number):
        if parent is None:
            detail = f"it stands on {current}: {PARENT_ADVICE}"
            found.doubt(f"{level}_unknown", detail, level, about=_ref(current))
            continue
        found.evidence.extend(msgspec.structs.replace(e, level=level) for e in parent.evidence)
        if current in around.closed:
            found.doubt(f"{level}_closed", CLOSED_ADVICE, level)
        if current == number and level == "embedded" and parent.owner is not None:
            owner = parent.owner
            found.principals.append(
                Principal(Role.QUOTED, owner.identity, owner.native_id, owner.handle)
            )


def _parent_of(raw: Mapping[str, Any], around: Around) -> Parent:
    found = _own_reading(raw, around)
    return Parent(tuple(dict.fromkeys(found.evidence)), found.principals[0], _references(raw))


def _album(raw: Mapping[str, Any], around: Around) -> Parent:
    found = Reading(raw)
    found.read("privacy", ALBUMS, missing="; ask for the album's privacy")
    read_marks(found, ALBUM_WATCH)
    return Parent(tuple(found.evidence), None)


def _references(raw: Mapping[str, Any]) -> tuple[str, ...]:
    found = (reference_in(raw, name) for name in PARENTS)
    return tuple(dict.fromkeys(number for number in found if number))


def _ref(number: str) -> ItemRef:
    return ItemRef((POST, PHOTO), number)


def _is_photo(raw: Mapping[str, Any]) -> bool:
    own = ("images", "album", "page_story_id", "webp_images", "alt_text_custom")
    return any(name in raw for name in own) and "message" not in raw


def _media_of(raw: Mapping[str, Any]) -> Iterator[Media]:
    if _is_photo(raw):
        yield from _photo(raw)
        return
    for attachment in objects_in(raw, "attachments"):
        for one in objects_in(attachment, "subattachments") or [attachment]:
            yield from _attached(one)


def _photo(raw: Mapping[str, Any]) -> Iterator[Media]:
    """The largest size comes first."""
    for size in objects_in(raw, "images")[:1]:
        if url := address_in(size, "source"):
            alt = text_in(raw.get("alt_text_custom")) or text_in(raw.get("alt_text"))
            yield Media(MediaKind.IMAGE, url, alt)


def _attached(raw: Mapping[str, Any]) -> Iterator[Media]:
    """Pictures and films of the post itself; what a link shows is another's."""
    kind, media = text_in(raw.get("type")), object_in(raw, "media")
    if kind in PICTURES and (url := address_in(object_in(media, "image"), "src")):
        yield Media(MediaKind.IMAGE, url)
    if kind in FILMS and (url := address_in(media, "source")):
        yield Media(MediaKind.VIDEO, url)


def _read_file(found: Reading, name: str) -> None:
    for pattern, visibility in OUT:
        if re.fullmatch(pattern, name):
            detail = f"{name[:40]} holds what the public cannot see"
            found.say(visibility, f"download_{visibility}", detail)


def _entry_text(raw: Mapping[str, Any]) -> str:
    """The author's own words; an entry's title is a sentence about people, by the platform."""
    own = [repaired(text_in(one.get("post"))) for one in objects_in(raw, "data")]
    own.append(repaired(text_in(raw.get("description"))))
    return "\n\n".join(text for text in own if text)


def _entry_media(raw: Mapping[str, Any]) -> Iterator[Media]:
    """Only names of files: their metadata holds places, devices and addresses of people."""
    parts = [one for attachment in objects_in(raw, "attachments") for one in _parts(attachment)]
    for one in (*parts, raw):
        name = text_in(one.get("uri"))
        if name and "://" not in name:
            is_film = name.lower().endswith((".mp4", ".mov", ".webm"))
            yield Media(MediaKind.VIDEO if is_film else MediaKind.IMAGE, name)


def _parts(attachment: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in objects_in(attachment, "data"):
        yield object_in(one, "media")


def _read(raw: object) -> str:
    return "missing" if raw is None else f"not understood: {shown(raw)}"
