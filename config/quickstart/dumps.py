"""The story's two dumps: invented people, and every class of post that leaked in 2024.

Each text ends in a mark that says what may become of it, so that whoever reads the
fetched bytes can tell without asking the program: ``[may ship]``, ``[until <blog> opts
out]`` or ``[never: <class>]``.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

PERSON_BLOG = "paper-lanterns"
PERSON_BLOG_UUID = "t:story-paper-lanterns"
PERSON_SITE = "paper-lanterns.example"
OTHER_BLOGS = (
    "slow-trains", "tidal-notes", "attic-radio", "moss-and-brick", "north-window", "green-ink",
    "second-kettle", "low-clouds", "harbour-cat", "pocket-atlas", "late-bus", "oak-gall",
)  # fmt: skip
POSTS_PER_BLOG = 24
FIRST_DAY = datetime(2019, 3, 1, 9, tzinfo=UTC)
SUBJECTS = ("the ferry timetable", "bread at altitude", "a borrowed ladder", "rain on tin",
            "old map margins", "the library's heating", "a bicycle with no bell")  # fmt: skip

MAY_SHIP = "[may ship]"
UNTIL_OPT_OUT = f"[until {PERSON_BLOG} opts out]"
NEVER = "[never: "


def write(folder: Path) -> tuple[Path, Path]:
    """Write both dumps into ``folder``: Tumblr as NDJSON, WordPress as WXR."""
    folder.mkdir(parents=True, exist_ok=True)
    tumblr, wordpress = folder / "tumblr.ndjson", folder / "wordpress.xml"
    tumblr.write_text("".join(f"{json.dumps(post)}\n" for post in tumblr_posts()), "utf-8")
    wordpress.write_text(wxr(), "utf-8")
    return tumblr, wordpress


def tumblr_posts() -> Iterator[dict[str, Any]]:
    for index in range(POSTS_PER_BLOG):
        yield _post(PERSON_BLOG, index, UNTIL_OPT_OUT)
        for blog in OTHER_BLOGS:
            yield _post(blog, index, MAY_SHIP)
    for index, blog in enumerate(OTHER_BLOGS[:4]):
        yield _reblog_of_the_person(blog, 100 + index)
    yield from _what_leaked_in_2024()


def _what_leaked_in_2024() -> Iterator[dict[str, Any]]:
    blog = OTHER_BLOGS[0]
    yield _never(blog, 200, "private post on a public blog", state="private")
    yield _never(blog, 201, "draft", state="draft")
    yield _never(blog, 202, "queued post", state="queued")
    yield _never(blog, 203, "submission not published", state="submission", is_submission=True)
    yield _never(blog, 204, "unanswered ask", layout=[{"type": "ask", "blocks": [0]}])
    yield _never(blog, 205, "private answer", layout=[{"type": "ask", "blocks": []}],
                 is_private=True)  # fmt: skip
    yield _never(blog, 206, "subscriber-only post", is_paywalled=True)
    yield _never(
        blog,
        207,
        "explicit post",
        communityLabels={"hasCommunityLabel": True, "categories": ["sexual_themes"]},
    )
    yield _never(blog, 208, "reblog from a deleted blog",
                 trail=[{"broken_blog_name": "gone-away", "content": [_text("[never: root]")],
                         "layout": []}])  # fmt: skip
    yield _never("shut-door", 209, "password-protected blog",
                 blog=_blog("shut-door", is_password_protected=True))  # fmt: skip
    yield _never("home-only", 210, "private blog", blog=_blog("home-only", type="private"))
    yield _never("red-lamp", 211, "explicit blog", blog=_blog("red-lamp", is_adult=True))
    yield _never("loud-brand", 212, "brand partner's blog",
                 blog=_blog("loud-brand", advertiser_name="Loud Brand"))  # fmt: skip
    yield _never("no-robots", 213, "blog that discourages search engines",
                 blog=_blog("no-robots", allow_search_indexing=False))  # fmt: skip
    yield _never("whose", 214, "blog whose visibility nobody knows", blog={"name": "whose"})
    yield _never(blog, 215, "state nobody has seen before", state="shimmering")


def _post(blog: str, index: int, mark: str, /, **changes: Any) -> dict[str, Any]:
    published = FIRST_DAY + timedelta(days=index, minutes=len(blog))
    subject = SUBJECTS[(index + len(blog)) % len(SUBJECTS)]
    number = 700_000_000_000_000 + index * 1_000 + sum(map(ord, blog)) % 1_000
    post = {
        "object_type": "post",
        "type": "blocks",
        "id": number,
        "id_string": str(number),
        "blog_name": blog,
        "blog": _blog(blog),
        "state": "published",
        "is_paywalled": False,
        "communityLabels": {"hasCommunityLabel": False, "categories": []},
        "timestamp": int(published.timestamp()),
        "tags": ["notebook", f"day {index + 1}"],
        "content": [_text(f"Day {index + 1} of {blog}: a few words about {subject}. {mark}")],
        "layout": [],
        "trail": [],
    }
    return post | changes


def _never(blog: str, index: int, leak: str, /, **changes: Any) -> dict[str, Any]:
    return _post(blog, index, f"{NEVER}{leak}]", **changes)


def _reblog_of_the_person(blog: str, index: int) -> dict[str, Any]:
    root = _post(PERSON_BLOG, 0, UNTIL_OPT_OUT)
    trail = [{
        "blog": root["blog"],
        "post": {"id": root["id_string"], "timestamp": root["timestamp"]},
        "content": root["content"],
        "layout": [],
    }]  # fmt: skip
    return _post(
        blog,
        index,
        UNTIL_OPT_OUT,
        trail=trail,
        reblogged_from_id=root["id_string"],
        reblogged_from_name=PERSON_BLOG,
        reblogged_from_uuid=PERSON_BLOG_UUID,
        reblogged_root_id=root["id_string"],
        reblogged_root_name=PERSON_BLOG,
        reblogged_root_uuid=PERSON_BLOG_UUID,
    )


def _blog(name: str, **changes: Any) -> dict[str, Any]:
    blog = {
        "name": name,
        "uuid": f"t:story-{name}",
        "title": name.replace("-", " ").title(),
        "url": f"https://{name}.example/",
        "type": "public",
        "is_password_protected": False,
        "is_hidden_from_blog_network": False,
        "is_adult": False,
        "is_paywall_on": False,
        "allow_search_indexing": True,
    }
    return blog | changes


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def wxr() -> str:
    """A WordPress export of the person's site; whether the site is public it does not say."""
    items = "".join(_wxr_items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
  xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
  <title>Paper Lanterns</title>
  <link>https://{PERSON_SITE}</link>
  <wp:wxr_version>1.2</wp:wxr_version>
  <wp:base_site_url>https://{PERSON_SITE}</wp:base_site_url>
  <wp:base_blog_url>https://{PERSON_SITE}</wp:base_blog_url>
  <wp:author><wp:author_id>1</wp:author_id><wp:author_login>ada</wp:author_login>\
<wp:author_email>ada@{PERSON_SITE}</wp:author_email></wp:author>
{items}</channel>
</rss>
"""


def _wxr_items() -> Iterator[str]:
    for number in range(1, 31):
        yield _wxr_item(number, f"Recipe {number}: stir twice. {UNTIL_OPT_OUT}")
    for number, status in enumerate(("private", "draft", "pending", "future", "trash"), 31):
        yield _wxr_item(number, f"{NEVER}{status} post]", status=status)
    yield _wxr_item(36, f"{NEVER}password-protected post]", password="lantern")  # noqa: S106
    yield _wxr_item(37, f"{NEVER}contact-form message]", kind="feedback")
    yield _wxr_item(38, f"{NEVER}privacy request]", kind="user_request", status="request-pending")
    yield _wxr_item(39, f"{NEVER}picture of a private post]", kind="attachment",
                    status="inherit", parent=31)  # fmt: skip
    yield _wxr_item(40, f"{NEVER}post by an author nobody declared]", creator="Ada ")


def _wxr_item(
    number: int,
    text: str,
    *,
    status: str = "publish",
    kind: str = "post",
    password: str = "",
    parent: int = 0,
    creator: str = "ada",
) -> str:
    date = (FIRST_DAY + timedelta(days=number)).strftime("%Y-%m-%d %H:%M:%S")
    return f"""  <item>
    <title>Page {number}</title>
    <link>https://{PERSON_SITE}/?p={number}</link>
    <dc:creator>{escape(creator)}</dc:creator>
    <content:encoded><![CDATA[{text}]]></content:encoded>
    <excerpt:encoded><![CDATA[]]></excerpt:encoded>
    <wp:post_id>{number}</wp:post_id>
    <wp:post_date>{date}</wp:post_date>
    <wp:post_date_gmt>{date}</wp:post_date_gmt>
    <wp:status>{status}</wp:status>
    <wp:post_parent>{parent}</wp:post_parent>
    <wp:post_type>{kind}</wp:post_type>
    <wp:post_password>{password}</wp:post_password>
  </item>
"""
