"""The operator's pages of releases, and the person's page of where their data went."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from audit.access import operator_required
from consent.views import for_person
from exports.models import Receipt, Release
from exports.releases import Inventory, page_of
from exports.traces import traces_in
from people.models import User
from platforms.models import Feed

RECEIPTS_SHOWN = 100
"""The newest ones of a release; the audit log has them all."""


@require_safe
@operator_required
def releases(request: HttpRequest) -> HttpResponse:
    page = page_of(Release.objects.all(), after=uuid_or_none(request.GET.get("after", "")))
    inventories = [Inventory.of(release) for release in page.releases]
    context = {"page": page, "inventories": inventories, "silent_feeds": silent_feeds()}
    return render(request, "exports/releases.html", context)


@require_safe
@operator_required
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Release.objects.select_related("dataset__partner"), pk=pk)
    receipts = Receipt.objects.filter(file__release=found).select_related("file", "credential")
    context = {
        "inventory": Inventory.of(found),
        "receipts": receipts.order_by("-asked_at")[:RECEIPTS_SHOWN],
        "receipts_shown": RECEIPTS_SHOWN,
        "silent_feeds": silent_feeds().filter(platform__in=found.dataset.platforms),
    }
    return render(request, "exports/release.html", context)


@require_safe
@for_person
def my_data(request: HttpRequest, person: User) -> HttpResponse:
    accounts = list(person.accounts.select_related("platform").order_by("platform", "pk"))
    published = Release.objects.filter(state=Release.State.PUBLISHED)
    page = page_of(published, after=uuid_or_none(request.GET.get("after", "")))
    context = {
        "accounts": accounts,
        "page": page,
        "found": traces_in(page.releases, accounts) if accounts else [],
        "first_page": "after" not in request.GET,
    }
    return render(request, "exports/my_data.html", context)


def silent_feeds() -> "QuerySet[Feed]":
    return Feed.objects.silent().select_related("platform").order_by("pk")


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
