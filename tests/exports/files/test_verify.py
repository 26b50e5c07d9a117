import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from consent.decision import Agreement, Denials
from exports.files.build import build_file, delivered
from exports.files.places import Places
from exports.files.reading import items_of
from exports.files.verify import VerificationFailed, engine, verify_file
from platforms.archive import keyfile
from platforms.archive.durable import sha256_of
from platforms.archive.runs import Row, StoredPart
from platforms.archive.writer import RunWriter
from platforms.parts import Pieces
from platforms.records import Identity, Media, MediaKind, Principal, Role, Verdict
from tests.exports.files.conftest import withheld_by

ALICE, BOB, CAROL = 11, -12, 13
EVERYTHING = range(64)
READ = datetime(2026, 1, 5, 6, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SILENT = Denials.of(accounts=[BOB], items=[5])


@pytest.fixture
def places(storage) -> Places:
    return Places.under(storage / "files" / "one")


@pytest.fixture
def runs(archive, post):
    """Alice shares 1 and 2; 3 is Bob's, who said no; 4 is private; 5 was deleted; 6 adult.

    8 was read too soon, 9 too long ago. 20 hangs on 5, 21 on 4, and 22 on 7, which is held.
    """
    return [
        archive(
            post(1, ALICE, account_keys=(ALICE, CAROL)),
            post(2, ALICE, parent_keys=(1, 60)),
            post(3, BOB),
            post(4, ALICE, verdict=Verdict.EXCLUDE),
            post(5, ALICE),
            post(6, ALICE, adult=True),
            post(7, ALICE),
            post(8, ALICE, published_at=READ - timedelta(hours=71)),
            post(9, ALICE, published_at=LONG_AGO, observed_at=READ - timedelta(days=30)),
            post(20, ALICE, parent_keys=(5, 50)),
            post(21, ALICE, parent_keys=(4,)),
            post(22, ALICE, parent_keys=(7,)),
        ),
        archive(post(7, ALICE, verdict=Verdict.HOLD)),
    ]


@pytest.fixture
def build(runs, places, agreement, pseudonyms, now):
    def make(denials=SILENT, agreement=agreement):
        return build_file(
            runs,
            EVERYTHING,
            agreement=agreement,
            denials=denials,
            withheld=withheld_by(runs),
            now=now,
            pseudonyms=pseudonyms,
            into=places,
        )

    return make


@pytest.fixture
def verify(runs, places, agreement, pseudonyms, storage, now):
    def check(built, denials=SILENT, buckets=EVERYTHING, agreement=agreement):
        verify_file(
            runs,
            buckets,
            agreement=agreement,
            denials=denials,
            now=now,
            pseudonyms=pseudonyms,
            at=places,
            built=built,
            scratch=storage / "scratch",
        )

    return check


def rewritten(places: Places, built, rows: pa.Table):
    """The file with other rows in it, and a record that vouches for it."""
    pq.write_table(rows, places.rows)
    return replace(
        built, sha256=sha256_of(places.rows), size=places.rows.stat().st_size, rows=len(rows)
    )


def test_a_file_that_holds_what_may_be_delivered_passes(build, verify):
    built = build()

    verify(built)

    assert built.rows == 2


def test_a_file_of_an_empty_archive_passes(agreement, pseudonyms, places, storage, now):
    rule = {"agreement": agreement, "denials": SILENT, "now": now, "pseudonyms": pseudonyms}
    built = build_file([], EVERYTHING, **rule, withheld=withheld_by([]), into=places)

    verify_file([], EVERYTHING, **rule, at=places, built=built, scratch=storage / "scratch")

    assert built.rows == 0


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        pytest.param(3, "opted_out", id="somebody who said no"),
        pytest.param(4, "not_shareable_exclude", id="a private post"),
        pytest.param(5, "item_blocked", id="a deleted post"),
        pytest.param(6, "adult", id="an adult post"),
        pytest.param(20, "parent_blocked", id="a comment on a deleted post"),
        pytest.param(21, "parent_blocked", id="a comment on a private post"),
        pytest.param(22, "parent_blocked", id="a comment on a held post"),
        pytest.param(7, "not_shareable_hold", id="a post that a later run could not judge"),
        pytest.param(8, "not_settled", id="a post that was read too soon"),
        pytest.param(9, "reading_too_old", id="a post that was read too long ago"),
        pytest.param(99, "unknown_record", id="a post from nowhere"),
    ],
)
def test_a_row_too_many_is_found_though_hash_count_and_sidecars_agree(
    build, verify, places, pseudonyms, item, reason
):
    built = build()
    rows = pq.read_table(places.rows)
    row = rows.slice(0, 1).to_pylist()[0] | {"record_id": pseudonyms.records([item])[0]}
    built = rewritten(
        places, built, pa.concat_tables([rows, pa.Table.from_pylist([row], rows.schema)])
    )
    places.items.unlink()
    built = replace(built, items_sha256=keyfile.write(places.items, np.array([1, 2, item])))

    with pytest.raises(VerificationFailed) as failure:
        verify(built)

    assert failure.value.reason == reason
    assert failure.value.counts[reason] == 1


def test_an_opt_out_that_the_build_did_not_see_is_found(build, verify):
    built = build(denials=Denials.of(items=[5]))

    with pytest.raises(VerificationFailed) as failure:
        verify(built)

    assert failure.value.counts == {"opted_out": 1}


def test_a_row_too_few_is_found(build, verify, places):
    built = build()

    with pytest.raises(VerificationFailed, match="missing_record"):
        verify(rewritten(places, built, pq.read_table(places.rows).slice(1)))


def test_a_row_given_twice_is_found(build, verify, places):
    built = build()
    rows = pq.read_table(places.rows)

    with pytest.raises(VerificationFailed, match="changed_record"):
        verify(rewritten(places, built, pa.concat_tables([rows, rows.slice(0, 1)])))


@pytest.mark.parametrize("column", ["text", "author_id", "title"])
def test_other_content_under_a_known_record_is_found(build, verify, places, column):
    built = build()
    rows = pq.read_table(places.rows)
    place = rows.schema.get_field_index(column)
    other = pa.array(["somebody else's"] * len(rows))

    with pytest.raises(VerificationFailed, match="changed_record"):
        verify(rewritten(places, built, rows.set_column(place, rows.schema.field(place), other)))


CUTTING = Agreement(frozenset({"tumblr"}), frozenset({"text", "image"}), cut=True)


@pytest.fixture
def with_a_cut(runs, archive, post, build, verify):
    """A file from which Bob's part of post 10 was cut, and how to verify it."""
    apart = post(
        10,
        ALICE,
        account_keys=(ALICE, BOB),
        core_keys=(ALICE,),
        text="Bob's words.\n\nAlice's words.",
        parts=(StoredPart([BOB], 0, 12, [0]),),
    )
    runs.append(archive(apart))
    return build(agreement=CUTTING), lambda built: verify(built, agreement=CUTTING)


def test_a_file_with_cuts_passes_where_cuts_are_agreed(with_a_cut, places):
    built, verify = with_a_cut

    verify(built)

    assert built.parts_cut == 1
    (row,) = (row for row in pq.read_table(places.rows).to_pylist() if row["parts_cut"])
    assert (row["text"], row["media"]) == ("Alice's words.", [])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", "Bob's words.\n\nAlice's words."),
        ("media", [{"kind": "image", "url": "https://media.example/10.png", "alt": "a cat"}]),
        ("parts_cut", 0),
    ],
)
def test_a_part_that_was_not_cut_is_found(with_a_cut, places, column, value):
    built, verify = with_a_cut
    rows = pq.read_table(places.rows)
    changed = [row | ({column: value} if row["parts_cut"] else {}) for row in rows.to_pylist()]

    with pytest.raises(VerificationFailed, match="changed_record"):
        verify(rewritten(places, built, pa.Table.from_pylist(changed, schema=rows.schema)))


def test_a_cut_that_nobody_agreed_on_is_found(with_a_cut, verify):
    with pytest.raises(VerificationFailed, match="opted_out"):
        verify(with_a_cut[0])


def test_other_numbers_of_cuts_than_recorded_are_found(with_a_cut):
    built, verify = with_a_cut

    with pytest.raises(VerificationFailed, match="parts_cut_differ"):
        verify(replace(built, parts_cut=2))


def test_runs_from_before_and_after_there_were_parts_are_verified_together(
    runs, archive, post, build, verify
):
    with pq.ParquetFile(runs[0]) as file:
        groups = [
            file.read_row_group(n).drop_columns(["core_keys", "parts"])
            for n in range(file.num_row_groups)
        ]
    with pq.ParquetWriter(runs[0], groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group)

    built = build(agreement=CUTTING)

    verify(built, agreement=CUTTING)
    assert built.rows == 2


def test_a_column_more_is_found(build, verify, places):
    built = build()
    rows = pq.read_table(places.rows)

    with pytest.raises(VerificationFailed, match="columns_differ"):
        verify(
            rewritten(places, built, rows.append_column("handle", pa.array(["alice"] * len(rows))))
        )


def test_bytes_that_changed_are_found(build, verify, places):
    built = build()
    damaged = bytearray(places.rows.read_bytes())
    damaged[10] ^= 1
    places.rows.write_bytes(damaged)

    with pytest.raises(VerificationFailed, match="bytes_changed"):
        verify(built)


def test_a_file_that_is_gone_is_found(build, verify, places):
    built = build()
    places.accounts.unlink()

    with pytest.raises(VerificationFailed, match="file_missing"):
        verify(built)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param({"rows": 3}, "rows_differ", id="another number of rows"),
        pytest.param({"size": 1}, "size_differs", id="another size"),
        pytest.param({"counts": {"opted_out": 7}}, "counts_differ", id="other counts"),
        pytest.param({"usable_until": READ}, "usable_until_differs", id="another end"),
        pytest.param({"usable_until": None}, "usable_until_differs", id="no end"),
        pytest.param({"sha256": "0" * 64}, "bytes_changed", id="another hash"),
    ],
)
def test_a_record_that_does_not_fit_the_file_is_found(build, verify, record, reason):
    built = build()

    with pytest.raises(VerificationFailed, match=reason):
        verify(replace(built, **record))


@pytest.mark.parametrize("keys", [[ALICE], [CAROL], [], [ALICE, CAROL, 99]])
def test_a_sidecar_that_does_not_name_everybody_and_only_them_is_found(build, verify, places, keys):
    built = build()
    places.accounts.unlink()
    sha256 = keyfile.write(places.accounts, np.array(keys, dtype=np.int64))

    with pytest.raises(VerificationFailed, match="accounts_sidecar"):
        verify(replace(built, accounts_sha256=sha256))


@pytest.mark.parametrize("keys", [[1], [], [1, 2, 3]])
def test_a_sidecar_that_does_not_name_every_item_and_only_them_is_found(
    build, verify, places, keys
):
    built = build()
    places.items.unlink()
    sha256 = keyfile.write(places.items, np.array(keys, dtype=np.int64))

    with pytest.raises(VerificationFailed, match="items_sidecar"):
        verify(replace(built, items_sha256=sha256))


def test_a_file_of_other_buckets_is_found(build, verify):
    built = build()

    with pytest.raises(VerificationFailed, match="unknown_record"):
        verify(built, buckets=range(63, 64))


def test_the_engine_reads_no_file_but_the_ones_it_is_shown(storage, places, build):
    build()
    secret = storage / "secret.parquet"
    pq.write_table(pa.table({"a": [1]}), secret)

    with engine([places.rows], storage / "scratch") as sql:
        assert sql.execute(f"SELECT count(*) FROM '{places.rows}'").fetchone() == (2,)
        with pytest.raises(duckdb.PermissionException):
            sql.execute(f"FROM '{secret}'")


def test_pseudonyms_are_the_hmac_of_the_standard(pseudonyms):
    expected = hmac.new(pseudonyms.secrets["record"], b"-12", hashlib.sha256).hexdigest()[:16]

    assert pseudonyms.records([-12]) == [expected]


KEYS = st.sampled_from([1, 2, 3, -(2**62), 2**62])
NOW = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=3)
INSTANTS = st.none() | st.integers(0, 4).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n)
)
WHOLE = st.builds(
    Row,
    item_key=st.integers(1, 5),
    owner_key=KEYS,
    account_keys=st.lists(KEYS, max_size=2, unique=True),
    platform=st.sampled_from(["tumblr", "reddit"]),
    kind=st.just("post"),
    native_id=st.just("1"),
    verdict=st.sampled_from([Verdict.SHARE] * 4 + [Verdict.HOLD, Verdict.EXCLUDE]),
    reasons=st.just(()),
    adult=st.sampled_from([False, False, True]),
    media_kinds=st.none() | st.lists(st.sampled_from(["text", "image", "video"]), max_size=2),
    published_at=INSTANTS,
    observed_at=INSTANTS,
    title=st.none() | st.sampled_from(["", "a title"]),
    text=st.none() | st.text(max_size=3),
    tags=st.none() | st.lists(st.sampled_from(["a", ""]), max_size=2),
    media=st.none()
    | st.lists(
        st.builds(
            Media, kind=st.sampled_from(["image", "video"]), url=st.just("u"), alt=st.just("")
        ),
        max_size=2,
    ),
    core_keys=st.none(),
    parent_keys=st.none(),
    parts=st.none(),
)
PIECES = st.lists(
    st.tuples(
        st.lists(KEYS, min_size=1, max_size=2, unique=True),
        st.sampled_from(["", "a", "\n\n", "\U0001f431 b\n"]),
        st.integers(0, 1),
    ),
    max_size=3,
)


def taken_apart(row: Row, pieces: list[tuple[list[int], str, int]], core: list[int]) -> Row:
    """``row`` with these parts before what it holds, and with their people in it."""
    whole = Pieces()
    for _, text, pictures in pieces:
        whole.add([text], [Media(MediaKind.IMAGE, "p")] * pictures, [SOMEBODY])
    whole.add([row.text or ""], row.media or ())
    people = (keys for keys, text, pictures in pieces if text or pictures)
    parts = [
        StoredPart(keys, part.start, part.end, part.media)
        for keys, part in zip(people, whole.parts, strict=True)
    ]
    keys = {*row.account_keys, *(key for part in parts for key in part.account_keys)}
    return row._replace(
        text=whole.text or row.text,
        media=whole.media or row.media,
        account_keys=sorted(keys),
        core_keys=sorted({*row.account_keys, *core}),
        parts=parts,
    )


SOMEBODY = Principal(Role.QUOTED, Identity.STABLE, "somebody")
# Nothing but people stands against these, so that what they say decides.
FINE = WHOLE.map(
    lambda row: row._replace(
        owner_key=1,
        account_keys=[1],
        platform="tumblr",
        verdict=Verdict.SHARE,
        adult=False,
        media_kinds=["text"],
        published_at=NOW - timedelta(seconds=3),
        observed_at=NOW - timedelta(seconds=1),
    )
)
# Items 1 to 5 are in the archive; the rest are in no dump.
HANGING = st.builds(
    lambda row, parents: row._replace(parent_keys=parents),
    WHOLE | FINE,
    st.lists(st.integers(1, 7), max_size=2),
)
ROWS = HANGING | st.builds(taken_apart, WHOLE | FINE, PIECES, st.lists(KEYS, max_size=1))
ALL_KINDS = Agreement(
    platforms=frozenset({"tumblr", "reddit"}),
    media_kinds=frozenset({"text", "image", "video"}),
    cut=True,
    settle=timedelta(seconds=1),
    max_age=timedelta(days=1),
)
DENIALS = st.builds(
    Denials.of,
    accounts=st.frozensets(KEYS, max_size=1),
    forward=st.dictionaries(
        KEYS, st.integers(0, 3).map(lambda n: 1_767_225_600_000_000 + n * 1_000_000), max_size=2
    ),
    allowed=st.frozensets(KEYS),
    items=st.frozensets(st.integers(1, 7), max_size=1),
    closed=st.just(()) | st.frozensets(KEYS, max_size=1),
    opt_in_platforms=st.frozensets(st.sampled_from(["tumblr", "reddit"])),
)
AGREEMENTS = st.just(ALL_KINDS) | st.builds(
    Agreement,
    platforms=st.frozensets(st.sampled_from(["tumblr", "reddit"]), min_size=1),
    media_kinds=st.frozensets(st.sampled_from(["text", "image", "video"]), min_size=1),
    adult=st.booleans(),
    cut=st.booleans(),
    settle=st.integers(0, 3).map(lambda seconds: timedelta(seconds=seconds)),
    max_age=st.integers(1, 5).map(lambda seconds: timedelta(seconds=seconds)),
)


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batches=st.lists(st.lists(ROWS, min_size=1, max_size=5), min_size=1, max_size=3),
    denials=DENIALS,
    agreement=AGREEMENTS,
    buckets=st.sampled_from([range(0, 64), range(0, 32), range(32, 64)]),
)
def test_two_engines_deliver_the_same_rows_of_any_archive(
    batches, denials, agreement, buckets, tmp_path_factory, pseudonyms
):
    root = tmp_path_factory.mktemp("archive")
    runs = []
    for batch in batches:
        with RunWriter(root, "tumblr") as writer:
            for row in batch:
                writer.add(row)
        runs += [root / run.path for run in writer.runs]
    places = Places.under(root / "files")

    built = build_file(
        runs,
        buckets,
        agreement=agreement,
        denials=denials,
        withheld=withheld_by(runs),
        now=NOW,
        pseudonyms=pseudonyms,
        into=places,
    )

    verify_file(
        runs,
        buckets,
        agreement=agreement,
        denials=denials,
        now=NOW,
        pseudonyms=pseudonyms,
        at=places,
        built=built,
        scratch=root / "scratch",
    )


def test_a_file_that_delivers_everything_the_archive_holds_is_refused(
    runs, verify, build, places, pseudonyms
):
    built = build()
    everything = pa.concat_tables(
        [
            delivered(items.append_column("parts_cut", pa.array([0] * len(items))), pseudonyms)
            for items in items_of(runs, EVERYTHING)
        ]
    )

    with pytest.raises(VerificationFailed) as failure:
        verify(rewritten(places, built, everything))

    assert failure.value.counts == {
        "adult": 1,
        "item_blocked": 1,
        "not_shareable_exclude": 1,
        "not_settled": 1,
        "not_shareable_hold": 1,
        "opted_out": 1,
        "parent_blocked": 3,
        "reading_too_old": 1,
    }
