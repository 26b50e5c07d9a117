"""Small Reddit dumps written for the tests: people, subreddits and posts are invented."""

import json

ALICE, BOB, CAROL = "t2_alice", "t2_bob", "t2_carol"
TIDES, CLIFFS = "t5_tides", "t5_cliffs"
OPEN_COMMENT = {
    "collapsed_reason_code": None,
    "removal_reason": None,
}


def post(number="abc1", **changes):
    """A post that is shared: open, indexable, rated, no advert, in a public subreddit."""
    return {
        "id": number,
        "name": f"t3_{number}",
        "title": "Low tide",
        "selftext": "The harbour at low tide.",
        "author": "alice",
        "author_fullname": ALICE,
        "subreddit": "tides",
        "subreddit_id": TIDES,
        "subreddit_type": "public",
        "quarantine": False,
        "removed_by_category": None,
        "is_robot_indexable": True,
        "removal_reason": None,
        "over_18": False,
        "is_created_from_ads_ui": False,
        "created_utc": 1_600_000_000.0,
        "url": "https://www.reddit.com/r/tides/comments/abc1/low_tide/",
    } | changes


def comment(number="c1", link="abc1", **changes):
    return {
        "id": number,
        "name": f"t1_{number}",
        "body": "I was there.",
        "author": "bob",
        "author_fullname": BOB,
        "link_id": f"t3_{link}",
        "parent_id": f"t3_{link}",
        "subreddit": "tides",
        "subreddit_id": TIDES,
        "subreddit_type": "public",
        "replies": "",
        "created_utc": 1_600_000_100,
        **OPEN_COMMENT,
    } | changes


def crosspost(*sources, number="abc2", **changes):
    sources = sources or (source(),)
    return (
        post(
            number,
            crosspost_parent=f"t3_{sources[0].get('id')}",
            crosspost_parent_list=list(sources),
            selftext="",
        )
        | changes
    )


def source(number="src1", **changes):
    """Carol's post about cliffs, as a crosspost repeats it."""
    return (
        post(
            number,
            title="Chalk",
            selftext="Carol wrote this first.",
            author="carol",
            author_fullname=CAROL,
            subreddit="cliffs",
            subreddit_id=CLIFFS,
        )
        | changes
    )


def subreddit(name="tides", number=TIDES, **changes):
    return {
        "display_name": name,
        "name": number,
        "id": number.removeprefix("t5_"),
        "subreddit_type": "public",
        "quarantine": False,
        "over18": False,
    } | changes


def account(name="alice", number=ALICE, **changes):
    return {
        "name": name,
        "id": number.removeprefix("t2_"),
        "link_karma": 1,
        "hide_from_robots": False,
    } | changes


def thing(kind, data):
    return {"kind": kind, "data": data}


def listing(*things):
    return {"kind": "Listing", "data": {"children": list(things), "after": None}}


def page(one, *comments):
    """The answer to the address of a comments page."""
    return [listing(thing("t3", one)), listing(*(thing("t1", one) for one in comments))]


def interaction(body, uri="https://oauth.reddit.com/r/tides/new?raw_json=1", **changes):
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "recorded_at": "2021-01-02T03:04:05",
        "request": {
            "method": "GET",
            "uri": uri,
            "headers": {"Authorization": ["bearer SECRETTOKEN"], "Cookie": ["session=SECRET"]},
            "body": {"string": "password=SECRETPASSWORD"},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Set-Cookie": ["session_tracker=SECRET"]},
            "body": {"string": text, "encoding": "UTF-8"},
        },
    } | changes


def recording(*interactions, name="http_interactions"):
    return {name: list(interactions), "recorded_with": "betamax/0.8"}


def lines(*records):
    return "\n".join(json.dumps(record) for record in records) + "\n"
