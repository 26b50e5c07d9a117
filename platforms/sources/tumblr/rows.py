"""Usual posts as rows of columns, which wait for the second pass, and rows as posts again.

Most posts of a dump are of ordinary content and have no fields but those listed here. A row
has all of such a post that matters: ``posts.item_of`` says the same of what ``item_in`` puts
together again. Of every make of posts this is seen of one of them first; where it is not so,
and of makes with few posts, there are no rows.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise, starmap
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa
from msgspec import UnsetType

from platforms.batches import CONTENT, SECOND, lists_array, media_array
from platforms.parts import GAP, Pieces
from platforms.records import Item, Media, MediaKind
from platforms.sources.columns import Columns
from platforms.sources.tumblr import usual
from platforms.sources.tumblr.blogs import Blog, Blogs
from platforms.sources.tumblr.content import picture_of
from platforms.sources.tumblr.posts import (
    HINTS,
    LABELS,
    LAST_TIMESTAMP,
    Surroundings,
    id_of,
    is_open_to_all,
    item_of,
    marks_inside,
    number_in,
    tags_in,
)
from platforms.sources.tumblr.usual import ABSENT, Image, Layout, Post, Posts, Text
from platforms.sources.values import text_in

# So few posts of a make are read field by field.
FEW: Final = 8
# So many makes of posts are remembered at a time; what is larger is not usual.
MAKES: Final = 4_096
MOST_BYTES: Final = 4_096
# All that rows refer to is in memory; makes that would need more have no rows.
MOST_RESTS: Final = 4 << 20
MOST_SEGMENTS: Final = 100
# What is read of each post by itself, and what no step of ``posts`` reads.
OF_EACH_POST: Final = frozenset(
    {"id", "id_string", "timestamp", "title", "tags", "content", "layout", "trail", "blog"}
    | {"blog_name", "post_url", "short_url", "slug", "date", "reblog_key", "summary", "note_count"}
)
# What makes a kind: none of these is compared with who posted it, or with any other name.
OF_A_KIND: Final = frozenset(
    {"type", "object_type", "original_type", "state", "queued_state", "is_private", "is_nsfw"}
    | {"is_paywalled", "is_commercial", "is_blogless_advertiser", "advertiser_name"}
    | {*LABELS, *HINTS, "interactability_reblog", "interactability_blaze", "is_blazed"}
    | {"is_blocks_post_format", "should_open_in_legacy", "is_blaze_pending", "can_blaze"}
    | {"can_like", "can_reblog", "can_reply", "can_ignite", "can_send_in_message", "muted"}
    | {"display_avatar", "followed", "liked", "is_pinned", "mute_end_timestamp"}
    | {"recommended_source", "recommended_color"}
)
OF_SIZES: Final = frozenset(
    {"url", "type", "width", "height", "media_key", "cropped", "has_original_dimensions"}
)
FIRST_TOO_LONG: Final = 10**20
IN_CONTENT: Final = [field for field in CONTENT if field.name != "observed_at"]
# Where a segment's words are in the text, and behind which of the media its own end.
SEGMENT: Final = pa.struct(
    [
        ("blog", pa.int32()),
        ("number", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("media", pa.int32()),
    ]
)
TRAIL: Final = pa.list_(SEGMENT)
# Blogs are named by number, and so is the rest: all that makes the kind of a post but blogs.
SCHEMA: Final = pa.schema(
    [
        *IN_CONTENT,
        ("rest", pa.int32()),
        ("blog", pa.int32()),
        ("trail", TRAIL),
    ]
)


class Segment(NamedTuple):
    blog: int
    number: str
    start: int
    end: int
    media: int


Row = tuple[str, int, str, str, Sequence[str], Sequence[Media], int, int, Sequence[Segment]]
"""A value for each field of ``SCHEMA``; the time is in microseconds since 1970."""

_decode = msgspec.json.Decoder().decode
_beside_media = attrgetter("colors", "exif", "poster")


def columns() -> Columns:
    return Columns(SCHEMA, {"media": media_array, "trail": _trails_array})


def usual_posts() -> Posts:
    """What decodes the posts that may become rows."""
    return Posts(OF_EACH_POST | OF_A_KIND, OF_A_KIND)


class Make(msgspec.Struct, gc=False):
    """Posts that say the same but for blogs, and whether they have a trail.

    ``rest`` is the number of what they say, once a row of one of them was seen to have all of
    it; ``is_open`` whether that lets everybody read them.
    """

    is_open: bool
    rest: int | None = None
    met: int = 0
    is_refused: bool = False


class Rows:
    """Makes rows of one dump's posts, while what is ``around`` them gets known.

    The ids of those that not everybody may read are added to ``closed``. ``rests`` is what
    the rows refer to, as JSON.
    """

    def __init__(self, posts: Posts, around: Surroundings, closed: set[str]) -> None:
        self._posts, self._around, self._closed = posts, around, closed
        self.rests: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._bytes = 0
        self._makes: dict[tuple[bytes, bool], Make] = {}

    def learn(self, raw: Mapping[str, Any]) -> None:
        """Have posts with the members of ``raw`` read as usual ones, if all are understood."""
        if self._posts.learn(raw):
            self._makes.clear()

    def row_of(self, post: Post) -> Row | None:
        """The row of ``post``, whose blogs are taken in; None where it is not usual.

        Then some of its blogs may have been taken in all the same.
        """
        key = self._posts.rest_of(post), bool(post.trail)
        if len(key[0]) > MOST_BYTES:
            return None
        make = self._makes.get(key) or self._new(key, post)
        if make.rest is None:
            row = self._first_of(make, post)
        else:
            row = _row_of(post, make.rest, self._around.blogs)
        if row is not None and not make.is_open:
            self._closed.add(row[0])
        return row

    def _first_of(self, make: Make, post: Post) -> Row | None:
        """The first row of ``make``; few posts do not pay for proving it."""
        make.met += 1
        if make.met < FEW or make.is_refused:
            return None
        rest = self._number_of(self._posts.said_by(post))
        row = None if rest is None else _row_of(post, rest, self._around.blogs)
        if row is None:
            return None
        make.is_refused = not self._is_all_of(post, row)
        if make.is_refused:
            return None
        make.rest = rest
        return row

    def _number_of(self, rest: bytes) -> int | None:
        """Its place among ``rests``; None where there is no more room."""
        if rest not in self._numbers:
            if self._bytes + len(rest) > MOST_RESTS:
                return None
            self._bytes += len(rest)
            self._numbers[rest] = len(self.rests)
            self.rests.append(rest)
        return self._numbers[rest]

    def _new(self, key: tuple[bytes, bool], post: Post) -> Make:
        if len(self._makes) >= MAKES:
            self._makes.clear()
        is_open = is_open_to_all(post.state, post.is_private, post.is_paywalled)
        return self._makes.setdefault(key, Make(is_open))

    def _is_all_of(self, post: Post, row: Row) -> bool:
        """Whether the rule says the same of what is put together of ``row`` as of ``post``."""
        waiting = columns()
        waiting.add(row, 0)
        (kept,) = waiting.batch().to_pylist()
        made = item_in(kept, self.rests, self._around)
        return made == item_of(self._posts.record_of(post), self._around)


def trails_in(rows: pa.RecordBatch) -> dict[int, list[Segment]]:
    """The trails of those posts that have one, by their place among ``rows``."""
    trails = rows["trail"]
    columns = [one.to_pylist() for one in trails.flatten().flatten()]
    segments = list(starmap(Segment, zip(*columns, strict=True)))
    ends = pairwise(trails.offsets.to_pylist())
    return {row: segments[start:end] for row, (start, end) in enumerate(ends) if start < end}


def item_in(row: Mapping[str, Any], rests: Sequence[bytes], around: Surroundings) -> Item:
    """What ``posts.item_of`` says of the post that became ``row``."""
    record = _record_in(row, rests[row["rest"]], around)
    media = [Media(MediaKind(one["kind"]), one["url"], one["alt"]) for one in row["media"]]
    # An address that is read twice may lose more than one that is read once.
    return msgspec.structs.replace(item_of(record, around), media=tuple(media))


def _record_in(row: Mapping[str, Any], rest: bytes, around: Surroundings) -> dict[str, Any]:
    """A post of which ``posts`` says what it says of the one that became ``row``."""
    blogs, text, media = around.blogs.numbered, row["text"], row["media"]
    trail, end, behind = [], 0, 0
    for segment in row["trail"]:
        words, pictures = text[segment["start"] : segment["end"]], media[behind : segment["media"]]
        trail.append(
            {
                "post": {"id": segment["number"]},
                "blog": _named(blogs[segment["blog"]]),
                "content": _blocks(words, pictures),
            }
        )
        end, behind = segment["end"], segment["media"]
    blog = blogs[row["blog"]]
    return {
        **_decode(rest),
        "id": row["native_id"],
        "blog_name": blog.handle,
        "blog": _named(blog),
        "timestamp": int(row["published_at"].timestamp()),
        "title": row["title"],
        "tags": row["tags"],
        "content": _blocks(text[end + len(GAP) :] if end else text, media[behind:]),
        "trail": trail,
    }


def _named(blog: Blog) -> dict[str, Any]:
    return {"uuid": blog.uuid, "name": blog.handle}


def _blocks(text: str, media: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    pictures = [
        {
            "type": "image",
            "media": [{"url": one["url"], "type": f"image/{one['kind']}"}],
            "alt_text": one["alt"],
        }
        for one in media
    ]
    return [{"type": "text", "text": text}, *pictures]


def _row_of(post: Post, rest: int, blogs: Blogs) -> Row | None:
    if post.layout and _are_marked(post.layout):
        return None
    blog, number = blogs.written(bytes(post.blog), posting=True), number_of(post)
    published_at, title = _microseconds_of(post.timestamp), _title_in(post.title)
    if blog is None or number is None or published_at is None or title is None:
        return None
    if post.blog_name != blog.handle or (content := _content(post.content)) is None:
        return None
    texts, media = content
    trail: Sequence[Segment] | None = ()
    if post.trail:
        if len(post.trail) > MOST_SEGMENTS:
            return None
        whole = Pieces()
        trail = _segments(post.trail, whole, blogs)
        whole.add(texts, media)
        text, media = whole.text, whole.media
    else:
        text = GAP.join(filter(None, texts))
    if trail is None:
        return None
    # Decoded text can hold NUL, but nothing else that no store can.
    text = text_in(text) if "\0" in text else text
    tags = _tags(post.tags)
    return number, published_at, title, text, tags, media, rest, blog.number, trail


def _segments(
    trail: Sequence[usual.Segment], whole: Pieces, blogs: Blogs
) -> Sequence[Segment] | None:
    """The segments of a trail, which are added to ``whole``."""
    found = []
    for raw in trail:
        blog, number = blogs.written(bytes(raw.blog)), number_in(raw.post.id)
        content = _content(raw.content)
        if blog is None or number is None or content is None:
            return None
        if raw.layout and _are_marked(raw.layout):
            return None
        start, end = whole.add(*content)
        found.append(Segment(blog.number, number, start, end, len(whole.media)))
    return found


def _are_marked(layouts: list[Layout]) -> bool:
    """Whether an object in them may say that not everybody may see what they arrange."""
    return bool(marks_inside([[one.display, one.blocks] for one in layouts]))


def _are_plain(media: object) -> bool:
    """Whether its sizes say nothing but what nearly all pictures do, which takes less to see."""
    if type(media) is not list:
        return False
    for one in media:
        if type(one) is not dict or not one.keys() <= OF_SIZES:
            return False
        for value in one.values():
            if type(value) is dict or type(value) is list:
                return False
    return True


def _content(
    blocks: list[Text | Image],
) -> tuple[list[str], list[Media]] | None:
    """The texts and pictures in ``blocks``; None where one has no address, or a mark inside."""
    texts: list[str] = []
    media: list[Media] = []
    inside: list[object] = []
    for block in blocks:
        if type(block) is Text:
            texts.append(block.text)
            if block.formatting is not ABSENT:
                inside.append(block.formatting)
        elif type(block) is Image and (image := picture_of(block.media, block.alt_text)):
            media.append(image)
            texts.append(text_in(block.caption))
            if not _are_plain(block.media):
                inside.append(block.media)
            inside += [one for one in _beside_media(block) if one is not ABSENT]
        else:
            return None
    return None if inside and marks_inside(inside) else (texts, media)


def number_of(post: Post) -> str | None:
    """The post's id, without detours where it is given as usual."""
    number = post.id
    if type(number) is int and 0 < number < FIRST_TOO_LONG:
        text = str(number)
        if post.id_string is ABSENT or post.id_string == text:
            return text
    given = {"id": post.id, "id_string": post.id_string}
    return id_of({name: value for name, value in given.items() if value is not ABSENT})


def _microseconds_of(raw: object) -> int | None:
    if type(raw) is not int or not 0 < raw <= LAST_TIMESTAMP:
        return None
    return raw * SECOND


def _title_in(raw: object) -> str | None:
    """What an item has as its title; None where nothing says whether that is all of it."""
    if raw is ABSENT or raw is None:
        return ""
    return text_in(raw) if isinstance(raw, str) else None


def _tags(tags: list[str] | UnsetType) -> Sequence[str]:
    if not tags:
        return ()
    return tags_in(tags) if "" in tags or "\0" in "".join(tags) else tags


def _trails_array(trails: Sequence[Sequence[Segment]]) -> pa.Array:
    fields = list(zip(*chain.from_iterable(trails), strict=True)) or [()] * len(Segment._fields)
    return lists_array(trails, fields, TRAIL)
