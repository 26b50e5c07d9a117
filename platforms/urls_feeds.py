"""The operator's page of feeds."""

from django.urls import path

from platforms import views

urlpatterns = [path("", views.feeds, name="feeds")]
