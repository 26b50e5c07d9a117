"""The person's pages. Every switch is a form, so they work without JavaScript.

With htmx the same addresses answer with the changed part of the page instead.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from consent import actions
from consent.forms import OptInForm
from consent.models import Source, Statement
from consent.overview import overview_of, rows_of
from consent.refusals import KeyReused
from people.models import User
from platforms.models import Account, Platform

P = ParamSpec("P")
PersonView = Callable[Concatenate[HttpRequest, User, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

HISTORY_PAGE = 20
SIGNED_OUT = "You were signed out, so nothing was saved. Please sign in and choose again."
GPC_STATEMENT = {"gpc": True, "lastUpdate": "2026-11-22"}
"""https://w3c.github.io/gpc/: since when this service has acted on the signal."""


def for_person(view: PersonView[P]) -> View[P]:
    """Give the signed-in person to ``view``; send everybody else to sign in first."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if isinstance(request.user, User):
            return view(request, request.user, *args, **kwargs)
        if request.method == "POST":
            messages.warning(
                request, "You were signed out, so nothing was saved. Please choose again."
            )
        return sign_in_first(request)

    return guarded


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Back to the page itself afterwards; a POST cannot be repeated by a redirect."""
    wanted = request.path if request.method in ("GET", "HEAD") else "/"
    response = redirect_to_login(wanted)
    if wants_a_part(request):
        return HttpResponseClientRedirect(response.url)
    return response


@never_cache
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    person = request.user
    if not isinstance(person, User):
        return render(request, "consent/landing.html")
    overview = overview_of(person)
    if person.is_operator and not overview.rows:
        return redirect("/operator/audit/")
    return render(request, "consent/accounts.html", {"overview": overview})


@require_safe
@for_person
def history(request: HttpRequest, person: User) -> HttpResponse:
    statements = Statement.objects.of_person(person).select_related("account__platform")
    page = Paginator(statements, HISTORY_PAGE).get_page(request.GET.get("page"))
    return render(request, "consent/history.html", {"page": page})


@require_POST
@for_person
def opt_out(request: HttpRequest, person: User, pk: int) -> HttpResponse:
    account = get_object_or_404(Account, pk=pk, person=person)
    actions.opt_out(account, source=Source.WEB, by=actions.person_actor(person))
    said = f"Saved: {account} is not shared."
    if not wants_a_part(request):
        messages.success(request, said)
        return redirect(f"/#account-{pk}")
    row = rows_of(Account.objects.filter(pk=pk))[0]
    context = {"row": row, "overview": overview_of(person), "said": said}
    return render(request, "consent/parts/changed_row.html", context)


@require_http_methods(["GET", "POST"])
@for_person
def opt_in(request: HttpRequest, person: User, pk: int) -> HttpResponse:
    account = get_object_or_404(Account.objects.select_related("platform"), pk=pk, person=person)
    form = OptInForm(request.POST or None)
    if not (request.method == "POST" and form.is_valid()):
        row = rows_of(Account.objects.filter(pk=pk))[0]
        return render(
            request, "consent/opt_in.html", {"form": form, "account": account, "row": row}
        )
    try:
        actions.opt_in(account, by=actions.person_actor(person), **answers(form))
    except KeyReused:
        return ask_again(request)
    messages.success(request, f"Saved: your switch for {account} is on.")
    return redirect(f"/#account-{pk}")


@require_POST
@for_person
def opt_out_all(request: HttpRequest, person: User, slug: str | None = None) -> HttpResponse:
    platform = platform_of(slug)
    by = actions.person_actor(person)
    actions.opt_out_all(person, platform=platform, source=Source.WEB, by=by)
    where = f"on {platform}" if platform else "anywhere"
    said = f"Saved: nothing of yours {where} is shared, nor of accounts you link later."
    if not wants_a_part(request):
        messages.success(request, said)
        return redirect("/")
    context = {"overview": overview_of(person), "said": said}
    return render(request, "consent/parts/changed_all.html", context)


@require_http_methods(["GET", "POST"])
@for_person
def opt_in_all(request: HttpRequest, person: User, slug: str | None = None) -> HttpResponse:
    platform = platform_of(slug)
    form = OptInForm(request.POST or None)
    if not (request.method == "POST" and form.is_valid()):
        overview = overview_of(person)
        context = {"form": form, "platform": platform, "overview": overview}
        return render(request, "consent/opt_in_all.html", context)
    by = actions.person_actor(person)
    try:
        actions.opt_in_all(person, platform=platform, by=by, **answers(form))
    except KeyReused:
        return ask_again(request)
    where = f"on {platform}" if platform else "everywhere"
    messages.success(request, f"Saved: your switches {where} are on.")
    return redirect("/")


@require_safe
def gpc_statement(request: HttpRequest) -> JsonResponse:
    """What the specification asks a site that acts on the signal to say of itself."""
    return JsonResponse(GPC_STATEMENT)


def ask_again(request: HttpRequest) -> HttpResponse:
    """A confirmation page that was sent before came again with another answer."""
    messages.warning(request, "Nothing was saved: you had sent that page before. Please confirm.")
    return redirect(request.path)


def platform_of(slug: str | None) -> Platform | None:
    return None if slug is None else get_object_or_404(Platform, pk=slug)


def answers(form: OptInForm) -> dict[str, Any]:
    """What the confirmation page said, as the actions take it."""
    return {
        "source": Source.WEB,
        "confirmed": form.cleaned_data["confirm"],
        "include_older": form.cleaned_data["include_older"],
        "idempotency_key": form.cleaned_data["key"],
    }


def wants_a_part(request: HttpRequest) -> bool:
    """True where htmx asks for the changed part of a page."""
    return bool(cast(Any, request).htmx)
