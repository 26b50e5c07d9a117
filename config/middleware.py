"""What concerns every answer: a database that is away, and the weight of pages.

A database that cannot be reached is a 503 for everybody: nothing was saved, nothing leaves.
"""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render

from config import problems

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def unavailable_database(get_response: GetResponse) -> GetResponse:
    class Unavailable:
        def __call__(self, request: HttpRequest) -> HttpResponseBase:
            try:
                return get_response(request)
            except (OperationalError, InterfaceError):
                return refusal(request)

        def process_exception(
            self, request: HttpRequest, error: Exception
        ) -> HttpResponseBase | None:
            if isinstance(error, OperationalError | InterfaceError):
                return refusal(request)
            return None

    return Unavailable()


def refusal(request: HttpRequest) -> HttpResponseBase:
    if request.path.startswith("/api/"):
        return problems.unavailable(request)
    response = render(None, "503.html", status=503)
    response["Retry-After"] = "5"
    return response


class CompressedPages(GZipMiddleware):
    """Compress pages that people read, and never what a partner downloads.

    Django pads the answer with random bytes and masks the CSRF token, against BREACH.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
