"""The live feed of each platform, below ``/api/v1/platforms/``.

Each part of a batch is committed by itself, before the answer: no transaction may be open
around a request.
"""

from django.db.transaction import non_atomic_requests
from django.urls import path

from platforms.feeds import api

urlpatterns = [
    path("<slug:slug>/items/", non_atomic_requests(api.ItemsView.as_view()), name="api-items"),
    path("<slug:slug>/facts/", non_atomic_requests(api.FactsView.as_view()), name="api-facts"),
    path(
        "<slug:slug>/removals/",
        non_atomic_requests(api.RemovalsView.as_view()),
        name="api-removals",
    ),
    path("<slug:slug>/heartbeat/", api.HeartbeatView.as_view(), name="api-heartbeat"),
    path("<slug:slug>/batches/<str:key>/", api.BatchView.as_view(), name="api-batch"),
]
