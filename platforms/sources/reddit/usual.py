"""Posts and comments as Reddit and its archives usually write them, decoded into their fields.

Only what most records of a dump have in common: texts, names and flags of the types that they
usually have, nothing repeated, no objects but those that are known, and members by names that
were seen before.
Every other record is left to whoever reads dictionaries.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from platforms.sources.json_documents import QUICK_BYTES, is_all_of
from platforms.sources.marks import Plain
from platforms.sources.reddit.fields import SAY_NOTHING, WATCH
from platforms.sources.reddit.responses import AROUND_ITEMS
from platforms.sources.reddit.states import DECISIVE, OF_ONE_RECORD

LONG_CHARACTERS: Final = 255
LONG_WORD: Final = 64
MOST_MEMBERS: Final = 512
ABSENT: Final = Raw(b"")
"""The value of a member that is not there and could be anything; null is another one."""

Name = Annotated[str, msgspec.Meta(max_length=LONG_CHARACTERS)]
Flag = bool | Annotated[str, msgspec.Meta(max_length=LONG_WORD)] | None | UnsetType
Nothing = None | UnsetType


class Usual(Protocol):
    """What every decoded record has, besides those members that decide about its state."""

    id: Name
    name: str | UnsetType
    author: Name
    author_fullname: Name | UnsetType | None
    subreddit: Name
    subreddit_id: Name
    subreddit_type: Name
    quarantine: bool | UnsetType
    created_utc: int | float | Name
    retrieved_on: Any
    retrieved_utc: Any
    _meta: Any
    title: str | UnsetType
    selftext: str | UnsetType
    body: str | UnsetType
    link_id: Name | UnsetType
    url: Plain
    is_video: Plain
    thumbnail: Plain
    media_metadata: Any
    gallery_data: Any
    media: Any
    secure_media: Any
    poll_data: Any
    rpan_video: Any
    crosspost_parent: Nothing
    crosspost_parent_list: Nothing
    sr_detail: Nothing
    replies: Literal["", None] | UnsetType


DECIDING: Final = tuple(dict.fromkeys(name for names in DECISIVE.values() for name in names))
"""The members whose values decide; of equal types, so that equal values are the same."""
READ: Final[Mapping[str, Any]] = Usual.__annotations__ | dict.fromkeys(DECIDING, Flag)
NEVER_USUAL: Final = AROUND_ITEMS | (OF_ONE_RECORD - {"_meta"})

_encoder = msgspec.json.Encoder()
_encode, _encode_into = _encoder.encode, _encoder.encode_into


class Records:
    """Decodes records whose members are all known by name, in whatever combination."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._written = bytearray()
        self._decode: Callable[[bytes], Usual]
        self.deciding: Callable[[Usual], Hashable]
        """Gives the values that decide: equal ones are the same, of whatever records."""
        self._prepare()

    def learn(self, names: Iterable[str]) -> None:
        """Have records with these members decoded from now on, if all of them may be there."""
        names = tuple(names)
        new = set(names).difference(self._names)
        if not new or len(self._names) + len(new) > MOST_MEMBERS or not all(map(_is_usual, new)):
            return
        at = 0
        for name in names:
            if name in self._names:
                at = self._names.index(name) + 1
            else:
                self._names.insert(at, name)
                at += 1
        self._prepare()

    def proven(self, text: bytes) -> Usual | None:
        """The record in ``text`` if nothing got lost in decoding it; None if it is not usual."""
        if len(text) > QUICK_BYTES:
            return None
        try:
            record = self._decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        _encode_into(record, self._written)
        return record if is_all_of(text, self._written) else None

    def of(self, raw: Mapping[str, Any]) -> Usual | None:
        """``raw``, which was decoded in another way, as a usual record."""
        self.learn(raw)
        try:
            return self.proven(_encode(raw))
        except (ValueError, OverflowError, RecursionError):
            return None

    def _prepare(self) -> None:
        """The members stand in the order in which they were seen, which is decoded fastest.

        A record with a member that decides and was not seen before cannot be decoded: so those
        that were seen are all that ``deciding`` needs.
        """
        names = [*self._names, *(name for name in Usual.__annotations__ if name not in self._names)]
        kind = msgspec.defstruct(
            "Record",
            [_field(name, number) for number, name in enumerate(names)],
            forbid_unknown_fields=True,
            omit_defaults=True,
            gc=False,
            kw_only=True,
        )
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        self._decode = decoder.decode
        known = [name for name in DECIDING if name in self._names]
        # Of less than two it would give no tuple.
        self.deciding = attrgetter(*known, "crosspost_parent", "sr_detail")


def _is_usual(name: str) -> bool:
    """Whether a record can have this member and be usual: nothing may say that it is closed."""
    if name in READ:
        return True
    is_plain = name.isascii() and name.isprintable() and '"' not in name and "\\" not in name
    if not is_plain or len(name) > LONG_WORD or name in NEVER_USUAL:
        return False
    return not any(WATCH.suspects_in([name]))


def _field(name: str, number: int) -> tuple[str, Any] | tuple[str, Any, Any]:
    """What is not read is decoded all the same, so that it can be proven to be whole."""
    if name not in READ:
        kind = Any if name in SAY_NOTHING else Plain
        return f"member_{number}", kind, msgspec.field(name=name, default=ABSENT)
    kind = READ[name]
    if kind is Any or kind is Plain:
        return name, kind, ABSENT
    return (name, kind, UNSET) if _may_be_missing(kind) else (name, kind)


def _may_be_missing(kind: Any) -> bool:
    return UnsetType in getattr(kind, "__args__", ())
