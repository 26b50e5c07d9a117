"""The live feed: what a platform's own machines send between two dumps.

What is answered with 200 or 202 is committed. Errors of a whole request are problem
documents; errors of a line stand beside it, and the other lines are taken.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from platforms.actions import batches, feeds
from platforms.actions.removals import take_removals
from platforms.actions.silence import hear
from platforms.feeds.answers import PROBLEM, BatchSerializer, answer_of, problem
from platforms.feeds.bodies import JSON, NDJSON, Body
from platforms.feeds.machines import Machine
from platforms.feeds.refusals import TooMuchWaits
from platforms.feeds.views import (
    BODY_REFUSALS,
    FACT,
    IDEMPOTENCY_KEY,
    KEY,
    REFUSALS,
    TAGS,
    FeedView,
    facts_asked,
    key_of,
    page_asked,
    read,
    received,
)
from platforms.models import Batch, Feed, Platform

RETRY_AFTER_S: Final = 30


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


class ItemsView(FeedView):
    """New and changed items, in the platform's own records."""

    @extend_schema(
        tags=TAGS,
        operation_id="send_items",
        request={"application/x-ndjson": OpenApiTypes.STR},
        parameters=[IDEMPOTENCY_KEY, FACT],
        responses={202: BatchSerializer, (429, PROBLEM): problem("Too much waits: come again.")}
        | BODY_REFUSALS
        | REFUSALS,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send records as a dump has them, one on each line; they are imported together soon.

        Each line is judged at once: share, hold or exclude with reasons, or refused.
        """
        machine, key = self.machine, key_of(request)
        asserted = facts_asked(request, machine.platform)
        if not machine.platform.batches.filter(key=key).exists():
            self._require_room(machine.platform)
        with received(request, types=NDJSON | JSON, budget=settings.FEED_BODY_BYTES) as body:
            batch = self._received(machine, key, body.under(asserted), asserted)
        return Response(answer_of(batch), status=202)

    def _received(
        self, machine: Machine, key: str, body: Body, asserted: Mapping[str, str]
    ) -> Batch:
        try:
            return feeds.receive_items(
                machine.platform, key, body, read(body), asserted, by=machine.actor
            )
        except feeds.QueueFull as full:
            raise TooMuchWaits(wait=RETRY_AFTER_S) from full

    def _require_room(self, platform: Platform) -> None:
        try:
            feeds.require_room(platform)
        except feeds.QueueFull as full:
            raise TooMuchWaits(wait=RETRY_AFTER_S) from full


class FactsView(FeedView):
    """What is so of accounts and containers now, in the platform's own records."""

    @extend_schema(
        tags=TAGS,
        operation_id="send_facts",
        request={"application/x-ndjson": OpenApiTypes.STR},
        parameters=[IDEMPOTENCY_KEY, FACT],
        responses={200: BatchSerializer} | BODY_REFUSALS | REFUSALS,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send records of blogs, sites, subreddits or accounts, one on each line.

        What they deny is denied once this is answered; what they settle is used from then on.
        """
        machine, key = self.machine, key_of(request)
        asserted = facts_asked(request, machine.platform)
        with received(request, types=NDJSON | JSON, budget=settings.FEED_BODY_BYTES) as body:
            lines = read(body)
            batch = batches.begin(machine.platform, Batch.Kind.FACTS, key, body.under(asserted))
            take = partial(feeds.take_facts, machine.platform, asserted=asserted, by=machine.actor)
            batch = batches.apply(batch, lines, take, by=machine.actor)
        return Response(answer_of(batch))


class MomentField(serializers.DateTimeField):
    """A time with its offset: one that meant another zone could be hours too late."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError("Say the offset, as in 2026-11-22T20:00:00Z.")
        return super().enforce_timezone(value)


class SignOfLifeSerializer(serializers.Serializer[Any]):
    """Up to when everything was told; now, if it is not given."""

    as_of = MomentField(required=False, default_timezone=UTC)

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
        responses=REFUSALS
        | {
            200: BatchSerializer,
            (400, PROBLEM): problem("The line or the filter cannot be used."),
            (404, PROBLEM): problem("No batch of yours has this key."),
        },
    )
    def get(self, request: Request, slug: str, key: str) -> Response:
        """The state of a batch, and what became of its lines: about a thousand in an answer."""
        known = self.machine.platform.batches.filter(key=key)
        batch = known.first() if KEY.fullmatch(key) else None
        if batch is None:
            raise NotFound("No batch of yours has this key: nothing of it was taken.")
        return Response(answer_of(batch, **page_asked(request)))
