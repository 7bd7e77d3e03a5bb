"""Run inside a fresh QZ_HOME: one district, one street, two communities, and their people."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingzhuang.site.settings")

import django

django.setup()

# Django's models can only be imported once it is set up.
from django.core.management import call_command  # noqa: E402

from qingzhuang.org.actions import (  # noqa: E402
    add_unit,
    change_own_password,
    create_person,
    create_user,
    grant_post,
)
from qingzhuang.org.types import Actor, Role, UnitKind  # noqa: E402

call_command("migrate", interactive=False, verbosity=0)
actor = Actor.program("test")
district = add_unit(actor=actor, name="江岚区", kind=UnitKind.DISTRICT)
street = add_unit(actor=actor, name="石桥街道", kind=UnitKind.STREET, parent=district)
units = {
    "石桥街道": street,
    "福安社区": add_unit(
        actor=actor, name="福安社区", short_name="福安", kind=UnitKind.COMMUNITY, parent=street
    ),
}
for username, role, unit_name in (
    ("fuan", Role.COMMUNITY, "福安社区"),
    ("shiqiao", Role.STREET_DESK, "石桥街道"),
):
    person = create_person(actor=actor, name=username, unit=units[unit_name])
    grant_post(actor=actor, person=person, unit=units[unit_name], role=role, title="专干")
    user, first = create_user(actor=actor, username=username, person=person)
    change_own_password(user=user, old=first, new=sys.argv[1])
