"""A dump comes in whole or not at all, and the operator is told what became of it."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from audit.events import SYSTEM
from audit.models import Entry
from platforms import actions
from platforms.actions import DumpChanged, UnknownPlatform, keyring
from platforms.archive import keyfile
from platforms.archive.quarantine import held_in
from platforms.archive.runs import BUCKETS, read_bucket
from platforms.intake import Change
from platforms.models import AccountState, Dump, Platform, Run
from platforms.sources import BadFact, BadInput
from tests.platforms.sources import wp_answers

NOW = datetime(2026, 5, 1, tzinfo=UTC)
PUBLIC = {"blog_public": "1"}

EXPORT = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>A blog</title><link>https://alice.example</link>
<wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://alice.example</wp:base_site_url>
<wp:base_blog_url>https://alice.example</wp:base_blog_url>
<wp:author><wp:author_id>1</wp:author_id><wp:author_login>alice</wp:author_login></wp:author>
{items}
</channel></rss>
"""
ITEM = """<item><title>Title</title><link>https://alice.example/{id}</link>
<dc:creator>alice</dc:creator><content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>
<wp:post_id>{id}</wp:post_id><wp:post_date_gmt>2020-01-01 10:00:00</wp:post_date_gmt>
<wp:post_parent>0</wp:post_parent><wp:status>{status}</wp:status>
<wp:post_type>post</wp:post_type><wp:post_password></wp:post_password></item>"""


KILLED = """
import os, signal, sys
from pathlib import Path
from platforms.archive.runs import Row
from platforms.archive.sorter import Limits
from platforms.archive.writer import RunWriter
from platforms.records import Verdict

with RunWriter(Path(sys.argv[1]), "wordpress", Limits(rows=2, spills=2)) as writer:
    for key in range(7):
        writer.add(Row(key, key, [key], "wordpress", "post", "1", Verdict.HOLD, ["unknown"],
                       False, [], None, None, "", "HELD", [], []))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def export(folder: Path, *items: str, name: str = "export.xml") -> Path:
    path = folder / name
    path.write_text(EXPORT.format(items="\n".join(items)))
    return path


def post(native_id: int, status: str = "publish", text: str = "hello") -> str:
    return ITEM.format(id=native_id, status=status, text=text)


@pytest.fixture
def dump_file(tmp_path: Path) -> Path:
    """A public post, a private one and a draft."""
    return export(
        tmp_path,
        post(1, text="PUBLIC-TEXT"),
        post(2, "private", text="PRIVATE-TEXT"),
        post(3, "draft", text="DRAFT-TEXT"),
    )


def imported(*paths: Path, facts=PUBLIC, platform="wordpress", **options) -> Dump:
    return actions.import_dump(platform, paths, facts, by=SYSTEM, now=NOW, **options)


def files_below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def nothing_was_imported(storage: Path) -> bool:
    rows = Dump.objects.exists() or Run.objects.exists() or AccountState.objects.exists()
    return not (rows or Entry.objects.exists() or files_below(storage))


def command(*arguments: object) -> str:
    answer = io.StringIO()
    call_command(
        "import_dump", *map(str, arguments), stdout=answer, stderr=io.StringIO(), skip_checks=True
    )
    return answer.getvalue()


@contextmanager
def disk_that_holds(size: int) -> Iterator[None]:
    """No file of this process can grow beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


pytestmark = pytest.mark.django_db


# What is written ----------------------------------------------------------------------------


def test_an_import_leaves_its_dump_its_run_and_its_entry(dump_file, storage):
    dump = imported(dump_file)

    run = dump.runs.get()
    assert (dump.counts["read"], dump.counts["shared"], dump.counts["excluded"]) == (3, 1, 2)
    assert (dump.facts, run.rows) == (PUBLIC, 3)
    assert files_below(storage) == sorted([run.path, run.withheld_path])
    entry = Entry.objects.get(event="dump.imported")
    assert (entry.subject, entry.platform) == (f"dump:{dump.pk}", "wordpress")
    assert entry.facts["facts_asserted"] == PUBLIC
    assert (entry.facts["items"], entry.facts["shared"]) == (3, 1)


def test_the_run_on_disk_is_the_one_that_the_row_vouches_for(dump_file, storage):
    run = imported(dump_file).runs.get()

    withheld = keyfile.load(storage / run.withheld_path, run.withheld_sha256)
    rows = [
        row
        for bucket in range(BUCKETS)
        for row in read_bucket(storage / run.path, bucket).to_pylist()
    ]

    assert {row["verdict"] for row in rows if row["item_key"] in withheld} == {"exclude"}
    assert [row["native_id"] for row in rows if row["item_key"] not in withheld] == ["1"]


@pytest.mark.parametrize(
    ("facts", "archived"),
    [
        pytest.param(PUBLIC, {"PUBLIC-TEXT"}, id="a public site"),
        pytest.param({}, set(), id="a site that nothing is known of"),
        pytest.param({"blog_public": "-1"}, set(), id="a private site"),
    ],
)
def test_only_public_text_is_in_the_archive(dump_file, storage, facts, archived):
    imported(dump_file, facts=facts)

    tables = [pq.read_table(path) for path in (storage / "archive").rglob("*.parquet")]
    raw = b"".join(path.read_bytes() for path in storage.rglob("*") if path.is_file())
    texts = {"PUBLIC-TEXT", "PRIVATE-TEXT", "DRAFT-TEXT"}
    assert {text for text in texts if text in str([t.to_pylist() for t in tables])} == archived
    assert b"PRIVATE-TEXT" not in raw
    assert b"DRAFT-TEXT" not in raw


def test_held_text_waits_in_the_quarantine(dump_file, storage):
    run = imported(dump_file, facts={}).runs.get()

    (held,) = held_in(storage / run.quarantine_path)

    assert "PUBLIC-TEXT" in held.item.text


def test_a_private_site_is_noted_under_its_keys(dump_file):
    imported(dump_file, facts={"blog_public": "-1"})

    denied = set(AccountState.objects.denied().values_list("account_key", flat=True))
    assert keyring().account("wordpress", "alice.example") in denied


def test_every_byte_is_told_twice(dump_file):
    told = []

    imported(dump_file, progress=told.append)

    assert sum(told) == 2 * dump_file.stat().st_size


def test_a_file_whose_name_is_not_text_is_imported(dump_file, tmp_path):
    odd = tmp_path / os.fsdecode(b"caf\xe9.xml")
    dump_file.rename(odd)

    assert imported(odd).files[0]["name"] == "caf\ufffd.xml"


# The same again -----------------------------------------------------------------------------


def test_importing_the_same_bytes_again_replaces_the_first_import(dump_file, tmp_path):
    first = imported(dump_file, facts={})
    dump_file.rename(tmp_path / "another-name.xml")

    second = imported(tmp_path / "another-name.xml")

    first.refresh_from_db()
    assert first.superseded_at == NOW
    assert [run.dump for run in Run.objects.live()] == [second]
    assert (first.counts["held"], second.counts["shared"]) == (1, 1)


def test_a_post_in_an_export_and_in_an_answer_has_one_key(tmp_path, storage):
    answer = tmp_path / "posts.json"
    links = {"self": [{"href": "https://alice.example/wp-json/wp/v2/posts/1"}]}
    told = wp_answers.post(1, link="https://alice.example/1", _links=links)
    answer.write_text(json.dumps([told | {"date_gmt": "2020-01-01T10:00:00"}]))

    dump = imported(export(tmp_path, post(1), name="one.xml"), answer)

    folder = storage / dump.runs.get().path
    rows = [row for n in range(BUCKETS) for row in read_bucket(folder, n).to_pylist()]
    assert dump.counts["shared"] == 2
    assert len(rows) == 2
    assert len({(row["item_key"], row["owner_key"], *row["account_keys"]) for row in rows}) == 1


def test_importing_the_same_twice_does_no_harm(dump_file):
    counts = [imported(dump_file).counts for _ in range(2)]

    assert counts[0] == counts[1]
    assert Dump.objects.filter(superseded_at=None).count() == 1


def test_another_dump_replaces_nothing(dump_file, tmp_path):
    imported(dump_file)

    imported(export(tmp_path, post(4), name="more.xml"))

    assert Run.objects.live().count() == 2


def test_importing_the_same_again_corrects_what_was_asserted_before(dump_file):
    site = keyring().account("wordpress", "alice.example")
    imported(dump_file, facts={"blog_public": "-1"}, made_at=NOW - timedelta(days=9))

    imported(dump_file, facts={"blog_public": "1"}, made_at=NOW - timedelta(days=9))

    assert AccountState.objects.get(account_key=site).reasons == []


@pytest.mark.parametrize("said", [False, True], ids=["said by the feed", "and by the dump"])
@pytest.mark.parametrize("times", [1, 2])
def test_importing_the_same_again_clears_nothing_that_came_after_it_was_made(
    dump_file, times, said
):
    site = keyring().account("wordpress", "alice.example")
    platform = Platform.objects.get(slug="wordpress")
    made_at = (NOW - timedelta(days=9)).timestamp()
    os.utime(dump_file, (made_at, made_at))
    made_private = {site: Change(denies=frozenset({"private"}))}
    actions.note_accounts(platform, made_private, by=SYSTEM, at=NOW - timedelta(days=1))
    imported(dump_file, facts={"blog_public": "-1" if said else "1"})

    for _ in range(times):
        imported(dump_file)

    assert AccountState.objects.get(account_key=site).reasons == ["private"]


def test_importing_the_same_again_does_not_correct_another_dump_of_the_same_day(tmp_path):
    made_at = NOW - timedelta(days=9)
    one, other = (export(tmp_path, post(n), name=f"{n}.xml") for n in (1, 2))
    site = keyring().account("wordpress", "alice.example")
    for path in (one, other):
        imported(path, facts={"blog_public": "-1"}, made_at=made_at)

    imported(one, made_at=made_at)

    assert AccountState.objects.get(account_key=site).reasons == ["private"]


def test_a_site_that_comes_back_from_private_keeps_its_own_switch_off(tmp_path):
    path = export(tmp_path, post(1))
    switch = "wpcom_data_sharing_opt_out"
    site = keyring().account("wordpress", "alice.example")
    imported(path, facts={"blog_public": "1", switch: "true"})

    imported(path, facts={"blog_public": "-1", switch: "false"})
    imported(path, facts={"blog_public": "1", switch: "false"})

    assert AccountState.objects.get(account_key=site).reasons == ["platform_opt_out"]


# When it was made ---------------------------------------------------------------------------


def test_an_older_dump_does_not_clear_what_a_newer_one_said(tmp_path):
    newer = export(tmp_path, post(1), name="newer.xml")
    older = export(tmp_path, post(2), name="older.xml")
    site = keyring().account("wordpress", "alice.example")
    imported(newer, facts={"blog_public": "-1"}, made_at=NOW - timedelta(days=1))

    imported(older, facts={"blog_public": "1"}, made_at=NOW - timedelta(days=9))

    assert AccountState.objects.get(account_key=site).reasons == ["private"]


def test_a_file_with_a_wrong_date_denies_as_of_now(tmp_path):
    odd = export(tmp_path, post(1), name="odd.xml")
    os.utime(odd, (0, 0))
    open_site = export(tmp_path, post(2), name="open.xml")
    site = keyring().account("wordpress", "alice.example")
    imported(odd, facts={"blog_public": "-1"})

    imported(open_site, facts={"blog_public": "1"}, made_at=NOW - timedelta(days=9))

    assert AccountState.objects.get(account_key=site).reasons == ["private"]


def test_items_were_last_read_when_their_dump_was_made(dump_file, storage):
    made_at = NOW - timedelta(days=400)

    dump = imported(dump_file, made_at=made_at)

    run = pq.read_table(storage / dump.runs.get().path)
    assert dump.made_at == made_at
    assert set(run["observed_at"].to_pylist()) == {made_at}


def test_a_dump_that_does_not_say_is_as_old_as_its_oldest_file(tmp_path):
    paths = [export(tmp_path, post(1)), export(tmp_path, post(2), name="second.xml")]
    written = NOW - timedelta(days=30)
    os.utime(paths[1], (written.timestamp(), written.timestamp()))

    assert imported(*paths).made_at == written


def test_a_dump_from_the_future_is_refused(dump_file, storage):
    with pytest.raises(CommandError, match="cannot have been made in the future"):
        command("wordpress", dump_file, "--made-at", "2999-01-01")

    assert nothing_was_imported(storage)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-04-30", datetime(2026, 4, 30, tzinfo=UTC)),
        ("2026-04-30T08:30+01:00", datetime(2026, 4, 30, 7, 30, tzinfo=UTC)),
    ],
)
def test_an_operator_says_when_a_dump_was_made(dump_file, text, moment):
    answer = command("wordpress", dump_file, "--made-at", text, "--fact", "blog_public=1")

    assert Dump.objects.get().made_at == moment
    assert f"read {moment:%Y-%m-%d %H:%M} UTC" in answer


@pytest.mark.parametrize(("made_at", "reasons"), [(None, ["private"]), (NOW, [])])
def test_a_copied_file_without_a_date_clears_nothing_that_a_live_feed_may_have_said(
    dump_file, made_at, reasons
):
    site = keyring().account("wordpress", "alice.example")
    platform = Platform.objects.get(slug="wordpress")
    actions.hear(platform, by=SYSTEM)
    made_private = {site: Change(denies=frozenset({"private"}))}
    actions.note_accounts(platform, made_private, by=SYSTEM, at=NOW - timedelta(days=1))

    imported(dump_file, made_at=made_at)

    assert AccountState.objects.get(account_key=site).reasons == reasons


def test_a_date_that_is_none_is_refused_in_words(dump_file):
    with pytest.raises(CommandError, match="'yesterday' is no time such as"):
        command("wordpress", dump_file, "--made-at", "yesterday")


# What goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text[:-40], id="cut off"),
        pytest.param(lambda text: text.replace("</item>", "", 1), id="not well-formed"),
        pytest.param(lambda text: text.replace("hello", "he\0llo"), id="a NUL byte"),
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: '{"response": {}}', id="another platform's"),
        pytest.param(
            lambda text: text.replace(
                "<rss", '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>\n<rss'
            ),
            id="entities",
        ),
    ],
)
def test_a_bad_file_among_good_ones_leaves_nothing(dump_file, tmp_path, storage, damage):
    bad = export(tmp_path, post(7), post(8), name="bad.xml")
    bad.write_text(damage(bad.read_text()))

    with pytest.raises(BadInput) as refused:
        imported(dump_file, bad)

    assert refused.value.path == bad
    assert nothing_was_imported(storage)


def test_an_unknown_fact_leaves_nothing(dump_file, storage):
    with pytest.raises(BadFact):
        imported(dump_file, facts={"blog_pubic": "1"})

    assert nothing_was_imported(storage)


def test_an_unknown_platform_is_refused(dump_file, storage):
    with pytest.raises(UnknownPlatform, match="wordpress"):
        imported(dump_file, platform="myspace")

    assert nothing_was_imported(storage)


@pytest.mark.parametrize("size", [0, 300, 4_000])
def test_a_full_disk_leaves_nothing(tmp_path, storage, size):
    path = export(tmp_path, *[post(n, text="long " * 200) for n in range(30)])

    with pytest.raises((OSError, BadInput)), disk_that_holds(size):
        imported(path)

    assert nothing_was_imported(storage)


def test_a_file_that_changes_while_it_is_read_leaves_nothing(dump_file, storage):
    with pytest.raises(DumpChanged):
        imported(dump_file, progress=lambda count: os.utime(dump_file, ns=(1, 1)))

    assert nothing_was_imported(storage)


@pytest.mark.django_db(transaction=True)
def test_an_import_is_lost_when_its_entry_is(dump_file, storage):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE audit_entry ADD CONSTRAINT full_up CHECK (event = '') NOT VALID"
        )

    try:
        with pytest.raises(DatabaseError, match="full_up"):
            imported(dump_file)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry DROP CONSTRAINT full_up")

    assert nothing_was_imported(storage)


# Clearing up --------------------------------------------------------------------------------


def orphans(storage: Path) -> list[str]:
    """What an import that was killed before its transaction leaves behind."""
    names = [
        "archive/wordpress/a.parquet",
        "archive/wordpress/.b.parquet.1.partial",
        "intake/c/archive/0.arrow",
        "quarantine/wordpress/a.parquet",
    ]
    for name in names:
        (storage / name).parent.mkdir(parents=True, exist_ok=True)
        (storage / name).write_bytes(b"half")
    return names


def test_old_files_that_no_row_knows_are_swept(dump_file, storage):
    run = imported(dump_file, facts={}).runs.get()
    left = orphans(storage)

    swept = actions.sweep_orphans(now=datetime.now(UTC) + timedelta(days=2))

    assert sorted(swept) == sorted(left)
    assert files_below(storage) == sorted([run.path, run.withheld_path, run.quarantine_path])


def test_an_import_that_was_killed_leaves_nothing_that_is_read_and_is_swept(storage):
    killed = subprocess.run([sys.executable, "-c", KILLED, storage], check=False)
    left = files_below(storage)

    swept = actions.sweep_orphans(now=datetime.now(UTC) + timedelta(days=2))

    assert killed.returncode == -signal.SIGKILL
    assert {Path(name).suffix for name in left} == {".arrow", ".parquet", ".withheld"}
    assert swept == sorted(left, reverse=True)
    assert list((storage / "intake").iterdir()) == []


def test_files_of_an_import_under_way_are_not_swept(storage):
    left = orphans(storage)

    swept = actions.sweep_orphans(now=datetime.now(UTC))

    assert swept == []
    assert files_below(storage) == sorted(left)


def test_the_quarantine_of_a_replaced_import_is_dropped(dump_file, storage):
    imported(dump_file, facts={})
    second = imported(dump_file, facts={})

    dropped = actions.drop_quarantine(by=SYSTEM, now=datetime.now(UTC))

    assert len(dropped) == 1
    assert [f"{path}" for path in files_below(storage / "quarantine")] == [
        second.runs.get().quarantine_path.removeprefix("quarantine/")
    ]
    assert Entry.objects.filter(event="dump.quarantine_dropped").count() == 1


def test_the_quarantine_ends_when_it_is_too_old(dump_file, storage):
    run = imported(dump_file, facts={}).runs.get()

    actions.drop_quarantine(by=SYSTEM, now=datetime.now(UTC) + timedelta(days=91))

    run.refresh_from_db()
    assert run.quarantine_path == ""
    assert files_below(storage) == sorted([run.path, run.withheld_path])


# The command --------------------------------------------------------------------------------


def test_the_operator_sees_what_came_out_and_why(dump_file):
    answer = command("wordpress", dump_file, "--fact", "blog_public=1")

    assert "status_private" in answer
    assert "status_draft" in answer
    assert Dump.objects.get().facts == PUBLIC


def test_the_operator_is_told_which_file_is_bad_where_and_that_nothing_was_imported(
    dump_file, storage
):
    dump_file.write_text(dump_file.read_text()[:-40])

    with pytest.raises(CommandError) as refused:
        command("wordpress", dump_file)

    assert refused.value.returncode == 2
    assert str(dump_file) in str(refused.value)
    assert "line" in str(refused.value)
    assert "Nothing was imported" in str(refused.value)
    assert nothing_was_imported(storage)


@pytest.mark.parametrize("path", ["missing.xml", "."])
def test_a_path_that_is_no_file_is_refused(tmp_path, storage, path):
    with pytest.raises(CommandError) as refused:
        command("wordpress", tmp_path / path)

    assert refused.value.returncode == 2


def test_a_fact_with_two_values_is_refused(dump_file, storage):
    with pytest.raises(CommandError, match="twice"):
        command("wordpress", dump_file, "--fact", "blog_public=1", "--fact", "blog_public=0")

    assert nothing_was_imported(storage)


def test_a_fact_without_a_value_is_refused(dump_file):
    with pytest.raises(CommandError, match="NAME=VALUE"):
        command("wordpress", dump_file, "--fact", "blog_public")


@pytest.mark.django_db(databases=["default"], transaction=True)
def test_a_database_that_does_not_answer_is_said_so(dump_file, storage, settings):
    connection.close()
    there = connection.settings_dict["PORT"], connection.settings_dict["HOST"]
    connection.settings_dict.update(PORT="1", HOST="127.0.0.1")

    try:
        with pytest.raises(CommandError, match="database did not answer"):
            command("wordpress", dump_file)
    finally:
        connections["default"].close()
        connection.settings_dict.update(PORT=there[0], HOST=there[1])

    assert nothing_was_imported(storage)


def test_a_process_with_another_key_secret_imports_nothing(dump_file, settings, storage):
    actions.proven_keyring()
    settings.KEY_SECRET = "another secret of at least 32 bytes"

    with pytest.raises(CommandError, match="WITHHOLD_KEY_SECRET"):
        call_command("import_dump", "wordpress", str(dump_file), "--fact=blog_public=1")

    assert not Run.objects.exists()
    assert [path for path in storage.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("given", [["blog_public"], ["=1"], ["blog_public=1", "blog_public=0"]])
def test_facts_that_cannot_be_read_are_refused_before_anything_is(dump_file, storage, given):
    options = [word for fact in given for word in ("--fact", fact)]

    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_dump", "wordpress", str(dump_file), *options)

    assert not Dump.objects.exists()
