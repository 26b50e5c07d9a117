"""What an operator asserts of Tumblr posts that were read before."""

from collections.abc import Iterator, Mapping, Sequence

from platforms.records import Evidence, Item, Role, Visibility
from platforms.sources.settling import filled
from platforms.sources.tumblr.blogs import (
    DENIALS,
    FACT_OF_A_BLOG,
    FIELDS,
    PAYMENT,
    RATING,
    VISIBILITY,
    VISIBILITY_GAP,
    folded,
    reading,
)
from platforms.sources.tumblr.posts import ANSWER_FACT, COMMUNITY_FACT


def settled(item: Item, values: Mapping[str, object]) -> Item:
    def answer(gap: Evidence) -> Sequence[Evidence] | None:
        if gap.fact == ANSWER_FACT:
            return _of_answer(gap, values)
        if gap.fact == COMMUNITY_FACT:
            return () if COMMUNITY_FACT in values else None
        if gap.code == VISIBILITY_GAP:
            return _of_visibility(gap, values)
        fields = RATING if gap.fact == "blog.is_adult" else PAYMENT
        return _said_of(fields, values, gap.level) or None

    return filled(item, answer, _against(item, values))


def _of_answer(gap: Evidence, values: Mapping[str, object]) -> Sequence[Evidence] | None:
    private = values.get(ANSWER_FACT)
    if private is True:
        return (Evidence(gap.level, Visibility.PRIVATE, "private_answer", "it is asserted"),)
    return None if private is None else ()


def _of_visibility(gap: Evidence, values: Mapping[str, object]) -> Sequence[Evidence] | None:
    """The type stands for all of it: whoever says public, vouches for the rest."""
    said = _said_of(VISIBILITY, values, gap.level)
    is_settled = values.get("blog.type") == "public" or len(said) == len(VISIBILITY)
    return said if is_settled else None


def _against(item: Item, values: Mapping[str, object]) -> Iterator[Evidence]:
    """What is asserted counts beside what the records say."""
    owner = next((p for p in item.principals if p.role is Role.CONTAINER), item.owner)
    for field in FIELDS:
        if owner and owner.native_id and _is_given(field, values):
            yield _said(field, values, "container")
    partners = values.get("partner_blogs") or frozenset()
    names = {folded(name) for p in item.principals for name in (p.native_id, p.handle) if name}
    if not names.isdisjoint(partners):  # type: ignore[arg-type]
        detail = "the operator lists it as a partner blog"
        yield Evidence("item", Visibility.COMMERCIAL, "brand_partner", detail)


def _said_of(
    fields: Sequence[str], values: Mapping[str, object], level: str
) -> tuple[Evidence, ...]:
    given = (field for field in fields if _is_given(field, values))
    return tuple(_said(field, values, level) for field in given)


def _said(field: str, values: Mapping[str, object], level: str) -> Evidence:
    visibility = reading(FIELDS[field], values[FACT_OF_A_BLOG + field])
    if visibility is Visibility.PUBLIC:
        return Evidence(level, visibility, "blog")
    return Evidence(level, visibility, DENIALS[field], f"blog.{field} is asserted")


def _is_given(field: str, values: Mapping[str, object]) -> bool:
    return FACT_OF_A_BLOG + field in values
