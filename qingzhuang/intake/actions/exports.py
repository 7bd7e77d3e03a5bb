"""What leaves the program is written down."""

from __future__ import annotations

from dataclasses import astuple

from qingzhuang.intake.queries import AskFilter
from qingzhuang.org.types import Actor, Permission
from qingzhuang.trail.actions import keyed_digest, record


def note_export(*, actor: Actor, wanted: AskFilter, count: int) -> None:
    """Leave a trail of an export: who, how many rows, and a digest that tells equal filters.

    What was looked for may be a name, so its words are not kept.
    """
    paths = actor.scope.narrowed(Permission.INTAKE_READ).paths
    record(
        actor=actor.id,
        action="intake.export_asks",
        target="intake.Ask",
        place=paths[0] if len(paths) == 1 else "",
        rows=count,
        filter=keyed_digest(repr(astuple(wanted))),
    )
