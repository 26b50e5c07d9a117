"""The sites of one dump: what its files and the operator say of each, and its surroundings.

An answer of the core API names its site by address, one of WordPress.com by number; a
site's record says which number has which address.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from platforms.records import AccountReading, Evidence, FactReading, Visibility
from platforms.sources.marks import Watch, doubt
from platforms.sources.values import shown
from platforms.sources.wordpress.answers import Ref
from platforms.sources.wordpress.gates import RULES
from platforms.sources.wordpress.items import (
    SLUG,
    Authors,
    Context,
    Site,
)
from platforms.sources.wordpress.parents import Appearance, Parents
from platforms.sources.wordpress.site import (
    FACTS,
    VISIBILITY_FACT,
    VISIBILITY_GAP,
    address,
    cleared_by,
    evidence_of,
    host_of,
    one_spelling,
    switch,
)

PLACES: Final = ("options", "settings")
FORMER_ADDRESS: Final = "unmapped_url"
# How many values of one switch are kept: every item of the site is judged by each of them.
MOST_SAID: Final = 20
ABOUT_ITSELF: Final = frozenset(FACTS) - {"site", "staging", "hosting", "authors"}
NOT_LAUNCHED_BY_DEFAULT: Final = (False, "")
BAD_IF_TRUE: Final = {
    "is_private": (Visibility.PRIVATE, "private", "the site is private"),
    "is_coming_soon": (Visibility.UNPUBLISHED, "coming_soon", "the site has not been opened yet"),
    "is_deleted": (Visibility.ACCOUNT_GONE, "gone", "the site was deleted"),
    "is_suspended": (Visibility.ACCOUNT_GONE, "suspended", "the site is suspended"),
    "wpcom_prevent_third_party_sharing": (
        Visibility.OPTED_OUT,
        "platform_opt_out",
        "the site opted out of data sharing",
    ),
}
# What a reader made of the site for themselves, and what it sells, close it to nobody.
WATCH: Final = Watch((*BAD_IF_TRUE, *ABOUT_ITSELF, "visible", "is_blocked", "is_commercial"))


class Posting(msgspec.Struct, frozen=True):
    """A post of an answer whose author is known by number until all authors are."""

    number: str | None
    appearance: Appearance
    author: str | None


class Surroundings:
    """What the first pass learns of one site."""

    def __init__(self) -> None:
        self.authors, self.parents = Authors(), Parents()
        self.postings: list[Posting] = []
        self.values: dict[str, list[object]] = {}
        self.evidence: dict[Evidence, None] = {}
        self.former_addresses: dict[str, None] = {}
        self.is_described = self.is_of_wpcom = False

    def describe(self, record: Mapping[str, Any]) -> None:
        """Note what a site's record says of it, beside what others say."""
        self.is_described = self.is_described or "ID" in record
        for name, value in _values_in(record):
            self._note(name, [] if value is None else [value])
        self._note_evidence(_flags_in(record))
        self._note_former(_option(record, FORMER_ADDRESS))

    def note_rule(self, kind: str | None, status: str | None) -> None:
        """Note that a plugin closes some of the site's posts, and only it knows which."""
        if status == "publish" and (plugin := RULES.get(kind or "")):
            detail = (
                f"by its rules ({kind}), which the export holds, {plugin} may close any post of the"
                " site; import an export of those that everybody can read, without the rules"
            )
            self._note_evidence([_unknown("site_rules_unknown", detail)])

    def update(self, other: "Surroundings") -> None:
        """Take over what was learned of the same site under another name."""
        self.authors.update(other.authors)
        self.parents.update(other.parents)
        self.postings += other.postings
        for name, values in other.values.items():
            self._note(name, values)
        self._note_evidence(other.evidence)
        for former in other.former_addresses:
            self._note_former(former)
        self.is_described = self.is_described or other.is_described
        self.is_of_wpcom = self.is_of_wpcom or other.is_of_wpcom

    def _note(self, name: str, values: Iterable[object]) -> None:
        found = self.values.setdefault(name, [])
        for value in values:
            if value in found:
                continue
            if len(found) < MOST_SAID:
                found.append(value)
            else:
                detail = f"its records say more than {MOST_SAID} different things of {name}"
                self._note_evidence([_unknown("site_record_unknown", detail)])

    def _note_former(self, raw: object) -> None:
        """Keep the address from before the site had a domain: people say no by it, too."""
        if raw is None:
            return
        if (found := address(raw)) and len(self.former_addresses) < MOST_SAID:
            self.former_addresses[found] = None
        elif found not in self.former_addresses:
            detail = f"{FORMER_ADDRESS} is not understood, or is told in too many ways"
            self._note_evidence([_unknown("site_record_unknown", detail)])

    def _note_evidence(self, evidence: Iterable[Evidence]) -> None:
        """Keep one for each code: every item of the site will have all of them."""
        known = {one.code for one in self.evidence}
        self.evidence.update({one: None for one in evidence if one.code not in known})

    def place_postings(self) -> None:
        """Join the posts of answers with their authors' logins, now that all are known."""
        for posting in self.postings:
            login = self.authors.login_of(posting.author) if posting.author else None
            named = msgspec.structs.replace(posting.appearance, creator=login)
            self.parents.add(posting.number, named)
        self.postings = []


class Sites:
    """Every site that a dump names."""

    def __init__(self, asserted: Mapping[str, object], observed_at: datetime) -> None:
        authors = asserted.get("authors")
        self._authors = authors if isinstance(authors, tuple) else ()
        self._asserted, self._observed_at = asserted, observed_at
        self._by_ref: dict[Ref, Surroundings] = {}
        self._addresses: dict[str, set[str]] = {}
        self._joined: dict[str | Ref, Surroundings] = {}
        self._contexts: dict[Ref, Context] = {}
        self._only_name: str | None = None
        self._renamed: frozenset[str] = frozenset()
        self._is_placed = True

    def at(self, ref: Ref) -> Surroundings:
        """What is known of the site that a record names; unclear names are one site's."""
        if ref.number and ref.address:
            self._addresses.setdefault(ref.number, set()).add(ref.address)
        return self._by_ref.setdefault(_key(ref), Surroundings())

    def settle(self) -> None:
        """Say what every site is, now that everything was read."""
        joined = self._joined
        self._only_name = self._asserted_name()
        several = [found for found in self._addresses.values() if len(found) > 1]
        self._renamed = frozenset().union(*several)
        for ref, found in self._by_ref.items():
            known = joined.setdefault(self._name_of(ref), found)
            if known is not found:
                known.update(found)
        is_one = len([name for name in joined if _is_somebody(name)]) <= 1
        told = [s for name, s in joined.items() if not _is_somebody(name)]
        self._is_placed = not any(s.values or s.evidence or s.is_described for s in told)
        known_as = {
            name: self._context(name, found, is_one=is_one) for name, found in joined.items()
        }
        self._contexts = {ref: known_as[self._name_of(ref)] for ref in self._by_ref}

    def context(self, ref: Ref) -> Context:
        return self._contexts[_key(ref)]

    def readings(self) -> Iterator[AccountReading]:
        """What is to be kept of each site, also when nothing of it is shared."""
        for one in {c.site.address: c for c in self._contexts.values()}.values():
            if one.site.address is not None:
                yield from self._reading(one.site.address, one)

    def facts(self) -> Iterator[FactReading]:
        """What the sites' own records say, for items elsewhere that lack it, unless in doubt."""
        if not self._is_placed:
            return
        for name in sorted({ref.address for ref in self._by_ref if ref.address}):
            found = self._joined.get(name)
            if found is None or not found.values.get(VISIBILITY_FACT) or self._is_doubted(name):
                continue
            yield FactReading(
                platform=SLUG,
                about=name,
                settles=frozenset({VISIBILITY_GAP}),
                evidence=tuple(dict.fromkeys(_proofs(name, found, found.values))),
                observed_at=self._observed_at,
            )

    def _name_of(self, ref: Ref) -> str | Ref:
        """The site's address, or what else it is known by."""
        if not ref.is_clear:
            return ref
        found = {ref.address} if ref.address else self._addresses.get(ref.number or "", set())
        if len(found) == 1:
            return str(next(iter(found)))
        return ref if found else self._only_name or ref

    def _asserted_name(self) -> str | None:
        """The asserted address, if a site that does not tell its own can have no other."""
        asserted = self._asserted.get("site")
        named = {r.address for r in self._by_ref if r.address}
        numbers = {r.number for r in self._by_ref if r.number} | set(self._addresses)
        is_only = named <= {asserted} and len(numbers) <= 1
        return str(asserted) if asserted and is_only else None

    def _context(self, name: str | Ref, found: Surroundings, *, is_one: bool) -> Context:
        for number, login in self._authors:
            found.authors.declare(login, number)
        found.place_postings()
        address = name if isinstance(name, str) and self._agrees(name) else None
        evidence = (
            *(self._doubts(name) if address is None or address in self._renamed else ()),
            *(() if is_one else self._of_several(found)),
            *(() if self._is_placed else _of_unplaced()),
            *_proofs(address, found, self._merged(found)),
        )
        if not is_one:
            # What an operator asserts of such a dump may be true of one of its sites only.
            evidence = tuple(msgspec.structs.replace(one, fact="") for one in evidence)
        names = (*((address,) if address else ()), *found.former_addresses)
        also = dict.fromkeys((*found.former_addresses, *map(one_spelling, names)))
        also.pop(address or "", None)
        its_site = Site(address, tuple(dict.fromkeys(evidence)), tuple(also))
        return Context(its_site, found.authors, found.parents, self._observed_at)

    def _agrees(self, address: str) -> bool:
        return self._asserted.get("site") in (None, address)

    def _is_doubted(self, address: str) -> bool:
        return address in self._renamed or not self._agrees(address)

    def _doubts(self, name: str | Ref) -> Iterator[Evidence]:
        if isinstance(name, str) and name in self._renamed:
            detail = "its number has another address, too; leave the records of that one out"
            yield _unknown("site_contradictory", detail)
            return
        if isinstance(name, str) or not name.is_clear:
            detail = "it names several sites, one that cannot be read, or not the asserted one"
            yield _unknown("site_contradictory", detail)
            return
        if len(self._addresses.get(name.number or "", ())) > 1:
            yield _unknown("site_contradictory", f"site {name.number} has several addresses")
            return
        where = f"the answer of /sites/{name.number}" if name.number else "answers with _links"
        detail = f"nothing says which site it is; add {where}, or settle with --fact site=ADDRESS"
        yield _unknown("site_unknown", detail)

    def _of_several(self, found: Surroundings) -> Iterator[Evidence]:
        """In a dump of several sites, what is asserted may be true of one of them only."""
        if found.is_described and not self._asserted:
            return
        detail = "the facts are about one site, and the dump names several; read each by itself"
        yield _unknown("several_sites", detail)

    def _merged(self, found: Surroundings) -> dict[str, list[object]]:
        merged = {
            name: [value]
            for name, value in self._asserted.items()
            if name not in ("site", "authors") and value is not None
        }
        for name, values in found.values.items():
            merged.setdefault(name, []).extend(values)
        return merged

    def _reading(self, address: str, context: Context) -> Iterator[AccountReading]:
        evidence = context.site.evidence
        denies = frozenset(e.code for e in evidence if _denies(e))
        is_proven = all(e.visibility is Visibility.PUBLIC for e in evidence)
        clears = self._cleared(address) if is_proven else frozenset()
        if denies or clears:
            yield AccountReading(
                platform=SLUG,
                native_id=address,
                # A host may serve several sites: only one that is all of it speaks by its name.
                handle=address if host_of(address) == address else None,
                denies=denies,
                clears=clears,
                observed_at=self._observed_at,
            )

    def _cleared(self, address: str) -> frozenset[str]:
        merged = self._merged(self._joined[address])
        return frozenset.intersection(*(cleared_by(each) for each in _variants(address, merged)))


def _proofs(
    address: str | None, found: Surroundings, merged: Mapping[str, list[object]]
) -> Iterator[Evidence]:
    for values in _variants(address, merged):
        yield from evidence_of(values)
    yield from found.evidence
    if found.is_of_wpcom:
        yield from _unread(merged)


def _variants(
    address: str | None, merged: Mapping[str, list[object]]
) -> Iterator[dict[str, object]]:
    """One set of values, and others for what is told in several ways: all of them count."""
    first = {name: values[0] for name, values in merged.items() if values}
    yield {**first, "site": address}
    for name, values in merged.items():
        for value in values[1:]:
            yield {**first, name: value, "site": address}


def _key(ref: Ref) -> Ref:
    """One site under one name: its address where it is told, else its number."""
    if not ref.is_clear:
        return Ref(is_clear=False)
    return Ref(address=ref.address) if ref.address else Ref(ref.number)


def _is_somebody(name: str | Ref) -> bool:
    return isinstance(name, str) or name.number is not None


def _option(record: Mapping[str, Any], name: str) -> object:
    options = record.get("options")
    return options.get(name) if isinstance(options, dict) else None


def _values_in(record: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The switches that a site's record holds, by the names of the facts."""
    for place in (record, *(record.get(name) for name in PLACES)):
        if isinstance(place, dict):
            for name in sorted(ABOUT_ITSELF & place.keys()):
                if not (name == "launch_status" and place[name] in NOT_LAUNCHED_BY_DEFAULT):
                    yield name, place[name]
    if "is_wpcom_staging_site" in record:
        yield "staging", record["is_wpcom_staging_site"]
    if switch(record.get("is_coming_soon")) is True:
        yield "wpcom_coming_soon", True
    if hosting := _hosting(record):
        yield "hosting", hosting


def _hosting(record: Mapping[str, Any]) -> str | None:
    """Where the site lives, if the record says all that is needed to know it."""
    if switch(record.get("is_vip")) is True:
        return "vip"
    is_jetpack = [switch(record[n]) for n in ("jetpack", "jetpack_connection") if n in record]
    if True in is_jetpack and switch(record.get("is_wpcom_atomic")) is not True:
        return "jetpack"
    is_read = "jetpack" in record and None not in is_jetpack
    return "wpcom" if is_read and switch(record.get("is_vip")) is False else None


def _flags_in(record: Mapping[str, Any]) -> Iterator[Evidence]:
    """What stands against the site by a flag of the record's own; absence says nothing."""
    for place in (record, *(record.get(name) for name in PLACES)):
        for name, (visibility, code, detail) in BAD_IF_TRUE.items():
            if isinstance(place, dict) and name in place:
                found = switch(place[name])
                if found is None:
                    yield _unknown(f"{name}_unknown", f"{name} is {shown(place[name])}")
                elif found:
                    yield Evidence("container", visibility, code, detail)
    yield from (doubt(detail, "container") for detail in WATCH.marks_in(record))
    for name in PLACES:
        if not isinstance(record.get(name), dict | type(None)) and record[name] != []:
            yield _unknown("site_record_unknown", f"{name} is {shown(record[name])}")
    if switch(record.get("is_wpcom_atomic")) is True and "is_wpcom_staging_site" not in record:
        detail = "the record does not say whether it is a staging copy"
        yield _unknown("staging_unknown", detail)


def _unread(values: Mapping[str, Iterable[object]]) -> Iterator[Evidence]:
    """What a site of WordPress.com must say before it is shared."""
    if not values.get("hosting"):
        detail = (
            "no record of the site says whether Jetpack or VIP serves it (jetpack, is_vip);"
            " settle with --fact hosting=wpcom"
        )
        yield _unknown("hosting_unknown", detail, "hosting")
    if not values.get("wpcom_data_sharing_opt_out"):
        detail = (
            "no record of the site says whether it opted out; add the answer of its"
            " /settings, or settle with --fact wpcom_data_sharing_opt_out=false"
        )
        yield _unknown("opt_out_unknown", detail, "wpcom_data_sharing_opt_out")


def _of_unplaced() -> Iterator[Evidence]:
    detail = (
        "the record of a site does not say clearly of which one it is, so it may be of this one;"
        " settle with --fact site=ADDRESS, or leave the record out"
    )
    yield _unknown("site_record_unplaced", detail)


def _unknown(code: str, detail: str, fact: str = "") -> Evidence:
    return Evidence("container", Visibility.UNKNOWN, code, detail, fact=fact)


def _denies(evidence: Evidence) -> bool:
    return evidence.visibility not in (Visibility.PUBLIC, Visibility.UNKNOWN)
