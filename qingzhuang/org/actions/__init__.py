"""What a person or the command line does to the organisation; each writes its trail."""

from qingzhuang.org.actions.accounts import (
    change_own_password,
    create_user,
    deactivate_user,
    elevate,
    note_guessing,
    note_sign_in,
    set_password,
)
from qingzhuang.org.actions.calendar import override_calendar
from qingzhuang.org.actions.divisions import import_divisions
from qingzhuang.org.actions.drafts import drop_draft, keep_draft
from qingzhuang.org.actions.people import import_people, preview_people
from qingzhuang.org.actions.posts import close_post, create_person, grant_post, grant_role
from qingzhuang.org.actions.tree import add_unit, close_unit, move_unit
from qingzhuang.org.actions.units import import_units, preview_units

__all__ = [
    "add_unit",
    "change_own_password",
    "close_post",
    "close_unit",
    "create_person",
    "create_user",
    "deactivate_user",
    "drop_draft",
    "elevate",
    "grant_post",
    "grant_role",
    "import_divisions",
    "import_people",
    "import_units",
    "keep_draft",
    "move_unit",
    "note_guessing",
    "note_sign_in",
    "override_calendar",
    "preview_people",
    "preview_units",
    "set_password",
]
