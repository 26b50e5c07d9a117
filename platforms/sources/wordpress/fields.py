"""One record of a REST answer, in either dialect: what it says, field by field.

E-mail and IP addresses, user agents, display names, places and tokens are read by
nobody here. Whatever is relative to the reader (likes, follows, capabilities) proves
nothing; but what a subscriber was shown may be for subscribers only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from platforms.records import Evidence, Media, MediaKind, Visibility
from platforms.sources.marks import Watch, doubt
from platforms.sources.values import address_in, shown, text_in
from platforms.sources.wordpress.answers import Answer, Shape, number_in
from platforms.sources.wordpress.gates import (
    holds_gate,
    is_class_of_gate,
    is_gate,
    may_close,
    may_close_comment,
)
from platforms.sources.wordpress.items import (
    AUTHORS_DOMAIN,
    KIND,
    NEWSLETTER,
    NOT_COMMENTS,
    PAID_MARKS,
    PAID_VALUES,
    SHARED_TYPES,
    STATUSES,
    access_evidence,
    gate_evidence,
    holds_paid_block,
    is_borrowed,
    lowered,
    newsletter_access,
)
from platforms.sources.wordpress.site import host_in

MISSING: Final = "missing"
CORE_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
WPCOM_DATE: Final = re.compile(CORE_DATE.pattern + r"(?:Z|[+-][0-9]{2}:[0-9]{2})")
APPROVALS: Final = {
    "approved": Visibility.PUBLIC,
    "hold": Visibility.UNPUBLISHED,
    "unapproved": Visibility.UNPUBLISHED,
    "spam": Visibility.REMOVED_PLATFORM,
    "trash": Visibility.REMOVED_AUTHOR,
    "post-trashed": Visibility.REMOVED_AUTHOR,
}
TEXTS: Final = ("content", "excerpt", "description", "caption")
# The fields in which plugins for several authors name the others.
CO_AUTHOR_FIELDS: Final = re.compile(
    r"co[-_]?authors?|authors|bylines?|guest[-_]?authors?|ppma_authors?", re.IGNORECASE
)
# What the reader of WordPress.com notes beside a post: whose site it really is of.
BAD_IF_TRUE: Final = {
    "is_external": (Visibility.OUT_OF_SCOPE, "out_of_scope", "it comes from a feed elsewhere"),
    "site_is_private": (Visibility.PRIVATE, "private", "its site is private"),
}
# Distributor tells the site that a post is from, also where that is its own.
DISTRIBUTED: Final = "distributor_original_site_url"
CROSS_POST: Final = "p2-xpost"
WATCH: Final = Watch(("status", "password", "protected", "is_jetpack", *BAD_IF_TRUE))
# VideoPress tells a video's privacy as a number as well; what its site may do decides nothing.
VIDEO: Final = "jetpack_videopress"
WATCH_OF_VIDEOS: Final = Watch({"privacy_setting", "private_enabled_for_site"})
MEDIA_TYPES: Final = {
    "image/gif": MediaKind.GIF,
    "image": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.AUDIO,
}


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one post, page or attachment says of itself; ``parent`` is as it was written."""

    kind: str
    number: str | None
    author: str | None
    evidence: tuple[Evidence, ...]
    published_at: datetime | None
    parent: object = None
    link: str = ""
    has_co_authors: bool = False
    is_borrowed: bool = False


def _has_authors_by_terms(raw: Mapping[str, Any]) -> bool:
    """Whether a plugin may name others by terms; one that stands for the author is nobody else."""
    embedded, links = _dict(raw.get("_embedded")), _dict(raw.get("_links")).get("wp:term")
    owners = [_dict(one) for one in _listed(embedded.get("author"))]
    own = [one.get("slug") for one in owners if one.get("id") == raw.get("author")]
    groups = _listed(embedded.get("wp:term"))
    # The terms of each taxonomy lie where its link does.
    told = dict(enumerate(map(_dict, _listed(links))))
    named = [groups[n : n + 1] for n, link in told.items() if _is_of_authors(link)]
    if not all(one and isinstance(one[0], list) for one in named):
        return True
    terms = [_dict(term) for group in groups for term in _listed(group)]
    found = [t for t in terms if _is_of_authors(t)] + [_dict(t) for (one,) in named for t in one]
    return any(str(term.get("slug")).removeprefix("cap-") not in own for term in found)


def _names_unread_authors(raw: Mapping[str, Any]) -> bool:
    """Whether there are terms for authors, and the answer does not hold them."""
    links = _listed(_dict(raw.get("_links")).get("wp:term"))
    is_held = "wp:term" in _dict(raw.get("_embedded"))
    return not is_held and any(_is_of_authors(_dict(link)) for link in links)


def _is_of_authors(term: Mapping[str, Any]) -> bool:
    taxonomy = term.get("taxonomy")
    return isinstance(taxonomy, str) and AUTHORS_DOMAIN.search(taxonomy) is not None


def _listed(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


class Words(msgspec.Struct, frozen=True):
    """The content of a post: only read once its state is known."""

    title: str
    text: str
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What one comment says of itself."""

    number: str | None
    post: str | None
    author: str | None
    evidence: tuple[Evidence, ...]
    is_approved: bool
    published_at: datetime | None
    link: str = ""


def said_by(answer: Answer) -> Said:
    raw, is_media = answer.raw, answer.shape is Shape.MEDIA
    kind = _kind(raw, is_media=is_media, is_core=answer.is_core)
    return Said(
        kind=kind,
        number=number_in(raw.get("id" if answer.is_core else "ID")),
        author=author_in(raw, is_core=answer.is_core)[0],
        evidence=tuple(_evidence(raw, kind, is_core=answer.is_core)),
        published_at=_published(raw, is_core=answer.is_core),
        parent=raw.get("post" if answer.is_core else "post_ID", MISSING),
        link=_link(raw, is_file=is_media and not answer.is_core),
        has_co_authors=any(raw[n] for n in raw if CO_AUTHOR_FIELDS.fullmatch(n))
        or _has_authors_by_terms(raw),
        is_borrowed=any(is_borrowed(key, _text_of(value)) for key, value in _meta(raw))
        or _is_from_elsewhere(raw),
    )


def _is_from_elsewhere(raw: Mapping[str, Any]) -> bool:
    """Whether it is a cross-post, or Distributor has it from another site than its own."""
    is_distributed = DISTRIBUTED in raw and host_in(raw[DISTRIBUTED]) != host_in(raw.get("link"))
    return is_distributed or CROSS_POST in _tags(raw)


def words_of(answer: Answer) -> Words:
    raw = answer.raw
    return Words(_words(raw.get("title")), _words(_main_text(raw)), _tags(raw), _media(answer))


def remark_in(answer: Answer) -> Remark:
    raw = answer.raw
    post = raw.get("post")
    return Remark(
        number=number_in(raw.get("id" if answer.is_core else "ID")),
        post=number_in(post.get("ID") if isinstance(post, dict) else post),
        author=author_in(raw, is_core=answer.is_core)[0],
        evidence=tuple(_of_comment(raw)),
        is_approved=raw.get("status") == "approved" and not any(_of_meta_of_comment(raw)),
        published_at=_published(raw, is_core=answer.is_core),
        link=_link(raw),
    )


def text_of_comment(answer: Answer) -> str:
    raw = answer.raw
    return _words(raw.get("raw_content") or raw.get("content"))


def author_in(raw: Mapping[str, Any], *, is_core: bool) -> tuple[str | None, object]:
    """The number of who wrote a record, and at WordPress.com their login."""
    author = raw.get("author")
    if is_core:
        return number_in(author), None
    if isinstance(author, dict):
        return number_in(author.get("ID")), author.get("login")
    return number_in(raw.get("author_ID")), None


def _kind(raw: Mapping[str, Any], *, is_media: bool, is_core: bool) -> str:
    if is_media and not is_core:
        return "attachment"
    text = raw.get("type")
    return text if isinstance(text, str) and KIND.fullmatch(text) else "unknown"


def _evidence(raw: Mapping[str, Any], kind: str, *, is_core: bool) -> Iterator[Evidence]:
    yield from _of_type(raw, kind)
    yield _of_status(raw.get("status", MISSING), kind, is_core=is_core)
    yield from _of_password(raw, kind, is_core=is_core)
    yield from _of_payment(raw, kind, is_core=is_core)
    yield from _of_flags(raw)
    if _names_unread_authors(raw):
        detail = "a plugin names its authors by terms; ask for them with _embed=author,wp:term"
        yield _unknown("co_authors_unknown", detail)
    yield from map(doubt, WATCH.marks_in(raw))
    yield from map(doubt, WATCH_OF_VIDEOS.marks_in(_dict(raw.get(VIDEO))))


def _of_type(raw: Mapping[str, Any], kind: str) -> Iterator[Evidence]:
    if kind == "unknown":
        yield _unknown("post_type_unknown", f"type is {_read(raw, 'type')}")
    elif kind not in SHARED_TYPES:
        yield _item(Visibility.OUT_OF_SCOPE, "post_type_not_shared", f"{kind} is not published")


def _of_status(status: object, kind: str, *, is_core: bool) -> Evidence:
    if status == "inherit" and kind == "attachment":
        return _item(Visibility.PUBLIC, "status")
    known = STATUSES.get(status) if isinstance(status, str) else None
    if status is MISSING and not is_core and kind == "attachment":
        detail = "v1.x does not tell the status of a file; give wp/v2 media or an export instead"
        return _unknown("status_unknown", detail)
    if known is None:
        return _unknown("status_unknown", f"status is {_shown(status)}")
    return _item(known, f"status_{status}", f"status is {status}")


def _of_password(raw: Mapping[str, Any], kind: str, *, is_core: bool) -> Iterator[Evidence]:
    """The core API says ``protected`` to everybody and the password to editors only."""
    told = [_of_one_password(raw["password"])] if "password" in raw else []
    flags = [_dict(raw.get(name)) for name in TEXTS]
    told += [_of_protected(text["protected"]) for text in flags if "protected" in text]
    yield from dict.fromkeys(told)
    content = _dict(raw.get("content"))
    is_shown = "protected" in content and ("raw" not in content or "password" in raw)
    if not (is_shown if is_core else "password" in raw) and kind != "attachment":
        field = "content.protected or password" if is_core else "password"
        yield _unknown("password_unknown", f"{field} is missing")


def _of_one_password(password: object) -> Evidence:
    if not isinstance(password, str):
        return _unknown("password_unknown", f"password is {_shown(password, is_secret=True)}")
    if password:
        return _item(Visibility.RESTRICTED, "password_protected", "a password is needed to read it")
    return _item(Visibility.PUBLIC, "no_password")


def _of_protected(flag: object) -> Evidence:
    if flag is True:
        return _item(Visibility.RESTRICTED, "password_protected", "a password is needed to read it")
    if flag is not False:
        return _unknown("password_unknown", f"protected is {_shown(flag)}")
    return _item(Visibility.PUBLIC, "no_password")


def _of_payment(raw: Mapping[str, Any], kind: str, *, is_core: bool) -> Iterator[Evidence]:
    """Who may read it for money; the field for it must be there, for posts and pages."""
    name = "meta" if is_core else "metadata"
    if name in raw and not _is_meta(name, raw[name]):
        yield _unknown("meta_unknown", f"{name} is {shown(raw[name])}")
    elif name not in raw and kind != "attachment":
        detail = f"the answer has no {name}, which says who may read it; ask for all fields"
        yield _unknown("meta_unknown", detail)
    for key, value in _meta(raw):
        yield from _of_meta(key, value)
    if not is_core and kind != "attachment" and _may_be_of_a_subscriber(raw):
        detail = (
            "a follower of the site may have read it, who is shown more than others; read it"
            " with a token of an editor of the site, or with none, and ask for all fields"
        )
        yield _unknown("read_by_a_follower", detail)
    for name in TEXTS:
        yield from _of_text(name, raw.get(name))
    if any(map(is_class_of_gate, _classes(raw.get("class_list")))):
        yield gate_evidence("class_list")
    if kind != "attachment" and not _has_text(raw.get("content")):
        yield _unknown("content_unknown", f"content is {_read(raw, 'content')}")


def _may_be_of_a_subscriber(raw: Mapping[str, Any]) -> bool:
    """Only editors are told in ``metadata`` for whom a post is; visitors are shown its paywall.

    An answer of selected fields does not say who read it.
    """
    is_editor = _dict(raw.get("capabilities")).get("edit_post") is True
    return not is_editor and raw.get("is_following") is not False


def _is_meta(name: str, found: object) -> bool:
    if name == "meta":
        return isinstance(found, dict) or found == []
    return found is False or (
        isinstance(found, list)
        and all(isinstance(e, dict) and isinstance(e.get("key"), str) for e in found)
    )


def _of_meta(key: str, value: object) -> Iterator[Evidence]:
    text = _text_of(value)
    if key == NEWSLETTER:
        yield access_evidence(key, newsletter_access(text), text)
    elif key in PAID_MARKS:
        yield access_evidence(key, PAID_VALUES.get(lowered(text), Visibility.UNKNOWN), text)
    elif is_gate(key) and may_close(key, _text_in_table(value)):
        yield gate_evidence(key)
    elif key == "jetpack_seo_noindex" and value:
        yield _item(Visibility.PUBLIC, "prefers_no_index", "the author hides it from search")


def _meta(raw: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Every key with its value, from the core API's object and WordPress.com's list.

    What Advanced Custom Fields adds is meta, too.
    """
    for name in ("meta", "acf"):
        for key, value in _dict(raw.get(name)).items():
            yield key.strip().lower(), value
    listed = raw.get("metadata")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("key"), str):
            yield each["key"].strip().lower(), each.get("value")


def _text_of(value: object) -> str | None:
    """A value as WordPress keeps it in its table, where true is 1 and false is empty."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, int | str):
        return str(value)
    return None


def _text_in_table(value: object) -> str | None:
    """The same of the keys of plugins, to which nothing and an empty list are alike."""
    return _text_of(value) if value or value == 0 else ""


def _of_text(name: str, found: object) -> Iterator[Evidence]:
    texts = [found] if isinstance(found, str) else list(_dict(found).values())
    if any(isinstance(text, str) and holds_paid_block(text) for text in texts):
        yield _item(Visibility.PAID, "paid", f"{name} holds a paywall or premium block")
    if any(isinstance(text, str) and holds_gate(text) for text in texts):
        yield gate_evidence(name)


def _classes(found: object) -> Iterable[object]:
    """The classes of a post; PHP writes a list with gaps as an object."""
    return found.values() if isinstance(found, dict) else _listed(found)


def _has_text(found: object) -> bool:
    if isinstance(found, str):
        return True
    told = [_dict(found)[name] for name in ("raw", "rendered") if name in _dict(found)]
    return bool(told) and all(isinstance(text, str) for text in told)


def _of_flags(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    for name, (visibility, code, detail) in BAD_IF_TRUE.items():
        if raw.get(name, False) is True:
            yield _item(visibility, code, detail)
        elif raw.get(name, False) is not False:
            yield _unknown(f"{name}_unknown", f"{name} is {shown(raw[name])}")
    if raw.get("is_jetpack", False) is not False and raw.get("site_is_atomic") is not True:
        detail = "jetpack sites need a contract of their own"
        yield _item(Visibility.OUT_OF_SCOPE, "out_of_scope", detail)


def _of_comment(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    status, kind = raw.get("status", MISSING), raw.get("type", MISSING)
    known = APPROVALS.get(status) if isinstance(status, str) else None
    if known is None:
        yield _unknown("approval_unknown", f"status is {_shown(status)}")
    else:
        yield _item(known, "comment_not_approved", f"status is {status}")
    if isinstance(kind, str) and kind in NOT_COMMENTS:
        yield _item(Visibility.OUT_OF_SCOPE, "comment_type_not_shared", f"it is a {kind}")
    elif kind not in ("", "comment"):
        yield _unknown("comment_type_unknown", f"type is {_shown(kind)}")
    yield from _of_meta_of_comment(raw)
    yield from map(doubt, WATCH.marks_in(raw))


def _of_meta_of_comment(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    for key, value in _meta(raw):
        if may_close_comment(key, _text_in_table(value)):
            yield gate_evidence(key)


def _published(raw: Mapping[str, Any], *, is_core: bool) -> datetime | None:
    """A date in UTC: the core API leaves the offset out, WordPress.com writes it."""
    text = raw.get("date_gmt" if is_core else "date")
    shape = CORE_DATE if is_core else WPCOM_DATE
    if not isinstance(text, str) or not shape.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if is_core else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _link(raw: Mapping[str, Any], *, is_file: bool = False) -> str:
    """Where people read it; at WordPress.com a file may lie on another host."""
    link = raw.get("link", raw.get("URL"))
    return link if isinstance(link, str) and not is_file else ""


def _main_text(raw: Mapping[str, Any]) -> object:
    return raw["content"] if "content" in raw else raw.get("description")


def _words(found: object) -> str:
    """The text as its author wrote it where the answer holds that, else as it is shown."""
    if isinstance(found, dict):
        found = found["raw"] if isinstance(found.get("raw"), str) else found.get("rendered")
    return text_in(found)


def _tags(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of tags and categories; the core API tells them in what it embeds only."""
    names = [n for field in ("categories", "tags") for n in _dict(raw.get(field))]
    groups = _dict(raw.get("_embedded")).get("wp:term")
    for group in groups if isinstance(groups, list) else ():
        names += [
            term["name"]
            for term in (group if isinstance(group, list) else ())
            if isinstance(term, dict)
            and term.get("taxonomy") in ("category", "post_tag")
            and isinstance(term.get("name"), str)
        ]
    return tuple(dict.fromkeys(text_in(name).strip() for name in names if name.strip()))


def _media(answer: Answer) -> tuple[Media, ...]:
    if answer.shape is not Shape.MEDIA:
        return ()
    raw, is_core = answer.raw, answer.is_core
    mime = raw.get("mime_type")
    url = address_in(raw.get("source_url" if is_core else "URL"))
    if not isinstance(mime, str) or not url:
        return ()
    kind = MEDIA_TYPES.get(mime.lower()) or MEDIA_TYPES.get(mime.lower().partition("/")[0])
    alt = text_in(raw.get("alt_text" if is_core else "alt"))
    return (Media(kind, url, alt),) if kind else ()


def _dict(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _read(raw: Mapping[str, Any], name: str) -> str:
    return _shown(raw.get(name, MISSING))


def _shown(value: object, *, is_secret: bool = False) -> str:
    if value is MISSING:
        return "missing"
    return "not understood" if is_secret else f"not understood: {shown(value)}"


def _unknown(code: str, detail: str) -> Evidence:
    return _item(Visibility.UNKNOWN, code, detail)


def _item(visibility: Visibility, code: str, detail: str = "") -> Evidence:
    return Evidence("item", visibility, code, detail)
