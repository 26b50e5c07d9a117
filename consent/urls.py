"""The person's pages."""

from django.urls import path

from consent import views

urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("history/", views.history, name="history"),
    path("choices/opt-out/", views.opt_out_all, name="opt-out-all"),
    path("choices/opt-in/", views.opt_in_all, name="opt-in-all"),
    path("choices/on/<slug:slug>/opt-out/", views.opt_out_all, name="opt-out-platform"),
    path("choices/on/<slug:slug>/opt-in/", views.opt_in_all, name="opt-in-platform"),
    path("choices/<int:pk>/opt-out/", views.opt_out, name="opt-out"),
    path("choices/<int:pk>/opt-in/", views.opt_in, name="opt-in"),
    path(".well-known/gpc.json", views.gpc_statement, name="gpc-statement"),
]
