"""What was held and is settled leaves in the next release, and nothing leaves with it."""

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from audit.events import operator_command
from consent.actions import opt_out
from consent.models import ReasonCode, Source
from exports.actions.agree import add_dataset, add_partner
from exports.gate import clear
from exports.models import File
from platforms.actions import ensure_account, import_dump, request_resolution, resolve
from platforms.archive.quarantine import held_in
from platforms.models import Platform, Run
from platforms.records import MediaKind
from tests.leaks.releases import released
from tests.platforms.sources import dumps, meta_dumps
from tests.platforms.sources.reddit_dumps import BOB, lines, post, subreddit
from tests.platforms.sources.test_meta_personal_data import RIDERS, SEEDED

OPERATOR = operator_command()


def bring(folder, name, text, platform="reddit", facts=None):
    path = folder / name
    path.write_text(text)
    return import_dump(platform, [path], facts or {}, by=OPERATOR, now=timezone.now())


def bare(number, **changes):
    whole = post(number, **changes)
    return {k: v for k, v in whole.items() if k not in ("subreddit_type", "quarantine")}


@pytest.fixture
def dataset(transactional_db):
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    return add_dataset(
        partner,
        "posts",
        name="Posts",
        platforms=["reddit"],
        media_kinds=list(MediaKind),
        buckets=1,
        by=OPERATOR,
    )


def texts(file: File) -> set[str]:
    return set(pq.read_table(settings.STORAGE_DIR / file.path)["text"].to_pylist())


@pytest.fixture
def held(dataset, tmp_path):
    """One post is shared, three are held for what their subreddits are."""
    elsewhere = {"subreddit": "cliffs", "subreddit_id": "t5_cliffs"}
    text = lines(
        post("a0", selftext="SHARED BEFORE", **elsewhere),
        bare("a1", selftext="SETTLED"),
        bare("a2", selftext="OF SOMEBODY WHO SAID NO", author="bob", author_fullname=BOB),
        bare("a3", selftext="CLOSED", subreddit="dunes", subreddit_id="t5_dunes"),
    )
    return bring(tmp_path, "posts", text)


def settle(tmp_path):
    places = lines(subreddit(), subreddit("dunes", "t5_dunes", subreddit_type="private"))
    bring(tmp_path, "places", places)
    order = request_resolution(Platform.objects.get(slug="reddit"), {}, by=OPERATOR)
    resolve(order.pk)


def test_the_next_release_delivers_what_was_settled_and_nothing_else(dataset, held, tmp_path):
    before = released(dataset)
    bob = ensure_account(Platform.objects.get(slug="reddit"), native_id=BOB, by=OPERATOR)
    opt_out(bob, source=Source.OPERATOR, by=OPERATOR, reason=ReasonCode.LEGAL)

    settle(tmp_path)

    assert texts(before) == {"SHARED BEFORE"}
    assert texts(released(dataset)) == {"SHARED BEFORE", "SETTLED"}


def test_a_file_from_before_may_still_be_fetched(dataset, held, tmp_path):
    before = released(dataset)

    settle(tmp_path)

    assert clear(before)


def test_nobody_finds_the_closed_post_anywhere(dataset, held, tmp_path, storage):
    settle(tmp_path)

    live = Run.objects.live().filter(dump__resolves=held)
    content = [pq.read_table(storage / run.path).to_pylist() for run in live]
    assert "SETTLED" in str(content)
    assert "CLOSED" not in str(content)
    assert not live.exclude(quarantine_path="").exists()


@pytest.mark.parametrize(
    ("platform", "text", "seeded"),
    [
        pytest.param(
            "wordpress",
            dumps.wxr(dumps.entry(dumps.comment())),
            ("mail.example", "Secretname", "192.0.2.7"),
            id="wordpress",
        ),
        pytest.param(
            "tumblr",
            lines(
                dumps.post(
                    blog={"name": "alice", "uuid": dumps.ALICE},
                    is_submission=True,
                    anonymous_email="seeded@mail.example",
                    anonymous_name="Seeded Name",
                )
            ),
            ("mail.example", "Seeded Name"),
            id="tumblr",
        ),
        pytest.param(
            "facebook", lines(meta_dumps.fb_post(**RIDERS)), tuple(SEEDED.values()), id="facebook"
        ),
        pytest.param(
            "reddit",
            lines(bare("a1", author_email="seeded@mail.example", approved_by="Seeded Moderator")),
            ("mail.example", "Seeded Moderator"),
            id="reddit",
        ),
    ],
)
@pytest.mark.django_db
def test_what_rides_along_is_not_in_the_quarantine(tmp_path, storage, platform, text, seeded):
    dump = bring(tmp_path, "dump", text, platform)

    (run,) = dump.runs.all()
    kept = "".join(map(repr, held_in(storage / run.quarantine_path)))

    assert "low tide" in kept
    assert [word for word in seeded if word in kept] == []
