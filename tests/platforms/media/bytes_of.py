"""Media files built byte by byte, as small as each format lets them be."""

import base64
import struct
import zlib

PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
TDM = "http://www.w3.org/ns/tdmrep/"
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
PROHIBITED = VOCABULARY + "DMI-PROHIBITED-AIMLTRAINING"
ALLOWED = VOCABULARY + "DMI-ALLOWED"


# What is carried


def xmp(inside: str = "", attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:plus="{PLUS}" xmlns:tdm="{TDM}" {attributes}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


def mining(value: str) -> bytes:
    return xmp(f"<plus:DataMining>{value}</plus:DataMining>")


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def jumb(label: str, *content: bytes) -> bytes:
    return box(b"jumb", box(b"jumd", bytes(16), b"\x03", label.encode(), b"\0"), *content)


def store(*assertions: bytes) -> bytes:
    return jumb("c2pa", jumb("urn:c2pa:one", jumb("c2pa.assertions", *assertions)))


def assertion(entries: object, label: str = "cawg.training-mining") -> bytes:
    return jumb(label, box(b"cbor", cbor({"entries": entries})))


def use(word: object, entry: str = "cawg.ai_generative_training") -> bytes:
    return store(assertion({entry: {"use": word}}))


def cbor(value: object) -> bytes:
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case None:
            return b"\xf6"
        case int():
            return b"\x1b" + struct.pack(">Q", value)
        case str():
            return b"\x79" + struct.pack(">H", len(value.encode())) + value.encode()
        case list():
            return b"\x99" + struct.pack(">H", len(value)) + b"".join(map(cbor, value))
        case dict():
            pairs = b"".join(cbor(name) + cbor(each) for name, each in value.items())
            return b"\xb9" + struct.pack(">H", len(value)) + pairs
    raise TypeError(value)


# What carries it


def jpeg(*segments: bytes) -> bytes:
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34" + b"\xff\xd9"
    return (
        b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + b"".join(segments) + scan
    )


def segment(code: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, 2 + len(body)) + body


def jpeg_with_xmp(packet: bytes) -> bytes:
    return jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))


def extended_xmp(packet: bytes, piece: int = 100) -> list[bytes]:
    return [
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + b"A" * 32
            + struct.pack(">II", len(packet), at)
            + packet[at : at + piece],
        )
        for at in range(0, len(packet), piece)
    ]


def app11(manifest: bytes, piece: int = 100) -> list[bytes]:
    """The box's header is repeated in each segment, as ISO 19566-5 has it."""
    header, body = manifest[:8], manifest[8:]
    return [
        segment(0xEB, b"JP" + struct.pack(">HI", 1, number) + header + body[at : at + piece])
        for number, at in enumerate(range(0, len(body), piece), start=1)
    ]


def png(*chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    image = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + image + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def itxt(packet: bytes, deflated: bool = False) -> bytes:
    text = zlib.compress(packet) if deflated else packet
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([deflated, 0]) + b"\0\0" + text)


def raw_profile(packet: bytes, kind: str = "xmp") -> bytes:
    text = f"\n{kind}\n{len(packet):8d}\n{packet.hex()}\n".encode()
    return chunk(b"zTXt", f"Raw profile type {kind}\0\0".encode() + zlib.compress(text))


def riff(form: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    parts = [
        kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
        for kind, body in chunks
    ]
    body = form + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    return riff(b"WEBP", (b"VP8X", bytes(10)), (b"VP8L", b"\x2f\0\0\0\0"), *chunks)


def gif(*extensions: bytes) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return screen + b"".join(extensions) + image + b"\x3b"


def gif_xmp(packet: bytes) -> bytes:
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return b"\x21\xff\x0bXMP DataXMP" + packet + trailer


def gif_c2pa(manifest: bytes) -> bytes:
    blocks = [manifest[at : at + 255] for at in range(0, len(manifest), 255)]
    body = b"".join(bytes([len(block)]) + block for block in blocks)
    return b"\x21\xff\x0bC2PA_GIF\x01\0\0" + body + b"\0"


def tiff(*tags: tuple[int, bytes], order: str = "<", big: bool = False) -> bytes:
    wide, count = ("Q", "Q") if big else ("I", "H")
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(
        order + ("HHHQ" if big else "HI"), *((43, 8, 0, 16) if big else (42, 8))
    )
    size = struct.calcsize(f"{order}HH{wide}{wide}")
    after = (
        len(head)
        + struct.calcsize(order + count)
        + size * len(tags)
        + struct.calcsize(order + wide)
    )
    entries, data = b"", b""
    for tag, body in tags:
        entries += struct.pack(f"{order}HH{wide}{wide}", tag, 7, len(body), after + len(data))
        data += body
    return (
        head + struct.pack(order + count, len(tags)) + entries + struct.pack(order + wide, 0) + data
    )


FTYP = box(b"ftyp", b"isom", bytes(4), b"isom")
MDAT = box(b"mdat", b"\x01" * 40)


def mp4(*boxes: bytes) -> bytes:
    return FTYP + b"".join(boxes) + MDAT


def xmp_uuid(packet: bytes) -> bytes:
    return box(b"uuid", XMP_UUID, packet)


def c2pa_uuid(manifest: bytes, purpose: bytes = b"manifest") -> bytes:
    return box(b"uuid", C2PA_UUID, bytes(4), purpose, b"\0", bytes(8), manifest)


def quicktime(packet: bytes) -> bytes:
    return mp4(box(b"moov", box(b"udta", box(b"XMP_", packet), bytes(4))))


def heic(packet: bytes, in_box: bool = False) -> bytes:
    """An item of type ``mime``, in the file behind the header or in the ``idat`` box."""
    entry = struct.pack(">BBHHH", 2, 0, 0, 7, 0) + b"mime\0application/rdf+xml\0"
    items = box(b"iinf", bytes(4), struct.pack(">H", 1), box(b"infe", entry))
    head = box(b"ftyp", b"heic", bytes(4), b"mif1")

    def meta(offset: int) -> bytes:
        place = struct.pack(">HHHHII", 7, int(in_box), 0, 1, offset, len(packet))
        places = box(b"iloc", b"\x01\0\0\0", b"\x44\x00", struct.pack(">H", 1), place)
        inside = box(b"idat", packet) if in_box else b""
        return box(b"meta", bytes(4), items, places, inside)

    if in_box:
        return head + meta(0) + MDAT
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", packet)


def jxl(*boxes: bytes) -> bytes:
    return b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ") + b"".join(boxes)


def svg(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg"><metadata>{inside}</metadata></svg>'.encode()


def svg_with_xmp(packet: bytes) -> bytes:
    text = packet.decode().partition("?>")[2].rpartition("<?")[0]
    return svg(text)


def svg_with_c2pa(manifest: bytes) -> bytes:
    text = base64.b64encode(manifest).decode()
    return svg(f'<c:manifest xmlns:c="http://c2pa.org/manifest">{text}</c:manifest>')


def mp3(*frames: bytes, version: int = 4) -> bytes:
    body = b"".join(frames)
    return b"ID3" + bytes([version, 0, 0]) + syncsafe(len(body)) + body + b"\xff\xfb\x90\x00"


def frame(kind: bytes, body: bytes) -> bytes:
    return kind + syncsafe(len(body)) + b"\0\0" + body


def geob(manifest: bytes) -> bytes:
    return frame(b"GEOB", b"\0application/c2pa\0c2pa\0c2pa manifest store\0" + manifest)


def priv(packet: bytes) -> bytes:
    return frame(b"PRIV", b"XMP\0" + packet)


def syncsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


WITH_XMP = {
    "jpeg": jpeg_with_xmp,
    "jpeg, extended": lambda packet: jpeg(*extended_xmp(packet)),
    "png": lambda packet: png(itxt(packet)),
    "png, deflated": lambda packet: png(itxt(packet, deflated=True)),
    "png, raw profile": lambda packet: png(raw_profile(packet)),
    "webp": lambda packet: webp((b"XMP ", packet)),
    "wav": lambda packet: riff(b"WAVE", (b"fmt ", bytes(16)), (b"_PMX", packet)),
    "gif": lambda packet: gif(gif_xmp(packet)),
    "tiff": lambda packet: tiff((700, packet)),
    "tiff, big-endian": lambda packet: tiff((700, packet), order=">"),
    "bigtiff": lambda packet: tiff((700, packet), big=True),
    "mp4": lambda packet: mp4(xmp_uuid(packet)),
    "mov": quicktime,
    "heic": heic,
    "avif with the item in a box": lambda packet: heic(packet, in_box=True),
    "jxl": lambda packet: jxl(box(b"xml ", packet)),
    "svg": svg_with_xmp,
    "mp3": lambda packet: mp3(priv(packet)),
}
WITH_C2PA = {
    "jpeg": lambda manifest: jpeg(*app11(manifest)),
    "png": lambda manifest: png(chunk(b"caBX", manifest)),
    "webp": lambda manifest: webp((b"C2PA", manifest)),
    "avi": lambda manifest: riff(b"AVI ", (b"C2PA", manifest)),
    "gif": lambda manifest: gif(gif_c2pa(manifest)),
    "tiff": lambda manifest: tiff((52545, manifest)),
    "mp4": lambda manifest: mp4(c2pa_uuid(manifest)),
    "jxl": lambda manifest: jxl(manifest),
    "svg": svg_with_c2pa,
    "mp3": lambda manifest: mp3(geob(manifest)),
}
CLEAN = {
    "jpeg": jpeg(),
    "png": png(),
    "webp": webp(),
    "wav": riff(b"WAVE", (b"fmt ", bytes(16))),
    "gif": gif(),
    "tiff": tiff((256, b"\1\0\0\0")),
    "mp4": mp4(),
    "heic": heic(xmp()),
    "jxl": jxl(),
    "svg": svg(""),
    "mp3": mp3(),
    "mp3 without a tag": b"\xff\xfb\x90\x00" + bytes(40),
}
