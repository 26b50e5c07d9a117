"""What an operator types on the server."""

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Entry
from exports.actions import build, publish
from exports.models import Credential, Dataset, File, Partner, Release
from platforms.tokens import digest_of


def run(*words: str, **options) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*words, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_a_partner_gets_a_token_that_is_printed_once_and_kept_as_a_hash(transactional_db):
    run("add_partner", "acme", "Acme AI")

    printed, said = run("issue_token", "acme")

    token = printed.strip()
    credential = Credential.objects.get()
    assert credential.digest == digest_of(token.encode())
    assert token not in said
    assert token not in str(list(Entry.objects.values_list("facts", flat=True)))
    assert Partner.objects.get().name == "Acme AI"
    assert [entry.actor for entry in Entry.objects.order_by("id")] == ["operator:command"] * 2


def test_a_revoked_token_is_over(partner):
    token = run("issue_token", "acme")[0].strip()

    run("revoke_token", token)

    assert not Credential.objects.live().exists()


def test_a_dataset_holds_what_was_agreed(partner, tumblr):
    run(
        "add_dataset",
        "acme",
        "blogs",
        "Blogs",
        "--platform=tumblr",
        "--media=text",
        "--media=image",
        "--buckets=4",
    )

    dataset = Dataset.objects.get()
    assert (dataset.platforms, dataset.media_kinds) == (["tumblr"], ["image", "text"])
    assert (dataset.adult, dataset.buckets) == (False, 4)
    assert (dataset.settle_hours, dataset.max_reading_age_days) == (72, 30)


def test_a_dataset_drops_items_unless_it_was_agreed_that_parts_are_cut(partner, tumblr):
    words = ["add_dataset", "acme", "--platform=tumblr", "--media=text"]

    run(*words, "whole", "Whole")
    run(*words, "cut", "Cut", "--parts=cut")

    parts = dict(Dataset.objects.values_list("slug", "parts"))
    entries = Entry.objects.filter(event="dataset.added").order_by("pk")
    assert parts == {"whole": "drop", "cut": "cut"}
    assert [entry.facts["parts"] for entry in entries] == ["drop", "cut"]


def test_a_dataset_says_how_old_and_how_settled_its_items_are(partner, tumblr):
    words = ["add_dataset", "acme", "blogs", "Blogs", "--platform=tumblr", "--media=text"]

    run(*words, "--settle-hours=96", "--max-reading-age-days=45")

    dataset = Dataset.objects.get()
    entry = Entry.objects.get(event="dataset.added")
    assert (dataset.settle_hours, dataset.max_reading_age_days) == (96, 45)
    assert (entry.facts["settle_hours"], entry.facts["max_reading_age_days"]) == (96, 45)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["add_partner", "acme", "Again"], "already exists"),
        (["add_partner", "not a slug", "X"], "valid"),
        (["issue_token", "nobody"], "no partner 'nobody'"),
        (["issue_token", "acme", "--days=91"], "1 to 90 days"),
        (["issue_token", "acme", "--days=0"], "1 to 90 days"),
        (["revoke_token", "wh_none1"], "No live token"),
        (["add_dataset", "nobody", "a", "A", "--platform=tumblr", "--media=text"], "no partner"),
        (["add_dataset", "acme", "a", "A", "--platform=myspace", "--media=text"], "myspace"),
        (["add_dataset", "acme", "a", "A", "--platform=tumblr", "--media=smell"], "invalid choice"),
        (
            ["add_dataset", "acme", "a", "A", "--platform=tumblr", "--media=text", "--buckets=3"],
            "invalid choice",
        ),
        (["add_dataset", "acme", "a", "A", "--media=text"], "--platform"),
        (
            [
                "add_dataset",
                "acme",
                "a",
                "A",
                "--platform=tumblr",
                "--media=text",
                "--settle-hours=0",
            ],
            "settle for 1 to 8784 hours",
        ),
        (["build_release", "acme/none"], "no dataset 'acme/none'"),
        (["build_release", "acme"], "no dataset 'acme'"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(partner, tumblr, words, why):
    before = Entry.objects.count()

    with pytest.raises(CommandError, match=why):
        run(*words)

    assert Entry.objects.count() == before


def test_a_partner_has_two_live_tokens_at_most(partner):
    run("issue_token", "acme")
    run("issue_token", "acme")

    with pytest.raises(CommandError, match="at most 2 live tokens"):
        run("issue_token", "acme")


def test_a_release_is_planned_with_its_files(dataset):
    said, _ = run("build_release", "acme/blogs")

    release = Release.objects.get()
    assert str(release.pk) in said
    assert release.files.count() == 1


def test_nothing_is_built_for_an_inactive_partner(dataset):
    Partner.objects.update(active=False)

    with pytest.raises(CommandError, match="not active"):
        run("build_release", "acme/blogs")

    assert not Release.objects.exists()


def test_waiting_without_a_worker_ends_with_advice(dataset):
    with pytest.raises(CommandError, match="is a Celery worker running"):
        run("build_release", "acme/blogs", "--wait", "--timeout=0.3")


def test_waiting_for_a_file_that_was_set_aside_ends_with_its_error(dataset):
    def fail():
        while not File.objects.exists():
            connection.close()
        File.objects.update(state=File.State.QUARANTINED, last_error="OSError: no space")
        connection.close()

    worker = threading.Thread(target=fail)
    worker.start()

    with pytest.raises(CommandError, match="no space"):
        run("build_release", "acme/blogs", "--wait")
    worker.join()


def test_waiting_ends_when_the_release_is_published(dataset, archive, post, alice, bob, opt_out):
    archive(post(alice, 1), post(alice, 2), post(bob, 1))
    opt_out(bob)

    def work():
        while not Release.objects.filter(files__isnull=False).exists():
            connection.close()
        release = Release.objects.get()
        for file in release.files.all():
            build.build(file.pk)
        publish.publish_release(release.pk)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    said, _ = run("build_release", "acme/blogs", "--wait")
    worker.join()

    assert "Published: 2 rows in 1 files" in said
    assert "left out: 1 (opted_out" in said
