"""Routes of what came in."""

from django.urls import path

from qingzhuang.intake import pages

app_name = "intake"
urlpatterns = [
    path("in/", pages.add, name="add"),
    path("in/paste", pages.paste, name="paste"),
    path("in/drop", pages.drop, name="drop"),
    path("in/phone", pages.phone, name="phone"),
    path("sources/", pages.sources, name="sources"),
    path("sources/batch/<uuid:batch>", pages.batch, name="batch"),
    path("sources/<int:source_id>", pages.source, name="source"),
    path("sources/<int:source_id>/cancel", pages.cancel, name="cancel"),
    path("sources/<int:source_id>/again", pages.again, name="again"),
    path("asks/", pages.asks, name="asks"),
    path("asks/export", pages.export_asks, name="export_asks"),
    path("asks/<int:ask_id>", pages.ask, name="ask"),
    path("asks/<int:ask_id>/correct", pages.correct, name="correct"),
    path("asks/<int:ask_id>/mark", pages.mark, name="mark"),
]
