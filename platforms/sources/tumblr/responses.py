"""The shapes in which Tumblr's posts and blogs come: responses, lists and single records."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

from platforms.sources.json_records import NotOfThisPlatform
from platforms.sources.tumblr.blogs import SPELT
from platforms.sources.tumblr.content import POST_TYPES

OK: Final = frozenset({200, 201})
# Other houses know states, too, and other words for them.
SHORT_STATES: Final = ("published", "queued", "queue", "draft", "private", "unapproved")
OF_POSTS_ONLY: Final = frozenset({"is_private", "is_paywalled", "queued_state"})
OF_BLOGS: Final = frozenset(SPELT) - {"active"}
OF_ONE_POST: Final = frozenset({"id", "id_string", "content", "state"})


class Shape(StrEnum):
    POST = "post"
    BLOG = "blog"
    ODD = "odd"


class NotTumblr(NotOfThisPlatform):
    """A document that no call of Tumblr's API answers with."""


def records(document: object) -> Iterable[tuple[Shape, Any]]:
    """The posts and blogs of one document, in order; ``NotTumblr`` if it is something else."""
    if isinstance(document, list):
        return _of_list(document)
    if not isinstance(document, dict):
        raise NotTumblr("this JSON is neither an object nor a list")
    if "response" in document:
        return _of_response(document)
    shape = shape_of(document)
    if shape is Shape.ODD:
        raise NotTumblr("this is no Tumblr post, blog or response")
    return ((shape, _unwrapped(shape, document)),)


def shape_of(record: object) -> Shape:
    if not isinstance(record, dict):
        return Shape.ODD
    if len(record) == 1 and isinstance(record.get("blog"), dict) and record["blog"]:
        return Shape.BLOG
    if _is_post(record):
        return Shape.POST
    return Shape.BLOG if _is_blog(record) else Shape.ODD


def _is_blog(record: dict[str, Any]) -> bool:
    """Whether it names a blog, or says of one who may see it, in however few fields."""
    names = {"uuid", "name"} & record.keys()
    return len(names) == 2 or (bool(names) and bool(OF_BLOGS & record.keys()))


def _is_post(record: dict[str, Any]) -> bool:
    kind = record.get("type")
    return (
        (isinstance(kind, str) and kind in POST_TYPES)
        or isinstance(record.get("content"), list)
        or isinstance(record.get("trail"), list)
        or isinstance(record.get("blog"), dict)
        or isinstance(record.get("blog_name"), str)
        or _is_short(record)
    )


def _is_short(record: dict[str, Any]) -> bool:
    """Whether it tells, by an id and little else, who may see a post."""
    if not {"id", "id_string"} & record.keys():
        return False
    return bool(OF_POSTS_ONLY & record.keys()) or record.get("state") in SHORT_STATES


def _of_list(found: list[Any]) -> Iterator[tuple[Shape, Any]]:
    shapes = [shape_of(record) for record in found]
    if all(shape is Shape.ODD for shape in shapes):
        raise NotTumblr("this list holds no Tumblr post or blog")
    for shape, record in zip(shapes, found, strict=True):
        yield shape, _unwrapped(shape, record)


def _of_response(document: dict[str, Any]) -> Iterator[tuple[Shape, Any]]:
    _refuse_errors(document.get("meta"))
    response = document["response"]
    if response == []:
        return
    if isinstance(response, list):
        yield from _of_list(response)
        return
    if not isinstance(response, dict) or not (
        {"posts", "blog"} & response.keys() or _is_post(response)
    ):
        raise NotTumblr("the response has neither posts nor a blog")
    if "posts" not in response and ("blog" not in response or response.keys() & OF_ONE_POST):
        yield Shape.POST, response
        return
    if "blog" in response:
        blog = response["blog"]
        yield (Shape.BLOG if isinstance(blog, dict) else Shape.ODD), blog
    posts = response.get("posts", [])
    if not isinstance(posts, list):
        raise NotTumblr("the posts of the response are not a list")
    for record in posts:
        shape = shape_of(record)
        yield shape, _unwrapped(shape, record)


def _refuse_errors(meta: object) -> None:
    status = meta.get("status", 200) if isinstance(meta, dict) else 200
    if type(status) is not int or status not in OK:
        raise NotTumblr("the API answered with an error, not with posts")


def _unwrapped(shape: Shape, record: Any) -> Any:
    return record["blog"] if shape is Shape.BLOG and _is_wrapped(record) else record


def _is_wrapped(record: dict[str, Any]) -> bool:
    return len(record) == 1 and "blog" in record
