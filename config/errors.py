"""Every error in our words: a page for people, a problem document below ``/api/``.

Django asks these views when no view of ours could answer.
"""

import sys

from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from config import problems

# A primary that was demoted refuses each write, which Django calls an internal error.
DATABASE_IS_AWAY = (OperationalError, InterfaceError, InternalError)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return problems.plain(400, "bad_request", "What you sent cannot be understood.")
    return render(None, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return problems.plain(403, "permission_denied", "This is not yours to do.")
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return problems.plain(404, "not_found", problems.NOTHING_HERE)
    return render(request, "404.html", status=404)


def method_not_allowed(request: HttpRequest, refused: HttpResponseNotAllowed) -> HttpResponse:
    """``refused`` with something to read in it."""
    if is_for_programs(request):
        answer: HttpResponse = problems.plain(
            405, "method_not_allowed", f"Method {request.method} is not allowed here."
        )
    else:
        answer = render(request, "405.html", status=405)
    answer["Allow"] = refused["Allow"]
    return answer


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Signing in, signing up and passwords only: a choice is never refused for its number."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that went away is noticed here when no view was running yet, or any more."""
    if isinstance(sys.exc_info()[1], DATABASE_IS_AWAY):
        return unavailable(request)
    if is_for_programs(request):
        return problems.plain(500, "error", "Something broke on our side. Nothing was saved.")
    return render(None, "500.html", status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    if is_for_programs(request):
        return problems.unavailable(request)
    response = render(None, "503.html", status=503)
    response["Retry-After"] = "5"
    return response


def is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
