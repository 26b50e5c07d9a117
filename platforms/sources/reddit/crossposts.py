"""What a crosspost repeats: whole posts of others, each with its author and its state."""

from collections.abc import Iterator, Mapping
from typing import Any

from platforms.records import Evidence, Visibility
from platforms.sources.reddit.fields import SETTLE
from platforms.sources.reddit.responses import Shape
from platforms.sources.reddit.states import fullname_of, state_of
from platforms.sources.values import shown


def is_crosspost(raw: Mapping[str, Any]) -> bool:
    return raw.get("crosspost_parent") is not None or raw.get("crosspost_parent_list") not in (
        None,
        [],
    )


def sources_of(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = raw.get("crosspost_parent_list")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def state_of_source(source: Mapping[str, Any]) -> Iterator[Evidence]:
    """What a repeated post says against itself; no asserted fact is about it."""
    for one in state_of(Shape.POST, source, {}):
        detail = f"of the post it repeats: {one.detail.partition(SETTLE)[0]}"
        yield Evidence("embedded", one.visibility, one.code, detail)


def doubts_of(raw: Mapping[str, Any]) -> Iterator[Evidence]:
    """Why it is not known what, or all that, a crosspost repeats."""
    if not is_crosspost(raw):
        return
    given, sources = raw.get("crosspost_parent_list"), sources_of(raw)
    if given is not None and (not isinstance(given, list) or len(sources) != len(given)):
        yield _doubt("crosspost_unknown", f"crosspost_parent_list is {shown(given)}")
    if not sources:
        yield _doubt("crosspost_source_unproven", "crosspost_parent_list is missing")
    elif raw.get("crosspost_parent") not in [fullname_of(Shape.POST, source) for source in sources]:
        yield _doubt("crosspost_unknown", "crosspost_parent is not in crosspost_parent_list")
    if any(is_crosspost(source) for source in sources):
        yield _doubt("crosspost_unknown", "what it repeats is a crosspost itself")


def _doubt(code: str, detail: str) -> Evidence:
    return Evidence("embedded", Visibility.UNKNOWN, code, detail)
