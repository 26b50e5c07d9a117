"""The operator's page of held items."""

from django.urls import path

from platforms import views

app_name = "platforms"
urlpatterns = [
    path("", views.holds, name="holds"),
    path("<slug:slug>/resolve/", views.resolve, name="resolve"),
]
