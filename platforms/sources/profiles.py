"""What a dump says of each Meta account, page, group or event, and what that proves.

A field that is present must hold an understood value. Everything any record says of an
account counts, and the worst of it wins.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec

from platforms.records import AccountReading, Evidence, FactReading, Visibility
from platforms.sources.graph import Meaning, ages_in, id_in, reading
from platforms.sources.marks import Watch, doubt
from platforms.sources.values import name_in

MINOR: Final = "minor"


class Terms(msgspec.Struct, frozen=True):
    """How one platform speaks of its accounts.

    ``proofs`` are the fields of which one must say public, ``denials`` the lasting reasons
    against an account by field; ``fact`` is what the operator may assert instead, ``fame``
    tells whether a record is of a public figure, where the platform has such a notion, and
    ``watch`` knows the other fields that accounts have.
    """

    platform: str
    noun: str
    fields: Mapping[str, Meaning]
    proofs: tuple[str, ...]
    denials: Mapping[str, str]
    fact: str
    watch: Watch
    ids: tuple[str, ...] = ("id",)
    fame: Callable[[Mapping[str, Any]], bool | None] | None = None


class Profile:
    """All readings of one account's fields, and every name it goes by."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.ages: set[Visibility] = set()
        self.is_public_figure: bool | None = None
        self.marks: dict[str, None] = {}
        self._read: dict[str, set[Visibility]] = {}

    @property
    def handle(self) -> str | None:
        return next(iter(self.names.values()), None)

    def add(self, raw: Mapping[str, Any], terms: Terms, on: date) -> None:
        if name := name_in(raw.get("username")):
            self.names.setdefault(_folded(name), name)
        self.ages |= ages_in(_own_fields(raw), on)
        self.marks.update(dict.fromkeys(terms.watch.marks_within(raw)))
        if terms.fame and (fame := terms.fame(raw)) is not None:
            self.is_public_figure = fame and self.is_public_figure is not False
        for field, meaning in terms.fields.items():
            if field in raw:
                self.note(field, reading(meaning, raw[field]))

    def note(self, field: str, visibility: Visibility) -> None:
        self._read.setdefault(field, set()).add(visibility)

    def add_worse(self, other: "Profile") -> None:
        """Take over only what ``other`` says against sharing."""
        self.ages |= other.ages - {Visibility.PUBLIC}
        self.marks.update(other.marks)
        for field, found in other._read.items():
            self._read.setdefault(field, set()).update(found - {Visibility.PUBLIC})

    def found(self, field: str) -> frozenset[Visibility]:
        return frozenset(self._read.get(field, ()))


class Profiles:
    """Every account that a dump mentions, by id; without one, only what speaks against it."""

    def __init__(self, terms: Terms, asserted: Mapping[str, object], on: date) -> None:
        self._terms, self._on = terms, on
        self._asserted = asserted.get(terms.fact)
        self._by_id: dict[str, Profile] = {}
        self._by_name: dict[str, Profile] = {}
        self._posting: set[str] = set()

    def add(self, raw: Mapping[str, Any]) -> None:
        """Note a record of an account, or an object that stands for one in another record."""
        numbers = {id_in(raw, name) for name in self._terms.ids} - {None}
        for number in numbers:
            self._by_id.setdefault(str(number), Profile()).add(raw, self._terms, self._on)
        if not numbers and (name := name_in(raw.get("username"))):
            nameless = self._by_name.setdefault(_folded(name), Profile())
            nameless.add(raw, self._terms, self._on)

    def add_posting(self, number: str | None) -> None:
        """Note an account of which the operator's assertion speaks: one that posts here."""
        if number is None or number in self._posting:
            return
        self._posting.add(number)
        profile = self._by_id.setdefault(number, Profile())
        if isinstance(self._asserted, Visibility):
            profile.note(self._terms.fact, self._asserted)

    def join_by_name(self) -> None:
        """Let what records without an id say reach the accounts of that name."""
        for profile in self._by_id.values():
            for name in profile.names:
                if nameless := self._by_name.get(name):
                    profile.add_worse(nameless)

    def get(self, number: str | None, handle: str | None = None) -> Profile:
        """What is known of an account, by its id and by the name it has in a record."""
        known = self._by_id.get(number or "") or Profile()
        if handle and (nameless := self._by_name.get(_folded(handle))):
            known.add_worse(nameless)
        return known

    def evidence_of(
        self, number: str | None, handle: str | None = None, *, level: str = "container"
    ) -> Iterator[Evidence]:
        """Whether the account is public, and all that speaks against it."""
        yield from self.against(number, handle, level=level)
        profile, terms = self.get(number, handle), self._terms
        proofs = [profile.found(field) for field in (*terms.proofs, terms.fact)]
        if any(Visibility.PUBLIC in found for found in proofs):
            yield Evidence(level, Visibility.PUBLIC, terms.noun)
            return
        if not any(proofs):
            fact = terms.fact if number in self._posting else ""
            code, detail = f"{terms.noun}_unknown", self._advice(number)
            yield Evidence(level, Visibility.UNKNOWN, code, detail, number or "", fact)

    def against(
        self, number: str | None, handle: str | None = None, *, level: str, without: str = ""
    ) -> Iterator[Evidence]:
        """What was read of the account that does not let it be shared."""
        profile, terms = self.get(number, handle), self._terms
        for field in (*terms.fields, terms.fact):
            if field == without:
                continue
            for visibility in sorted(profile.found(field) - {Visibility.PUBLIC}):
                yield _against(field, visibility, level, terms)
        for visibility in sorted(profile.ages - {Visibility.PUBLIC}):
            yield _of_age(visibility, level)
        for detail in profile.marks:
            yield doubt(f"of the {terms.noun}: {detail}", level)

    def readings(self, observed_at: datetime) -> Iterator[AccountReading]:
        for number, profile in self._by_id.items():
            yield from self._reading(number, profile, observed_at)
        for profile in self._by_name.values():
            yield from self._reading(None, profile, observed_at)

    def facts(self, observed_at: datetime) -> Iterator[FactReading]:
        """What the dump's own records say, for posts elsewhere that lack them."""
        terms = self._terms
        for number, profile in self._by_id.items():
            if not any(profile.found(field) - {Visibility.UNKNOWN} for field in terms.proofs):
                continue
            against = self.against(number, level="container", without=terms.fact)
            proof = Evidence("container", Visibility.PUBLIC, terms.noun)
            is_proven = any(Visibility.PUBLIC in profile.found(field) for field in terms.proofs)
            yield FactReading(
                platform=terms.platform,
                about=number,
                settles=frozenset({f"{terms.noun}_unknown"}),
                evidence=(*against, *([proof] if is_proven else [])),
                observed_at=observed_at,
            )

    def _reading(
        self, number: str | None, profile: Profile, observed_at: datetime
    ) -> Iterator[AccountReading]:
        denies = _denials(profile, self._terms)
        clears = self._cleared(number, profile) if number else frozenset()
        if denies or clears:
            yield AccountReading(
                platform=self._terms.platform,
                native_id=number,
                handle=profile.handle,
                denies=denies,
                clears=clears,
                observed_at=observed_at,
            )

    def _cleared(self, number: str, profile: Profile) -> frozenset[str]:
        """The earlier denials that an account, proven public, contradicts one by one.

        By its records alone: what an operator asserts is about one dump.
        """
        evidence = self.evidence_of(number)
        is_proven = any(Visibility.PUBLIC in profile.found(field) for field in self._terms.proofs)
        if not is_proven or any(e.visibility is not Visibility.PUBLIC for e in evidence):
            return frozenset()
        return frozenset(
            reason
            for field, reason in self._terms.denials.items()
            if profile.found(field) == {Visibility.PUBLIC}
        )

    def _advice(self, number: str | None) -> str:
        """What to supply; an assertion is only about the accounts that post in the dump."""
        fields, noun = " or ".join(self._terms.proofs), self._terms.noun
        if number is None:
            return f"nothing settles whether the {noun} is public without its id"
        supply = f"no record says that the {noun} is public: supply it with {fields}"
        if number not in self._posting:
            return supply
        return f"{supply}; settle with --fact {self._terms.fact}=public"


def _denials(profile: Profile, terms: Terms) -> frozenset[str]:
    fields = {**terms.denials, terms.fact: "private"}
    harmless = {Visibility.PUBLIC, Visibility.UNKNOWN}
    denied = {reason for field, reason in fields.items() if profile.found(field) - harmless}
    if Visibility.OUT_OF_SCOPE in profile.ages:
        denied.add(MINOR)
    return frozenset(denied)


def _against(field: str, visibility: Visibility, level: str, terms: Terms) -> Evidence:
    if visibility is Visibility.UNKNOWN:
        detail = f"{terms.noun}.{field} holds a value that is not understood"
        return Evidence(level, visibility, f"{terms.noun}_{field}_unknown", detail)
    code = terms.denials.get(field, "private")
    return Evidence(level, visibility, code, f"{field} of the {terms.noun} says so")


def _of_age(visibility: Visibility, level: str) -> Evidence:
    if visibility is Visibility.UNKNOWN:
        detail = "an age or birthday of the account is not understood"
        return Evidence(level, visibility, "age_unknown", detail)
    return Evidence(level, visibility, MINOR, "the account is of somebody under 18")


def _own_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that speak of the account itself, without the lists that hang from it."""
    names = ("is_minor", "age", "age_range", "birthday")
    return {name: raw[name] for name in names if name in raw}


def _folded(name: str) -> str:
    return name.strip().lstrip("@").casefold()
