from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import Agreement, Denials, cuts, refusal
from exports.files.cutting import rule_on
from exports.files.filtering import ADMITTED, REFUSALS, counts
from platforms.archive.runs import SCHEMA

KEYS = st.integers(1, 6)
PARENTS = st.integers(5, 9)
TEXTS = st.sampled_from(["", "words", None])
KINDS = st.sampled_from(["text", "image", "video", "hologram", None])
INSTANTS = st.integers(0, 5)
PARTS = st.fixed_dictionaries(
    {
        "keys": st.lists(KEYS, min_size=1, max_size=2),
        "text": st.sampled_from(["", "a", "\n\n", "\U0001f431 b\n"]),
        "media": st.lists(st.sampled_from(["image", "video"]), max_size=2),
    }
)
NOW = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=4)

ANY_ROWS = st.fixed_dictionaries(
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
        "core_keys": st.lists(KEYS, max_size=2),
        "pieces": st.lists(PARTS, max_size=3),
        "parents": st.none() | st.lists(PARENTS, max_size=2),
    }
)
# Nothing but people stands against these, so that what they say decides.
OWNED_BY_ONE = st.fixed_dictionaries(
    {
        "item_key": KEYS,
        "owner_key": st.just(1),
        "account_keys": st.lists(KEYS, max_size=2).map(lambda keys: [1, *keys]),
        "platform": st.just("tumblr"),
        "verdict": st.just("share"),
        "adult": st.just(False),
        "media_kinds": st.just(["text"]),
        "published_us": st.integers(0, 2),
        "observed_us": st.just(3),
        "title": TEXTS,
        "text": TEXTS,
        "media": st.lists(st.just("image"), max_size=1),
        "core_keys": st.lists(KEYS, max_size=1).map(lambda keys: [1, *keys]),
        "pieces": st.lists(PARTS, min_size=1, max_size=3),
        "parents": st.lists(PARENTS, max_size=2),
    }
)
ROWS = ANY_ROWS | OWNED_BY_ONE
CUTTING = Agreement(
    platforms=frozenset({"tumblr"}),
    media_kinds=frozenset({"text", "image", "video"}),
    cut=True,
    settle=timedelta(0),
    max_age=timedelta(days=1),
)
AGREEMENTS = st.just(CUTTING) | st.builds(
    Agreement,
    platforms=st.frozensets(st.sampled_from(["tumblr", "reddit"])),
    media_kinds=st.frozensets(st.sampled_from(["text", "image", "video"])),
    adult=st.booleans(),
    cut=st.booleans(),
    settle=st.integers(0, 3).map(lambda us: timedelta(microseconds=us)),
    max_age=st.integers(1, 5).map(lambda us: timedelta(microseconds=us)),
)
OTHERS = st.integers(2, 6)
DENIALS = st.builds(
    Denials.of,
    accounts=st.frozensets(OTHERS, max_size=2),
    forward=st.dictionaries(OTHERS, INSTANTS, max_size=1),
    closed=st.frozensets(OTHERS, max_size=1),
    withheld=st.frozensets(PARENTS, max_size=1),
) | st.builds(
    Denials.of,
    accounts=st.frozensets(KEYS, max_size=2),
    forward=st.dictionaries(KEYS, INSTANTS, max_size=3),
    allowed=st.frozensets(KEYS, max_size=4),
    items=st.frozensets(KEYS | PARENTS, max_size=2),
    withheld=st.frozensets(PARENTS, max_size=2),
    closed=st.frozensets(KEYS, max_size=1),
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
        kinds.update(kind for piece in self.row["pieces"] for kind in piece["media"])
        texts = [self.row["title"], self.row["text"], *(p["text"] for p in self.row["pieces"])]
        return frozenset(kinds | ({"text"} if any(texts) else set()))

    @property
    def core_keys(self) -> frozenset[int]:
        return frozenset(core_of(self.row))

    @property
    def parent_keys(self) -> frozenset[int]:
        return frozenset(self.row["parents"] or ())

    @property
    def parts(self) -> list[frozenset[int]]:
        return [frozenset(piece["keys"]) for piece in self.row["pieces"]]

    def is_empty_without(self, parts) -> bool:
        return not (self.row["title"] or self.text_without(parts) or self.media_without(parts))

    def text_without(self, parts) -> str:
        """What the item would say if these parts had never been in it."""
        texts = [piece["text"] for piece in self.kept(parts)]
        return "\n\n".join(filter(None, [*texts, self.row["text"]]))

    def media_without(self, parts) -> list[str]:
        kinds = [kind for piece in self.kept(parts) for kind in piece["media"]]
        return [*kinds, *(self.row["media"] or ())]

    def kept(self, parts) -> list[dict[str, Any]]:
        return [piece for n, piece in enumerate(self.row["pieces"]) if n not in parts]


def table(rows: list[dict[str, Any]]) -> pa.Table:
    """The rows as the archive has them, with fields that may be missing or malformed."""
    schema = pa.schema([field.with_nullable(True) for field in SCHEMA])
    return pa.Table.from_pylist(
        [
            row
            | {
                "published_at": instant(row["published_us"]),
                "observed_at": instant(row["observed_us"]),
                **taken_apart(row),
            }
            for row in rows
        ],
        schema=schema,
    )


def taken_apart(row: dict[str, Any]) -> dict[str, Any]:
    """The text, the media and the parts of a row, as the archive has them."""
    text, media, parts = "", [], []
    for piece in row["pieces"]:
        start = len(text) + 2 if text and piece["text"] else len(text)
        text += "\n\n" + piece["text"] if text and piece["text"] else piece["text"]
        places = range(len(media), len(media) + len(piece["media"]))
        media += piece["media"]
        parts.append(
            {"account_keys": piece["keys"], "start": start, "end": len(text), "media": [*places]}
        )
    whole = "\n\n".join(filter(None, [text, row["text"]]))
    media += row["media"] or []
    return {
        "text": whole if row["pieces"] else row["text"],
        "media": [{"kind": kind, "url": "", "alt": ""} for kind in media],
        "core_keys": core_of(row),
        "parts": parts,
        "parent_keys": row["parents"],
    }


def core_of(row: dict[str, Any]) -> list[int]:
    """As merging leaves it: whoever is in no part is in the core."""
    in_parts = {key for piece in row["pieces"] for key in piece["keys"]}
    return sorted({*row["core_keys"], *row["account_keys"]} - (in_parts - {*row["core_keys"]}))


def instant(us: int | None) -> datetime | None:
    return None if us is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=us)


@given(rows=st.lists(ROWS, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_the_export_filter_and_the_rule_give_the_same_answer(rows, agreement, denials):
    expected = [refusal(Read(row), agreement=agreement, denials=denials, now=NOW) for row in rows]

    codes = rule_on(table(rows), agreement=agreement, denials=denials, now=NOW).codes

    assert [None if code == ADMITTED else REFUSALS[code - 1] for code in codes] == expected


@given(rows=st.lists(ROWS, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_the_export_filter_leaves_of_an_item_what_the_rule_leaves(rows, agreement, denials):
    ruling = rule_on(table(rows), agreement=agreement, denials=denials, now=NOW)

    left = ruling.items.to_pylist()

    for number in (n for n, code in enumerate(ruling.codes) if code == ADMITTED):
        read = Read(rows[number])
        cut = cuts(read, agreement, denials)
        assert left[number]["parts_cut"] == len(cut)
        assert (left[number]["text"] or "") == read.text_without(cut)
        assert [m["kind"] for m in left[number]["media"]] == read.media_without(cut)


@given(rows=st.lists(ROWS, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_nobody_stays_who_was_in_cut_parts_alone(rows, agreement, denials):
    ruling = rule_on(table(rows), agreement=agreement, denials=denials, now=NOW)

    left = ruling.items.to_pylist()

    for number in (n for n, code in enumerate(ruling.codes) if code == ADMITTED):
        read = Read(rows[number])
        cut = cuts(read, agreement, denials)
        kept = {key for n, people in enumerate(read.parts) if n not in cut for key in people}
        gone = {key for n in cut for key in read.parts[n]} - kept - read.core_keys
        assert {*left[number]["account_keys"]} == read.account_keys - gone


@given(rows=st.lists(ROWS, min_size=2, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_a_row_gets_the_same_answer_wherever_its_batch_was_cut(rows, agreement, denials):
    def answers(items: pa.Table) -> list[tuple[int, dict[str, Any]]]:
        ruling = rule_on(items, agreement=agreement, denials=denials, now=NOW)
        return list(zip(ruling.codes, ruling.items.to_pylist(), strict=True))

    whole = table(rows)
    chunked = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])

    together = answers(whole)

    assert answers(chunked) == together
    assert answers(whole.slice(1)) == together[1:]


@given(rows=st.lists(ROWS, max_size=8), agreement=AGREEMENTS, denials=DENIALS)
def test_each_row_is_either_admitted_or_counted_once(rows, agreement, denials):
    codes = rule_on(table(rows), agreement=agreement, denials=denials, now=NOW).codes

    assert sum(counts(codes).values()) + sum(codes == ADMITTED) == len(rows)
