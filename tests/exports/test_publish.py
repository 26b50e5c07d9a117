"""How a file becomes one that can be fetched, how it ends, and what partners agree to."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from audit.events import operator_command
from audit.models import Entry
from exports import gate
from exports.actions import agree, build, publish, receive, withdraw
from exports.models import Credential, File, Receipt, Release
from platforms.actions import hear
from platforms.tokens import digest_of

OPERATOR = operator_command()
VERIFIED, STAGED, EMPTY = File.State.VERIFIED, File.State.STAGED, File.State.EMPTY


def states(release: Release) -> list[str]:
    return [file.state for file in release.files.current().order_by("bucket")]


def state_of(row) -> str:
    row.refresh_from_db()
    return row.state


# Publishing ---------------------------------------------------------------------------------


def test_a_release_is_published_with_all_its_files(a_release, a_file, alice, bob):
    release = a_release()
    a_file(alice, release=release, state=VERIFIED)
    a_file(bob, release=release, state=VERIFIED)
    a_file(release=release, state=EMPTY)

    publish.publish_release(release.pk)

    assert state_of(release) == Release.State.PUBLISHED
    assert states(release) == ["published", "published", "empty"]
    entry = Entry.objects.get(event="release.published")
    assert entry.facts == {"version": 1, "files": 3, "rows": 2}
    assert Entry.objects.filter(event="file.published").count() == 2


def test_a_published_file_passes_the_gate(a_release, a_file, alice):
    file = a_file(alice, release=a_release(), state=VERIFIED)

    publish.publish_release(file.release_id)

    assert gate.clear(file)


@pytest.mark.parametrize("state", ["planned", "building", "built", "quarantined"])
def test_a_release_waits_for_its_last_file(a_release, a_file, alice, bob, state):
    release = a_release()
    a_file(alice, release=release, state=VERIFIED)
    a_file(bob, release=release, state=state)

    publish.publish_release(release.pk)

    assert state_of(release) == Release.State.BUILDING
    assert states(release) == ["verified", state]


def test_a_release_without_anything_to_share_is_published_too(a_release, a_file):
    release = a_release()
    a_file(release=release, state=EMPTY)

    publish.publish_release(release.pk)

    assert state_of(release) == Release.State.PUBLISHED


def test_publishing_twice_publishes_once(a_release, a_file, alice):
    release = a_release()
    a_file(alice, release=release, state=VERIFIED)

    publish.publish_release(release.pk)
    publish.publish_release(release.pk)

    assert Entry.objects.filter(event="release.published").count() == 1


def test_an_opt_out_since_the_build_replaces_the_file_before_anybody_can_fetch_it(
    a_release, a_file, alice, bob, opt_out
):
    release = a_release()
    theirs = a_file(alice, release=release, state=VERIFIED)
    a_file(bob, release=release, state=VERIFIED)
    opt_out(alice)

    with pytest.raises(publish.NotPublishable):
        publish.publish_release(release.pk)

    assert state_of(theirs) == File.State.WITHDRAWN
    assert state_of(release) == Release.State.BUILDING
    assert states(release) == ["planned", "staged"]
    build.build(theirs.successor.pk)
    publish.publish_release(release.pk)
    assert state_of(release) == Release.State.PUBLISHED
    assert states(release) == ["empty", "published"]


def test_publishing_waits_for_an_opt_out_that_is_still_open(
    a_release, a_file, alice, opt_out, in_another_session, monkeypatch
):
    monkeypatch.setattr(publish, "LONGEST_WAIT_S", 0.2)
    release = a_release()
    file = a_file(alice, release=release, state=VERIFIED)
    slow = in_another_session(lambda: opt_out(alice))
    slow.run_until_commit()

    with pytest.raises(publish.NotPublishable, match="open for too long"):
        publish.publish_release(release.pk)

    assert state_of(file) == STAGED
    slow.commit()
    with pytest.raises(publish.NotPublishable, match="withdrawn"):
        publish.publish_release(release.pk)
    assert state_of(file) == File.State.WITHDRAWN


def test_nothing_is_published_while_a_platform_is_silent(
    a_release, a_file, alice, silent_feed, tumblr
):
    release = a_release()
    file = a_file(alice, state=File.State.VERIFIED, release=release)

    with pytest.raises(publish.NotPublishable, match="stale_feed: tumblr"):
        publish.publish_release(release.pk)
    file.refresh_from_db()
    assert file.state == File.State.STAGED
    hear(tumblr, by=OPERATOR)
    publish.publish_release(release.pk)

    release.refresh_from_db()
    assert release.state == Release.State.PUBLISHED


def test_a_staged_file_whose_keys_are_damaged_is_built_again(a_release, a_file, alice, storage):
    release = a_release()
    file = a_file(alice, release=release, state=VERIFIED)
    (storage / file.accounts_path).unlink()

    with pytest.raises(publish.NotPublishable):
        publish.publish_release(release.pk)

    assert state_of(file) == File.State.QUARANTINED
    assert states(release) == ["planned"]


def test_a_successor_joins_its_published_release(a_file, alice, opt_out, take_back_opt_out):
    file = a_file(alice)
    opt_out(alice)
    with pytest.raises(gate.GateClosed):
        gate.clear(file)
    take_back_opt_out(alice, include_older=True)
    successor = a_file(
        alice, release=file.release, state=VERIFIED, replaces=None, bucket=file.bucket + 1
    )

    publish.publish_file(successor.pk)

    assert state_of(successor) == File.State.PUBLISHED
    assert gate.clear(successor)


def test_a_file_of_an_unpublished_release_is_not_published_alone(a_release, a_file, alice):
    file = a_file(alice, release=a_release(), state=VERIFIED)

    publish.publish_file(file.pk)

    assert state_of(file) == VERIFIED


# Withdrawing --------------------------------------------------------------------------------


def test_withdrawing_twice_leaves_one_successor_and_one_entry(a_file, alice):
    file = a_file(alice)

    first = withdraw.withdraw(file, because="test")
    second = withdraw.withdraw(file, because="test")

    assert first.replaces == file
    assert second is None
    assert Entry.objects.filter(event="file.withdrawn").count() == 1


def test_a_file_is_not_withdrawn_without_its_entry(a_file, alice, monkeypatch):
    file = a_file(alice)

    with entries_refused(), pytest.raises(OSError, match="disk full"):
        withdraw.withdraw(file, because="test")

    assert state_of(file) == File.State.PUBLISHED
    assert gate.clear(file).path.exists()
    assert not File.objects.filter(replaces=file).exists()


def entries_refused():
    """The disk is full exactly where the trail would grow."""

    def refuse(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "audit_entry"'):
            raise OSError("disk full")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(refuse)


# Receipts -----------------------------------------------------------------------------------


def test_a_receipt_is_there_before_the_gate_is_asked_and_ends_once(a_file, alice, credential):
    file = a_file(alice)

    receipt = receive.ask(file, credential=credential, first=0, last=99)
    receive.end(receipt, Receipt.Outcome.SENT, bytes_sent=100)
    receive.end(receipt, Receipt.Outcome.BROKEN, bytes_sent=0)

    receipt.refresh_from_db()
    assert (receipt.outcome, receipt.bytes_sent) == (Receipt.Outcome.SENT, 100)
    trail = Entry.objects.filter(subject=f"file:{file.pk}", partner="acme").order_by("id")
    assert [entry.event for entry in trail] == ["download.requested", "download.ended"]
    assert {entry.actor for entry in trail} == {"partner:acme"}


def test_a_receipt_cannot_hide_in_another_transaction(a_file, alice, credential):
    file = a_file(alice)

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        receive.ask(file, credential=credential)

    assert not Receipt.objects.exists()


# Agreements ---------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_kept_as_a_hash(partner):
    credential, token = agree.issue_credential(partner, by=OPERATOR)

    assert token.startswith("wh_")
    assert len(token) >= 46
    assert credential.digest == digest_of(token.encode())
    assert token not in str(Credential.objects.filter(pk=credential.pk).values().get())
    assert Credential.objects.usable().get() == credential


def test_a_partner_has_at_most_two_live_tokens(partner):
    first, _ = agree.issue_credential(partner, by=OPERATOR)
    agree.issue_credential(partner, by=OPERATOR)

    with pytest.raises(agree.NotAgreeable, match="at most 2"):
        agree.issue_credential(partner, by=OPERATOR)

    agree.revoke_credential(first, by=OPERATOR)
    agree.revoke_credential(first, by=OPERATOR)
    assert agree.issue_credential(partner, by=OPERATOR)
    assert Entry.objects.filter(event="partner.credential_revoked").count() == 1


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_a_token_lives_at_most_ninety_days(partner, days):
    with pytest.raises(agree.NotAgreeable, match="90 days"):
        agree.issue_credential(partner, by=OPERATOR, life=timedelta(days=days))


def test_an_expired_token_opens_nothing(credential):
    Credential.objects.filter(pk=credential.pk).update(expires_at=timezone.now())

    assert not Credential.objects.usable().exists()


def test_a_token_of_an_inactive_partner_opens_nothing(credential, partner):
    type(partner).objects.filter(pk=partner.pk).update(active=False)

    assert not Credential.objects.usable().exists()


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param({"platforms": ["myspace"]}, id="unknown platform"),
        pytest.param({"media_kinds": ["smell"]}, id="unknown kind of media"),
        pytest.param({"platforms": []}, id="no platform"),
        pytest.param({"media_kinds": []}, id="no kind of media"),
        pytest.param({"settle_hours": 0}, id="items that need not settle"),
        pytest.param({"max_reading_age_days": 0}, id="no reading is good"),
        pytest.param({"max_reading_age_days": 367}, id="readings of any age"),
        pytest.param({"buckets": 3}, id="files that do not divide the archive"),
    ],
)
def test_a_dataset_is_agreed_on_what_exists(partner, tumblr, terms):
    agreed = {"platforms": ["tumblr"], "media_kinds": ["text"]} | terms

    with pytest.raises((agree.NotAgreeable, ValidationError)):
        agree.add_dataset(partner, "d", name="D", by=OPERATOR, **agreed)
