"""The partner's REST door: releases, their manifests, and the files.

Every download starts at the gate, and before that with a committed receipt.
Everything is scoped to the caller's partner; what belongs to another is not there.
"""

import base64
import uuid
from typing import Any, Final, cast

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from audit.paging import TimePages
from exports import gate
from exports.actions import receive
from exports.delivery.auth import Caller, PartnerToken
from exports.delivery.errors import DeliveryRefused, NotInFile, NotThere, refusal_for
from exports.delivery.ranges import NotSatisfiable, Span, asked_span, known_already
from exports.delivery.serializers import (
    ManifestSerializer,
    ProblemSerializer,
    ReleaseSerializer,
    UnavailableSerializer,
    WithdrawnSerializer,
)
from exports.delivery.streaming import Download, open_cleared
from exports.gate import ClearedFile, GateClosed
from exports.models import File, Receipt, Release
from exports.releases import Inventory, ever_published, published_for
from platforms.feeds.machines import WhateverIsAccepted
from platforms.models import Feed

PARQUET: Final = "application/vnd.apache.parquet"
TAGS: Final = ["Partners"]
PROBLEM: Final = "application/problem+json"


def problem(words: str, serializer: Any = ProblemSerializer) -> OpenApiResponse:
    return OpenApiResponse(serializer, words)


REFUSALS: Final = {
    (401, PROBLEM): problem("The token is missing, unknown, expired or revoked."),
    (503, PROBLEM): problem(
        "Consent cannot be checked now, or a platform is silent: nothing is served. Try again.",
        UnavailableSerializer,
    ),
}
NO_SUCH_PAGE: Final = problem("The cursor leads nowhere: begin again without one.")
NOT_YOURS: Final = {(404, PROBLEM): problem("Unknown, or not yours.")}


class PartnerView(GenericAPIView[Any]):
    """For partners' machines. No answer is kept by anything on the way."""

    authentication_classes = (PartnerToken,)
    permission_classes = (IsAuthenticated,)
    content_negotiation_class = WhateverIsAccepted
    queryset = Release.objects.none()

    @property
    def caller(self) -> Caller:
        return cast(Caller, self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        silent = list(Feed.objects.silent().order_by("pk"))
        return {**super().get_serializer_context(), "silent_feeds": silent}

    def get_queryset(self) -> QuerySet[Release]:
        return published_for(self.caller.partner)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "private, no-store"
        return final


class ReleasePages(TimePages):
    page_size = 50
    ordering = ("-published_at", "-version", "-id")


class ReleasesView(PartnerView, ListAPIView[Any]):
    serializer_class = ReleaseSerializer
    pagination_class = ReleasePages

    @extend_schema(
        tags=TAGS,
        operation_id="releases",
        responses={200: ReleaseSerializer(many=True), (404, PROBLEM): NO_SUCH_PAGE} | REFUSALS,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your published releases, newest first."""
        return super().get(request, *args, **kwargs)


class ReleaseView(PartnerView):
    serializer_class = ReleaseSerializer

    @extend_schema(
        tags=TAGS,
        operation_id="release",
        responses={200: ReleaseSerializer} | NOT_YOURS | REFUSALS,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """One release."""
        release = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(self.get_serializer(release).data)


class ManifestView(PartnerView):
    serializer_class = ManifestSerializer

    @extend_schema(
        tags=TAGS,
        operation_id="manifest",
        responses={200: ManifestSerializer} | NOT_YOURS | REFUSALS,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """What a release holds now: its files, what was withdrawn, what was left out and why.

        Says what is so at this moment. Whether a file leaves is decided at each download.
        """
        release = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(self.get_serializer(Inventory.of(release)).data)


class FileView(PartnerView):
    """One file. Its address is named in the manifest; the gate decides each time."""

    @extend_schema(
        tags=TAGS,
        operation_id="download",
        parameters=[
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range."),
            OpenApiParameter("If-Range", str, OpenApiParameter.HEADER),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER),
        ],
        responses={
            (200, PARQUET): OpenApiResponse(OpenApiTypes.BINARY, "All of the file."),
            (206, PARQUET): OpenApiResponse(OpenApiTypes.BINARY, "The range that was asked for."),
            304: OpenApiResponse(description="You have this very file, and it is still good."),
            (410, PROBLEM): problem("Withdrawn. Delete your copies.", WithdrawnSerializer),
            (416, PROBLEM): problem("The file has no such bytes."),
        }
        | NOT_YOURS
        | REFUSALS,
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        """Download a file, or a range of it.

        The connection is cut when somebody in it opts out meanwhile: ask again, and the
        answer is 410 with the successor. HEAD asks the gate too and answers the same.
        """
        file = self.file(pk)
        if known_already(request.headers.get("If-None-Match", ""), etag_of(file)):
            return self.without_bytes(file, 304)
        return self.without_bytes(file, 200) if request.method == "HEAD" else self.with_bytes(file)

    def file(self, pk: uuid.UUID) -> File:
        theirs = File.objects.filter(release__dataset__partner=self.caller.partner)
        known = ever_published(theirs.select_related("release__dataset__partner"))
        file = known.filter(pk=pk).first()
        if file is None:
            raise NotThere
        return file

    def without_bytes(self, file: File, status: int) -> HttpResponse:
        """What a cleared file's headers say, without a receipt: no byte leaves."""
        cleared = cleared_or_refused(file)
        open_cleared(cleared).close()
        headers = headers_of(cleared)
        if status == 200:
            headers["Content-Length"] = str(file.size)
        return HttpResponse(status=status, content_type=PARQUET, headers=headers)

    def with_bytes(self, file: File) -> HttpResponseBase:
        part = self.part(file)
        span = part or Span(0, file.size - 1)
        credential = self.caller.credential
        receipt = receive.ask(file, credential=credential, first=span.first, last=span.last)
        try:
            cleared = cleared_or_refused(file)
            content = open_cleared(cleared)
        except DeliveryRefused:
            receive.end(receipt, Receipt.Outcome.DENIED)
            raise
        headers = headers_of(cleared) | {"Content-Length": str(len(span))}
        if part:
            headers["Content-Range"] = f"bytes {part.first}-{part.last}/{file.size}"
        return StreamingHttpResponse(
            Download(cleared, content, span, receipt),
            status=206 if part else 200,
            content_type=PARQUET,
            headers=headers,
        )

    def part(self, file: File) -> Span | None:
        """The range that is asked for. A withdrawn file is gone, whatever the range."""
        headers = self.request.headers
        try:
            return asked_span(
                headers.get("Range", ""), headers.get("If-Range", ""), etag_of(file), file.size
            )
        except NotSatisfiable:
            cleared_or_refused(file)
            self.headers["Content-Range"] = f"bytes */{file.size}"
            raise NotInFile(size=file.size) from None


def cleared_or_refused(file: File) -> ClearedFile:
    try:
        return gate.clear(file)
    except GateClosed as closed:
        raise refusal_for(closed, file) from closed


def headers_of(cleared: ClearedFile) -> dict[str, str]:
    file = cleared.file
    release = file.release
    name = f"{release.dataset.slug}-v{release.version}-{file.bucket:02}.parquet"
    digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
    return {
        "Accept-Ranges": "bytes",
        "ETag": etag_of(file),
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Disposition": f'attachment; filename="{name}"',
    }


def etag_of(file: File) -> str:
    return f'"{file.sha256}"'
