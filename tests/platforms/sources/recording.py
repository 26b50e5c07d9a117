"""Records that note which of their fields a reader looked at.

Not a stand-in for anything: the readers get what the file holds, in dictionaries that
also keep a list.
"""

import sys
from collections.abc import Iterator
from typing import Any

from platforms.sources import json_documents
from platforms.sources.reddit import usual
from platforms.sources.wordpress.elements import Element


class Noted(dict[str, Any]):
    """A dictionary that notes every key it is asked for, as a path."""

    def __init__(self, raw, path, seen):
        super().__init__({k: noted(v, f"{path}.{k}", seen) for k, v in raw.items()})
        self._path, self._seen = path, seen

    def _note(self, key):
        self._seen.add(f"{self._path}.{key}".lstrip("."))

    def get(self, key, default=None):
        self._note(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self._note(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self._note(key)
        return super().__contains__(key)


def noted(value, path, seen):
    if isinstance(value, dict):
        return Noted(value, path, seen)
    if isinstance(value, list):
        return [noted(one, f"{path}.*", seen) for one in value]
    return value


def note_reads(monkeypatch) -> set[str]:
    """The paths that readers look at from now on, in any record."""
    seen: set[str] = set()
    read_documents, read_quoted = json_documents.documents, json_documents.quoted_document

    def documents(*given) -> Iterator[tuple[int, Any]]:
        for line, document in read_documents(*given):
            yield line, noted(document, "", seen)

    def quoted_document(text) -> Any:
        return noted(read_quoted(text), "", seen)

    noting = {read_documents: documents, read_quoted: quoted_document}
    for name, module in list(sys.modules.items()):
        if name.startswith("platforms.sources") and module is not json_documents:
            for attribute, value in list(vars(module).items()):
                if callable(value) and value in noting:
                    monkeypatch.setattr(module, attribute, noting[value])
    all_of, only_of = Element.all, Element.only

    def note(element, name):
        place = element.name.partition(":")[2] or element.name
        seen.add(f"{place}.{name.partition(':')[2] or name}")

    def every(self, name):
        note(self, name)
        return all_of(self, name)

    def one(self, name):
        note(self, name)
        return only_of(self, name)

    def never_usual(self, text):
        # What decodes into fields of its own says by their names what it looks at.
        seen.update(usual.READ)

    monkeypatch.setattr(usual.Records, "proven", never_usual)
    monkeypatch.setattr(Element, "all", every)
    monkeypatch.setattr(Element, "only", one)
    return seen
