"""All that a dump says around its posts and comments; the first pass gathers it.

Memory grows with a dump's subreddits, account records and their states, and by twelve
bytes with each of its posts and removed items; not with what was written.
"""

from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Role, Visibility
from platforms.sources.reddit.crossposts import (
    doubts_of,
    is_crosspost,
    sources_of,
    state_of_source,
)
from platforms.sources.reddit.fields import OF_SUBREDDITS, asserted_for, reading
from platforms.sources.reddit.known import PROVEN, Register, accounts, subreddits
from platforms.sources.reddit.people import (
    account_id,
    against_author,
    author_of,
    place_of,
    subreddit_id,
)
from platforms.sources.reddit.responses import FULLNAME, ITEMS, Found, Shape
from platforms.sources.reddit.shelf import Shelf
from platforms.sources.reddit.states import fullname_of, moment_of, of_its_event, state_of
from platforms.sources.values import name_in

Place = tuple[str | None, str | None]

# A short view of an item lacks fields: that is no word against its other appearances.
NO_WORD_AGAINST: Final = frozenset({Visibility.PUBLIC, Visibility.UNKNOWN})
# What says that a record was read by an archive, at some time in the past.
READ_BEFORE: Final = frozenset({"_meta", "retrieved_on", "retrieved_utc"})
# Another spelling of a field is one, as far as anybody knows.
MARK: Final = "mark_not_read"
REMEMBERED: Final = 32_768
LONG_CHARACTERS: Final = 500
OF_ITS_SUBREDDIT: Final = ("subreddit_type", "quarantine")


class Gist(msgspec.Struct, frozen=True, cache_hash=True):
    """What is kept of a post for its comments: what speaks against it, and where it is."""

    evidence: tuple[Evidence, ...]
    subreddits: frozenset[str | None]
    sources: frozenset[Place]


class Surroundings:
    """What is known besides the item itself: written by the first pass, read by the second."""

    def __init__(self, values: Mapping[str, object], observed_at: datetime) -> None:
        self.values, self.observed_at = values, observed_at
        self.subreddits: Register = subreddits()
        self.accounts: Register = accounts()
        self._asserted = {
            name: reading(OF_SUBREDDITS[name].meaning, value)
            for name, value in asserted_for("subreddit.", values).items()
        }
        self._posting: set[str] = set()
        self.posts: Shelf[Gist] = Shelf(_united_gists)
        self.bad: Shelf[tuple[Evidence, ...]] = Shelf(_united)
        self._noted: set[tuple[Place, bytes]] = set()
        self._told: dict[Hashable, str | None] = {}
        self._gists: dict[Hashable, Gist] = {}
        self._places: dict[tuple[Place, str], tuple[Evidence, ...]] = {}

    def post(self, name: str) -> Gist | None:
        return self.posts.get(name)

    def put_post(self, name: str, gist: Gist) -> None:
        """Keep of a post what its comments are judged by."""
        self.posts.put(name, gist)

    def against(self, name: str | None) -> tuple[Evidence, ...]:
        """What any appearance of an item, or an event, says against it."""
        return (self.bad.get(name) if name else None) or ()

    def of_place(self, place: Place, level: str) -> tuple[Evidence, ...]:
        """Whether a subreddit is open to all; to be asked only after the first pass."""
        key = (place, level)
        if key not in self._places:
            self._places[key] = tuple(self._of_place(place, level))
        return self._places[key]

    def note(self, found: Found) -> None:
        """Keep of one record what others are judged by."""
        if not isinstance(raw := found.raw, dict):
            return
        is_current = found.read_at is msgspec.UNSET and not READ_BEFORE & raw.keys()
        if found.shape is Shape.SUBREDDIT:
            self._note_subreddit(raw, is_current)
        elif found.shape is Shape.ACCOUNT:
            self._note_account(raw, is_current)
        elif found.shape is Shape.EVENT:
            self._note_event(raw)
        elif found.shape in ITEMS:
            self._note_item(found.shape, raw)

    def _of_place(self, place: Place, level: str) -> Iterator[Evidence]:
        is_posting = place[0] in self._posting
        asserted = self._asserted if is_posting else {}
        known = self.subreddits.evidence_of(*place, level, asserted, is_assertable=is_posting)
        found = tuple(known)
        yield from found
        if place[0] is None:
            detail = "subreddit_id is missing or not understood"
            yield Evidence(level, Visibility.UNKNOWN, "subreddit_unknown", detail)
        elif all(one.visibility is Visibility.ADULT for one in found):
            yield Evidence(level, Visibility.PUBLIC, PROVEN)

    def _note_subreddit(self, raw: Mapping[str, Any], is_current: bool) -> None:
        """A record without a type is what archives hold of the banned and the closed."""
        given = raw["name"] if "name" in raw else f"t5_{raw.get('id')}"
        native_id, name = subreddit_id(given), name_in(raw.get("display_name"))
        said = {"subreddit_type": None, **raw}
        self.subreddits.add(native_id, name, said, is_current=is_current)
        self._note_events_in(raw, self.subreddits, native_id, name)

    def _note_once(self, place: Place, said: Mapping[str, Any]) -> None:
        """A subreddit's items all say the same of it; saying it again adds nothing."""
        try:
            key = (place, msgspec.json.encode(said))
        except (UnicodeEncodeError, RecursionError):
            self.subreddits.add(*place, said)
            return
        if key not in self._noted:
            self.subreddits.add(*place, said)
            self._noted.add(key)

    def _note_place(self, native_id: object, name: object, raw: Mapping[str, Any]) -> None:
        self.subreddits.add(subreddit_id(native_id), name_in(name), raw)

    def _note_account(self, raw: Mapping[str, Any], is_current: bool) -> None:
        number, name = raw.get("id"), name_in(raw.get("name"))
        text = number.removeprefix("t2_") if isinstance(number, str) else ""
        native_id = account_id(f"t2_{text}")
        self.accounts.add(native_id, name, raw, is_current=is_current)
        self._note_events_in(raw, self.accounts, native_id, name)
        profile = raw.get("subreddit")
        if isinstance(profile, dict):
            self._note_place(profile.get("name"), profile.get("display_name"), profile)

    def _note_events_in(
        self, raw: Mapping[str, Any], register: Register, native_id: str | None, name: str | None
    ) -> None:
        for one in of_its_event(raw):
            is_over = one.visibility is not Visibility.UNKNOWN
            register.add(native_id, name, {"is_deleted": True if is_over else None})

    def _note_event(self, raw: Mapping[str, Any]) -> None:
        for name in named_by_event(raw):
            if name.startswith("t2_"):
                self._note_events_in(raw, self.accounts, account_id(name), None)
            elif name.startswith("t5_"):
                self._note_events_in(raw, self.subreddits, subreddit_id(name), None)
            else:
                self.add_against(name, tuple(of_its_event(raw)))

    def _note_item(self, shape: Shape, raw: Mapping[str, Any]) -> None:
        name, state = fullname_of(shape, raw), state_of(shape, raw, self.values)
        place = self.note_where(raw)
        if state:
            self.add_against(name, bad_of(state) + tuple(of_its_event(raw)))
        for source in sources_of(raw):
            self._note_its_place(source)
            against = bad_of(tuple(state_of(Shape.POST, source, {})))
            self.add_against(fullname_of(Shape.POST, source), against)
        if shape is Shape.POST and name is not None:
            self.put_post(name, self._gist_of(raw, state, place))

    def _gist_of(
        self, raw: Mapping[str, Any], state: tuple[Evidence, ...], place: str | None
    ) -> Gist:
        """What is kept of a post; posts that repeat nothing differ in few things."""
        if is_crosspost(raw):
            return gist_of(raw, state)
        identity = author_of(raw, Role.OWNER).identity
        key = (state, identity, moment_of(raw.get("created_utc")) is None, place)
        if key not in self._gists:
            if len(self._gists) >= REMEMBERED:
                self._gists.clear()
            self._gists[key] = gist_of(raw, state)
        return self._gists[key]

    def note_where(self, raw: Mapping[str, Any]) -> str | None:
        """Note the subreddit of an item and what the item says of it; give its id."""
        key = _said_of_place(raw)
        if key is not None and key in self._told:
            return self._told[key]
        self._note_its_place(raw)
        if (place := place_of(raw)[0]) is not None:
            self._posting.add(place)
        if key is not None:
            self._told[key] = place
        return place

    def _note_its_place(self, raw: Mapping[str, Any]) -> None:
        """An item's own rating is not its subreddit's, and neither are its events."""
        said = {name: raw[name] for name in OF_ITS_SUBREDDIT if name in raw}
        self._note_once(place_of(raw), said)
        detail = raw.get("sr_detail")
        if isinstance(detail, dict):
            native_id = detail.get("name", raw.get("subreddit_id"))
            name = detail.get("display_name", raw.get("subreddit"))
            self._note_place(native_id, name, detail)

    def add_against(self, name: str | None, bad: tuple[Evidence, ...]) -> None:
        if name is not None and bad:
            self.bad.put(name, tuple(dict.fromkeys(bad)))


def _said_of_place(raw: Mapping[str, Any]) -> Hashable | None:
    """All that a usual item says of its subreddit; None where more must be looked at."""
    native_id, name, kind = raw.get("subreddit_id"), raw.get("subreddit"), raw.get("subreddit_type")
    closed = raw.get("quarantine", msgspec.UNSET)
    if type(native_id) is not str or type(name) is not str or type(kind) is not str:
        return None
    # Compared by identity: JSON's 0 and 1 equal its booleans and do not mean the same.
    if closed is not True and closed is not False and closed is not msgspec.UNSET:
        return None
    if "sr_detail" in raw or len(native_id) + len(name) + len(kind) > LONG_CHARACTERS:
        return None
    return native_id, name, kind, closed


def _united(first: tuple[Evidence, ...], second: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _united_gists(first: Gist, second: Gist) -> Gist:
    return Gist(
        _united(first.evidence, second.evidence),
        first.subreddits | second.subreddits,
        first.sources | second.sources,
    )


def named_by_event(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The fullnames an event is about; an id without its kind may be a post or a comment."""
    for value in (raw.get("name"), raw.get("id")):
        if isinstance(value, str) and FULLNAME.fullmatch(value):
            return (value,)
    number = raw.get("id")
    if isinstance(number, str) and FULLNAME.fullmatch(f"t3_{number}"):
        return (f"t3_{number}", f"t1_{number}")
    return ()


def bad_of(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return tuple(
        one for one in evidence if one.visibility not in NO_WORD_AGAINST or one.code == MARK
    )


def gist_of(raw: Mapping[str, Any], state: tuple[Evidence, ...]) -> Gist:
    sources = sources_of(raw)
    evidence = [*state, *against_author(raw), *doubts_of(raw)]
    for source in sources:
        evidence += [*state_of_source(source), *against_author(source)]
    if moment_of(raw.get("created_utc")) is None:
        detail = "the post has no usable time of publication"
        evidence.append(Evidence("item", Visibility.UNKNOWN, "published_at_unknown", detail))
    return Gist(
        tuple(dict.fromkeys(evidence)),
        frozenset({place_of(raw)[0]}),
        frozenset(place_of(source) for source in sources),
    )
