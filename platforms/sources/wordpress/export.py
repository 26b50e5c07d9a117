"""The WordPress export file (WXR 1.0 to 1.2) as a stream of its channel's parts.

Parsed by expat in UTF-8, strictly: any document type declaration, undefined entity,
foreign meaning of a known prefix or other fault refuses the file, and nothing is
repaired. Memory is bounded by one item, not by the file.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final
from xml.parsers import expat

from platforms.sources.contract import BadInput
from platforms.sources.files import opened
from platforms.sources.wordpress.elements import (
    GROUPS,
    LISTED,
    META_OF_COMMENT,
    READ,
    Element,
)
from platforms.sources.wordpress.template import END_OF_ITEM, item_at, text_of

CHUNK_BYTES: Final = 256 * 1024
BUFFER_BYTES: Final = 64 * 1024
MAX_WAITING_BYTES: Final = 1024 * 1024
MAX_ITEM_BYTES: Final = 64 * 1024 * 1024
MAX_ITEM_ELEMENTS: Final = 1_000_000
MAX_TOKEN_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 50
TOO_DEEP: Final = f"elements are nested more than {MAX_DEPTH} deep"
VERSIONS: Final = ("1.0", "1.1", "1.2")
SEPARATOR: Final = "}"
LINE_BREAK: Final = re.compile("\r\n?|\n")
SCHEMES: Final = ("http", "https")
MEANINGS: Final = {
    "wp": frozenset(f"{s}://wordpress.org/export/{v}/" for s in SCHEMES for v in VERSIONS),
    "excerpt": frozenset(
        f"{s}://wordpress.org/export/{v}/excerpt/" for s in SCHEMES for v in VERSIONS
    ),
    "content": frozenset(f"{s}://purl.org/rss/1.0/modules/content/" for s in SCHEMES),
    "dc": frozenset(f"{s}://purl.org/dc/elements/1.1/" for s in SCHEMES),
}
PREFIXES: Final = {uri: prefix for prefix, uris in MEANINGS.items() for uri in uris}
KEPT: Final = frozenset({"item", "wp:author", "wp:base_blog_url", "wp:wxr_version"})
WXR_ADVICE: Final = "Export it with WordPress: Tools, Export, All content."
BOM: Final = b"\xef\xbb\xbf"
DECLARATION: Final = b"<?xml"
BEGINNING_BYTES: Final = 64 * 1024
LATE_ADVICE: Final = (
    "Remove everything before <?xml: blank lines and warnings there come from a plugin or theme of"
    " the site."
)
ENCODING: Final = re.compile(r"[A-Za-z][\w.:-]{0,39}", re.ASCII)
LONGEST_CHARACTER: Final = 4
INVALID_TOKEN: Final = expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]
MISPLACED_DECLARATION: Final = expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI]


def parts(path: Path, progress: Callable[[int], None]) -> Iterator[Element]:
    """The channel's items, authors and addresses, in the order of the file."""
    reader = _Reader(path)
    rest = b""
    with opened(path) as handle:
        while chunk := handle.read(CHUNK_BYTES):
            rest = reader.read(rest + chunk)
            yield from reader.taken()
            progress(len(chunk))
    reader.feed(rest)
    reader.close()
    yield from reader.taken()


class _Reader:
    """Feeds expat and collects the finished parts.

    Items as WordPress writes them are read without it, where nothing is open but the channel:
    to expat it is as if they were not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fed = self._began = self._elements = 0
        self._ended = -1
        self._skipped_bytes = self._skipped_lines = 0
        self._has_channel = self._is_late = False
        self._encoding, self._tail = "", b""
        self._names: list[str] = []
        self._open: list[tuple[str, int, str | None]] = []
        self._texts: list[str] = []
        self._part = self._group = self._inner = NOTHING
        self._is_leaf = False
        self._done: list[Element] = []
        self._bound: dict[str, str] = {}
        self._prefixes: set[str | None] = set()
        self._parser = expat.ParserCreate("utf-8", SEPARATOR)
        self._parser.buffer_text = True
        self._parser.buffer_size = BUFFER_BYTES
        self._parser.XmlDeclHandler = self._declare
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartNamespaceDeclHandler = self._bind
        self._outside()

    def read(self, data: bytes) -> bytes:
        """Read whole items; what is given back belongs before the bytes that follow."""
        end = data.rfind(END_OF_ITEM.encode()) + len(END_OF_ITEM)
        has_end = end >= len(END_OF_ITEM)
        if not has_end and self._is_between_items() and len(data) < MAX_WAITING_BYTES:
            return data
        text = text_of(data[:end]) if has_end else None
        if text is None:
            self.feed(data)
            return b""
        at = 0
        while at < len(text):
            at = self._glance(text, at) if self._is_between_items() else at
            at = self._parse_next(text, at) if at < len(text) else at
        return data[end:]

    def _is_between_items(self) -> bool:
        """Whether expat waits for whatever follows an item, and names mean what they should."""
        if self._ended != self._fed or None in self._prefixes:
            return False
        return self._prefixes.issuperset(MEANINGS)

    def _glance(self, text: str, at: int) -> int:
        """Take all items up to one that is written in another way, and tell where it begins."""
        begin = at
        while found := item_at(text, at):
            element, at = found
            self._done.append(element)
        seen = text[begin:at]
        self._skipped_bytes += len(seen.encode())
        self._skipped_lines += len(LINE_BREAK.findall(seen)) if "\r" in seen else seen.count("\n")
        return at

    def _parse_next(self, text: str, at: int) -> int:
        """Leave one item to expat; what looks like its end may be none, then everything."""
        end = text.index(END_OF_ITEM, at) + len(END_OF_ITEM)
        self.feed(text[at:end].encode())
        if self._is_between_items():
            return end
        self.feed(text[end:].encode())
        return len(text)

    def feed(self, chunk: bytes) -> None:
        if (nul := chunk.find(b"\0")) >= 0:
            byte = self._skipped_bytes + self._fed + nul
            advice = "If it is in UTF-16, write it as UTF-8."
            raise BadInput(self._path, "there is a NUL byte", byte=byte, advice=advice)
        if not self._fed:
            self._is_late = DECLARATION in chunk.removeprefix(BOM)[1:BEGINNING_BYTES]
            self._is_late &= not chunk.removeprefix(BOM).startswith(DECLARATION)
        self._fed += len(chunk)
        self._parse(chunk)
        self._tail = (self._tail + chunk)[-LONGEST_CHARACTER:]
        if self._fed - self._parser.CurrentByteIndex > MAX_TOKEN_BYTES:
            raise self._refusal("a single tag or comment exceeds 4 MiB")
        if self._open and self._fed - self._began > MAX_ITEM_BYTES:
            raise self._refusal("one item exceeds 64 MiB", "Export its comments apart.")

    def close(self) -> None:
        self._parse(b"", last=True)
        if "wp" not in self._bound:
            raise BadInput(
                self._path,
                "this is a feed without WordPress's export namespace",
                line=1,
                advice=WXR_ADVICE,
            )

    def taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    def _parse(self, chunk: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            if self._is_of_another_encoding(error, chunk):
                raise self._refusal(*self._of_encoding()) from error
            self._is_late |= error.code == MISPLACED_DECLARATION
            why = expat.ErrorString(error.code) or "unknown"
            raise self._refusal(f"this is not well-formed XML ({why})", self._advice()) from error

    def _declare(self, _: str, encoding: str | None, __: int) -> None:
        """Keep what it says it is written in. Some sites say so of what is UTF-8 all the same."""
        if encoding and ENCODING.fullmatch(encoding) and encoding.lower() not in ("utf-8", "utf8"):
            self._encoding = encoding

    def _is_of_another_encoding(self, error: expat.ExpatError, chunk: bytes) -> bool:
        """Whether the parser stopped at bytes that are no character of UTF-8."""
        if error.code != INVALID_TOKEN:
            return False
        begin = self._fed - len(chunk) - len(self._tail)
        at = max(self._parser.CurrentByteIndex - begin, 0)
        try:
            (self._tail + chunk)[at : at + LONGEST_CHARACTER].decode()
        except UnicodeDecodeError as fault:
            return fault.start == 0
        return False

    def _of_encoding(self) -> tuple[str, str]:
        of = self._encoding or "windows-1252"
        how = f"iconv -f {of} -t UTF-8 FILE > NEW"
        if self._encoding:
            return f"this is not UTF-8 but, as it says, {of}", f"Write it as UTF-8: {how}"
        return "this is not UTF-8", f"Write it as UTF-8; if it is of Western Europe, by {how}"

    def _advice(self) -> str:
        return LATE_ADVICE if self._is_late else WXR_ADVICE

    def _refuse_doctype(self, *_: object) -> None:
        raise self._refusal("it declares a document type, which could define entities")

    def _bind(self, prefix: str | None, uri: str) -> None:
        if prefix is None or not self._names:
            self._prefixes.add(prefix)
        if uri not in MEANINGS.get(prefix or "", {uri}):
            raise self._refusal(f"the prefix {prefix} is bound to a foreign address")
        meaning = PREFIXES.get(uri)
        if meaning and prefix is None:
            raise self._refusal(f"the {meaning} namespace has no prefix")
        if meaning and self._bound.setdefault(meaning, uri) != uri:
            raise self._refusal(f"the {meaning} namespace appears in two versions")

    def _outside(self) -> None:
        """Look for the next part that is kept."""
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._parser.CommentHandler = None

    def _inside(self) -> None:
        """Read a part. Text is taken by a function in C: there are thousands of pieces."""
        self._parser.StartElementHandler = self._nest
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._texts.append
        self._parser.CommentHandler = self._comment

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._names.append(_short(name))
        if len(self._names) == 1 and self._names != ["rss"]:
            raise self._refusal("this is not an RSS document", self._advice())
        if len(self._names) > MAX_DEPTH:
            raise self._refusal(TOO_DEEP)
        if self._names == ["rss", "channel"]:
            self._refuse_other_channels()
        if self._names[:-1] == ["rss", "channel"] and self._names[-1] in KEPT:
            self._began, self._elements = self._parser.CurrentByteIndex, 0
            self._part = _new(self._names[-1])
            self._open = [(self._names[-1], 0, None)]
            self._is_leaf = True
            self._inside()

    def _refuse_other_channels(self) -> None:
        if self._has_channel:
            raise self._refusal("it holds more than one channel", "Export each site by itself.")
        self._has_channel = True

    def _nest(self, name: str, attributes: dict[str, str]) -> None:
        opened, short = self._open, _short(name)
        if len(opened) > MAX_DEPTH - len(self._names):
            raise self._refusal(TOO_DEEP)
        self._elements += 1
        if self._elements > MAX_ITEM_ELEMENTS:
            raise self._refusal("one item has more than 1,000,000 elements")
        if len(opened) == 1 and short in GROUPS:
            self._group = _new(short)
        elif len(opened) == 2 and short == META_OF_COMMENT and self._group.name == "wp:comment":
            self._inner = _new(short)
        domain = attributes.get("domain") if attributes else None
        opened.append((short, len(self._texts), domain))
        self._is_leaf = True

    def _close(self, _: str) -> None:
        """Keep what is directly in a part, in one of its groups, or in a comment's meta."""
        name, begin, domain = self._open.pop()
        has_children, self._is_leaf = not self._is_leaf, False
        depth = len(self._open)
        if depth == 0:
            self._finish(has_children)
        elif depth == 1:
            self._take(self._part, name, begin, domain, has_children)
            self._group = NOTHING
        elif depth == 2:
            self._take(self._group, name, begin, domain, has_children)
            self._inner = NOTHING
        elif depth == 3:
            self._take(self._inner, name, begin, domain, has_children)
        del self._texts[begin:]

    def _take(
        self, parent: Element, name: str, begin: int, domain: str | None, has_children: bool
    ) -> None:
        if name not in READ or parent is NOTHING:
            return
        if name in GROUPS and parent is self._part:
            self._group.has_children = has_children
            parent.take(self._group)
            return
        if name == META_OF_COMMENT and self._inner is not NOTHING and parent is self._group:
            self._inner.has_children = has_children
            parent.take(self._inner)
            return
        texts = self._texts
        said = texts[begin] if len(texts) == begin + 1 else "".join(texts[begin:])
        if name in LISTED:
            parent.take(Element(name, domain, said, has_children))
        else:
            known = parent.texts
            known[name] = None if has_children or name in known else said

    def _finish(self, has_children: bool) -> None:
        part = self._part
        part.has_children = has_children
        if part.name == "item":
            self._ended = self._parser.CurrentByteIndex + len(END_OF_ITEM)
        else:
            part.said = "".join(self._texts)
        self._names.pop()
        self._refuse_other_versions(part)
        self._done.append(part)
        self._outside()

    def _refuse_other_versions(self, element: Element) -> None:
        if element.name == "wp:wxr_version" and element.text not in VERSIONS:
            raise self._refusal("its version is not one of 1.0, 1.1 and 1.2")

    def _end(self, _: str) -> None:
        self._names.pop()

    def _comment(self, text: str) -> None:
        """Keep comments as text: where content is not escaped, they are its block markers."""
        self._texts.append(f"<!--{text}-->")

    def _refusal(self, reason: str, advice: str = "") -> BadInput:
        parser = self._parser
        return BadInput(
            self._path,
            reason,
            line=parser.CurrentLineNumber + self._skipped_lines,
            byte=max(parser.CurrentByteIndex, 0) + self._skipped_bytes,
            advice=advice,
        )


def _new(name: str) -> Element:
    return Element(name, texts={}, listed={})


# Stands where no part or group is open; nothing is ever put into it.
NOTHING: Final = Element("")


@lru_cache(maxsize=4096)
def _short(name: str) -> str:
    """``prefix:local`` for the namespaces that have a meaning here, whatever the prefix."""
    uri, _, local = name.rpartition(SEPARATOR)
    if not uri:
        return local
    return f"{PREFIXES.get(uri, '?')}:{local}"
