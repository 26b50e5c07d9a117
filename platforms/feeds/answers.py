"""What a platform's machine reads: a batch, its lines, and problems."""

from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from platforms.models import Batch, BatchLines

LINES_SHOWN: Final = 1_000
"""So many results are in one answer, and up to a part more; ``next`` leads on."""
PROBLEM: Final = "application/problem+json"


class LineSerializer(serializers.Serializer[Any]):
    """What became of one line, or of one element of a JSON list; both count from 1."""

    line = serializers.IntegerField()
    result = serializers.CharField()
    why = serializers.CharField(required=False)
    reasons = serializers.ListField(child=serializers.CharField(), required=False)
    items = serializers.IntegerField(required=False)


class BatchSerializer(serializers.Serializer[Any]):
    """A batch: its state, how many lines came to which result, and the results in order."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=Batch.Kind.choices)
    state = serializers.ChoiceField(choices=Batch.State.choices)
    received_at = serializers.DateTimeField()
    lines = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    error = serializers.CharField(allow_blank=True)
    results = LineSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class FeedProblemSerializer(serializers.Serializer[Any]):
    """An RFC 9457 problem document. Go by ``code``; the title is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()


def problem(words: str) -> OpenApiResponse:
    return OpenApiResponse(FeedProblemSerializer, words)


def answer_of(batch: Batch, *, since: int = 1, only_refused: bool = False) -> dict[str, Any]:
    """``batch`` and the results of its lines from number ``since`` on, one page of them."""
    parts = batch.parts.filter(last_line__gte=since).order_by("first_line")
    if only_refused:
        parts = parts.filter(refused__gt=0)
    results, following = _page(parts, since, only_refused)
    return {
        "key": batch.key,
        "kind": batch.kind,
        "state": batch.state,
        "received_at": batch.received_at,
        "lines": batch.done,
        "counts": batch.counts,
        "error": batch.last_error,
        "results": results,
        "next": _address(batch, following, only_refused) if following else None,
    }


def _page(parts: "Any", since: int, only_refused: bool) -> tuple[list[dict[str, Any]], int | None]:
    results: list[dict[str, Any]] = []
    part: BatchLines
    for part in parts.iterator(chunk_size=4):
        if len(results) >= LINES_SHOWN:
            return results, part.first_line
        results += [
            result
            for result in part.results
            if result["line"] >= since and (not only_refused or result["result"] == "refused")
        ]
    return results, None


def _address(batch: Batch, since: int, only_refused: bool) -> str:
    query = {"from": since} | ({"only": "refused"} if only_refused else {})
    place = reverse("api-batch", args=[batch.platform_id, batch.key])
    return f"{place}?{urlencode(query)}"
