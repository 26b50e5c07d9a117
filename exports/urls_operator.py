"""The operator's pages of releases, below ``/operator/``."""

from django.urls import path

from exports import views

urlpatterns = [
    path("releases/", views.releases, name="operator-releases"),
    path("releases/<uuid:pk>/", views.release, name="operator-release"),
]
