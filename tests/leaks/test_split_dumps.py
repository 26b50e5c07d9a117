"""However records are split over dumps, and in whatever order: nothing more is delivered."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.conf import settings as configured
from django.utils import timezone

from audit.events import operator_command
from exports.actions.agree import add_dataset, add_partner
from platforms.actions import add_missing_platforms, import_dump, request_resolution, resolve
from platforms.models import Platform
from platforms.records import MediaKind
from tests.leaks.releases import released
from tests.platforms.sources import anywhere, dumps, reddit_dumps

OPERATOR = operator_command()
CASES = 300
DUMPS = 3
OTHERS = 5_000
Records = list[dict[str, Any]]
RecordsOf = Callable[[random.Random, int], Iterator[dict[str, Any]]]


def changed(chance, record, **bad):
    """``record`` with some of its fields made bad, each at times."""
    chosen = {name: values for name, values in bad.items() if chance.random() < 0.08}
    return record | {name: chance.choice(values) for name, values in chosen.items()}


def several(chance) -> range:
    return range(chance.choice([0, 1, 1, 1, 2]))


def of_tumblr(chance: random.Random, case: int) -> Iterator[dict[str, Any]]:
    """A post and a reblog of it, and records of both blogs, whole or not."""
    people = {name: (f"{name}{case}", f"t:{name}{case}") for name in ("alice", "bob")}
    bad = {"type": ["private"], "is_adult": [True], "is_paywall_on": [True], "active": [False]}
    named = [dict(zip(("name", "uuid"), one, strict=True)) for one in people.values()]

    def blog(place):
        name, uuid = list(people.values())[place]
        return changed(chance, dumps.blog(name, uuid), **bad)

    def of_post(place, number, **more):
        whole = dumps.post(
            10 * case + number,
            blog=chance.choice([named[place], blog(place)]),
            blog_name=named[place]["name"],
            content=[{"type": "text", "text": f"{case} {number}"}],
            **more,
        )
        rated = {"has_community_label": True, "categories": []}
        return changed(chance, whole, state=["private"], community_labels=[rated])

    yield of_post(0, 1)
    trail = [dumps.trail_item(chance.choice([named[0], blog(0)]), 10 * case + 1)]
    yield of_post(1, 2, trail=trail)
    for place in (0, 1):
        for _ in several(chance):
            yield blog(place)


def of_reddit(chance: random.Random, case: int) -> Iterator[dict[str, Any]]:
    """A post, a comment on it, a crosspost of it, and records of both subreddits."""
    places = [
        {"subreddit": f"{name}{case}", "subreddit_id": f"t5_{name}{case}"}
        for name in ("tides", "cliffs")
    ]
    first, second = f"a{case}", f"b{case}"
    bad = {"removed_by_category": ["moderator"], "over_18": [True], "quarantine": [True]}
    source = reddit_dumps.post(first, selftext=f"{case} 1", **places[0])
    yield changed(chance, source, **bad)
    comment = reddit_dumps.comment(f"c{case}", first, body=f"{case} 2", **places[0])
    yield changed(chance, comment, quarantine=[False], over_18=[True])
    texts = {"title": f"{case} 3", **places[1]}
    yield changed(chance, reddit_dumps.crosspost(source, number=second, **texts), **bad)
    for place in places:
        for _ in several(chance):
            one = reddit_dumps.subreddit(place["subreddit"], place["subreddit_id"])
            yield changed(chance, one, subreddit_type=["private"], over18=[True], quarantine=[True])


def of_anywhere(chance: random.Random, case: int) -> Iterator[dict[str, Any]]:
    """A post, an answer to it, and records of the people, the place and the parent."""
    bad = {"visibility": ["private", "login_only"], "sensitive": [True], "paid": [True]}
    records = [
        anywhere.item("1", text=f"{case} 1", principals=[anywhere.person(number="bob")]),
        anywhere.reply("2", "1", text=f"{case} 2"),
        *[anywhere.account(name) for name in ("alice", "bob") for _ in several(chance)],
        *[anywhere.container() for _ in several(chance)],
        *[anywhere.parent() for _ in several(chance)],
    ]
    for record in records:
        # That a parent record says so of a rating, too, is among the limits.
        said = {k: v for k, v in bad.items() if record["record"] != "parent" or k != "sensitive"}
        yield changed(chance, record, **said) | {"platform": f"n{case}.example"}


def split(chance: random.Random, records: Records) -> list[Records]:
    """The records in any order, each in one of the dumps."""
    parts: list[Records] = [[] for _ in range(DUMPS)]
    for record in chance.sample(records, len(records)):
        chance.choice(parts).append(record)
    return parts


def case_in(row: dict[str, Any]) -> tuple[int, int]:
    """The number of the case, and of the item in it, which end its title or its text."""
    words = row["title"] if row["title"][:1].isdigit() else row["text"].splitlines()[-1]
    case, number = words.split()
    return int(case), int(number)


@pytest.fixture
def delivered(transactional_db, tmp_path):
    """Imports dumps one after the other, each judged again at once; what a release holds."""
    add_missing_platforms()
    made_at = timezone.now() - timedelta(hours=1)
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)

    def delivered(slug: str, parts: list[Records]) -> set[tuple[int, int]]:
        for number, records in enumerate(parts):
            path = tmp_path / f"{slug}-{number}"
            path.write_text(anywhere.lines(*records))
            when = {"made_at": made_at, "now": timezone.now()}
            import_dump(slug, [path], {}, by=OPERATOR, **when)
            resolve(request_resolution(Platform.objects.get(slug=slug), {}, by=OPERATOR).pk)
        dataset = add_dataset(
            partner,
            slug,
            name=slug,
            platforms=[slug],
            media_kinds=list(MediaKind),
            buckets=1,
            by=OPERATOR,
        )
        table = pq.read_table(configured.STORAGE_DIR / released(dataset).path)
        return {case_in(one) for one in table.to_pylist()}

    return delivered


@pytest.mark.parametrize(
    ("slug", "records_of", "is_all_joined"),
    [
        pytest.param("tumblr", of_tumblr, True, id="tumblr"),
        pytest.param("reddit", of_reddit, True, id="reddit"),
        # An open parent record counts in its own dump only.
        pytest.param("generic", of_anywhere, False, id="generic"),
    ],
)
def test_however_records_are_split_over_dumps_nothing_more_is_delivered(
    delivered, slug: str, records_of: RecordsOf, is_all_joined: bool
):
    whole: Records = []
    parts: list[Records] = [[] for _ in range(DUMPS)]
    for case in range(1, CASES + 1):
        whole += records_of(random.Random(case), case)
        again = list(records_of(random.Random(case), case + OTHERS))
        for part, records in zip(parts, split(random.Random(-case), again), strict=True):
            part += records

    found = delivered(slug, [whole, *parts])

    together = {(case, number) for case, number in found if case < OTHERS}
    apart = {(case - OTHERS, number) for case, number in found if case > OTHERS}
    assert apart - together == set()
    assert len(apart) > CASES / 20
    assert together - apart == set() or not is_all_joined
