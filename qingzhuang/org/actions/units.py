"""Units from a workbook: what would change, and the change itself. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.ids import digest
from qingzhuang.kit.pure.text import normalise
from qingzhuang.org.actions.tree import add_unit, close_unit, move_unit, officers_kept_in_place
from qingzhuang.org.models import KIND_NAMES, Unit
from qingzhuang.org.queries import access_unit, held_on, units_called
from qingzhuang.org.rules import guess_kind
from qingzhuang.org.types import (
    Actor,
    Change,
    ImportPreview,
    Permission,
    RowError,
    Scope,
    Sheet,
    UnitKind,
    UnitRow,
)
from qingzhuang.trail.actions import record

_TOPS = frozenset({UnitKind.PROVINCE, UnitKind.CITY, UnitKind.DISTRICT})
# Names that every street has again: under another parent it is another unit, not a move.
_LOCAL_NAMES = frozenset({UnitKind.OFFICE, UnitKind.GRID, UnitKind.OTHER})


@dataclass(slots=True, kw_only=True, eq=False)
class _Node:
    """A row on its way into the tree: what it is there already, and what it stands below."""

    row: UnitRow
    kind: UnitKind
    existing: Unit | None = None
    above: _Node | Unit | None = None
    is_placed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    nodes: list[_Node]
    preview: ImportPreview


def preview_units(
    *, actor: Actor, sheet: Sheet[UnitRow], under: Unit | None = None
) -> ImportPreview:
    """What `import_units` would do with this workbook now. Writes nothing."""
    actor.scope.check(Permission.ORG_MANAGE)
    return _plan(actor.scope.narrowed(Permission.ORG_MANAGE), sheet, under).preview


@transaction.atomic
def import_units(
    *,
    actor: Actor,
    sheet: Sheet[UnitRow],
    under: Unit | None = None,
    seen: str = "",
    close: Collection[str] = (),
) -> ImportPreview:
    """Do what the preview says; `close` are the keys of its `proposed` that shall end today.

    `seen` is the digest of the preview that a person confirmed: if the tree has changed since,
    org.plan_changed is raised and nothing happens. Blank cells leave what is known as it is.
    """
    actor.scope.check(Permission.ORG_MANAGE)
    plan = _plan(actor.scope.narrowed(Permission.ORG_MANAGE), sheet, under)
    if seen and seen != plan.preview.digest:
        raise UserError("org.plan_changed")
    with officers_kept_in_place(actor):
        for node in plan.nodes:
            _put(actor, node)
    proposed = {change.key for change in plan.preview.proposed}
    ending = [
        access_unit(actor, int(key.partition(":")[2]), Permission.ORG_MANAGE)
        for key in close
        if key in proposed
    ]
    for unit in sorted(ending, key=lambda unit: -unit.depth):
        close_unit(actor=actor, unit=unit, until_on=now().date(), reason=_("名单里没有"))
    record(
        actor=actor.id,
        action="org.import_units",
        target=f"org.Unit:{under.pk if under else 'root'}",
        place=under.path if under else "",
        added=len(plan.preview.to_add),
        changed=len(plan.preview.to_change),
        closed=len(ending),
        errors=len(plan.preview.errors),
    )
    return plan.preview


def _plan(scope: Scope, sheet: Sheet[UnitRow], under: Unit | None) -> _Plan:
    today = now().date()
    errors, notices = list(sheet.errors), list(sheet.notices)
    names = {name for row in sheet.rows for name in (row.name, row.short_name, row.parent)}
    tree = units_called(names, scope, on=today)
    by_code = _by_code(scope, sheet.rows)
    nodes = [_Node(row=row, kind=row.kind or guess_kind(row.name)) for row in sheet.rows]
    _place(nodes, tree, scope, under, errors)
    _match(nodes, tree, by_code, errors)
    if "" not in scope.paths:
        for node in nodes:
            if node.is_placed and node.above is None and node.existing is None:
                node.is_placed = False
                why = _("最上级的单位要由装机的人用命令行导入。")
                errors.append(RowError(row=node.row.row, why=why))
    good = _in_order([node for node in nodes if node.is_placed], errors)
    to_add, to_change, unchanged = [], [], 0
    for node in good:
        changes = _differences(node)
        if node.existing is None:
            where = _name(node.above)
            details = f"{KIND_NAMES[node.kind]}" + (f"，{where}下" if where else "")
            to_add.append(Change(row=node.row.row, what=node.row.name, details=details))
        elif changes:
            to_change.append(
                Change(row=node.row.row, what=node.row.name, details="；".join(changes))
            )
        else:
            unchanged += 1
    if errors:
        notices.append(_("有看不懂的行，所以没有列出“名单里没有的”；改好再传一次就会列出。"))
    preview = ImportPreview(
        to_add=tuple(to_add),
        to_change=tuple(to_change),
        proposed=tuple(_missing(good, scope, today)) if not errors else (),
        unchanged=unchanged,
        errors=tuple(sorted(errors, key=lambda error: error.row)),
        notices=tuple(notices),
    )
    return _Plan(nodes=good, preview=replace(preview, digest=digest(repr(preview))))


def _by_code(scope: Scope, rows: Iterable[UnitRow]) -> dict[str, Unit]:
    codes = sorted({code for row in rows for code in (row.code, row.division_code) if code})
    found: dict[str, Unit] = {}
    for start in range(0, len(codes), 400):
        part = codes[start : start + 400]
        units = Unit.objects.for_scope(scope).select_related("parent")
        found |= {unit.code: unit for unit in units.filter(code__in=part)}
        found |= {str(u.division_code): u for u in units.filter(division_code__in=part)}
    return found


def _place(
    nodes: list[_Node],
    tree: dict[str, list[Unit]],
    scope: Scope,
    under: Unit | None,
    errors: list[RowError],
) -> None:
    """Give each node what it stands below; nodes without a place get an error."""
    in_sheet: dict[str, list[_Node]] = {}
    for node in nodes:
        for name in {node.row.name, node.row.short_name, *node.row.aliases} - {""}:
            in_sheet.setdefault(normalise(name), []).append(node)
    tops = [node for node in nodes if node.kind in _TOPS and not node.row.parent]
    roots = list(Unit.objects.for_scope(scope).filter(parent=None)[:2])
    for node in nodes:
        name = normalise(node.row.parent)
        if name:
            inside = [other for other in in_sheet.get(name, []) if other is not node]
            found: list[_Node] | list[Unit] = inside or tree.get(name, [])
            if len(found) != 1:
                why = (
                    _("表里和系统里都没有上级单位“{name}”。")
                    if not found
                    else _("上级单位“{name}”不止一个，请写全称。")
                )
                errors.append(RowError(row=node.row.row, why=why.format(name=name)))
                continue
            node.above = found[0]
        elif under is not None or node.kind in _TOPS:
            node.above = under
        elif len(same := tree.get(normalise(node.row.name), [])) == 1:
            node.above = same[0].parent
        elif len(tops) == 1:
            node.above = tops[0]
        elif not tops and len(roots) == 1:
            node.above = roots[0]
        else:
            why = _("没有写上级单位，看不出放在哪个单位下面。")
            errors.append(RowError(row=node.row.row, why=why))
            continue
        node.is_placed = True


def _match(
    nodes: list[_Node],
    tree: dict[str, list[Unit]],
    by_code: dict[str, Unit],
    errors: list[RowError],
) -> None:
    """Find each node in the tree: by code, by name below the same parent, or moved."""
    taken: dict[int, int] = {}
    twins: dict[tuple[str, int], int] = {}
    for node in sorted(nodes, key=_depth):
        if not node.is_placed:
            continue
        name = normalise(node.row.name)
        above = node.above.existing if isinstance(node.above, _Node) else node.above
        twin = (name, id(node.above) if isinstance(node.above, _Node) else above.pk if above else 0)
        same = [unit for unit in tree.get(name, []) if unit.pk not in taken]
        here = [unit for unit in same if unit.parent_id == (above.pk if above else None)]
        found = by_code.get(node.row.code) or by_code.get(node.row.division_code)
        if found is None and len(here) == 1:
            found = here[0]
        elif found is None and len(same) == 1 and node.kind not in _LOCAL_NAMES and node.row.parent:
            found = same[0]
        earlier = twins.setdefault(twin, node.row.row)
        if found is not None:
            earlier = min(earlier, taken.setdefault(found.pk, node.row.row))
        if earlier != node.row.row:
            node.is_placed = False
            why = _("与第 {row} 行是同一个单位。").format(row=earlier)
            errors.append(RowError(row=node.row.row, why=why))
            continue
        node.existing = found


def _depth(node: _Node) -> int:
    depth, above = 0, node.above
    while isinstance(above, _Node) and depth < 20:
        depth, above = depth + 1, above.above
    return depth


def _in_order(nodes: list[_Node], errors: list[RowError]) -> list[_Node]:
    """Parents before children; rows in a circle, or below a bad row, become errors."""
    done: list[_Node] = []
    ready: set[int] = set()
    left = nodes
    while left:
        can = [n for n in left if not isinstance(n.above, _Node) or id(n.above) in ready]
        if not can:
            break
        done += can
        ready |= {id(node) for node in can}
        left = [node for node in left if id(node) not in ready]
    for node in left:
        why = _("上级单位“{name}”那一行有问题，先改那一行。").format(name=node.row.parent)
        errors.append(RowError(row=node.row.row, why=why))
    return done


def _differences(node: _Node) -> list[str]:
    unit, row = node.existing, node.row
    if unit is None:
        return []
    told = []
    above = node.above.existing if isinstance(node.above, _Node) else node.above
    if row.parent and (above.pk if above else None) != unit.parent_id:
        told.append(_("上级：{old} → {new}").format(old=unit.parent or "—", new=_name(node.above)))
    pairs: list[tuple[str, object, object]] = [
        (_("名称"), unit.name, _full_name(unit, row)),
        (_("简称"), unit.short_name, normalise(row.short_name)),
        (_("别名"), "、".join(unit.aliases), "、".join(map(normalise, row.aliases))),
        (_("类别"), KIND_NAMES[unit.kind], KIND_NAMES[row.kind] if row.kind else ""),
        (_("在编人数"), unit.headcount, row.headcount),
        (_("排序"), unit.order, row.order),
    ]
    return told + [
        f"{what}：{'—' if old in (None, '') else old} → {new}"
        for what, old, new in pairs
        if new not in (None, "") and new != old
    ]


def _full_name(unit: Unit, row: UnitRow) -> str:
    """The workbook's name, unless it is only another way to call the unit."""
    name = normalise(row.name)
    return unit.name if name in {unit.short_name, *unit.aliases} else name


def _missing(nodes: list[_Node], scope: Scope, today: date) -> Iterable[Change]:
    """Units of the same parent and kind as the workbook's which it does not name."""
    listed = {node.existing.pk for node in nodes if node.existing}
    families = {
        (node.existing.parent_id, node.existing.kind)
        for node in nodes
        if node.existing and node.existing.parent_id
    }
    for parent_id, kind in sorted(families, key=str):
        units = Unit.objects.for_scope(scope).filter(held_on(today), parent_id=parent_id, kind=kind)
        for unit in units.exclude(pk__in=listed).select_related("parent").order_by("path"):
            yield Change(
                row=None, what=unit.name, details=f"{unit.parent or ''}", key=f"unit:{unit.pk}"
            )


def _name(above: _Node | Unit | None) -> str:
    if isinstance(above, _Node):
        return above.row.name
    return str(above) if above else ""


def _put(actor: Actor, node: _Node) -> None:
    row = node.row
    above = node.above.existing if isinstance(node.above, _Node) else node.above
    if node.existing is None:
        node.existing = add_unit(
            actor=actor,
            name=row.name,
            kind=node.kind,
            parent=above,
            short_name=row.short_name,
            aliases=row.aliases,
            code=row.code,
            division_code=row.division_code,
            order=row.order or 0,
            headcount=row.headcount,
        )
        return
    if not _differences(node):
        return
    unit = node.existing
    if row.parent and above is not None and above.pk != unit.parent_id:
        move_unit(actor=actor, unit=unit, parent=above)
        unit.refresh_from_db()
    unit.compare_and_set(
        name=_full_name(unit, row),
        short_name=normalise(row.short_name) or unit.short_name,
        aliases=[normalise(alias) for alias in row.aliases] or unit.aliases,
        kind=row.kind or unit.kind,
        headcount=unit.headcount if row.headcount is None else row.headcount,
        order=unit.order if row.order is None else row.order,
    )
    record(actor=actor.id, action="org.change_unit", target=f"org.Unit:{unit.pk}", place=unit.path)
