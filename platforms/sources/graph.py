"""Meta's Graph API: the shapes and values that Facebook, Instagram and Threads share.

Envelopes, edges, ids, moments and ages. What a field proves is each source's own.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from platforms.records import Evidence, Identity, Item, ItemRef, Principal, Role, Visibility
from platforms.sources.downloads import documents
from platforms.sources.json_records import NotOfThisPlatform, recognised
from platforms.sources.marks import Watch, doubt
from platforms.sources.values import name_in, shown, text_in
from platforms.visibility import EXCLUDING

ID: Final = re.compile(r"[1-9][0-9]{0,31}(?:_[1-9][0-9]{0,31})?")
BIRTHDAY: Final = re.compile(r"(?:(\d\d)/(\d\d)/)?(\d{4})")
BIRTHDAY_WITHOUT_YEAR: Final = re.compile(r"\d\d/\d\d")
ADULTHOOD: Final = 18
# Any one of these makes an object with an id a record of an account, however few fields it has.
OF_AGES: Final = frozenset({"is_minor", "age", "age_range", "birthday"})
# With one of these an object is a record, even if it holds a list called "data".
OF_ONE_RECORD: Final = frozenset({"id", "timestamp", "attachments", "title"})
# What is around objects of the API without being one.
OF_BATCHES: Final = frozenset({"code", "body"})
OF_WEBHOOKS: Final = frozenset({"object", "entry"})

# Counts by the names of what is counted.
INSIGHTS: Final = Watch(
    (), {"values": Watch((), {"value": Watch({"paid", "unpaid", "report_spam_clicks"})})}
)

Meaning = Mapping[bool | str, Visibility]


class Shape(StrEnum):
    ITEM = "item"
    ACCOUNT = "account"
    ALBUM = "album"
    ENTRY = "entry"
    ODD = "odd"


class Record(msgspec.Struct, frozen=True):
    """One object of a dump; an entry of a download also says which file and list it is of."""

    shape: Shape
    raw: Any
    file: str = ""
    list_name: str = ""


class Form(msgspec.Struct, frozen=True):
    """How one platform's dumps look.

    ``edges`` are the lists of items inside an account, with what each says of whatever is
    in it, ``lists`` those of entries in a file of a download, ``members`` the names of the
    files of a download that are read.
    """

    platform: str
    shape_of: Callable[[Mapping[str, Any]], Shape]
    edges: Mapping[str, Mapping[str, Any]]
    lists: frozenset[str]
    members: re.Pattern[str]
    advice: str


class NotGraph(NotOfThisPlatform):
    """A document that neither the API nor a download of this platform holds."""


class Reading(msgspec.Struct):
    """A record while it is read: every step adds what it found."""

    raw: Mapping[str, Any]
    evidence: list[Evidence] = msgspec.field(default_factory=list)
    principals: list[Principal] = msgspec.field(default_factory=list)
    required: set[str] = msgspec.field(default_factory=lambda: {"item", "container"})

    def say(self, visibility: Visibility, code: str, detail: str = "", level: str = "item") -> None:
        self.evidence.append(Evidence(level, visibility, code, detail))

    def doubt(
        self,
        code: str,
        detail: str,
        level: str = "item",
        *,
        about: str | ItemRef = "",
        fact: str = "",
    ) -> None:
        self.evidence.append(Evidence(level, Visibility.UNKNOWN, code, detail, about, fact))

    def read(
        self,
        field: str,
        meaning: Meaning,
        *,
        missing: str = "",
        level: str = "item",
        fact: str = "",
    ) -> None:
        """Say what ``field`` proves; absent, it is a doubt only if ``missing`` has words for it.

        ``fact`` is what an operator may assert where it is absent.
        """
        raw = self.raw.get(field)
        if field not in self.raw:
            if missing:
                self.doubt(f"{field}_unknown", f"{field} is missing{missing}", level, fact=fact)
            return
        visibility = reading(meaning, raw)
        if visibility is Visibility.UNKNOWN:
            self.doubt(f"{field}_unknown", f"{field} is not understood: {shown(raw)}", level)
        elif visibility is Visibility.PUBLIC:
            self.say(visibility, field, level=level)
        else:
            self.say(visibility, f"{field}_{visibility}", f"{field} is {shown(raw)}", level)


def read_marks(found: Reading, watch: Watch) -> None:
    """Doubt what says anywhere in the record that not everybody may see it."""
    found.evidence.extend(map(doubt, watch.marks_within(found.raw)))


def is_against(found: Reading, watch: Watch) -> bool:
    """Whether what was read of a record excludes it, or may, by a mark."""
    is_bad = any(e.visibility in EXCLUDING for e in found.evidence)
    return is_bad or bool(watch.marks_within(found.raw))


def is_account(raw: Mapping[str, Any], fields: Set[str]) -> bool:
    """Whether it names an account, or says of one who may see it, in however few fields."""
    is_known = isinstance(raw.get("id"), str) and id_in(raw) is not None
    is_named = name_in(raw.get("username")) is not None
    # A post of Facebook has a privacy, too: an object.
    told = {name for name in fields & raw.keys() if not isinstance(raw[name], dict)}
    return (is_known and is_named) or ((is_known or is_named) and bool(told))


def bad_if_true(visibility: Visibility) -> Meaning:
    return {False: Visibility.PUBLIC, True: visibility}


def reading(meaning: Meaning, raw: object) -> Visibility:
    """What one raw value proves; JSON's 0 and 1 are not booleans.

    A word in another case than the API's can only speak against the item.
    """
    if not isinstance(raw, bool | str):
        return Visibility.UNKNOWN
    found = meaning.get(raw, Visibility.UNKNOWN)
    if found is Visibility.UNKNOWN and isinstance(raw, str):
        alike = meaning.get(raw.upper(), Visibility.UNKNOWN)
        return alike if alike is not Visibility.PUBLIC else found
    return found


def contents(path: Path, form: Form, progress: Callable[[int], None]) -> Iterator[Record]:
    return recognised(
        path,
        documents(path, form.members, progress),
        lambda document, place, line: records(document, form, place.name),
        odd=lambda document: Record(Shape.ODD, document),
        advice=form.advice,
    )


def records(document: object, form: Form, file: str) -> Iterator[Record]:
    """The records of one document, in order; ``NotGraph`` if it is something else."""
    if isinstance(document, list):
        yield from _of_list(document, form, file, "")
        return
    if not isinstance(document, dict):
        raise NotGraph("this JSON is neither an object nor a list")
    if "error" in document and "id" not in document:
        raise NotGraph("the API answered with an error, not with objects")
    if document.keys() >= OF_WEBHOOKS:
        raise NotGraph("this is a message of a webhook; ask the API for the objects it names")
    if isinstance(document.get("data"), list) and not OF_ONE_RECORD & document.keys():
        if document["data"]:
            yield from _of_list(document["data"], form, file, "")
        return
    if lists := form.lists & document.keys():
        for name in sorted(lists):
            yield from _of_entries(document[name], form, file, name)
        return
    yield from _of_one(document, form, file)


def _of_one(document: dict[str, Any], form: Form, file: str) -> Iterator[Record]:
    if _is_by_id(document):
        yield from _of_list(list(document.values()), form, file, "")
        return
    shape = form.shape_of(document)
    if shape is Shape.ODD:
        raise NotGraph(f"this is no object of {form.platform}")
    yield from _with_edges(Record(shape, document, file), form)


def _is_by_id(document: Mapping[str, Any]) -> bool:
    """Whether this answers a call for several ids at once: an object for each id."""
    return bool(document) and all(
        ID.fullmatch(name) and isinstance(found, dict) and found.get("id") == name
        for name, found in document.items()
    )


def _of_list(found: list[Any], form: Form, file: str, name: str) -> Iterator[Record]:
    shapes = [form.shape_of(raw) if isinstance(raw, dict) else Shape.ODD for raw in found]
    if all(shape is Shape.ODD for shape in shapes):
        if any(isinstance(raw, dict) and raw.keys() >= OF_BATCHES for raw in found):
            raise NotGraph("this answers a batch; give the body of each answer by itself")
        raise NotGraph(f"this list holds no object of {form.platform}")
    for shape, raw in zip(shapes, found, strict=True):
        yield from _with_edges(Record(shape, raw, file, name), form)


def _of_entries(found: object, form: Form, file: str, name: str) -> Iterator[Record]:
    """A list that only downloads hold: whatever is in it is an entry of that list."""
    for raw in found if isinstance(found, list) else [found]:
        yield Record(Shape.ENTRY if isinstance(raw, dict) else Shape.ODD, raw, file, name)


def _with_edges(record: Record, form: Form) -> Iterator[Record]:
    yield record
    for one in _listed_in(record, form):
        yield one
        if one.shape is Shape.ALBUM:
            yield from _listed_in(one, form)


def _listed_in(record: Record, form: Form) -> Iterator[Record]:
    """What an account or an album lists; whatever is in an album hangs on it."""
    if record.shape is Shape.ACCOUNT:
        for edge, said in form.edges.items():
            for found in objects_in(record.raw, edge):
                raw = {**found, **said}
                yield Record(form.shape_of(raw), raw)
    elif record.shape is Shape.ALBUM:
        said = {"album": {"id": record.raw.get("id")}}
        for found in objects_in(record.raw, "photos"):
            yield Record(Shape.ITEM, {**said, **found})
            # One that names another album hangs on both.
            if "album" in found and reference_in(found, "album") != id_in(record.raw):
                yield Record(Shape.ITEM, {**found, **said})


def object_in(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def objects_in(raw: Mapping[str, Any], edge: str) -> list[dict[str, Any]]:
    """The objects of an edge, ``{"data": [...]}``, or of a bare list."""
    value = raw.get(edge)
    found = value.get("data") if isinstance(value, dict) else value
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def id_in(raw: Mapping[str, Any], name: str = "id") -> str | None:
    """An id as text, also where it was written as a whole number."""
    value = raw.get(name)
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and ID.fullmatch(text) else None


def reference_in(raw: Mapping[str, Any], name: str) -> str | None:
    """The id of another object: ``{"id": ...}``, or the id by itself."""
    value = raw.get(name)
    return id_in(value) if isinstance(value, dict) else id_in(raw, name)


def moment_in(raw: Mapping[str, Any], name: str) -> datetime | None:
    """A moment with its offset (ISO 8601), in UTC; None when it is anything else."""
    value = raw.get(name)
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def seconds_in(raw: Mapping[str, Any], name: str) -> datetime | None:
    """A moment in whole seconds, as downloads write it."""
    value = raw.get(name)
    if type(value) is not int or not 0 < value < 253_402_300_800:
        return None
    return datetime.fromtimestamp(value, UTC)


def address_in(raw: Mapping[str, Any], name: str) -> str:
    """An address without its query: on Meta's media servers that is a signature or a token."""
    text = text_in(raw.get(name))
    try:
        url = urlsplit(text)
    except ValueError:
        return ""
    if url.scheme not in ("http", "https") or "@" in url.netloc:
        return ""
    return f"{url.scheme}://{url.netloc}{url.path}"


def is_at(raw: object, hosts: frozenset[str]) -> bool:
    """Whether ``raw`` is an https address on one of ``hosts``."""
    try:
        url = urlsplit(raw if isinstance(raw, str) else "")
    except ValueError:
        return False
    return url.scheme == "https" and url.netloc.lower() in hosts and len(url.path) > 1


def principal(role: Role, raw: Mapping[str, Any], *, handle: object = None) -> Principal:
    """Whoever ``raw`` names by its id, or else only by a handle, or not at all."""
    number, name = id_in(raw), name_in(handle)
    if number is not None:
        return Principal(role, Identity.STABLE, number, name)
    if name is not None:
        return Principal(role, Identity.NAME, handle=name)
    return Principal(role, Identity.ANONYMOUS)


def ages_in(raw: object, on: date) -> frozenset[Visibility]:
    """What every age, age range and birthday anywhere in ``raw`` says: nothing, if there is none.

    Under 18 is out of scope, 18 or more is public, and what is not understood is unknown.
    """
    found: set[Visibility] = set()
    waiting = [raw]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            found.update(_ages_of(value, on))
            waiting += value.values()
    return frozenset(found)


def _ages_of(raw: Mapping[str, Any], on: date) -> Iterator[Visibility]:
    if "is_minor" in raw:
        yield reading(bad_if_true(Visibility.OUT_OF_SCOPE), raw["is_minor"])
    if "age" in raw:
        yield _of_years(raw["age"], raw["age"])
    if "age_range" in raw:
        limits = object_in(raw, "age_range")
        yield _of_years(limits.get("min"), limits.get("max", limits.get("min")))
    if "birthday" in raw and not _has_no_year(raw["birthday"]):
        yield _of_birthday(raw["birthday"], on)


def _of_years(least: object, most: object) -> Visibility:
    if type(least) is int and ADULTHOOD <= least <= 150:
        return Visibility.PUBLIC
    if type(most) is int and 0 <= most < ADULTHOOD:
        return Visibility.OUT_OF_SCOPE
    return Visibility.UNKNOWN


def _has_no_year(raw: object) -> bool:
    return isinstance(raw, str) and BIRTHDAY_WITHOUT_YEAR.fullmatch(raw) is not None


def _of_birthday(raw: object, on: date) -> Visibility:
    """The API writes MM/DD/YYYY, or YYYY alone, which leaves a year open."""
    match = BIRTHDAY.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        return Visibility.UNKNOWN
    month, day, year = match.groups()
    oldest = on.year - int(year)
    if month is None:
        return _of_years(oldest - 1, oldest)
    had_it = (on.month, on.day) >= (int(month), int(day))
    return _of_years(oldest - (not had_it), oldest - (not had_it))


def read_ages(found: Reading, on: date) -> None:
    """Say whether anybody in the record is known to be under age."""
    for visibility in sorted(ages_in(found.raw, on) - {Visibility.PUBLIC}):
        if visibility is Visibility.UNKNOWN:
            found.doubt("age_unknown", "an age or birthday is not understood", "account")
        else:
            found.say(visibility, "minor", "somebody in it is under 18", "account")


def odd_item(platform: str, kind: str, record: Record, observed_at: datetime) -> Item:
    """A record that is nothing we know: listed, and held."""
    detail = f"it is no object of {platform} that is understood: {shown(record.raw)}"
    doubt = Evidence("item", Visibility.UNKNOWN, "record_not_understood", detail)
    return Item(
        platform=platform, kind=kind, native_id=None, evidence=(doubt,), observed_at=observed_at
    )
