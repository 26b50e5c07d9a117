"""The live feed: what a platform's own machines send between two dumps.

What is answered with 200 or 202 is committed. Errors of a whole request are problem
documents; errors of a line stand beside it, and the other lines are taken.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from platforms.actions import batches
from platforms.actions.removals import take_removals
from platforms.actions.silence import hear
from platforms.feeds.answers import PROBLEM, BatchSerializer, answer_of, problem
from platforms.feeds.bodies import JSON, NDJSON
from platforms.feeds.views import (
    BODY_REFUSALS,
    IDEMPOTENCY_KEY,
    REFUSALS,
    TAGS,
    FeedView,
    key_of,
    page_asked,
    read,
    received,
)
from platforms.models import Batch, Feed


class RemovalsView(FeedView):
    """What was deleted, made private, suspended or restored; renames and opt-outs."""

    @extend_schema(
        tags=TAGS,
        operation_id="report_removals",
        request={"application/x-ndjson": OpenApiTypes.STR},
        parameters=[IDEMPOTENCY_KEY],
        responses={200: BatchSerializer} | BODY_REFUSALS | REFUSALS,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Take items and accounts back, or say that it is over: one event on each line.

        Once this is answered, no new download contains what was taken back.
        """
        machine, key = self.machine, key_of(request)
        with received(request, types=NDJSON | JSON, budget=settings.FEED_BODY_BYTES) as body:
            lines = read(body)
            batch = batches.begin(machine.platform, Batch.Kind.REMOVALS, key, body)
            take = partial(take_removals, machine.platform, by=machine.actor)
            batch = batches.apply(batch, lines, take, by=machine.actor)
        return Response(answer_of(batch))


class SignOfLifeSerializer(serializers.Serializer[Any]):
    """Up to when everything was told; now, if it is not given."""

    as_of = serializers.DateTimeField(required=False, default_timezone=UTC)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A misspelt ``as_of`` would claim that everything up to now was told."""
        if unknown := set(self.initial_data) - set(self.fields):
            raise serializers.ValidationError(dict.fromkeys(unknown, "Unknown field."))
        return attrs


class HeardSerializer(serializers.Serializer[Feed]):
    """Up to when the platform is known to have told everything, and from when it is missed."""

    heard_at = serializers.DateTimeField()
    silent_from = serializers.SerializerMethodField()

    def get_silent_from(self, feed: Feed) -> datetime | None:
        return feed.heard_at + feed.stale_after if feed.watched and feed.heard_at else None


class HeartbeatView(FeedView):
    """Nothing new, and still there."""

    @extend_schema(
        tags=TAGS,
        operation_id="heartbeat",
        request=SignOfLifeSerializer,
        responses={
            200: HeardSerializer,
            (400, PROBLEM): problem("The time cannot be used."),
            (413, PROBLEM): problem("The body is too long."),
        }
        | REFUSALS,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Say that everything up to now, or to ``as_of``, has been told.

        Without a word for longer than agreed, nothing of the platform is delivered.
        """
        sign = SignOfLifeSerializer(data=request.data)
        sign.is_valid(raise_exception=True)
        machine = self.machine
        feed = hear(machine.platform, as_of=sign.validated_data.get("as_of"), by=machine.actor)
        return Response(HeardSerializer(feed).data)


class BatchView(FeedView):
    """A batch that was sent, for a client that lost the answer."""

    @extend_schema(
        tags=TAGS,
        operation_id="batch",
        parameters=[
            OpenApiParameter("from", int, description="The first line to show; 1 if not given."),
            OpenApiParameter("only", str, enum=["refused"], description="Only these lines."),
        ],
        responses={
            200: BatchSerializer,
            (400, PROBLEM): problem("The line or the filter cannot be used."),
            (404, PROBLEM): problem("No batch of yours has this key."),
        }
        | REFUSALS,
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """The state of a batch, and what became of its lines: about a thousand in an answer."""
        batch = self.machine.platform.batches.filter(key=key).first()
        if batch is None:
            raise NotFound("No batch of yours has this key: nothing of it was taken.")
        return Response(answer_of(batch, **page_asked(request)))
