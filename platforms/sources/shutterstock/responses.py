"""The shapes in which Shutterstock's media, contributors and updates come."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from platforms.sources.json_records import NotOfThisPlatform
from platforms.sources.shutterstock.facts import MEDIA_TYPES

EVENT_FIELDS: Final = frozenset({"id", "type", "updates", "updated_time", "media_type"})
EVENT_MARKS: Final = frozenset({"type", "updates"})
CHOICES: Final = frozenset({"data_licensing", "data_licensing_opt_out"})
CONTRIBUTOR_MARKS: Final = frozenset(
    {"portfolio_url", "contributor_type", "contributor_id", "account_status"}
)
MEDIA_MARKS: Final = frozenset(
    {
        *("is_editorial", "has_model_release", "has_property_release", "asset_collection"),
        *("commercial_status", "supplier_code", "special_instructions", "published_time"),
        *("deleted_time", "review_state", "review_status", "live", "is_live", "is_adult"),
    }
)
# The editorial API tells neither type nor contributor.
EDITORIAL_FIELDS: Final = frozenset({"id", "byline", "assets"})


class Shape(StrEnum):
    MEDIA = "media"
    CONTRIBUTOR = "contributor"
    UPDATE = "update"
    ODD = "odd"


def records(document: object) -> Iterator[tuple[Shape, Any]]:
    """The records of one document, in order."""
    if isinstance(document, list):
        yield from _of_list(document)
        return
    if not isinstance(document, dict):
        raise NotOfThisPlatform("this JSON is neither an object nor a list")
    if "data" in document:
        yield from _of_response(document)
        return
    if "errors" in document:
        raise NotOfThisPlatform("the API answered with an error, not with records")
    shape = shape_of(document)
    if shape is Shape.ODD:
        raise NotOfThisPlatform("this is no Shutterstock image, video, track or contributor")
    yield shape, document


def shape_of(record: object) -> Shape:
    if not isinstance(record, dict):
        return Shape.ODD
    if "id" in record and record.keys() <= EVENT_FIELDS and record.keys() & EVENT_MARKS:
        return Shape.UPDATE
    if _is_media(record):
        return Shape.MEDIA
    is_profile = record.keys() & CONTRIBUTOR_MARKS or record.keys() & CHOICES
    return Shape.CONTRIBUTOR if is_profile else Shape.ODD


def _is_media(record: dict[str, Any]) -> bool:
    kind = record.get("media_type")
    return (
        (isinstance(kind, str) and kind in MEDIA_TYPES)
        or ("id" in record and isinstance(record.get("contributor"), dict))
        or ("id" in record and bool(record.keys() & MEDIA_MARKS))
        or record.keys() >= EDITORIAL_FIELDS
    )


def _of_list(found: list[Any]) -> Iterator[tuple[Shape, Any]]:
    shapes = [shape_of(record) for record in found]
    if all(shape is Shape.ODD for shape in shapes):
        raise NotOfThisPlatform("this list holds no Shutterstock record")
    yield from zip(shapes, found, strict=True)


def _of_response(document: dict[str, Any]) -> Iterator[tuple[Shape, Any]]:
    data = document["data"]
    if not isinstance(data, list):
        raise NotOfThisPlatform("the data of the response are not a list")
    if data:
        yield from _of_list(data)
    elif document.get("errors"):
        raise NotOfThisPlatform("the API answered with an error, not with records")
    elif not document.keys() & {"page", "per_page", "total_count"}:
        raise NotOfThisPlatform("the response is empty and does not say which page it is")
