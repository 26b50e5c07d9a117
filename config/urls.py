"""Every address of the service."""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("", include("consent.urls")),
    path("accounts/", include("people.urls")),
    path("operator/audit/", include("audit.urls")),
    path("operator/holds/", include("platforms.urls")),
    path("operator/feeds/", include("platforms.urls_feeds")),
    path("operator/", include("exports.urls_operator")),
    path("my-data/", include("exports.urls_person")),
    path("api/v1/me/", include("consent.urls_api")),
    path("api/v1/platforms/", include("platforms.urls_api")),
    path("api/v1/platforms/", include("consent.urls_lists")),
    path("api/v1/", include("exports.urls_api")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/",
        # Its program puts styles into its page; nothing else on our pages may.
        csp_update({"style-src": [UNSAFE_INLINE]})(
            SpectacularSwaggerSplitView.as_view(url_name="schema")
        ),
        name="api-docs",
    ),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler429 = "config.errors.too_many_requests"
"""django-allauth's name for it."""
handler500 = "config.errors.server_error"
