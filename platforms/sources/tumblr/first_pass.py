"""The first pass over a dump: every blog, and what waits of its posts for the second pass."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
import pyarrow as pa
from msgspec import UNSET

from platforms.sources.json_documents import TAKEN, written
from platforms.sources.spool import Spool
from platforms.sources.tumblr.blogs import Blogs
from platforms.sources.tumblr.posts import (
    Surroundings,
    blogs_in,
    id_of,
    is_open,
)
from platforms.sources.tumblr.responses import Shape
from platforms.sources.tumblr.rows import Rows, columns, usual_posts
from platforms.sources.tumblr.usual import Post
from platforms.sources.values import shown


class Whole(msgspec.Struct, array_like=True):
    """A post that is read field by field in the second pass, as JSON.

    Of a record that is no post, only what is shown of it.
    """

    shape: Shape
    raw: bytes


Kept: TypeAlias = Whole | pa.RecordBatch


class FirstPass:
    """Learns of every blog, and which posts some appearance does not open to all.

    What the posts say themselves is put into the spool; columns there refer to ``rests``.
    """

    def __init__(
        self, values: Mapping[str, object], observed_at: datetime, spool: Spool[Kept]
    ) -> None:
        self._spool, self._columns = spool, columns()
        self._posts, self._blogs = usual_posts(), Blogs(values)
        self._around = Surroundings(self._blogs, values, frozenset(), observed_at)
        self._closed: set[str] = set()
        self._rows = Rows(self._posts, self._around, self._closed)
        self.rests = self._rows.rests

    def note(self, text: bytes) -> object:
        """Take in the usual post in a line; leave everything else to ``add``."""
        post = self._posts.proven(text)
        return TAKEN if post is not None and self._put(post, len(text)) else UNSET

    def add(self, shape: Shape, record: Any) -> None:
        if shape is Shape.BLOG:
            self._blogs.add(record)
        elif shape is Shape.ODD:
            self._spool.put(Whole(shape, shown(record).encode()))
        else:
            self._add_post(record)

    def finished(self) -> Surroundings:
        """All that is around the posts, once every record was taken in."""
        if len(self._columns):
            self._spool.put_columns(self._columns.batch())
        self._spool.finish()
        self._blogs.join_by_name()
        return msgspec.structs.replace(self._around, closed=frozenset(self._closed))

    def _add_post(self, raw: dict[str, Any]) -> None:
        self._rows.learn(raw)
        for blog, posting in blogs_in(raw):
            self._blogs.add(blog, posting=posting)
        if not is_open(raw) and (number := id_of(raw)):
            self._closed.add(number)
        text = written(raw)
        post = self._posts.decoded(text)
        if post is None or not self._put(post, len(text)):
            self._spool.put(Whole(Shape.POST, text))

    def _put(self, post: Post, size: int) -> bool:
        """Have the row of a usual post wait."""
        try:
            row = self._rows.row_of(post)
        except RecursionError:
            # To write what is nested takes more than to read it: that is for whole records.
            return False
        if row is None:
            return False
        if self._columns.add(row, size):
            self._spool.put_columns(self._columns.batch())
        return True
