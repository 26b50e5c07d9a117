"""What was held is judged again once more is known, without reading a file again."""

import io
import os
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.events import SYSTEM
from audit.models import Entry
from platforms import actions
from platforms.archive.quarantine import held_in
from platforms.archive.runs import rows_in
from platforms.models import Dump, Platform, Resolution, Run
from platforms.sources import BadFact
from tests.platforms.sources import dumps
from tests.platforms.sources.reddit_dumps import comment, lines, post, subreddit

NOW = datetime(2026, 5, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db
CLIFFS = {"subreddit": "cliffs", "subreddit_id": "t5_cliffs"}
CLOSED = {"subreddit.subreddit_type": "private"}
OPEN = {"subreddit.subreddit_type": "public", "subreddit.quarantine": "false"}


@pytest.fixture
def bring(tmp_path):
    """Imports records, or the text of one file, as a new file."""

    def bring(*records, platform="reddit", facts=None, path=None, made_at=None) -> Dump:
        path = path or tmp_path / f"dump-{len(list(tmp_path.iterdir()))}.ndjson"
        text = records[0] if records and isinstance(records[0], str) else lines(*records)
        if records:
            path.write_text(text)
        when = {"now": NOW, "made_at": made_at}
        return actions.import_dump(platform, [path], facts or {}, by=SYSTEM, **when)

    return bring


def bare(number="abc1", **changes):
    """A post of which everything is known but its subreddit."""
    whole = post(number, **changes)
    return {k: v for k, v in whole.items() if k not in ("subreddit_type", "quarantine")}


def order(platform="reddit", facts=None, **options) -> Resolution:
    row = Platform.objects.get(slug=platform)
    return actions.request_resolution(row, facts or {}, by=SYSTEM, **options)


def resolved(platform="reddit", facts=None, **options) -> Resolution:
    resolution = order(platform, facts, **options)
    actions.resolve(resolution.pk)
    resolution.refresh_from_db()
    return resolution


def outcome(dump: Dump) -> tuple[int, int, int]:
    return dump.counts["shared"], dump.counts["held"], dump.counts["excluded"]


def newest(dump: Dump) -> Dump:
    return Dump.objects.live().get(digest=dump.digest)


def rows(storage, dump: Dump) -> dict[str, str]:
    """The verdict of every row that counts, with its text."""
    return {
        row.text or f"#{row.item_key}": row.verdict
        for run in dump.runs.all()
        for row in rows_in(storage / run.path)
    }


def test_posts_are_settled_by_a_subreddits_record_that_came_later(bring, storage):
    held = bring(bare(selftext="SETTLED"), post("abc2", selftext="SHARED BEFORE", **CLIFFS))
    assert outcome(held) == (1, 1, 0)
    bring(subreddit())

    resolution = resolved()

    new = newest(held)
    assert (resolution.state, resolution.before["held"]) == ("done", 1)
    assert resolution.after == {"shared": 1, "excluded": 0, "held": 0, "by_reason": {}}
    assert outcome(new) == (2, 0, 0)
    assert rows(storage, new) == {"SETTLED": "share", "SHARED BEFORE": "share"}
    assert (new.resolves, new.facts, new.held_since) == (held, {}, held.imported_at)
    held.refresh_from_db()
    assert held.superseded_at


def test_a_record_that_never_comes_leaves_everything_as_it_is(bring):
    held = bring(bare())

    resolution = resolved()

    assert resolution.state == "done"
    assert resolution.after["held"] == 1
    assert newest(held) == held
    assert Dump.objects.count() == 1


def test_a_subreddit_found_private_later_excludes_what_was_held(bring, storage):
    held = bring(bare(selftext="SECRET"))
    bring(subreddit())
    bring(subreddit(subreddit_type="private"))

    resolution = resolved()

    assert resolution.after["excluded"] == 1
    new = newest(held)
    assert outcome(new) == (0, 0, 1)
    assert "SECRET" not in rows(storage, new)
    assert not new.runs.exclude(quarantine_path="").exists()


def test_nothing_that_was_shared_or_excluded_is_touched(bring, storage):
    before = bring(
        bare(selftext="HELD"),
        post("abc2", selftext="SHARED", **CLIFFS),
        post("abc3", removed_by_category="moderator", **CLIFFS),
    )
    kept = {text: v for text, v in rows(storage, before).items() if v != "hold"}

    resolved(facts=CLOSED)

    after = rows(storage, newest(before))
    assert {text: after[text] for text in kept} == kept
    assert outcome(newest(before)) == (1, 0, 2)


def test_half_an_answer_leaves_an_item_held_for_the_other_half(bring):
    held = bring(bare())

    resolution = resolved(facts={"subreddit.quarantine": "false"})

    assert resolution.after["by_reason"] == {"subreddit_type_unknown": 1}
    assert newest(held).facts == {"subreddit.quarantine": "false"}
    assert outcome(newest(held)) == (0, 1, 0)

    assert resolved(facts={"subreddit.subreddit_type": "public"}).after["shared"] == 1
    assert newest(held).facts == OPEN


def test_a_comment_is_settled_by_its_post_in_another_import(bring):
    held = bring(comment(quarantine=False))
    assert held.counts["held_by_reason"] == {"parent_outside_dump": 1}
    bring(post())

    assert resolved().after["shared"] == 1
    assert outcome(newest(held)) == (1, 0, 0)


def test_a_post_that_was_read_long_before_settles_no_comment(bring):
    held = bring(comment(quarantine=False))
    bring(post(), made_at=NOW - timedelta(days=31))

    resolved()

    assert newest(held).counts["held_by_reason"] == {"parent_outside_dump": 1}


def test_a_comment_is_closed_by_its_post_in_another_import(bring):
    bring(comment(quarantine=False))
    bring(post(removed_by_category="moderator"))

    assert resolved().after["excluded"] == 1


def test_a_comment_waits_for_a_post_that_is_held_itself_and_both_are_settled(bring):
    bring(comment())
    bring(bare())
    bring(subreddit())

    assert resolved().after == {"shared": 2, "excluded": 0, "held": 0, "by_reason": {}}


def test_a_comment_carries_everybody_in_the_post_that_settled_it(bring, storage):
    held = bring(comment(quarantine=False))
    bring(post())
    resolved()

    (row,) = [row for run in newest(held).runs.all() for row in rows_in(storage / run.path)]

    assert actions.keyring().account("reddit", "t2_alice") in row.account_keys


def test_a_post_that_was_deleted_since_closes_its_comments(bring):
    bring(comment(quarantine=False))
    bring(post())
    keys = actions.keyring()
    reddit = Platform.objects.get(slug="reddit")
    actions.note_item(reddit, keys.item("reddit", "post", "", "abc1"), "deleted", by=SYSTEM)

    assert resolved().after["excluded"] == 1


GAPS = {
    "reddit": lines(bare(), comment()),
    "wordpress": dumps.wxr(dumps.entry(), dumps.entry(wp__post_id="12")),
}


@pytest.mark.parametrize(
    ("platform", "text", "facts"),
    [
        pytest.param("reddit", GAPS["reddit"], OPEN, id="reddit: open"),
        pytest.param("reddit", GAPS["reddit"], CLOSED, id="reddit: private"),
        pytest.param(
            "reddit", GAPS["reddit"], {**OPEN, "subreddit.over18": "true"}, id="reddit: adult"
        ),
        *(
            pytest.param("wordpress", GAPS["wordpress"], facts, id=f"wordpress: {facts}")
            for facts in (
                {"blog_public": "1"},
                {"blog_public": "0"},
                {"blog_public": "-1"},
                {"blog_public": "1", "wpcom_data_sharing_opt_out": "1"},
                {"blog_public": "0", "wpcom_public_coming_soon": "1"},
                {"blog_public": "1", "launch_status": "unlaunched"},
                {"blog_public": "1", "staging": "1"},
                {"blog_public": "1", "hosting": "vip"},
                {"blog_public": "1", "primary_domain": "x.wpcomstaging.com"},
                {"wpcom_coming_soon": "0"},
            )
        ),
    ],
)
def test_an_assertion_comes_to_what_a_new_import_with_it_comes_to(
    bring, tmp_path, platform, text, facts
):
    path = tmp_path / "dump"
    held = bring(text, platform=platform, path=path)

    resolved(platform, facts)
    settled = newest(held).counts
    again = bring(platform=platform, path=path, facts=facts).counts

    names = ("read", "shared", "held", "excluded", "adult", "by_reason", "held_by_reason")
    assert {name: settled[name] for name in names} == {name: again[name] for name in names}


def test_an_assertion_is_on_the_record(bring):
    held = bring(bare())

    resolution = resolved(facts=OPEN)

    requested = Entry.objects.get(event="holds.resolution_requested").facts
    assert requested == {"resolution": resolution.pk, "dump": held.pk, "facts_asserted": OPEN}
    assert Entry.objects.get(event="dump.judged_again").facts["facts_asserted"] == OPEN
    assert Entry.objects.get(event="holds.resolved").facts == {
        "resolution": resolution.pk,
        "state": "done",
        "shared": 1,
        "held": 0,
        "excluded": 0,
    }


def test_facts_are_asserted_of_one_import_where_several_hold_items(bring):
    first, second = bring(bare()), bring(bare("abc2"))

    with pytest.raises(actions.DumpNotChosen, match=f"{first.pk}, {second.pk}"):
        order(facts=OPEN)
    resolved(facts=OPEN, dump=second)

    assert (outcome(newest(first)), outcome(newest(second))) == ((0, 1, 0), (1, 0, 0))


def test_facts_may_be_asserted_of_every_import(bring):
    dumps_ = [bring(bare()), bring(bare("abc2"))]

    resolved(facts=OPEN, everything=True)

    assert [outcome(newest(dump)) for dump in dumps_] == [(1, 0, 0), (1, 0, 0)]


def test_nothing_is_asserted_of_an_import_that_came_in_after_the_order(bring):
    seen = bring(bare())
    waiting = order(facts=OPEN, everything=True)
    unseen = bring(bare("abc3"))

    actions.resolve(waiting.pk)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.after["shared"], waiting.after["held"]) == ("done", 1, 0)
    assert outcome(newest(seen)) == (1, 0, 0)
    assert (outcome(newest(unseen)), newest(unseen).facts) == ((0, 1, 0), {})


def test_what_was_settled_is_no_example_of_what_is_held_any_more(bring):
    elsewhere = {"subreddit": "cliffs", "subreddit_id": "t5_cliffs"}
    settled = [bare(f"abc{n}") for n in range(1, 4)]
    held = bring(*settled, bare("xyz", **elsewhere))
    assert held.counts["examples"]["quarantine_unknown"] == ["abc1", "abc2", "abc3"]
    bring(subreddit())

    resolved()

    assert newest(held).counts["examples"] == {
        "quarantine_unknown": ["xyz"],
        "subreddit_type_unknown": ["xyz"],
    }


@pytest.mark.parametrize(
    ("platform", "facts", "words"),
    [
        pytest.param("reddit", {"nobody.knows": "1"}, "no fact", id="unknown"),
        pytest.param("reddit", {"subreddit.quarantine": "perhaps"}, "cannot be", id="no value"),
        pytest.param("reddit", {"subreddit.quarantine": "true"}, "was made with", id="otherwise"),
        pytest.param("wordpress", {"site": "a.example"}, "import them again", id="of the reading"),
    ],
)
def test_what_cannot_be_asserted_is_refused_and_changes_nothing(bring, platform, facts, words):
    if platform == "reddit":
        bring(bare(), facts={"subreddit.quarantine": "false"})
    else:
        bring(GAPS["wordpress"], platform="wordpress")

    with pytest.raises(BadFact, match=words):
        order(platform, facts)

    assert not Resolution.objects.exists()


def test_asking_twice_gives_the_order_that_waits(bring):
    bring(bare())

    assert order() == order()
    with pytest.raises(actions.ResolutionRunning):
        order(facts=OPEN)


def test_an_item_whose_content_was_dropped_stays_held(bring, storage):
    held = bring(bare())
    actions.drop_quarantine(by=SYSTEM, now=datetime.now(UTC) + timedelta(days=91))
    bring(subreddit())

    resolution = resolved()

    assert (resolution.state, outcome(newest(held))) == ("done", (0, 1, 0))


def test_the_time_of_held_content_runs_from_its_first_import(bring, storage):
    held = bring(bare(), bare("abc2", removal_reason="odd"))
    Dump.objects.filter(pk=held.pk).update(imported_at=datetime.now(UTC) - timedelta(days=80))
    bring(subreddit())
    resolved()

    actions.drop_quarantine(by=SYSTEM, now=datetime.now(UTC) + timedelta(days=11))

    assert outcome(newest(held)) == (1, 1, 0)
    assert not newest(held).runs.exclude(quarantine_path="").exists()


def test_what_stays_held_stays_as_it_was_read(bring, storage):
    held = bring(bare(), bare("abc2", removal_reason="odd"))
    (kept,) = [h.item for h in quarantined(storage, held) if h.item.native_id == "abc2"]
    bring(subreddit())

    resolved()

    (found,) = quarantined(storage, newest(held))
    assert found.item == kept
    assert found.reasons == ["removal_reason_unknown"]


def quarantined(storage, dump: Dump):
    return [
        held
        for run in dump.runs.exclude(quarantine_path="")
        for held in held_in(storage / run.quarantine_path)
    ]


def test_facts_of_an_import_stay_when_its_items_are_judged_again(bring):
    bring(subreddit("cliffs", "t5_cliffs"), bare())
    bring(subreddit())
    resolved()

    late = bring(bare("abc9", subreddit="cliffs", subreddit_id="t5_cliffs"))

    assert outcome(late) == (1, 0, 0)


def test_a_job_whose_worker_died_is_done_by_the_next(bring, settings):
    held = bring(bare())
    bring(subreddit())
    resolution = order()
    Resolution.objects.filter(pk=resolution.pk).update(
        state="running", fence=1, lease_until=datetime.now(UTC) - timedelta(seconds=1)
    )

    assert actions.resolve(resolution.pk)
    assert outcome(newest(held)) == (1, 0, 0)


def test_a_job_that_somebody_is_at_is_left_to_them(bring):
    resolution = order()
    Resolution.objects.filter(pk=resolution.pk).update(
        state="running", fence=1, lease_until=datetime.now(UTC) + timedelta(minutes=1)
    )

    assert not actions.resolve(resolution.pk)


def test_a_job_whose_workers_always_die_is_given_up(bring):
    resolution = order()
    Resolution.objects.filter(pk=resolution.pk).update(fence=5)

    actions.sweep_resolutions()

    resolution.refresh_from_db()
    assert (resolution.state, resolution.error) == ("failed", "Its workers died without a word.")


def test_what_goes_wrong_is_said_in_the_row_and_leaves_no_file(bring, storage):
    held = bring(bare())
    bring(subreddit())
    for run in held.runs.all():
        (storage / run.path).unlink()
    before = {path for path in storage.rglob("*") if path.is_file()}
    resolution = order()

    with pytest.raises(FileNotFoundError):
        actions.resolve(resolution.pk)

    resolution.refresh_from_db()
    assert (resolution.state, resolution.error[:17]) == ("failed", "FileNotFoundError")
    assert {path for path in storage.rglob("*") if path.is_file()} == before


def test_an_import_that_is_replaced_meanwhile_wins(bring, tmp_path, storage):
    path = tmp_path / "dump"
    bring(bare(), path=path)
    bring(subreddit())
    resolution = order()
    again = []

    def import_again(count: int) -> None:
        if not again:
            again.append(bring(path=path))

    actions.resolve(resolution.pk, import_again)

    assert outcome(newest(again[0])) == (1, 0, 0)
    assert newest(again[0]) == again[0]
    known = set(Run.objects.values_list("path", flat=True))
    lying = {p.relative_to(storage).as_posix() for p in (storage / "archive").rglob("*.parquet")}
    assert lying == known


def command(*arguments: object) -> str:
    answer = io.StringIO()
    call_command(
        "resolve_holds", *map(str, arguments), stdout=answer, stderr=io.StringIO(), skip_checks=True
    )
    return answer.getvalue()


def test_an_order_that_fails_while_somebody_waits_is_told_in_words(bring, storage):
    held = bring(bare())
    (storage / held.runs.get().quarantine_path).unlink()

    with pytest.raises(CommandError, match="It failed: FileNotFoundError"):
        command("reddit", "--wait")

    assert Resolution.objects.get().state == Resolution.State.FAILED


def test_the_command_says_what_became_of_the_held_items(bring):
    bring(bare(), bare("abc2", removal_reason="odd"))
    bring(subreddit())

    said = command("reddit", "--wait")

    assert [cell.strip() for cell in said.splitlines()[4].split("│")[1:-1]] == ["2", "1", "0", "1"]
    assert "subreddit_type_unknown" in said


def test_the_command_refuses_an_unknown_fact(bring):
    bring(bare())

    with pytest.raises(CommandError, match=r"no fact 'x'.*Nothing was changed"):
        command("reddit", "--fact", "x=1")


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_nothing(bring, settings, storage):
    settings.LEASE_SECONDS = 1
    held = bring(bare())
    bring(subreddit())
    resolution = order()
    connection.close()

    child = os.fork()
    if child == 0:
        actions.resolve(resolution.pk, lambda count: os.kill(os.getpid(), signal.SIGKILL))
    _, status = os.waitpid(child, 0)
    left = Resolution.objects.get(pk=resolution.pk)
    early = actions.resolve(resolution.pk)
    time.sleep(1.1)

    assert (os.WTERMSIG(status), left.state, early) == (signal.SIGKILL, "running", False)
    assert actions.resolve(resolution.pk)
    assert outcome(newest(held)) == (1, 0, 0)
    resolution.refresh_from_db()
    assert (resolution.state, resolution.fence, resolution.after["shared"]) == ("done", 2, 1)
