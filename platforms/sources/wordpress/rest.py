"""The records of REST answers as items: who is in them, and what their parents are.

The ids are those that an export gives the same things: a post is known by its number on
its site, its author by the login that somebody in the dump declares for their number.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from platforms.records import Evidence, Identity, Item, ItemRef, Principal, Role, Visibility
from platforms.sources.values import name_in, shown
from platforms.sources.wordpress.answers import Answer, Shape, number_in
from platforms.sources.wordpress.fields import (
    MISSING,
    Remark,
    Said,
    author_in,
    remark_in,
    said_by,
    text_of_comment,
    words_of,
)
from platforms.sources.wordpress.items import (
    PARENT_KINDS,
    SHARED_TYPES,
    SLUG,
    Context,
    as_containers,
    author_of,
    conflict_of,
    containers_of,
    inherited_from,
    known_among,
    mark_of,
    marks_in,
    ref_of_post,
)
from platforms.sources.wordpress.parents import CONFLICT, Appearance
from platforms.sources.wordpress.site import host_in, host_of
from platforms.sources.wordpress.sites import Posting, Surroundings
from platforms.visibility import of_its_time

SOMEBODY: Final[tuple[str | None, ...]] = (None,)


def note(answer: Answer, around: Surroundings, observed_at: datetime) -> None:
    """Keep what other records need to know of this one: small, and without content."""
    around.is_of_wpcom = around.is_of_wpcom or not answer.is_core or answer.ref.is_at_wpcom
    if answer.shape is Shape.SITE:
        around.describe(answer.raw)
    elif answer.shape is Shape.USER:
        _declare_user(answer, around)
    elif answer.shape is Shape.COMMENT:
        _declare_author(answer, around)
        remark = remark_in(answer)
        around.parents.add_comment(remark.number, is_approved=remark.is_approved)
    elif answer.shape in (Shape.POST, Shape.MEDIA):
        _declare_author(answer, around)
        said = said_by(answer)
        around.postings.append(Posting(said.number, _appearance(said, observed_at), said.author))


def item_of(answer: Answer, context: Context) -> Item:
    """The item that a post, an attachment or a comment is."""
    if answer.shape is Shape.COMMENT:
        return _comment(answer, context)
    return _post(answer, context)


def odd_item(record: object, observed_at: datetime) -> Item:
    detail = f"it is no record of WordPress's REST APIs: {shown(record)}"
    doubt = Evidence("item", Visibility.UNKNOWN, "record_not_understood", detail)
    return Item(
        platform=SLUG,
        kind="unknown",
        native_id=None,
        evidence=(doubt,),
        observed_at=observed_at,
    )


def _declare_user(answer: Answer, around: Surroundings) -> None:
    """The core API tells the login to editors only; the slug is a likeness of it, no more."""
    names = ("id", "username") if answer.is_core else ("ID", "login")
    number, login = (answer.raw.get(name) for name in names)
    if found := number_in(number):
        around.authors.declare(name_in(login), found)


def _declare_author(answer: Answer, around: Surroundings) -> None:
    number, login = author_in(answer.raw, is_core=answer.is_core)
    if number:
        around.authors.declare(name_in(login), number)


def _appearance(said: Said, observed_at: datetime) -> Appearance:
    dated = Item(
        platform=SLUG,
        kind=said.kind,
        native_id=None,
        published_at=said.published_at,
        observed_at=observed_at,
    )
    marks = marks_in(said.evidence)
    marks += [mark_of(reason.verdict, reason.code) for reason in of_its_time(dated)]
    return Appearance(
        said.kind,
        None,
        SOMEBODY if said.has_co_authors else (),
        number_in(said.parent) if said.kind == "attachment" else None,
        tuple(dict.fromkeys(marks)),
    )


def _post(answer: Answer, context: Context) -> Item:
    said, words = said_by(answer), words_of(answer)
    is_attachment = said.kind == "attachment"
    parent = _found(said.parent, context) if is_attachment else None
    owner, doubts = _author(said.author, context)
    return Item(
        platform=SLUG,
        kind=said.kind,
        native_id=said.number,
        container_id=context.site.address,
        principals=tuple(dict.fromkeys((owner, *_around(parent, owner, context), *_others(said)))),
        evidence=(
            *context.site.evidence,
            *said.evidence,
            *doubts,
            *_of_link(said.link, context),
            *conflict_of(said.number, context),
            *(_of_attachment(said, parent, context) if is_attachment else ()),
        ),
        required=frozenset({"item", "container"} | ({"parent"} if is_attachment else set())),
        published_at=said.published_at,
        observed_at=context.observed_at,
        title=words.title,
        text=words.text,
        tags=words.tags,
        media=words.media,
        parents=_refs(said.parent, context, PARENT_KINDS) if is_attachment else (),
    )


def _comment(answer: Answer, context: Context) -> Item:
    remark = remark_in(answer)
    post = _found(remark.post, context)
    owner, doubts = _author(remark.author, context)
    return Item(
        platform=SLUG,
        kind="comment",
        native_id=remark.number,
        container_id=context.site.address,
        principals=tuple(dict.fromkeys((owner, *_around(post, owner, context)))),
        evidence=tuple(
            dict.fromkeys(
                (
                    *context.site.evidence,
                    *remark.evidence,
                    *doubts,
                    *_of_link(remark.link, context),
                    *_of_appearances(remark, context),
                    *_of_its_post(remark, post, context),
                )
            )
        ),
        required=frozenset({"item", "container", "parent"}),
        published_at=remark.published_at,
        observed_at=context.observed_at,
        text=text_of_comment(answer),
        parents=_above(remark, post, context),
    )


def _author(number: str | None, context: Context) -> tuple[Principal, tuple[Evidence, ...]]:
    """Whoever has this number on the site, and what is missing to know who that is."""
    if number is None:
        return author_of(None, context), ()
    login = context.authors.login_of(number)
    if login is not None:
        return author_of(login, context), ()
    detail = (
        f"author {number} is known by number only; add the site's export (WXR) or its users as"
        f" editors see them (context=edit), or settle with --fact authors={number}:LOGIN"
    )
    doubt = Evidence("item", Visibility.UNKNOWN, "author_login_unknown", detail)
    site = context.site.address
    if site is None:
        return Principal(Role.OWNER, Identity.ANONYMOUS), (doubt,)
    return Principal(Role.OWNER, Identity.NAME, f"{site}#user:{number}"), (doubt,)


def _around(parent: Appearance | None, owner: Principal, context: Context) -> Iterator[Principal]:
    """The site, and whoever wrote what this hangs on."""
    yield from containers_of(context)
    if parent is not None:
        authors = (author_of(parent.creator, context),)
        co_authors = known_among(parent.co_authors, parent.creator, context)
        yield from as_containers((*authors, *co_authors), owner)


def _others(said: Said) -> Iterator[Principal]:
    if said.has_co_authors:
        yield Principal(Role.CO_AUTHOR, Identity.ANONYMOUS)
    if said.is_borrowed:
        yield Principal(Role.QUOTED, Identity.ANONYMOUS)


def _found(raw: object, context: Context) -> Appearance | None:
    number = number_in(raw)
    return context.parents.get(number) if number else None


def _of_link(link: str, context: Context) -> Iterator[Evidence]:
    """What is known of one site proves nothing of what people read on another."""
    site = context.site.address
    if not link or site is None:
        return
    if host_in(link) != host_of(site):
        detail = f"its link does not lead to {host_of(site)}; look on which site it is"
        yield Evidence("container", Visibility.UNKNOWN, "link_elsewhere", detail)


def _of_attachment(said: Said, parent: Appearance | None, context: Context) -> Iterator[Evidence]:
    number = number_in(said.parent)
    if said.parent is None or str(said.parent) == "0":
        yield _doubt("attachment_without_parent", "it is in no post")
    elif number is None:
        read = "missing" if said.parent is MISSING else f"not understood: {shown(said.parent)}"
        yield _doubt("parent_unknown", f"the number of its post is {read}")
    elif number == said.number:
        yield _doubt("parent_is_itself", "it names itself as its parent")
    elif parent is None:
        yield _outside(number, context)
    else:
        yield from inherited_from(parent, context)


def _of_its_post(remark: Remark, post: Appearance | None, context: Context) -> Iterator[Evidence]:
    """Everything that stands against the post stands against its comments."""
    if remark.post is None:
        yield _doubt("parent_unknown", "the number of its post is missing or not understood")
    elif post is None:
        yield _outside(remark.post, context)
    elif post.kind == "attachment":
        yield from _marks(post)
        above = _found(post.parent, context)
        if above is None or post.parent == remark.post:
            yield _doubt("parent_attachment_without_parent", "its attachment is in no known post")
        else:
            yield from inherited_from(above, context)
    else:
        yield from _marks(post)
        if post.kind not in SHARED_TYPES and post != CONFLICT:
            yield _doubt("parent_unknown", "its post is not understood")


def _marks(post: Appearance) -> Iterator[Evidence]:
    yield Evidence("parent", Visibility.PUBLIC, "parent")
    for visibility, code in post.marks:
        yield Evidence("parent", visibility, f"parent_{code}", "its post is not public")


def _of_appearances(remark: Remark, context: Context) -> Iterator[Evidence]:
    if remark.is_approved and context.parents.is_unapproved(remark.number):
        detail = "the dump holds this comment also as not approved, or not for everybody"
        yield Evidence("item", Visibility.UNKNOWN, "conflicting_appearances", detail)


def _outside(number: str, context: Context) -> Evidence:
    detail = f"post {number} is not in the dump; add the answer or the export that holds it"
    about = ref_of_post(context, number) or ""
    return Evidence("parent", Visibility.UNKNOWN, "parent_outside_dump", detail, about)


def _above(remark: Remark, post: Appearance | None, context: Context) -> tuple[ItemRef, ...]:
    """What it was written under, and the post of that where it is an attachment."""
    own = _refs(remark.post, context, (*PARENT_KINDS, "attachment"))
    return (*own, *_refs(post.parent, context, PARENT_KINDS)) if post else own


def _refs(raw: object, context: Context, kinds: tuple[str, ...]) -> tuple[ItemRef, ...]:
    number = number_in(raw)
    found = ref_of_post(context, number, kinds) if number else None
    return (found,) if found else ()


def _doubt(code: str, detail: str) -> Evidence:
    return Evidence("parent", Visibility.UNKNOWN, code, detail)
