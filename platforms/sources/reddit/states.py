"""What a post or comment says of itself: removed, deleted, hidden, an advert, adult.

Only its own fields are read here; who and where it is from is joined elsewhere.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Visibility
from platforms.sources.marks import TOLD
from platforms.sources.marks import doubt as doubt_of_mark
from platforms.sources.reddit.fields import (
    ADULT_ADS,
    EVENTS,
    HARMLESS_IN_ARCHIVES,
    IF_ANY,
    OF_ARCHIVES,
    OF_COMMENTS,
    OF_POSTS,
    asserted_for,
    evidence_of,
    has_adult_thumbnail,
    is_for_adults,
    marks_of,
    missing,
)
from platforms.sources.reddit.responses import FULLNAME, Shape
from platforms.sources.values import shown

ID: Final = re.compile(r"[a-z0-9]{1,13}")
# Also "[ Removed by Reddit in response to a copyright notice. ]" and "[deleted by user]".
NOTICE: Final = re.compile(r"\\?\[\s*(?:removed|deleted)\b[^\]]*\](?:\(\S*\))?", re.IGNORECASE)
NOTICE_BEGINS: Final = ("[", "\\[")
# What an archive notes of a post whose title had changed when it read it again.
EDITED: Final = "edited_title"
NOBODY: Final = frozenset({"[deleted]", "[removed]"})
TEXTS: Final = {Shape.POST: ("title", "selftext"), Shape.COMMENT: ("body",)}
FIELDS: Final = {Shape.POST: OF_POSTS, Shape.COMMENT: OF_COMMENTS}
ADVERTS: Final = ("promoted", "is_created_from_ads_ui")
PREFIXES: Final = {Shape.POST: "post.", Shape.COMMENT: "comment."}
# What an archive or an event notes on one record differs from the next; the rest repeats.
OF_ONE_RECORD: Final = frozenset({"_meta", "$event", "$event.action"})
DECISIVE: Final = {
    shape: tuple(dict.fromkeys((*fields, *IF_ANY, *ADVERTS, *ADULT_ADS)))
    for shape, fields in FIELDS.items()
}
REMEMBERED: Final = 4_096
FIRST_SECOND, LAST_SECOND = 1, 253_402_300_799
READ_AT: Final = ("retrieved_on", "retrieved_utc")
TOLD_BY: Final = (*READ_AT, "_meta")


def fullname_of(shape: Shape, raw: Mapping[str, Any]) -> str | None:
    """The id with its kind (``t3_abc``); None when missing, odd or given in two ways."""
    number = raw.get("id")
    if not isinstance(number, str):
        return None
    given = f"{shape}_{number.removeprefix(f'{shape}_')}"
    return given if raw.get("name", given) == given and FULLNAME.fullmatch(given) else None


def state_of(
    shape: Shape, raw: Mapping[str, Any], values: Mapping[str, object]
) -> tuple[Evidence, ...]:
    """All that a post or comment says against itself; ``values`` are the asserted facts."""
    return (*of_its_fields(shape, raw, values), *doubts_of(shape, raw))


def doubts_of(shape: Shape, raw: Mapping[str, Any]) -> tuple[Evidence, ...]:
    """What its texts and its thumbnail say against it, and fields that nobody reads.

    Nothing is said by texts that begin with a letter, nor by names without ``suspects_in``
    and values without objects.
    """
    found = [doubt for name in TEXTS[shape] if (doubt := _of_its_text(name, raw))]
    if has_adult_thumbnail(raw.get("thumbnail")):
        found.append(Evidence("item", Visibility.ADULT, "adult", "its thumbnail is 'nsfw'"))
    return (*found, *map(doubt_of_mark, islice(marks_of(raw), TOLD)))


def of_its_fields(
    shape: Shape, raw: Mapping[str, Any], values: Mapping[str, object]
) -> Iterable[Evidence]:
    """What the fields say that decide; of many records they all hold the same."""
    asserted = asserted_for(PREFIXES[shape], values) if values else {}
    if not raw.keys().isdisjoint(OF_ONE_RECORD):
        return _read_fields(shape, raw, asserted)
    said = {name: raw[name] for name in DECISIVE[shape] if name in raw}
    try:
        return _same_fields(shape, msgspec.json.encode(said), tuple(asserted.items()))
    except (UnicodeEncodeError, RecursionError):
        return _read_fields(shape, raw, asserted)


@lru_cache(REMEMBERED)
def _same_fields(
    shape: Shape, said: bytes, asserted: tuple[tuple[str, object], ...]
) -> tuple[Evidence, ...]:
    return tuple(_read_fields(shape, msgspec.json.decode(said), dict(asserted)))


def _read_fields(
    shape: Shape, raw: Mapping[str, Any], asserted: Mapping[str, object]
) -> Iterator[Evidence]:
    yield from evidence_of(raw, FIELDS[shape], asserted)
    yield from _of_mere_values(raw)
    if is_for_adults(raw):
        detail = "whitelist_status or parent_whitelist_status says so"
        yield Evidence("item", Visibility.ADULT, "adult", detail)
    if shape is Shape.POST and not any(name in raw or name in asserted for name in ADVERTS):
        yield missing(ADVERTS[1], OF_POSTS[ADVERTS[1]])
    yield from _of_its_archive(raw)
    yield from of_its_event(raw)


def of_its_event(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    """What the platform's compliance stream says happened to it."""
    for action in actions_in(raw):
        visibility = EVENTS.get(action, Visibility.UNKNOWN) if isinstance(action, str) else None
        if visibility is None or visibility is Visibility.UNKNOWN:
            detail = f"$event.action is {shown(action)}; give the record as it is after the event"
            yield Evidence("item", Visibility.UNKNOWN, "event_unknown", detail)
        else:
            code = "deleted" if visibility is Visibility.REMOVED_AUTHOR else "removed"
            yield Evidence("item", visibility, code, f"$event.action is {action}")


def actions_in(raw: Mapping[str, Any]) -> Iterator[object]:
    if "$event" in raw:
        event = raw["$event"]
        yield event.get("action") if isinstance(event, dict) else event
    if "$event.action" in raw:
        yield raw["$event.action"]


def read_at(raw: Mapping[str, Any], default: datetime) -> datetime | None:
    """When the record was last read, by its archive; None if that is not understood."""
    if raw.keys().isdisjoint(TOLD_BY):
        return default
    meta = raw.get("_meta")
    again = meta.get("retrieved_2nd_on") if isinstance(meta, dict) else None
    given = [raw[name] for name in READ_AT if raw.get(name) is not None]
    if again is not None:
        given = [again]
    moments = [moment_of(value) for value in given]
    if None in moments:
        return None
    return min([default, *(moment for moment in moments if moment is not None)])


def moment_of(raw: object) -> datetime | None:
    """Seconds since 1970, which old archives write as text and the API with a point."""
    if type(raw) is int and FIRST_SECOND <= raw <= LAST_SECOND:
        return datetime.fromtimestamp(raw, UTC)
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < len("253402300799"):
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if raw != raw // 1 or not FIRST_SECOND <= raw <= LAST_SECOND:
        return None
    return datetime.fromtimestamp(int(raw), UTC)


def _of_mere_values(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    for name, (code, visibility) in IF_ANY.items():
        value = raw.get(name)
        if value is not None and value is not False:
            yield Evidence("item", visibility, code, f"it has a value for {name}")


def _of_its_archive(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    """Archives keep the first text; what they saw later counts more."""
    if "_meta" not in raw:
        return
    meta = raw["_meta"]
    if not isinstance(meta, dict):
        yield Evidence("item", Visibility.UNKNOWN, "archive_unknown", f"_meta is {shown(meta)}")
        return
    yield from evidence_of(meta, OF_ARCHIVES, {})
    if EDITED in meta:
        yield _of_its_new_title(meta[EDITED])
    for name in sorted(meta.keys() - OF_ARCHIVES.keys() - HARMLESS_IN_ARCHIVES - {EDITED}):
        detail = f"_meta.{name[:40]} is not understood"
        yield Evidence("item", Visibility.UNKNOWN, "archive_unknown", detail)


def _of_its_new_title(title: object) -> Evidence:
    """Nobody but Reddit changes the title of a post, mostly to say that it was removed."""
    if isinstance(title, str) and NOTICE.fullmatch(title.strip()):
        detail = f"_meta.{EDITED} is a notice in place of what was written"
        return Evidence("item", Visibility.REMOVED_PLATFORM, "removed_later", detail)
    detail = f"_meta.{EDITED} says that its title is another now; give the post as it is today"
    return Evidence("item", Visibility.UNKNOWN, "archive_unknown", detail)


def _of_its_text(name: str, raw: Mapping[str, Any]) -> Evidence | None:
    text = raw.get(name)
    if not isinstance(text, str):
        said = "missing" if text is None else f"not text: {shown(text)}"
        return Evidence("item", Visibility.UNKNOWN, "text_unknown", f"{name} is {said}")
    written = text.strip()
    if written.startswith(NOTICE_BEGINS) and NOTICE.fullmatch(written):
        detail = f"{name} is a notice in place of what was written"
        return Evidence("item", Visibility.REMOVED_PLATFORM, "removed", detail)
    return None
