"""The person's page of where their data went, below ``/my-data/``."""

from django.urls import path

from exports import views

urlpatterns = [path("", views.my_data, name="my-data")]
