"""What is kept of an export: elements with those children that anybody reads."""

from collections.abc import Sequence
from typing import Final

import msgspec

# The children that are read. All others are parsed and counted, but nothing in them is kept.
GROUPS: Final = frozenset({"wp:postmeta", "wp:comment"})
# These are groups as well, in a comment.
META_OF_COMMENT: Final = "wp:commentmeta"
LISTED: Final = GROUPS | {META_OF_COMMENT, "category", "content:encoded", "excerpt:encoded"}
READ: Final = LISTED | {
    *("title", "dc:creator", "wp:post_id", "wp:post_date_gmt", "wp:status", "wp:post_parent"),
    *("wp:post_type", "wp:post_password", "wp:attachment_url", "wp:meta_key", "wp:meta_value"),
    *("wp:comment_id", "wp:comment_date_gmt", "wp:comment_content", "wp:comment_approved"),
    *("wp:comment_type", "wp:comment_user_id", "wp:author_id", "wp:author_login"),
}


class Element(msgspec.Struct, array_like=True):
    """One XML element that is kept, with those of its children that anybody reads.

    ``domain`` is the attribute of that name, by which a category says of what it is one.
    ``said`` stands directly in it; beside the children of an item or a group nothing is kept.
    Asking for a child that is not kept is a mistake in the code, and raises ``KeyError``: it
    would be missing from every export.
    """

    name: str
    domain: str | None = None
    said: str = ""
    has_children: bool = False
    texts: dict[str, str | None] = {}
    listed: dict[str, list["Element"]] = {}

    @property
    def text(self) -> str | None:
        """What stands in it, or None when there are elements where text belongs."""
        return None if self.has_children else self.said

    def all(self, name: str) -> Sequence["Element"]:
        """The children of that name."""
        if name not in LISTED:
            raise KeyError(name)
        return self.listed.get(name, ())

    def only(self, name: str) -> str | None:
        """The text of the one child of that name; None if absent, repeated or not text."""
        if name in self.texts:
            return self.texts[name]
        if name not in READ:
            raise KeyError(name)
        found = self.listed.get(name, ())
        return found[0].text if len(found) == 1 else None

    def take(self, child: "Element") -> None:
        """Keep a child that is complete."""
        name = child.name
        if name in LISTED:
            self.listed.setdefault(name, []).append(child)
        else:
            self.texts[name] = None if name in self.texts else child.text
