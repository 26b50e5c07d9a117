"""A newer dump's rating of a blog, subreddit or account keeps its older items out, too."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.events import operator_command
from exports.actions.agree import add_dataset, add_partner
from exports.gate import GateClosed, clear
from platforms.actions import add_missing_platforms, import_dump
from platforms.records import MediaKind
from tests.leaks.releases import released, rows_in
from tests.platforms.sources import anywhere, dumps, reddit_dumps
from tests.platforms.sources.reddit_dumps import lines, subreddit

OPERATOR = operator_command()
TUMBLR = pytest.param(
    "tumblr",
    lines(dumps.post()),
    lines(dumps.blog(is_adult=True)),
    lines(dumps.blog()),
    id="tumblr: blog",
)
REDDIT = pytest.param(
    "reddit",
    lines(reddit_dumps.post()),
    lines(subreddit(over18=True)),
    lines(subreddit()),
    id="reddit: subreddit",
)
CONTAINER = pytest.param(
    "generic",
    anywhere.dump(anywhere.item()),
    anywhere.lines(anywhere.container(sensitive=True)),
    anywhere.lines(anywhere.container()),
    id="generic: container",
)
ACCOUNT = pytest.param(
    "generic",
    anywhere.dump(anywhere.item()),
    anywhere.lines(anywhere.account(sensitive=True)),
    anywhere.lines(anywhere.account()),
    id="generic: account",
)
OWN = [TUMBLR, REDDIT, CONTAINER, ACCOUNT]
LABEL = {"has_community_label": True, "categories": ["sexual_themes"]}
# Here the newer dump brings the source itself, too.
ABOVE = [
    pytest.param(
        "tumblr",
        lines(dumps.post(trail=[dumps.trail_item()])),
        lines(
            dumps.post(
                900,
                blog=dumps.blog("bob", dumps.BOB),
                blog_name="bob",
                community_labels=LABEL,
            )
        ),
        id="tumblr: source of a reblog",
    ),
    pytest.param(
        "reddit",
        lines(reddit_dumps.crosspost()),
        lines(reddit_dumps.source(over_18=True)),
        id="reddit: source of a crosspost",
    ),
]


@pytest.fixture
def bring(transactional_db, tmp_path):
    """Imports files in the order in which they were made, an hour after one another."""
    add_missing_platforms()
    begun = timezone.now() - timedelta(days=1)

    def bring(platform, text):
        number = len(list(tmp_path.glob("dump-*")))
        path = tmp_path / f"dump-{number}"
        path.write_text(text)
        made_at = begun + timedelta(hours=number)
        options = {"by": OPERATOR, "now": timezone.now(), "made_at": made_at}
        return import_dump(platform, [path], {}, **options)

    return bring


@pytest.fixture
def agreed(transactional_db):
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)

    def agreed(adult):
        return add_dataset(
            partner,
            "everything",
            name="Everything",
            platforms=["tumblr", "reddit", "generic"],
            media_kinds=list(MediaKind),
            buckets=1,
            adult=adult,
            by=OPERATOR,
        )

    return agreed


def with_values(cases, *more):
    """``cases`` with only their first three values, and more."""
    return [pytest.param(*one.values[:3], *more, id=one.id) for one in cases]


@pytest.mark.parametrize(("platform", "posts", "adult"), with_values([*OWN, *ABOVE]))
def test_a_newer_rating_closes_a_file_and_keeps_out_what_it_is_of_and_what_repeats_that(
    bring, agreed, platform, posts, adult
):
    dataset = agreed(adult=False)
    bring(platform, posts)
    file = released(dataset)
    assert rows_in(file) == 1

    bring(platform, adult)

    with pytest.raises(GateClosed):
        clear(file)
    assert rows_in(released(dataset)) == 0


@pytest.mark.parametrize(
    ("platform", "posts", "adult", "rows"), [*with_values(OWN, 1), *with_values(ABOVE, 2)]
)
def test_where_adult_items_are_agreed_a_newer_rating_takes_nothing_away(
    bring, agreed, platform, posts, adult, rows
):
    dataset = agreed(adult=True)
    bring(platform, posts)
    file = released(dataset)

    bring(platform, adult)

    assert clear(file)
    assert rows_in(released(dataset)) == rows


@pytest.mark.parametrize(("platform", "posts", "adult", "clean"), OWN)
def test_a_rating_is_taken_back_by_a_record_that_was_made_later(
    bring, agreed, platform, posts, adult, clean
):
    dataset = agreed(adult=False)
    bring(platform, posts)
    bring(platform, adult)
    assert rows_in(released(dataset)) == 0

    bring(platform, clean)

    assert rows_in(released(dataset)) == 1
