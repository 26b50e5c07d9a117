"""What a media file says of training and mining, in every format and in every word."""

import base64
import zlib

import pytest

from platforms.media import Folder
from platforms.media.stage import evidence_of
from platforms.records import Visibility
from tests.platforms.media import bytes_of
from tests.platforms.media.bytes_of import (
    ALLOWED,
    CLEAN,
    PROHIBITED,
    VOCABULARY,
    WITH_C2PA,
    WITH_XMP,
    assertion,
    box,
    cbor,
    jpeg,
    jpeg_with_xmp,
    jumb,
    mining,
    mp4,
    png,
    store,
    svg,
    svg_with_c2pa,
    tiff,
    use,
    xmp,
)

REFUSES = (Visibility.OPTED_OUT, "media_refuses_training")
UNCLEAR = (Visibility.UNKNOWN, "media_terms_unclear")
UNREADABLE = (Visibility.UNKNOWN, "media_unreadable")
PROHIBITIONS = [
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "DMI-PROHIBITED",
    "DMI-PROHIBITED-SEECONSTRAINT",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
]
USES = ["ai_training", "ai_generative_training", "data_mining", "ai_inference"]


@pytest.fixture
def said(tmp_path):
    """What a file of these bytes says against sharing."""

    def of(data: bytes, name: str = "photo") -> tuple[Visibility, str] | None:
        path = tmp_path / name
        path.write_bytes(data)
        evidence = evidence_of(path, Folder(tmp_path).beside(path))
        return (evidence.visibility, evidence.code) if evidence else None

    return of


@pytest.mark.parametrize("carried", [pytest.param(f, id=name) for name, f in WITH_XMP.items()])
def test_the_data_mining_property_is_found_in_every_format(said, carried):
    assert said(carried(mining(PROHIBITED))) == REFUSES


@pytest.mark.parametrize("carried", [pytest.param(f, id=name) for name, f in WITH_C2PA.items()])
def test_a_training_assertion_is_found_in_every_format(said, carried):
    assert said(carried(use("notAllowed"))) == REFUSES


@pytest.mark.parametrize("carried", [pytest.param(f, id=name) for name, f in WITH_XMP.items()])
def test_a_file_that_allows_says_nothing_against_sharing(said, carried):
    assert said(carried(mining(ALLOWED))) is None


@pytest.mark.parametrize("carried", [pytest.param(f, id=name) for name, f in WITH_C2PA.items()])
def test_an_assertion_that_allows_says_nothing_against_sharing(said, carried):
    assert said(carried(use("allowed"))) is None


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in CLEAN.items()])
def test_a_file_without_a_word_on_it_says_nothing_against_sharing(said, data):
    assert said(data) is None


@pytest.mark.parametrize("value", PROHIBITIONS)
@pytest.mark.parametrize("form", ["{key}", VOCABULARY + "{key}", "\n  " + VOCABULARY + "{key} \n"])
def test_every_prohibition_of_the_vocabulary_refuses(said, value, form):
    assert said(jpeg_with_xmp(mining(form.format(key=value)))) == REFUSES


@pytest.mark.parametrize(
    "value", ["DMI-UNSPECIFIED", "DMI-ALLOWED", VOCABULARY + "DMI-UNSPECIFIED"]
)
def test_what_the_vocabulary_does_not_prohibit_is_no_refusal(said, value):
    assert said(jpeg_with_xmp(mining(value))) is None


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(xmp(attributes=f'plus:DataMining="{PROHIBITED}"'), id="an attribute"),
        pytest.param(xmp(f'<plus:DataMining rdf:resource="{PROHIBITED}"/>'), id="a resource"),
        pytest.param(
            xmp(
                "<plus:DataMining><rdf:Bag><rdf:li>DMI-ALLOWED</rdf:li>"
                "<rdf:li>DMI-PROHIBITED</rdf:li></rdf:Bag></plus:DataMining>"
            ),
            id="a list with one prohibition",
        ),
        pytest.param(
            xmp(
                "<plus:DataMining><rdf:Description>"
                "<rdf:value>DMI-PROHIBITED</rdf:value></rdf:Description></plus:DataMining>"
            ),
            id="a value with qualifiers",
        ),
        pytest.param(
            xmp('<plus:DataMining rdf:value="DMI-PROHIBITED"/>'), id="a value as an attribute"
        ),
        pytest.param(mining("Prohibited for Generative AI/ML training"), id="as editors show it"),
        pytest.param(mining(PROHIBITED).decode().encode("utf-16"), id="UTF-16"),
        pytest.param(mining(PROHIBITED) + b"\0" * 50, id="padded with zeros"),
        pytest.param(xmp("<tdm:reservation>1</tdm:reservation>"), id="a TDM reservation"),
        pytest.param(xmp(attributes='tdm:reservation="1"'), id="a TDM reservation, an attribute"),
    ],
)
def test_a_refusal_is_read_however_xmp_writes_it(said, packet):
    assert said(jpeg_with_xmp(packet)) == REFUSES


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(mining("DMI-SOMETHING-NEW"), id="a key that is not in the vocabulary"),
        pytest.param(mining("https://other.example/DMI-ALLOWED"), id="a key of somebody else's"),
        pytest.param(mining(""), id="an empty property"),
        pytest.param(
            mining("DMI-ALLOWED</plus:DataMining><plus:DataMining>maybe"), id="once known, once not"
        ),
        pytest.param(
            xmp("<plus:OtherConstraints>No models, please</plus:OtherConstraints>"), id="free text"
        ),
        pytest.param(xmp("<tdm:reservation>2</tdm:reservation>"), id="a reservation unknown"),
        pytest.param(xmp(attributes='plus:DMI-Prohibited="True"'), id="a value as a property"),
        pytest.param(xmp("<tdm:reserve>0</tdm:reserve>"), id="a TDM property unknown"),
    ],
)
def test_a_word_that_is_not_known_holds(said, packet):
    assert said(jpeg_with_xmp(packet)) == UNCLEAR


@pytest.mark.parametrize("word", ["notAllowed", "constrained"])
@pytest.mark.parametrize("prefix", ["c2pa", "cawg"])
@pytest.mark.parametrize("entry", USES)
def test_each_use_that_an_assertion_does_not_allow_refuses(said, prefix, entry, word):
    entries = {f"{prefix}.{entry}": {"use": word}}
    manifest = store(assertion(entries, f"{prefix}.training-mining"))

    assert said(mp4(bytes_of.c2pa_uuid(manifest))) == REFUSES


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(assertion({"a": {"use": "allowed"}, "b": {"use": "notAllowed"}}), id="one no"),
        pytest.param(assertion({"com.x.own": {"use": "notAllowed"}}), id="an entry of one's own"),
        pytest.param(
            jumb(
                "cawg.training-mining__2",
                box(b"json", b'{"entries":{"cawg.ai_training":{"use":"notAllowed"}}}'),
            ),
            id="JSON, the second of its kind",
        ),
        pytest.param(
            jumb(
                "cawg.training-mining",
                box(b"cbor", cbor({"cawg.ai_training": {"use": "constrained"}})),
            ),
            id="entries without their map",
        ),
        pytest.param(
            jumb(
                "c2pa.training-mining.v2",
                box(
                    b"cbor",
                    b"\xbf\x67entries\xbf\x61a\xbf\x63use\x7f\x63not\x67Allowed\xff" + b"\xff" * 3,
                ),
            ),
            id="lengths left open",
        ),
    ],
)
def test_an_assertion_refuses_however_it_is_written(said, part):
    assert said(png(bytes_of.chunk(b"caBX", store(part)))) == REFUSES


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(assertion({"cawg.ai_training": {"use": "perhaps"}}), id="a use unknown"),
        pytest.param(assertion({"cawg.ai_training": {}}), id="no use"),
        pytest.param(assertion({"cawg.ai_training": {"use": 1}}), id="a use that is no text"),
        pytest.param(assertion({"cawg.ai_training": "allowed"}), id="an entry that is no map"),
        pytest.param(assertion({}), id="no entries"),
        pytest.param(assertion([]), id="entries that are no map"),
        pytest.param(jumb("cawg.training-mining"), id="no content"),
        pytest.param(
            jumb("c2pa.cloud-data", box(b"cbor", cbor({"label": "cawg.training-mining"}))),
            id="an assertion that lies elsewhere",
        ),
    ],
)
def test_an_assertion_that_is_not_understood_holds(said, part):
    assert said(png(bytes_of.chunk(b"caBX", store(part)))) == UNCLEAR


def test_a_refusal_of_an_ingredient_is_a_refusal(said):
    one = jumb("urn:c2pa:new", jumb("c2pa.assertions", jumb("c2pa.actions", box(b"cbor", b"\xa0"))))
    other = jumb("urn:c2pa:old", jumb("c2pa.assertions", assertion({"a": {"use": "notAllowed"}})))

    assert said(png(bytes_of.chunk(b"caBX", jumb("c2pa", one, other)))) == REFUSES


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg() + jpeg_with_xmp(mining(PROHIBITED)), id="a second image behind"),
        pytest.param(jpeg_with_xmp(mining(ALLOWED)) + mining(PROHIBITED), id="after a yes"),
        pytest.param(jpeg(bytes_of.segment(0xED, mining(PROHIBITED))), id="in another segment"),
        pytest.param(mp4(box(b"free", use("notAllowed"))), id="in another box"),
        pytest.param(
            png(bytes_of.chunk(b"prVt", mining(PROHIBITED).decode().encode("utf-16-le"))),
            id="UTF-16",
        ),
    ],
)
def test_a_refusal_where_nobody_looks_for_it_holds(said, data):
    assert said(data) == UNCLEAR


APP1 = b"http://ns.adobe.com/xap/1.0/\0"


@pytest.mark.parametrize(
    "chunk",
    [
        pytest.param(bytes_of.raw_profile(APP1 + mining(PROHIBITED), "APP1"), id="of a JPEG"),
        pytest.param(bytes_of.raw_profile(mining(PROHIBITED), "XMP"), id="in another case"),
        pytest.param(
            bytes_of.chunk(
                b"tEXt",
                b"Raw profile type APP1\0\napp1\n  9\n"
                + (APP1 + mining(PROHIBITED)).hex().encode(),
            ),
            id="not deflated",
        ),
        pytest.param(
            bytes_of.chunk(
                b"iTXt", b"xml:com.adobe.xmp\0\1\0\0\0" + zlib.compress(mining(PROHIBITED))
            ),
            id="a keyword in another case",
        ),
    ],
)
def test_a_packet_that_a_png_keeps_as_other_tools_write_it_is_read(said, chunk):
    assert said(png(chunk)) == REFUSES


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            png(bytes_of.raw_profile(b"Exif\0\0" + tiff((700, mining(PROHIBITED))), "exif")),
            id="a profile in hexadecimal digits, deflated",
        ),
        pytest.param(
            png(bytes_of.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(mining(PROHIBITED)))),
            id="a deflated text",
        ),
        pytest.param(
            svg_with_c2pa(store(jumb("cawg.metadata", box(b"json", b'{"plus:DataMining":""}')))),
            id="a manifest in Base64",
        ),
        pytest.param(
            svg(
                '<image href="data:image/jpeg;base64,'
                f'{base64.b64encode(jpeg_with_xmp(mining(PROHIBITED))).decode()}"/>'
            ),
            id="an image inside an image",
        ),
        pytest.param(
            svg('<image href="data:image/svg+xml,%3Csvg%3EDMI-PROHIBITE%44"/>'),
            id="an image inside an image, percent-encoded",
        ),
        pytest.param(
            svg("<desc>-----BEGIN C2PA MANIFEST----- data:,x -----END C2PA MANIFEST-----</desc>"),
            id="a manifest in a text",
        ),
    ],
)
def test_a_refusal_that_is_packed_where_nobody_reads_it_holds(said, data):
    assert said(data) == UNCLEAR


@pytest.mark.parametrize(
    ("read", "elsewhere"),
    [
        pytest.param(mining(ALLOWED), xmp("<tdm:reservation>1</tdm:reservation>"), id="a TDM one"),
        pytest.param(mining("DMI-UNSPECIFIED"), mining("Prohibited"), id="in an editor's words"),
        pytest.param(mining(ALLOWED), use("constrained"), id="an assertion"),
    ],
)
def test_a_yes_that_was_read_accounts_for_no_other_packet(said, read, elsewhere):
    assert said(jpeg_with_xmp(read) + elsewhere) == UNCLEAR


def test_a_reservation_where_nobody_looks_for_it_holds_whatever_its_prefix(said):
    packet = xmp("<tdm:reservation>1</tdm:reservation>").replace(b"tdm:", b"t:")

    assert said(jpeg(bytes_of.segment(0xED, packet.replace(b"xmlns:tdm=", b"xmlns:t=")))) == UNCLEAR


def provenance(value: str) -> bytes:
    terms = 'xmlns:dcterms="http://purl.org/dc/terms/"'
    return xmp(attributes=f'{terms} dcterms:provenance="{value}"')


@pytest.mark.parametrize("value", ["https://manifests.example/1", "self#jumbf=/c2pa/urn:uuid:1"])
def test_a_manifest_that_the_file_names_and_does_not_hold_holds_the_item(said, value):
    assert said(jpeg_with_xmp(provenance(value))) == UNCLEAR


def test_a_manifest_that_the_file_names_may_be_in_it_or_beside_it(said, tmp_path):
    packet = bytes_of.segment(0xE1, APP1 + provenance("self#jumbf=/c2pa/urn:uuid:1"))

    assert said(jpeg(packet, *bytes_of.app11(use("allowed")))) is None
    (tmp_path / "photo.c2pa").write_bytes(use("allowed"))
    assert said(jpeg(packet), "photo.jpg") is None


def test_a_provenance_that_is_free_text_names_no_manifest(said):
    assert said(jpeg_with_xmp(provenance("Provenance: from the estate of Bob"))) is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_drawing_in_utf_16_is_read(said, encoding):
    data = ("\ufeff" + svg_with_c2pa(use("notAllowed")).decode()).encode(encoding)

    assert said(data) == REFUSES


def test_a_namespace_alone_says_nothing(said):
    assert said(jpeg_with_xmp(xmp())) is None


def test_a_word_of_refusal_across_two_stretches_of_the_search_is_found(said):
    filling = b"\0" * ((1 << 20) - len(jpeg()) - 7)

    assert said(jpeg() + filling + b"DMI-PROHIBITED") == UNCLEAR


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("photo.jpg.xmp", mining(PROHIBITED)),
        ("photo.xmp", mining(PROHIBITED)),
        ("photo.jpg.c2pa", use("notAllowed")),
        ("photo.c2pa", use("notAllowed")),
    ],
)
def test_a_file_beside_the_image_speaks_for_it(said, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)

    assert said(jpeg(), "photo.jpg") == REFUSES


@pytest.mark.parametrize("name", ["photo.XMP", "photo.jpg.XMP", "PHOTO.xmp", "photo.JPG.xmp"])
def test_a_file_beside_the_image_speaks_for_it_in_either_case(said, tmp_path, name):
    (tmp_path / name).write_bytes(mining(PROHIBITED))

    assert said(jpeg(), "photo.jpg") == REFUSES


def test_a_file_beside_an_image_that_cannot_be_read_still_refuses(said, tmp_path):
    (tmp_path / "photo.xmp").write_bytes(mining(PROHIBITED))

    assert said(b"nonsense", "photo.jpg") == REFUSES


def test_a_file_beside_the_image_that_cannot_be_read_holds(said, tmp_path):
    (tmp_path / "photo.c2pa").write_bytes(b"nonsense")

    assert said(jpeg(), "photo.jpg") == UNREADABLE


def test_the_operator_is_told_which_file_says_what(tmp_path):
    path = tmp_path / "alice.jpg"
    path.write_bytes(jpeg_with_xmp(mining(PROHIBITED)))

    evidence = evidence_of(path)

    assert evidence.level == "item"
    assert evidence.detail.startswith("alice.jpg: DataMining says 'http://ns.useplus.org")


def test_a_text_of_constraints_is_not_echoed(tmp_path):
    path = tmp_path / "alice.jpg"
    path.write_bytes(jpeg_with_xmp(xmp("<plus:OtherConstraints>Ask Bob</plus:OtherConstraints>")))

    assert "Bob" not in evidence_of(path).detail
