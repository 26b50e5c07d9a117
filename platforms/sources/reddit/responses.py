"""The shapes in which Reddit's things come: listings, trees of comments, bare objects.

Private messages travel in listings like everything else; they are known and never read.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from platforms.sources.json_records import NotOfThisPlatform

FULLNAME: Final = re.compile(r"(t[1-6])_([a-z0-9]{1,13})")


class Shape(StrEnum):
    POST = "t3"
    COMMENT = "t1"
    ACCOUNT = "t2"
    SUBREDDIT = "t5"
    EVENT = "event"
    MESSAGE = "t4"
    ODD = "odd"


KINDS: Final = {
    shape.value: shape
    for shape in (Shape.POST, Shape.COMMENT, Shape.ACCOUNT, Shape.SUBREDDIT, Shape.MESSAGE)
}
ITEMS: Final = frozenset({Shape.POST, Shape.COMMENT})
# What ``/api/morechildren`` answers with, around the comments that a page had left out.
MORE: Final = "json"
# What holds one of these may be a frame with things in it, or a recorded session.
AROUND_ITEMS: Final = frozenset(
    {"kind", "data", "error", MORE, "interactions", "http_interactions"}
)
# Stands for comments that the response left out; there is nothing in it.
LEFT_OUT: Final = "more"
EVENT_FIELDS: Final = ("$event", "$event.action")
NOTHING: Final = "this is no Reddit listing, post, comment, subreddit or account"
OF_ONE_ACCOUNT: Final = frozenset({"link_karma", "is_suspended", "hide_from_robots"})


class Found(msgspec.Struct, frozen=True):
    """One record; ``read_at`` is what its recording says of the time, if it was recorded."""

    shape: Shape
    raw: Any
    read_at: Any = msgspec.UNSET


class NotReddit(NotOfThisPlatform):
    """A document that no call of Reddit's API answers with, and no archive holds."""


def item_alone(document: object) -> Found | None:
    """The post or comment that most documents of an archive are; None for anything else."""
    if type(document) is not dict or not document.keys().isdisjoint(AROUND_ITEMS):
        return None
    if document.get("replies"):
        return None
    shape = shape_of(document)
    return Found(shape, document) if shape in ITEMS else None


def records(document: object) -> Iterable[Found]:
    """The things in one document, in order; ``NotReddit`` if it is something else."""
    if isinstance(document, dict) and not _is_frame(document):
        return (_lone(document),)
    return _records(document)


def _is_frame(document: dict[str, Any]) -> bool:
    """Whether things may be inside; comments have their replies in them."""
    is_wrapped = "kind" in document or "data" in document or "error" in document
    return is_wrapped or MORE in document or bool(document.get("replies"))


def _lone(record: dict[str, Any]) -> Found:
    if (shape := shape_of(record)) is Shape.ODD:
        raise NotReddit(NOTHING)
    return Found(shape, record)


def _records(document: object) -> Iterator[Found]:
    if not isinstance(document, list | dict):
        raise NotReddit("this JSON is neither an object nor a list")
    if isinstance(document, dict) and _is_error(document):
        raise NotReddit("the API answered with an error, not with a listing")
    found = list(_things(document))
    if not is_listing(document) and all(one.shape is Shape.ODD for one in found):
        raise NotReddit(NOTHING)
    yield from found


def _is_error(document: dict[str, Any]) -> bool:
    """Archives answer with ``"error": null`` beside what they found."""
    return document.get("error") is not None and "kind" not in document


def is_listing(document: object) -> bool:
    """Whether it is a listing or a page of two, possibly with nothing in it."""
    pages = document if isinstance(document, list) and document else [document]
    return all(isinstance(page, dict) and page.get("kind") == "Listing" for page in pages)


def _things(document: object) -> Iterator[Found]:
    """Everything inside, parents before their replies; depth costs no stack."""
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if (inside := _inside(one)) is not None:
            waiting.extend(reversed(inside))
            continue
        found = _found(one)
        if found is None:
            continue
        yield found
        if found.shape is Shape.COMMENT and found.raw.get("replies"):
            waiting.append(found.raw["replies"])


def _inside(one: object) -> list[Any] | None:
    """The things that a list, a listing or an archive's answer holds; None for a thing."""
    if isinstance(one, list):
        return one
    if not isinstance(one, dict):
        return None
    if isinstance(one.get(MORE), dict) and "kind" not in one:
        return _left_out(one[MORE].get("data"))
    data = one.get("data")
    if one.get("kind") == "Listing" and isinstance(data, dict):
        children = data.get("children")
        return children if isinstance(children, list) else None
    return data if isinstance(data, list) and "kind" not in one else None


def _left_out(data: object) -> list[Any] | None:
    things = data.get("things") if isinstance(data, dict) else None
    return things if isinstance(things, list) else None


def _found(one: object) -> Found | None:
    if not isinstance(one, dict):
        return Found(Shape.ODD, one)
    kind, data = one.get("kind"), one.get("data")
    if kind == LEFT_OUT:
        return None
    if isinstance(kind, str) and isinstance(data, dict):
        event = {field: one[field] for field in EVENT_FIELDS if field in one}
        return Found(KINDS.get(kind, Shape.ODD), data | event if event else data)
    return Found(shape_of(one), one)


def shape_of(record: dict[str, Any]) -> Shape:
    """What a bare object is, by the fields that only its kind has."""
    if "subreddit" in record and "title" in record:
        return Shape.POST
    if "body" in record and "link_id" in record:
        return Shape.COMMENT
    if "display_name" in record and ("subreddit_type" in record or "_meta" in record):
        return Shape.SUBREDDIT
    if any(field in record for field in EVENT_FIELDS):
        return Shape.EVENT
    if "name" in record and record.keys() & OF_ONE_ACCOUNT:
        return Shape.ACCOUNT
    fullname = FULLNAME.fullmatch(name) if isinstance(name := record.get("name"), str) else None
    return KINDS.get(fullname[1], Shape.ODD) if fullname else Shape.ODD
