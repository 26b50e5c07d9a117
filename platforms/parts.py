"""Parts: which stretches of an item's text, and which of its media, are somebody's own.

A part can be left out and what remains is still whole. Where an item cannot be taken
apart that cleanly it has no parts, and whoever is in it takes all of it with them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import unescape
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from platforms.records import Body, Media, Part, Principal, Role

GAP: Final = "\n\n"
MOST_PARTS: Final = 1_000
"""An item of more parts is not cut; and comparing everybody with everybody stays cheap."""

# A quotation mark, another dash or another way to write an accent makes no other words.
NO_WORD: Final = re.compile(r"[\W_]+")
NO_ASCII_WORD: Final = bytes(code for code in range(128) if NO_WORD.match(chr(code)))
ENDS_OF_LINES: Final = bytes(code for code in range(128) if len(f"-{chr(code)}-".splitlines()) > 1)
BETWEEN_ASCII_WORDS: Final = bytes(set(NO_ASCII_WORD).difference(ENDS_OF_LINES))
SAME_ASCII_WORDS: Final = bytes.maketrans(
    ascii_uppercase.encode() + ENDS_OF_LINES, ascii_lowercase.encode() + b"\n" * len(ENDS_OF_LINES)
)
TAG: Final = re.compile(r"<[^<>]*>")

NOBODY: Final[tuple[Principal, ...]] = ()
Span = tuple[int, int]


class Pieces:
    """Puts the text and media of an item together, and remembers whose each piece is."""

    def __init__(self) -> None:
        self.media: list[Media] = []
        self.parts: list[Part] = []
        self._texts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return GAP.join(self._texts)

    def add(
        self, texts: Iterable[str], media: Iterable[Media] = (), by: Iterable[Principal] = ()
    ) -> Span:
        """Add one piece behind those before: a part of ``by``, or the item's own content.

        Gives where its words are in the text.
        """
        start, end = self._put(GAP.join(filter(None, texts)))
        first = len(self.media)
        self.media.extend(media)
        people = tuple(dict.fromkeys(by)) if by else ()
        if people and (start < end or first < len(self.media)):
            self.parts.append(Part(people, start, end, tuple(range(first, len(self.media)))))
        return start, end

    def _put(self, text: str) -> Span:
        if not text:
            return self._length, self._length
        start = self._length + len(GAP) if self._texts else 0
        self._texts.append(text)
        self._length = start + len(text)
        return start, self._length


def text_without(text: str, spans: Iterable[Span]) -> str:
    """``text`` without these stretches of it, each with one of the gaps beside it."""
    kept, at, end = [], 0, 0
    for start, end in sorted((start, end) for start, end in spans if start < end):
        kept.append(text[at:start])
        at = end + len(GAP)
    rest = "".join((*kept, text[at:]))
    return rest[: -len(GAP)] if kept and end == len(text) else rest


def are_well_formed(body: Body) -> bool:
    """Whether the parts of ``body`` are what ``Pieces`` makes: people, whole pieces, no overlap."""
    if not _holds(body.parts, Part) or not (body.core is None or _are_in(body.core, body)):
        return False
    for part in body.parts:
        if not _is_whole(part, body):
            return False
    if len(body.parts) == 1:
        return True
    spans = sorted((part.start, part.end) for part in body.parts if part.start < part.end)
    places = [place for part in body.parts for place in part.media]
    apart = all(end < start for (_, end), (start, _) in pairwise(spans))
    return apart and len(set(places)) == len(places)


def _is_whole(part: Part, body: Body) -> bool:
    """Whether it is somebody's, holds something, and stands between gaps."""
    if not (type(part.start) is type(part.end) is int and _holds(part.media, int)):
        return False
    if not (_are_in(part.principals, body) and part.principals):
        return False
    if part.media and not _are_places(part.media, len(body.media)):
        return False
    if part.start == part.end:
        return bool(part.media)
    before = part.start == 0 or body.text[: part.start].endswith(GAP)
    behind = part.end == len(body.text) or body.text.startswith(GAP, part.end)
    return 0 <= part.start < part.end <= len(body.text) and before and behind


def _are_places(places: tuple[int, ...], count: int) -> bool:
    return 0 <= min(places) <= max(places) < count and len({*places}) == len(places)


def _are_in(people: tuple[Principal, ...], body: Body) -> bool:
    if not _holds(people, Principal):
        return False
    # People are few: to look for each costs less than to make sets of them.
    for person in people:  # noqa: SIM110
        if person not in body.principals:
            return False
    return True


def _holds(values: object, kind: type) -> bool:
    if not isinstance(values, tuple):
        return False
    for value in values:  # noqa: SIM110
        if type(value) is not kind:
            return False
    return True


def who_cannot_be_cut(body: Body) -> frozenset[Principal]:
    """Everybody in the core of ``body``, in no part of it, or in a part that it repeats.

    Whose item it is cannot be cut from it either.

    Whoever quotes a part keeps its words when it is cut. So a line, or a medium, that is
    also somewhere else binds the people of that part to the whole.
    """
    if body.core is None or len(body.parts) > MOST_PARTS:
        return frozenset(body.principals)
    in_parts = {person for part in body.parts for person in part.principals}
    whole = [
        person for person in body.principals if person.role is Role.OWNER or person not in in_parts
    ]
    return frozenset((*whole, *body.core, *_repeated(body)))


def _repeated(body: Body) -> Collection[Principal]:
    """The people of every line and address that is also somewhere else."""
    if _says_nothing_twice(body):
        return NOBODY
    first: dict[str, tuple[Principal, ...]] = {}
    found: set[Principal] = set()
    for words, people in _words(body):
        for word in words:
            other = first.setdefault(word, people)
            if other is not people and other != people:
                found.update(other, people)
    return found


def _says_nothing_twice(body: Body) -> bool:
    """Whether no two lines or addresses are alike, where that can be seen at a glance."""
    of_media = [words for medium in body.media for words in (medium.alt, medium.url)]
    everything = "\n".join((body.text, body.title, *body.tags, *of_media))
    if not everything.isascii() or "&" in everything or "<" in everything:
        return False
    # The blank lines between pieces say nothing; two that are left cannot be told from a repeat.
    lines = everything.replace(GAP, "\n").encode()
    words = lines.translate(SAME_ASCII_WORDS, BETWEEN_ASCII_WORDS).split(b"\n")
    return len({*words}) == len(words)


def _words(body: Body) -> Iterator[tuple[list[str], tuple[Principal, ...]]]:
    """The lines and addresses in ``body`` with the people of their part; nobody in the core."""
    spans = []
    for part in body.parts:
        yield _lines(body.text[part.start : part.end]), part.principals
        spans.append((part.start, part.end))
    yield _lines("\n".join((text_without(body.text, spans), body.title, *body.tags))), NOBODY
    if body.media:
        of_media = {place: part.principals for part in body.parts for place in part.media}
        for place, medium in enumerate(body.media):
            yield [*_lines(medium.alt), medium.url], of_media.get(place, NOBODY)


def _lines(text: str) -> list[str]:
    return [word for line in text.splitlines() if (word := _words_alone(line))]


def _words_alone(line: str) -> str:
    """The form in which two lines say the same; one without words is kept as it is."""
    plain = TAG.sub("", unescape(line)) if "&" in line or "<" in line else line
    if plain.isascii():
        # The same, only quicker: most lines are such.
        return plain.encode().lower().translate(None, NO_ASCII_WORD).decode() or line.strip()
    plain = unicodedata.normalize("NFKC", plain)
    return NO_WORD.sub("", plain.casefold()) or line.strip()


def people_of(groups: Sequence[Iterable[int]]) -> dict[int, frozenset[int]]:
    """For each key all keys of the same person: groups that share a key are one person's."""
    known: dict[int, frozenset[int]] = {}
    for keys in map(frozenset, groups):
        one = keys.union(*(known[key] for key in keys if key in known))
        known.update(dict.fromkeys(one, one))
    return known
