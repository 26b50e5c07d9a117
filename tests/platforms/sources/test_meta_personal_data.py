"""What rides along in a dump of Meta's platforms and is nobody's business stays out of items."""

import pytest

from tests.platforms.sources.meta_dumps import (
    FACEBOOK_ENTRY,
    INSTAGRAM_ENTRY,
    account,
    envelope,
    fb_post,
    items_of_files,
    media,
    page,
    photo,
    thread,
    zipped,
)

SEEDED = {
    "email": "seeded@mail.example",
    "ip": "192.0.2.77",
    "agent": "SeededAgent/5.0",
    "place": "SEEDED-54.3233",
    "moderator": "Seeded Moderator",
    "token": "EAABseededtoken",
    "phone": "+49 40 5550100",
    "friend": "Seeded Friend",
    "birthday": "01/02/1971",
}
RIDERS = {
    "email": SEEDED["email"],
    "phone": SEEDED["phone"],
    "upload_ip": SEEDED["ip"],
    "user_agent": SEEDED["agent"],
    "access_token": SEEDED["token"],
    "admin_creator": {"id": "1", "name": SEEDED["moderator"]},
    "place": {"name": SEEDED["place"], "location": {"latitude": SEEDED["place"]}},
    "location": {"name": SEEDED["place"], "latitude": SEEDED["place"]},
    "story": f"Alice was with {SEEDED['friend']}.",
    "with_tags": {"data": [{"id": "2", "name": SEEDED["friend"]}]},
    "message_tags": [{"id": "2", "name": SEEDED["friend"]}],
    "comments": {"data": [{"id": "3", "message": SEEDED["email"], "from": {"name": "x"}}]},
    "likes": {"data": [{"id": "2", "name": SEEDED["friend"]}]},
    "birthday": SEEDED["birthday"],
}
SIGNED = f"https://cdn.example/a.jpg?access_token={SEEDED['token']}"
EXIF = {
    "photo_metadata": {
        "exif_data": [
            {"upload_ip": SEEDED["ip"], "latitude": SEEDED["place"], "device_id": SEEDED["agent"]}
        ]
    }
}
PEOPLE = {
    "title": f"Alice was with {SEEDED['friend']}.",
    "tags": [{"name": SEEDED["friend"]}],
    "attachments": [
        {
            "data": [
                {"place": {"coordinate": {"latitude": SEEDED["place"]}}},
                {"media": {"uri": "a.jpg", "media_metadata": EXIF, "title": SEEDED["friend"]}},
            ]
        }
    ],
}
ENTRY_MEDIA = {**INSTAGRAM_ENTRY["media"][0], "media_metadata": EXIF}
DUMPS = [
    ("facebook", {"a.json": envelope(fb_post(**RIDERS), page(**RIDERS), photo(**RIDERS))}),
    ("facebook", {"a.json": [photo(images=[{"source": SIGNED}])]}),
    ("facebook", {"a.json": [{**FACEBOOK_ENTRY, **PEOPLE}]}),
    ("facebook", {"a.zip": zipped({"your_posts_1.json": [{**FACEBOOK_ENTRY, **PEOPLE}]})}),
    ("instagram", {"a.json": envelope(media(media_url=SIGNED, **RIDERS), account(**RIDERS))}),
    ("instagram", {"posts_1.json": [{"media": [ENTRY_MEDIA]}]}),
    ("instagram", {"stories.json": {"ig_stories": [ENTRY_MEDIA]}}),
    ("threads", {"a.json": envelope(thread(gif_url=SIGNED, **RIDERS), account(**RIDERS))}),
]


@pytest.mark.parametrize("observed", [True, False], ids=["public", "nothing asserted"])
@pytest.mark.parametrize(("platform", "files"), DUMPS)
def test_no_personal_data_that_rides_along_gets_into_an_item(tmp_path, platform, files, observed):
    fact = "container.privacy" if platform == "facebook" else "account.privacy"

    found = items_of_files(tmp_path, platform, files, {fact: "public"} if observed else {})

    assert found
    shown = repr(found)
    assert [kind for kind, seed in SEEDED.items() if seed in shown] == []
