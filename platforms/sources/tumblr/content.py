"""The content of one Tumblr post or trail item, in either format: text, media, credits.

A block, layout or attribution of a kind that is not listed makes the content not
understood. Whoever asked is cut from the text when nothing says who it was.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from platforms.parts import GAP
from platforms.records import Media, MediaKind, Role
from platforms.sources.values import address_in, shown, text_in

LAYOUTS: Final = frozenset({"rows", "condensed", "carousel", "ask"})
ATTRIBUTIONS: Final = frozenset({"blog", "post", "link", "app"})
NPF_TYPES: Final = frozenset({"blocks"})
LEGACY_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("body",),
    "regular": ("body",),
    "photo": ("caption",),
    "quote": ("text", "source"),
    "link": ("title", "url", "description", "excerpt"),
    "chat": ("body",),
    "conversation": ("body",),
    "audio": ("caption",),
    "video": ("caption",),
    "answer": ("question", "answer"),
    "note": ("question", "answer"),
}
ANSWERS: Final = frozenset({"answer", "note"})
POST_TYPES: Final = NPF_TYPES | set(LEGACY_TEXTS)
MAX_PARTS: Final = 5_000
Asker = dict[str, Any] | None
GIF: Final = re.compile(r"\.gifv?(?:$|[?#])", re.IGNORECASE)


class Credited(NamedTuple):
    """Blocks that others made: stretches of texts and media, and the blogs, with their roles."""

    texts: slice
    media: slice
    blogs: list[tuple[Role, dict[str, Any]]]


class Content(msgspec.Struct):
    """What was read: ``doubts`` say what was not understood, ``credits`` are blog objects."""

    texts: list[str] = msgspec.field(default_factory=list)
    media: list[Media] = msgspec.field(default_factory=list)
    credits: list[dict[str, Any]] = msgspec.field(default_factory=list)
    askers: list[dict[str, Any]] = msgspec.field(default_factory=list)
    credited: list[Credited] = msgspec.field(default_factory=list)
    doubts: list[str] = msgspec.field(default_factory=list)
    is_ask: bool = False
    is_answered: bool = True
    is_paid: bool = False

    @property
    def text(self) -> str:
        return GAP.join(text for text in self.texts if text)

    def pieces(self) -> Iterator[Credited]:
        """Everything in its order: what others made, and in between what nobody is credited."""
        text = medium = 0
        for one in self.credited:
            yield Credited(slice(text, one.texts.start), slice(medium, one.media.start), [])
            yield one
            text, medium = one.texts.stop, one.media.stop
        yield Credited(slice(text, None), slice(medium, None), [])


def is_npf(raw: Mapping[str, Any]) -> bool:
    return "content" in raw and not isinstance(raw["content"], str)


def blocks_of(raw: Mapping[str, Any]) -> Content:
    """The content of a post or trail item in the Neue Post Format."""
    content = Content()
    blocks = _objects(raw.get("content"), "content", content)
    layouts = _objects(raw.get("layout", []), "layout", content)
    asked = _asked(layouts, len(blocks), content)
    content.is_answered = not content.is_ask or any(n not in asked for n in range(len(blocks)))
    for number, block in enumerate(blocks):
        _read_credited(block, content, asked.get(number, []))
    return content


def _read_credited(block: dict[str, Any], content: Content, askers: list[Asker]) -> None:
    """Read a block, and remember whose it is; what asked without a name is left out."""
    texts, media, credits = len(content.texts), len(content.media), len(content.credits)
    _read_block(block, content, cut=None in askers)
    blogs = [(Role.ASKER, blog) for blog in askers if blog is not None]
    blogs += [(Role.MEDIA_CREDIT, blog) for blog in content.credits[credits:]]
    if blogs:
        read = slice(texts, len(content.texts)), slice(media, len(content.media))
        content.credited.append(Credited(*read, blogs))


def _objects(raw: object, name: str, content: Content) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        content.doubts.append(f"{name} is not a list of objects")
        return []
    if len(raw) > MAX_PARTS:
        content.doubts.append(f"{name} has more than {MAX_PARTS:,} parts")
        return []
    return raw


def _asked(layouts: list[dict[str, Any]], count: int, content: Content) -> dict[int, list[Asker]]:
    """Who asked what is in each block of every ask."""
    asked: dict[int, list[Asker]] = defaultdict(list)
    for layout in layouts:
        kind = layout.get("type")
        if kind == "paywall":
            content.is_paid = True
        elif not isinstance(kind, str) or kind not in LAYOUTS:
            content.doubts.append(f"a layout is {shown(kind)}")
        elif kind == "ask":
            blocks = _ask_blocks(layout, count, content)
            asker = _asker_of(layout, content)
            for number in blocks:
                asked[number].append(asker)
    return asked


def _ask_blocks(layout: dict[str, Any], count: int, content: Content) -> set[int]:
    content.is_ask = True
    raw = layout.get("blocks")
    numbers = raw if isinstance(raw, list) else []
    good = {n for n in numbers if type(n) is int and 0 <= n < count}
    if not numbers or len(good) != len(numbers):
        content.doubts.append("an ask does not name its blocks")
        return set(range(count))
    return good


def _asker_of(layout: dict[str, Any], content: Content) -> Asker:
    attribution = layout.get("attribution")
    if attribution is None:
        return None
    blog = attribution.get("blog") if isinstance(attribution, dict) else None
    if not isinstance(blog, dict) or attribution.get("type") != "blog":
        content.doubts.append("the attribution of an ask is not a blog")
        return None
    content.askers.append(blog)
    return blog


def _read_block(block: dict[str, Any], content: Content, *, cut: bool) -> None:
    kind = block.get("type")
    if kind == "paywall":
        content.is_paid = True
        return
    if not isinstance(kind, str) or kind not in READERS:
        content.doubts.append(f"a block is {shown(kind)}")
        return
    _read_attribution(block, content)
    if not cut:
        READERS[kind](block, content)


def _read_attribution(block: dict[str, Any], content: Content) -> None:
    attribution = block.get("attribution")
    if attribution is None:
        return
    kind = attribution.get("type") if isinstance(attribution, dict) else None
    if not isinstance(kind, str) or kind not in ATTRIBUTIONS:
        content.doubts.append(f"an attribution is {shown(kind)}")
        return
    blog = attribution.get("blog")
    if isinstance(blog, dict):
        content.credits.append(blog)
    elif kind in ("blog", "post"):
        content.doubts.append("an attribution does not name its blog")


def _read_text(block: dict[str, Any], content: Content) -> None:
    if not isinstance(block.get("text"), str):
        content.doubts.append("a text block has no text")
    content.texts.append(text_in(block.get("text")))


def _read_image(block: dict[str, Any], content: Content) -> None:
    image = picture_of(block.get("media"), block.get("alt_text"))
    if image is None:
        content.doubts.append("an image block has no address")
        return
    content.media.append(image)
    content.texts.append(text_in(block.get("caption")))


def picture_of(media: object, alt_text: object) -> Media | None:
    """The largest size of an image block; None when it has no address."""
    medium = _first_of(media)
    url = address_in(medium.get("url"))
    if not url:
        return None
    kind = MediaKind.GIF if _is_gif(medium.get("type"), url) else MediaKind.IMAGE
    return Media(kind, url, text_in(alt_text))


def _read_video(block: dict[str, Any], content: Content) -> None:
    _read_played(block, content, MediaKind.VIDEO)


def _read_audio(block: dict[str, Any], content: Content) -> None:
    _read_played(block, content, MediaKind.AUDIO)
    content.texts += [text_in(block.get(name)) for name in ("title", "artist", "album")]


def _read_played(block: dict[str, Any], content: Content, kind: MediaKind) -> None:
    url = address_in(_first_of(block.get("media")).get("url")) or text_in(block.get("url"))
    if not url:
        content.doubts.append(f"a block of {kind} has no address")
        return
    content.media.append(Media(kind, url, text_in(block.get("alt_text"))))


def _read_link(block: dict[str, Any], content: Content) -> None:
    content.texts += [text_in(block.get(name)) for name in ("title", "description", "url")]


def _read_poll(block: dict[str, Any], content: Content) -> None:
    content.texts.append(text_in(block.get("question")))
    answers = block.get("answers")
    for answer in answers if isinstance(answers, list) else []:
        if isinstance(answer, dict):
            content.texts.append(text_in(answer.get("answer_text")))


READERS: Final = {
    "text": _read_text,
    "image": _read_image,
    "video": _read_video,
    "audio": _read_audio,
    "link": _read_link,
    "poll": _read_poll,
}


def legacy_of(raw: Mapping[str, Any]) -> Content:
    """The content of a post in the format before NPF: HTML by type of post."""
    content = Content()
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in LEGACY_TEXTS:
        content.doubts.append(_why_no_content(kind))
        return content
    content.is_ask = kind in ANSWERS
    content.is_answered = not content.is_ask or bool(text_in(raw.get("answer")).strip())
    for name in LEGACY_TEXTS[kind]:
        if name == "question" and is_anonymous_ask(raw):
            continue
        content.texts.append(text_in(raw.get(name)))
    content.media.extend(_legacy_media(raw))
    return content


def _why_no_content(kind: object) -> str:
    if isinstance(kind, str) and kind in NPF_TYPES:
        return f"the type of post is {shown(kind)}, but it has no content"
    return f"the type of post is {'missing' if kind is None else shown(kind)}"


def is_anonymous_ask(raw: Mapping[str, Any]) -> bool:
    """Whether nothing names the asker: no name, or the word for it without an address."""
    name = raw.get("asking_name")
    return name is None or (name == "Anonymous" and not raw.get("asking_url"))


def _legacy_media(raw: Mapping[str, Any]) -> Iterator[Media]:
    photos = raw.get("photos")
    for photo in photos if isinstance(photos, list) else []:
        url = address_in(_object(_object(photo).get("original_size")).get("url"))
        if url:
            kind = MediaKind.GIF if _is_gif(None, url) else MediaKind.IMAGE
            yield Media(kind, url, text_in(_object(photo).get("caption")))
    for kind, name in (
        (MediaKind.VIDEO, "video_url"),
        (MediaKind.VIDEO, "permalink_url"),
        (MediaKind.AUDIO, "audio_url"),
        (MediaKind.AUDIO, "audio_source_url"),
    ):
        if url := text_in(raw.get(name)):
            yield Media(kind, url)


def _is_gif(kind: object, url: str) -> bool:
    if kind == "image/gif":
        return True
    return (".gif" in url.lower() or not url.isascii()) and GIF.search(url) is not None


def _first_of(raw: object) -> dict[str, Any]:
    """The largest size of a medium comes first; some kinds have a single object."""
    return _object(raw[0] if isinstance(raw, list) and raw else raw)


def _object(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}
