"""The trail as a file: whole, streamed, harmless in a spreadsheet, and on the record."""

import csv
import io
import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.actions import record
from audit.downloads import CHUNK, COLUMNS, csv_lines
from audit.events import Actor, ActorKind, FileWithdrawn
from audit.models import Entry

CSV = "/operator/audit/export.csv"
NDJSON = "/operator/audit/export.ndjson"
OLGA = Actor(ActorKind.OPERATOR, "1")
MANY = 20_000


def text_of(response):
    return b"".join(response.streaming_content).decode()


def rows_of(response):
    return list(csv.DictReader(io.StringIO(text_of(response), newline="")))


def objects_of(response):
    return [json.loads(line) for line in text_of(response).splitlines()]


def withdraw(reason, subject="file:1"):
    with transaction.atomic():
        return record(FileWithdrawn(subject=subject, reason=reason, successor=""), by=OLGA)


def build_files(number):
    Entry.objects.bulk_create(
        Entry(event="file.built", actor="system", subject=f"file:{n}", facts={"rows": n})
        for n in range(number)
    )


def test_both_formats_hold_each_entry_under_the_documented_columns(operator, happen):
    entry = happen("file:9", by=OLGA, platform="tumblr", partner="acme")
    entry.refresh_from_db()
    expected = {
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "event": "file.built",
        "title": "A file was built",
        "actor": "operator:1",
        "subject": "file:9",
        "platform": "tumblr",
        "partner": "acme",
        "facts": {"rows": 3, "sha256": "0" * 64},
    }

    (row,) = rows_of(operator.get(CSV, {"subject": "file:9"}))
    (line,) = objects_of(operator.get(NDJSON, {"subject": "file:9"}))

    assert line == expected
    assert list(row) == list(line) == list(COLUMNS)
    assert row | {"facts": json.loads(row["facts"])} == {**expected, "id": str(entry.pk)}


@pytest.mark.parametrize(
    "reason", ['say "no", please', "comma, comma", "'", "Zoë; 日本語", "", "=1+1"]
)
def test_text_comes_back_from_both_formats_as_it_went_in(operator, reason):
    withdraw(reason)

    (row,) = rows_of(operator.get(CSV, {"event": "file.withdrawn"}))
    (line,) = objects_of(operator.get(NDJSON, {"event": "file.withdrawn"}))

    assert json.loads(row["facts"])["reason"] == line["facts"]["reason"] == reason


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", " =1", "  +1",
        "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x", '=HYPERLINK("http://x","y")',
    ],
)  # fmt: skip
def test_no_cell_is_a_formula(cell):
    ((read,),) = csv.reader(io.StringIO(csv_lines([[cell]]), newline=""))

    assert read == f"'{cell}"


@pytest.mark.parametrize("cell", ["file:1", "'quoted'", "a=b", "1-2", "", "two\nlines", "a,b", '"'])
def test_other_cells_stay_as_they_are(cell):
    ((read, _),) = csv.reader(io.StringIO(csv_lines([[cell, "x"]]), newline=""))

    assert read == cell


def test_a_subject_that_looks_like_a_formula_is_harmless_in_csv_and_exact_in_ndjson(operator):
    withdraw("x", subject="=cmd|'/C")

    (row,) = rows_of(operator.get(CSV, {"event": "file.withdrawn"}))
    (line,) = objects_of(operator.get(NDJSON, {"event": "file.withdrawn"}))

    assert row["subject"] == "'=cmd|'/C"
    assert line["subject"] == "=cmd|'/C"


def test_csv_follows_its_standard(operator, happen):
    happen()

    response = operator.get(CSV)
    lines = text_of(response).split("\r\n")

    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-')
    assert lines[0] == ",".join(COLUMNS)
    assert lines[-1] == ""
    assert "\n" not in "".join(lines)


def test_ndjson_has_one_line_for_each_entry(operator, happen):
    for _ in range(3):
        happen()

    response = operator.get(NDJSON, {"event": "file.built"})
    text = text_of(response)

    assert response["Content-Type"] == "application/x-ndjson"
    assert text.count("\n") == 3
    assert text.endswith("\n")


def test_an_empty_result_is_a_head_or_nothing(operator):
    assert text_of(operator.get(CSV, {"partner": "acme"})) == ",".join(COLUMNS) + "\r\n"
    assert text_of(operator.get(NDJSON, {"partner": "acme"})) == ""


def test_an_export_has_what_the_filters_keep_newest_first(operator, happen):
    kept = [happen(partner="acme").pk for _ in range(3)]
    happen(partner="other")

    exported = [line["id"] for line in objects_of(operator.get(NDJSON, {"partner": "acme"}))]

    assert exported == kept[::-1]


@pytest.mark.parametrize("address", [CSV, NDJSON])
@pytest.mark.parametrize(
    "filters", [{"event": "x"}, {"since": "never"}, {"cursor": "o1"}, {"evnet": "file.built"}]
)
def test_an_export_with_filters_that_cannot_be_understood_is_refused(
    operator, happen, address, filters
):
    happen("file:1234567")

    response = operator.get(address, filters)

    assert response.status_code == 400
    assert not response.streaming
    assert b"1234567" not in response.content
    assert not Entry.objects.filter(event="audit.exported").exists()


def test_an_export_is_on_the_record_once_before_its_first_byte(operator, olga, happen):
    happen()

    response = operator.get(CSV, {"actor": "system", "since": "2020-01-01T00:00", "until": ""})
    entry = Entry.objects.get(event="audit.exported")
    text_of(response)

    assert entry.actor == f"operator:{olga.pk}"
    assert entry.facts == {"format": "csv", "filters": ["actor", "since"]}
    assert Entry.objects.filter(event="audit.exported").count() == 1


def test_what_an_operator_typed_into_a_filter_does_not_get_into_the_trail(operator):
    operator.get(NDJSON, {"subject": "alice", "actor": "bob"})

    entry = Entry.objects.get(event="audit.exported")

    assert "alice" not in str(entry.facts) + entry.subject
    assert "bob" not in str(entry.facts) + entry.subject


def test_asking_only_for_the_head_of_an_export_is_refused_and_not_recorded(operator):
    assert operator.head(CSV).status_code == 405
    assert operator.post(CSV).status_code == 405
    assert not Entry.objects.exists()


@pytest.mark.long
@pytest.mark.parametrize(("address", "lines"), [(CSV, MANY + 1), (NDJSON, MANY)])
def test_a_long_export_is_read_with_one_query_through_a_cursor_on_the_server(
    operator, address, lines
):
    build_files(MANY)

    with CaptureQueriesContext(connection) as queries:
        response = operator.get(address, {"event": "file.built"})
        pieces = iter(response.streaming_content)
        first = [next(pieces), next(pieces)]
        (cursor,) = open_cursors()
        rest = list(pieces)

    text = b"".join([*first, *rest]).decode()
    assert cursor == (False, False)
    assert len(rest) >= MANY // CHUNK - 2
    assert max(piece.count(b"\n") for piece in rest) <= CHUNK
    assert text.count("\n") == lines
    spoken = [query["sql"] for query in queries if "audit_entry" in query["sql"]]
    assert len([sql for sql in spoken if not sql.startswith("INSERT")]) == 1
    assert not [sql for sql in spoken if "COUNT(" in sql.upper()]


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_early_leaves_nothing_open(operator):
    build_files(3 * CHUNK)
    response = operator.get(NDJSON)
    pieces = iter(response.streaming_content)
    _ = [next(pieces), next(pieces)]

    response.close()

    assert open_cursors() == []
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_a_slow_reader_holds_up_no_publication(operator):
    build_files(3 * CHUNK)
    response = operator.get(NDJSON)
    pieces = iter(response.streaming_content)
    _ = [next(pieces), next(pieces)]

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned()")
        (assigned,) = cursor.fetchone()
    response.close()

    assert assigned is None


def open_cursors():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT is_holdable, is_scrollable FROM pg_cursors WHERE name LIKE '_django%'"
        )
        return cursor.fetchall()
