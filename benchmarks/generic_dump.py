"""Posts in the generic format, one on each line, with the accounts they name: invented."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.words import Words

PLATFORM = "tides.example"


def write(folder: Path, rows: int) -> Iterator[int]:
    """Write one file of accounts and one of ``rows`` posts, a few of them private or adult."""
    words = Words(4)
    accounts = max(10, rows // 100)
    encode = msgspec.json.Encoder().encode
    with (folder / "accounts.ndjson").open("wb") as file:
        for number in range(accounts):
            file.write(encode(_account(words, number)) + b"\n")
    with (folder / "posts.ndjson").open("wb") as file:
        for number in range(rows):
            file.write(encode(_post(words, number, accounts)) + b"\n")
            yield 1


def _account(words: Words, number: int) -> dict[str, Any]:
    return {
        "record": "account",
        "platform": PLATFORM,
        "id": f"account-{number}",
        "visibility": "private" if words.happens(0.01) else "public",
        "sensitive": False,
        "paid": False,
        "commercial": False,
        "minor": False,
        "ai_opt_out": words.happens(0.02),
        "indexable": True,
    }


def _post(words: Words, number: int, accounts: int) -> dict[str, Any]:
    owner = f"account-{words.one_of_many(accounts)}"
    return {
        "record": "item",
        "platform": PLATFORM,
        "kind": "post",
        "id": f"post-{number}",
        "visibility": "public" if words.happens(0.97) else "private",
        "sensitive": words.happens(0.05),
        "paid": False,
        "commercial": False,
        "ephemeral": False,
        "minor": False,
        "published_at": "2020-05-29T10:00:00Z",
        "principals": [{"role": "owner", "identity": "stable", "id": owner}],
        "container": {"type": "account", "id": owner},
        "thread": {"position": "top"},
        "embedded": [],
        "text": words.text(500),
        "tags": words.tags(),
    }
