"""Refusals in XMP: the PLUS data mining property and the TDM reservation.

The property ``plus:DataMining`` is part of the IPTC Photo Metadata Standard; its values
are the PLUS vocabulary's ``DMI-...`` keys. ``plus:OtherConstraints`` is free text, which
nobody can read by rule: an item is held for it. ``tdm:reservation`` is the TDMRep's.
``dcterms:provenance`` names a C2PA manifest, in the file or elsewhere.
Read as a stream, without entities: neither the packet nor a whole SVG becomes a tree.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.parsers import expat

from platforms.media.statements import STATEMENTS, Stance, Statement, Unreadable
from platforms.media.window import Window
from platforms.sources.values import shown

DEPTH: Final = 200
CHUNK: Final = 1 << 16
SEPARATOR: Final = " "
PLUS: Final = "useplus"
TERMS: Final = "purl.org/dc/terms"
# The property is also free text on who owned a work; a manifest is named by an address.
ADDRESS: Final = re.compile(r"(self#|[a-z][a-z0-9+.-]*:)\S+", re.IGNORECASE)
EMBEDDED: Final = "data:"
TDMREP: Final = ("http://www.w3.org/ns/tdmrep", "https://www.w3.org/ns/tdmrep")
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
VALUES: Final = {f"{RDF}{SEPARATOR}resource", f"{RDF}{SEPARATOR}value"}
VOCABULARY: Final = ("http://ns.useplus.org/ldf/vocab/", "https://ns.useplus.org/ldf/vocab/")
# As texts too: metadata editors show these words, and some write what they show.
ALLOWING: Final = {
    "DMI-ALLOWED",
    "DMI-UNSPECIFIED",
    "ALLOWED",
    "UNSPECIFIED",
    "UNSPECIFIED - NO PROHIBITION DEFINED",
}
REFUSING: Final = ("DMI-PROHIBITED", "PROHIBITED")


class Found:
    """What was read of one document: statements, C2PA manifests in Base64 and whether it
    names one, and ``data:`` addresses, which hold files.
    """

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.manifests: list[str] = []
        self.embedded: list[str] = []
        self.names_store = False


def read(window: Window) -> Found:
    """What the XML says; raises ``Unreadable``. Nothing but padding says nothing.

    The budget is the caller's to charge.
    """
    reader = _Reader()
    first = window.peek(0, min(len(window), CHUNK))
    if len(first) == len(window) and not first.strip(b" \t\r\n\0"):
        return reader.found
    try:
        for chunk in _chunks(window):
            reader.feed(chunk)
        reader.feed(b"", final=True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        # An encoding that Python does not know is a LookupError.
        raise Unreadable(f"XML in it is not well-formed ({error})") from error
    return reader.found


def _chunks(window: Window) -> Iterator[bytes]:
    """The bytes without the zeros that some writers pad a packet with."""
    end = len(window)
    # In UTF-16 a zero may be half of the last letter.
    if b"\0" not in window.peek(0, min(end, 4)):
        while end and window.peek(end - 1, 1) == b"\0":
            end -= 1
            window.budget.count()
    for at in range(0, end, CHUNK):
        yield window.peek(at, min(CHUNK, end - at))


class _Reader:
    """Collects the values of each property that matters, wherever it stands."""

    def __init__(self) -> None:
        self.found = Found()
        self._depth, self._opened = 0, 0
        self._property = ""
        self._values: list[str] = []
        self._text: list[str] = []
        self._parser = expat.ParserCreate(None, SEPARATOR)
        self._parser.buffer_text = True
        self._parser.EntityDeclHandler = _refuse_entities
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, data: bytes, final: bool = False) -> None:
        self._parser.Parse(data, final)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise Unreadable("XML in it is nested too deeply")
        if len(self.found.statements) + len(self._values) > STATEMENTS:
            raise Unreadable("XML in it says too much of mining and training")
        for attribute, value in attributes.items():
            if _is_provenance(attribute):
                self._name(value)
            elif _matters(attribute):
                self.found.statements.append(_statement(attribute, [value]))
            if value.lstrip()[: len(EMBEDDED)].lower() == EMBEDDED:
                self.found.embedded.append(value)
        if not self._property and _matters(name):
            self._property, self._opened = name, self._depth
        if self._property:
            self._flush()
            self._values += [value for key, value in attributes.items() if key in VALUES]

    def _end(self, name: str) -> None:
        if self._property:
            self._flush()
        if self._property and self._opened == self._depth:
            self._close()
        self._depth -= 1

    def _close(self) -> None:
        if _is_manifest(self._property):
            self.found.manifests.append("".join(self._values))
        elif _is_provenance(self._property):
            self._name(*self._values)
        else:
            self.found.statements.append(_statement(self._property, self._values))
        self._property, self._values = "", []

    def _name(self, *values: str) -> None:
        self.found.names_store |= any(ADDRESS.fullmatch(value.strip()) for value in values)

    def _characters(self, text: str) -> None:
        if self._property:
            self._text.append(text)

    def _flush(self) -> None:
        text = "".join(self._text).strip()
        self._text = []
        if text:
            self._values.append(text)


def _refuse_entities(*_: object) -> None:
    raise Unreadable("XML in it declares entities")


def _matters(name: str) -> bool:
    return (
        _is_mining(name)
        or _is_tdm(name)
        or _is_constraint(name)
        or _is_manifest(name)
        or _is_provenance(name)
    )


def _split(name: str) -> tuple[str, str]:
    namespace, _, local = name.rpartition(SEPARATOR)
    return namespace, local


def _is_mining(name: str) -> bool:
    """Whatever the namespace: older tools wrote the property, or its values, in others."""
    local = _split(name)[1].lower()
    return local == "datamining" or local.startswith("dmi-")


def _is_tdm(name: str) -> bool:
    namespace, local = _split(name)
    return namespace.startswith(TDMREP) and local != "policy"


def _is_constraint(name: str) -> bool:
    namespace, local = _split(name)
    return PLUS in namespace and local.lower() == "otherconstraints"


def _is_manifest(name: str) -> bool:
    namespace, local = _split(name)
    return "c2pa" in namespace and local == "manifest"


def _is_provenance(name: str) -> bool:
    namespace, local = _split(name)
    return TERMS in namespace and local == "provenance"


def _statement(name: str, values: list[str]) -> Statement:
    """The most restrictive of the values; a property without one is unclear."""
    if _is_constraint(name):
        return _of_constraint(values)
    stances = [_stance(name, value.strip()) for value in values]
    said = ", ".join(shown(value) for value in values[:3]) or "nothing"
    for stance in (Stance.REFUSES, Stance.UNCLEAR, Stance.ALLOWS):
        if stance in stances:
            return Statement(stance, f"{_split(name)[1]} says {said}")
    return Statement(Stance.UNCLEAR, f"{_split(name)[1]} says nothing")


def _of_constraint(values: list[str]) -> Statement:
    """Free text, which is not echoed: it may name people."""
    if not any(value.strip() for value in values):
        return Statement(Stance.ALLOWS, "OtherConstraints is empty")
    return Statement(Stance.UNCLEAR, "OtherConstraints is a text that only a person can judge")


def _stance(name: str, value: str) -> Stance:
    if _is_tdm(name):
        return _of_reservation(name, value)
    return _of_mining(value) if _is_mining(name) else Stance.UNCLEAR


def _of_reservation(name: str, value: str) -> Stance:
    if _split(name)[1] != "reservation":
        return Stance.UNCLEAR
    return {"1": Stance.REFUSES, "0": Stance.ALLOWS}.get(value, Stance.UNCLEAR)


def _of_mining(value: str) -> Stance:
    key = value
    for prefix in VOCABULARY:
        key = key.removeprefix(prefix)
    if key.upper() in ALLOWING:
        return Stance.ALLOWS
    return Stance.REFUSES if key.upper().startswith(REFUSING) else Stance.UNCLEAR
