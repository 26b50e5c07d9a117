"""What a picture refuses itself leaves no platform's release, also when it is learned late."""

import json
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from audit.events import operator_command
from exports.actions.agree import add_dataset, add_partner
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.actions.publish import publish_file, publish_release
from exports.gate import GateClosed, clear
from platforms.actions import import_dump
from platforms.batches import one_by_one
from platforms.media import Folder, Inspector
from platforms.records import Item, MediaKind, Verdict
from platforms.sources import SOURCES
from platforms.visibility import judge
from tests.platforms.media.bytes_of import PROHIBITED, jpeg_with_xmp, mining
from tests.platforms.sources import anywhere, dumps, meta_dumps, reddit_dumps, stock

OPERATOR = operator_command()
REFUSING = jpeg_with_xmp(mining(PROHIBITED))
PICTURE = {"kind": "image", "url": "https://tides.example/low.jpg"}
OPEN = {"account.privacy": "public"}
TUMBLR_PICTURE = {
    "type": "image",
    "media": [{"type": "image/jpeg", "url": "https://64.media.tumblr.com/a/tide.jpg"}],
}
WITH_MEDIA = {
    "tumblr": (json.dumps(dumps.post(content=[TUMBLR_PICTURE])), {}),
    "wordpress": (
        dumps.wxr(dumps.entry(wp__post_id="1"), dumps.attachment("1")),
        dumps.PUBLIC_SITE,
    ),
    "reddit": (
        reddit_dumps.lines(
            reddit_dumps.page(
                reddit_dumps.post(url="https://i.redd.it/tide.jpg", is_self=False, selftext="")
            )
        ),
        {},
    ),
    "instagram": (json.dumps([meta_dumps.media()]), OPEN),
    "shutterstock": (json.dumps(stock.dump(stock.image())), stock.FACTS),
    "generic": (anywhere.dump(anywhere.item(media=[PICTURE])), {}),
}


def items_of(slug, path, facts):
    found = SOURCES[slug].read(
        [path], facts, observed_at=timezone.now(), progress=lambda count: None
    )
    return [one for one in one_by_one(found) if isinstance(one, Item)]


def shared(items):
    return [item for item in items if judge(item).verdict is Verdict.SHARE]


@pytest.mark.parametrize("slug", WITH_MEDIA)
def test_no_platform_shares_an_item_whose_picture_refuses(tmp_path, slug):
    content, facts = WITH_MEDIA[slug]
    path, folder = tmp_path / "dump", tmp_path / "media"
    path.write_text(content)
    folder.mkdir()
    items = items_of(slug, path, facts)
    with_media = [item for item in shared(items) if item.media]
    for medium in (medium for item in with_media for medium in item.media):
        (folder / PurePosixPath(urlsplit(medium.url).path).name).write_bytes(REFUSING)

    inspected = list(Inspector(Folder(folder)).inspected(items))

    assert with_media
    assert [item for item in shared(inspected) if item.media] == []


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "dump.ndjson"
    path.write_text(anywhere.dump(anywhere.item("1", media=[PICTURE]), anywhere.item("2")))
    return path


@pytest.fixture
def file(transactional_db, dump):
    """A published file of a dump that came without its media."""
    import_dump("generic", [dump], {}, by=OPERATOR, now=timezone.now())
    return published(plan_release(everything(), by=OPERATOR))


def everything():
    """A dataset of all that may be shared."""
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    return add_dataset(
        partner,
        "all",
        name="All",
        platforms=["generic"],
        media_kinds=list(MediaKind),
        buckets=1,
        by=OPERATOR,
    )


def published(release):
    file = release.files.current().get()
    build(file.pk)
    publish_release(release.pk)
    publish_file(file.pk)
    return release.files.get(pk=file.pk)


def pictures_in(file):
    """The addresses of the pictures of each item in the file."""
    rows = pq.read_table(settings.STORAGE_DIR / file.path, columns=["media"]).to_pylist()
    return sorted([medium["url"] for medium in row["media"]] for row in rows)


def test_a_refusal_that_comes_later_closes_the_file_and_the_next_one_lacks_the_item(
    file, dump, tmp_path
):
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "low.jpg").write_bytes(REFUSING)

    import_dump("generic", [dump], {}, by=OPERATOR, now=timezone.now(), media=folder)

    assert pictures_in(file) == [[], [PICTURE["url"]]]
    with pytest.raises(GateClosed):
        clear(file)
    assert pictures_in(published(file.release)) == [[]]


@pytest.mark.parametrize("picture", [REFUSING, b"broken"])
def test_a_later_dump_without_the_picture_does_not_free_the_item(
    transactional_db, dump, tmp_path, picture
):
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "low.jpg").write_bytes(picture)
    import_dump("generic", [dump], {}, by=OPERATOR, now=timezone.now(), media=folder)
    later = tmp_path / "later.ndjson"
    later.write_text(
        anywhere.dump(*(anywhere.item(n, media=[PICTURE] * (n == "1")) for n in ("1", "2", "3")))
    )

    import_dump("generic", [later], {}, by=OPERATOR, now=timezone.now())

    assert pictures_in(published(plan_release(everything(), by=OPERATOR))) == [[], []]
