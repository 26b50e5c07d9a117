"""The operator's pages of held items and of feeds."""

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.access import acting_operator, operator_required
from platforms.actions import ResolutionRunning, request_resolution
from platforms.forms import ResolutionForm
from platforms.holds import by_platform
from platforms.models import Batch, Feed, Platform, Resolution
from platforms.sources import SOURCES, BadFact

BATCHES_SHOWN: Final = 50
"""The newest ones; the audit log has them all."""


@require_safe
@operator_required
def holds(request: HttpRequest) -> HttpResponse:
    platforms = Platform.objects.in_bulk()
    newest = Resolution.objects.order_by("platform", "-pk").distinct("platform")
    orders = {order.platform_id: order for order in newest}
    sections = [
        (held, _form_for(platforms[held.slug]), orders.get(held.slug)) for held in by_platform()
    ]
    return render(request, "platforms/holds.html", {"sections": sections})


def _form_for(platform: Platform) -> ResolutionForm | None:
    """None for a platform that is not read any more: nothing of it can be judged again."""
    return ResolutionForm(platform) if platform.slug in SOURCES else None


@require_POST
@operator_required
def resolve(request: HttpRequest, slug: str) -> HttpResponse:
    """Order that what a platform holds be judged again; a worker does it."""
    platform = get_object_or_404(Platform, slug__in=SOURCES, slug=slug)
    form = ResolutionForm(platform, request.POST)
    if not form.is_valid():
        messages.error(request, f"{form.words_for_errors} Nothing was changed.")
        return redirect("platforms:holds")
    try:
        request_resolution(
            platform,
            form.asserted,
            dump=form.of_dump,
            everything=form.of_every,
            by=acting_operator(request),
        )
    except (BadFact, ResolutionRunning) as refused:
        messages.error(request, f"{refused} Nothing was changed.")
    else:
        messages.success(request, f"What is held of {platform} is being judged again.")
    return redirect("platforms:holds")


@require_safe
@operator_required
def feeds(request: HttpRequest) -> HttpResponse:
    silent = set(Feed.objects.silent().values_list("pk", flat=True))
    platforms = Platform.objects.select_related("feed").order_by("name")
    batches = Batch.objects.select_related("platform").order_by("-received_at", "-id")
    context = {
        "platforms": platforms,
        "silent": silent,
        "batches": batches[:BATCHES_SHOWN],
        "waiting": Batch.objects.waiting().count(),
        "batches_shown": BATCHES_SHOWN,
    }
    return render(request, "platforms/feeds.html", context)
