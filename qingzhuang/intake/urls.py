"""Routes of what came in."""

from django.urls import path

from qingzhuang.intake.pages import asks, giving, sources

app_name = "intake"
urlpatterns = [
    path("in/", giving.add, name="add"),
    path("in/paste", giving.paste, name="paste"),
    path("in/drop", giving.drop, name="drop"),
    path("in/phone", giving.phone, name="phone"),
    path("sources/", sources.sources, name="sources"),
    path("sources/batch/<uuid:batch>", sources.batch, name="batch"),
    path("sources/<int:source_id>", sources.source, name="source"),
    path("sources/<int:source_id>/cancel", sources.cancel, name="cancel"),
    path("sources/<int:source_id>/again", sources.again, name="again"),
    path("asks/", asks.asks, name="asks"),
    path("asks/export", asks.export_asks, name="export_asks"),
    path("asks/<int:ask_id>", asks.ask, name="ask"),
    path("asks/<int:ask_id>/correct", asks.correct, name="correct"),
    path("asks/<int:ask_id>/mark", asks.mark, name="mark"),
]
