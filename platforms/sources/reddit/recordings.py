"""Recorded HTTP sessions (Betamax, VCR): the listings in their response bodies.

Read are the bodies of successful GETs to addresses of public listings, comment pages and
things; of everything else only the method, the address and the status. Request bodies,
headers, cookies and tokens are never looked at.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from platforms.sources.json_documents import quoted_document
from platforms.sources.reddit.responses import Found, NotReddit, Shape, records

INTERACTIONS: Final = ("interactions", "http_interactions")
HOST: Final = re.compile(r"(?:(?:www|old|new|np|api|oauth)\.)?reddit\.com")
SORTS: Final = r"best|hot|new|top|rising|controversial"
NAME: Final = r"[A-Za-z0-9_+-]+"
ADDRESS: Final = re.compile(
    rf"(?:/r/{NAME}|/user/{NAME}/m/{NAME})?(?:/(?:{SORTS}|comments|search))?"
    rf"|/domain/[a-z0-9.-]+(?:/(?:{SORTS}))?"
    rf"|(?:/r/{NAME})?/comments/[a-z0-9]+(?:/[^/]*){{0,2}}"
    rf"|/(?:user|u)/{NAME}(?:/(?:overview|submitted|comments))?"
    rf"|/(?:user|r)/{NAME}/about"
    r"|/api/info|/by_id/[a-z0-9_,]+|/duplicates/[a-z0-9]+"
)
OK: Final = 200


def is_recording(document: object) -> bool:
    if not isinstance(document, dict):
        return False
    # A generator in ``any`` would cost each line of a dump more than what it looks at.
    for name in INTERACTIONS:  # noqa: SIM110
        if isinstance(document.get(name), list):
            return True
    return False


def recorded(document: dict[str, Any]) -> Iterator[Found]:
    """The things in a recording; ``NotReddit`` if nothing of Reddit was recorded.

    Raises ``ValueError`` for a body that is not acceptable JSON.
    """
    interactions = next(document[name] for name in INTERACTIONS if name in document)
    read = [one for one in interactions if isinstance(one, dict) and _is_public(one)]
    if not read:
        raise NotReddit("this recording holds no successful GET of a public listing")
    for interaction in read:
        read_at = _moment(interaction["recorded_at"]) if "recorded_at" in interaction else None
        for found in _in_body(interaction["response"]):
            if "recorded_at" in interaction:
                found = msgspec.structs.replace(found, read_at=read_at)
            yield found


def _is_public(interaction: dict[str, Any]) -> bool:
    request, response = interaction.get("request"), interaction.get("response")
    if not isinstance(request, dict) or not isinstance(response, dict):
        return False
    method, status = request.get("method"), response.get("status")
    code = status.get("code") if isinstance(status, dict) else status
    is_get = isinstance(method, str) and method.upper() == "GET"
    return is_get and type(code) is int and code == OK and _is_listed(request.get("uri"))


def _is_listed(address: object) -> bool:
    """Whether what lies at ``address`` is shown to everybody, and not to its viewer only."""
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    path = parts.path.rstrip("/").removesuffix(".json")
    is_reddit = parts.scheme in ("http", "https") and HOST.fullmatch(parts.netloc) is not None
    return is_reddit and ADDRESS.fullmatch(path) is not None


def _in_body(response: dict[str, Any]) -> Iterator[Found]:
    body = response.get("body")
    text = body.get("string") if isinstance(body, dict) else body
    if not isinstance(text, str):
        yield Found(Shape.ODD, "a response body that is not recorded as text")
        return
    document = quoted_document(text.encode("utf-8", "surrogatepass"))
    try:
        yield from records(document)
    except NotReddit as error:
        yield Found(Shape.ODD, str(error))


def _moment(raw: object) -> datetime | None:
    """When it was recorded; recorders write UTC, mostly without saying so."""
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
