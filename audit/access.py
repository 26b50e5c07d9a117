"""Who may open an operator's page: everybody else is told honestly why not.

Here, at the bottom of the imports, so that every app's operator pages share one door.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from audit.events import Actor, ActorKind

View = Callable[..., HttpResponseBase]


def operator_required(view: View) -> View:
    """Let operators through; ask strangers to sign in; tell everybody else with a 403.

    What it lets through is kept in no cache.
    """

    @wraps(view)
    def for_operators(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if getattr(request.user, "is_operator", False) is not True:
            return render(request, "audit/operators_only.html", status=403)
        return view(request, *args, **kwargs)

    return never_cache(for_operators)


def acting_operator(request: HttpRequest) -> Actor:
    """Who asks, for the trail. Only behind ``operator_required``."""
    if isinstance(request.user, AnonymousUser):
        raise TypeError("an operator's page was reached without a sign-in")
    return Actor(ActorKind.OPERATOR, str(request.user.pk))
