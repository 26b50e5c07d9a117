"""Errors as RFC 9457 problem documents: one place where the domain's errors become HTTP.

An error class of the domain that may be shown has a ``status`` and a ``default_code``,
its text is the title, and its ``facts`` join the document; it knows nothing of HTTP
otherwise and imports nothing from here. Whatever else goes wrong near a partner is
answered without detail, and nothing is served.
"""

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
NOTHING_HERE = "There is nothing here for you under this address."


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the same statuses, as problem documents."""
    response = exception_handler(error, context)
    if response is None and isinstance(status := getattr(error, "status", None), int):
        response = Response(status=status)
    if response is None:
        return None
    response.data = document(response.status_code, error, response.data)
    response.content_type = MEDIA_TYPE
    return response


def document(status: int, error: Exception, data: Any = None) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": f"about:blank#{code_of(error)}",
        "title": title_of(error),
        "status": status,
        "code": code_of(error),
    }
    if isinstance(error, ValidationError):
        problem["errors"] = data
    problem.update(getattr(error, "facts", {}))
    return problem


def code_of(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not_found"
    return str(getattr(error, "default_code", "error"))


def title_of(error: Exception) -> str:
    if isinstance(error, Http404):
        return NOTHING_HERE
    if isinstance(error, ValidationError):
        return "Some of what you sent cannot be used."
    return str(error.detail) if isinstance(error, APIException) else str(error)


def unavailable(request: HttpRequest) -> JsonResponse:
    words = "The service cannot check consent right now, so it serves nothing."
    return plain(503, "unavailable", words, {"Retry-After": "5"})


def plain(
    status: int, code: str, title: str, headers: dict[str, str] | None = None
) -> JsonResponse:
    """A problem document where DRF was not reached, or failed."""
    return JsonResponse(
        {"type": f"about:blank#{code}", "title": title, "status": status, "code": code},
        status=status,
        content_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"} | (headers or {}),
    )
