"""Every room's routes."""

from django.urls import include, path

from qingzhuang.site import pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("healthz", pages.healthz, name="healthz"),
    path("", include("qingzhuang.desk.urls")),
    path("", include("qingzhuang.org.urls")),
    path("", include("qingzhuang.intake.urls")),
]
handler400 = "qingzhuang.site.middleware.refused_request"
