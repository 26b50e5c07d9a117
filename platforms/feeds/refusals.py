"""Why a whole request of a platform's machine is not taken: each says what to do."""

from typing import Any

from rest_framework.exceptions import APIException


class FeedRefused(APIException):
    """A request of which nothing was taken. ``facts`` join the problem document."""

    def __init__(self, detail: str | None = None, *, wait: int | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.facts = facts
        if wait is not None:
            self.wait = wait


class WrongPlatform(FeedRefused):
    status_code = 403
    default_code = "wrong_platform"
    default_detail = "This token belongs to another platform than the address names."


class KeyMissing(FeedRefused):
    status_code = 400
    default_code = "idempotency_key_missing"
    default_detail = (
        "Send an Idempotency-Key: a name of yours for this batch, the same with each retry."
    )


class KeyMalformed(FeedRefused):
    status_code = 400
    default_code = "idempotency_key_malformed"
    default_detail = (
        "An Idempotency-Key has 1 to 200 letters, digits, dots, dashes, underscores or tildes."
    )


class LengthMissing(FeedRefused):
    status_code = 411
    default_code = "length_required"
    default_detail = "Send a Content-Length: a body in chunks is not read."


class BodyTooLong(FeedRefused):
    status_code = 413
    default_code = "body_too_long"


class NotThisType(FeedRefused):
    status_code = 415
    default_code = "unsupported_media_type"


class NotThisEncoding(FeedRefused):
    status_code = 415
    default_code = "unsupported_encoding"
    default_detail = "A body comes as it is, or with Content-Encoding gzip or zstd."


class BodyDamaged(FeedRefused):
    status_code = 400
    default_code = "body_damaged"


class BodyNotRead(FeedRefused):
    """The body as a whole is not what its type says."""

    status_code = 400
    default_code = "body_not_understood"


class NotKept(FeedRefused):
    """The disk does not keep, or does not give back, what was sent."""

    status_code = 503
    default_code = "not_kept"
    default_detail = (
        "There is no room here for what you sent, or the disk fails. Send the same again later,"
        " with the same key: what was taken already is not taken twice."
    )


class TooMuchWaits(FeedRefused):
    """RFC 6585, 4. Items only: what takes something back is always taken."""

    status_code = 429
    default_code = "too_much_waits"
    default_detail = "More items wait to be imported than may wait. Send them again later."
