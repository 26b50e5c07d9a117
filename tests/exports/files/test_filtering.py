from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import Agreement, Denials, refusal
from exports.files.filtering import ADMITTED, REFUSALS, counts, refusals
from platforms.archive.runs import SCHEMA

KEYS = st.integers(1, 6)
TEXTS = st.sampled_from(["", "words", None])
KINDS = st.sampled_from(["text", "image", "video", "hologram", None])
INSTANTS = st.integers(0, 5)
NOW = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=4)

ROWS = st.fixed_dictionaries(
    {
        "item_key": KEYS,
        "owner_key": st.none() | KEYS,
        "account_keys": st.lists(KEYS, max_size=3),
        "platform": st.sampled_from(["tumblr", "reddit", "new", ""]),
        "verdict": st.sampled_from(
            ["share", "share", "share", "hold", "exclude", "Share", "", None]
        ),
        "adult": st.sampled_from([False, False, True, None]),
        "media_kinds": st.none() | st.lists(KINDS, max_size=2),
        "published_us": st.none() | INSTANTS,
        "observed_us": st.none() | INSTANTS,
        "title": TEXTS,
        "text": TEXTS,
        "media": st.none() | st.lists(KINDS, max_size=2),
    }
)
AGREEMENTS = st.builds(
    Agreement,
    platforms=st.frozensets(st.sampled_from(["tumblr", "reddit"])),
    media_kinds=st.frozensets(st.sampled_from(["text", "image", "video"])),
    adult=st.booleans(),
    settle=st.integers(0, 3).map(lambda us: timedelta(microseconds=us)),
    max_age=st.integers(1, 5).map(lambda us: timedelta(microseconds=us)),
)
DENIALS = st.builds(
    Denials.of,
    accounts=st.frozensets(KEYS, max_size=2),
    forward=st.dictionaries(KEYS, INSTANTS, max_size=3),
    allowed=st.frozensets(KEYS, max_size=4),
    items=st.frozensets(KEYS, max_size=2),
    opt_in_platforms=st.frozensets(st.sampled_from(["tumblr", "reddit"])),
)


@dataclass(frozen=True)
class Read:
    """A row as the readable rule sees it."""

    row: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]

    @property
    def account_keys(self) -> frozenset[int]:
        return frozenset(self.row["account_keys"])

    @property
    def media_kinds(self) -> frozenset[Any]:
        kinds = {*(self.row["media_kinds"] or ()), *(self.row["media"] or ())}
        return frozenset(kinds | ({"text"} if self.row["title"] or self.row["text"] else set()))


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """The rows as the archive has them, with fields that may be missing or malformed."""
    schema = pa.schema([field.with_nullable(True) for field in SCHEMA])
    return pa.Table.from_pylist(
        [
            row
            | {
                "published_at": instant(row["published_us"]),
                "observed_at": instant(row["observed_us"]),
                "media": None
                if row["media"] is None
                else [{"kind": kind, "url": "", "alt": ""} for kind in row["media"]],
            }
            for row in rows
        ],
        schema=schema,
    )


def instant(us: int | None) -> datetime | None:
    return None if us is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us)


@given(rows=st.lists(ROWS, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_the_export_filter_and_the_rule_give_the_same_answer(rows, agreement, denials):
    expected = [refusal(Read(row), agreement=agreement, denials=denials, now=NOW) for row in rows]

    codes = refusals(table(rows), agreement=agreement, denials=denials, now=NOW)

    assert [None if code == ADMITTED else REFUSALS[code - 1] for code in codes] == expected


@given(rows=st.lists(ROWS, min_size=2, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_a_row_gets_the_same_answer_wherever_its_batch_was_cut(rows, agreement, denials):
    whole = table(rows)
    chunked = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])

    together = refusals(whole, agreement=agreement, denials=denials, now=NOW)

    assert list(refusals(chunked, agreement=agreement, denials=denials, now=NOW)) == list(together)
    assert list(refusals(whole.slice(1), agreement=agreement, denials=denials, now=NOW)) == list(
        together[1:]
    )


@given(rows=st.lists(ROWS, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_each_row_is_either_admitted_or_counted_once(rows, agreement, denials):
    codes = refusals(table(rows), agreement=agreement, denials=denials, now=NOW)

    assert sum(counts(codes).values()) + sum(codes == ADMITTED) == len(rows)
