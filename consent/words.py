"""Codes in plain words, for the person's pages."""

from typing import Final

from audit.events import ActorKind
from consent.models import ReasonCode, Source, Statement

WHY_IT_STAYS: Final[dict[str, str]] = {
    ReasonCode.ERASURE: "You asked to be erased. An operator takes that back, not this switch.",
    ReasonCode.OBJECTION: "An objection is on record. An operator lifts it, not this switch.",
    ReasonCode.LEGAL: "A legal duty forbids it. An operator lifts it once the duty has ended.",
    ReasonCode.AGENT: "Your agent asked us not to. An operator lifts it, not this switch.",
    ReasonCode.PLATFORM_LIST: "You said no in the platform’s own settings. Change it there.",
    ReasonCode.MINOR: "The account belongs to a minor. This switch cannot change that.",
}
"""Each reason that the person's switch leaves in place, and how it would end."""

BECAUSE: Final[dict[str, str]] = {
    ReasonCode.PERSON: "you said so",
    ReasonCode.GPC: "your browser asked for it",
    ReasonCode.ERASURE: "a request to be erased",
    ReasonCode.OBJECTION: "an objection",
    ReasonCode.LEGAL: "a legal duty",
    ReasonCode.AGENT: "your agent asked for it",
    ReasonCode.PLATFORM_LIST: "your choice in the platform’s own settings",
    ReasonCode.MINOR: "the account belongs to a minor",
}
"""Each reason, as it ends a sentence in the history."""

DOORS: Final[dict[str, str]] = {
    Source.WEB: "on this website",
    Source.API: "through the API",
    Source.BROWSER: "by your browser’s signal",
    Source.OPERATOR: "by an operator",
    Source.IMPORT: "in the platform’s list",
    Source.LINK: "because of your earlier choice for everything",
}


def why_it_stays(reason: str) -> str:
    return WHY_IT_STAYS.get(reason, "There is another reason on record.")


def platform_reason(code: str) -> str:
    """What a platform says of an account: its code, spelled as words."""
    return code.replace("_", " ")


def what_happened(statement: Statement) -> str:
    """One statement as a sentence without the account's name."""
    if statement.act == Statement.Act.OPT_OUT:
        return of_a_no(statement)
    return of_a_yes(statement)


def of_a_no(statement: Statement) -> str:
    to_whom = f" with the partner “{statement.partner}”" if statement.partner else ""
    if statement.reason == ReasonCode.PERSON:
        return f"Sharing{to_whom} turned off"
    return f"Sharing{to_whom} turned off: {BECAUSE[statement.reason]}"


def of_a_yes(statement: Statement) -> str:
    since = "older content included" if statement.include_older else "from then on"
    to_whom = f" with the partner “{statement.partner}”" if statement.partner else ""
    if statement.reason == ReasonCode.PERSON:
        return f"Sharing{to_whom} turned on, {since}"
    if statement.reason == ReasonCode.GPC:
        return f"Your browser’s signal set aside{to_whom}, {since}"
    return f"No longer a reason against sharing{to_whom}: {BECAUSE[statement.reason]}"


def who_and_where(statement: Statement) -> str:
    door = DOORS[statement.source]
    if statement.by == f"{ActorKind.PERSON}:{statement.account.person_id}":
        return door if statement.source == Source.BROWSER else f"by you, {door}"
    if statement.source == Source.OPERATOR:
        return f"by {who(statement.by)}"
    return f"by {who(statement.by)}, {door}"


def who(actor: str) -> str:
    """An actor of the trail, without their id."""
    kind = actor.partition(":")[0]
    named = {"person": "an earlier owner", "operator": "an operator", "platform": "the platform"}
    return named.get(kind, "this service")
