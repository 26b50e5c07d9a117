"""What one dump says of an account or container settles what another lacks."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.events import SYSTEM
from audit.models import Entry
from platforms import actions
from platforms.models import Dump, Fact, Platform
from platforms.records import Evidence, FactReading, Visibility
from tests.platforms.sources.dumps import blog
from tests.platforms.sources.dumps import post as tumblr_post
from tests.platforms.sources.dumps import without as lacking
from tests.platforms.sources.reddit_dumps import TIDES, lines, post, subreddit

NOW = datetime(2026, 5, 1, tzinfo=UTC)
OPEN = Evidence("container", Visibility.PUBLIC, "open_to_all")
CLOSED = Evidence("container", Visibility.PRIVATE, "private")
SETTLES = frozenset({"subreddit_type_unknown", "quarantine_unknown"})
pytestmark = pytest.mark.django_db


@pytest.fixture
def bring(tmp_path):
    """Imports records as one file; a name that was used before makes it another file."""

    def bring(*records, platform="reddit", facts=None, name="dump") -> Dump:
        path = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}.ndjson"
        path.write_text(lines(*records))
        return actions.import_dump(platform, [path], facts or {}, by=SYSTEM, now=NOW)

    return bring


def bare(number="abc1"):
    """A post of which everything is known but its subreddit."""
    return {k: v for k, v in post(number).items() if k not in ("subreddit_type", "quarantine")}


def outcome(dump: Dump) -> tuple[int, int, int]:
    return dump.counts["shared"], dump.counts["held"], dump.counts["excluded"]


def fact(*evidence, about=TIDES, observed_at=NOW, settles=SETTLES) -> FactReading:
    return FactReading(
        platform="reddit",
        about=about,
        settles=settles,
        evidence=evidence,
        observed_at=observed_at,
    )


@pytest.fixture
def reddit() -> Platform:
    return Platform.objects.get(slug="reddit")


def test_without_the_subreddits_record_a_post_is_held(bring):
    assert outcome(bring(bare())) == (0, 1, 0)


def test_a_subreddits_record_from_an_earlier_file_opens_its_posts(bring):
    bring(subreddit())

    assert outcome(bring(bare())) == (1, 0, 0)


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([subreddit(subreddit_type="private")], id="private"),
        pytest.param([subreddit(quarantine=True)], id="quarantined"),
        pytest.param([subreddit(), subreddit(subreddit_type="private")], id="public, then private"),
        pytest.param([subreddit(subreddit_type="private"), subreddit()], id="private, then public"),
    ],
)
def test_the_strictest_record_from_all_files_closes_its_posts(bring, records):
    for record in records:
        bring(record)

    assert outcome(bring(bare())) == (0, 0, 1)


def test_an_adult_subreddit_rates_the_posts_that_it_opens(bring):
    bring(subreddit(over18=True))

    counts = bring(bare()).counts

    assert (counts["shared"], counts["adult"]) == (1, 1)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(subreddit("cliffs", "t5_cliffs"), id="another subreddit"),
        pytest.param(subreddit(subreddit_type="brand_new"), id="a type that nobody knows"),
        pytest.param(lacking(subreddit(), "quarantine"), id="half a record"),
    ],
)
def test_what_settles_nothing_leaves_a_post_held(bring, record):
    bring(record)

    assert outcome(bring(bare())) == (0, 1, 0)


def test_an_assertion_about_one_dump_is_no_fact_for_the_next(bring):
    facts = {"subreddit.subreddit_type": "public", "subreddit.quarantine": "false"}

    assert outcome(bring(bare(), facts=facts)) == (1, 0, 0)
    assert outcome(bring(bare("abc2"))) == (0, 1, 0)


def test_a_blogs_assertion_is_no_fact_for_the_next_dump(bring):
    unsaid = blog()
    for field in ("type", "is_password_protected", "is_hidden_from_blog_network"):
        del unsaid[field]
    facts = {"blog.type": "public"}

    first = bring(tumblr_post(blog=unsaid), platform="tumblr", facts=facts)
    second = bring(tumblr_post(2, blog=unsaid), platform="tumblr")

    assert (outcome(first), outcome(second)) == ((1, 0, 0), (0, 1, 0))


def test_facts_of_a_replaced_import_no_longer_count(bring, tmp_path):
    path = tmp_path / "places.ndjson"
    path.write_text(lines(subreddit()))
    for _ in range(2):
        dump = actions.import_dump("reddit", [path], {}, by=SYSTEM, now=NOW)

    assert [row.dump for row in Fact.objects.all()] == [dump]


def test_no_id_and_no_name_stands_in_the_table_in_clear(bring):
    bring(subreddit())

    row = Fact.objects.values().get()

    assert not [value for value in row.values() if "tides" in str(value)]


def test_facts_between_dumps_are_told_by_the_platform(bring, reddit):
    noted = actions.note_facts(reddit, [fact(OPEN)], by=SYSTEM)

    assert noted == 1
    assert outcome(bring(bare())) == (1, 0, 0)
    assert Entry.objects.get(event="platform.facts_noted").facts == {"subjects": 1}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param(timedelta(hours=1), (0, 0, 1), id="newer"),
        pytest.param(-timedelta(hours=1), (1, 0, 0), id="older"),
    ],
)
def test_the_newest_word_of_the_platform_counts(bring, reddit, later, expected):
    actions.note_facts(reddit, [fact(OPEN)], by=SYSTEM)
    actions.note_facts(reddit, [fact(CLOSED, observed_at=NOW + later)], by=SYSTEM)

    assert outcome(bring(bare())) == expected
    assert Fact.objects.count() == 1


def test_the_platforms_word_does_not_open_what_a_dump_closed(bring, reddit):
    bring(subreddit(subreddit_type="private"))
    actions.note_facts(reddit, [fact(OPEN)], by=SYSTEM)

    assert outcome(bring(bare())) == (0, 0, 1)


def test_what_opened_a_subreddit_long_ago_opens_no_post_of_today(bring, reddit):
    actions.note_facts(reddit, [fact(OPEN, observed_at=NOW - timedelta(days=31))], by=SYSTEM)

    assert outcome(bring(bare())) == (0, 1, 0)


def test_what_closed_a_subreddit_long_ago_closes_it_still(bring, reddit):
    old = NOW - timedelta(days=31)
    actions.note_facts(reddit, [fact(OPEN, CLOSED, observed_at=old)], by=SYSTEM)

    assert outcome(bring(bare())) == (0, 0, 1)


def test_half_an_old_word_is_not_completed_by_a_new_one(bring, reddit):
    old = NOW - timedelta(days=31)
    actions.note_facts(reddit, [fact(OPEN, observed_at=old)], by=SYSTEM)
    bring(lacking(subreddit(), "quarantine"))

    assert outcome(bring(bare())) == (0, 1, 0)


def test_an_open_word_does_not_replace_a_closed_one_of_the_same_instant(bring, reddit):
    actions.note_facts(reddit, [fact(CLOSED)], by=SYSTEM)
    actions.note_facts(reddit, [fact(OPEN)], by=SYSTEM)

    assert outcome(bring(bare())) == (0, 0, 1)


def test_a_fact_of_another_platform_is_refused(reddit):
    with pytest.raises(ValueError, match="of which platform"):
        actions.note_facts(Platform.objects.get(slug="tumblr"), [fact(OPEN)], by=SYSTEM)


def test_many_items_cost_one_query_for_a_batch(bring, django_assert_max_num_queries):
    bring(subreddit())

    with django_assert_max_num_queries(25):
        dump = bring(*(bare(f"n{n}") for n in range(500)))

    assert outcome(dump) == (500, 0, 0)
