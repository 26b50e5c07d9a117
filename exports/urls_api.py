"""The partner's API, below ``/api/v1/``.

No database transaction may be open around a download: the receipt has to be committed
before the gate is asked.
"""

from django.db.transaction import non_atomic_requests
from django.urls import path

from exports.delivery import rest

urlpatterns = [
    path("releases/", rest.ReleasesView.as_view(), name="api-releases"),
    path("releases/<uuid:pk>/", rest.ReleaseView.as_view(), name="api-release"),
    path("releases/<uuid:pk>/manifest/", rest.ManifestView.as_view(), name="api-manifest"),
    path("files/<uuid:pk>/", non_atomic_requests(rest.FileView.as_view()), name="api-file"),
]
