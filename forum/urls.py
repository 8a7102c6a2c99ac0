"""The table of addresses."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from forum import health
from forum.worker.prometheus import metrics

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("films.urls")),  # first, as most readers come here
    path("admin/", admin.site.urls),
    path("", include("forum.accounts.urls")),
    path("", include("forum.discussions.urls")),
    path("", include("forum.search.urls")),
    path("", include("forum.moderation.urls")),
]
handler400 = "forum.errors.handler400"
handler403 = "forum.errors.handler403"
handler404 = "forum.errors.handler404"
handler429 = "forum.errors.handler429"
handler500 = "forum.errors.handler500"
