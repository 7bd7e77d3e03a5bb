"""The organisation's routes."""

from django.urls import path

from qingzhuang.org.pages import accounts, calendar, imports, people, units

app_name = "org"
urlpatterns = [
    path("login/", accounts.sign_in, name="login"),
    path("logout/", accounts.sign_out, name="logout"),
    path("password/", accounts.change_password, name="change_password"),
    path("elevate/", accounts.elevate_page, name="elevate"),
    path("units/", units.units, name="units"),
    path("units/export.xlsx", units.units_export, name="units_export"),
    path("units/<int:unit_id>/", units.unit, name="unit"),
    path("people/", people.people, name="people"),
    path("people/export.xlsx", people.people_export, name="people_export"),
    path("posts/<int:post_id>/", people.post, name="post"),
    path("posts/<int:post_id>/role/", people.post_role, name="post_role"),
    path("posts/<int:post_id>/close/", people.post_close, name="post_close"),
    path("posts/<int:post_id>/account/", people.post_account, name="post_account"),
    path("accounts/<int:user_id>/reset/", people.account_reset, name="account_reset"),
    path("accounts/<int:user_id>/close/", people.account_close, name="account_close"),
    path("officers/<int:post_id>/account/", people.officer_account, name="officer_account"),
    path("officers/<int:user_id>/reset/", people.officer_reset, name="officer_reset"),
    path("officers/<int:user_id>/close/", people.officer_close, name="officer_close"),
    path("import/<slug:kind>/", imports.import_file, name="import_file"),
    path("import/<slug:kind>/<int:draft_id>/", imports.import_preview, name="import_preview"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/override/", calendar.calendar_override, name="calendar_override"),
]
