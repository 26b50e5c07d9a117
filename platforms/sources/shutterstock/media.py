"""One image, video or track as an item: what each field proves, and everybody in it.

"Public" means licensable here, not visible: everybody can look at a preview. Names of
contributors, photographers and models, and places, never get into an item.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from platforms.records import (
    Evidence,
    Identity,
    Item,
    Media,
    MediaKind,
    Principal,
    Role,
    Visibility,
)
from platforms.sources.marks import Watch, doubt
from platforms.sources.shutterstock.contributors import WATCH as OF_CONTRIBUTORS
from platforms.sources.shutterstock.contributors import Contributors
from platforms.sources.shutterstock.facts import MEDIA_TYPES
from platforms.sources.shutterstock.updates import Updates
from platforms.sources.shutterstock.values import id_in, moment_in, object_in, read
from platforms.sources.values import address_in, name_in, shown, text_in

SLUG: Final = "shutterstock"
UNKNOWN_KIND: Final = "unknown"
DETAIL: Final = "a list leaves it out, so give the item's own record"
Meaning = Mapping[bool | str, Visibility]
REVIEW: Final = ("review_state", "review_status", "status", "state")
STATES: Final[Meaning] = {
    **dict.fromkeys(("approved", "live"), Visibility.PUBLIC),
    **dict.fromkeys(("not_submitted", "draft", "submitted", "pending"), Visibility.UNPUBLISHED),
    **dict.fromkeys(("in_review", "rejected"), Visibility.UNPUBLISHED),
    "deactivated": Visibility.REMOVED_AUTHOR,
    **dict.fromkeys(("deleted", "removed"), Visibility.REMOVED_PLATFORM),
}
LIVE: Final = ("live", "is_live")
EDITORIAL: Final[Mapping[str, Meaning]] = {
    "is_editorial": {False: Visibility.PUBLIC, True: Visibility.COMMERCIAL},
    "is_creative": {True: Visibility.PUBLIC, False: Visibility.COMMERCIAL},
}
RATING: Final[Mapping[str, Meaning]] = {
    "is_adult": {False: Visibility.PUBLIC, True: Visibility.ADULT},
    "mature_flag": {False: Visibility.PUBLIC, True: Visibility.ADULT},
}
TEXTS_OF_RIGHTS: Final = {
    "special_instructions": "special_instructions",
    "supplier_code": "third_party_supplier",
    "byline": "editorial",
}
COLLECTION: Final = "collection:"
UNRELEASED: Final = "shown:unreleased"
PREVIEWS: Final = {
    "image": (MediaKind.IMAGE, ("preview_1500", "preview_1000", "preview", "large_thumb")),
    "video": (MediaKind.VIDEO, ("preview_mp4", "preview_webm", "thumb_mp4")),
    "audio": (MediaKind.AUDIO, ("preview_mp3", "preview_ogg")),
}
DECISIVE: Final = (
    *(*EDITORIAL, *RATING, *REVIEW, *LIVE, *TEXTS_OF_RIGHTS, "rights", "commercial_status"),
    *("media_type", "has_model_release", "has_property_release", "has_people", "has_property"),
    *("model_releases", "moderation_labels", "asset_collection"),
    *("deleted_time", "published_time", "submitted_time", "data_licensing"),
)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


WATCH: Final = Watch(
    (*DECISIVE, "account_status", "data_licensing_opt_out"),
    {"assets": Watch((), rest=Watch({"is_licensable"})), "contributor": OF_CONTRIBUTORS},
)
MISSPELT: Final = {
    **{_camel(name): name for name in DECISIVE if "_" in name},
    "countries": "rights",
}


class Surroundings(msgspec.Struct, frozen=True):
    """What is known besides the record itself."""

    contributors: Contributors
    updates: Updates
    closed: frozenset[tuple[str, str | None]]
    asserted: Mapping[str, object]
    observed_at: datetime


class Reading(msgspec.Struct):
    """A record while it is read: every step adds what it found."""

    raw: dict[str, Any]
    around: Surroundings
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    principals: list[Principal] = msgspec.field(default_factory=list)

    @property
    def kind(self) -> str:
        return kind_of(self.raw)

    def say(self, visibility: Visibility, code: str, detail: str = "", level: str = "item") -> None:
        self.evidence.append(Evidence(level, visibility, code, detail))

    def doubt(
        self, code: str, detail: str, level: str = "item", *, about: str = "", fact: str = ""
    ) -> None:
        self.evidence.append(Evidence(level, Visibility.UNKNOWN, code, detail, about, fact))


def item_of(raw: dict[str, Any], around: Surroundings) -> Item:
    """``raw`` with everything that speaks for and against it; never raises."""
    record = Reading(raw, around)
    for step in STEPS:
        step(record)
    return Item(
        platform=SLUG,
        kind=record.kind,
        native_id=id_in(raw.get("id")),
        principals=tuple(dict.fromkeys(record.principals)),
        evidence=tuple(dict.fromkeys(record.evidence)),
        required=frozenset({"item", "container", "account"}),
        published_at=_published_at(raw),
        observed_at=around.observed_at,
        title=text_in(raw.get("title")),
        text=text_in(raw.get("description")),
        tags=_keywords(raw),
        media=tuple(_media(raw, record.kind)),
    )


def odd_item(observed_at: datetime, detail: str) -> Item:
    """A record that is no medium: listed, and held."""
    doubt = Evidence("item", Visibility.UNKNOWN, "record_not_understood", detail)
    return Item(
        platform=SLUG, kind=UNKNOWN_KIND, native_id=None, evidence=(doubt,), observed_at=observed_at
    )


def kind_of(raw: Mapping[str, Any]) -> str:
    kind = raw.get("media_type")
    return kind if isinstance(kind, str) and kind in MEDIA_TYPES else UNKNOWN_KIND


def key_of(raw: Mapping[str, Any]) -> tuple[str, str | None]:
    return kind_of(raw), id_in(raw.get("id"))


def keys_of(raw: Mapping[str, Any]) -> tuple[tuple[str, str | None], ...]:
    """All that a record may be about: without a type an image, a video and a track."""
    kind, number = key_of(raw)
    return tuple((one, number) for one in (MEDIA_TYPES if kind == UNKNOWN_KIND else (kind,)))


def is_open(raw: dict[str, Any]) -> bool:
    """Whether an appearance offers the item to all, as far as it says."""
    removed = raw.get("deleted_time") is not None or raw.get("is_editorial") is True
    states = (_read(STATES, raw[name]) for name in REVIEW if name in raw)
    is_live = not any(raw.get(name) is False for name in LIVE)
    sizes = _licensable(raw)
    if WATCH.marks_within(raw) or (sizes and True not in sizes):
        return False
    return not removed and is_live and all(state is Visibility.PUBLIC for state in states)


def _read_kind(record: Reading) -> None:
    if record.kind == UNKNOWN_KIND:
        given = record.raw.get("media_type")
        record.doubt("media_type_unknown", f"media_type is {read(given)}; give image, video, audio")
    for name in sorted(record.raw.keys() & MISSPELT.keys()):
        detail = f"{name} decides, but is not read; give the API's own {MISSPELT[name]}"
        record.doubt("spelling_unknown", detail)
    record.evidence.extend(map(doubt, WATCH.marks_within(record.raw)))


def _read_catalogue(record: Reading) -> None:
    """Whether the item can be licensed now: what its review says, and what the operator does."""
    asserted = record.around.asserted.get("catalogue")
    _read_sizes(record)
    if asserted is False:
        record.say(Visibility.REMOVED_PLATFORM, "not_licensable", "it is asserted", "container")
    is_live = any(record.raw.get(name) is True for name in LIVE) or "live" in _states(record.raw)
    _read_review(record)
    if is_live or asserted is True:
        record.say(Visibility.PUBLIC, "licensable", level="container")
        return
    detail = (
        "nothing says that it can be licensed now; settle with --fact catalogue=licensable "
        "if everything in the dump is in the catalogue"
    )
    record.doubt("catalogue_unknown", detail, "container", fact="catalogue")


def _read_sizes(record: Reading) -> None:
    """What a record says of each size of a medium: one that can be licensed is enough."""
    found = _licensable(record.raw)
    if found and all(said is False for said in found):
        detail = "is_licensable is false for each size in assets"
        record.say(Visibility.REMOVED_PLATFORM, "no_size_licensable", detail, "container")
    elif found and True not in found:
        detail = "no size in assets has an is_licensable that is true"
        record.doubt("is_licensable_unknown", detail, "container")


def _licensable(raw: dict[str, Any]) -> list[bool | None]:
    """What each size says that says it: None is what is not understood."""
    if not isinstance(raw.get("assets", {}), dict):
        return [None]
    sizes = object_in(raw, "assets").values()
    given = [s["is_licensable"] for s in sizes if isinstance(s, dict) and "is_licensable" in s]
    return [said if isinstance(said, bool) else None for said in given]


def _states(raw: Mapping[str, Any]) -> set[str]:
    return {raw[name] for name in REVIEW if isinstance(raw.get(name), str)}


def _read_review(record: Reading) -> None:
    for name in REVIEW:
        if name not in record.raw:
            continue
        found = _read(STATES, record.raw[name])
        if found is Visibility.UNKNOWN:
            detail = f"{name} is {read(record.raw[name])}"
            record.doubt("review_state_unknown", detail, "container")
        elif found is not Visibility.PUBLIC:
            detail = f"{name} is {record.raw[name]}"
            record.say(found, f"review_{record.raw[name]}", detail, "container")
    for name in LIVE:
        live = record.raw.get(name, True)
        if live is False:
            record.say(Visibility.UNPUBLISHED, "not_live", f"{name} is false", "container")
        elif live is not True:
            record.doubt("review_state_unknown", f"{name} is {read(live)}", "container")


def _read_times(record: Reading) -> None:
    deleted = record.raw.get("deleted_time")
    if deleted is not None and moment_in(deleted):
        record.say(Visibility.REMOVED_PLATFORM, "deleted", "deleted_time is set")
    elif deleted is not None:
        record.doubt("deleted_time_unknown", f"deleted_time is {read(deleted)}")
    for name in ("published_time", "submitted_time"):
        given = record.raw.get(name)
        if given is not None and not moment_in(given):
            record.doubt(f"{name}_unknown", f"{name} is {read(given)}")
    if "published_time" in record.raw and record.raw["published_time"] is None:
        record.say(Visibility.UNPUBLISHED, "not_published", "published_time is null")
    elif "published_time" not in record.raw and record.kind == "audio":
        detail = f"published_time is missing; {DETAIL}"
        record.doubt("published_time_unknown", detail)


def _read_updates(record: Reading) -> None:
    number = id_in(record.raw.get("id"))
    if said := record.around.updates.against(record.kind, number):
        record.evidence.append(said)
    if is_open(record.raw) and key_of(record.raw) in record.around.closed:
        detail = "the dump holds this id also as not licensable"
        record.doubt("conflicting_appearances", detail)


def _read_editorial(record: Reading) -> None:
    found = _flags(record, EDITORIAL)
    if not found and record.kind == "audio":
        record.say(Visibility.PUBLIC, "no_editorial_audio")
        return
    _conclude(record, found, bad="editorial", doubt="editorial_unknown", names="is_editorial")


def _read_rights(record: Reading) -> None:
    for name, code in TEXTS_OF_RIGHTS.items():
        given = record.raw.get(name, "")
        if not isinstance(given, str):
            record.doubt("rights_unknown", f"{name} is {read(given)}")
        elif given.strip():
            record.say(Visibility.COMMERCIAL, code, f"{name} is given")
    if "commercial_status" in record.raw:
        _read_commercial_status(record)
    if "rights" in record.raw:
        _read_countries(record)


def _read_commercial_status(record: Reading) -> None:
    given = record.raw["commercial_status"]
    if isinstance(given, dict) and (given.get("status") or given.get("reason")):
        detail = "commercial_status limits how it may be used"
        record.say(Visibility.COMMERCIAL, "commercial_status", detail)
    else:
        record.doubt("rights_unknown", f"commercial_status is {read(given)}")


def _read_countries(record: Reading) -> None:
    given = record.raw["rights"]
    countries = given.get("countries") if isinstance(given, dict) else None
    if not isinstance(countries, str | list):
        record.doubt("rights_unknown", f"rights is {read(given)}, without countries")
    elif countries:
        detail = "rights.countries says where it may be used"
        record.say(Visibility.COMMERCIAL, "limited_to_countries", detail)


def _read_rating(record: Reading) -> None:
    found = _flags(record, RATING)
    if "moderation_labels" in record.raw:
        labels = record.raw["moderation_labels"]
        known = Visibility.ADULT if labels else Visibility.PUBLIC
        found.append(known if isinstance(labels, list) else Visibility.UNKNOWN)
    _conclude(record, found, bad="adult", doubt="rating_unknown", names="is_adult")


def _conclude(
    record: Reading, found: list[Visibility], *, bad: str, doubt: str, names: str
) -> None:
    """Say each reading that is not good; without any, what is asserted, or that it is unknown."""
    asserted = record.around.asserted.get(names)
    if asserted is not None:
        found = [*found, {**EDITORIAL, **RATING}[names][asserted is True]]
    for visibility in sorted(set(found) - {Visibility.PUBLIC}):
        if visibility is Visibility.UNKNOWN:
            record.doubt(doubt, "a field that decides holds a value that is not understood")
        else:
            record.say(visibility, bad, "a field of the record, or what is asserted, says so")
    if not found:
        detail = f"{names} is missing; {DETAIL}, or settle with --fact {names}=false"
        record.doubt(doubt, detail, fact=names)
    elif Visibility.PUBLIC in found:
        record.say(Visibility.PUBLIC, bad)


def _read_people(record: Reading) -> None:
    models, every = _list(record, "models"), _list(record, "releases")
    _read_releases(
        record,
        subject="people",
        shown_by=[bool(models)] if models else [],
        releases=[bool(given) for given in (_list(record, "model_releases"),) if given is not None],
        flag="has_model_release",
    )
    if record.raw.get("has_model_release") is True and every == []:
        record.doubt("people_unknown", "has_model_release is true, but releases is empty")
    for model in models or ():
        record.principals.append(_model(model))


def _read_property(record: Reading) -> None:
    if record.kind != "audio":
        _read_releases(
            record, subject="property", shown_by=[], releases=[], flag="has_property_release"
        )


def _read_releases(
    record: Reading, *, subject: str, shown_by: list[bool], releases: list[bool], flag: str
) -> None:
    """Whoever or whatever is shown must have been released; nobody shown needs no release."""
    code, fact = f"{subject}_unknown", f"has_{subject}"
    shown_by = shown_by + _bools(record, fact, code)
    released = set(releases + _bools(record, flag, code))
    if not shown_by and (asserted := record.around.asserted.get(fact)) is not None:
        shown_by = [asserted is True]
    if released == {True, False} or set(shown_by) == {True, False}:
        record.doubt(code, f"the record's fields about {subject} do not agree")
    elif released == {True} or set(shown_by) == {False}:
        record.say(Visibility.PUBLIC, subject)
    elif released == {False} and shown_by:
        detail = f"{flag} is false, and there are {subject} in it"
        record.say(Visibility.OUT_OF_SCOPE, f"{subject}_without_release", detail)
    else:
        detail = f"neither {flag} nor {fact} settles it; {DETAIL}, or say --fact {fact}=false"
        about = UNRELEASED if released == {False} else ""
        record.doubt(code, detail, about=about, fact="" if shown_by else fact)


def _bools(record: Reading, name: str, code: str) -> list[bool]:
    given = record.raw.get(name, [])
    if isinstance(given, bool):
        return [given]
    if name in record.raw:
        record.doubt(code, f"{name} is {read(given)}")
    return []


def _list(record: Reading, name: str) -> list[Any] | None:
    """The list in a field; None when there is none, with a doubt when there is something else."""
    given = record.raw.get(name)
    if name in record.raw and not isinstance(given, list):
        record.doubt("people_unknown", f"{name} is {read(given)}")
    return given if isinstance(given, list) else None


def _model(raw: object) -> Principal:
    number = id_in(raw.get("id")) if isinstance(raw, dict) else None
    if number is None:
        return Principal(Role.MEDIA_CREDIT, Identity.ANONYMOUS)
    return Principal(Role.MEDIA_CREDIT, Identity.STABLE, f"model:{number}")


def _read_artists(record: Reading) -> None:
    """Artists of a track have names only; the operator may vouch that they are the contributor."""
    if record.around.asserted.get("audio.artists") is True:
        return
    artists = record.raw.get("artists", [])
    if artists == []:
        return
    detail = "settle with --fact audio.artists=contributor if tracks are by their contributors"
    detail = f"it names artists without an id; {detail}"
    record.doubt("artists_unknown", detail, fact="audio.artists")


def _read_collection(record: Reading) -> None:
    if "asset_collection" not in record.raw:
        return
    given = record.raw["asset_collection"]
    allowed = record.around.asserted.get("collections") or frozenset()
    names = given if isinstance(given, list) else [given]
    for name in names:
        if name_in(name) is None or not isinstance(name, str):
            record.doubt("collection_unknown", f"asset_collection is {read(name)}")
        elif name.strip().casefold() not in allowed:  # type: ignore[operator]
            detail = f"nothing allows {shown(name)}; settle with --fact collections=NAME"
            about = f"{COLLECTION}{name.strip().casefold()}"
            record.doubt("collection_not_allowed", detail, about=about, fact="collections")


def _read_contributor(record: Reading) -> None:
    contributor = record.raw.get("contributor")
    number = id_in(contributor.get("id")) if isinstance(contributor, dict) else None
    if number is None:
        record.doubt("contributor_unknown", "contributor.id is missing or odd", "account")
        record.principals.append(Principal(Role.OWNER, Identity.ANONYMOUS))
    else:
        record.principals.append(Principal(Role.OWNER, Identity.STABLE, number))
    record.evidence.extend(record.around.contributors.evidence_of(number))


STEPS: Final[tuple[Callable[[Reading], None], ...]] = (
    _read_kind,
    _read_catalogue,
    _read_times,
    _read_updates,
    _read_editorial,
    _read_rights,
    _read_rating,
    _read_people,
    _read_property,
    _read_artists,
    _read_collection,
    _read_contributor,
)


def _flags(record: Reading, family: Mapping[str, Meaning]) -> list[Visibility]:
    return [
        _read(meaning, record.raw[name]) for name, meaning in family.items() if name in record.raw
    ]


def _read(meaning: Meaning, raw: object) -> Visibility:
    if not isinstance(raw, bool | str):
        return Visibility.UNKNOWN
    return meaning.get(raw, Visibility.UNKNOWN)


def _published_at(raw: Mapping[str, Any]) -> datetime | None:
    """The latest of the times that say so; None when one of them is not understood."""
    given = [raw[name] for name in ("published_time", "added_date") if raw.get(name) is not None]
    moments = [moment_in(value) for value in given]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _keywords(raw: Mapping[str, Any]) -> tuple[str, ...]:
    words = raw.get("keywords")
    return tuple(t for w in words if (t := text_in(w))) if isinstance(words, list) else ()


def _media(raw: dict[str, Any], kind: str) -> Iterator[Media]:
    """The largest preview that the record names."""
    medium, names = PREVIEWS.get(kind, (MediaKind.IMAGE, ()))
    assets = object_in(raw, "assets")
    found = (address_in(object_in(assets, name).get("url")) for name in names)
    if url := next(filter(None, found), ""):
        yield Media(medium, url)
