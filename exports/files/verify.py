"""The second opinion on a built file: DuckDB decides again, from the archive, in SQL.

Nothing of ``filtering``, ``merging``, ``reading`` or ``build`` is used. The file must be
exactly what this engine would deliver: no row more, no row less, no other content, with
every item, everybody in it and all that it hangs on in the sidecars that the gate reads.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from consent.decision import Agreement, Denials, length, microseconds
from exports.files.places import Built, Places
from exports.files.pseudonyms import Pseudonyms
from platforms.archive.runs import SCHEMA

MEMORY: Final = "512MB"
HMAC_BLOCK: Final = 64

COLUMNS: Final = [
    ("record_id", "VARCHAR"),
    ("author_id", "VARCHAR"),
    ("platform", "VARCHAR"),
    ("kind", "VARCHAR"),
    ("published_at", "TIMESTAMP WITH TIME ZONE"),
    ("title", "VARCHAR"),
    ("text", "VARCHAR"),
    ("tags", "VARCHAR[]"),
    ("media", "STRUCT(kind VARCHAR, url VARCHAR, alt VARCHAR)[]"),
    ("adult", "BOOLEAN"),
    ("parts_cut", "SMALLINT"),
]

EMPTY_ARCHIVE: Final = SCHEMA.append(pa.field("run", pa.int64())).append(
    pa.field("file_row_number", pa.int64())
)

# HMAC (RFC 2104) spelled out, because the engine has only the plain hash.
PSEUDONYM: Final = """
CREATE MACRO pseudonym(name, key) AS substr(sha256(
    getvariable(name || '_outer')
    || unhex(sha256(getvariable(name || '_inner') || encode(key::VARCHAR)))
), 1, 16)
"""

SECRETS: Final = {
    ("record", "inner"): "SET VARIABLE record_inner = $block",
    ("record", "outer"): "SET VARIABLE record_outer = $block",
    ("author", "inner"): "SET VARIABLE author_inner = $block",
    ("author", "outer"): "SET VARIABLE author_outer = $block",
}
PADS: Final = {"inner": 0x36, "outer": 0x5C}

DECISIONS: Final = """
CREATE TEMP TABLE candidates AS
    SELECT DISTINCT item_key FROM archive WHERE bucket BETWEEN $first AND $last;

CREATE TEMP TABLE appearances AS
    SELECT item_key, owner_key, bucket, verdict, adult, published_at, observed_at, account_keys,
           parent_keys,
           coalesce(core_keys, account_keys) AS core_keys,
           {'observed': coalesce(observed_at, '-infinity'::TIMESTAMPTZ),
            'run': run, 'row': file_row_number} AS reading
    FROM archive SEMI JOIN candidates USING (item_key);

CREATE TEMP TABLE merged AS
    SELECT item_key,
           max(reading) AS reading,
           arg_max(bucket, reading) AS bucket,
           arg_max(owner_key, reading) AS owner_key,
           epoch_us(max(observed_at)) AS read_us,
           bool_or(verdict = 'exclude') AS any_excluded,
           bool_and(verdict IS NOT DISTINCT FROM 'share') AS all_shared,
           CASE WHEN count(adult) = count(*) THEN bool_or(adult) END AS adult,
           CASE WHEN count(published_at) = count(*) THEN min(published_at) END AS published_at
    FROM appearances GROUP BY item_key;

DELETE FROM merged WHERE bucket NOT BETWEEN $first AND $last;

CREATE TEMP TABLE people AS
    SELECT DISTINCT item_key, unnest(account_keys) AS account_key
    FROM appearances SEMI JOIN merged USING (item_key);

CREATE TEMP TABLE hangs_on AS
    SELECT DISTINCT item_key, unnest(parent_keys) AS parent_key
    FROM appearances SEMI JOIN merged USING (item_key);

CREATE TEMP TABLE closed_parents AS
    SELECT item_key AS parent_key FROM blocked_items
    UNION
    SELECT item_key FROM archive SEMI JOIN
        (SELECT DISTINCT parent_key AS item_key FROM hangs_on) USING (item_key)
    WHERE verdict IS DISTINCT FROM 'share' OR (adult AND NOT $adult);

CREATE TEMP TABLE core AS
    SELECT DISTINCT item_key, unnest(core_keys) AS account_key
    FROM appearances SEMI JOIN merged USING (item_key);

CREATE TEMP VIEW newest AS
    SELECT archive.* REPLACE (merged.published_at AS published_at, merged.adult AS adult)
    FROM archive JOIN merged ON archive.item_key = merged.item_key
        AND run = reading.run AND file_row_number = reading.row;

CREATE TEMP TABLE pieces AS
    SELECT item_key, number, published_at, parts[number] AS piece
    FROM (SELECT item_key, published_at, parts, unnest(generate_series(1, len(parts))) AS number
          FROM newest WHERE $cut);

CREATE TEMP TABLE voices AS
    SELECT DISTINCT item_key, number, published_at, unnest(piece.account_keys) AS account_key
    FROM pieces;

CREATE TEMP TABLE loose AS
    SELECT DISTINCT item_key, account_key FROM voices
    ANTI JOIN core USING (item_key, account_key) ANTI JOIN closed_accounts USING (account_key);

CREATE TEMP TABLE bound AS
    FROM people ANTI JOIN loose USING (item_key, account_key);

CREATE TEMP TABLE forward_items AS
    SELECT item_key, max(since) AS since
    FROM bound JOIN forward_accounts USING (account_key) GROUP BY item_key;

CREATE TEMP TABLE cut_pieces AS
    SELECT DISTINCT item_key, number
    FROM voices SEMI JOIN loose USING (item_key, account_key)
    LEFT JOIN forward_accounts USING (account_key)
    WHERE account_key IN (FROM denied_accounts)
        OR (since IS NOT NULL AND coalesce(epoch_us(published_at) < since, true));

CREATE TEMP TABLE gone AS
    FROM loose ANTI JOIN (FROM voices ANTI JOIN cut_pieces USING (item_key, number))
        USING (item_key, account_key);

CREATE TEMP TABLE holes AS
    SELECT item_key, count(*)::SMALLINT AS parts_cut, flatten(list(piece.media)) AS places,
           coalesce(list({'first': piece."start", 'last': piece."end"} ORDER BY piece."start")
                    FILTER (piece."start" < piece."end"), []) AS stretches
    FROM pieces SEMI JOIN cut_pieces USING (item_key, number) GROUP BY item_key;

CREATE TEMP TABLE remains AS
    SELECT item_key, parts_cut, text, places, stretches,
           [0] || list_transform(stretches, lambda s: s.last + 2) AS opens,
           list_transform(stretches, lambda s: s.first) || [length(text)] AS closes
    FROM newest JOIN holes USING (item_key);

CREATE TEMP TABLE rests AS
    SELECT item_key, parts_cut, places,
           CASE WHEN len(stretches) = 0 OR text IS NULL THEN text
                WHEN stretches[-1].last = length(text) THEN rest[:-3]
                ELSE rest END AS text
    FROM (SELECT *, array_to_string(list_transform(generate_series(1, len(opens)), lambda n:
              substring(text, opens[n] + 1, greatest(closes[n] - opens[n], 0))), '') AS rest
          FROM remains);

CREATE TEMP VIEW deliverable AS
    SELECT newest.* REPLACE (
        CASE WHEN rests.item_key IS NULL THEN newest.text ELSE rests.text END AS text,
        CASE WHEN places IS NULL THEN media ELSE
            list_filter(media, lambda m, n: NOT list_contains(places, n - 1)) END AS media
    ), coalesce(parts_cut, 0)::SMALLINT AS parts_cut
    FROM newest LEFT JOIN rests ON newest.item_key = rests.item_key;

CREATE TEMP TABLE content AS
    SELECT item_key, platform,
           list_distinct(list_concat(
               coalesce(media_kinds, []),
               coalesce(list_transform(media, lambda m: m.kind), []),
               CASE WHEN coalesce(title, '') || coalesce(text, '') <> '' THEN ['text'] ELSE [] END
           )) AS kinds
    FROM newest;

CREATE TEMP TABLE decided AS
    SELECT item_key, owner_key, read_us, pseudonym('record', item_key) AS record_id,
    CASE
        WHEN any_excluded THEN 'not_shareable_exclude'
        WHEN NOT all_shared THEN 'not_shareable_hold'
        WHEN (item_key, owner_key) NOT IN (SELECT (item_key, account_key) FROM people)
            THEN 'principals_unknown'
        WHEN adult IS NULL OR (adult AND NOT $adult) THEN 'adult'
        WHEN NOT list_contains($platforms, platform) THEN 'platform_not_agreed'
        WHEN len(kinds) = 0 OR NOT list_has_all($media_kinds, kinds) THEN 'media_not_agreed'
        WHEN coalesce(read_us > $now OR read_us - epoch_us(published_at) < $settle, true)
            THEN 'not_settled'
        WHEN $now - read_us > $max_age_when_built THEN 'reading_too_old'
        WHEN item_key IN (FROM blocked_items) THEN 'item_blocked'
        WHEN item_key IN (SELECT item_key FROM hangs_on SEMI JOIN closed_parents
                          USING (parent_key)) THEN 'parent_blocked'
        WHEN item_key IN (SELECT item_key FROM bound SEMI JOIN denied_accounts
                          USING (account_key)) THEN 'opted_out'
        WHEN list_contains($opt_in_platforms, platform)
            AND owner_key NOT IN (FROM allowed_accounts) THEN 'not_opted_in'
        WHEN since IS NOT NULL AND coalesce(epoch_us(published_at) < since, true)
            THEN 'older_than_opt_in'
        WHEN item_key IN (
            SELECT item_key FROM deliverable WHERE parts_cut > 0 AND coalesce(title, '') = ''
                AND coalesce(text, '') = '' AND coalesce(len(media), 0) = 0) THEN 'nothing_left'
    END AS refusal
    FROM merged JOIN content USING (item_key) LEFT JOIN forward_items USING (item_key);
"""

# What may be delivered, next to what is: each query gives the number of differences.
DIFFERENCES: Final = {
    "unknown_record": "SELECT count(*) FROM shipped ANTI JOIN decided USING (record_id)",
    "missing_record": """
        SELECT count(*) FROM decided ANTI JOIN shipped USING (record_id) WHERE refusal IS NULL""",
    "changed_record": """
        SELECT count(*) FROM (
            SELECT record_id, author_id, hash(platform, kind, published_at, title, text, tags,
                                              media, adult, parts_cut) FROM shipped
            EXCEPT ALL
            SELECT record_id, pseudonym('author', decided.owner_key),
                   hash(platform, kind, published_at, title, text, tags, media, adult,
                        parts_cut)
            FROM deliverable JOIN decided USING (item_key) WHERE refusal IS NULL)""",
    "items_sidecar": """
        SELECT count(*) FROM
            (SELECT item_key FROM decided SEMI JOIN shipped USING (record_id)) AS shipped_items
            FULL JOIN items_sidecar ON item_key = key
        WHERE item_key IS NULL OR key IS NULL""",
    "parents_sidecar": """
        SELECT count(*) FROM
            (SELECT DISTINCT parent_key FROM hangs_on SEMI JOIN
                (FROM decided SEMI JOIN shipped USING (record_id)) USING (item_key)) AS known
            FULL JOIN parents_sidecar ON parent_key = key
        WHERE parent_key IS NULL OR key IS NULL""",
    "accounts_sidecar": """
        SELECT count(*) FROM
            (SELECT DISTINCT account_key FROM
                (FROM people ANTI JOIN gone USING (item_key, account_key)) SEMI JOIN
                (FROM decided SEMI JOIN shipped USING (record_id)) USING (item_key)) AS known
            FULL JOIN accounts_sidecar ON account_key = key
        WHERE account_key IS NULL OR key IS NULL""",
}

REFUSED_BUT_SHIPPED: Final = """
SELECT refusal, count(*) FROM decided SEMI JOIN shipped USING (record_id)
WHERE refusal IS NOT NULL GROUP BY refusal ORDER BY refusal
"""
OLDEST_READING: Final = """
SELECT min(read_us) FROM decided SEMI JOIN shipped USING (record_id)
"""
REFUSED: Final = """
SELECT refusal, count(*) FROM decided WHERE refusal IS NOT NULL GROUP BY refusal
"""


class VerificationFailed(Exception):
    """A built file is not what may be delivered: nobody may get it.

    ``counts`` says how many rows or keys each ``reason`` speaks of.
    """

    def __init__(self, reason: str, counts: dict[str, int] | None = None) -> None:
        self.reason = reason
        self.counts = counts or {}
        super().__init__(f"{reason} {self.counts}" if self.counts else reason)


def verify_file(
    runs: Sequence[Path],
    buckets: range,
    *,
    agreement: Agreement,
    denials: Denials,
    now: datetime,
    pseudonyms: Pseudonyms,
    at: Places,
    built: Built,
    scratch: Path,
) -> None:
    """Return when the file at ``at`` holds what may be delivered and nothing else.

    The arguments are those of the build; ``scratch`` is a folder on the storage's disk
    for what does not fit into memory. Raises ``VerificationFailed``.
    """
    check_bytes(at, built)
    with engine([*runs, at.rows], scratch) as sql:
        show_archive(sql, runs)
        show_denials(sql, denials)
        show_pseudonyms(sql, pseudonyms)
        show_file(sql, at)
        decide(sql, buckets, agreement, denials, now)
        compare(sql, built, agreement)


def check_bytes(at: Places, built: Built) -> None:
    expected = {
        at.rows: built.sha256,
        at.accounts: built.accounts_sha256,
        at.items: built.items_sha256,
        at.parents: built.parents_sha256,
    }
    for path, sha256 in expected.items():
        if not path.is_file():
            raise VerificationFailed("file_missing")
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise VerificationFailed("bytes_changed")
    if at.rows.stat().st_size != built.size:
        raise VerificationFailed("size_differs")


def engine(readable: Sequence[Path], scratch: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB that reads these files and nothing else, and loads no extension."""
    scratch.mkdir(parents=True, exist_ok=True)
    sql = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": 1,
            "temp_directory": str(scratch),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    sql.execute("SET allowed_paths = $paths", {"paths": [str(path) for path in readable]})
    sql.execute("SET enable_external_access = false; SET lock_configuration = true")
    return sql


def show_archive(sql: duckdb.DuckDBPyConnection, runs: Sequence[Path]) -> None:
    """``archive``: every row of every run, with the run's number and the row's in it."""
    if not runs:
        sql.register("archive", EMPTY_ARCHIVE.empty_table())
        return
    paths = [str(run) for run in runs]
    sql.register("numbered", pa.table({"filename": paths, "run": range(len(runs))}))
    rows = sql.read_parquet(paths, filename=True, file_row_number=True, union_by_name=True)
    rows.create_view("everything")
    # Older runs lack the columns that say how an item is taken apart, and on what it hangs.
    sql.register("nothing", SCHEMA.empty_table())
    sql.execute("""
        CREATE TEMP VIEW archive AS FROM (FROM everything UNION ALL BY NAME FROM nothing)
        JOIN numbered USING (filename)""")


def show_denials(sql: duckdb.DuckDBPyConnection, denials: Denials) -> None:
    tables = {
        "denied_accounts": {"account_key": denials.accounts},
        "closed_accounts": {"account_key": denials.closed},
        "forward_accounts": {"account_key": denials.forward_keys, "since": denials.forward_from},
        "allowed_accounts": {"account_key": denials.allowed},
        "blocked_items": {"item_key": denials.items},
    }
    for name, columns in tables.items():
        sql.register(name, pa.table(columns))


def show_pseudonyms(sql: duckdb.DuckDBPyConnection, pseudonyms: Pseudonyms) -> None:
    for (purpose, side), statement in SECRETS.items():
        secret = pseudonyms.secrets[purpose].ljust(HMAC_BLOCK, b"\0")
        sql.execute(statement, {"block": bytes(byte ^ PADS[side] for byte in secret)})
    sql.execute(PSEUDONYM)


def show_file(sql: duckdb.DuckDBPyConnection, at: Places) -> None:
    """``shipped`` and the three sidecars; any other column than the agreed ones is a failure."""
    sql.read_parquet(str(at.rows)).create_view("shipped")
    columns = [(name, kind) for name, kind, *_ in sql.execute("DESCRIBE shipped").fetchall()]
    if columns != COLUMNS:
        raise VerificationFailed("columns_differ")
    sql.register("accounts_sidecar", pa.table({"key": np.fromfile(at.accounts, "<i8")}))
    sql.register("items_sidecar", pa.table({"key": np.fromfile(at.items, "<i8")}))
    sql.register("parents_sidecar", pa.table({"key": np.fromfile(at.parents, "<i8")}))


def decide(
    sql: duckdb.DuckDBPyConnection,
    buckets: range,
    agreement: Agreement,
    denials: Denials,
    now: datetime,
) -> None:
    values = {
        "first": buckets.start,
        "last": buckets.stop - 1,
        "adult": agreement.adult,
        "cut": agreement.cut,
        "platforms": sorted(agreement.platforms),
        "media_kinds": sorted(agreement.media_kinds),
        "opt_in_platforms": sorted(denials.opt_in_platforms),
        "now": microseconds(now),
        "settle": length(agreement.settle),
        "max_age_when_built": length(agreement.max_age_when_built),
    }
    for statement in DECISIONS.split(";\n"):
        if statement.strip():
            sql.execute(statement, {k: v for k, v in values.items() if f"${k}" in statement})


def compare(sql: duckdb.DuckDBPyConnection, built: Built, agreement: Agreement) -> None:
    leaked = counted(sql, REFUSED_BUT_SHIPPED)
    if leaked:
        raise VerificationFailed(next(iter(leaked)), leaked)
    differences = {reason: number(sql, query) for reason, query in DIFFERENCES.items()}
    found = {reason: count for reason, count in differences.items() if count}
    if found:
        raise VerificationFailed(next(iter(found)), found)
    if number(sql, "SELECT count(*) FROM shipped") != built.rows:
        raise VerificationFailed("rows_differ")
    if counted(sql, REFUSED) != built.counts:
        raise VerificationFailed("counts_differ")
    if number(sql, "SELECT coalesce(sum(parts_cut), 0) FROM shipped") != built.parts_cut:
        raise VerificationFailed("parts_cut_differ")
    if usable_until(sql, agreement) != (built.usable_until and microseconds(built.usable_until)):
        raise VerificationFailed("usable_until_differs")


def usable_until(sql: duckdb.DuckDBPyConnection, agreement: Agreement) -> int | None:
    """The instant after which some shipped item was read too long ago; None without items."""
    (oldest,) = sql.execute(OLDEST_READING).fetchone() or (None,)
    return None if oldest is None else oldest + length(agreement.max_age)


def counted(sql: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return dict(sql.execute(query).fetchall())


def number(sql: duckdb.DuckDBPyConnection, query: str) -> int:
    row = sql.execute(query).fetchone()
    return int(row[0]) if row else -1
