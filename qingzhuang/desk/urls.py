"""Routes that span rooms: a unit's day, search, the trail."""

from django.urls import path

from qingzhuang.desk import pages

app_name = "desk"
urlpatterns = [
    path("today/", pages.today, name="today"),
    path("search", pages.find, name="search"),
    path("trail/", pages.trail, name="trail"),
]
