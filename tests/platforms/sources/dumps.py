"""Small dumps written for the tests: people, blogs and posts are invented."""

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from platforms.batches import one_by_one
from platforms.records import AccountReading, Item, Verdict
from platforms.sources import SOURCES
from platforms.visibility import judge

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ALICE, BOB, CAROL, TOWN = (f"t:{name:_<22}" for name in ("alice", "bob", "carol", "town"))


def blog(name="alice", uuid=ALICE, **changes):
    """A blog of which everything is known and good."""
    return {
        "name": name,
        "uuid": uuid,
        "type": "public",
        "is_password_protected": False,
        "is_hidden_from_blog_network": False,
        "is_adult": False,
        "is_paywall_on": False,
        "allow_search_indexing": True,
        "active": True,
    } | changes


def post(number=1001, **changes):
    """A post that is shared: published, rated, free, on a public blog."""
    return {
        "type": "blocks",
        "id": number,
        "blog_name": "alice",
        "blog": blog(),
        "state": "published",
        "timestamp": 1_600_000_000,
        "is_paywalled": False,
        "community_labels": {"has_community_label": False, "categories": []},
        "tags": ["tides"],
        "content": [{"type": "text", "text": "The harbour at low tide."}],
        "layout": [],
        "trail": [],
    } | changes


def trail_item(owner=None, number=900, **changes):
    return {
        "post": {"id": str(number)},
        "blog": blog("bob", BOB) if owner is None else owner,
        "content": [{"type": "text", "text": "Bob wrote this first."}],
        "layout": [],
    } | changes


def ask(attribution=None, answered=True, **changes):
    """A question to Alice; an answered one is public in full."""
    texts = ["Why the sea?", "Because of the light."] if answered else ["Why the sea?"]
    return (
        post(
            content=[{"type": "text", "text": text} for text in texts],
            layout=[{"type": "ask", "blocks": [0], "attribution": attribution}],
            is_private=False,
        )
        | changes
    )


def asked_by(name="bob", uuid=BOB):
    return {"type": "blog", "blog": blog(name, uuid)}


def legacy(kind="text", **changes):
    raw = post(type=kind, body="<p>The harbour at low tide.</p>")
    del raw["content"], raw["layout"]
    return raw | changes


def envelope(*posts, **response):
    return {"meta": {"status": 200, "msg": "OK"}, "response": {"posts": list(posts), **response}}


def without(record, *path):
    """A copy of ``record`` that lacks the field at ``path``."""
    changed = copy.deepcopy(record)
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def replaced(record, value, *path):
    changed = copy.deepcopy(record)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="{scheme}://wordpress.org/export/{version}/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="{scheme}://wordpress.org/export/{version}/">
<channel><title>Low tide</title>
<wp:wxr_version>{version}</wp:wxr_version>{address}
{authors}
{items}
</channel></rss>
"""
AUTHORS = (("1", "alice"), ("2", "bob"))


def wxr(
    *items,
    authors=AUTHORS,
    address="https://tides.example",
    version="1.2",
    scheme="http",
):
    declared = "".join(
        element(
            "wp:author",
            ("wp:author_id", number),
            ("wp:author_login", login),
            ("wp:author_email", f"{login}@mail.example"),
            ("wp:author_display_name", f"{login.title()} Secretname"),
        )
        for number, login in authors
    )
    url = f"<wp:base_blog_url>{address}</wp:base_blog_url>" if address is not None else ""
    return WXR.format(
        authors=declared, items="\n".join(items), address=url, version=version, scheme=scheme
    )


def element(name, *children):
    inner = "".join(
        child if isinstance(child, str) else f"<{child[0]}>{escape(child[1])}</{child[0]}>"
        for child in children
    )
    return f"<{name}>{inner}</{name}>"


FIELDS = {
    "title": "Low tide",
    "dc:creator": "alice",
    "content:encoded": "The harbour at low tide.",
    "wp:post_id": "11",
    "wp:post_date": "2020-09-13 14:26:40",
    "wp:post_date_gmt": "2020-09-13 12:26:40",
    "wp:status": "publish",
    "wp:post_parent": "0",
    "wp:post_type": "post",
    "wp:post_password": "",
}


def entry(*children, omit=(), **changes):
    """A post that is shared; names are written with ``__`` for the colon."""
    fields = FIELDS | {name.replace("__", ":"): value for name, value in changes.items()}
    kept = [(name, text) for name, text in fields.items() if name not in omit]
    return element("item", *kept, *children)


def term(domain, name):
    return f'<category domain="{domain}" nicename="x">{escape(name)}</category>'


def meta(key, value):
    return element("wp:postmeta", ("wp:meta_key", key), ("wp:meta_value", value))


COMMENT = {
    "wp:comment_id": "71",
    "wp:comment_author": "Bob Secretname",
    "wp:comment_author_email": "bob@mail.example",
    "wp:comment_author_IP": "192.0.2.7",
    "wp:comment_date_gmt": "2020-09-14 12:26:40",
    "wp:comment_content": "I was there.",
    "wp:comment_approved": "1",
    "wp:comment_type": "comment",
    "wp:comment_user_id": "2",
}


def comment(*children, omit=(), **changes):
    fields = COMMENT | {name.replace("__", ":"): value for name, value in changes.items()}
    kept = [(name, text) for name, text in fields.items() if name not in omit]
    return element("wp:comment", *kept, *children)


def meta_of_comment(key, value):
    return element("wp:commentmeta", ("wp:meta_key", key), ("wp:meta_value", value))


def attachment(parent="11", **changes):
    fields = {
        "wp__post_id": "21",
        "wp__post_type": "attachment",
        "wp__status": "inherit",
        "wp__post_parent": parent,
        "wp__attachment_url": "https://tides.example/harbour.jpg",
    }
    return entry(**(fields | changes))


def read(folder: Path, platform, *contents, facts=None, observed_at=NOW):
    """Items and account readings of files with these contents (JSON unless text)."""
    paths = []
    for number, content in enumerate(contents):
        path = folder / f"dump-{number}"
        data = content if isinstance(content, bytes | str) else json.dumps(content)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        paths.append(path)
    found = SOURCES[platform].read(
        paths, facts or {}, observed_at=observed_at, progress=lambda count: None
    )
    return list(one_by_one(found))


def items(*args, **kwargs):
    return [found for found in read(*args, **kwargs) if isinstance(found, Item)]


def readings(*args, **kwargs):
    return [found for found in read(*args, **kwargs) if isinstance(found, AccountReading)]


def verdicts(*args, **kwargs):
    """The verdict of every item, by kind and id."""
    return {(i.kind, i.native_id): judge(i).verdict for i in items(*args, **kwargs)}


def codes(item):
    return {reason.code for reason in judge(item).reasons}


def shared(*args, **kwargs):
    return [item for item in items(*args, **kwargs) if judge(item).verdict is Verdict.SHARE]


PUBLIC_SITE = {"blog_public": "1"}
