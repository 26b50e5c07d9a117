"""Where what was read of a dump waits for the second pass."""

import json
import tempfile
from functools import partial
from pathlib import Path

import pytest

from platforms.sources import SOURCES, spool
from platforms.sources.contract import BadInput
from platforms.sources.spool import BATCH_RECORDS, Spool
from tests.platforms.sources import dumps as tumblr
from tests.platforms.sources.dumps import NOW, PUBLIC_SITE, entry, wxr
from tests.platforms.sources.reddit_dumps import crosspost, lines, post

DUMPS = {
    "tumblr": (json.dumps(tumblr.post()), {}),
    "reddit": (lines(post(), crosspost()), {}),
    "wordpress": (wxr(entry()), PUBLIC_SITE),
}


def put_in(path, *records):
    kept = Spool([path], str)
    with kept:
        for record in records:
            kept.put(record)
        kept.finish()
        return list(kept.records(lambda count: None))


@pytest.mark.parametrize("count", [0, 1, BATCH_RECORDS, BATCH_RECORDS + 1])
def test_records_come_out_in_the_order_in_which_they_were_put_in(count):
    records = [f"record {number}" for number in range(count)]

    assert put_in(Path(__file__), *records) == records


def test_records_that_are_larger_than_a_batch_come_out_whole(monkeypatch):
    monkeypatch.setattr(spool, "BATCH_BYTES", 10)
    records = ["x" * 100, "", "y" * 9]

    assert put_in(Path(__file__), *records) == records


def test_what_was_put_in_before_a_new_beginning_is_forgotten():
    kept = Spool([Path(__file__)], str)
    with kept:
        for record in ("old", "older"):
            kept.put(record)
        kept.finish()
        kept.put("waits")
        kept.begin()
        kept.put("new")
        kept.finish()

        assert list(kept.records(lambda count: None)) == ["new"]


def test_where_nothing_can_be_kept_the_dump_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    with pytest.raises(BadInput, match="cannot be kept") as refused:
        Spool([Path(__file__)], str)

    assert "TMPDIR" in str(refused.value)


@pytest.mark.parametrize("slug", DUMPS)
def test_a_full_disk_refuses_the_dump(tmp_path, monkeypatch, slug):
    text, facts = DUMPS[slug]
    path = tmp_path / "dump"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(spool, "TemporaryFile", partial(Path("/dev/full").open, "r+b"))
    read = SOURCES[slug].read([path], facts, observed_at=NOW, progress=lambda count: None)

    with pytest.raises(BadInput, match="cannot be kept") as refused:
        next(read)

    assert "No space left" in refused.value.reason


def test_nothing_is_left_in_the_folder_for_temporary_files(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    kept = Spool([Path(__file__)], str)
    with kept:
        kept.put("record")
        kept.finish()
        seen = list(folder.iterdir())

    assert seen == []
    assert list(folder.iterdir()) == []
