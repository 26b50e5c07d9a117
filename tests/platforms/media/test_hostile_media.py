"""Media files that lie, are cut off or were made to hurt: held, without harm and in time."""

import os
import resource
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.media.stage import evidence_of
from platforms.records import Visibility
from tests.platforms.media.bytes_of import (
    FTYP,
    PROHIBITED,
    WITH_C2PA,
    WITH_XMP,
    app11,
    box,
    c2pa_uuid,
    chunk,
    extended_xmp,
    frame,
    gif,
    heic,
    itxt,
    jpeg,
    jpeg_with_xmp,
    jumb,
    jxl,
    mining,
    mp3,
    mp4,
    png,
    store,
    svg,
    syncsafe,
    tiff,
    use,
    webp,
    xmp,
)

ROOT = Path(__file__).resolve().parents[3]
BOMB = zlib.compress(b" " * (200 << 20), 9)
SMALL = zlib.compress(b"XMP\0" + mining(PROHIBITED))
NESTED = store()
for _ in range(60):
    NESTED = jumb("c2pa", NESTED)
REFUSING = {
    **{f"{name}, XMP": make(mining(PROHIBITED)) for name, make in WITH_XMP.items()},
    **{f"{name}, C2PA": make(use("notAllowed")) for name, make in WITH_C2PA.items()},
}


def training(*content: bytes) -> bytes:
    return png(chunk(b"caBX", store(jumb("cawg.training-mining", *content))))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"BM" + bytes(60), id="a format that is not read"),
        pytest.param(b"\x1a\x45\xdf\xa3" + bytes(60), id="Matroska"),
        pytest.param(b"%PDF-1.7\n", id="a document"),
        pytest.param(jpeg()[:12], id="JPEG cut off"),
        pytest.param(b"\xff\xd8\xff\xe1\x00\x01", id="JPEG segment smaller than its header"),
        pytest.param(
            jpeg(*extended_xmp(mining(PROHIBITED))[:-1]), id="extended XMP with an end missing"
        ),
        pytest.param(
            jpeg(*extended_xmp(mining(PROHIBITED))[1:]), id="extended XMP with no beginning"
        ),
        pytest.param(jpeg(*app11(use("allowed"))[:-1]), id="JUMBF with an end missing"),
        pytest.param(jpeg(*reversed(app11(use("allowed")))), id="JUMBF out of order"),
        pytest.param(png(itxt(xmp()))[:-20], id="PNG cut off"),
        pytest.param(
            png(itxt(xmp())).replace(b"adobe:ns", b"adobe:nz"), id="PNG with a wrong checksum"
        ),
        pytest.param(
            png(struct.pack(">I4s", 1 << 31, b"iTXt")), id="PNG chunk larger than the file"
        ),
        pytest.param(
            png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB)), id="a deflated bomb"
        ),
        pytest.param(webp((b"XMP ", xmp()))[:-4], id="WebP cut off"),
        pytest.param(gif()[:-1], id="GIF without its end"),
        pytest.param(tiff((700, xmp()))[:-4], id="TIFF that points behind its end"),
        pytest.param(b"II*\0\x08\0\0\0\0\0\x08\0\0\0", id="TIFF in a circle"),
        pytest.param(b"MM\0*\0\0\0\x08\xff\xff", id="TIFF with more entries than bytes"),
        pytest.param(FTYP + b"\0\0\0\4mdat", id="a box smaller than its header"),
        pytest.param(FTYP + b"\x7f\xff\xff\xffmdat", id="a box larger than the file"),
        pytest.param(FTYP + b"\0\0\0\1mdat" + b"\xff" * 8, id="a box of 2**64 bytes"),
        pytest.param(mp4(c2pa_uuid(b"")), id="a C2PA box with nothing in it"),
        pytest.param(
            mp4(c2pa_uuid(box(b"jumb", box(b"brob", b"c2cm")))), id="a manifest without description"
        ),
        pytest.param(
            mp4(c2pa_uuid(jumb("c2pa", box(b"brob", bytes(9))))), id="a compressed manifest"
        ),
        pytest.param(png(chunk(b"caBX", NESTED)), id="JUMBF nested deeply"),
        pytest.param(training(box(b"cbor", b"\x81" * 5000)), id="CBOR nested deeply"),
        pytest.param(training(box(b"cbor", b"\x9f" * 5000)), id="CBOR nested deeply, lengths open"),
        pytest.param(training(box(b"cbor", b"\x9b" + b"\xff" * 8)), id="CBOR of 2**64 values"),
        pytest.param(training(box(b"cbor", b"\x7b" + b"\xff" * 8)), id="CBOR text of 2**64 bytes"),
        pytest.param(
            training(box(b"cbor", b"\xa2\x63use\x67allowed\x63use\x6anotAllowed")),
            id="CBOR with a name given twice",
        ),
        pytest.param(training(box(b"json", b"[" * 100_000)), id="JSON nested deeply"),
        pytest.param(
            training(box(b"json", b'{"entries":{"a":{"use":"notAllowed","use":"allowed"}}}')),
            id="JSON with a name given twice",
        ),
        pytest.param(jpeg_with_xmp(b"<x" + b">"), id="XML that does not end"),
        pytest.param(svg("<a>" * 100_000), id="XML nested deeply"),
        pytest.param(
            b'<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + svg("&b;"),
            id="XML with entities",
        ),
        pytest.param(
            b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("&a;"),
            id="XML that asks for files",
        ),
        pytest.param(b'<?xml version="1.0" encoding="x-odd"?><svg/>', id="an unknown encoding"),
        pytest.param(b'<?xml version="1.0" encoding="zlib"?><svg/>', id="an encoding of no texts"),
        pytest.param(mp3(frame(b"PRIV", b"XMP\0" + xmp()))[:-30], id="ID3 cut off"),
        pytest.param(b"ID3\4\0\0\xff\xff\xff\xff", id="ID3 with a size that is none"),
        pytest.param(
            mp3(b"PRIV" + syncsafe(5) + b"\0\x08" + b"XMP\0a"), id="an ID3 frame that is compressed"
        ),
        pytest.param(
            mp3(
                b"PRIV" + syncsafe(len(SMALL)) + b"\0\x08" + SMALL,
            ),
            id="an ID3 frame of whose name nothing is seen, as it is compressed",
        ),
        pytest.param(png(*[itxt(b"<DataMining/>")] * 1_002), id="more statements than are read"),
        pytest.param(png(*[itxt(b"<a/>")] * 10_001), id="more packets than are read"),
        pytest.param(svg('<a b="data:,"/>' * 10_001), id="more images inside than are read"),
        pytest.param(b"\xff" * 60, id="no sound, though it begins like it"),
        pytest.param(jxl(box(b"brob", b"Exif")), id="JPEG XL with metadata in Brotli"),
        pytest.param(jxl(box(b"jbrd")), id="JPEG XL that was a JPEG"),
        pytest.param(
            mp4(box(b"moov", box(b"cmov", box(b"cmvd", bytes(4), SMALL)))),
            id="a film with a compressed header",
        ),
        pytest.param(heic(xmp()).replace(b"rdf+xml\0", b"zip\0br\0\0"), id="HEIC, compressed"),
        pytest.param(svg('<a href="data:image/png;base64,%%%"/>'), id="Base64 that is none"),
    ],
)
def test_a_file_that_cannot_be_read_holds(tmp_path, data):
    path = tmp_path / "photo"
    path.write_bytes(data)

    evidence = evidence_of(path)

    assert (evidence.visibility, evidence.code) == (Visibility.UNKNOWN, "media_unreadable")
    assert len(evidence.detail) < 300


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("/etc/hostname"), Path.mkdir]
)
def test_what_is_no_file_of_its_own_holds(tmp_path, make):
    path = tmp_path / "photo.jpg"
    make(path)

    assert evidence_of(path).code == "media_unreadable"


def test_a_file_that_may_not_be_read_holds(tmp_path):
    assert evidence_of(tmp_path / "gone.jpg").code == "media_unreadable"


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in REFUSING.items()])
def test_a_refusing_file_that_is_cut_off_anywhere_is_never_shared(tmp_path, data):
    path = tmp_path / "photo"
    shared = []
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        if evidence_of(path) is None:
            shared.append(length)

    assert all(b"DMI-PROHIBITED" not in data[:n] and b"notAllowed" not in data[:n] for n in shared)


@given(
    name=st.sampled_from(sorted(REFUSING)),
    edits=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), min_size=1, max_size=4),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changed_bytes_crash_nothing_and_free_nothing_that_still_says_no(tmp_path, name, edits):
    data = bytearray(REFUSING[name])
    for at, value in edits:
        data[at % len(data)] = value
    path = tmp_path / "photo"
    path.write_bytes(data)

    evidence = evidence_of(path)

    still_says_no = b"DMI-PROHIBITED" in data or b"notAllowed" in data
    assert evidence is not None or not still_says_no


MEASURED = """
import resource, sys
from pathlib import Path
from platforms.media.stage import evidence_of
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(evidence_of(Path(sys.argv[1])).code)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
MEGABYTE = 1 << 20


@pytest.mark.long
@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(
            lambda: jpeg_with_xmp(mining(PROHIBITED)) + bytes(100 * MEGABYTE),
            "media_refuses_training",
            id="a large file that refuses at once",
        ),
        pytest.param(
            lambda: jpeg() + bytes(100 * MEGABYTE) + b"DMI-PROHIBITED",
            "media_terms_unclear",
            id="a large file that refuses at its end",
        ),
        pytest.param(
            lambda: png(*[chunk(b"prVt", b"")] * 8_000_000), "media_unreadable", id="many chunks"
        ),
        pytest.param(
            lambda: mp4(*[box(b"free")] * 12_000_000), "media_unreadable", id="many boxes"
        ),
        pytest.param(
            lambda: gif(b"\x21\xfe" + b"\x01a" * 40_000_000 + b"\0"),
            "media_unreadable",
            id="many blocks",
        ),
        pytest.param(
            lambda: b"<svg><a b='" + b"a" * (15 * MEGABYTE) + b"'/>",
            "media_unreadable",
            id="a long attribute",
        ),
        pytest.param(
            lambda: b"<svg>" + b"<a/>" * (25 * MEGABYTE), "media_unreadable", id="a large SVG"
        ),
        pytest.param(
            lambda: svg(f'<a href="data:image/png;base64,{"ab " * 5_300_000}"/>'),
            "media_unreadable",
            id="Base64 with many spaces",
        ),
        pytest.param(
            lambda: svg(f'<a href="data:image/png,{"%41" * 5_300_000}"/>'),
            "media_unreadable",
            id="many letters that are percent-encoded",
        ),
        pytest.param(
            lambda: png(chunk(b"tEXt", b"Raw profile type x\0\nx\n9\n" + b"aa " * 5_000_000)),
            "media_unreadable",
            id="hexadecimal digits with many spaces",
        ),
        pytest.param(
            lambda: png(*[chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + BOMB)] * 400),
            "media_unreadable",
            id="many bombs",
        ),
        pytest.param(
            lambda: mp4(
                box(
                    b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), bytes(90 * MEGABYTE)
                )
            ),
            "media_unreadable",
            id="XMP that is larger than is read",
        ),
    ],
)
def test_a_file_of_100_megabytes_costs_little(tmp_path, data, code):
    path = tmp_path / "photo"
    path.write_bytes(data())
    began = time.monotonic()

    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    answered, kilobytes = done.stdout.split()
    assert answered == code
    assert int(kilobytes) < 150_000
    assert time.monotonic() - began < 60


def test_the_measure_of_memory_is_in_kilobytes():
    assert 10_000 < resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 100_000_000
