"""Reddit's posts and comments as archives hold them, NDJSON compressed with zstd: invented."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from benchmarks.words import Words

COMMENTS_OF_A_POST = 3
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def write(folder: Path, rows: int) -> Iterator[int]:
    """Write a file of posts and one of comments, together ``rows`` lines.

    Three comments to a post; a few of either are removed, adult, or of authors who are gone.
    """
    words = Words(2)
    posts = max(1, rows // (COMMENTS_OF_A_POST + 1))
    subreddits = max(5, rows // 2_000)
    yield from _lines(folder / "submissions.zst", posts, lambda n: _post(words, n, subreddits))
    yield from _lines(
        folder / "comments.zst",
        rows - posts,
        lambda n: _comment(words, n, posts, subreddits),
    )


def _lines(path: Path, rows: int, make: Callable[[int], dict[str, Any]]) -> Iterator[int]:
    encode = msgspec.json.Encoder().encode
    compressor = zstandard.ZstdCompressor(level=3)
    with path.open("wb") as file, compressor.stream_writer(file) as stream:
        for number in range(rows):
            stream.write(encode(make(number)) + b"\n")
            yield 1


def _place(number: int, subreddits: int) -> dict[str, Any]:
    """The subreddit of a post, which its comments share."""
    place = int(subreddits * (number * 7919 % 1000 / 1000) ** 2)
    name = f"subreddit_{place}"
    return {
        "subreddit": name,
        "subreddit_id": f"t5_{_base36(place + 100_000)}",
        "subreddit_name_prefixed": f"r/{name}",
        "subreddit_type": "private" if place % 200 == 199 else "public",
    }


def _author(words: Words, count: int) -> dict[str, Any]:
    if words.happens(0.03):
        return {"author": "[deleted]", "author_flair_text": None}
    number = words.one_of_many(max(10, count // 20))
    return {
        "author": f"someone_{number}",
        "author_flair_background_color": "",
        "author_flair_css_class": None,
        "author_flair_richtext": [],
        "author_flair_text": None,
        "author_flair_type": "text",
        "author_fullname": f"t2_{_base36(number + 1_000_000)}",
        "author_patreon_flair": False,
        "author_premium": False,
    }


def _post(words: Words, number: int, subreddits: int) -> dict[str, Any]:
    place, identity = _place(number, subreddits), _base36(number + 50_000_000)
    permalink = f"/r/{place['subreddit']}/comments/{identity}/low_tide/"
    return {
        "all_awardings": [],
        "allow_live_comments": False,
        "archived": False,
        **_author(words, subreddits * 2000),
        "can_mod_post": False,
        "category": None,
        "content_categories": None,
        "contest_mode": False,
        "created_utc": 1_600_000_000 + number,
        "discussion_type": None,
        "distinguished": None,
        "domain": f"self.{place['subreddit']}",
        "edited": False,
        "gilded": 0,
        "gildings": {},
        "hidden": False,
        "hide_score": False,
        "id": identity,
        "is_created_from_ads_ui": False,
        "is_crosspostable": True,
        "is_meta": False,
        "is_original_content": False,
        "is_reddit_media_domain": False,
        "is_robot_indexable": True,
        "is_self": True,
        "is_video": False,
        "link_flair_background_color": "",
        "link_flair_richtext": [],
        "link_flair_text": None,
        "link_flair_type": "text",
        "locked": False,
        "media": None,
        "media_embed": {},
        "media_only": False,
        "name": f"t3_{identity}",
        "no_follow": True,
        "num_comments": COMMENTS_OF_A_POST,
        "num_crossposts": 0,
        "over_18": words.happens(0.05),
        "permalink": permalink,
        "pinned": False,
        "post_hint": "self",
        "pwls": 6,
        "quarantine": False,
        "removal_reason": None,
        "removed_by_category": "moderator" if words.happens(0.03) else None,
        "retrieved_on": 1_600_100_000 + number,
        "score": number % 100,
        "secure_media": None,
        "secure_media_embed": {},
        "selftext": words.text(300),
        "send_replies": True,
        "spoiler": False,
        "stickied": False,
        **place,
        "subreddit_subscribers": 12_345,
        "suggested_sort": None,
        "thumbnail": "self",
        "title": words.text(50),
        "total_awards_received": 0,
        "treatment_tags": [],
        "upvote_ratio": 1.0,
        "url": f"https://www.reddit.com{permalink}",
        "whitelist_status": "all_ads",
        "wls": 6,
    }


def _comment(words: Words, number: int, posts: int, subreddits: int) -> dict[str, Any]:
    parent = number // COMMENTS_OF_A_POST % posts
    place, identity = _place(parent, subreddits), _base36(number + 900_000_000)
    link = _base36(parent + 50_000_000)
    return {
        "all_awardings": [],
        "archived": False,
        "associated_award": None,
        **_author(words, subreddits * 2000),
        "body": words.text(170),
        "can_gild": True,
        "can_mod_post": False,
        "collapsed": False,
        "collapsed_because_crowd_control": None,
        "collapsed_reason": None,
        "collapsed_reason_code": "DELETED" if words.happens(0.02) else None,
        "comment_type": None,
        "controversiality": 0,
        "created_utc": 1_600_000_100 + parent,
        "distinguished": None,
        "edited": False,
        "gilded": 0,
        "gildings": {},
        "id": identity,
        "is_submitter": False,
        "link_id": f"t3_{link}",
        "locked": False,
        "name": f"t1_{identity}",
        "no_follow": True,
        "parent_id": f"t3_{link}",
        "permalink": f"/r/{place['subreddit']}/comments/{link}/low_tide/{identity}/",
        "removal_reason": None,
        "retrieved_on": 1_600_200_000 + parent,
        "score": number % 100,
        "score_hidden": False,
        "send_replies": True,
        "stickied": False,
        **place,
        "top_awarded_type": None,
        "total_awards_received": 0,
        "treatment_tags": [],
        "unrepliable_reason": None,
    }


def _base36(number: int) -> str:
    digits = []
    while number:
        number, digit = divmod(number, 36)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))
