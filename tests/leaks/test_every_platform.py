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
from platforms.batches import one_by_one
from platforms.feeds.bodies import Line
from platforms.models import ItemState, Platform
from platforms.records import Item, MediaKind, Role
from platforms.sources import SOURCES
from tests.platforms.sources import anywhere, dumps, meta_dumps, reddit_dumps, stock, wp_answers

OPERATOR = operator_command()
OPEN = {"account.privacy": "public"}
EBB = "https://ebb.example"
# What each dump is, its platform, its content and what the operator says of it.
DUMPS = {
    "tumblr": ("tumblr", json.dumps(dumps.post()), {}),
    "wordpress export": ("wordpress", dumps.wxr(dumps.entry()), dumps.PUBLIC_SITE),
    "wordpress answers": (
        "wordpress",
        reddit_dumps.lines(
            wp_answers.wpcom_post(12, URL=f"{EBB}/low-tide/"), wp_answers.wpcom_site(URL=EBB)
        ),
        {},
    ),
    "reddit": ("reddit", reddit_dumps.lines(reddit_dumps.page(reddit_dumps.post())), {}),
    "facebook": (
        "facebook",
        json.dumps([meta_dumps.fb_post(), meta_dumps.page()]),
        {"container.privacy": "public"},
    ),
    "instagram": ("instagram", json.dumps([meta_dumps.media()]), OPEN),
    "threads": ("threads", json.dumps([meta_dumps.thread()]), OPEN),
    "shutterstock": ("shutterstock", json.dumps(stock.dump(stock.image())), stock.FACTS),
    "generic": ("generic", anywhere.dump(anywhere.item()), {}),
}


def taken_in(folder, name):
    """The items of one of the dumps, which is imported, too."""
    slug, content, facts = DUMPS[name]
    path = folder / name
    path.write_text(content)
    import_dump(slug, [path], facts, by=OPERATOR, now=timezone.now())
    readings = SOURCES[slug].read(
        [path], facts, observed_at=timezone.now(), progress=lambda count: None
    )
    return [one for one in one_by_one(readings) if isinstance(one, Item) and one.native_id]


def owner_of(items):
    """Whose the items are, all of them."""
    (owner,) = {
        principal.native_id
        for item in items
        for principal in item.principals
        if principal.role is Role.OWNER
    }
    return owner


@pytest.fixture
def owners(transactional_db, tmp_path):
    """Every dump is imported; who owns its item, by dump."""
    return {name: owner_of(taken_in(tmp_path, name)) for name in DUMPS}


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


@pytest.mark.parametrize("name", DUMPS)
def test_a_removal_names_items_as_the_dump_does(transactional_db, name, tmp_path):
    (item,) = taken_in(tmp_path, name)
    named = {"kind": item.kind, "id": item.native_id, "container": item.container_id}
    line = Line(1, {"event": "deleted", "item": named})

    taken = take_removals(Platform.objects.get(slug=DUMPS[name][0]), [line], by=OPERATOR)

    assert taken == [{"line": 1, "result": "applied"}]
    assert ItemState.objects.get().item_key == keyring().item_of(item)


def test_a_release_holds_one_item_of_every_dump_of_every_platform(release):
    sharing = Counter(slug for slug, _, _ in DUMPS.values())

    assert set(sharing) == set(SOURCES)
    assert platforms_in(release) == sharing


def test_a_no_on_any_platform_closes_the_file_and_leaves_the_others(release, owners):
    sharing = Counter(slug for slug, _, _ in DUMPS.values())

    for name, (slug, _, _) in DUMPS.items():
        file = release.files.current().get()
        owner = ensure_account(Platform.objects.get(slug=slug), native_id=owners[name], by=OPERATOR)
        opt_out(owner, source=Source.OPERATOR, by=OPERATOR, reason=ReasonCode.LEGAL)
        with pytest.raises(GateClosed):
            clear(file)
        build_and_publish(release)
        sharing -= Counter([slug])

        assert platforms_in(release) == sharing
