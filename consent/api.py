"""The person's switches as a JSON API: the same actions as the pages, signed in by session.

Errors of the domain pass through; one place turns them into problem documents.
Nothing here is throttled: saying no must always work.
"""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.events import Actor
from audit.paging import TimePages
from consent import actions
from consent.models import Source, Statement
from consent.overview import AccountRow, rows_of
from consent.refusals import MalformedKey, NotYours
from people.models import User
from platforms.models import Account

KEY_HEADER = "Idempotency-Key"
KEY_LIMIT = 255
"""The longest ``Idempotency-Key``, in characters; a longer one is refused."""

IDEMPOTENCY_KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Send the same key with a retry: it gets the first answer and changes nothing.",
)
TAGS = ["My consent"]


class AccountSerializer(serializers.Serializer[AccountRow]):
    """One account of yours. ``switched_on`` is what you chose, ``shared`` what comes of it."""

    id = serializers.IntegerField(source="account.pk")
    platform = serializers.CharField(source="account.platform_id")
    name = serializers.CharField()
    switched_on = serializers.BooleanField()
    shared = serializers.BooleanField()
    shared_since = serializers.DateTimeField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    platform_says = serializers.ListField(child=serializers.CharField())
    not_with_partners = serializers.ListField(child=serializers.CharField(), source="partners")


class StatementSerializer(serializers.ModelSerializer[Statement]):
    """One recorded choice. ``version`` counts the statements of one account."""

    platform = serializers.CharField(source="account.platform_id")
    name = serializers.CharField(source="account.__str__")

    class Meta:
        model = Statement
        fields = (
            "account",
            "platform",
            "name",
            "partner",
            "act",
            "reason",
            "source",
            "at",
            "version",
            "include_older",
        )


class OptInSerializer(serializers.Serializer[Any]):
    """Turning sharing on is confirmed in the same request; older content is a choice of its own."""

    confirm = serializers.BooleanField()
    include_older = serializers.BooleanField(default=False)


class AccountsAnswer(serializers.Serializer[Any]):
    accounts = AccountSerializer(many=True)


@method_decorator(never_cache, "dispatch")
class PersonAPIView(APIView):
    """For signed-in people. An account of somebody else is answered like an unknown one."""

    @property
    def person(self) -> User:
        return cast(User, self.request.user)

    @property
    def by(self) -> Actor:
        return actions.person_actor(self.person)

    def row(self, pk: int) -> AccountRow:
        rows = rows_of(Account.objects.filter(pk=pk, person=self.person))
        if not rows:
            raise NotYours("There is no such account of yours.")
        return rows[0]

    def rows(self) -> dict[str, Any]:
        return {"accounts": rows_of(Account.objects.filter(person=self.person))}


class AccountsView(PersonAPIView):
    @extend_schema(tags=TAGS, operation_id="my_accounts", responses=AccountsAnswer)
    def get(self, request: Request) -> Response:
        """Your accounts, what you chose for each, and what is in effect."""
        return Response(AccountsAnswer(self.rows()).data)


class OptOutView(PersonAPIView):
    @extend_schema(
        tags=TAGS,
        operation_id="opt_out",
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: AccountSerializer, 404: OpenApiResponse(description="Not yours")},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Stop sharing one account. Once this is answered, no new download contains it."""
        account = self.row(pk).account
        key = idempotency_key(request)
        actions.opt_out(account, source=Source.API, by=self.by, idempotency_key=key)
        return Response(AccountSerializer(self.row(pk)).data)


class OptInView(PersonAPIView):
    @extend_schema(
        tags=TAGS,
        operation_id="opt_in",
        request=OptInSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={200: AccountSerializer, 404: OpenApiResponse(description="Not yours")},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take back your no for one account, from now on. Other reasons against it stay."""
        account = self.row(pk).account
        asked = OptInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        actions.opt_in(
            account,
            source=Source.API,
            by=self.by,
            confirmed=asked.validated_data["confirm"],
            include_older=asked.validated_data["include_older"],
            idempotency_key=idempotency_key(request),
        )
        return Response(AccountSerializer(self.row(pk)).data)


class OptOutAllView(PersonAPIView):
    @extend_schema(
        tags=TAGS,
        operation_id="opt_out_all",
        request=None,
        parameters=[IDEMPOTENCY_KEY],
        responses=AccountsAnswer,
    )
    def post(self, request: Request) -> Response:
        """Stop sharing everything you own, on every platform, also accounts linked later."""
        key = idempotency_key(request)
        actions.opt_out_all(self.person, source=Source.API, by=self.by, idempotency_key=key)
        return Response(AccountsAnswer(self.rows()).data)


class HistoryPages(TimePages):
    page_size = 20
    ordering = ("-at", "-id")


@method_decorator(never_cache, "dispatch")
class HistoryView(ListAPIView[Statement]):
    """What you chose, newest first. Nothing in it is ever changed."""

    queryset = Statement.objects.none()
    serializer_class = StatementSerializer
    pagination_class = HistoryPages

    @extend_schema(tags=TAGS, operation_id="my_history")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Statement]:
        person = cast(User, self.request.user)
        return Statement.objects.of_person(person).select_related("account")


def idempotency_key(request: Request) -> str | None:
    """The header's value; an empty or endless one is refused, not ignored."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    if not key.strip() or len(key) > KEY_LIMIT:
        raise MalformedKey(f"{KEY_HEADER} must have 1 to {KEY_LIMIT} characters.")
    return key
