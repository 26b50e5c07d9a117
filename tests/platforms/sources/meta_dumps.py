"""Small dumps of Meta's platforms, written for the tests: people and posts are invented."""

import io
import json
import zipfile

from platforms.records import AccountReading, Item
from platforms.sources import SOURCES
from tests.platforms.sources.dumps import NOW

ALICE_ID, BOB_ID, CAROL_ID = "17841400000000001", "17841400000000002", "17841400000000003"
PAGE_ID, GROUP_ID, EVENT_ID, ALBUM_ID = "100200300", "200300400", "300400500", "400500600"


def account(number=ALICE_ID, username="alice_tides", **changes):
    return {"id": number, "username": username, "is_private": False} | changes


def media(number="18000000000000001", **changes):
    """An Instagram post of which everything is known, but for its account."""
    return {
        "id": number,
        "media_type": "IMAGE",
        "media_product_type": "FEED",
        "owner": {"id": ALICE_ID},
        "username": "alice_tides",
        "caption": "The harbour at low tide.",
        "timestamp": "2020-09-13T12:26:40+0000",
        "permalink": "https://www.instagram.com/p/Cabc123/",
        "media_url": "https://scontent.cdninstagram.com/v/harbour.jpg?oh=signed&oe=later",
    } | changes


def thread(number="17900000000000001", **changes):
    """A Threads post of which everything is known, but for its account."""
    return {
        "id": number,
        "media_product_type": "THREADS",
        "media_type": "TEXT_POST",
        "permalink": f"https://www.threads.net/@alice_tides/post/{number}",
        "owner": {"id": ALICE_ID},
        "username": "alice_tides",
        "text": "The harbour at low tide.",
        "timestamp": "2023-10-17T05:42:03+0000",
        "shortcode": "abcdefg",
        "is_quote_post": False,
        "is_reply": False,
    } | changes


def bobs_thread(number="17900000000000002", **changes):
    theirs = {"owner": {"id": BOB_ID}, "username": "bob_tides", "text": "Bob wrote this first."}
    return thread(number, **(theirs | changes))


def quote(number="17900000000000003", of="17900000000000002", **changes):
    return thread(number, **({"is_quote_post": True, "quoted_post": {"id": of}} | changes))


def reply(number="17900000000000004", to="17900000000000002", **changes):
    answer = {
        "is_reply": True,
        "root_post": {"id": to},
        "replied_to": {"id": to},
        "hide_status": "NOT_HUSHED",
    }
    return thread(number, **(answer | changes))


def privacy(value="EVERYONE", **changes):
    return {
        "value": value,
        "description": "Public",
        "allow": "",
        "deny": "",
        "friends": "",
        "networks": "",
    } | changes


def page(number=PAGE_ID, **changes):
    return {"id": number, "name": "Low tide", "is_published": True} | changes


def group(**changes):
    return {"id": GROUP_ID, "name": "Tide watchers", "privacy": "OPEN"} | changes


def event(**changes):
    return {"id": EVENT_ID, "name": "Spring tide", "type": "public"} | changes


def album(**changes):
    return {"id": ALBUM_ID, "name": "Harbours", "privacy": "everyone", "count": 3} | changes


def fb_post(number=f"{PAGE_ID}_9001", **changes):
    """A Facebook post of which everything is known, but for its page."""
    return {
        "id": number,
        "from": {"id": PAGE_ID, "name": "Low tide"},
        "message": "The harbour at low tide.",
        "created_time": "2020-09-13T12:26:40+0000",
        "privacy": privacy(),
        "is_published": True,
        "is_hidden": False,
        "is_expired": False,
        "timeline_visibility": "normal",
        "status_type": "mobile_status_update",
        "permalink_url": "https://www.facebook.com/100200300/posts/9001",
    } | changes


def photo(number="500600700", **changes):
    return {
        "id": number,
        "from": {"id": PAGE_ID, "name": "Low tide"},
        "name": "The harbour at low tide.",
        "created_time": "2020-09-13T12:26:40+0000",
        "privacy": privacy(),
        "is_published": True,
        "images": [{"source": "https://scontent.xx.fbcdn.net/harbour.jpg?oh=signed"}],
    } | changes


def shared_post(**changes):
    share = {"status_type": "shared_story", "parent_id": f"{PAGE_ID}_9002"}
    return fb_post(**(share | changes))


def envelope(*found):
    return {"data": list(found), "paging": {"next": "https://graph.example/?access_token=EAAB"}}


def mojibake(text):
    """``text`` as downloads write it: every byte of its UTF-8 as one character."""
    return text.encode().decode("latin-1")


FACEBOOK_ENTRY = {
    "timestamp": 1_600_000_000,
    "title": "Alice Example was with Bob Example.",
    "data": [{"post": mojibake("Ebbe im Hafen – schön")}, {"update_timestamp": 1_600_000_001}],
    "attachments": [{"data": [{"media": {"uri": "posts/media/harbour.jpg"}}]}],
}
INSTAGRAM_ENTRY = {
    "media": [
        {
            "uri": "media/posts/202009/harbour.jpg",
            "creation_timestamp": 1_600_000_000,
            "title": mojibake("Ebbe im Hafen – schön"),
        }
    ]
}


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """A .zip of these files, by name (JSON unless text or bytes)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in files.items():
            is_raw = isinstance(content, bytes | str)
            archive.writestr(name, content if is_raw else json.dumps(content))
    return made.getvalue()


def read_files(folder, platform, files, facts=None):
    """What a source gives out for files with these names (JSON unless text or bytes)."""
    paths = []
    for name, content in files.items():
        path = folder / name
        data = content if isinstance(content, bytes | str) else json.dumps(content)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        paths.append(path)
    source = SOURCES[platform]
    return list(source.read(paths, facts or {}, observed_at=NOW, progress=lambda count: None))


def items_of_files(*args, **kwargs):
    return [found for found in read_files(*args, **kwargs) if isinstance(found, Item)]


def account_readings(found):
    return [one for one in found if isinstance(one, AccountReading)]
