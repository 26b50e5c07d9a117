"""Every platform of the story in one release, and one person's no on each of them."""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from audit.events import operator_command
from consent.actions import opt_out
from consent.models import ReasonCode, Source
from exports.actions.agree import add_dataset, add_partner
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.actions.publish import publish_file, publish_release
from exports.gate import GateClosed, clear
from exports.models import File
from platforms.actions import ensure_account, import_dump, keyring
from platforms.actions.removals import take_removals
from platforms.feeds.bodies import Line
from platforms.models import ItemState, Platform
from platforms.records import Item, MediaKind, Role
from platforms.sources import SOURCES
from tests.platforms.sources import anywhere, dumps, meta_dumps, reddit_dumps, stock

OPERATOR = operator_command()
OPEN = {"account.privacy": "public"}
DUMPS = {
    "tumblr": (json.dumps(dumps.post()), {}),
    "wordpress": (dumps.wxr(dumps.entry()), dumps.PUBLIC_SITE),
    "reddit": (reddit_dumps.lines(reddit_dumps.page(reddit_dumps.post())), {}),
    "facebook": (
        json.dumps([meta_dumps.fb_post(), meta_dumps.page()]),
        {"container.privacy": "public"},
    ),
    "instagram": (json.dumps([meta_dumps.media()]), OPEN),
    "threads": (json.dumps([meta_dumps.thread()]), OPEN),
    "shutterstock": (json.dumps(stock.dump(stock.image())), stock.FACTS),
    "generic": (anywhere.dump(anywhere.item()), {}),
}


@pytest.fixture
def owners(transactional_db, tmp_path):
    """One dump of each platform is imported; who owns its item, by platform."""
    found = {}
    for slug, (content, facts) in DUMPS.items():
        path = tmp_path / slug
        path.write_text(content)
        import_dump(slug, [path], facts, by=OPERATOR, now=timezone.now())
        items = SOURCES[slug].read(
            [path], facts, observed_at=timezone.now(), progress=lambda count: None
        )
        (found[slug],) = {
            principal.native_id
            for item in items
            for principal in getattr(item, "principals", ())
            if principal.role is Role.OWNER
        }
    return found


@pytest.fixture
def release(owners):
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    dataset = add_dataset(
        partner,
        "all",
        name="All",
        platforms=list(SOURCES),
        media_kinds=list(MediaKind),
        buckets=1,
        by=OPERATOR,
    )
    release = plan_release(dataset, by=OPERATOR)
    build_and_publish(release)
    return release


def build_and_publish(release):
    file = release.files.current().get()
    build(file.pk)
    publish_release(release.pk)
    publish_file(file.pk)


def platforms_in(release):
    file = release.files.current().get()
    if file.state == File.State.EMPTY:
        return Counter()
    rows = pq.read_table(settings.STORAGE_DIR / file.path, columns=["platform"]).to_pylist()
    return Counter(row["platform"] for row in rows)


@pytest.mark.parametrize("slug", sorted(DUMPS))
def test_a_removal_names_items_as_the_dump_does(owners, slug, tmp_path):
    content, facts = DUMPS[slug]
    (tmp_path / "again").write_text(content)
    readings = SOURCES[slug].read(
        [tmp_path / "again"], facts, observed_at=timezone.now(), progress=lambda count: None
    )
    (item,) = (each for each in readings if isinstance(each, Item) and each.native_id)
    name = {"kind": item.kind, "id": item.native_id, "container": item.container_id}
    line = Line(1, {"event": "deleted", "item": name})

    taken = take_removals(Platform.objects.get(slug=slug), [line], by=OPERATOR)

    assert taken == [{"line": 1, "result": "applied"}]
    assert ItemState.objects.get().item_key == keyring().item_of(item)


def test_a_release_holds_one_item_of_every_platform(release):
    assert set(DUMPS) == set(SOURCES)
    assert platforms_in(release) == dict.fromkeys(SOURCES, 1)


def test_a_no_on_any_platform_closes_the_file_and_leaves_the_others(release, owners):
    sharing = set(SOURCES)

    for slug in sorted(SOURCES):
        file = release.files.current().get()
        owner = ensure_account(Platform.objects.get(slug=slug), native_id=owners[slug], by=OPERATOR)
        opt_out(owner, source=Source.OPERATOR, by=OPERATOR, reason=ReasonCode.LEGAL)
        with pytest.raises(GateClosed):
            clear(file)
        build_and_publish(release)
        sharing -= {slug}

        assert set(platforms_in(release)) == sharing
