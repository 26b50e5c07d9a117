"""What of a dump reaches the archive, and what only the counts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from platforms import intake
from platforms.archive import keyfile
from platforms.archive.runs import BUCKETS, bucket_of, read_bucket
from platforms.archive.writer import RunWriter
from platforms.intake import Change, digest_of, files_of, judged, row_of, take_in
from platforms.keys import Keyring
from platforms.records import (
    AccountReading,
    Evidence,
    Identity,
    Item,
    Media,
    MediaKind,
    Principal,
    Role,
    Verdict,
    Visibility,
)

KEYRING = Keyring(b"x" * 32)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ALICE = Principal(Role.OWNER, Identity.STABLE, "t:alice", "alice")
BOB = Principal(Role.REBLOG_ROOT, Identity.STABLE, "t:bob", "bob")
PUBLIC = tuple(
    Evidence(level, Visibility.PUBLIC, f"{level}_public") for level in ("item", "container")
)
PRIVATE = Evidence("item", Visibility.PRIVATE, "item_private")
UNPROVEN = Evidence("container", Visibility.UNKNOWN, "container_unknown")
ADULT = Evidence("item", Visibility.ADULT, "item_adult")


def item(native_id="17", **facts) -> Item:
    given = {
        "platform": "tumblr",
        "kind": "post",
        "native_id": native_id,
        "principals": (ALICE, BOB),
        "evidence": PUBLIC,
        "published_at": NOON,
        "observed_at": NOON + timedelta(days=1),
        "text": "MARKER",
        "media": (Media(MediaKind.IMAGE, "https://example.org/MARKER.png"),),
    }
    return Item(**{**given, **facts})


def taken_in(storage: Path, *readings):
    with RunWriter(storage, "tumblr") as writer:
        counts, changes, _ = take_in(readings, writer, KEYRING, NOON)
    return writer, counts.as_json(), changes


def rows(storage: Path, writer: RunWriter) -> list[dict]:
    return [
        row
        for run in writer.runs
        for bucket in range(BUCKETS)
        for row in read_bucket(storage / run.path, bucket).to_pylist()
    ]


@pytest.mark.parametrize(
    ("says", "read"),
    [
        pytest.param(NOON - timedelta(days=1), NOON - timedelta(days=1), id="earlier"),
        pytest.param(NOON + timedelta(days=1), NOON, id="later than the dump"),
        pytest.param(None, NOON, id="nothing"),
    ],
)
def test_no_item_was_read_later_than_its_dump(storage: Path, says, read):
    writer, _, _ = taken_in(storage, item(observed_at=says))

    (row,) = rows(storage, writer)

    assert row["observed_at"] == read


def test_a_public_item_is_archived_with_every_key_of_everybody_in_it(storage: Path):
    writer, counts, _ = taken_in(storage, item())

    (row,) = rows(storage, writer)

    assert counts["shared"] == 1
    assert (row["verdict"], row["text"], row["media_kinds"]) == (
        "share",
        "MARKER",
        ["image", "text"],
    )
    assert row["account_keys"] == sorted(
        [
            KEYRING.account("tumblr", "t:alice"),
            KEYRING.handle("tumblr", "alice"),
            KEYRING.account("tumblr", "t:bob"),
            KEYRING.handle("tumblr", "bob"),
        ]
    )
    assert row["owner_key"] == KEYRING.account("tumblr", "t:alice")
    assert row["bucket"] == bucket_of(np.array([row["owner_key"]]))[0]


@pytest.mark.parametrize(
    ("evidence", "places"),
    [
        pytest.param((*PUBLIC, PRIVATE), set(), id="private"),
        pytest.param((PUBLIC[0], UNPROVEN), {"quarantine"}, id="held"),
        pytest.param(PUBLIC, {"archive"}, id="public"),
    ],
)
def test_content_lies_where_its_verdict_allows_and_nowhere_else(storage: Path, evidence, places):
    taken_in(storage, item(evidence=evidence))

    found = {
        path.relative_to(storage).parts[0]
        for path in storage.rglob("*.parquet")
        if "MARKER" in str(pq.read_table(path).to_pylist())
    }

    assert found == places


def test_what_is_not_shared_is_withheld_by_its_key(storage: Path):
    writer, _, _ = taken_in(storage, item("1", evidence=(*PUBLIC, PRIVATE)), item("2"))

    (run,) = writer.runs
    withheld = keyfile.load(storage / run.withheld_path, run.withheld_sha256)

    assert withheld.tolist() == [KEYRING.item("tumblr", "post", "", "1")]


def test_items_without_an_id_are_counted_and_have_no_row(storage: Path):
    writer, counts, _ = taken_in(storage, item(None), item(""))

    assert writer.runs == []
    assert (counts["read"], counts["held"], counts["without_key"]) == (2, 2, 2)


@pytest.mark.parametrize(
    "much",
    [
        pytest.param({"text": "low tide " * 700}, id="words"),
        pytest.param({"tags": ("tide",) * 60}, id="tags"),
        pytest.param({"media": (Media(MediaKind.IMAGE, "https://a.example/"),) * 60}, id="media"),
        pytest.param({"principals": (ALICE, *[BOB] * 60)}, id="people"),
    ],
)
def test_of_items_with_gaps_few_wait_where_each_holds_much(storage: Path, monkeypatch, much):
    monkeypatch.setattr(intake, "BATCH_CHARACTERS", 10_000)
    gap = Evidence("container", Visibility.UNKNOWN, "blog_unknown", about="t:alice")
    waiting = [item(str(n), evidence=(*PUBLIC, gap), **much) for n in range(4)]
    asked = []

    with RunWriter(storage, "tumblr") as writer:
        take_in(waiting, writer, KEYRING, NOON, lambda keys: asked.append(keys) or {})

    assert len(asked) == 2


def test_an_item_without_an_owner_lies_where_its_own_key_says(storage: Path):
    writer, _, _ = taken_in(storage, item(principals=(BOB,)))

    (row,) = rows(storage, writer)

    assert row["owner_key"] == row["item_key"]
    assert row["verdict"] == "hold"


def test_no_judgement_lets_an_item_pass_that_nobody_can_opt_out_of():
    nameless = item(principals=(msgspec.structs.replace(ALICE, native_id=None, handle=None),))

    assert judged(nameless, KEYRING).verdict is not Verdict.SHARE


def test_the_counts_say_what_came_out_and_why(storage: Path):
    private = [item(str(n), evidence=(*PUBLIC, PRIVATE)) for n in range(5)]

    _, counts, _ = taken_in(storage, *private, item("8"), item("9", evidence=(*PUBLIC, ADULT)))

    assert counts == {
        "read": 7,
        "shared": 2,
        "held": 0,
        "excluded": 5,
        "adult": 1,
        "without_key": 0,
        "by_reason": {"item_private": 5},
        "held_by_reason": {},
        "by_kind": {"post": 7},
        "examples": {"item_private": ["0", "1", "2"]},
    }


def test_an_id_that_the_database_cannot_keep_is_no_example(storage: Path):
    _, counts, _ = taken_in(storage, item("1\0", evidence=(*PUBLIC, PRIVATE)))

    assert counts["examples"] == {"item_private": []}


def test_reasons_are_kept_as_codes_without_their_details(storage: Path):
    evidence = msgspec.structs.replace(PRIVATE, detail="MARKER")

    writer, counts, _ = taken_in(storage, item(evidence=(*PUBLIC, evidence)))

    assert rows(storage, writer)[0]["reasons"] == ["item_private"]
    assert "MARKER" not in str(counts)


def test_an_item_without_a_time_of_reading_was_read_now():
    row = row_of(item(observed_at=None), judged(item(), KEYRING), KEYRING, NOON)

    assert row.observed_at == NOON


def test_a_reading_changes_the_account_under_its_id_and_its_name(storage: Path):
    reading = AccountReading(
        platform="tumblr", native_id="t:1", handle="Alice", denies=frozenset({"private"})
    )

    _, _, changes = taken_in(storage, reading)

    assert changes == {
        KEYRING.account("tumblr", "t:1"): Change(frozenset({"private"})),
        KEYRING.handle("tumblr", "alice"): Change(frozenset({"private"})),
    }


def test_a_reading_that_says_nothing_changes_nothing(storage: Path):
    _, _, changes = taken_in(storage, AccountReading(platform="tumblr", native_id="t:1"))

    assert changes == {}


def test_what_is_said_of_many_accounts_is_kept_once(storage: Path):
    readings = [
        AccountReading(platform="tumblr", native_id=f"t:{n}", clears=frozenset({"private", "gone"}))
        for n in range(100)
    ]

    _, _, changes = taken_in(storage, *readings)

    assert len(changes) == 100
    assert len({id(change) for change in changes.values()}) == 1


def test_of_two_readings_that_disagree_the_denial_counts(storage: Path):
    denied = AccountReading(platform="tumblr", native_id="t:1", denies=frozenset({"private"}))
    cleared = AccountReading(
        platform="tumblr", native_id="t:1", clears=frozenset({"private", "gone"})
    )

    changes = [taken_in(storage, *order)[2] for order in ((denied, cleared), (cleared, denied))]

    assert changes[0] == changes[1]
    assert list(changes[0].values()) == [Change(frozenset({"private"}), frozenset({"gone"}))]


def test_a_dump_is_the_same_whatever_the_names_and_order_of_its_files(tmp_path: Path):
    for name, text in (("a", "one"), ("b", "two"), ("c", "one")):
        (tmp_path / name).write_text(text)
    told = []

    first = files_of([tmp_path / "a", tmp_path / "b"], told.append)
    second = files_of([tmp_path / "b", tmp_path / "c"], told.append)

    assert digest_of(first) == digest_of(second)
    assert [(file.name, file.size) for file in first] == [("a", 3), ("b", 3)]
    assert sum(told) == 12
