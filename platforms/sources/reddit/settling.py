"""What an operator asserts of Reddit records that were read before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from platforms.records import Evidence, Item, Role, Visibility
from platforms.sources.reddit.fields import (
    OF_COMMENTS,
    OF_POSTS,
    OF_SUBREDDITS,
    Field,
    against,
    reading,
)
from platforms.sources.reddit.known import PLACE, PROVEN
from platforms.sources.settling import filled

OF: Final[Mapping[str, Mapping[str, Field]]] = {
    "post": OF_POSTS,
    "comment": OF_COMMENTS,
    "subreddit": OF_SUBREDDITS,
}
INHERITED: Final = "parent_"


def settled(item: Item, values: Mapping[str, object]) -> Item:
    def answer(gap: Evidence) -> Sequence[Evidence] | None:
        if gap.fact not in values:
            return None
        prefix = INHERITED if gap.code.startswith(INHERITED) else ""
        return (_said(gap.fact, values[gap.fact], gap.level, prefix),)

    return filled(item, answer, _against(item, values))


def _against(item: Item, values: Mapping[str, object]) -> Iterator[Evidence]:
    """What is asserted counts beside what the records say: of posts also for their comments."""
    for fact, value in values.items():
        subject = fact.partition(".")[0]
        if subject == item.kind:
            yield _said(fact, value, "item")
        elif subject == "subreddit" and _has_place(item):
            yield _said(fact, value, PLACE)
        elif subject == "post" and _has_its_post(item):
            yield _said(fact, value, "parent", INHERITED)


def _said(fact: str, value: object, level: str, prefix: str = "") -> Evidence:
    kind, _, name = fact.partition(".")
    field = OF[kind][name]
    visibility = reading(field.meaning, value)
    if visibility is Visibility.PUBLIC:
        return Evidence(level, visibility, PROVEN)
    said = against(name, field, visibility, value)
    return msgspec.structs.replace(said, level=level, code=prefix + said.code)


def _has_place(item: Item) -> bool:
    return any(one.role is Role.CONTAINER and one.native_id for one in item.principals)


def _has_its_post(item: Item) -> bool:
    """Whether the post of a comment was in its dump, which is all that facts speak of."""
    return bool(item.parents) and not any(one.about in item.parents for one in item.evidence)
