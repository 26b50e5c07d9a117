"""The first pass over posts and comments: what each says of itself, read as one of a kind.

``states.state_of`` and ``Surroundings.note`` are the rule, record by record; this gives the
same faster, because the same values of the same fields mean the same. Crossposts and
whatever else is unusual are left to the rule. Tests hold the two together.
"""

import re
from collections.abc import Hashable
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from platforms.records import Evidence, Identity, Media, Role
from platforms.sources.reddit.fields import LOOKED_INTO, has_adult_thumbnail
from platforms.sources.reddit.media import media_of
from platforms.sources.reddit.people import author_of
from platforms.sources.reddit.responses import Shape
from platforms.sources.reddit.states import (
    FIRST_SECOND,
    LAST_SECOND,
    NOTICE_BEGINS,
    TEXTS,
    TOLD_BY,
    doubts_of,
    moment_of,
    of_its_fields,
    read_at,
)
from platforms.sources.reddit.surroundings import REMEMBERED, Gist, Surroundings, bad_of, gist_of
from platforms.sources.reddit.usual import ABSENT, DECIDING, Records, Usual

HOSTS: Final = ("https://i.redd.it/", "https://v.redd.it/")
MEDIA_FIELDS: Final = ("url", "is_video", "media_metadata", "gallery_data", "selftext", "body")
BESIDE_TEXTS: Final = ("thumbnail", *LOOKED_INTO)
POST, COMMENT = "t3_", "t1_"
SHAPES: Final = {POST: Shape.POST, COMMENT: Shape.COMMENT}
# Stands for the time of reading where a record has nothing on it.
NOTHING_SAID: Final = 0
Kept = TypeVar("Kept")
# What an archive notes is remembered up to so many bytes.
LONG_VALUE: Final = 512

_inside_of = attrgetter(*LOOKED_INTO)
_encode = msgspec.json.Encoder().encode

# A fullname and, of a comment, that of its post; longer ids are left to the rule.
_are_names = re.compile(r"(?:t3_[a-z0-9]{1,11} |t1_[a-z0-9]{1,11} t3_[a-z0-9]{1,11})").fullmatch

Row = tuple[int, int, str, str, str | None, str, int, int, str, str, tuple[Media, ...]]
"""Of one record, a value for each field of ``kept.SAID``."""


class Remembered(dict[Hashable, Kept], Generic[Kept]):
    """What was made of the same before; it forgets everything when there is too much of it."""

    def put(self, key: Hashable, made: Kept) -> Kept:
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = made
        return made


class State(NamedTuple):
    """What records of one shape say against themselves.

    ``bad`` counts against their other appearances, too.
    """

    number: int
    shape: Shape
    evidence: tuple[Evidence, ...]
    bad: tuple[Evidence, ...]


class Place(NamedTuple):
    """A subreddit as an item names it, and what the item says of it."""

    subreddit_id: str
    subreddit: str
    subreddit_type: str
    quarantine: bool | UnsetType

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the item that are about its subreddit."""
        return _given(self._asdict())


class Kinds:
    """Reads what the posts and comments of one dump say of themselves."""

    def __init__(self, around: Surroundings, records: Records) -> None:
        self._around, self._records = around, records
        self.states: list[State] = []
        self.places: list[Place] = []
        self._of_fields: Remembered[State] = Remembered()
        self._known_states: dict[Hashable, State] = {}
        self._known_places: dict[Hashable, int] = {}
        self._place_ids: list[str | None] = []
        self._identities: Remembered[Identity] = Remembered()
        self._gists: Remembered[Gist] = Remembered()

    def row_of(self, record: Usual, shape: Shape | None = None) -> Row | None:
        """What ``record`` says of itself; None for whatever must be read by the rule.

        What others are judged by is kept, as ``Surroundings.note`` does. ``shape`` is None for
        a document that may be an item: then its fields tell.
        """
        link: str | UnsetType = ""
        if record.title is not UNSET:
            prefix, title, text = POST, record.title, record.selftext
        else:
            prefix, title, text, link = COMMENT, "", record.body, record.link_id
        if text is UNSET or link is UNSET or (shape is not None and shape is not SHAPES[prefix]):
            return None
        number, name = record.id, record.name
        fullname = prefix + number
        if (name is not UNSET and name != fullname) or not _are_names(f"{fullname} {link}"):
            return None
        published, read = _published_at(record), self._read_at(record)
        state = self._state_of(prefix, record, title, text)
        if published is None or read is None or state is None:
            return None
        place = self._place(record)
        author, author_id = record.author, record.author_fullname or None
        if state.bad:
            self._around.add_against(fullname, state.bad)
        if prefix is POST:
            gist = self._gist_of(state, author, author_id, published, place)
            self._around.put_post(fullname, gist)
        said = state.number, place, number, author, author_id, link[len(POST) :], published, read
        return (*said, title, text, _media_in(record))

    def _state_of(self, prefix: str, record: Usual, title: str, text: str) -> State | None:
        """What the fields say that decide, of which many records hold the same, and the texts."""
        try:
            noted = b"" if record._meta is ABSENT else _noted_in(record._meta)
        except RecursionError:
            # To write what is nested takes more than to read it: that is for the rule.
            return None
        key = prefix, self._records.deciding(record), noted
        state = self._of_fields.get(key)
        if state is None and (state := self._new_state(prefix, record)) and len(noted) < LONG_VALUE:
            self._of_fields.put(key, state)
        if state and (_may_be_notice(text) or _may_be_notice(title) or _is_marked(record)):
            said = {"title": title, TEXTS[state.shape][-1]: text}
            said |= _given({name: getattr(record, name) for name in BESIDE_TEXTS})
            return self._numbered(prefix, state.evidence + doubts_of(state.shape, said))
        return state

    def _new_state(self, prefix: str, record: Usual) -> State | None:
        raw = _given({name: getattr(record, name, UNSET) for name in (*DECIDING, "_meta")})
        evidence = of_its_fields(SHAPES[prefix], raw, self._around.values)
        return self._numbered(prefix, tuple(evidence))

    def _numbered(self, prefix: str, evidence: tuple[Evidence, ...]) -> State | None:
        key = prefix, evidence
        if known := self._known_states.get(key):
            return known
        if len(self.states) >= REMEMBERED:
            return None
        state = State(len(self.states), SHAPES[prefix], evidence, bad_of(evidence))
        self._known_states[key] = state
        self.states.append(state)
        return state

    def _place(self, record: Usual) -> int:
        """The number of the subreddit; a new one is noted as what posts are in."""
        key = record.subreddit_id, record.subreddit, record.subreddit_type, record.quarantine
        number = self._known_places.get(key)
        if number is None:
            number = self._known_places[key] = len(self.places)
            place = Place._make(key)
            self.places.append(place)
            self._place_ids.append(self._around.note_where(place.said))
        return number

    def _read_at(self, record: Usual) -> int | None:
        """When the record was read, by its archive: seconds, or that nothing is said of it."""
        told = record.retrieved_on
        if record.retrieved_utc is ABSENT and record._meta is ABSENT:
            if told is ABSENT:
                return NOTHING_SAID
            if type(told) is int and FIRST_SECOND <= told <= LAST_SECOND:
                return told
        raw = _given({name: getattr(record, name) for name in TOLD_BY})
        found = read_at(raw, self._around.observed_at)
        if found is self._around.observed_at:
            return NOTHING_SAID
        return _seconds(found)

    def _gist_of(
        self, state: State, author: str, author_id: str | None, published: int, place: int
    ) -> Gist:
        """What is kept of a post for its comments; usual posts differ in few things."""
        names = author, author_id
        raw: dict[str, Any] = {"author": author, "author_fullname": author_id}
        identity = self._identities.get(names) or self._identities.put(
            names, author_of(raw, Role.OWNER).identity
        )
        key = state.number, identity, self._place_ids[place]
        if known := self._gists.get(key):
            return known
        raw = {**raw, "created_utc": published, **self.places[place].said}
        return self._gists.put(key, gist_of(raw, state.evidence))


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that are there."""
    return {
        name: value for name, value in values.items() if value is not UNSET and value is not ABSENT
    }


def _may_be_notice(text: str) -> bool:
    """Whether the rule must be asked about a text; most begin with a letter."""
    return text != "" and not text[0].isalnum() and text.lstrip().startswith(NOTICE_BEGINS)


def _is_marked(record: Usual) -> bool:
    """Whether the rule must be asked about its thumbnail, or what is in it."""
    if has_adult_thumbnail(record.thumbnail):
        return True
    return any(isinstance(one, dict | list) for one in _inside_of(record))


def _noted_in(meta: object) -> bytes:
    """What an archive notes that decides; when it looked again differs from record to record."""
    if isinstance(meta, dict):
        meta = {name: value for name, value in meta.items() if name != "retrieved_2nd_on"}
    return _encode(meta)


def _published_at(record: Usual) -> int | None:
    given = record.created_utc
    if type(given) is int and FIRST_SECOND <= given <= LAST_SECOND:
        return given
    return _seconds(moment_of(given))


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _media_in(record: Usual) -> tuple[Media, ...]:
    url = record.url
    is_hosted = type(url) is str and url.startswith(HOSTS)
    if not is_hosted and (record.media_metadata is ABSENT or record.media_metadata is None):
        return ()
    raw = _given({name: getattr(record, name) for name in MEDIA_FIELDS})
    return tuple(dict.fromkeys(media_of(raw)))
