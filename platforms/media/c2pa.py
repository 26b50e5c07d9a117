"""Training and data mining assertions in a C2PA manifest store (JUMBF).

``c2pa.training-mining`` of C2PA 1.x and ``cawg.training-mining`` of the CAWG, in every
manifest of the store, also those of ingredients. Nothing is validated: neither the
signature nor the hashes. Whoever forges an assertion can only withhold.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from platforms.media import cbor
from platforms.media.boxes import Box, boxes_in
from platforms.media.statements import STATEMENTS, Stance, Statement, Unreadable
from platforms.media.window import Window
from platforms.sources.values import shown

DEPTH: Final = 16
LABEL_BYTES: Final = 1024
ASSERTION_BYTES: Final = 1 << 20
ASSERTION: Final = re.compile(r"(^|\.)training-mining")
LABELLED: Final = 0b10
STANCES: Final[Mapping[object, Stance]] = {
    "allowed": Stance.ALLOWS,
    "notAllowed": Stance.REFUSES,
    # The standard has it so: a constraint that is not known in full is a no.
    "constrained": Stance.REFUSES,
}


def statements_in(store: Window) -> Iterator[Statement]:
    """What the store says of training and mining; raises ``Unreadable``."""
    found = said = 0
    for box in boxes_in(store):
        found += box.kind == b"jumb"
        for statement in _in_box(box, DEPTH):
            said += 1
            if said > STATEMENTS:
                raise Unreadable("its C2PA manifest says too much of mining and training")
            yield statement
    if not found:
        raise Unreadable("what should be a C2PA manifest store is none")


def _in_box(box: Box, depth: int) -> Iterator[Statement]:
    if box.kind == b"brob":
        raise Unreadable("its C2PA manifest is compressed, which is not read")
    if box.kind != b"jumb":
        return
    if depth == 0:
        raise Unreadable("its C2PA manifest is nested too deeply")
    boxes = boxes_in(box.body)
    label = _label_of(next(boxes, None))
    if ASSERTION.search(label):
        yield from _of_assertion(label, boxes)
        return
    for inner in boxes:
        yield from _in_box(inner, depth - 1)


def _label_of(description: Box | None) -> str:
    if description is None or description.kind != b"jumd":
        raise Unreadable("its C2PA manifest has a part without a description")
    body = description.body
    if not body.number(16, 1) & LABELLED:
        return ""
    label, end, _ = body.peek(17, min(len(body) - 17, LABEL_BYTES)).partition(b"\0")
    if not end:
        raise Unreadable("its C2PA manifest has a part whose label does not end")
    return label.decode("utf-8", "replace")


def _of_assertion(label: str, boxes: Iterator[Box]) -> Iterator[Statement]:
    said = False
    for box in boxes:
        if box.kind in (b"cbor", b"json"):
            said = True
            yield from _of_content(label, _content(box))
    if not said:
        yield Statement(Stance.UNCLEAR, f"{label} has no content that is understood")


def _content(box: Box) -> object:
    if len(box.body) > ASSERTION_BYTES:
        raise Unreadable(f"an assertion in it has more than {ASSERTION_BYTES >> 20} MiB")
    data = box.body.content()
    if box.kind == b"cbor":
        return cbor.value_of(data)
    try:
        return json.loads(data, object_pairs_hook=_mapping)
    except (ValueError, RecursionError) as error:
        raise Unreadable("an assertion in it is no JSON") from error


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a name is given twice")
    return mapping


def _of_content(label: str, content: object) -> Iterator[Statement]:
    entries = _entries(content)
    if not entries:
        yield Statement(Stance.UNCLEAR, f"{label} has no entries that are understood")
    for name, entry in entries.items():
        use = entry.get("use") if isinstance(entry, dict) else None
        stance = STANCES.get(use, Stance.UNCLEAR) if isinstance(use, str) else Stance.UNCLEAR
        yield Statement(stance, f"{label}: {shown(name)} is {shown(use)}")


def _entries(content: object) -> dict[object, object]:
    """The map of entries; a draft of the CAWG's assertion had them without a map."""
    if not isinstance(content, dict):
        return {}
    entries = content.get("entries")
    if entries is None:
        return {name: entry for name, entry in content.items() if name != "metadata"}
    return entries if isinstance(entries, dict) else {}
