"""A platform's list of opt-outs, below ``/api/v1/platforms/``.

Each part of a list is committed by itself, before the answer: no transaction may be open
around a request.
"""

from django.db.transaction import non_atomic_requests
from django.urls import path

from consent import api_lists

urlpatterns = [
    path(
        "<slug:slug>/opt-outs/",
        non_atomic_requests(api_lists.OptOutsView.as_view()),
        name="api-opt-outs",
    ),
]
