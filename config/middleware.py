"""What concerns every answer: a database that is away, caches, and the weight of pages.

A database that cannot be reached is a 503 for everybody: nothing was saved, nothing leaves.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.common import CommonMiddleware
from django.middleware.gzip import GZipMiddleware

from config import errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def unavailable_database(get_response: GetResponse) -> GetResponse:
    """Answer 503 when a view finds the database away; ``errors.server_error`` has the rest."""

    class Unavailable:
        def __call__(self, request: HttpRequest) -> HttpResponseBase:
            return get_response(request)

        def process_exception(
            self, request: HttpRequest, error: Exception
        ) -> HttpResponseBase | None:
            if isinstance(error, errors.DATABASE_IS_AWAY):
                return errors.unavailable(request)
            return None

    return Unavailable()


def explained_methods(get_response: GetResponse) -> GetResponse:
    """Somebody who opens the address of a button gets a page, not Django's empty answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return errors.method_not_allowed(request, response)
        return response

    return middleware


def kept_in_no_cache(get_response: GetResponse) -> GetResponse:
    """Whatever does not say how long it may be kept is not kept at all."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


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


class Addresses(CommonMiddleware):
    """Lead to the address with the last slash, but nobody who sends something.

    What they sent would be lost on the way, and to programs a redirect is no error.
    """

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)
