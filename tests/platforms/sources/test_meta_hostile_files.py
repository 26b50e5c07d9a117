"""Files of Meta's platforms that no honest exporter writes are refused whole."""

import json
import struct
import tracemalloc
import zipfile

import pytest

from platforms.sources import SOURCES, BadInput, downloads
from platforms.sources import json_documents as json_limits
from tests.platforms.sources.dumps import NOW, items, post
from tests.platforms.sources.meta_dumps import (
    FACEBOOK_ENTRY,
    INSTAGRAM_ENTRY,
    fb_post,
    items_of_files,
    media,
    thread,
    zipped,
)

META = ["facebook", "instagram", "threads"]
GOOD = {"facebook": fb_post(), "instagram": media(), "threads": thread()}
REDDIT = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": {"id": "abc"}}]}}
ERROR = {"error": {"message": "Invalid OAuth token", "type": "OAuthException", "code": 190}}


@pytest.mark.parametrize("platform", META)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(post(), "no object of", id="a Tumblr post"),
        pytest.param([post()], "no object of", id="Tumblr posts"),
        pytest.param(REDDIT, "no object of", id="a Reddit listing"),
        pytest.param({"id": "abc", "subreddit": "tides", "created_utc": 1}, "no object", id="post"),
        pytest.param({"id": "1", "media_type": "image", "description": "x"}, "no object", id="s"),
        pytest.param(ERROR, "error", id="an error of the API"),
        pytest.param([{"code": 200, "headers": [], "body": "{}"}, None], "batch", id="a batch"),
        pytest.param({"object": "page", "entry": [{"id": "1"}]}, "webhook", id="a webhook"),
        pytest.param("7", "neither an object nor a list", id="a number"),
        pytest.param("[]", "no object of", id="an empty list"),
        pytest.param("<html></html>", "XML or HTML", id="a download in HTML"),
        pytest.param('{"id": NaN}', "NaN", id="NaN"),
        pytest.param('{"id": "1", "id": "2"}', "same key twice", id="a key twice"),
        pytest.param('{"a":' * 5000 + "1" + "}" * 5000, "deeply", id="deep objects"),
        pytest.param(b'{"id": "\xff"}', "UTF-8", id="not UTF-8"),
        pytest.param('{"id": "1", ', "complete|not JSON", id="truncated"),
        pytest.param('{"id": 1}\n' * 3000, "no object", id="many lines of something else"),
    ],
)
def test_what_is_no_dump_of_the_platform_is_refused(tmp_path, platform, content, reason):
    with pytest.raises(BadInput, match=reason) as refused:
        items(tmp_path, platform, content)

    assert str(tmp_path / "dump-0") in str(refused.value)
    assert refused.value.line is not None


@pytest.mark.parametrize("platform", META)
@pytest.mark.parametrize("other", META)
def test_the_dumps_of_sisters_are_told_apart(tmp_path, platform, other):
    if platform == other:
        assert items(tmp_path, platform, GOOD[other])
        return

    with pytest.raises(BadInput, match="no object of"):
        items(tmp_path, platform, GOOD[other])


NAME = "posts_1.json"
ENTRIES = {"facebook": ("your_posts_1.json", [FACEBOOK_ENTRY]),
           "instagram": (NAME, [INSTAGRAM_ENTRY])}  # fmt: skip


def refusal(tmp_path, content, platform="instagram"):
    with pytest.raises(BadInput) as refused:
        items_of_files(tmp_path, platform, {"alice.zip": content})
    return str(refused.value)


def patched(content, offset, code, value):
    """``content`` with one number of the directory's last entry changed."""
    changed = bytearray(content)
    struct.pack_into(code, changed, content.rindex(b"PK\x01\x02") + offset, value)
    return bytes(changed)


def test_a_zip_without_any_file_of_posts_is_refused(tmp_path):
    assert "none of the files" in refusal(tmp_path, zipped({"messages.json": []}))
    assert "none of the files" in refusal(tmp_path, zipped({"posts_1.html": "<html/>"}))


def test_a_zip_of_empty_lists_holds_nothing(tmp_path):
    assert "no record" in refusal(tmp_path, zipped({NAME: []}))


@pytest.mark.parametrize("platform", ["facebook", "instagram"])
def test_a_zip_bomb_is_refused_and_hardly_decoded(tmp_path, platform):
    name, _ = ENTRIES[platform]
    bomb = zipped({name: b"[" + b" " * 300_000_000 + b"]"})
    tracemalloc.start()

    reason = refusal(tmp_path, bomb, platform)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "64 MiB" in reason or "200 times" in reason
    assert peak < 4 * json_limits.MAX_DOCUMENT_BYTES


def test_a_zip_of_many_small_bombs_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "MAX_DECODED_BYTES", 100_000)
    many = zipped({f"posts_{n}.json": [INSTAGRAM_ENTRY] * 500 for n in range(9)})

    assert "in all" in refusal(tmp_path, many)


def test_a_size_that_the_directory_lies_about_is_no_way_in(tmp_path):
    content = zipped({NAME: [INSTAGRAM_ENTRY] * 50})

    assert "damaged" in refusal(tmp_path, patched(content, 24, "<L", 10))


def test_a_directory_that_would_fill_the_memory_is_not_read(tmp_path):
    content = bytearray(zipped({NAME: [INSTAGRAM_ENTRY]}))
    struct.pack_into("<L", content, content.rindex(b"PK\x05\x06") + 12, 2**31)

    assert "list of files" in refusal(tmp_path, bytes(content))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(zipped({NAME: [INSTAGRAM_ENTRY]})[:-30], "damaged", id="truncated"),
        pytest.param(b"PK\x03\x04 and nothing else", "damaged", id="only a signature"),
        pytest.param(zipped({NAME: "{"}), "not JSON|complete", id="no JSON in it"),
        pytest.param(zipped({NAME: '{"a": 1, "a": 2}'}), "same key twice", id="a key twice"),
        pytest.param(zipped({NAME: "[" * 200_000}), "deeply|times its size", id="deep lists"),
        pytest.param(zipped({NAME: [INSTAGRAM_ENTRY]}, zipfile.ZIP_LZMA), "unusual way", id="LZMA"),
        pytest.param(
            patched(zipped({NAME: [INSTAGRAM_ENTRY]}), 8, "<H", 1), "encrypted", id="encrypted"
        ),
    ],
)
def test_a_zip_that_no_honest_exporter_writes_is_refused(tmp_path, content, reason):
    with pytest.raises(BadInput, match=reason):
        items_of_files(tmp_path, "instagram", {"alice.zip": content})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_that_names_a_file_twice_is_refused(tmp_path):
    path = tmp_path / "alice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(NAME, json.dumps([INSTAGRAM_ENTRY]))
        archive.writestr(NAME, "[]")

    assert "same file twice" in refusal(tmp_path, path.read_bytes())


def test_nothing_of_a_zip_is_written_to_a_disk(tmp_path):
    content = zipped({f"../../{NAME}": [INSTAGRAM_ENTRY], f"/etc/{NAME}": [INSTAGRAM_ENTRY]})

    found = items_of_files(tmp_path, "instagram", {"alice.zip": content})

    assert len(found) == 2
    assert not list(tmp_path.rglob(NAME))


@pytest.mark.parametrize("platform", META)
def test_progress_adds_up_to_the_sizes_of_the_files(tmp_path, platform):
    (tmp_path / "a").write_text("\n".join(json.dumps(GOOD[platform]) for _ in range(9)))
    paths = [tmp_path / "a"]
    if platform in ENTRIES:
        name, entries = ENTRIES[platform]
        (tmp_path / "b.zip").write_bytes(zipped({name: entries}))
        paths.append(tmp_path / "b.zip")
    told = []

    list(SOURCES[platform].read(paths, {}, observed_at=NOW, progress=told.append))

    assert sum(told) == sum(path.stat().st_size for path in paths)


@pytest.mark.parametrize("platform", META)
def test_a_long_dump_is_read_in_little_memory(tmp_path, platform):
    text = "x" * 20_000
    words = {"facebook": "message", "instagram": "caption", "threads": "text"}[platform]
    records = ({**GOOD[platform], "id": str(n), words: text} for n in range(1, 1000))
    path = tmp_path / "dump"
    path.write_text("\n".join(map(json.dumps, records)))
    tracemalloc.start()

    found = SOURCES[platform].read([path], {}, observed_at=NOW, progress=lambda count: None)
    count = sum(1 for _ in found)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 999
    assert peak < path.stat().st_size / 4
