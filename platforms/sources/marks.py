"""Fields that no reader knows, and that say by their name that something may be closed.

Platforms, their versions and those who copy them spell the same mark in many ways
(``is_private``, ``isPrivate``, ``private``). A reader decides by the fields that it knows;
this is the net below it, which only ever holds. It is no list of all that is bad: what is
shared must still be proven public by what is known.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Annotated, Any, Final

import msgspec

from platforms.records import Evidence, Visibility

# Of these a true value, or any value at all, says that not everybody may read it.
CLOSING: Final = re.compile(
    r"(?:^|_)(?:"
    r"private|privat|deleted|removed|drafts?|archived|hidden|suspended|deactivated|banned|blocked"
    r"|password|protected|paid|paywall|paywalled|premium|exclusive|unlisted|unpublished|scheduled"
    r"|adult|nsfw|mature|explicit|sensitive|minor|underage|expire[sd]|expiry|expiration|ephemeral"
    r"|quarantined?|restricted|restrictions?|withheld|takedown|taken_down|flagged|spam|trash|trashed"
    r"|rejected|unapproved|sponsors?|sponsored|promoted|ad|advert|advertiser|commercial|branded"
    r"|brand_partner|allowlisted|only|besties|close_friends|secret|confidential"
    r"|is_story|ghost|unanswered|editorial|pending|removal|opt(?:ed)?_?out|no_?(?:ai|index|search|train(?:ing)?)"
    r"|(?:do_?not|dont)_(?:train|share|sell|index|publish)|terminated|shadow_?banned|gated|dmca"
    r"|login_wall|requires_(?:subscription|membership)|hide_from|over_?18|r_?18|age_gated?"
    r"|geo_(?:blocked|limited|gated)|allowed_countries|logged_in|login_required|requires_login"
    r"|prevent_third_party_sharing|reported|publish_(?:on|at)|embargo|embargoed|visible_to"
    r"|(?:subscription|membership|payment|purchase)_required|members_(?:post|content)|membership_level"
    r"|required_(?:level|plan|tier|role|membership)s?|(?:country|region)_(?:block|lock)(?:ed)?"
    r"|content_warnings?)(?:_|$)"
)
# Of these a false value says so.
OPENING: Final = re.compile(
    r"(?:is_)?(?:public|published|visible|searchable|indexable|discoverable|active|live|approved"
    r"|available|licensable|shareable|robot_indexable|allow_search_indexing)"
)
# These name a state, and say so unless it is one of those that are open everywhere.
STATES: Final = re.compile(
    r"(?:post|item|blog|account|user|content|media|review|moderation|publish|publication|privacy)?_?"
    r"(?:status|state)"
    r"|(?:(?:post|item|account|user|profile|content|media)_)?(?:visibility|audience)(?:_(?:level|setting|type))?"
    r"|(?:(?:post|account|profile)_)?privacy(?:_(?:level|setting|type))?|access(?:_(?:level|tier|type))?"
    r"|moderation|(?:content_)?rating|maturity"
)
# So do these, which name a permission: tables write it as 0 and 1.
PERMISSIONS: Final = re.compile(
    r"(?:is_|allows?_)?(?:ai|third_party|data)_(?:training|sharing|licensing)(?:_(?:allowed|enabled))?"
    r"|allows?_(?:ai|train(?:ing)?)"
)
OPEN_STATES: Final = frozenset(
    {"", "public", "published", "publish", "everyone", "everybody", "all", "open", "active"}
    | {"live", "approved", "normal", "visible", "ok", "none", "safe", "clean", "general", "true"}
    | {"enabled", "unrestricted", "available", "opted_in", "inherit", "allowed", "yes"}
    | {"g", "pg", "pg-13", "sfw"}
)
GIVEN: Final = OPEN_STATES | {"1", "on"}
SILENT: Final = frozenset({"", "0", "false", "no", "none", "null", "off", "public", "everyone"})
HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# So many names of harmless fields are remembered, none of them longer than any that has a sense.
REMEMBERED: Final = 4_096
LONG_CHARACTERS: Final = 80
SHOWN: Final = 40
TOLD: Final = 5

Plain = (
    str
    | int
    | float
    | bool
    | Annotated[list[Any], msgspec.Meta(max_length=0)]
    | Annotated[dict[str, Any], msgspec.Meta(max_length=0)]
    | None
)
"""What has no object in it that could say something."""


class Watch:
    """Looks out for marks beside the fields that one reader knows.

    ``known`` are the fields that it reads, and those with such a name that decide nothing.
    ``inner`` looks out in the objects of the fields that it names, ``rest`` in all others;
    without them no field of theirs is known. What has an id of its own in a field of
    ``others`` is another thing, that is read by itself or not shared along.
    """

    def __init__(
        self,
        known: Iterable[str],
        inner: Mapping[str, "Watch"] | None = None,
        *,
        rest: "Watch | None" = None,
        others: Iterable[str] = (),
    ) -> None:
        self._harmless = set(known)
        self._inner, self._rest, self._others = inner or {}, rest, frozenset(others)

    def marks_in(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """What to say of each mark, without its value; most records have none but known fields."""
        if raw.keys() <= self._harmless:
            return ()
        found = (name for name in self.suspects_in(raw) if _is_mark(_snake(name), raw[name]))
        return tuple(
            f"{name[:SHOWN]} may say that not everybody may see it, and is not read"
            for name in islice(found, TOLD)
        )

    def marks_within(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """The same of ``raw`` and of every object in it, at any depth."""
        found = (watch.marks_in(one) for watch, one in self._objects_in(raw))
        return tuple(islice(dict.fromkeys(chain.from_iterable(found)), TOLD))

    def marks_inside(self, value: object, apart: Container[str] = ()) -> tuple[str, ...]:
        """The same of every object in ``value``, however deep, but for members called ``apart``."""
        found = (mark for one in _everything_in(value, apart) for mark in self.marks_in(one))
        return tuple(islice(dict.fromkeys(found), TOLD))

    def suspects_in(self, names: Iterable[str]) -> Iterator[str]:
        """Those of which ``marks_in`` asks for the value."""
        return (name for name in names if name not in self._harmless and self._is_suspect(name))

    def _objects_in(self, raw: Mapping[str, Any]) -> Iterator[tuple["Watch", Mapping[str, Any]]]:
        waiting: list[Watched] = [(self, self._others, raw)]
        while waiting:
            watch, others, value = waiting.pop()
            if isinstance(value, list):
                waiting += [(watch, others, one) for one in value if isinstance(one, dict | list)]
            elif isinstance(value, dict):
                yield watch, value
                waiting += watch._held_by(value, others)

    def _held_by(self, raw: Mapping[str, Any], others: frozenset[str]) -> Iterator["Watched"]:
        """What ``raw`` holds, and who looks out there; a list may come as ``{"data": [...]}``.

        What is without an id of its own in one of ``others`` has the same ``others``.
        """
        for name, held in raw.items():
            if not isinstance(held, dict | list):
                continue
            watch = self._inner.get(name) or self._rest or ANYWHERE
            found = held.get("data") if isinstance(held, dict) else held
            if isinstance(held, dict) and isinstance(found, list):
                beside = {key: one for key, one in held.items() if key != "data"}
                yield ANYWHERE, NO_OTHERS, beside
            if not isinstance(found, list):
                found = [held]
            if name in others:
                yield watch, others, [one for one in found if not is_another(one, raw)]
            else:
                yield watch, watch._others, found

    def _is_suspect(self, name: str) -> bool:
        snake = _snake(name[:LONG_CHARACTERS])
        whole = (OPENING, STATES, PERMISSIONS)
        if CLOSING.search(snake) or any(names.fullmatch(snake) for names in whole):
            return True
        if len(self._harmless) < REMEMBERED and len(name) <= LONG_CHARACTERS:
            self._harmless.add(name)
        return False


ANYWHERE: Final = Watch(())
NO_OTHERS: Final[frozenset[str]] = frozenset()
# Who looks out in a value, and the fields in which other things are there.
Watched = tuple[Watch, frozenset[str], Any]


def doubt(detail: str, level: str = "item") -> Evidence:
    """What a mark says of the item, or of what it stands on."""
    return Evidence(level, Visibility.UNKNOWN, "mark_not_read", detail)


def is_doubt(evidence: Evidence) -> bool:
    return evidence.code == "mark_not_read"


def is_another(one: object, raw: Mapping[str, Any]) -> bool:
    """Whether ``one``, a member of ``raw``, has an id, and not the same."""
    number = one.get("id") if isinstance(one, dict) else None
    return isinstance(number, str | int) and bool(number) and str(number) != str(raw.get("id"))


def _everything_in(value: object, apart: Container[str]) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            inside = [found for name, found in one.items() if name not in apart]
        else:
            inside = one if isinstance(one, list) else []
        waiting += [found for found in inside if isinstance(found, dict | list)]


def _snake(name: str) -> str:
    return HUMP.sub("_", name).replace("-", "_").lower()


def _is_mark(name: str, value: object) -> bool:
    if OPENING.fullmatch(name):
        return value is False or value == 0 or _word(value) in ("false", "0", "no")
    if PERMISSIONS.fullmatch(name):
        return value == 0 or _is_told_beside(GIVEN, value)
    if STATES.fullmatch(name):
        return value is False or _is_told_beside(OPEN_STATES, value)
    return bool(value) and _word(value) not in SILENT


def _is_told_beside(states: frozenset[str], value: object) -> bool:
    is_told = isinstance(value, str | list | dict) and bool(value)
    return is_told and _word(value) not in states


def _word(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else "?"
