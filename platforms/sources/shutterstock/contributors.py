"""What a dump says of each contributor: whether their work may be licensed as data.

Everything any record says counts, and the worst of it wins. Names, places and
addresses of contributors are read by nobody here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from platforms.records import Evidence, Visibility
from platforms.sources.marks import Watch, doubt
from platforms.sources.shutterstock.values import id_in

CHOICES: Final[Mapping[str, Mapping[bool | str, Visibility]]] = {
    "data_licensing": {
        True: Visibility.PUBLIC,
        "opted_in": Visibility.PUBLIC,
        False: Visibility.OPTED_OUT,
        "opted_out": Visibility.OPTED_OUT,
    },
    "data_licensing_opt_out": {False: Visibility.PUBLIC, True: Visibility.OPTED_OUT},
}
STATUSES: Final[Mapping[bool | str, Visibility]] = {
    "active": Visibility.PUBLIC,
    **dict.fromkeys(("closed", "deleted", "deactivated"), Visibility.ACCOUNT_GONE),
    **dict.fromkeys(("suspended", "terminated"), Visibility.ACCOUNT_GONE),
}
KNOWN: Final = (*CHOICES, "account_status")
WATCH: Final = Watch(KNOWN, {"contributor": Watch(KNOWN)})
CHOICE: Final = "contributor.data_licensing"
CHOICE_GAP: Final = "contributor_choice_unknown"
SETTLE: Final = (
    "nothing says what the contributor chose; settle with a record of the contributor, "
    f"or with --fact {CHOICE}=opted_in"
)


class Contributors:
    """Every contributor that a dump mentions, by id."""

    def __init__(self, asserted: Mapping[str, object]) -> None:
        self._asserted = asserted.get(CHOICE)
        self._choices: dict[str, set[Visibility]] = {}
        self._statuses: dict[str, set[Visibility]] = {}
        self._marks: dict[str, dict[str, None]] = {}

    def add(self, raw: Mapping[str, Any]) -> None:
        """Take over what ``raw``, a contributor or the contributor of a record, says."""
        number = id_of(raw)
        if number is None:
            return
        choices = self._choices.setdefault(number, set())
        inner = raw.get("contributor")
        for part in (raw, inner if isinstance(inner, dict) else {}):
            choices.update(_read(CHOICES[name], part[name]) for name in CHOICES if name in part)
            if "account_status" in part:
                found = _read(STATUSES, part["account_status"])
                self._statuses.setdefault(number, set()).add(found)
        if marks := WATCH.marks_within(raw):
            self._marks.setdefault(number, {}).update(dict.fromkeys(marks))

    def add_of_item(self, raw: Mapping[str, Any]) -> None:
        """Take over what an image, video or track says of its contributor."""
        names = ("contributor", "account_status", *CHOICES)
        self.add({name: raw[name] for name in names if name in raw})

    def evidence_of(self, number: str | None) -> Iterator[Evidence]:
        """What stands for and against the account ``number``; without a choice it is unknown."""
        yield from self._of_choice(number, self._choices.get(number or "", set()))
        for found in sorted(self._statuses.get(number or "", set()) - {Visibility.PUBLIC}):
            code = "account_status_unknown" if found is Visibility.UNKNOWN else "account_gone"
            yield Evidence("account", found, code, "the contributor's account_status says so")
        for detail in self._marks.get(number or "", ()):
            yield doubt(f"of the contributor: {detail}", "account")

    def known(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Each contributor, and the reasons for which nothing of theirs may be shared."""
        for number, choices in self._choices.items():
            denies = set()
            if Visibility.OPTED_OUT in choices or self._asserted is False:
                denies.add("platform_opt_out")
            if Visibility.ACCOUNT_GONE in self._statuses.get(number, set()):
                denies.add("gone")
            yield number, frozenset(denies)

    def answers(self) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
        """What the records themselves say of each contributor whose choice they tell."""
        told = Contributors({})
        told._choices, told._statuses, told._marks = self._choices, self._statuses, self._marks
        for number, choices in self._choices.items():
            if choices - {Visibility.UNKNOWN}:
                yield number, tuple(told.evidence_of(number))

    def _of_choice(self, number: str | None, found: set[Visibility]) -> Iterator[Evidence]:
        if Visibility.OPTED_OUT in found or self._asserted is False:
            detail = "the contributor opted out of data licensing"
            yield Evidence("account", Visibility.OPTED_OUT, "platform_opt_out", detail)
        if Visibility.UNKNOWN in found:
            detail = "a record of the contributor's choice is not understood"
            yield Evidence("account", Visibility.UNKNOWN, CHOICE_GAP, detail)
        if Visibility.PUBLIC in found or (self._asserted is True and not found):
            yield Evidence("account", Visibility.PUBLIC, "data_licensing")
        elif not found and self._asserted is None:
            yield Evidence("account", Visibility.UNKNOWN, CHOICE_GAP, SETTLE, number or "", CHOICE)


def id_of(raw: Mapping[str, Any]) -> str | None:
    """The id that a contributor's record gives; None when it gives two."""
    inner = raw.get("contributor")
    given = [raw[name] for name in ("contributor_id", "id") if name in raw]
    if isinstance(inner, dict) and "id" in inner:
        given.append(inner["id"])
    found = {id_in(value) for value in given}
    return found.pop() if len(found) == 1 else None


def _read(meaning: Mapping[bool | str, Visibility], raw: object) -> Visibility:
    if not isinstance(raw, bool | str):
        return Visibility.UNKNOWN
    return meaning.get(raw, Visibility.UNKNOWN)
