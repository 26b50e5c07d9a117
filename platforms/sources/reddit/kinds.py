"""The first pass over posts and comments: what each says of itself, read as one of a kind.

``states.state_of`` and ``Surroundings.note`` are the rule, record by record; this gives the
same faster, because the same values of the same fields mean the same. Crossposts and
whatever else is unusual are left to the rule. Tests hold the two together.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from platforms.records import Evidence, Identity, Role
from platforms.sources.reddit.fields import WATCH
from platforms.sources.reddit.kept import Own
from platforms.sources.reddit.media import media_of
from platforms.sources.reddit.people import author_of
from platforms.sources.reddit.responses import AROUND_ITEMS, ITEMS, Shape, shape_of
from platforms.sources.reddit.states import (
    DECISIVE,
    FIRST_SECOND,
    ID,
    LAST_SECOND,
    OF_ONE_RECORD,
    TEXTS,
    TOLD_BY,
    doubts_of,
    fullname_of,
    moment_of,
    of_its_event,
    of_its_fields,
    read_at,
)
from platforms.sources.reddit.surroundings import (
    OF_ITS_SUBREDDIT,
    REMEMBERED,
    Gist,
    Surroundings,
    bad_of,
    gist_of,
)
from platforms.sources.values import text_in

LONG_CHARACTERS: Final = 255
HOSTS: Final = ("https://i.redd.it/", "https://v.redd.it/")
MEDIA_FIELDS: Final = frozenset({"url", "media_metadata"})
# Whatever holds something in one of these is read by the rule.
OF_OTHERS: Final = ("crosspost_parent", "crosspost_parent_list", "sr_detail", "replies")
# The names of a record's fields, and its values, are remembered up to so many bytes.
LONG_NAMES: Final = 4_096
LONG_VALUES: Final = 512
# Stands for the time of reading where a record has nothing on it.
NOTHING_SAID: Final = 0
Kept = TypeVar("Kept")

_encode = msgspec.msgpack.Encoder().encode


class Remembered(dict[Hashable, Kept], Generic[Kept]):
    """What was made of the same before; it forgets everything when there is too much of it."""

    def put(self, key: Hashable, made: Kept) -> Kept:
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = made
        return made


class Layout(NamedTuple):
    """What follows from the names of a record's fields, whatever their values.

    ``decisive`` takes the values on which its state depends, and is None where these differ
    from record to record. ``told_by`` is the one field that tells when it was read: empty
    where none does, None where several may. ``is_watched`` says that some may be marks.
    """

    number: int
    shape: Shape | None = None
    prefix: str = ""
    others: tuple[str, ...] = ()
    decisive: Callable[[Mapping[str, Any]], object] | None = None
    told_by: str | None = ""
    has_media: bool = False
    is_watched: bool = False


class State(NamedTuple):
    """What a record says against itself; ``bad`` counts against its other appearances, too."""

    number: int
    evidence: tuple[Evidence, ...]
    events: tuple[Evidence, ...]
    bad: tuple[Evidence, ...]


class Place(NamedTuple):
    """A subreddit as an item names it, and what the item says of it."""

    subreddit_id: str
    subreddit: str
    subreddit_type: str
    quarantine: bool | msgspec.UnsetType

    @property
    def said(self) -> dict[str, Any]:
        """The fields of the item that are about its subreddit."""
        return {name: said for name, said in self._asdict().items() if said is not msgspec.UNSET}


class Kinds:
    """Reads what the posts and comments of one dump say of themselves."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.states: list[State] = []
        self.places: list[Place] = []
        self._layouts: Remembered[Layout] = Remembered()
        self._layouts_made = 0
        self._of_fields: Remembered[State] = Remembered()
        self._known_states: dict[Hashable, State] = {}
        self._known_places: dict[Hashable, int] = {}
        self._place_ids: list[str | None] = []
        self._identities: Remembered[Identity] = Remembered()
        self._gists: Remembered[Gist] = Remembered()

    def own_of(self, raw: dict[str, Any], shape: Shape | None = None) -> Own[int] | None:
        """What ``raw`` says of itself; None for whatever must be read by the rule.

        ``shape`` is None for a document that may be an item: then its fields tell.
        """
        names = tuple(raw)
        layout = self._layouts.get(names) or self._new_layout(names)
        if layout.shape is None or (shape is not None and shape is not layout.shape):
            return None
        for name in layout.others:
            if raw[name] is not None and (name != "replies" or raw[name]):
                return None
        state = self._state_of(layout, layout.shape, raw)
        return self._own_of(layout, layout.shape, raw, state) if state else None

    def note(self, own: Own[int]) -> None:
        """Keep of one record what others are judged by, as ``Surroundings.note`` does."""
        if own.place == len(self._place_ids):
            self._place_ids.append(self._around.note_where(self.places[own.place].said))
        if own.number is None:
            return
        if bad := self.states[own.state].bad:
            self._around.add_against(fullname(own), bad)
        if not own.is_comment:
            self._around.put_post(fullname(own), self._gist_of(own))

    def _own_of(
        self, layout: Layout, shape: Shape, raw: dict[str, Any], state: State
    ) -> Own[int] | None:
        """Its place comes last: places are noted in the order of the records they are met in."""
        get, is_comment = raw.get, shape is Shape.COMMENT
        author, author_id, link = get("author", ""), get("author_fullname"), get("link_id", "")
        if not (_is_usual(author) and _is_usual(link)):
            return None
        if author_id is not None and not _is_usual(author_id):
            return None
        title, text = "" if is_comment else get("title"), get(TEXTS[shape][-1])
        if layout.is_watched or _may_be_notice(text) or _may_be_notice(title):
            found = self._numbered(state.evidence + doubts_of(shape, raw), state.events)
            if found is None:
                return None
            state = found
        if (place := self._place(raw)) is None:
            return None
        number, published = get("id"), get("created_utc")
        if type(number) is not str or get("name", name := layout.prefix + number) != name:
            number = None
        if number is None or not ID.fullmatch(number):
            number = _number_of(shape, raw)
        if type(published) is not int or not FIRST_SECOND <= published <= LAST_SECOND:
            published = _seconds(moment_of(published))
        return Own(
            is_comment,
            state.number,
            place,
            number,
            author,
            author_id,
            link if is_comment else "",
            published,
            self._read_at(layout, raw),
            text_in(title),
            text_in(text),
            tuple(dict.fromkeys(media_of(raw))) if layout.has_media and _has_media(raw) else (),
        )

    def _new_layout(self, names: tuple[str, ...]) -> Layout:
        number = self._layouts_made = self._layouts_made + 1
        layout = _layout(number, names)
        is_short = sum(map(len, names)) < LONG_NAMES
        return self._layouts.put(names, layout) if is_short else layout

    def _state_of(self, layout: Layout, shape: Shape, raw: Mapping[str, Any]) -> State | None:
        """What the fields say that decide; of many records they all hold the same."""
        if layout.decisive is None:
            return self._new_state(shape, raw)
        try:
            said = _encode(layout.decisive(raw))
        except (UnicodeEncodeError, OverflowError, RecursionError):
            return None
        if len(said) > LONG_VALUES:
            return None
        key = layout.number, said
        if known := self._of_fields.get(key):
            return known
        found = self._new_state(shape, raw)
        return self._of_fields.put(key, found) if found else None

    def _new_state(self, shape: Shape, raw: Mapping[str, Any]) -> State | None:
        """None where what is said of the subreddit is unusual, so that values can be compared."""
        closed = raw.get("quarantine", False)
        if type(raw.get("subreddit_type")) is not str or type(closed) is not bool:
            return None
        evidence = tuple(of_its_fields(shape, raw, self._around.values))
        return self._numbered(evidence, tuple(of_its_event(raw)))

    def _numbered(
        self, evidence: tuple[Evidence, ...], events: tuple[Evidence, ...]
    ) -> State | None:
        key = evidence, events
        if known := self._known_states.get(key):
            return known
        if len(self.states) >= REMEMBERED:
            return None
        bad = tuple(dict.fromkeys(bad_of(evidence) + events))
        state = self._known_states[key] = State(len(self.states), evidence, events, bad)
        self.states.append(state)
        return state

    def _identity(self, author: str, author_id: str | None) -> Identity:
        """How well an author is known; the same one writes many posts."""
        key = author, author_id
        if known := self._identities.get(key):
            return known
        raw = {"author": author, "author_fullname": author_id}
        return self._identities.put(key, author_of(raw, Role.OWNER).identity)

    def _place(self, raw: Mapping[str, Any]) -> int | None:
        """The number of the subreddit, whose type and quarantine are usual ones."""
        get = raw.get
        native_id, name = get("subreddit_id"), get("subreddit")
        if not (_is_usual(native_id) and _is_usual(name)):
            return None
        key = native_id, name, get("subreddit_type"), get("quarantine", msgspec.UNSET)
        number = self._known_places.get(key)
        if number is None:
            number = self._known_places[key] = len(self.places)
            self.places.append(Place._make(key))
        return number

    def _read_at(self, layout: Layout, raw: Mapping[str, Any]) -> int | None:
        """When the record was read, by its archive: seconds, or that nothing is said of it."""
        if layout.told_by == "":
            return NOTHING_SAID
        told = raw[layout.told_by] if layout.told_by else None
        if type(told) is int and FIRST_SECOND <= told <= LAST_SECOND:
            return told
        found = read_at(raw, self._around.observed_at)
        return NOTHING_SAID if found is self._around.observed_at else _seconds(found)

    def _gist_of(self, own: Own[int]) -> Gist:
        """What is kept of a post for its comments; usual posts differ in few things."""
        identity = self._identity(own.author, own.author_id)
        place = self._place_ids[own.place]
        key = own.state, identity, own.published_at is None, place
        if known := self._gists.get(key):
            return known
        raw = {
            "author": own.author,
            "author_fullname": own.author_id,
            "created_utc": own.published_at,
            **self.places[own.place].said,
        }
        return self._gists.put(key, gist_of(raw, self.states[own.state].evidence))


def fullname(own: Own[Any]) -> str:
    return f"t1_{own.number}" if own.is_comment else f"t3_{own.number}"


def _layout(number: int, names: tuple[str, ...]) -> Layout:
    shape = shape_of(dict.fromkeys(names))
    if shape not in ITEMS or not AROUND_ITEMS.isdisjoint(names):
        return Layout(number)
    told_by = [name for name in TOLD_BY if name in names]
    only = told_by[0] if told_by else ""
    return Layout(
        number,
        shape,
        f"{shape}_",
        tuple(name for name in OF_OTHERS if name in names),
        _taking([name for name in (*DECISIVE[shape], *OF_ITS_SUBREDDIT) if name in names])
        if OF_ONE_RECORD.isdisjoint(names)
        else None,
        only if len(told_by) < 2 and only != "_meta" else None,
        not MEDIA_FIELDS.isdisjoint(names),
        any(WATCH.suspects_in(names)),
    )


def _taking(names: list[str]) -> Callable[[Mapping[str, Any]], object]:
    return itemgetter(*names) if names else _nothing


def _nothing(raw: Mapping[str, Any]) -> object:
    return ()


def _is_usual(name: object) -> bool:
    """Whether it is text of a usual length and in ASCII, as all of Reddit's names are."""
    return type(name) is str and len(name) <= LONG_CHARACTERS and name.isascii()


def _may_be_notice(text: object) -> bool:
    """Whether the rule must be asked about a text: one that begins with a letter needs no look."""
    return type(text) is not str or not (text == "" or text[0].isalnum())


def _number_of(shape: Shape, raw: Mapping[str, Any]) -> str | None:
    name = fullname_of(shape, raw)
    return name.partition("_")[2] if name else None


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _has_media(raw: Mapping[str, Any]) -> bool:
    url = raw.get("url")
    is_hosted = isinstance(url, str) and url.startswith(HOSTS)
    return is_hosted or raw.get("media_metadata") is not None
