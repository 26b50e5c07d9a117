"""What a person sees of their accounts: what they chose, what is in effect, and why.

Reads only. The number of queries does not grow with the number of accounts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Prefetch

from consent.models import ReasonCode, Standing, Statement, WideChoice
from people.models import User
from platforms.models import Account, AccountState, Platform
from platforms.reports import ADULT

LATEST = 5
"""How many statements the first page shows; the history has all of them."""


@dataclass(frozen=True)
class AccountRow:
    """One account: ``switched_on`` is the person's choice, ``shared`` what comes of it.

    They differ where something else denies, and then ``others`` or ``platform_says``
    holds the reasons.
    """

    account: Account
    standing: Standing | None
    partners: tuple[str, ...]
    platform_says: tuple[str, ...]

    @property
    def reasons(self) -> list[str]:
        return self.standing.reasons if self.standing else []

    @property
    def needs_a_yes(self) -> bool:
        return self.account.platform.mode == Platform.Mode.OPT_IN

    @property
    def said_yes(self) -> bool:
        return bool(self.standing and self.standing.allowed)

    @property
    def by_person(self) -> bool:
        return ReasonCode.PERSON in self.reasons

    @property
    def by_gpc(self) -> bool:
        return ReasonCode.GPC in self.reasons

    @property
    def others(self) -> list[str]:
        """The active reasons that the person's switch does not clear."""
        return [reason for reason in self.reasons if reason not in ("person", "gpc")]

    @property
    def silent(self) -> bool:
        """True where only a yes counts and none was given."""
        return self.needs_a_yes and not self.said_yes and not self.reasons

    @property
    def switched_on(self) -> bool:
        if self.by_person or self.by_gpc:
            return False
        return not self.silent

    @property
    def shared(self) -> bool:
        return not self.reasons and not self.silent and not self.platform_says

    @property
    def shared_since(self) -> datetime | None:
        """From when on, where only newer content is shared."""
        return self.standing.shared_from if self.standing and self.shared else None

    @property
    def explained(self) -> bool:
        """True where there is more to say than the switch shows."""
        return not self.shared or bool(self.partners or self.shared_since)

    @property
    def name(self) -> str:
        return str(self.account)

    @property
    def pk_text(self) -> str:
        return str(self.account.pk)


@dataclass(frozen=True)
class Group:
    """The accounts on one platform. ``later_off``: accounts linked later start off."""

    platform: Platform
    rows: list[AccountRow]
    later_off: bool

    @property
    def switched_on(self) -> bool:
        """False once nothing is left to turn off, so that turning off is always one click."""
        return not self.later_off or any(row.switched_on for row in self.rows)

    @property
    def mixed(self) -> bool:
        return self.switched_on and not all(row.switched_on for row in self.rows)


@dataclass(frozen=True)
class Overview:
    """Everything the first page says about one person."""

    groups: list[Group]
    choices: list[WideChoice]
    latest: list[Statement]

    @cached_property
    def rows(self) -> list[AccountRow]:
        return [row for group in self.groups for row in group.rows]

    @property
    def shared_count(self) -> int:
        return sum(row.shared for row in self.rows)

    @property
    def switched_on(self) -> bool:
        return not self.later_off or any(row.switched_on for row in self.rows)

    @property
    def mixed(self) -> bool:
        return self.switched_on and not all(row.switched_on for row in self.rows)

    @property
    def later_off(self) -> bool:
        """True where an account linked later starts off, on whichever platform."""
        return any(choice.denied and choice.platform_id is None for choice in self.choices)

    @property
    def gpc(self) -> WideChoice | None:
        """The browser's signal, if it ever came."""
        return next((each for each in self.choices if each.reason == ReasonCode.GPC), None)


def overview_of(person: User) -> Overview:
    choices = list(WideChoice.objects.filter(person=person).order_by("made_at"))
    rows = rows_of(Account.objects.filter(person=person))
    return Overview(
        groups=list(grouped(rows, choices)),
        choices=choices,
        latest=list(Statement.objects.of_person(person).select_related("account")[:LATEST]),
    )


def rows_of(accounts: Iterable[Account]) -> list[AccountRow]:
    """``accounts`` (a queryset) by platform and name, each with what binds it."""
    listed = list(
        accounts.select_related("platform")  # type: ignore[attr-defined]
        .prefetch_related(Prefetch("standings", Standing.objects.order_by("partner")))
        .order_by("platform__name", "handle", "pk")
    )
    said = platform_denials(listed)
    return [row_of(account, said) for account in listed]


def row_of(account: Account, said: dict[tuple[str, int], list[str]]) -> AccountRow:
    standings = {standing.partner: standing for standing in account.standings.all()}
    reasons = {
        reason for key in account.keys for reason in said.get((account.platform_id, key), ())
    }
    return AccountRow(
        account=account,
        standing=standings.get(""),
        partners=tuple(name for name, each in standings.items() if name and each.denied),
        platform_says=tuple(sorted(reasons)),
    )


def platform_denials(accounts: list[Account]) -> dict[tuple[str, int], list[str]]:
    """What the platforms themselves say against these accounts, by platform and key.

    A rating is not among it: what is adult may be shared where that is agreed.
    """
    keys = {key for account in accounts for key in account.keys}
    states = AccountState.objects.denied(adult=True).filter(account_key__in=keys)
    return {
        (state.platform_id, state.account_key): [each for each in state.reasons if each != ADULT]
        for state in states
    }


def grouped(rows: list[AccountRow], choices: list[WideChoice]) -> Iterable[Group]:
    bound = {choice.platform_id for choice in choices if choice.denied}
    platforms = {row.account.platform_id: row.account.platform for row in rows}
    for slug, platform in platforms.items():
        mine = [row for row in rows if row.account.platform_id == slug]
        yield Group(platform, mine, later_off=bool(bound & {None, slug}))
