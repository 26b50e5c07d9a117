"""WordPress exports (WXR): which files there are, and what surrounds their items."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from platforms.records import AccountReading, Evidence, Reading, Visibility
from platforms.sources import files
from platforms.sources.contract import Fact, understood
from platforms.sources.values import name_in
from platforms.sources.wordpress import site
from platforms.sources.wordpress.export import Element, parts
from platforms.sources.wordpress.items import (
    SLUG,
    Authors,
    Context,
    Parents,
    Site,
    appearance_of,
    items_of,
    number_of,
)


class WordPress:
    """Reads export files; several files of one site belong together."""

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


class _Surroundings(msgspec.Struct):
    """What the first pass learns of one site."""

    authors: Authors
    parents: Parents


def _read(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> Iterator[Reading]:
    files.check(paths)
    contexts = _contexts(paths, values, observed_at, progress)
    yield from _readings(contexts.values(), values, observed_at)
    for path in paths:
        for element in parts(path, progress):
            if element.name == "item":
                yield from items_of(element, contexts[path])


def _contexts(
    paths: Sequence[Path],
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> dict[Path, Context]:
    """The context of each file; files that name the same site share what they know."""
    known: dict[str | Path, _Surroundings] = {}
    contexts = {}
    for path in paths:
        its_site, found = _first_pass(path, values, observed_at, progress)
        shared = known.setdefault(its_site.address or path, found)
        if shared is not found:
            shared.authors.update(found.authors)
            shared.parents.update(found.parents)
        contexts[path] = Context(its_site, shared.authors, shared.parents, observed_at)
    if len({c.site.address for c in contexts.values()} - {None}) > 1:
        return {path: _of_several(context) for path, context in contexts.items()}
    return contexts


def _of_several(context: Context) -> Context:
    """The context in a dump of several sites: what is asserted may be true of one of them only."""
    detail = "the facts are about one site, and the dump names several; read each by itself"
    doubt = Evidence("container", Visibility.UNKNOWN, "several_sites", detail)
    its_site = Site(context.site.address, (*context.site.evidence, doubt))
    return msgspec.structs.replace(context, site=its_site)


def _first_pass(
    path: Path,
    values: Mapping[str, object],
    observed_at: datetime,
    progress: Callable[[int], None],
) -> tuple[Site, _Surroundings]:
    found = _Surroundings(Authors(), Parents())
    addresses = []
    for element in parts(path, progress):
        if element.name == "item":
            found.parents.add(number_of(element), appearance_of(element, observed_at))
            found.parents.add_comments(element)
        elif element.name == "wp:author":
            login = name_in(element.only("wp:author_login"))
            found.authors.declare(login, number_of(element, "wp:author_id"))
        elif element.name == "wp:base_blog_url":
            addresses.append(element)
    return _site(addresses, values), found


def _site(addresses: Sequence[Element], values: Mapping[str, object]) -> Site:
    """The site that a file and the operator name; they must not contradict each other."""
    named = {site.address(element.text) for element in addresses}
    if values.get("site"):
        named.add(str(values["site"]))
    if len(named) == 1 and None not in named:
        address = named.pop()
        return Site(address, site.evidence_of({**values, "site": address}))
    if named:
        doubt = (
            "site_contradictory",
            "wp:base_blog_url is not one address, or not the asserted one",
        )
    else:
        doubt = ("site_unknown", "wp:base_blog_url is missing; settle with --fact site=ADDRESS")
    evidence = Evidence("container", Visibility.UNKNOWN, *doubt)
    return Site(None, (evidence, *site.evidence_of({**values, "site": None})))


def _readings(
    contexts: Iterable[Context],
    values: Mapping[str, object],
    observed_at: datetime,
) -> Iterator[AccountReading]:
    for one in {c.site.address: c.site for c in contexts}.values():
        if one.address is None:
            continue
        denies = {e.code for e in one.evidence if _denies(e)}
        is_proven = all(e.visibility is Visibility.PUBLIC for e in one.evidence)
        clears = site.cleared_by({**values, "site": one.address}) if is_proven else frozenset()
        if denies or clears:
            yield AccountReading(
                platform=SLUG,
                native_id=one.address,
                # A host may serve several sites: only one that is all of it speaks by its name.
                handle=one.address if site.host_of(one.address) == one.address else None,
                denies=frozenset(denies),
                clears=clears,
                observed_at=observed_at,
            )


def _denies(evidence: Evidence) -> bool:
    return evidence.visibility not in (Visibility.PUBLIC, Visibility.UNKNOWN)


WORDPRESS: Final = WordPress()
