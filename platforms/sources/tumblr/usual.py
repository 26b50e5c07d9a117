"""Posts as Tumblr's API usually writes them, decoded straight into their fields.

Only what most posts of a dump have in common: blocks of text and pictures, layouts that
arrange them, a trail of such items, and members by names that were seen before. Every
other post is left to whoever reads dictionaries.
"""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from platforms.sources.json_documents import QUICK_BYTES, is_all_of
from platforms.sources.marks import Plain
from platforms.sources.tumblr.content import MAX_PARTS
from platforms.sources.tumblr.posts import LABELS

ABSENT: Final[Any] = Raw(b"")
"""The value of a member that is not there; null is another one."""


class _Object(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What is written again member by member, but for those that were not there."""


class Text(_Object, tag_field="type", tag="text"):
    text: str
    subtype: Plain = ABSENT
    formatting: Any = ABSENT
    indent_level: Plain = ABSENT


class Image(_Object, tag_field="type", tag="image"):
    media: Any
    alt_text: Plain = ABSENT
    caption: Plain = ABSENT
    colors: Any = ABSENT
    exif: Any = ABSENT
    feedback_token: Plain = ABSENT
    poster: Any = ABSENT


class Layout(_Object):
    type: Literal["rows", "condensed", "carousel"]
    display: Any = ABSENT
    blocks: Any = ABSENT
    truncate_after: Plain = ABSENT


class Source(_Object):
    id: Plain = ABSENT
    timestamp: Plain = ABSENT


Blocks = Annotated[list[Text | Image], msgspec.Meta(max_length=MAX_PARTS)]
Layouts = Annotated[list[Layout], msgspec.Meta(max_length=MAX_PARTS)]


class Segment(_Object):
    post: Source
    blog: Raw
    content: Blocks
    layout: Layouts | UnsetType = UNSET


class Post(Protocol):
    """What every decoded post has; blogs are left as they are written, and not checked."""

    blog: Raw
    blog_name: Any
    content: list[Text | Image]
    layout: list[Layout] | UnsetType
    trail: list[Segment] | UnsetType
    id: Any
    id_string: Any
    state: Any
    is_private: Any
    is_paywalled: Any
    timestamp: Any
    title: Any
    tags: list[str] | UnsetType


REQUIRED: Final[dict[str, Any]] = {"blog": Raw, "content": Blocks}
OPTIONAL: Final[dict[str, Any]] = {
    "layout": Layouts | UnsetType,
    "trail": list[Segment] | UnsetType,
    "tags": list[str] | UnsetType,
}
READ: Final = tuple(
    name for name in Post.__annotations__ if name not in REQUIRED and name not in OPTIONAL
)
_encoder = msgspec.json.Encoder()
_encode, _encode_into = _encoder.encode, _encoder.encode_into


class Posts:
    """Decodes posts whose members are all known by name, in whatever combination.

    ``decided`` are the members that make a kind: what those say is the rest of a post.
    """

    def __init__(self, understood: frozenset[str], decided: frozenset[str]) -> None:
        self._understood, self._decided = understood, decided
        self._names: list[str] = []
        self._written = bytearray()
        self._deciding: list[str]
        self._decode: Callable[[bytes], Post]
        self._rest: Callable[[Post], object]
        self._prepare()

    def learn(self, names: Iterable[str]) -> bool:
        """Have posts with these members decoded from now on, if all of them are understood.

        True where that makes the rest of a post another one.
        """
        names = tuple(names)
        if not self._understood.issuperset(names) or set(names).issubset(self._names):
            return False
        at = 0
        for name in names:
            if name in self._names:
                at = self._names.index(name) + 1
            else:
                self._names.insert(at, name)
                at += 1
        self._prepare()
        return True

    def decoded(self, text: bytes) -> Post | None:
        """The post in ``text``; None where it is no usual one, or no JSON."""
        if len(text) > QUICK_BYTES:
            return None
        try:
            return self._decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def proven(self, text: bytes) -> Post | None:
        """The post in ``text`` if nothing got lost in decoding it, leaving its blogs aside."""
        post = self.decoded(text)
        if post is None:
            return None
        _encode_into(post, self._written)
        return post if is_all_of(text, self._written) else None

    def rest_of(self, post: Post) -> bytes:
        """The values of all that decides, for comparing; types count."""
        return _encode(self._rest(post))

    def said_by(self, post: Post) -> bytes:
        """All that decides, by name, as JSON."""
        said = {name: getattr(post, name) for name in self._deciding}
        return _encode({name: value for name, value in said.items() if value is not ABSENT})

    def record_of(self, post: Post) -> dict[str, Any]:
        """``post`` as it was before it was decoded."""
        record: dict[str, Any] = msgspec.json.decode(_encode(post))
        return record

    def _prepare(self) -> None:
        """The members stand in the order in which they were seen, which is decoded fastest."""
        names = [*self._names, *({*REQUIRED, *OPTIONAL, *READ} - {*self._names})]
        kind = msgspec.defstruct(
            "Post",
            [_field(name) for name in names],
            forbid_unknown_fields=True,
            omit_defaults=True,
            gc=False,
            kw_only=True,
        )
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        self._decode = decoder.decode
        self._deciding = [name for name in names if name in self._decided]
        self._rest = attrgetter(*self._deciding)


def _field(name: str) -> tuple[str, Any] | tuple[str, Any, Any]:
    if name in REQUIRED:
        return name, REQUIRED[name]
    if name in OPTIONAL:
        return name, OPTIONAL[name], UNSET
    return name, Any if name in LABELS else Plain, ABSENT
