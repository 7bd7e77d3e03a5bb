"""Every room's routes."""

from django.urls import include, path

urlpatterns = [
    path("", include("qingzhuang.desk.urls")),
    path("", include("qingzhuang.org.urls")),
    path("", include("qingzhuang.intake.urls")),
]
