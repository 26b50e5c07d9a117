"""Media files given with a dump: what they refuse stays withheld, and the import says so."""

import io
import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audit.events import SYSTEM
from audit.models import Entry
from platforms import actions
from platforms.actions import MediaMissing
from platforms.media import BadFolder
from platforms.models import Dump, Run
from tests.platforms.media.bytes_of import PROHIBITED, jpeg, jpeg_with_xmp, mining
from tests.platforms.sources.anywhere import dump, item

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ADDRESS = "https://tides.example/media/{}.jpg"


def picture(name: str) -> dict:
    return {"kind": "image", "url": ADDRESS.format(name)}


@pytest.fixture
def path(tmp_path):
    """Three public posts, each with its picture."""
    path = tmp_path / "dump.ndjson"
    path.write_text(dump(*(item(name, media=[picture(name)]) for name in ("1", "2", "3"))))
    return path


@pytest.fixture
def media(tmp_path):
    """The picture of the first post refuses, that of the second is broken."""
    folder = tmp_path / "pictures"
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "1.jpg").write_bytes(jpeg_with_xmp(mining(PROHIBITED)))
    (folder / "media" / "2.jpg").write_bytes(b"broken")
    (folder / "media" / "3.jpg").write_bytes(jpeg())
    return folder


def imported(path, media=None):
    return actions.import_dump("generic", [path], {}, by=SYSTEM, now=NOW, media=media)


def archived() -> set[str]:
    runs = Run.objects.filter(dump__superseded_at=None).exclude(path="")
    files = [f"{settings.STORAGE_DIR}/{run.path}" for run in runs]
    found = {one for file in files for one in pq.read_table(file)["native_id"].to_pylist()}
    return found - {None}


@pytest.mark.django_db
def test_without_media_files_nothing_changes(path):
    assert imported(path).counts["shared"] == 3
    assert archived() == {"1", "2", "3"}


@pytest.mark.django_db
def test_what_its_picture_refuses_or_hides_is_not_archived_as_shareable(path, media):
    counts = imported(path, media).counts

    assert (counts["shared"], counts["excluded"], counts["held"]) == (1, 1, 1)
    assert set(counts["by_reason"]) == {"media_refuses_training", "media_unreadable"}
    assert archived() == {"3"}


@pytest.mark.django_db
def test_the_import_and_the_log_say_that_media_were_read(path, media):
    counts = imported(path, media).counts

    assert counts["media"]["files_given"] == counts["media"]["file_read"] == 3
    assert Entry.objects.get(event="dump.imported").facts["media_read"] == 3


@pytest.mark.django_db
def test_importing_the_same_dump_with_its_media_replaces_the_import_without(path, media):
    first = imported(path)

    second = imported(path, media)

    first.refresh_from_db()
    assert first.superseded_at and not second.superseded_at
    assert archived() == {"3"}


@pytest.mark.django_db
def test_a_dump_that_came_with_its_media_is_not_replaced_without_them(path, media, storage):
    imported(path, media)
    before = sorted(storage.rglob("*"))

    with pytest.raises(MediaMissing, match="Import it with --media"):
        imported(path)

    assert Dump.objects.filter(superseded_at=None).count() == 1
    assert archived() == {"3"}
    assert [p for p in sorted(storage.rglob("*")) if p.is_file() and p not in before] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("gone", "repaired"),
    [
        pytest.param(["1"], [], id="the one that refuses"),
        pytest.param(["3"], [], id="another"),
        pytest.param(["1", "2", "3"], [], id="all"),
        pytest.param(["1"], ["2"], id="the one that refuses, when a broken one was repaired"),
    ],
)
def test_a_dump_that_came_with_its_media_is_not_replaced_with_fewer(path, media, gone, repaired):
    imported(path, media)
    for name in gone:
        (media / "media" / f"{name}.jpg").unlink()
    for name in repaired:
        (media / "media" / f"{name}.jpg").write_bytes(jpeg())

    with pytest.raises(MediaMissing, match=r"more of its media files.*a folder that holds them"):
        imported(path, media)

    assert archived() == {"3"}


@pytest.mark.django_db
def test_a_medium_that_could_not_be_read_may_be_left_out_the_next_time(path, media):
    imported(path, media)
    (media / "media" / "2.jpg").unlink()

    imported(path, media)

    assert archived() == {"2", "3"}


@pytest.mark.django_db
def test_a_folder_that_is_none_stops_the_import(path, tmp_path):
    with pytest.raises(BadFolder):
        imported(path, tmp_path / "missing")

    assert not Dump.objects.exists()


@pytest.mark.django_db
def test_the_command_shows_what_became_of_the_media(path, media):
    answer = io.StringIO()

    call_command(
        "import_dump",
        "generic",
        str(path),
        "--media",
        str(media),
        stdout=answer,
        stderr=io.StringIO(),
        skip_checks=True,
    )

    assert "file_read" in answer.getvalue()
    assert "media_refuses_training" in answer.getvalue()


@pytest.mark.django_db
def test_the_command_refuses_to_lose_refusals(path, media):
    imported(path, media)

    with pytest.raises(CommandError, match=r"refusals would be lost.*Nothing was imported"):
        call_command("import_dump", "generic", str(path), stderr=io.StringIO(), skip_checks=True)


def test_the_dry_run_reads_media_too(path, media, capsys):
    call_command("judge", "generic", str(path), "--media", str(media))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[0] == "{"]
    assert {line["id"]: line["verdict"] for line in lines} == {
        "1": "exclude",
        "2": "hold",
        "3": "share",
    }


def test_the_dry_run_says_what_is_wrong_with_the_folder(path, tmp_path):
    with pytest.raises(CommandError, match="is no folder"):
        call_command("judge", "generic", str(path), "--media", str(tmp_path / "no"))
