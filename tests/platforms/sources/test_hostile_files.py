"""A file that no honest exporter writes is refused whole, with position and reason."""

import bz2
import gzip
import json
import lzma
import os
import tracemalloc

import pytest

from platforms.sources import SOURCES, BadInput
from platforms.sources import json_documents as json_limits
from platforms.sources.wordpress import export as xml_limits
from tests.platforms.sources.anywhere import account
from tests.platforms.sources.dumps import NOW, PUBLIC_SITE, entry, items, post, wxr
from tests.platforms.sources.meta_dumps import fb_post, media, thread
from tests.platforms.sources.stock import image


def refusal(tmp_path, platform, content):
    with pytest.raises(BadInput) as refused:
        items(tmp_path, platform, content)
    return refused.value


GOOD_XML = wxr(entry())
GOOD_LINE = json.dumps(post())
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    + GOOD_XML.partition("?>")[2].replace("Low tide", "&b;", 1)
)
OUTSIDE = '<!DOCTYPE rss SYSTEM "file:///etc/hostname">' + GOOD_XML.partition("?>")[2]
REDDIT = {"kind": "Listing", "data": {"children": [{"kind": "t3", "data": {"id": "abc"}}]}}
FEED = '<rss version="2.0"><channel><title>x</title><item><title>y</title></item></channel></rss>'

HOSTILE_XML = [
    pytest.param(BOMB, "document type", id="entity bomb"),
    pytest.param(OUTSIDE, "document type", id="external document type"),
    pytest.param(GOOD_XML.replace("Low tide", "Salt & sand", 1), "not well-formed", id="raw &"),
    pytest.param(GOOD_XML.replace("Low tide", "&nbsp;", 1), "undefined entity", id="HTML entity"),
    pytest.param(GOOD_XML[:-30], "not well-formed", id="truncated at the end"),
    pytest.param(GOOD_XML[: len(GOOD_XML) // 2], "not well-formed", id="truncated in the middle"),
    pytest.param(GOOD_XML.replace("</item>", "</itm>", 1), "mismatched tag", id="mismatched tag"),
    pytest.param(GOOD_XML + "<rss/>", "junk after", id="two documents"),
    pytest.param(GOOD_XML.replace("harbour", "har\0bour"), "NUL", id="NUL byte"),
    pytest.param(
        GOOD_XML.encode().replace(b"harbour", b"har\xffbour"), "not UTF-8[.]", id="not UTF-8"
    ),
    pytest.param(GOOD_XML.encode("utf-16"), "UTF-16. Write it as UTF-8", id="UTF-16"),
    pytest.param(b"PK\x03\x04" + GOOD_XML.encode(), "ZIP archive. Unpack it", id="a ZIP archive"),
    pytest.param(gzip.compress(GOOD_XML.encode()), "gzip. Unpack it", id="gzip"),
    pytest.param(
        GOOD_XML.replace("http://wordpress.org/export/1.2/", "http://evil.example/1.2/"),
        "foreign address",
        id="foreign meaning of the prefix",
    ),
    pytest.param(
        GOOD_XML.replace("<wp:status>", '<wp:status xmlns:wp="http://evil.example/">'),
        "foreign address",
        id="prefix rebound inside",
    ),
    pytest.param(
        GOOD_XML.replace("<item>", '<item xmlns:old="http://wordpress.org/export/1.0/">'),
        "two versions",
        id="two versions in one file",
    ),
    pytest.param(
        GOOD_XML.replace("<item>", '<item xmlns="http://wordpress.org/export/1.2/">'),
        "no prefix",
        id="items hidden in the namespace of their fields",
    ),
    pytest.param(
        GOOD_XML.replace("</channel>", "</channel><channel></channel>"),
        "more than one channel",
        id="two channels",
    ),
    pytest.param(GOOD_XML.replace("_version>1.2", "_version>9.9"), "version", id="other version"),
    pytest.param(FEED, "without WordPress's export namespace", id="an ordinary feed"),
    pytest.param("<html><body/></html>", "not an RSS document", id="a web page"),
    pytest.param(json.dumps(post()), "no post, comment", id="a Tumblr dump"),
    pytest.param("Dear sir", "not well-formed", id="a letter"),
    pytest.param("   \n ", "not well-formed", id="only white space"),
    pytest.param(
        GOOD_XML.replace("Low tide", "<a>" * 100 + "</a>" * 100, 1), "nested", id="nested too deep"
    ),
]
HOSTILE_JSON = [
    pytest.param(b'{"type": "blocks", "id": 1\0}', "NUL", id="NUL byte"),
    pytest.param(GOOD_LINE.encode().replace(b"tide", b"t\xffde"), "UTF-8", id="not UTF-8"),
    pytest.param(GOOD_LINE.encode("utf-16"), "UTF-16. Write it as UTF-8", id="UTF-16"),
    pytest.param(gzip.compress(GOOD_LINE.encode()), "gzip. Unpack it", id="gzip"),
    pytest.param(bz2.compress(GOOD_LINE.encode()), "bzip2. Unpack it", id="bzip2"),
    pytest.param(lzma.compress(GOOD_LINE.encode()), "xz. Unpack it", id="xz"),
    pytest.param(b"PAR1" + bytes(30), r"NUL|not JSON.*\. Give answers of Tumblr", id="Parquet"),
    pytest.param("id,body\n1,x\n", r"not JSON.*\. Give answers of Tumblr", id="CSV"),
    pytest.param(GOOD_LINE.replace("1001", "NaN"), "NaN", id="NaN"),
    pytest.param(GOOD_LINE.replace("1001", "-Infinity"), "Infinity", id="infinity"),
    pytest.param(GOOD_LINE.replace("1001", "1e999"), "too large", id="infinity by overflow"),
    pytest.param(GOOD_LINE.replace("1001", "9" * 5000), "digits", id="endless number"),
    pytest.param('{"state": "private", ' + GOOD_LINE[1:], "same key twice", id="duplicate key"),
    pytest.param(
        GOOD_LINE.replace('"harbour', '"')
        .replace('"url"', '"x"')
        .replace('"active": true', '"active": true, "type": "private"'),
        "same key twice",
        id="duplicate key inside",
    ),
    pytest.param('{"a":' * 5000 + "1" + "}" * 5000, "deeply", id="deep objects"),
    pytest.param("[" * 200_000, "deeply", id="deep lists"),
    pytest.param(GOOD_LINE[:-10], "before it is complete|not JSON", id="truncated"),
    pytest.param(GOOD_LINE + "\n" + GOOD_LINE[:40], "not JSON|complete", id="truncated last line"),
    pytest.param(GOOD_LINE + GOOD_LINE, "not JSON", id="two records on one line"),
    pytest.param("HTTP/1.1 200 OK\n\n" + GOOD_LINE, "not JSON", id="headers before the body"),
    pytest.param(json.dumps(REDDIT), "no Tumblr post", id="a Reddit listing"),
    pytest.param('{"id": "abc", "subreddit": "tides"}\n' * 3, "no Tumblr", id="Reddit posts"),
    pytest.param('{"id": 1}\n' * 3000, "no Tumblr", id="many lines of something else"),
    pytest.param("[]", "no Tumblr", id="an empty list"),
    pytest.param("7", "neither an object nor a list", id="a number"),
    pytest.param('{"response": {"users": []}}', "neither posts nor a blog", id="another response"),
    pytest.param('{"response": {"posts": {}}}', "not a list", id="posts that are no list"),
    pytest.param(
        '{"meta": {"status": 404, "msg": "Not Found"}, "response": []}', "error", id="an error"
    ),
    pytest.param(GOOD_XML, "XML", id="a WordPress export"),
    pytest.param("\n\n  \n", "no record", id="only white space"),
]


@pytest.mark.parametrize(("content", "reason"), HOSTILE_XML)
def test_a_hostile_export_is_refused_with_a_position(tmp_path, content, reason):
    refused = refusal(tmp_path, "wordpress", content)

    assert str(tmp_path / "dump-0") in str(refused)
    assert refused.line or refused.byte is not None
    with pytest.raises(BadInput, match=reason):
        raise refused


@pytest.mark.parametrize(("content", "reason"), HOSTILE_JSON)
def test_a_hostile_json_file_is_refused_with_a_position(tmp_path, content, reason):
    refused = refusal(tmp_path, "tumblr", content)

    assert str(tmp_path / "dump-0") in str(refused)
    assert refused.line is not None
    with pytest.raises(BadInput, match=reason):
        raise refused


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (GOOD_LINE + "\n" + GOOD_LINE + "\n" + '{"id": 1, "id": 2}', 3, 10),
        (GOOD_LINE + "\n" + '{"é": NaN}', 2, 7),
        (GOOD_LINE + "\n" + '{"é": ü}', 2, 7),
        ('{\n"type": "blocks",\n"type": "text"\n}', 3, None),
    ],
)
def test_the_position_is_that_of_the_fault(tmp_path, content, line, column):
    refused = refusal(tmp_path, "tumblr", content)

    begin = len("\n".join(content.split("\n")[: line - 1]).encode()) + 1
    assert refused.line == line
    assert column is None or refused.byte == begin + column


@pytest.mark.parametrize("platform", sorted(SOURCES))
def test_a_file_that_cannot_be_read_is_refused(tmp_path, platform):
    empty = tmp_path / "empty"
    empty.touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reasons = {
        tmp_path: "not a regular file",
        tmp_path / "missing": "No such file",
        empty: "empty",
        pipe: "not a regular file",
    }

    for path, reason in reasons.items():
        with pytest.raises(BadInput, match=reason):
            list(SOURCES[platform].read([path], {}, observed_at=NOW, progress=print))


@pytest.mark.parametrize("platform", sorted(SOURCES))
def test_one_bad_file_refuses_the_dump_before_anything_is_given_out(tmp_path, platform):
    good, bad = {
        "facebook": (json.dumps(fb_post()), "{"),
        "instagram": (json.dumps(media()), "{"),
        "threads": (json.dumps(thread()), "{"),
        "reddit": (json.dumps(REDDIT), "{"),
        "tumblr": (GOOD_LINE, "{"),
        "wordpress": (GOOD_XML, "<rss"),
        "shutterstock": (json.dumps(image()), "{"),
        "generic": (json.dumps(account()), "{"),
    }[platform]
    (tmp_path / "a").write_text(good)
    (tmp_path / "b").write_text(bad)

    found = SOURCES[platform].read(
        [tmp_path / "a", tmp_path / "b"], {}, observed_at=NOW, progress=lambda count: None
    )

    with pytest.raises(BadInput):
        next(found)


def sparse(path, begin, size, end=b""):
    """A file of that size of which only the begin and the end are on the disk."""
    with path.open("wb") as file:
        file.write(begin)
        file.seek(size)
        file.write(end or b"\0")
    return path


@pytest.mark.parametrize("begin", [b'{"type": "', GOOD_LINE.encode() + b"\n" + b'{"type": "'])
def test_a_line_of_five_gigabytes_is_refused_without_being_read(tmp_path, begin):
    path = sparse(tmp_path / "dump", begin, 5 * 1024**3)
    tracemalloc.start()

    with pytest.raises(BadInput, match="exceeds 64 MiB") as refused:
        list(SOURCES["tumblr"].read([path], {}, observed_at=NOW, progress=lambda count: None))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * json_limits.MAX_DOCUMENT_BYTES
    assert refused.value.line == begin.count(b"\n") + 1
    assert refused.value.byte == begin.rfind(b"\n") + 1


def test_one_large_document_is_refused_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr(json_limits, "MAX_DOCUMENT_BYTES", 1000)

    refused = refusal(tmp_path, "tumblr", json.dumps([post()] * 9, indent=1))

    assert "NDJSON" in str(refused)


@pytest.mark.parametrize(
    ("limit", "content", "reason"),
    [
        ("MAX_ITEM_BYTES", wxr(entry(content__encoded="x" * 400_000)), "one item exceeds"),
        ("MAX_ITEM_ELEMENTS", wxr(entry("<a/>" * 400_000)), "elements"),
        ("MAX_TOKEN_BYTES", wxr(entry(f'<a b="{"x" * 400_000}"/>')), "single tag"),
        ("MAX_TOKEN_BYTES", wxr(f"<!--{'x' * 400_000}-->"), "single tag"),
    ],
    ids=["item", "elements", "attribute", "comment"],
)
def test_an_item_without_measure_is_refused(tmp_path, monkeypatch, limit, content, reason):
    monkeypatch.setattr(xml_limits, limit, 100_000)

    with pytest.raises(BadInput, match=reason):
        items(tmp_path, "wordpress", content)


def test_a_long_export_is_read_in_little_memory(tmp_path):
    text = "x" * 20_000
    dump = wxr(*(entry(wp__post_id=str(n), content__encoded=text) for n in range(1, 1000)))
    path = tmp_path / "export.xml"
    path.write_text(dump)
    tracemalloc.start()

    found = SOURCES["wordpress"].read(
        [path], PUBLIC_SITE, observed_at=NOW, progress=lambda count: None
    )
    count = sum(1 for _ in found)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count > 900
    assert peak < len(dump) / 4
