"""What programs send: JSON that can be read in one way only, and not much of it."""

import json
from typing import IO, Any, Final

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

LIMIT: Final = 64 * 1024
"""The longest body, in bytes. The longest that means something has about a hundred."""


class TooLong(APIException):
    status_code = 413
    default_code = "too_long"
    default_detail = f"A body has at most {LIMIT} bytes."


class StrictJSON(JSONParser):
    """Refuses a name given twice: a choice must not depend on which of them is read (RFC 8259)."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> Any:
        body = stream.read(LIMIT + 1)
        if len(body) > LIMIT:
            raise TooLong
        try:
            return json.loads(
                body.decode(), object_pairs_hook=unambiguous, parse_constant=unknown_number
            )
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not JSON that can be read in one way only.") from error


def unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) != len(dict(pairs)):
        raise ValueError("a name is given twice")
    return dict(pairs)


def unknown_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON")
