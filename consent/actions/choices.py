"""Every write of consent: statements, the standings they make, and choices for all accounts.

An action is one transaction: lock the standing, insert the statement, insert the entry.
No file is flagged and nothing is sent: each download asks the gate, and the gate reads
the standing. An action that changes nothing adds nothing, so calling it twice does no harm.

Locks are taken in one order: a request's key, the person, their accounts by id, standings.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from audit.actions import record
from audit.events import Actor, ActorKind, OptedIn, OptedOut, WideChoiceMade
from consent.models import (
    AnsweredRequest,
    ReasonCode,
    Source,
    Standing,
    Statement,
    WideChoice,
)
from consent.refusals import KeyReused, NeedsConfirmation, NotTheirsToLift, NotYours
from people.models import User
from platforms.actions import ensure_account
from platforms.actions import link as link_to_person
from platforms.keys import account_subject
from platforms.models import Account, Platform

THE_PERSONS = (ReasonCode.GPC, ReasonCode.PERSON)
"""The reasons that the linked person clears, signed in and confirmed; nobody else does."""

LIFTED_BY: Mapping[ReasonCode, ActorKind] = {
    ReasonCode.ERASURE: ActorKind.OPERATOR,
    ReasonCode.OBJECTION: ActorKind.OPERATOR,
    ReasonCode.LEGAL: ActorKind.OPERATOR,
    ReasonCode.AGENT: ActorKind.OPERATOR,
    ReasonCode.MINOR: ActorKind.OPERATOR,
    ReasonCode.PLATFORM_LIST: ActorKind.PLATFORM,
}


def person_actor(person: User) -> Actor:
    return Actor(ActorKind.PERSON, str(person.pk))


# One account ------------------------------------------------------------------------------


@transaction.atomic
def opt_out(
    account: Account,
    *,
    source: Source,
    by: Actor,
    reason: ReasonCode = ReasonCode.PERSON,
    partner: str = "",
    evidence: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Statement:
    """Stop third-party AI sharing for ``account`` as of this commit.

    Exports are not told: each download asks the gate, and the gate reads the row
    written here. Opting out twice for one reason adds nothing and returns the first one.
    Raises ``NotYours`` when a person names an account that is not linked to them.
    """
    require_own(account, by)
    act = f"opt_out {account.pk} {reason.value} {partner}"
    earlier = answered(idempotency_key, act, by=by)
    if earlier and earlier.statement:
        return earlier.statement
    standing = locked_standing(account, partner)
    if reason in standing.reasons:
        statement = newest_no(standing, reason)
    else:
        standing.reasons.append(reason.value)
        standing.allowed = False
        statement = state(
            standing, Statement.Act.OPT_OUT, reason, source=source, by=by, evidence=evidence
        )
    answer(idempotency_key, act, by=by, statement=statement)
    return statement


@transaction.atomic
def opt_in(
    account: Account,
    *,
    source: Source,
    by: Actor,
    confirmed: bool,
    include_older: bool = False,
    partner: str = "",
    idempotency_key: str | None = None,
) -> Statement | None:
    """Take back what the person and their browser said against sharing, from now on.

    Every other reason goes on denying. Content from before stays out unless
    ``include_older``. Returns None where there was nothing to take back, as on an
    account that never was denied: silence already shares there.
    """
    require_own(account, by)
    require_confirmed(confirmed, by)
    act = f"opt_in {account.pk} {partner} {include_older}"
    if earlier := answered(idempotency_key, act, by=by):
        return earlier.statement
    account = locked_account(account)
    require_own(account, by)
    statement = say_yes(account, partner, include_older, source=source, by=by)
    answer(idempotency_key, act, by=by, statement=statement)
    return statement


@transaction.atomic
def lift(
    account: Account,
    *,
    reason: ReasonCode,
    source: Source,
    by: Actor,
    partner: str = "",
    include_older: bool = False,
    evidence: Mapping[str, Any] | None = None,
) -> Statement | None:
    """Remove a reason that is not the person's own; the others stay, and so does their no.

    Forward only, like every yes; ``include_older`` shares older content as far as it was
    before, because a bound that the person set is theirs to move. On an opt-in platform
    the person has to say yes again. Returns None where the reason was not active.
    """
    if LIFTED_BY.get(reason) is not by.kind:
        raise NotTheirsToLift(f"The reason {reason.value!r} is not lifted by a {by.kind.value}.")
    standing = existing_standing(account, partner)
    if standing is None or reason not in standing.reasons:
        return None
    standing.reasons.remove(reason)
    if not include_older:
        standing.shared_from = share_from(standing, include_older=False)
    return state(
        standing,
        Statement.Act.OPT_IN,
        reason,
        source=source,
        by=by,
        include_older=include_older,
        evidence=evidence,
    )


# Everything that a person owns ------------------------------------------------------------


@transaction.atomic
def opt_out_all(
    person: User,
    *,
    source: Source,
    by: Actor,
    platform: Platform | None = None,
    reason: ReasonCode = ReasonCode.PERSON,
    idempotency_key: str | None = None,
) -> None:
    """Stop sharing for every account of ``person``, also those linked later.

    ``platform`` narrows it to one platform.
    """
    require_self(person, by)
    act = f"opt_out_all {person.pk} {reason.value} {platform.pk if platform else ''}"
    if answered(idempotency_key, act, by=by):
        return
    lock_person(person)
    choose_widely(person, platform, reason, denied=True, source=source)
    for account in accounts_of(person, platform):
        opt_out(account, reason=reason, source=source, by=by)
    answer(idempotency_key, act, by=by, statement=None)


@transaction.atomic
def opt_in_all(
    person: User,
    *,
    source: Source,
    by: Actor,
    confirmed: bool,
    platform: Platform | None = None,
    include_older: bool = False,
    idempotency_key: str | None = None,
) -> None:
    """Take back the choice for everything or one platform, and opt each account in.

    For everything it answers the browser's signal too, which then binds no later account.
    An account linked later gets no yes from here: it starts as its platform's mode says.
    """
    require_self(person, by)
    require_confirmed(confirmed, by)
    act = f"opt_in_all {person.pk} {platform.pk if platform else ''} {include_older}"
    if answered(idempotency_key, act, by=by):
        return
    lock_person(person)
    for choice in wide_denials(person, platform):
        reason = ReasonCode(choice.reason)
        choose_widely(person, choice.platform, reason, denied=False, source=source)
    for account in accounts_of(person, platform):
        opt_in(account, source=source, by=by, confirmed=True, include_older=include_older)
    answer(idempotency_key, act, by=by, statement=None)


def honour_gpc(person: User) -> None:
    """Apply Global Privacy Control to everything ``person`` owns, once.

    It stays when the signal ends. Where the person has said yes since, the same signal
    does not take that back: their confirmed word is newer and more specific.
    """
    if gpc_is_known(person):
        return
    with transaction.atomic():
        lock_person(person)
        if not gpc_is_known(person):
            opt_out_all(
                person, reason=ReasonCode.GPC, source=Source.BROWSER, by=person_actor(person)
            )


@transaction.atomic
def link(
    person: User,
    platform: Platform,
    *,
    native_id: str = "",
    handle: str = "",
    method: str,
    by: Actor,
) -> Account:
    """Link an account to ``person``, bound at once by what they chose for all they own.

    Most restrictive wins: a no for everything holds on each platform. Linking again
    changes nothing, so a yes that the person gave this account meanwhile stays.
    """
    lock_person(person)
    account = ensure_account(platform, native_id=native_id, handle=handle, by=by)
    if account.person_id == person.pk:
        return account
    account = link_to_person(account, person, method=method, by=by)
    for reason in sorted({choice.reason for choice in choices_binding(account, person)}):
        opt_out(account, reason=ReasonCode(reason), source=Source.LINK, by=person_actor(person))
    return account


# What they are made of, in the order of use -----------------------------------------------


def require_own(account: Account, by: Actor) -> None:
    if by.kind is ActorKind.PERSON and by.id != str(account.person_id):
        raise NotYours("There is no such account of yours.")


def require_self(person: User, by: Actor) -> None:
    if by != person_actor(person):
        raise NotYours("Only the person chooses for everything they own.")


def require_confirmed(confirmed: bool, by: Actor) -> None:
    if by.kind is not ActorKind.PERSON:
        raise NotTheirsToLift("Only the person turns their own sharing on.")
    if not confirmed:
        raise NeedsConfirmation("Turning sharing on needs your explicit confirmation.")


def answered(key: str | None, act: str, *, by: Actor) -> AnsweredRequest | None:
    """The answer that a request with this key got; other requests with it wait here."""
    if key is None:
        return None
    digest = request_digest(key, by)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [digest])
    earlier = AnsweredRequest.objects.filter(key=digest).select_related("statement").first()
    if earlier and earlier.act != act:
        raise KeyReused("This idempotency key was used for another request.")
    return earlier


def answer(key: str | None, act: str, *, by: Actor, statement: Statement | None) -> None:
    if key is not None:
        AnsweredRequest.objects.create(key=request_digest(key, by), act=act, statement=statement)


def request_digest(key: str, by: Actor) -> str:
    """Two people who happen to send the same key do not meet."""
    return blake2b(f"{by}\0{key}".encode(), digest_size=32).hexdigest()


def locked_account(account: Account) -> Account:
    """``account`` as it is linked now, until the end of the transaction."""
    accounts = Account.objects.select_for_update(of=("self",), no_key=True)
    return accounts.select_related("platform").get(pk=account.pk)


def existing_standing(account: Account, partner: str) -> Standing | None:
    return standings_of(account, partner).first()


def locked_standing(account: Account, partner: str) -> Standing:
    """The standing, made if there was none, locked until the end of the transaction.

    Of two first statements at once, the second waits for the first one's insert,
    inserts nothing, and then finds and locks the row of the first.
    """
    first = Standing(account=account, partner=partner, denied=False, version=0)
    Standing.objects.bulk_create([first], ignore_conflicts=True)
    return standings_of(account, partner).get()


def standings_of(account: Account, partner: str) -> QuerySet[Standing]:
    """The one standing or none, to be locked."""
    standings = Standing.objects.select_for_update(of=("self",)).select_related("account")
    return standings.filter(account=account, partner=partner)


def newest_no(standing: Standing, reason: ReasonCode) -> Statement:
    return standing.account.statements.filter(
        partner=standing.partner, act=Statement.Act.OPT_OUT, reason=reason
    ).latest("version")


def say_yes(
    account: Account, partner: str, include_older: bool, *, source: Source, by: Actor
) -> Statement | None:
    """One statement for each reason taken back, or for the yes itself where only that counts."""
    needs_a_yes = account.platform.mode == Platform.Mode.OPT_IN
    standing = existing_standing(account, partner)
    if standing is None and needs_a_yes:
        standing = locked_standing(account, partner)
    if standing is None:
        return None
    taken_back = [reason for reason in THE_PERSONS if reason in standing.reasons]
    if not taken_back and not yes_would_change(standing, needs_a_yes, include_older):
        return None
    standing.shared_from = share_from(standing, include_older)
    statement = None
    for reason in taken_back or [ReasonCode.PERSON]:
        standing.reasons = [each for each in standing.reasons if each != reason]
        standing.allowed = not standing.reasons
        statement = state(
            standing,
            Statement.Act.OPT_IN,
            reason,
            source=source,
            by=by,
            include_older=include_older,
        )
    return statement


def yes_would_change(standing: Standing, needs_a_yes: bool, include_older: bool) -> bool:
    """Nobody's no stands against it, and it allows something that is not allowed yet."""
    if standing.denied:
        return False
    opens_older = include_older and standing.shared_from is not None
    return opens_older or (needs_a_yes and not standing.allowed)


def share_from(standing: Standing, include_older: bool) -> datetime | None:
    """From when a new yes shares: never earlier than an older one, unless asked for."""
    if include_older:
        return None
    now = database_time()
    return max(now, standing.shared_from or now)


def database_time() -> datetime:
    """Now, by the one clock that all machines share, and after whatever was waited for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def state(
    standing: Standing,
    act: Statement.Act,
    reason: ReasonCode,
    *,
    source: Source,
    by: Actor,
    include_older: bool = False,
    evidence: Mapping[str, Any] | None = None,
) -> Statement:
    """Write the standing's next version, the statement that made it, and the entry."""
    standing.denied = bool(standing.reasons)
    standing.version += 1
    standing.save()
    statement = Statement.objects.create(
        account=standing.account,
        partner=standing.partner,
        act=act,
        reason=reason,
        source=source,
        by=str(by),
        version=standing.version,
        include_older=include_older,
        evidence=dict(evidence or {}),
    )
    record(event_of(statement), by=by)
    return statement


def event_of(statement: Statement) -> OptedOut | OptedIn:
    account = statement.account
    said: dict[str, Any] = {
        "subject": account_subject(account.platform_id, account.keys[0]),
        "platform": account.platform_id,
        "partner": statement.partner,
        "reason": str(statement.reason),
        "source": str(statement.source),
        "version": statement.version,
    }
    if statement.act == Statement.Act.OPT_OUT:
        return OptedOut(**said)
    return OptedIn(**said, include_older=statement.include_older)


def lock_person(person: User) -> None:
    """Linking and choosing for everything wait for each other, so no account slips between."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def choose_widely(
    person: User, platform: Platform | None, reason: ReasonCode, *, denied: bool, source: Source
) -> None:
    choices = WideChoice.objects.filter(person=person, platform=platform, reason=reason)
    if choices.filter(denied=denied).exists():
        return
    WideChoice.objects.update_or_create(
        person=person, platform=platform, reason=reason, defaults={"denied": denied}
    )
    chosen = WideChoiceMade(
        subject=f"person:{person.pk}",
        platform=platform.pk if platform else "",
        scope="platform" if platform else "everything",
        denied=denied,
        source=source.value,
    )
    record(chosen, by=person_actor(person))


def accounts_of(person: User, platform: Platform | None) -> Iterable[Account]:
    accounts = Account.objects.filter(person=person).order_by("pk")
    return accounts if platform is None else accounts.filter(platform=platform)


def wide_denials(person: User, platform: Platform | None) -> Iterable[WideChoice]:
    choices = WideChoice.objects.filter(person=person, denied=True).order_by("pk")
    return choices if platform is None else choices.filter(platform=platform)


def choices_binding(account: Account, person: User) -> Iterable[WideChoice]:
    on_platform = Q(platform=None) | Q(platform=account.platform_id)
    return WideChoice.objects.filter(on_platform, person=person, denied=True)


def gpc_is_known(person: User) -> bool:
    return WideChoice.objects.filter(person=person, reason=ReasonCode.GPC).exists()
