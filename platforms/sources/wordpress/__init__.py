"""WordPress: exports (WXR) and REST answers, which may lie together in one dump."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

from platforms.records import Evidence, Item, Reading, Visibility
from platforms.sources import files
from platforms.sources.contract import Fact, understood
from platforms.sources.json_records import records
from platforms.sources.spool import Spool
from platforms.sources.values import name_in
from platforms.sources.wordpress import rest, site
from platforms.sources.wordpress.answers import Answer, Ref, Shape, answers_in
from platforms.sources.wordpress.elements import Element
from platforms.sources.wordpress.export import parts
from platforms.sources.wordpress.items import (
    SLUG,
    Context,
    Site,
    appearance_of,
    items_of,
    number_of,
    remarks_in,
)
from platforms.sources.wordpress.settling import settled
from platforms.sources.wordpress.sites import Sites, Surroundings
from platforms.sources.zstd import is_compressed

ADVICE: Final = (
    "Give exports (WXR), or answers of the REST API: wp/v2 or v1.x, also one record on each line."
)


class WordPress:
    """Reads export files and REST answers; several files of one site belong together."""

    slug: Final = SLUG
    name: Final = "WordPress"
    facts: Final[Mapping[str, Fact]] = site.FACTS

    def read(
        self,
        paths: Sequence[Path],
        asserted: Mapping[str, str],
        *,
        observed_at: datetime,
        progress: Callable[[int], None],
    ) -> Iterator[Reading]:
        values = understood(self.facts, asserted)
        return _read(paths, values, observed_at, files.Progress(progress))

    def settled(self, item: Item, values: Mapping[str, object]) -> Item:
        return settled(item, values)


def _read(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Iterator[Reading]:
    files.check(paths)
    sites = Sites(values, observed_at)
    with ExitStack() as stack:
        exports = {
            path: _Export(path, values, observed_at, stack.enter_context(Spool([path], Element)))
            for path in dict.fromkeys(paths)
            if not _is_json(path)
        }
        for path in paths:
            if path in exports:
                exports[path].learn(sites, progress)
            else:
                _learn(path, sites, observed_at, progress)
        sites.settle()
        yield from sites.readings()
        yield from sites.facts()
        for path in paths:
            if path in exports:
                yield from exports[path].items(sites, progress)
            else:
                yield from _items(path, sites, observed_at, progress)


class _Export:
    """One export file, and the one site that it names."""

    def __init__(
        self, path: Path, values: Mapping[str, object], observed_at: datetime, spool: Spool[Element]
    ) -> None:
        self._path, self._values, self._observed_at = path, values, observed_at
        self._spool = spool
        self._context: Context | None = None
        self._ref = Ref()

    def learn(self, sites: Sites, progress: Callable[[int], None]) -> None:
        found, addresses = Surroundings(), []
        self._spool.begin()
        for element in parts(self._path, progress):
            if element.name == "item":
                found.parents.add(number_of(element), appearance_of(element, self._observed_at))
                for number, is_approved in remarks_in(element):
                    found.parents.add_comment(number, is_approved=is_approved)
                found.note_rule(element.only("wp:post_type"), element.only("wp:status"))
                self._spool.put(element)
            elif element.name == "wp:author":
                login = name_in(element.only("wp:author_login"))
                found.authors.declare(login, number_of(element, "wp:author_id"))
            elif element.name == "wp:base_blog_url":
                addresses.append(element)
        self._spool.finish()
        self._place(addresses, found, sites)

    def items(self, sites: Sites, progress: Callable[[int], None]) -> Iterator[Item]:
        context = self._context or sites.context(self._ref)
        for element in self._spool.records(progress):
            yield from items_of(element, context)

    def _place(self, addresses: Sequence[Element], found: Surroundings, sites: Sites) -> None:
        """Join the file to the site that it and the operator name, unless they disagree."""
        named = {site.address(element.text) for element in addresses}
        if self._values.get("site"):
            named.add(str(self._values["site"]))
        if len(named) == 1 and None not in named:
            self._ref = Ref(address=named.pop())
            sites.at(self._ref).update(found)
            return
        self._context = Context(
            _unnamed(self._values, is_contradictory=bool(named)),
            found.authors,
            found.parents,
            self._observed_at,
        )


def _unnamed(values: Mapping[str, object], *, is_contradictory: bool) -> Site:
    if is_contradictory:
        doubt = (
            "site_contradictory",
            "wp:base_blog_url is not one address, or not the asserted one",
        )
    else:
        doubt = ("site_unknown", "wp:base_blog_url is missing; settle with --fact site=ADDRESS")
    evidence = Evidence("container", Visibility.UNKNOWN, *doubt)
    return Site(None, (evidence, *site.evidence_of({**values, "site": None})))


def _is_json(path: Path) -> bool:
    with files.opened(path) as handle:
        if is_compressed(handle):
            return True
        handle.seek(0)
        beginning = handle.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    return beginning[:1] in (b"{", b"[")


def _learn(
    path: Path, sites: Sites, observed_at: datetime, progress: Callable[[int], None]
) -> None:
    for shape, answer in _answers(path, progress):
        if shape not in (Shape.ODD, Shape.BESIDE):
            rest.note(answer, sites.at(answer.ref), observed_at)


def _items(
    path: Path, sites: Sites, observed_at: datetime, progress: Callable[[int], None]
) -> Iterator[Item]:
    for shape, answer in _answers(path, progress):
        if shape is Shape.ODD:
            yield rest.odd_item(answer.raw, observed_at)
        elif shape in (Shape.POST, Shape.MEDIA, Shape.COMMENT):
            yield rest.item_of(answer, sites.context(answer.ref))


def _answers(path: Path, progress: Callable[[int], None]) -> Iterator[tuple[Shape, Answer]]:
    for shape, found in records(path, progress, answers_in, odd=Shape.ODD, advice=ADVICE):
        yield shape, found if isinstance(found, Answer) else Answer(Shape.ODD, found)


WORDPRESS: Final = WordPress()
