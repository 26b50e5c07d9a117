"""Tumblr posts as its API gives them, one on each line and about 1 kB: invented."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.words import Words

FIRST_POST = 190_000_000_000_000_000


def write(folder: Path, rows: int) -> Iterator[int]:
    """Write one file of ``rows`` posts; gives the rows that were just written.

    Two posts in a thousand are drafts or private, one in a hundred is on a private blog,
    five in a hundred are adult, and one in five is a reblog with its trail.
    """
    words = Words(1)
    blogs = [_blog(words, number) for number in range(max(10, rows // 100))]
    encode = msgspec.json.Encoder().encode
    with (folder / "posts.ndjson").open("wb") as file:
        for number in range(rows):
            file.write(encode(_post(words, number, blogs)))
            file.write(b"\n")
            yield 1


def _blog(words: Words, number: int) -> dict[str, Any]:
    name = f"blog-{number}"
    return {
        "name": name,
        "title": words.text(20),
        "description": words.text(40),
        "url": f"https://{name}.tumblr.com/",
        "uuid": f"t:{number:022d}",
        "updated": 1_700_000_000 + number,
        "type": "private" if words.happens(0.01) else "public",
        "is_password_protected": False,
        "is_hidden_from_blog_network": False,
        "is_adult": words.happens(0.03),
        "is_nsfw": False,
        "is_paywall_on": False,
        "allow_search_indexing": not words.happens(0.01),
        "active": True,
    }


def _post(words: Words, number: int, blogs: list[dict[str, Any]]) -> dict[str, Any]:
    blog = blogs[words.one_of_many(len(blogs))]
    identity = FIRST_POST + number
    adult = words.happens(0.05)
    is_reblog = words.happens(0.2)
    return {
        "object_type": "post",
        "type": "blocks",
        "original_type": "text",
        "blog_name": blog["name"],
        "blog": blog,
        "id": identity,
        "id_string": str(identity),
        "post_url": f"{blog['url']}post/{identity}",
        "timestamp": 1_600_000_000 + number,
        "state": _state(words),
        "reblog_key": f"{number:08x}",
        "tags": words.tags(),
        "note_count": number % 1000,
        "is_paywalled": False,
        "is_nsfw": False,
        "community_labels": {
            "has_community_label": adult,
            "categories": ["sexual_themes"] if adult else [],
        },
        "content": _content(words, 40 if is_reblog else 100),
        "layout": [],
        "trail": [_trail_item(words, number, blogs)] if is_reblog else [],
    }


def _state(words: Words) -> str:
    if words.happens(0.998):
        return "published"
    return words.chance.choice(("draft", "private", "queued"))


def _content(words: Words, characters: int) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": words.text(characters)}]
    if words.happens(0.3):
        number = words.chance.randrange(10**9)
        url = f"https://64.media.tumblr.com/{number:x}/tumblr_{number}.jpg"
        medium = {"url": url, "type": "image/jpeg", "width": 1280, "height": 960}
        blocks.append({"type": "image", "media": [medium], "alt_text": words.text(20)})
    return blocks


def _trail_item(words: Words, number: int, blogs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "post": {"id": str(FIRST_POST - 1 - number), "timestamp": 1_500_000_000},
        "blog": blogs[words.one_of_many(len(blogs))],
        "content": _content(words, 40),
        "layout": [],
    }
