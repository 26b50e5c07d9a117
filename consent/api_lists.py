"""A platform's own list of opt-outs over HTTP: never throttled, and only ever no."""

from collections.abc import Iterable, Sequence
from functools import partial

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from consent.actions import opt_out_listed
from consent.lists import Listed, NotListed, csv_lines, listed_in
from platforms.actions import batches, names_of
from platforms.actions.batches import Result
from platforms.feeds.answers import BatchSerializer, answer_of
from platforms.feeds.bodies import CSV, JSON, NDJSON, Body, Line
from platforms.feeds.machines import Machine
from platforms.feeds.removals import AccountName, NotUnderstood
from platforms.feeds.views import (
    BODY_REFUSALS,
    IDEMPOTENCY_KEY,
    REFUSALS,
    TAGS,
    FeedView,
    key_of,
    read,
    received,
    some,
)
from platforms.models import Batch


class OptOutsView(FeedView):
    """Who said no in the platform's own settings."""

    @extend_schema(
        tags=TAGS,
        operation_id="list_opt_outs",
        request={"application/x-ndjson": OpenApiTypes.STR, "text/csv": OpenApiTypes.STR},
        parameters=[IDEMPOTENCY_KEY],
        responses={200: BatchSerializer} | BODY_REFUSALS | REFUSALS,
    )
    def post(self, request: Request, slug: str) -> Response:
        """Opt out many accounts, by id, handle or key; one on each line. Never throttled.

        Once this is answered, no new download contains them. Whoever is not known here is
        bound when their account appears. There is no reverse: only the person opts in.
        """
        machine, key = self.machine, key_of(request)
        types = NDJSON | JSON | CSV
        with received(request, types=types, budget=settings.FEED_BODY_BYTES) as body:
            lines = _lines(body)
            batch = batches.begin(machine.platform, Batch.Kind.OPT_OUTS, key, body)
            batch = batches.apply(batch, lines, partial(_take, machine, key), by=machine.actor)
        return Response(answer_of(batch))


def _lines(body: Body) -> Iterable[Line]:
    return some(csv_lines(body)) if body.media_type in CSV else read(body)


def _take(machine: Machine, key: str, lines: Sequence[Line]) -> list[Result]:
    understood = [_understood(machine.platform.slug, line) for line in lines]
    listed = [each for each in understood if isinstance(each, Listed)]
    news = iter(
        opt_out_listed(
            machine.platform,
            [each.names for each in listed],
            chosen_at=[each.at for each in listed],
            batch=key,
            by=machine.actor,
        )
    )
    return [
        {"line": line.number, "result": "recorded" if next(news) else "already"}
        if isinstance(each, Listed)
        else each
        for line, each in zip(lines, understood, strict=True)
    ]


def _understood(slug: str, line: Line) -> Listed | Result:
    try:
        listed = listed_in(line)
        names = listed.names
        named = AccountName(id=names.native_id or None, handle=names.handle or None)
        return listed._replace(names=names_of(slug, named, names.key))
    except (NotListed, NotUnderstood) as error:
        return batches.refused(line, str(error))
