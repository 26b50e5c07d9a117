"""What all addresses of a platform's live feed share: who may ask, the key, the body."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, Final, cast

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from platforms.feeds.answers import PROBLEM, problem
from platforms.feeds.bodies import CHUNK, Body, Line, lines_of, receive
from platforms.feeds.machines import Machine, PlatformToken, WhateverIsAccepted
from platforms.feeds.refusals import (
    BodyNotRead,
    KeyMalformed,
    KeyMissing,
    NotKept,
    WrongPlatform,
)
from platforms.models import Platform
from platforms.sources import SOURCES, BadFact, facts_of
from platforms.sources.contract import DISK_ERRORS, understood

logger = logging.getLogger(__name__)

KEY_HEADER: Final = "Idempotency-Key"
KEY: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}")
STEPS: Final = (".", "..")
"""In an address they lead elsewhere (RFC 3986, 5.2.4): nobody could ask for the answer."""
IN_MEMORY: Final = 4 * 1024 * 1024
"""A list of opt-outs that is shorter is taken also when the disk is full."""
RETRY_AFTER_S: Final = 60
TAGS: Final = ["Platforms"]
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "pattern": f"^{KEY.pattern}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="Your name for this batch. A retry sends the same key and the same body.",
)
FACT: Final = OpenApiParameter(
    "fact",
    str,
    many=True,
    description="NAME=VALUE: what the records do not say of themselves, as import_dump takes it.",
)
REFUSALS: Final = {
    (401, PROBLEM): problem("The token is missing, unknown, expired or revoked."),
    (403, PROBLEM): problem("The token belongs to another platform."),
    (404, PROBLEM): problem("There is nothing under this address."),
    (503, PROBLEM): problem("The database is away, or the disk full: send the same again."),
}
BODY_REFUSALS: Final = {
    (400, PROBLEM): problem("The key or the body cannot be used; nothing was taken."),
    (411, PROBLEM): problem("The body has no Content-Length."),
    (413, PROBLEM): problem("The body is too long: split it."),
    (415, PROBLEM): problem("The type or the encoding of the body is not read."),
    (422, PROBLEM): problem("The key was used for something else."),
}


class FeedView(APIView):
    """For one platform's machines. The address names the platform, and so does the token."""

    authentication_classes = (PlatformToken,)
    permission_classes = (IsAuthenticated,)
    content_negotiation_class = WhateverIsAccepted

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if kwargs["slug"] != self.machine.platform.slug:
            raise WrongPlatform

    @property
    def machine(self) -> Machine:
        return cast(Machine, self.request.user)

    def handle_exception(self, exc: Exception) -> Response:
        """A disk that is full or out of order is ours to mend, and theirs to wait for."""
        if isinstance(exc, OSError) and exc.errno in DISK_ERRORS:
            logger.error("a batch was not taken: %s", os.strerror(exc.errno))
            exc = NotKept(wait=RETRY_AFTER_S)
        response = super().handle_exception(exc)
        if not isinstance(exc, AuthenticationFailed | NotAuthenticated):
            _read_on(self.request)
        return response

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "private, no-store"
        return final


def _read_on(request: Request) -> None:
    """Read what is left of a body that is refused, within bounds.

    Most clients write all of it before they read: they would find a connection that is cut
    off, and not the answer, which says what to do.
    """
    left = 2 * settings.FEED_BODY_BYTES
    with suppress(OSError):
        while left > 0 and (data := request._request.read(CHUNK)):
            left -= len(data)


def key_of(request: Request) -> str:
    """The client's key: needed, so that a retry is never a second batch."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        raise KeyMissing
    if not KEY.fullmatch(key) or key in STEPS:
        raise KeyMalformed
    return key


@contextmanager
def received(request: Request, *, types: frozenset[str], budget: int) -> Iterator[Body]:
    """The decoded body, in memory or in a file without a name, until the block ends."""
    folder = Path(settings.STORAGE_DIR) / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    with SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder)) as file:
        yield receive(request._request, cast(BinaryIO, file), types=types, budget=budget)


def some(lines: Iterator[Line]) -> Iterator[Line]:
    """``lines`` again, or ``BodyNotRead`` if there is not even one."""
    first = next(lines, None)
    if first is None:
        raise BodyNotRead("There is no record in the body.")
    return chain([first], lines)


def read(body: Body) -> Iterator[Line]:
    """The records of a body that must have one."""
    return some(lines_of(body))


def page_asked(request: Request) -> dict[str, Any]:
    """Which lines are asked for; what cannot be understood is refused, not ignored."""
    since, only = request.query_params.get("from", "1"), request.query_params.get("only")
    if not re.fullmatch(r"[0-9]{1,9}", since):
        raise BodyNotRead("from is the number of a line.")
    if only not in (None, "refused"):
        raise BodyNotRead("only takes the word refused.")
    return {"since": int(since), "only_refused": only == "refused"}


def facts_asked(request: Request, platform: Platform) -> dict[str, str]:
    """What the platform asserts of a whole batch, or ``BodyNotRead`` with what it may."""
    if platform.slug not in SOURCES:
        raise BodyNotRead(f"Records of {platform} cannot be read here.")
    try:
        asserted = facts_of(request.query_params.getlist("fact"))
        understood(SOURCES[platform.slug].facts, asserted)
    except BadFact as error:
        raise BodyNotRead(str(error)) from error
    return asserted
