"""The operator's pages: the trail, one entry in full, the trail as a file."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from audit.access import acting_operator, operator_required
from audit.actions import record_export
from audit.downloads import COLUMNS, FORMATS, rows
from audit.forms import FilterForm, PageForm
from audit.models import Entry
from audit.paging import page_of


@require_safe
@operator_required
def log(request: HttpRequest) -> HttpResponse:
    form = PageForm(request.GET)
    if not form.is_valid():
        return refuse(request, form)
    page = page_of(form.entries(), form.cleaned_data["cursor"])
    context = {"form": form, "page": page, "columns": COLUMNS, "filtered": form.given()}
    return render(request, "audit/log.html", context)


@require_safe
@operator_required
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(Entry, pk=pk)
    # Pairs, because a template would read a fact called "items" for the method.
    context = {"entry": entry, "facts": sorted(entry.facts.items())}
    return render(request, "audit/entry.html", context)


@require_GET
@operator_required
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    form = FilterForm(request.GET)
    if not form.is_valid():
        return refuse(request, form)
    format = FORMATS[name]
    record_export(format.name, form.given(), by=acting_operator(request))
    filename = f"audit-{timezone.now():%Y%m%dT%H%M%SZ}.{format.name}"
    return StreamingHttpResponse(
        rows(form.entries(), format),
        content_type=format.content_type,
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def refuse(request: HttpRequest, form: FilterForm) -> HttpResponse:
    """Say what is wrong with the filters, and show no entry."""
    return render(request, "audit/log.html", {"form": form}, status=400)
