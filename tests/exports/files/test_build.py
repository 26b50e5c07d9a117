import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from consent.decision import EPOCH, Agreement, Denials
from exports.files import build
from exports.files.build import Parts, archive_buckets, build_file
from exports.files.places import Places
from exports.files.pseudonyms import Pseudonyms
from exports.files.schema import DELIVERED
from platforms.archive import keyfile
from platforms.archive.durable import sha256_of
from platforms.archive.runs import StoredPart
from platforms.records import Media, MediaKind, Verdict
from tests.exports.files.conftest import withheld_by

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ALICE, BOB, CAROL = 11, -12, 13
EVERYTHING = range(64)
NOBODY = Denials.of()


@pytest.fixture
def built(storage, agreement, pseudonyms, now):
    """Build from ``runs`` into the storage; what was recorded, and where it lies."""

    def make(*runs, denials=NOBODY, buckets=EVERYTHING, agreement=agreement, names=pseudonyms):
        places = Places.under(storage / "files" / str(len(list(storage.glob("files/*")))))
        made = build_file(
            runs,
            buckets,
            agreement=agreement,
            denials=denials,
            withheld=withheld_by(runs),
            now=now,
            pseudonyms=names,
            into=places,
        )
        return made, places

    return make


def delivered(places: Places) -> list[dict]:
    return pq.read_table(places.rows).to_pylist()


def texts(places: Places) -> set[str]:
    return {row["text"] for row in delivered(places)}


def test_a_shared_post_is_delivered_whole_under_pseudonyms(archive, post, built, pseudonyms):
    places = built(archive(post(1, ALICE)))[1]

    assert delivered(places) == [
        {
            "record_id": pseudonyms.records([1])[0],
            "author_id": pseudonyms.authors([ALICE])[0],
            "platform": "tumblr",
            "kind": "post",
            "published_at": post(1).published_at,
            "title": "Title 1",
            "text": "Words of 1",
            "tags": ["cats", "day"],
            "media": [
                {"kind": "image", "url": "https://media.example/1.png", "alt": "a cat"},
            ],
            "adult": False,
            "parts_cut": 0,
        }
    ]


def test_what_is_recorded_is_what_lies_on_the_disk(archive, post, built):
    made, places = built(archive(post(2, ALICE, account_keys=(ALICE, CAROL)), post(1, BOB)))

    assert made.rows == 2
    assert made.size == places.rows.stat().st_size
    assert made.sha256 == sha256_of(places.rows)
    assert list(keyfile.load(places.accounts, made.accounts_sha256)) == [BOB, ALICE, CAROL]
    assert list(keyfile.load(places.items, made.items_sha256)) == [1, 2]


def test_somebody_who_opted_out_is_in_no_row_and_no_sidecar(archive, post, built):
    run = archive(post(1, ALICE), post(2, BOB), post(3, BOB, account_keys=(BOB, ALICE)))

    made, places = built(run, denials=Denials.of(accounts=[ALICE]))

    assert texts(places) == {"Words of 2"}
    assert list(keyfile.load(places.accounts, made.accounts_sha256)) == [BOB]
    assert made.counts == {"opted_out": 2}


PARTS = {
    "account_keys": (ALICE, BOB, CAROL),
    "core_keys": (ALICE,),
    "text": "BOBSWORDS\n\nCAROLSWORDS\n\nALICESWORDS",
    "media": (
        Media(MediaKind.IMAGE, "https://media.example/BOBSPICTURE.png"),
        Media(MediaKind.IMAGE, "https://media.example/alice.png"),
    ),
    "parts": (StoredPart([BOB], 0, 9, [0]), StoredPart([CAROL], 11, 22, [])),
}
CUTTING = Agreement(frozenset({"tumblr"}), frozenset({"text", "image"}), cut=True)


def test_the_part_of_somebody_who_opted_out_is_cut_where_that_is_agreed(archive, post, built):
    made, places = built(
        archive(post(1, ALICE, **PARTS)), denials=Denials.of(accounts=[BOB]), agreement=CUTTING
    )

    (row,) = delivered(places)
    assert (row["text"], row["parts_cut"]) == ("CAROLSWORDS\n\nALICESWORDS", 1)
    assert [medium["url"] for medium in row["media"]] == ["https://media.example/alice.png"]
    assert (made.rows, made.parts_cut, made.counts) == (1, 1, {})
    assert list(keyfile.load(places.accounts, made.accounts_sha256)) == sorted([ALICE, CAROL])
    raw = pq.read_table(places.rows, columns=["text", "media"]).to_pylist()
    assert "BOBS" not in repr(raw)


def test_the_whole_item_stays_out_where_no_cuts_are_agreed(archive, post, built):
    made, _ = built(archive(post(1, ALICE, **PARTS)), denials=Denials.of(accounts=[BOB]))

    assert (made.rows, made.parts_cut, made.counts) == (0, 0, {"opted_out": 1})


@pytest.mark.parametrize("agreement", [CUTTING, replace(CUTTING, cut=False)], ids=["cut", "drop"])
def test_an_item_with_parts_that_everybody_shares_is_delivered_as_it_was_read(
    archive, post, built, agreement
):
    made, places = built(archive(post(1, ALICE, **PARTS)), agreement=agreement)

    (row,) = delivered(places)
    assert row["text"] == PARTS["text"]
    assert [medium["url"] for medium in row["media"]] == [m.url for m in PARTS["media"]]
    assert list(keyfile.load(places.accounts, made.accounts_sha256)) == sorted([ALICE, BOB, CAROL])


@pytest.mark.parametrize(
    ("facts", "denials", "reason"),
    [
        pytest.param({}, Denials.of(accounts=[ALICE]), "opted_out", id="its owner"),
        pytest.param(
            {"core_keys": (ALICE, BOB)}, Denials.of(accounts=[BOB]), "opted_out", id="in the core"
        ),
        pytest.param({}, Denials.of(closed=[BOB]), "opted_out", id="a platform's word"),
        pytest.param(
            {"core_keys": None}, Denials.of(accounts=[BOB]), "opted_out", id="nobody knows the core"
        ),
        pytest.param(
            {
                "text": "BOBSWORDS",
                "media": (),
                "title": "",
                "parts": (StoredPart([BOB], 0, 9, []),),
            },
            Denials.of(accounts=[BOB]),
            "nothing_left",
            id="all there is",
        ),
    ],
)
def test_what_cannot_be_cut_stays_out_whole(archive, post, built, facts, denials, reason):
    run = archive(post(1, ALICE, **PARTS | facts))

    made, _ = built(run, denials=denials, agreement=CUTTING)

    assert (made.rows, made.counts) == (0, {reason: 1})


def test_who_shares_only_from_a_day_on_is_cut_from_what_is_older(archive, post, built):
    tomorrow = (NOON - EPOCH) // timedelta(microseconds=1) + 86_400_000_000
    run = archive(post(1, ALICE, **PARTS))

    _, places = built(run, denials=Denials.of(forward={CAROL: tomorrow}), agreement=CUTTING)

    assert texts(places) == {"BOBSWORDS\n\nALICESWORDS"}


def test_somebody_who_was_in_the_core_of_an_earlier_reading_is_not_cut(archive, post, built):
    earlier = post(1, ALICE, account_keys=(ALICE, BOB), observed_at=NOON)
    runs = archive(earlier), archive(post(1, ALICE, **PARTS))

    made, _ = built(*runs, denials=Denials.of(accounts=[BOB]), agreement=CUTTING)

    assert made.counts == {"opted_out": 1}


def test_every_item_is_delivered_or_counted(archive, post, built):
    run = archive(
        post(1, ALICE),
        post(2, ALICE, verdict=Verdict.HOLD),
        post(3, ALICE, verdict=Verdict.EXCLUDE),
        post(4, ALICE, adult=True),
        post(5, ALICE, media_kinds=("text", "video")),
        post(6, BOB),
    )

    made, _ = built(run, denials=Denials.of(items=[6]))

    assert made.rows == 1
    assert made.counts == {
        "not_shareable_hold": 1,
        "not_shareable_exclude": 1,
        "adult": 1,
        "media_not_agreed": 1,
        "item_blocked": 1,
    }


def test_what_has_not_settled_and_what_was_read_too_long_ago_is_counted(archive, post, built, now):
    long_ago = now - timedelta(days=300)
    run = archive(
        post(1, ALICE),
        post(2, ALICE, published_at=post(2).observed_at - timedelta(hours=71)),
        post(3, ALICE, observed_at=now + timedelta(microseconds=1)),
        post(4, ALICE, published_at=long_ago, observed_at=long_ago + timedelta(days=10)),
    )

    made, places = built(run)

    assert texts(places) == {"Words of 1"}
    assert made.counts == {"not_settled": 2, "reading_too_old": 1}


def test_a_post_settles_when_a_later_run_reads_it_again(archive, post, built):
    young = post(1, ALICE, observed_at=post(1).published_at + timedelta(hours=1))
    first = archive(young)

    assert texts(built(first)[1]) == set()
    assert texts(built(first, archive(post(1, ALICE)))[1]) == {"Words of 1"}


def test_a_later_dump_keeps_a_post_usable_for_longer(archive, post, built, agreement):
    earlier = post(1).observed_at - timedelta(hours=5)
    before = archive(post(1, ALICE, observed_at=earlier), post(2, ALICE, observed_at=earlier))
    again = archive(post(1, ALICE))

    assert built(before, again)[0].usable_until == earlier + agreement.max_age
    assert built(again)[0].usable_until == post(1).observed_at + agreement.max_age


def test_only_what_is_delivered_decides_how_long_a_file_is_usable(archive, post, built, agreement):
    earlier = post(1).observed_at - timedelta(hours=5)
    run = archive(post(1, ALICE), post(2, BOB, observed_at=earlier))

    made, _ = built(run, denials=Denials.of(accounts=[BOB]))

    assert made.usable_until == post(1).observed_at + agreement.max_age


def test_a_file_without_rows_has_no_end(archive, post, built):
    assert built(archive(post(1, ALICE, verdict=Verdict.HOLD)))[0].usable_until is None


def test_a_post_that_any_run_saw_as_private_is_not_delivered(archive, post, built):
    yesterday = post(1).observed_at - timedelta(days=1)
    private = archive(post(1, ALICE, verdict=Verdict.EXCLUDE, observed_at=yesterday))
    public = archive(post(1, ALICE))

    assert delivered(built(private, public)[1]) == []
    assert delivered(built(public, private)[1]) == []


def test_a_post_that_changed_its_author_is_in_one_file_with_both_people(archive, post, built):
    before = archive(post(1, ALICE, observed_at=post(1).observed_at - timedelta(days=1)))
    after = archive(post(1, BOB, text="moved"))
    first, second = range(32), range(32, 64)

    here, there = built(before, after, buckets=first), built(before, after, buckets=second)

    assert [here[0].rows, there[0].rows] == [0, 1]
    assert list(keyfile.load(there[1].accounts, there[0].accounts_sha256)) == [BOB, ALICE]


def test_a_post_that_changed_its_author_stays_out_when_either_opted_out(archive, post, built):
    before = archive(post(1, ALICE, observed_at=post(1).observed_at - timedelta(days=1)))
    after = archive(post(1, BOB))

    made, _ = built(before, after, denials=Denials.of(accounts=[ALICE]))

    assert (made.rows, made.counts) == (0, {"opted_out": 1})


def test_the_files_of_a_release_hold_each_item_once(archive, post, built):
    owners = [int(key) for key in np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 200)]
    run = archive(*(post(number, owner) for number, owner in enumerate(owners)))

    files = [built(run, buckets=archive_buckets(n, of=8)) for n in range(8)]

    records = [row["record_id"] for _, places in files for row in delivered(places)]
    assert len(records) == len(set(records)) == 200
    assert all(made.rows for made, _ in files)


def test_the_order_of_rows_is_the_order_of_pseudonyms(archive, post, built, monkeypatch):
    monkeypatch.setattr(build, "ROWS_OF_A_PART", 20)
    run = archive(*(post(number, ALICE) for number in range(500)))

    made, places = built(run, buckets=range(0, 8))

    records = [row["record_id"] for row in delivered(places)]
    assert records == sorted(records)
    assert pq.read_metadata(places.rows).num_row_groups > 1
    assert made.rows == 500


def test_two_partners_know_the_same_post_by_different_names(archive, post, built):
    run = archive(post(1, ALICE))
    other = Pseudonyms(b"a secret of thirty-two bytes, yes", "other")

    (mine,), (theirs,) = delivered(built(run)[1]), delivered(built(run, names=other)[1])

    assert mine["record_id"] != theirs["record_id"]
    assert mine["author_id"] != theirs["author_id"]
    assert mine["record_id"] != mine["author_id"]


def test_neither_native_ids_nor_keys_are_in_the_bytes(archive, post, built):
    places = built(archive(post(1, ALICE, native_id="native-4711")))[1]

    assert b"native-4711" not in places.rows.read_bytes()
    assert pq.read_schema(places.rows).names == DELIVERED.names


def test_the_footer_tells_no_smallest_and_largest_text_or_id(archive, post, built):
    places = built(archive(post(1, ALICE), post(2, BOB)))[1]

    group = pq.read_metadata(places.rows).row_group(0)
    described = {
        group.column(n).path_in_schema
        for n in range(group.num_columns)
        if group.column(n).statistics is not None and group.column(n).statistics.has_min_max
    }
    assert described == {"platform", "kind"}


def test_an_archive_with_nothing_to_share_makes_an_empty_file(archive, post, built):
    made, places = built(archive(post(1, ALICE, verdict=Verdict.HOLD)))

    assert made.rows == 0
    assert delivered(places) == []


def test_building_again_gives_the_same_bytes(archive, post, built):
    run = archive(*(post(number, ALICE) for number in range(50)))

    assert built(run)[0] == built(run)[0]


def test_a_build_that_fails_leaves_no_file_and_no_parts(archive, post, built, storage, monkeypatch):
    run = archive(post(1, ALICE))

    def full(draft):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "parquet", full)

    with pytest.raises(OSError, match="No space"):
        built(run)

    assert [path for path in storage.glob("files/**/*") if path.is_file()] == []


def test_what_a_killed_worker_left_does_not_get_into_the_next_build(
    archive, post, built, storage, now
):
    parts = storage / "files" / "0" / "rows.parts"
    with Parts(storage / "files" / "elsewhere", 1):
        parts.mkdir(parents=True)
    (parts / "000.arrow").write_bytes(b"half an arrow")
    shutil.rmtree(storage / "files" / "elsewhere", ignore_errors=True)

    into = Places.under(parts.parent)
    run = archive(post(1, ALICE))
    build_file(
        [run],
        EVERYTHING,
        agreement=Agreement(frozenset({"tumblr"}), frozenset({"text", "image"})),
        denials=NOBODY,
        withheld=withheld_by([run]),
        now=now,
        pseudonyms=Pseudonyms(b"a secret of thirty-two bytes, yes", "acme"),
        into=into,
    )

    assert texts(into) == {"Words of 1"}
    assert not parts.exists()


@pytest.mark.parametrize(("bucket", "of"), [(0, 3), (8, 8), (-1, 8), (0, 0), (0, 128)])
def test_only_what_divides_the_archive_is_a_file(bucket, of):
    with pytest.raises(ValueError, match="divide"):
        archive_buckets(bucket, of=of)


def test_the_files_of_a_release_cover_every_bucket_once():
    covered = [b for n in range(16) for b in archive_buckets(n, of=16)]

    assert covered == list(range(64))


def test_no_file_of_a_build_can_be_read_by_other_users(archive, post, built):
    places = built(archive(post(1, ALICE)))[1]

    assert {Path(p).stat().st_mode & 0o077 for p in (places.rows, places.accounts)} == {0}
