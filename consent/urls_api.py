"""The person's switches as JSON, below ``/api/v1/me/``."""

from django.urls import path

from consent import api

urlpatterns = [
    path("accounts/", api.AccountsView.as_view(), name="api-my-accounts"),
    path("accounts/<int:pk>/opt-out/", api.OptOutView.as_view(), name="api-opt-out"),
    path("accounts/<int:pk>/opt-in/", api.OptInView.as_view(), name="api-opt-in"),
    path("opt-out/", api.OptOutAllView.as_view(), name="api-opt-out-all"),
    path("history/", api.HistoryView.as_view(), name="api-my-history"),
]
