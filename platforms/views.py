"""The operator's page of held items."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.access import operator_required
from platforms.holds import by_platform


@require_safe
@operator_required
def holds(request: HttpRequest) -> HttpResponse:
    return render(request, "platforms/holds.html", {"platforms": by_platform()})
