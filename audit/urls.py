"""The operator's pages of the trail."""

from django.urls import path

from audit import views
from audit.downloads import FORMATS

app_name = "audit"
urlpatterns = [
    path("", views.log, name="log"),
    path("<int:pk>/", views.entry, name="entry"),
    *(
        path(f"export.{name}", views.export, {"name": name}, name=f"export-{name}")
        for name in FORMATS
    ),
]
