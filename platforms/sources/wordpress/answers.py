"""The shapes in which WordPress's REST APIs answer, and which site an answer is of.

Two dialects: the core API (``wp/v2``: ``id``, ``content.rendered``) and that of
WordPress.com (``v1.x``: ``ID``, ``site_ID``). What is embedded in a record is a short
form of another one, without its state: it is no record here.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from platforms.sources.json_records import NotOfThisPlatform
from platforms.sources.wordpress.site import address

ID: Final = re.compile(r"[1-9][0-9]{0,19}")
CORE_ADDRESS: Final = re.compile(r"(https?://[^?#]+?)(?:/index\.php)?/[\w-]+/wp/v2/.*")
CORE_QUERY: Final = re.compile(r"(https?://[^?#]+?)/?(?:index\.php)?\?rest_route=/wp/v2/.*")
WPCOM_SITE: Final = re.compile(
    r"https?://public-api\.wordpress\.com/(?:wp/v2|rest/v1(?:\.\d)?(?:/read)?)/sites/([^/?#]+)(?:[/?#].*)?"
)
ENVELOPES: Final = ("posts", "media", "comments", "users", "sites")
CORE_COMMENT: Final = frozenset({"author_name", "author_url", "author_avatar_urls", "author_ip"})
CORE_MEDIA: Final = frozenset({"media_type", "source_url", "media_details", "mime_type"})
CORE_POST: Final = frozenset(
    {"excerpt", "guid", "date_gmt", "modified_gmt", "featured_media", "ping_status", "template"}
)
# What WordPress.com answers about one post, under its number and that of its site.
RELATIONS: Final = frozenset({"likes", "i_like", "reblogs", "is_reblogged", "like_count"})
SHORT_TYPES: Final = ("post", "page")
CORE_USER: Final = frozenset({"roles", "registered_date", "extra_capabilities", "slug"})
CORE_TYPE: Final = frozenset({"rest_base", "rest_namespace", "queryable", "types"})
CORE_SETTINGS: Final = frozenset({"timezone", "default_category", "posts_per_page", "use_smilies"})
WPCOM_SITE_MARKS: Final = frozenset(
    {"jetpack", "is_private", "is_coming_soon", "launch_status", "options", "settings", "visible"}
)
WPCOM_COMMENT: Final = frozenset({"raw_content", "can_moderate"})
WPCOM_MEDIA: Final = frozenset({"mime_type", "post_ID", "extension"})
WPCOM_POST: Final = frozenset({"site_ID", "discussion", "global_ID", "short_URL", "page_template"})
WPCOM_USER: Final = frozenset({"login", "nice_name", "avatar_URL"})


class Shape(StrEnum):
    POST = "post"
    MEDIA = "media"
    COMMENT = "comment"
    USER = "user"
    SITE = "site"
    BESIDE = "beside"
    ODD = "odd"


class Ref(msgspec.Struct, frozen=True):
    """What a record says of the site it is of: its number at WordPress.com, its address.

    ``is_at_wpcom`` tells whether WordPress.com's API gave the record out.
    """

    number: str | None = None
    address: str | None = None
    is_clear: bool = True
    is_at_wpcom: bool = False


NO_SITE: Final = Ref()


class Answer(msgspec.Struct, frozen=True):
    """One record of an answer; ``is_core`` tells the dialect."""

    shape: Shape
    raw: Any
    is_core: bool = True
    ref: Ref = NO_SITE


def answers_in(document: object) -> Iterator[tuple[Shape, Answer]]:
    """The records of one document, in order; ``NotOfThisPlatform`` if it is no answer."""
    for found in _of_document(document, NO_SITE):
        yield found.shape, found


def _of_document(document: object, ref: Ref) -> Iterator[Answer]:
    if isinstance(document, list):
        yield from _of_list(document, ref)
    elif not isinstance(document, dict):
        raise NotOfThisPlatform("this JSON is neither an object nor a list")
    elif isinstance(document.get("body"), dict | list) and "headers" in document:
        yield from _of_document(document["body"], ref)
    elif lists := [name for name in ENVELOPES if isinstance(document.get(name), list)]:
        yield from _of_envelope(document, lists, ref)
    elif "ID" not in document and document.keys() & RELATIONS:
        raise NotOfThisPlatform("this tells who likes or shares a post, and is none itself")
    elif _is_error(document):
        raise NotOfThisPlatform("the API answered with an error, not with records")
    else:
        yield from _of_record(document, ref)


def _of_list(found: list[Any], ref: Ref) -> Iterator[Answer]:
    told = [answer for record in found for answer in _of_each(record, ref)]
    if found and all(answer.shape is Shape.ODD for answer in told):
        raise NotOfThisPlatform("this list holds no record of WordPress's REST APIs")
    yield from told


def _of_envelope(document: dict[str, Any], names: list[str], ref: Ref) -> Iterator[Answer]:
    here = _joined(ref, ref_of(document))
    if all(not document[name] for name in names) and "found" not in document:
        raise NotOfThisPlatform("the answer is empty and does not say how many it found")
    for name in names:
        for record in document[name]:
            yield from _of_each(record, here)


def _of_record(record: dict[str, Any], ref: Ref) -> Iterator[Answer]:
    found = list(_of_each(record, ref))
    if found[0].shape is Shape.ODD:
        raise NotOfThisPlatform("this is no post, comment, media or site of WordPress")
    yield from found


def _of_each(record: object, ref: Ref) -> Iterator[Answer]:
    shape, is_core = _shape_of(record)
    if not isinstance(record, dict) or shape is Shape.ODD:
        yield Answer(Shape.ODD, record)
        return
    its_site = _joined(_own_ref(record, shape, is_core), ref)
    yield Answer(shape, record, is_core, its_site)
    if not is_core and isinstance(nested := _nested_site(record), dict):
        yield Answer(Shape.SITE, nested, False, _site_in(nested))


def _own_ref(record: dict[str, Any], shape: Shape, is_core: bool) -> Ref:
    """A user's record at WordPress.com names their own first site, wherever they write."""
    if shape is Shape.SITE:
        return _site_in(record)
    return NO_SITE if shape is Shape.USER and not is_core else ref_of(record)


def _nested_site(record: dict[str, Any]) -> object:
    """The site that ``?meta=site`` puts into a record, also where that went wrong."""
    data = _dict(_dict(record.get("meta")).get("data"))
    return data.get("site")


def _is_error(document: dict[str, Any]) -> bool:
    return "message" in document and bool(document.keys() & {"code", "error"})


def _shape_of(record: object) -> tuple[Shape, bool]:
    if not isinstance(record, dict):
        return Shape.ODD, True
    if "ID" in record and "id" in record:
        return Shape.ODD, True
    if "ID" in record or "site_ID" in record or _is_plain_settings(record):
        return _wpcom_shape(record), False
    return _core_shape(record), True


def _is_plain_settings(record: dict[str, Any]) -> bool:
    return "id" not in record and isinstance(record.get("settings"), dict)


def _core_shape(record: dict[str, Any]) -> Shape:
    marks = record.keys()
    if "namespaces" in marks and "routes" in marks:
        return Shape.SITE
    if "id" not in marks and len(marks & CORE_SETTINGS) > 1:
        return Shape.SITE
    if len(marks & CORE_MEDIA) > 1 or record.get("type") == "attachment":
        return Shape.MEDIA
    if _is_core_comment(record):
        return Shape.COMMENT
    if "taxonomy" in marks:
        return Shape.BESIDE
    if "avatar_urls" in marks or ("username" in marks and marks & CORE_USER):
        return Shape.USER
    if len(marks & CORE_POST) > 1 or _is_rendered(record) or _is_short(record):
        return Shape.POST
    return Shape.BESIDE if _is_beside(record) else Shape.ODD


def _is_short(record: dict[str, Any]) -> bool:
    """Whether it was asked for with few fields, and yet says who may see a post."""
    marks = record.keys()
    is_read = bool(marks & {"status", "password"}) or "protected" in _dict(record.get("content"))
    return "id" in marks and is_read and (record.get("type") in SHORT_TYPES or "_links" in marks)


def _is_core_comment(record: dict[str, Any]) -> bool:
    marks = record.keys()
    is_below = "post" in marks and bool(marks & CORE_COMMENT or "date_gmt" in marks)
    return is_below or len(marks & CORE_COMMENT) > 1


def _is_rendered(record: dict[str, Any]) -> bool:
    texts = [_dict(record.get(name)) for name in ("content", "title")]
    return any("rendered" in text or "raw" in text for text in texts)


def _wpcom_shape(record: dict[str, Any]) -> Shape:
    marks = record.keys()
    if "content" not in marks and (_is_plain_settings(record) or _is_site(record)):
        return Shape.SITE
    if marks & WPCOM_COMMENT or (isinstance(record.get("post"), dict) and "status" in marks):
        return Shape.COMMENT
    if marks & WPCOM_MEDIA:
        return Shape.MEDIA
    if marks & WPCOM_USER and "status" not in marks and "content" not in marks:
        return Shape.USER
    if marks & WPCOM_POST:
        return Shape.POST
    return Shape.BESIDE if "slug" in marks else Shape.ODD


def _is_site(record: dict[str, Any]) -> bool:
    return "URL" in record and bool(record.keys() & WPCOM_SITE_MARKS)


def _is_beside(record: dict[str, Any]) -> bool:
    """Whether these are the post types, statuses or taxonomies of a site, one or all."""
    found = list(record.values()) if "slug" not in record else [record]
    return bool(found) and all(isinstance(e, dict) and e.keys() & CORE_TYPE for e in found)


def ref_of(record: dict[str, Any]) -> Ref:
    """Which site a record names: by the addresses under which the API serves it."""
    numbers = {number_in(record["site_ID"])} if "site_ID" in record else set()
    addresses: set[str | None] = set()
    is_at_wpcom = False
    for href in _links_of(record):
        if whole := WPCOM_SITE.fullmatch(href):
            is_at_wpcom = True
            if number := number_in(whole[1]):
                numbers.add(number)
            else:
                addresses.add(address(whole[1]))
        elif core := CORE_ADDRESS.fullmatch(href) or CORE_QUERY.fullmatch(href):
            addresses.add(address(core[1]))
    if "site_URL" in record:
        addresses.add(address(record["site_URL"]))
    is_clear = None not in numbers | addresses and len(numbers) <= 1 and len(addresses) <= 1
    if not is_clear:
        return Ref(is_clear=False)
    number, its_address = next(iter(numbers), None), next(iter(addresses), None)
    return Ref(number, its_address, is_at_wpcom=is_at_wpcom)


def _links_of(record: dict[str, Any]) -> Iterator[str]:
    """Where the record itself lies; other links may lead to other sites."""
    core = _dict(record.get("_links"))
    for name in ("self", "collection"):
        found = core.get(name)
        for link in found if isinstance(found, list) else ():
            href = _dict(link).get("href")
            yield href if isinstance(href, str) else ""
    wpcom = _dict(_dict(record.get("meta")).get("links"))
    for name in ("self", "site", "counts"):
        if isinstance(href := wpcom.get(name), str):
            yield href


def _site_in(record: dict[str, Any]) -> Ref:
    """The site that a site's record is of."""
    number = number_in(record["ID"]) if "ID" in record else None
    where = next((record[name] for name in ("URL", "home") if name in record), None)
    its_address = address(where)
    is_clear = ("ID" not in record or number is not None) and (
        where is None or its_address is not None
    )
    return Ref(number, its_address, is_clear)


def _joined(own: Ref, around: Ref) -> Ref:
    """What the record says of its site, and what the answer around it adds."""
    if own.number and around.number and own.number != around.number:
        return Ref(is_clear=False)
    if not (own.is_clear and around.is_clear):
        return Ref(is_clear=False)
    number, its_address = own.number or around.number, own.address or around.address
    return Ref(number, its_address, is_at_wpcom=own.is_at_wpcom or around.is_at_wpcom)


def number_in(raw: object) -> str | None:
    """A positive whole number, also written as text; otherwise None."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    text = str(raw)
    return text if ID.fullmatch(text) else None


def _dict(raw: object) -> dict[str, Any]:
    """``raw`` if it is an object; PHP writes an empty one as a list."""
    return raw if isinstance(raw, dict) else {}
