"""Who wrote a Reddit record, and in which subreddit: ids that last, and names that do not."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from platforms.records import Evidence, Identity, Principal, Role, Visibility
from platforms.sources.values import name_in

ACCOUNT_ID: Final = re.compile(r"t2_[a-z0-9]{1,13}")
SUBREDDIT_ID: Final = re.compile(r"t5_[a-z0-9]{1,13}")
NOBODY: Final = frozenset({"[deleted]", "[removed]"})


def author_of(raw: Mapping[str, Any], role: Role) -> Principal:
    """Records from before 2018 have no ``author_fullname``: their authors are but names."""
    native_id, handle = account_id(raw.get("author_fullname")), name_in(raw.get("author"))
    if handle in NOBODY or ("author" in raw and raw["author"] is None):
        return Principal(role, Identity.GONE, native_id)
    if handle is None:
        return Principal(role, Identity.ANONYMOUS, native_id)
    if native_id is None:
        return Principal(role, Identity.NAME, handle=handle)
    return Principal(role, Identity.STABLE, native_id, handle)


def against_author(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    """Why nobody can be asked about a post, which closes the comments below it, too."""
    identity = author_of(raw, Role.OWNER).identity
    if identity is Identity.GONE:
        yield Evidence("item", Visibility.ACCOUNT_GONE, "author_gone", "its author is gone")
    elif identity is not Identity.STABLE:
        detail = "its author has no stable id"
        yield Evidence("item", Visibility.UNKNOWN, "principal_name_only", detail)


def place_of(raw: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The subreddit's id and name, as far as the record says them."""
    return subreddit_id(raw.get("subreddit_id")), name_in(raw.get("subreddit"))


def container_of(raw: Mapping[str, Any]) -> Principal:
    """The subreddit; its handle is written ``r/name``, which no account can be called."""
    native_id, name = place_of(raw)
    handle = f"r/{name}" if name else None
    if native_id is not None and handle is not None:
        return Principal(Role.CONTAINER, Identity.STABLE, native_id, handle)
    identity = Identity.NAME if handle else Identity.ANONYMOUS
    return Principal(Role.CONTAINER, identity, native_id, handle)


def account_id(raw: object) -> str | None:
    return raw if isinstance(raw, str) and ACCOUNT_ID.fullmatch(raw) else None


def subreddit_id(raw: object) -> str | None:
    return raw if isinstance(raw, str) and SUBREDDIT_ID.fullmatch(raw) else None
