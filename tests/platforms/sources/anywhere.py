"""Records of the generic format, of an invented platform."""

import json

PLATFORM = "tides.example"
GOOD = {
    "visibility": "public",
    "sensitive": False,
    "paid": False,
    "commercial": False,
    "ephemeral": False,
    "minor": False,
}


def person(role="owner", number="alice", **changes):
    return {"role": role, "identity": "stable", "id": number} | changes


def account(number="alice", **changes):
    record = {"record": "account", "platform": PLATFORM, "id": number, "ai_opt_out": False}
    return record | without_flags("ephemeral") | changes


def container(number="harbour", **changes):
    record = {"record": "container", "platform": PLATFORM, "id": number}
    return record | without_flags("ephemeral", "minor") | changes


def parent(number="1", **changes):
    """A post of Bob's on which others hang."""
    return {
        "record": "parent",
        "platform": PLATFORM,
        "kind": "post",
        "id": number,
        "account": "bob",
        "container": {"type": "container", "id": "harbour"},
        "thread": {"position": "top"},
    } | (GOOD | changes)


def item(number="2", **changes):
    """A post of Alice's in a group."""
    return {
        "record": "item",
        "platform": PLATFORM,
        "kind": "post",
        "id": number,
        "published_at": "2020-05-29T10:00:00Z",
        "principals": [person()],
        "container": {"type": "container", "id": "harbour"},
        "thread": {"position": "top"},
        "embedded": [],
        "text": "The harbour at low tide.",
    } | (GOOD | changes)


def reply(number="3", to="1", **changes):
    return item(number, kind="comment", thread={"position": "reply", "kind": "post", "id": to}) | (
        changes
    )


def embedded(number="bob", **changes):
    return {"account": number} | GOOD | changes


def without_flags(*names):
    return {name: value for name, value in GOOD.items() if name not in names}


FACTS = (account(), account("bob"), container(), parent())


def lines(*records):
    return "\n".join(json.dumps(record) for record in records)


def dump(*records):
    return lines(*records, *FACTS)
