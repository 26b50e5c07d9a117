"""Personal data that rides along in a dump: in no file that is kept, and in none that is delivered.

Every kind is put into every object of every format. Both dumps that are shared and dumps that
are held are imported, and then every value of every Parquet file is looked through.
"""

import copy
import json

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from audit.events import operator_command
from exports.actions.agree import add_dataset, add_partner
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.models import File
from platforms.actions import import_dump
from platforms.models import Dump
from platforms.records import MediaKind
from platforms.sources import SOURCES
from tests.platforms.sources import anywhere, dumps
from tests.platforms.sources.examples import EXAMPLES
from tests.platforms.sources.meta_dumps import FACEBOOK_ENTRY, INSTAGRAM_ENTRY

OPERATOR = operator_command()
SEEDS = {
    "email": "seeded.person@mail.example",
    "ipv4": "192.0.2.77",
    "ipv6": "2001:db8::5eed",
    "latitude": "54.323293",
    "longitude": "10.122765",
    "user agent": "SeededAgent/5.0",
    "moderator": "seeded_moderator",
    "token": "EAABseededtoken",
    "phone": "+49 40 5550100",
    "name": "Seeded Secretname",
}
RIDERS = {
    "email": SEEDS["email"],
    "author_email": SEEDS["email"],
    "ip": SEEDS["ipv4"],
    "upload_ip": SEEDS["ipv6"],
    "place": {"name": "x", "location": {"latitude": 54.323293, "longitude": 10.122765}},
    "exif": {"GPSLatitude": SEEDS["latitude"], "GPSLongitude": SEEDS["longitude"]},
    "user_agent": SEEDS["user agent"],
    "approved_by": SEEDS["moderator"],
    "mod_note": SEEDS["moderator"],
    "admin_creator": {"id": "1", "name": SEEDS["moderator"]},
    "access_token": SEEDS["token"],
    "reblog_key": SEEDS["token"],
    "phone": SEEDS["phone"],
    "full_name": SEEDS["name"],
    "notes": [{"reply_text": SEEDS["email"], "blog_name": SEEDS["name"]}],
}
ADDRESSES = ("url", "media_url", "source", "src", "fallback_url")
SIGNED = f"?access_token={SEEDS['token']}&ip={SEEDS['ipv4']}#{SEEDS['email']}"


def ridden(value, riders=RIDERS):
    """``value`` with the riders in every object, and a signature on every address of media."""
    if isinstance(value, list):
        return [ridden(one, riders) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: ridden(child, riders) for key, child in value.items()}
    for name in ADDRESSES:
        if str(made.get(name)).startswith("https://") and "reddit.com" not in made[name]:
            made[name] += SIGNED
    return made | {key: copy.deepcopy(one) for key, one in riders.items() if key not in made}


# What is put into these says that a post is limited or sponsored, or was read long ago.
NOT_RIDDEN = ("_meta", "retrieved_on", "targeting", "sponsor_tags")
# An item with such a note was removed; that nothing of one is kept is shown beside its reader.
EXCLUDES = {("reddit", "mod_note")}

TIMES = (
    "timestamp", "created_time", "created_utc", "published_at", "added_date", "date", "date_gmt"
)  # fmt: skip


def in_json(example, left_out=()):
    riders = {k: v for k, v in RIDERS.items() if (example.platform, k) not in EXCLUDES}
    records = [ridden(record, riders) for record in example.records.values()]
    kept = [{k: v for k, v in one.items() if k not in (*NOT_RIDDEN, *left_out)} for one in records]
    return "\n".join(json.dumps(record) for record in kept)


WXR = dumps.wxr(
    dumps.entry(
        f"<wp:post_author_email>{SEEDS['email']}</wp:post_author_email>",
        *(
            dumps.meta(key, value)
            for key, value in {
                "geo_latitude": SEEDS["latitude"],
                "geo_longitude": SEEDS["longitude"],
                "author_ip": SEEDS["ipv4"],
                "_user_agent": SEEDS["user agent"],
                "billing_phone": SEEDS["phone"],
                "_edit_last": SEEDS["moderator"],
                "api_token": SEEDS["token"],
            }.items()
        ),
        dumps.comment(
            wp__comment_author=SEEDS["name"],
            wp__comment_author_email=SEEDS["email"],
            wp__comment_author_IP=SEEDS["ipv6"],
            wp__comment_author_url=f"https://{SEEDS['email']}/",
            wp__comment_agent=SEEDS["user agent"],
        ),
    ),
    dumps.attachment(wp__attachment_url=f"https://tides.example/harbour.jpg{SIGNED}"),
    dumps.entry(wp__post_id="12", wp__post_password=SEEDS["token"], dc__creator=SEEDS["name"]),
)
PUBLIC = {name: example for name, example in EXAMPLES.items() if not example.is_xml}
SHARED = [
    *(
        pytest.param(one.platform, in_json(one), one.facts, id=name)
        for name, one in PUBLIC.items()
        if one.platform != "generic"
    ),
    pytest.param(
        "generic",
        anywhere.dump(
            anywhere.item(media=[{"kind": "image", "url": f"https://m.example/a.jpg{SIGNED}"}])
        ),
        {},
        id="generic",
    ),
    pytest.param("wordpress", WXR, dumps.PUBLIC_SITE, id="wordpress export"),
]
HELD = [
    *(
        pytest.param(one.platform, in_json(one, TIMES), {}, id=name)
        for name, one in PUBLIC.items()
    ),
    pytest.param("wordpress", WXR, {}, id="wordpress export"),
    pytest.param("facebook", json.dumps([ridden(FACEBOOK_ENTRY)]), {}, id="facebook download"),
    pytest.param("instagram", json.dumps([ridden(INSTAGRAM_ENTRY)]), {}, id="instagram download"),
]  # fmt: skip


def imported(tmp_path, platform, content, facts):
    path = tmp_path / "dump"
    path.write_text(content)
    import_dump(platform, [path], facts, by=OPERATOR, now=timezone.now())
    return Dump.objects.get().counts


def seeds_in(folder):
    """Which seeds are in any file: as bytes, and in the values of Parquet files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    text = b"".join(_text_of(path) for path in files)
    return {kind for kind, seed in SEEDS.items() if seed.encode() in text}


def _text_of(path):
    if path.suffix != ".parquet":
        return path.read_bytes()
    table = pq.read_table(path)
    values = [value for column in table.columns for value in column.to_pylist()]
    return b"".join(one if isinstance(one, bytes) else repr(one).encode() for one in values)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("platform", "content", "facts"), SHARED)
def test_nothing_that_rides_along_is_archived_or_delivered(tmp_path, platform, content, facts):
    counts = imported(tmp_path, platform, content, facts)
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

    build(release.files.current().get().pk)

    file = release.files.current().get()
    assert counts["shared"]
    assert file.state == File.State.VERIFIED
    assert file.rows == counts["shared"]
    assert seeds_in(settings.STORAGE_DIR) == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("platform", "content", "facts"), HELD)
def test_nothing_that_rides_along_is_kept_in_the_quarantine(tmp_path, platform, content, facts):
    counts = imported(tmp_path, platform, content, facts)

    assert counts["held"]
    assert seeds_in(settings.STORAGE_DIR) == set()
