"""What people say becomes a statement, a standing and an entry, or nothing at all."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from audit.events import SYSTEM, Actor, ActorKind, operator_command
from audit.models import Entry
from consent import actions
from consent.models import (
    AnsweredRequest,
    ReasonCode,
    Source,
    Standing,
    Statement,
    WideChoice,
)
from consent.refusals import KeyReused, NeedsConfirmation, NotTheirsToLift, NotYours
from platforms.actions import AlreadyLinked

WEB = Source.WEB
OPERATOR = operator_command()
PLATFORM = Actor(ActorKind.PLATFORM, "tumblr")

pytestmark = pytest.mark.django_db


def standing(account, partner=""):
    return Standing.objects.get(account=account, partner=partner)


def history(account):
    """Acts and reasons in the order of versions."""
    return list(account.statements.order_by("version").values_list("version", "act", "reason"))


def yes(account, by, **more):
    return actions.opt_in(account, source=WEB, by=by, confirmed=True, **more)


def no(account, by, **more):
    return actions.opt_out(account, source=WEB, by=by, **more)


# Saying no --------------------------------------------------------------------------------


def test_opting_out_denies_the_account_and_is_in_the_trail(blog, by_alice):
    statement = no(blog, by_alice)

    entry = Entry.objects.get()
    assert standing(blog).denied
    assert standing(blog).reasons == ["person"]
    assert (statement.version, statement.by) == (1, str(by_alice))
    assert entry.event == "consent.opted_out"
    assert entry.subject == "account:tumblr:0000000000000007"
    assert entry.facts == {"reason": "person", "source": "web", "version": 1}


def test_opting_out_twice_adds_nothing_and_returns_the_first_statement(blog, by_alice):
    first = no(blog, by_alice)
    second = no(blog, by_alice)

    assert second == first
    assert Statement.objects.count() == 1
    assert Entry.objects.count() == 1
    assert standing(blog).version == 1


def test_each_reason_is_kept_beside_the_others(blog, by_alice):
    no(blog, by_alice)
    actions.opt_out(blog, reason=ReasonCode.LEGAL, source=Source.OPERATOR, by=OPERATOR)

    assert standing(blog).reasons == ["person", "legal"]
    assert history(blog) == [(1, "opt_out", "person"), (2, "opt_out", "legal")]


def test_evidence_is_kept_with_the_statement(blog):
    statement = actions.opt_out(
        blog,
        reason=ReasonCode.PLATFORM_LIST,
        source=Source.IMPORT,
        by=PLATFORM,
        evidence={"list": "2024-02", "line": 7},
    )

    statement.refresh_from_db()
    assert statement.evidence == {"list": "2024-02", "line": 7}


def test_a_no_to_one_partner_leaves_the_others(blog, by_alice):
    no(blog, by_alice, partner="acme")

    assert standing(blog, "acme").denied
    assert not Standing.objects.filter(account=blog, partner="").exists()
    assert Entry.objects.get().partner == "acme"


def test_nobody_opts_out_the_account_of_somebody_else(bobs_blog, by_alice):
    with pytest.raises(NotYours):
        no(bobs_blog, by_alice)

    assert not Statement.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_lost_when_its_audit_entry_is(blog, by_alice):
    refuse = "ALTER TABLE audit_entry ADD CONSTRAINT disk_full CHECK (event <> 'consent.opted_out')"
    with connection.cursor() as cursor:
        cursor.execute(refuse)
    try:
        with pytest.raises(DatabaseError, match="disk_full"):
            no(blog, by_alice)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry DROP CONSTRAINT disk_full")

    assert not Statement.objects.exists()
    assert not Standing.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE {} SET {} = {}",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
    ],
)
@pytest.mark.parametrize(
    ("table", "column"), [("consent_statement", "at"), ("consent_answeredrequest", "at")]
)
def test_what_was_said_cannot_be_edited(blog, by_alice, sql, table, column):
    no(blog, by_alice, idempotency_key="k")

    with (
        pytest.raises(DatabaseError, match="added, never changed"),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(table, column, column))


def test_a_standing_cannot_be_removed(blog, by_alice):
    no(blog, by_alice)

    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        Standing.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "table", ["consent_standing", "platforms_accountstate", "platforms_itemstate"]
)
def test_nor_can_all_that_denies_be_emptied_at_once(blog, by_alice, table):
    no(blog, by_alice)

    with pytest.raises(DatabaseError, match="refused"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table}")

    assert standing(blog).denied


def test_each_change_of_a_standing_carries_its_transaction(blog, by_alice):
    no(blog, by_alice)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        assert standing(blog).xid == int(cursor.fetchone()[0])


# Saying yes again -------------------------------------------------------------------------


def test_opting_in_shares_only_what_is_published_from_then_on(blog, by_alice):
    before = timezone.now()
    no(blog, by_alice)

    yes(blog, by_alice)

    now = standing(blog)
    assert (now.denied, now.allowed, now.reasons) == (False, True, [])
    assert before < now.shared_from <= timezone.now()


def test_from_when_on_is_told_by_the_databases_clock(blog, by_alice, monkeypatch):
    no(blog, by_alice)
    before = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: before - timedelta(hours=1))

    yes(blog, by_alice)

    assert standing(blog).shared_from >= before


def test_older_content_is_shared_only_where_the_person_says_so(blog, by_alice):
    no(blog, by_alice)

    statement = yes(blog, by_alice, include_older=True)

    assert standing(blog).shared_from is None
    assert statement.include_older


def test_a_later_yes_does_not_open_what_an_earlier_one_kept_closed(blog, by_alice):
    no(blog, by_alice)
    yes(blog, by_alice)
    later = timezone.now() + timedelta(days=1)
    Standing.objects.update(shared_from=later)
    no(blog, by_alice)

    yes(blog, by_alice)

    assert standing(blog).shared_from == later


def test_older_content_can_be_opened_afterwards(blog, by_alice):
    no(blog, by_alice)
    yes(blog, by_alice)

    yes(blog, by_alice, include_older=True)

    assert standing(blog).shared_from is None
    assert history(blog)[-1] == (3, "opt_in", "person")


def test_opting_in_where_silence_already_shares_changes_nothing(blog, by_alice):
    assert yes(blog, by_alice) is None

    assert not Standing.objects.exists()
    assert not Entry.objects.exists()


def test_a_yes_counts_once(blog, by_alice):
    no(blog, by_alice)
    yes(blog, by_alice)

    assert yes(blog, by_alice) is None
    assert standing(blog).version == 2


def test_a_platform_that_needs_a_yes_gets_one(blog, strict, by_alice):
    blog.platform = strict
    blog.save()

    yes(blog, by_alice)

    now = standing(blog)
    assert (now.denied, now.allowed) == (False, True)
    assert now.shared_from is not None


def test_turning_sharing_on_needs_a_confirmation(blog, by_alice):
    no(blog, by_alice)

    with pytest.raises(NeedsConfirmation):
        actions.opt_in(blog, source=WEB, by=by_alice, confirmed=False)

    assert standing(blog).denied


@pytest.mark.parametrize("by", [OPERATOR, PLATFORM, SYSTEM], ids=str)
def test_only_the_person_takes_their_no_back(blog, by_alice, by):
    no(blog, by_alice)

    with pytest.raises(NotTheirsToLift):
        actions.opt_in(blog, source=WEB, by=by, confirmed=True)
    with pytest.raises(NotTheirsToLift):
        actions.lift(blog, reason=ReasonCode.PERSON, source=WEB, by=by)
    with pytest.raises(NotTheirsToLift):
        actions.lift(blog, reason=ReasonCode.GPC, source=WEB, by=by)

    assert standing(blog).reasons == ["person"]


def test_a_person_whose_link_ended_meanwhile_takes_nothing_back(blog, bob, by_alice):
    no(blog, by_alice)
    type(blog).objects.update(person=bob)

    with pytest.raises(NotYours):
        yes(blog, by_alice)

    assert standing(blog).denied


@pytest.mark.parametrize("reason", ["legal", "minor", "erasure", "platform_list", "objection"])
def test_the_persons_yes_leaves_every_other_reason(blog, by_alice, reason):
    no(blog, by_alice)
    actions.opt_out(blog, reason=ReasonCode(reason), source=Source.OPERATOR, by=OPERATOR)

    yes(blog, by_alice)

    now = standing(blog)
    assert (now.reasons, now.denied, now.allowed) == ([reason], True, False)


def test_lifting_a_legal_duty_leaves_the_persons_no(blog, by_alice):
    no(blog, by_alice)
    actions.opt_out(blog, reason=ReasonCode.LEGAL, source=Source.OPERATOR, by=OPERATOR)

    actions.lift(blog, reason=ReasonCode.LEGAL, source=Source.OPERATOR, by=OPERATOR)

    assert standing(blog).reasons == ["person"]


def test_lifting_the_last_reason_shares_from_then_on_only(blog):
    actions.opt_out(blog, reason=ReasonCode.MINOR, source=Source.OPERATOR, by=OPERATOR)

    actions.lift(blog, reason=ReasonCode.MINOR, source=Source.OPERATOR, by=OPERATOR)

    assert not standing(blog).denied
    assert standing(blog).shared_from is not None


def test_lifting_a_mistaken_reason_opens_older_posts_only_as_far_as_the_person_had(blog, by_alice):
    no(blog, by_alice)
    yes(blog, by_alice)
    from_then_on = standing(blog).shared_from
    legal = {"reason": ReasonCode.LEGAL, "source": Source.OPERATOR, "by": OPERATOR}
    actions.opt_out(blog, **legal)

    actions.lift(blog, **legal, include_older=True)

    assert not standing(blog).denied
    assert standing(blog).shared_from == from_then_on


def test_an_operator_does_not_lift_what_the_platform_listed(blog):
    listed = {"reason": ReasonCode.PLATFORM_LIST, "source": Source.IMPORT}
    actions.opt_out(blog, **listed, by=PLATFORM)

    with pytest.raises(NotTheirsToLift):
        actions.lift(blog, **listed, by=OPERATOR)

    assert actions.lift(blog, **listed, by=PLATFORM) is not None


def test_every_reason_has_somebody_who_may_lift_it():
    assert set(actions.LIFTED_BY) | set(actions.THE_PERSONS) == set(ReasonCode)
    assert not set(actions.LIFTED_BY) & set(actions.THE_PERSONS)


# Retries ----------------------------------------------------------------------------------


def test_a_retry_gets_the_first_answer(blog, by_alice):
    first = no(blog, by_alice, idempotency_key="k1")
    second = no(blog, by_alice, idempotency_key="k1")

    assert first == second
    assert AnsweredRequest.objects.count() == 1


def test_a_late_retry_of_a_yes_does_not_undo_the_no_that_followed(blog, by_alice):
    no(blog, by_alice)
    yes(blog, by_alice, idempotency_key="late")
    no(blog, by_alice)

    yes(blog, by_alice, idempotency_key="late")

    assert standing(blog).denied


def test_a_late_retry_of_a_yes_that_changed_nothing_changes_nothing_either(blog, by_alice):
    assert yes(blog, by_alice, idempotency_key="late") is None
    no(blog, by_alice)

    assert yes(blog, by_alice, idempotency_key="late") is None
    assert standing(blog).denied


def test_a_key_that_comes_again_with_another_act_is_refused(blog, by_alice):
    no(blog, by_alice, idempotency_key="k1")

    with pytest.raises(KeyReused):
        yes(blog, by_alice, idempotency_key="k1")

    assert standing(blog).denied


def test_two_people_with_the_same_key_do_not_meet(blog, bobs_blog, bob, by_alice):
    no(blog, by_alice, idempotency_key="1")
    no(bobs_blog, actions.person_actor(bob), idempotency_key="1")

    assert standing(blog).denied
    assert standing(bobs_blog).denied


# Everything a person owns -----------------------------------------------------------------


def link(alice, platform, name="a-new-blog"):
    return actions.link(alice, platform, native_id=name, method="operator", by=OPERATOR)


def test_a_no_for_everything_reaches_each_account_and_nobody_elses(
    alice, blog, diary, bobs_blog, by_alice
):
    actions.opt_out_all(alice, source=WEB, by=by_alice)

    assert standing(blog).denied
    assert standing(diary).denied
    assert not Standing.objects.filter(account=bobs_blog).exists()
    assert Entry.objects.filter(event="consent.wide_choice").count() == 1


def test_a_no_for_everything_binds_accounts_linked_later(alice, tumblr, by_alice):
    actions.opt_out_all(alice, source=WEB, by=by_alice)

    account = link(alice, tumblr)

    statement = account.statements.get()
    assert standing(account).reasons == ["person"]
    assert (statement.source, statement.by) == ("link", str(by_alice))


def test_a_no_for_one_platform_leaves_the_others(alice, blog, strict, tumblr, by_alice):
    actions.opt_out_all(alice, platform=tumblr, source=WEB, by=by_alice)

    assert standing(blog).denied
    assert standing(link(alice, tumblr)).denied
    assert not Standing.objects.filter(account=link(alice, strict)).exists()


def test_the_most_restrictive_wide_choice_wins(alice, tumblr, by_alice):
    actions.opt_out_all(alice, source=WEB, by=by_alice)
    actions.opt_in_all(alice, platform=tumblr, source=WEB, by=by_alice, confirmed=True)

    assert standing(link(alice, tumblr)).denied


def test_a_yes_for_everything_takes_back_each_no_of_the_person(alice, blog, tumblr, by_alice):
    actions.opt_out_all(alice, source=WEB, by=by_alice)
    actions.opt_out_all(alice, platform=tumblr, source=WEB, by=by_alice)

    actions.opt_in_all(alice, source=WEB, by=by_alice, confirmed=True)

    assert not standing(blog).denied
    assert not WideChoice.objects.filter(denied=True).exists()
    assert not Standing.objects.filter(account=link(alice, tumblr)).exists()


def test_linking_again_does_not_undo_a_later_yes(alice, tumblr, by_alice):
    actions.opt_out_all(alice, source=WEB, by=by_alice)
    account = link(alice, tumblr)
    yes(account, by_alice)

    link(alice, tumblr)

    assert not standing(account).denied


def test_an_account_of_somebody_else_cannot_be_linked(bob, alice, tumblr):
    link(alice, tumblr)

    with pytest.raises(AlreadyLinked):
        link(bob, tumblr)


def test_nobody_chooses_for_everything_that_somebody_else_owns(bob, blog, by_alice):
    with pytest.raises(NotYours):
        actions.opt_out_all(bob, source=WEB, by=by_alice)
    with pytest.raises(NotYours):
        actions.opt_in_all(bob, source=WEB, by=OPERATOR, confirmed=True)


def test_a_yes_for_everything_needs_a_confirmation_also_without_accounts(alice, by_alice):
    with pytest.raises(NeedsConfirmation):
        actions.opt_in_all(alice, source=WEB, by=by_alice, confirmed=False)


def test_a_late_retry_of_a_wide_choice_changes_nothing(alice, blog, by_alice):
    again = {"source": WEB, "by": by_alice, "confirmed": True, "idempotency_key": "late"}
    actions.opt_in_all(alice, **again)
    actions.opt_out_all(alice, source=WEB, by=by_alice)

    actions.opt_in_all(alice, **again)

    assert standing(blog).denied
    assert WideChoice.objects.get().denied


# Global Privacy Control -------------------------------------------------------------------


def test_the_browsers_signal_is_applied_once(alice, blog):
    actions.honour_gpc(alice)
    actions.honour_gpc(alice)

    assert history(blog) == [(1, "opt_out", "gpc")]
    assert Entry.objects.filter(event="consent.wide_choice").count() == 1


def test_the_browsers_signal_binds_accounts_linked_later(alice, tumblr):
    actions.honour_gpc(alice)

    assert standing(link(alice, tumblr)).reasons == ["gpc"]


def test_a_yes_after_the_signal_is_newer_and_more_specific(alice, blog, diary, by_alice):
    actions.honour_gpc(alice)

    yes(blog, by_alice)
    actions.honour_gpc(alice)

    assert not standing(blog).denied
    assert standing(diary).reasons == ["gpc"]


def test_a_yes_for_everything_answers_the_signal_for_later_accounts_too(
    alice, blog, tumblr, by_alice
):
    actions.honour_gpc(alice)

    actions.opt_in_all(alice, source=WEB, by=by_alice, confirmed=True)
    actions.honour_gpc(alice)

    assert not standing(blog).denied
    assert not Standing.objects.filter(account=link(alice, tumblr)).exists()


def test_a_yes_takes_back_the_persons_no_and_the_browsers(alice, blog, by_alice):
    actions.honour_gpc(alice)
    no(blog, by_alice)

    yes(blog, by_alice)

    assert standing(blog).reasons == []
    assert history(blog)[2:] == [(3, "opt_in", "gpc"), (4, "opt_in", "person")]
