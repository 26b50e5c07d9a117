"""Global Privacy Control for signed-in people, before any page of ours is made."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from consent import actions
from consent.signals import gpc
from people.models import User

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def global_privacy_control(get_response: GetResponse) -> GetResponse:
    """Apply ``Sec-GPC: 1`` for whoever is signed in; costs one indexed query.

    The header is read first: without it the session is not even opened.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method in ("GET", "POST") and gpc.asks_not_to_share(request.headers):
            person = request.user
            if isinstance(person, User):
                actions.honour_gpc(person)
        return get_response(request)

    return middleware
