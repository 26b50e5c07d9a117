"""The operator's pages of held items and of feeds."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.access import operator_required
from platforms.holds import by_platform
from platforms.models import Feed, Platform


@require_safe
@operator_required
def holds(request: HttpRequest) -> HttpResponse:
    return render(request, "platforms/holds.html", {"platforms": by_platform()})


@require_safe
@operator_required
def feeds(request: HttpRequest) -> HttpResponse:
    silent = set(Feed.objects.silent().values_list("pk", flat=True))
    platforms = Platform.objects.select_related("feed").order_by("name")
    return render(request, "platforms/feeds.html", {"platforms": platforms, "silent": silent})
