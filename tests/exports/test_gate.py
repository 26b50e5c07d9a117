"""May this file leave now? What closes the gate, what does not, and when nobody can say."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.events import operator_command
from audit.models import Entry
from consent.models import Standing
from exports import gate
from exports.gate import ClearedFile, Closed, FeedsSilent, GateClosed, Objection
from exports.models import File
from exports.primary import NotThePrimary
from platforms.actions import (
    add_name,
    ensure_account,
    hear,
    note_account,
    note_item,
    watch_feed,
)
from platforms.models import AccountState, Feed, ItemState, Platform
from platforms.records import Verdict

OPERATOR = operator_command()


@pytest.fixture
def say_yes(tumblr):
    def say(account, *, allowed):
        Standing.objects.update_or_create(
            account=account,
            partner="",
            defaults={"denied": False, "allowed": allowed, "version": 1},
        )

    return say


def refused(file: File) -> GateClosed:
    with pytest.raises(GateClosed) as closed:
        gate.clear(file)
    return closed.value


def test_a_file_that_nobody_objects_to_may_leave(a_file, alice):
    file = a_file(alice)

    cleared = gate.clear(file)

    assert cleared.file == file
    assert cleared.path.read_bytes().startswith(b"PAR1")


def test_only_the_gate_makes_a_cleared_file(a_file, alice):
    cleared = gate.clear(a_file(alice))

    with pytest.raises(TypeError, match="only the gate"):
        ClearedFile(cleared.file, cleared.contents, cleared.checkpoint, object())


# A silent feed ------------------------------------------------------------------------------


def fall_silent(feed: Feed) -> None:
    Feed.objects.filter(pk=feed.pk).update(heard_at=Now() - timedelta(days=1))


def test_a_platform_that_falls_silent_closes_the_gate_and_withdraws_nothing(a_file, alice, tumblr):
    file = a_file(alice)
    feed = hear(tumblr, by=OPERATOR)
    assert gate.clear(file)
    fall_silent(feed)

    closed = refused(file)

    file.refresh_from_db()
    assert (closed.reason, closed.because) == (Closed.STALE_FEED, "tumblr")
    assert [each.platform.name for each in closed.feeds] == ["Tumblr"]
    assert file.state == File.State.PUBLISHED


def test_a_platform_that_speaks_again_opens_the_gate(a_file, alice, silent_feed, tumblr):
    file = a_file(alice)
    refused(file)

    hear(tumblr, by=OPERATOR)

    assert gate.clear(file)


def test_a_running_download_is_stopped_when_the_platform_falls_silent(a_file, alice, tumblr):
    feed = hear(tumblr, by=OPERATOR)
    cleared = gate.clear(a_file(alice))
    fall_silent(feed)

    with pytest.raises(FeedsSilent):
        gate.recheck(cleared)


def test_another_platforms_silence_closes_nothing_here(a_file, alice):
    other = Platform.objects.create(slug="elsewhere", name="Elsewhere")
    fall_silent(hear(other, by=OPERATOR))

    assert gate.clear(a_file(alice))


def test_a_feed_that_is_not_watched_closes_nothing(a_file, alice, silent_feed, tumblr):
    watch_feed(tumblr, watched=False, by=OPERATOR)

    assert gate.clear(a_file(alice))


def test_an_opt_out_withdraws_the_file_though_the_platform_is_silent(
    a_file, alice, silent_feed, opt_out
):
    file = a_file(alice)
    opt_out(alice)

    assert refused(file).because == Objection.ACCOUNT


# What closes it -----------------------------------------------------------------------------


def test_an_opt_out_withdraws_the_file_and_queues_its_successor(a_file, alice, opt_out):
    file = a_file(alice)
    opt_out(alice)

    closed = refused(file)

    file.refresh_from_db()
    assert closed.reason == Closed.WITHDRAWN
    assert closed.because == Objection.ACCOUNT
    assert file.state == File.State.WITHDRAWN
    assert file.successor.state == File.State.PLANNED
    assert file.successor.bucket == file.bucket
    assert Entry.objects.filter(event="file.withdrawn", subject=f"file:{file.pk}").count() == 1


def test_a_withdrawn_file_stays_closed_and_its_bytes_are_gone(a_file, alice, opt_out, storage):
    file = a_file(alice)
    opt_out(alice)
    refused(file)

    again = refused(file)

    assert again.reason == Closed.WITHDRAWN
    assert not (storage / file.path).exists()
    assert (storage / file.accounts_path).exists()


def test_an_opt_out_for_this_partner_closes_it(a_file, alice, opt_out):
    file = a_file(alice)
    opt_out(alice, partner="acme")

    assert refused(file).because == Objection.ACCOUNT


def test_an_opt_out_for_another_partner_does_not(a_file, alice, opt_out, initech):
    file = a_file(alice)
    opt_out(alice, partner="initech")

    assert gate.clear(file)


def test_somebody_elses_opt_out_does_not(a_file, alice, bob, opt_out):
    file = a_file(alice)
    opt_out(bob)

    assert gate.clear(file)


def test_an_opt_out_taken_back_for_new_posts_only_still_closes_it(
    a_file, alice, opt_out, take_back_opt_out
):
    file = a_file(alice)
    opt_out(alice)
    take_back_opt_out(alice)

    assert refused(file).because == Objection.ACCOUNT


def test_an_opt_out_taken_back_for_older_posts_too_leaves_it_open(
    a_file, alice, opt_out, take_back_opt_out
):
    file = a_file(alice)
    opt_out(alice)
    take_back_opt_out(alice, include_older=True)

    assert gate.clear(file)


def age(file: File, past: timedelta) -> None:
    """Let the file's end lie ``past`` ago by the database's clock."""
    File.objects.filter(pk=file.pk).update(usable_until=Now() - past)


def test_a_file_whose_readings_have_grown_too_old_is_withdrawn(a_file, alice):
    file = a_file(alice)
    age(file, -timedelta(minutes=1))
    assert gate.clear(file)

    age(file, timedelta(microseconds=1))

    assert refused(file).because == Objection.READING
    file.refresh_from_db()
    assert file.successor.state == File.State.PLANNED


def test_a_running_download_is_stopped_when_a_reading_grows_too_old(a_file, alice):
    file = a_file(alice)
    cleared = gate.clear(file)
    age(file, timedelta(microseconds=1))

    with pytest.raises(GateClosed, match="reading_too_old"):
        gate.recheck(cleared)


def test_a_file_of_which_nobody_knows_how_old_it_is_does_not_leave(a_file, alice):
    file = a_file(alice)
    File.objects.filter(pk=file.pk).update(usable_until=None)

    assert refused(file).because == Objection.READING


@pytest.mark.parametrize("terms", [{"settle_hours": 100}, {"max_reading_age_days": 7}])
def test_another_time_agreed_withdraws_what_was_built_before(a_file, alice, dataset, terms):
    file = a_file(alice)
    type(dataset).objects.filter(pk=dataset.pk).update(**terms)

    assert refused(file).because == Objection.TERMS


def test_a_file_of_the_release_before_readings_had_an_age_is_built_again(a_file, alice):
    file = a_file(alice)
    of_its_time = {
        term: value
        for term, value in file.terms.items()
        if term not in ("settle_hours", "max_reading_age_days")
    }
    File.objects.filter(pk=file.pk).update(terms=of_its_time, usable_until=None)

    assert refused(file).because == Objection.TERMS


def test_a_name_that_an_opted_out_account_gains_closes_it(a_file, alice, bob, opt_out):
    opt_out(bob)
    file = a_file(alice)
    assert gate.clear(file)
    add_name(bob, alice.handle, by=OPERATOR)

    assert refused(file).because == Objection.ACCOUNT


def test_a_no_by_name_finds_the_account_under_its_next_name(a_file, tumblr, opt_out):
    opt_out(ensure_account(tumblr, handle="alice", by=OPERATOR))
    renamed = ensure_account(tumblr, native_id="t:17", handle="alice-again", by=OPERATOR)
    file = a_file(renamed)
    assert gate.clear(file)

    ensure_account(tumblr, native_id="t:17", handle="alice", by=OPERATOR)

    assert refused(file).because == Objection.ACCOUNT


def test_a_platform_that_reports_the_account_private_closes_it(a_file, alice, tumblr):
    file = a_file(alice)
    note_account(tumblr, alice.keys, denies=["blog_private"], by=OPERATOR)

    assert refused(file).because == Objection.ACCOUNT


def test_an_account_reported_public_leaves_it_open(a_file, alice, tumblr):
    note_account(tumblr, alice.keys, denies=["blog_private"], by=OPERATOR)
    file = a_file(alice)
    note_account(tumblr, alice.keys, clears=["blog_private"], by=OPERATOR)

    assert gate.clear(file)


@pytest.mark.parametrize(
    "state", [ItemState.State.DELETED, ItemState.State.PRIVATE, ItemState.State.MODERATED]
)
def test_a_post_taken_back_closes_it(a_file, alice, tumblr, key_of, state):
    file = a_file(alice)
    note_item(tumblr, key_of(alice), state, by=OPERATOR)

    assert refused(file).because == Objection.ITEM


def test_a_post_that_is_public_again_leaves_it_open(a_file, alice, tumblr, key_of):
    note_item(tumblr, key_of(alice), ItemState.State.DELETED, by=OPERATOR)
    file = a_file(alice)
    note_item(tumblr, key_of(alice), ItemState.State.RESTORED, by=OPERATOR)

    assert gate.clear(file)


@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.EXCLUDE])
def test_a_newer_dump_that_does_not_share_the_post_closes_it(a_file, alice, archive, post, verdict):
    file = a_file(alice)
    archive(post(alice, verdict=verdict))

    assert refused(file).because == Objection.RUN


@pytest.mark.parametrize(
    "state", [ItemState.State.DELETED, ItemState.State.PRIVATE, ItemState.State.MODERATED]
)
def test_what_a_post_hangs_on_being_taken_back_closes_it(a_file, alice, bob, tumblr, key_of, state):
    file = a_file(alice, parents=[key_of(bob)])
    note_item(tumblr, key_of(bob), state, by=OPERATOR)

    assert refused(file).because == Objection.ITEM


@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.EXCLUDE])
def test_a_newer_dump_that_does_not_share_what_a_post_hangs_on_closes_it(
    a_file, alice, bob, archive, post, key_of, verdict
):
    file = a_file(alice, parents=[key_of(bob)])
    archive(post(bob, verdict=verdict))

    assert refused(file).because == Objection.RUN


def test_a_newer_dump_that_says_a_post_hangs_on_something_else_closes_it(
    a_file, alice, bob, archive, post, key_of
):
    file = a_file(alice)
    archive(post(alice, parent_keys=(key_of(bob),)))

    assert refused(file).because == Objection.RUN


def test_a_newer_dump_that_says_a_post_hangs_on_the_same_leaves_it_open(
    a_file, alice, bob, archive, post, key_of
):
    file = a_file(alice, parents=[key_of(bob)])
    archive(post(alice, parent_keys=(key_of(bob),)), post(bob))

    assert gate.clear(file)


def test_a_newer_dump_that_rates_what_a_post_hangs_on_adult_closes_it(
    a_file, alice, bob, archive, post, key_of
):
    file = a_file(alice, parents=[key_of(bob)])
    archive(post(bob, adult=True))

    assert refused(file).because == Objection.RUN


def test_a_replaced_dump_that_alone_held_what_a_post_hangs_on_leaves_it_open(
    a_file, alice, bob, archive, post, key_of
):
    replace(archive(post(bob)))
    file = a_file(alice, parents=[key_of(bob)])
    replace(archive(post(bob)))

    assert gate.clear(file)


def test_a_file_of_the_release_before_files_said_on_what_they_hang_is_built_again(a_file, alice):
    file = a_file(alice)
    before = {name: term for name, term in file.terms.items() if name != "rule"}
    File.objects.filter(pk=file.pk).update(parents_path="", parents_sha256="", terms=before)

    assert refused(file).because == Objection.TERMS


def test_a_newer_dump_that_rates_the_post_adult_closes_it(a_file, alice, archive, post):
    file = a_file(alice)
    archive(post(alice, adult=True))

    assert refused(file).because == Objection.RUN


def test_where_adult_posts_are_agreed_it_does_not(a_file, alice, archive, post, dataset):
    type(dataset).objects.filter(pk=dataset.pk).update(adult=True)
    dataset.refresh_from_db()
    file = a_file(alice)
    archive(post(alice, adult=True))

    assert gate.clear(file)


def test_a_newer_dump_that_finds_somebody_else_in_the_post_closes_it(
    a_file, alice, bob, archive, post
):
    file = a_file(alice)
    archive(post(alice, account_keys=tuple(sorted({*alice.keys, *bob.keys}))))

    assert refused(file).because == Objection.RUN


def test_a_newer_dump_that_dates_the_post_before_its_author_shares_closes_it(
    a_file, alice, archive, post, opt_out, take_back_opt_out
):
    opt_out(alice)
    take_back_opt_out(alice)
    shares_from = Standing.objects.get().shared_from
    file = a_file(alice)
    archive(post(alice, published_at=shares_from))
    assert gate.clear(file)

    archive(post(alice, published_at=shares_from - timedelta(microseconds=1)))

    assert refused(file).because == Objection.RUN


def test_where_only_a_yes_counts_a_newer_dump_that_names_a_silent_owner_closes_it(
    a_file, alice, bob, tumblr, say_yes, archive, post
):
    Platform.objects.filter(pk=tumblr.pk).update(mode=Platform.Mode.OPT_IN)
    say_yes(alice, allowed=True)
    file = a_file(alice, bob)
    both = sorted([*alice.keys, *bob.keys])
    archive(post(alice, account_keys=both))
    assert gate.clear(file)

    archive(post(alice, account_keys=both, owner_key=bob.keys[0]))

    assert refused(file).because == Objection.RUN


def replace(run):
    """As importing the same files again does, in the transaction of the new run."""
    type(run.dump).objects.filter(pk=run.dump_id).update(superseded_at=timezone.now())


def test_a_dump_read_again_that_knows_the_post_by_another_name_closes_it(
    a_file, alice, archive, post
):
    run = archive(post(alice))
    file = a_file(alice)
    archive(post(alice, 2))
    replace(run)

    assert refused(file).because == Objection.RUN


def test_a_dump_that_came_to_nothing_when_read_again_closes_it(a_file, alice, archive, post):
    run = archive(post(alice))
    file = a_file(alice)
    assert gate.clear(file)

    replace(run)

    assert refused(file).because == Objection.RUN


def test_a_dump_read_again_that_says_the_same_and_more_leaves_it_open(
    a_file, alice, bob, archive, post
):
    run = archive(post(alice), post(bob, verdict=Verdict.HOLD))
    file = a_file(alice)
    archive(post(alice), post(bob))
    replace(run)

    assert gate.clear(file)


def test_a_dump_that_proves_older_than_was_thought_closes_it(a_file, alice, archive, post):
    row = post(alice)
    run = archive(row)
    file = a_file(alice)

    archive(row._replace(observed_at=row.observed_at - timedelta(days=9)))
    replace(run)

    assert refused(file).because == Objection.RUN


def test_a_dump_read_again_later_leaves_it_open(a_file, alice, archive, post):
    row = post(alice)
    run = archive(row)
    file = a_file(alice)

    archive(row._replace(observed_at=row.observed_at + timedelta(minutes=9)))
    replace(run)

    assert gate.clear(file)


def test_a_dump_replaced_before_the_build_says_nothing_against_it(a_file, alice, archive, post):
    run = archive(post(alice))
    replace(run)

    assert gate.clear(a_file(alice))


def test_tidying_up_after_a_replaced_dump_leaves_it_open(a_file, alice, archive, post):
    run = archive(post(alice))
    archive(post(alice))
    replace(run)
    file = a_file(alice)

    type(run).objects.filter(pk=run.pk).update(quarantine_path="")

    assert gate.clear(file)


def test_a_newer_dump_with_other_posts_leaves_it_open(a_file, alice, bob, archive, post):
    file = a_file(alice)
    archive(post(alice, 2, adult=True), post(bob, verdict=Verdict.EXCLUDE))

    assert gate.clear(file)


def test_a_newer_dump_that_says_the_same_leaves_it_open_and_is_read_once(
    a_file, alice, archive, post, storage
):
    file = a_file(alice)
    run = archive(*(post(alice, number) for number in range(gate.REMEMBER_AFTER)))
    assert gate.clear(file)

    (storage / run.path).unlink()

    assert gate.clear(file)


def test_a_platform_where_silence_becomes_a_no_closes_it(a_file, alice, tumblr):
    file = a_file(alice)
    Platform.objects.filter(pk=tumblr.pk).update(mode=Platform.Mode.OPT_IN)

    assert refused(file).because == Objection.TERMS


def test_where_only_a_yes_counts_taking_it_back_closes_it(a_file, alice, tumblr, say_yes):
    Platform.objects.filter(pk=tumblr.pk).update(mode=Platform.Mode.OPT_IN)
    say_yes(alice, allowed=True)
    file = a_file(alice)
    assert gate.clear(file)
    say_yes(alice, allowed=False)

    assert refused(file).because == Objection.ACCOUNT


def test_a_narrower_agreement_closes_it(a_file, alice, dataset):
    file = a_file(alice)
    type(dataset).objects.filter(pk=dataset.pk).update(media_kinds=["image"])

    assert refused(file).because == Objection.TERMS


def test_an_inactive_partner_receives_nothing(a_file, alice, partner):
    file = a_file(alice)
    type(partner).objects.filter(pk=partner.pk).update(active=False)

    assert refused(file).reason == Closed.PARTNER_INACTIVE
    assert File.objects.get(pk=file.pk).state == File.State.PUBLISHED


@pytest.mark.parametrize(
    "state",
    [state for state in File.State if state not in ("published", "withdrawn", "quarantined")],
)
def test_a_file_that_is_not_published_does_not_leave(a_file, alice, state):
    file = a_file(alice, state=state)

    assert refused(file).reason == Closed.NOT_PUBLISHED


# When it was committed ----------------------------------------------------------------------


def test_an_opt_out_that_began_before_the_build_and_commits_after_a_look_is_seen(
    a_file, alice, bob, opt_out, in_another_session
):
    other = in_another_session(lambda: opt_out(alice))
    other.run_until_commit()
    opt_out(bob)
    file = a_file(alice)
    assert gate.clear(file)

    other.commit()

    assert refused(file).because == Objection.ACCOUNT


def test_the_next_look_begins_where_the_last_one_ended(a_file, alice, burn_transactions):
    file = a_file(alice)
    burn_transactions(gate.REMEMBER_AFTER)

    cleared = gate.clear(file)

    file.refresh_from_db()
    assert file.cleared == cleared.checkpoint.snapshot
    assert file.cleared != file.snapshot


def test_a_look_is_not_written_down_for_a_handful_of_transactions(a_file, alice):
    file = a_file(alice)

    gate.clear(file)

    file.refresh_from_db()
    assert file.cleared == file.snapshot


def test_after_much_was_read_the_next_look_begins_behind_it(a_file, alice, tumblr):
    file = a_file(alice)
    strangers = set(range(gate.REMEMBER_AFTER)) - set(alice.keys)
    note_account(tumblr, strangers, denies=["blog_private"], by=OPERATOR)

    first = gate.look(file, File.State.PUBLISHED)
    gate.clear(file)
    second = gate.look(file, File.State.PUBLISHED)

    assert (first.read, second.read) == (gate.REMEMBER_AFTER, 0)


def test_what_is_remembered_hides_nothing_that_comes_later(
    a_file, alice, opt_out, burn_transactions
):
    file = a_file(alice)
    burn_transactions(gate.REMEMBER_AFTER)
    gate.clear(file)
    opt_out(alice)

    assert refused(file).because == Objection.ACCOUNT


def test_a_running_stream_stops_at_an_opt_out(a_file, alice, opt_out):
    cleared = gate.clear(a_file(alice))
    cleared = gate.recheck(cleared)
    opt_out(alice)

    with pytest.raises(GateClosed) as closed:
        gate.recheck(cleared)

    assert closed.value.reason == Closed.WITHDRAWN


def test_a_running_stream_stops_when_somebody_else_withdrew_the_file(a_file, alice, opt_out):
    file = a_file(alice)
    cleared = gate.clear(file)
    opt_out(alice)
    refused(file)

    with pytest.raises(GateClosed) as closed:
        gate.recheck(cleared)

    assert closed.value.reason == Closed.WITHDRAWN


def test_more_changes_than_fit_into_memory_at_once_are_all_seen(a_file, alice, tumblr, monkeypatch):
    file = a_file(alice)
    monkeypatch.setattr("exports.denials.CHUNK", 3)
    strangers = [key for key in range(1, 20) if key not in alice.keys]
    note_account(tumblr, [*strangers, *alice.keys], denies=["blog_private"], by=OPERATOR)

    assert refused(file).because == Objection.ACCOUNT


# Restored from a dump -----------------------------------------------------------------------


def test_after_a_restore_everything_is_checked_again(a_file, alice, opt_out):
    opt_out(alice)
    file = a_file(alice)
    assert gate.clear(file)
    File.objects.filter(pk=file.pk).update(system_identifier="another cluster")

    assert refused(file).because == Objection.ACCOUNT


def test_after_a_restore_a_good_file_is_good_in_the_new_cluster(a_file, alice):
    file = a_file(alice)
    File.objects.filter(pk=file.pk).update(
        system_identifier="another cluster", cleared="999999999:999999999:"
    )

    cleared = gate.clear(file)

    file.refresh_from_db()
    assert file.system_identifier == cleared.checkpoint.system_identifier != "another cluster"
    assert file.cleared == cleared.checkpoint.snapshot


@pytest.fixture
def after_pg_restore(transactional_db):
    """Rows keep the ids of the older cluster that they come from."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE consent_standing DISABLE TRIGGER consent_standing_xid")
        cursor.execute("UPDATE consent_standing SET xid = '999999999'")
        cursor.execute("ALTER TABLE consent_standing ENABLE ALWAYS TRIGGER consent_standing_xid")


def test_ids_of_an_older_cluster_close_it_until_they_are_stamped_anew(
    a_file, alice, opt_out, take_back_opt_out, request
):
    opt_out(alice)
    take_back_opt_out(alice)
    request.getfixturevalue("after_pg_restore")
    assert refused(a_file(alice)).because == Objection.ACCOUNT

    with connection.cursor() as cursor:
        cursor.execute("UPDATE consent_standing SET version = version")

    assert gate.clear(a_file(alice))


# When nobody can say ------------------------------------------------------------------------


@pytest.mark.parametrize("sidecar", ["accounts_path", "items_path", "parents_path"])
@pytest.mark.parametrize("damage", ["missing", "changed", "cut short", "emptied"])
def test_a_file_whose_list_of_people_is_damaged_is_set_aside(
    a_file, alice, storage, sidecar, damage
):
    file = a_file(alice, parents=[1])
    path = storage / getattr(file, sidecar)
    spoil(path, damage)

    closed = refused(file)

    file.refresh_from_db()
    assert closed.reason == Closed.DAMAGED
    assert file.state == File.State.QUARANTINED
    assert file.successor.state == File.State.PLANNED
    assert Entry.objects.filter(event="file.quarantined").count() == 1
    assert refused(file).reason == Closed.DAMAGED


def spoil(path, damage):
    kept = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"changed": b"x" * 8 + kept[8:], "cut short": kept[:-1]}.get(damage, b""))


@pytest.mark.parametrize("part", ["path", "withheld_path"])
@pytest.mark.parametrize("damage", ["missing", "emptied"])
def test_a_run_that_cannot_be_read_closes_the_gate_and_keeps_the_file(
    a_file, alice, bob, archive, post, storage, part, damage
):
    file = a_file(alice)
    run = archive(post(bob, verdict=Verdict.EXCLUDE))
    spoil(storage / getattr(run, part), damage)

    assert refused(file).reason == Closed.UNCHECKABLE
    assert File.objects.get(pk=file.pk).state == File.State.PUBLISHED


def test_a_replica_is_not_asked(a_file, alice):
    file = a_file(alice)

    with as_if_in_recovery(), pytest.raises(NotThePrimary):
        gate.clear(file)

    assert File.objects.get(pk=file.pk).state == File.State.PUBLISHED


def as_if_in_recovery():
    """Let the server's answer say that it replays somebody else's log."""

    def answer(execute, sql, params, many, context):
        return execute(sql.replace("pg_is_in_recovery()", "true"), params, many, context)

    return connection.execute_wrapper(answer)


def test_a_database_slower_than_two_seconds_is_an_error_and_nothing_leaves(
    a_file, alice, monkeypatch, in_another_session
):
    file = a_file(alice)
    monkeypatch.setattr(gate, "STATEMENT_TIMEOUT_MS", 50)
    slow = in_another_session(lock_table)
    slow.run_until_commit()

    with pytest.raises(OperationalError, match="timeout"):
        gate.clear(file)

    slow.commit()
    assert gate.clear(file)


def lock_table():
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE platforms_itemstate IN ACCESS EXCLUSIVE MODE")


def test_inside_a_transaction_whose_snapshot_may_be_old_the_gate_refuses_to_look(a_file, alice):
    file = a_file(alice)

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        gate.clear(file)


def test_many_who_find_the_same_objection_withdraw_once(a_file, alice, opt_out):
    file = a_file(alice)
    opt_out(alice)
    seen = []

    def fetch():
        try:
            seen.append(refused(file).reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [Closed.WITHDRAWN] * 6
    assert File.objects.filter(replaces=file).count() == 1
    assert Entry.objects.filter(event="file.withdrawn").count() == 1


def test_a_look_reads_what_changed_and_not_every_account(a_file, alice, tumblr):
    states = (
        AccountState(platform=tumblr, account_key=key, reasons=["gone"], denied=True)
        for key in range(20_000)
    )
    AccountState.objects.bulk_create(states)
    file = a_file(alice)

    with CaptureQueriesContext(connection) as asked:
        gate.clear(file)

    (question,) = [each["sql"] for each in asked if "platforms_accountstate" in each["sql"]]
    plan = explained(question)
    assert "account_state_by_xid" in plan
    assert "Seq Scan on platforms_accountstate" not in plan


def explained(question):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE platforms_accountstate")
        cursor.execute(f"EXPLAIN {question}")
        return "\n".join(line for (line,) in cursor.fetchall())
