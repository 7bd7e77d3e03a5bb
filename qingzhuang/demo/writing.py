"""Writes the district's raw files, each in the format in which its owner has it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from qingzhuang.demo import truth as truth_file
from qingzhuang.demo.formats import bundles, chats, official, workbooks
from qingzhuang.demo.plan import Plan, dice, make_plan
from qingzhuang.demo.source import load, matters
from qingzhuang.demo.story import REGISTER
from qingzhuang.demo.types import DemoSummary, Said

_DOCUMENTS = 34  # of which the last four are kept as .html and .txt
_TEMPLATES = (
    "form.dibao",
    "form.gaoling",
    "form.duju",
    "form.zhongcan",
    "form.ranqi",
    "form.jiuxiao",
    "form.chuzu",
    "form.laojiu",
)
_STREET = "石桥街道"


class _Desk:
    """Where files are put, counted and, with `truth`, accounted for."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.files: dict[str, int] = {}
        self.rows: list[dict[str, Any]] = []

    def path(self, name: str, count: int) -> Path:
        self.files[name] = count
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def account(
        self, said: Said, *, file: str, group: str | None, sender: str, text: str | None = None
    ) -> None:
        self.rows.append(
            truth_file.row(self.plan, said, file=file, group=group, sender=sender, text=text)
        )


def write_demo(
    folder: Path, *, seed: int = 2025, months: int = 2, until: date, truth: Path | None = None
) -> DemoSummary:
    """Write what the people of 江岚区 would have on their computers into `folder`.

    The files cover the `months` before `until` and its morning. The same arguments give the
    same bytes. `truth`, a folder outside `folder`, receives truth.jsonl: what was planted.
    Raises ValueError for months < 1 or a truth folder inside `folder`.
    """
    if truth is not None and truth.resolve().is_relative_to(folder.resolve()):
        raise ValueError("truth must lie outside the folder that is imported")
    plan = make_plan(seed=seed, months=months, until=until)
    folder.mkdir(parents=True, exist_ok=True)
    desk = _Desk(folder, plan)
    _write_rosters(desk, seed)
    _write_chats(desk)
    _write_phone(desk)
    _write_documents(desk)
    _write_bundles(desk)
    if truth is not None:
        truth_file.write(truth, desk.rows)
    asks = [said for said in plan.said if said.round]
    return DemoSummary(
        files=desk.files,
        kinds=Counter(
            f"要求:{said.life}" if said.round else f"非要求:{said.life}" for said in plan.said
        ),
        messages=len(plan.said),
        asks=len(asks),
        distinct_asks=len({(said.round.key, said.round.number) for said in asks if said.round}),
        units=len(plan.world.units),
        people=len(plan.world.people),
    )


def _write_rosters(desk: _Desk, seed: int) -> None:
    world = desk.plan.world
    workbooks.write_units(desk.path("单位名册.xlsx", len(world.units)), world)
    workbooks.write_people(
        desk.path("干部花名册.xlsx", len(world.people)), world, dice(seed, "roster")
    )


def _write_chats(desk: _Desk) -> None:
    by_place: dict[str, list[Said]] = {}
    for said in desk.plan.said:
        by_place.setdefault(said.place, []).append(said)
    for entry in load("layout")["file"]:
        parts = [
            (g, _cut(by_place.get(g, []), entry.get("from", 0.0), entry.get("to", 1.0)))
            for g in entry["groups"]
        ]
        kind, name = entry["format"], entry["path"]
        text = (
            chats.qq_txt(parts, pad=entry.get("pad", True))
            if kind == "qq_txt"
            else chats.WRITERS[kind](parts)
        )
        path = desk.path(name, sum(len(held) for _, held in parts))
        path.write_bytes(text.encode(entry["encoding"]))
        if kind == "wecom":
            rooms = path.parent / "群信息.json"
            rooms.write_bytes(chats.wecom_rooms(entry["groups"]).encode("utf-8"))
            desk.files[str(rooms.relative_to(desk.folder).as_posix())] = 0
        for group, held in parts:
            for one in held:
                sender = chats.wecom_user(one) if kind == "wecom" else one.sender.shown
                desk.account(one, file=name, group=group, sender=sender)


def _cut(said: list[Said], start: float, end: float) -> list[Said]:
    return said[int(len(said) * start) : int(len(said) * end)]


def _write_phone(desk: _Desk) -> None:
    books: dict[str, dict[str, list[Said]]] = {}
    for said in desk.plan.said:
        if said.place.startswith("电话:"):
            _, bucket, street = said.place.split(":")
            sheet = "社区接听" if bucket == "phone_community" else "党政办"
            books.setdefault(f"{street}/电话记录.xlsx", {}).setdefault(sheet, []).append(said)
    for name, sheets in sorted(books.items()):
        workbooks.write_phone(
            desk.path(name, sum(map(len, sheets.values()))), sheets, desk.plan.world
        )
        for calls in sheets.values():
            for call in calls:
                desk.account(call, file=name, group=None, sender=call.sender.name)


def _write_documents(desk: _Desk) -> None:
    received = [said for said in desk.plan.said if said.place == REGISTER]
    order: Counter[str] = Counter()
    numbers: dict[int, str] = {}
    for said in received:
        short = said.round.issuer if said.round else str((said.extra or {})["issuer"])
        order[short] += 1
        if said.round and said.number % 9:  # some come as plain letters without a number
            numbers[said.number] = official.document_number(short, said.at.date(), order[short] + 2)
    register = f"{_STREET}/党政办-小周/收文登记簿.xlsx"
    workbooks.write_register(desk.path(register, len(received)), received, numbers)
    for said in received:
        desk.account(said, file=register, group=None, sender=said.sender.shown)
    with_number = [said for said in received if said.round and said.number in numbers]
    # Half of the kept documents tell of the matters that a reader of the demo will look for.
    by_hand = [said for said in with_number if said.round and "/" not in said.round.matter.id][
        : _DOCUMENTS // 2
    ]
    others = [said for said in with_number if said not in by_hand]
    step = max(len(others) // (_DOCUMENTS - len(by_hand)), 1)
    chosen = sorted((by_hand + others[::step])[:_DOCUMENTS], key=lambda said: said.number)
    for place, said in enumerate(chosen):
        _write_document(desk, said, numbers[said.number], place)


def _write_document(desk: _Desk, said: Said, number: str, place: int) -> None:
    made = said.round
    assert made is not None
    form = made.name if made.matter.kinds[0] == "form" else None
    document = official.Document(made, number, desk.plan.world, desk.plan.words, form)
    ending, write = (
        (".docx", official.write_docx) if place < _DOCUMENTS - 4
        else (".html", official.write_html) if place < _DOCUMENTS - 2
        else (".txt", official.write_txt)
    )  # fmt: skip
    name = f"{_STREET}/党政办-小周/公文/{said.at:%m%d}{document.title.replace('/', '')}{ending}"
    write(desk.path(name, 1), document)
    row = truth_file.row(
        desk.plan,
        said,
        file=name,
        group=None,
        sender=document.unit,
        text="\n".join(document.lines()),
    )
    due = made.due.at.isoformat() if made.due else None
    desk.rows.append(row | {"life": "document", "due_at": due, "copy_of": said.number})


def _write_mail(desk: _Desk, form: Path) -> None:
    """The clerk of 残联 also mails what he said in the group, with the pre-filled form."""
    said = next(
        (
            s
            for s in desk.plan.said
            if s.round and s.round.matter.id == "form.zhongcan" and s.life == "pointer"
        ),
        next(s for s in desk.plan.said if s.round and s.life == "pointer"),
    )
    name = f"{_STREET}/社会事务办/重残护理补贴名单.eml"
    bundles.write_eml(
        desk.path(name, 1),
        at=said.at,
        sender=said.sender.shown,
        subject=form.stem,
        text=said.text,
        attachment=form,
    )
    row = truth_file.row(desk.plan, said, file=name, group=None, sender=said.sender.shown)
    desk.rows.append(row | {"life": "mail"})


def _write_bundles(desk: _Desk) -> None:
    folder = f"{_STREET}/各科室表样"
    known = {m.id: m for kind in ("forms", "cancelled") for m in matters(kind)}
    made = []
    for matter in _TEMPLATES:
        path = desk.path(f"{folder}/{known[matter].name}.xlsx", 0)
        workbooks.write_template(path, known[matter])
        made.append(path)
    workbooks.write_cancelled(desk.path("报表事项清单.xlsx", 0))
    documents = sorted((desk.folder / _STREET / "党政办-小周" / "公文").glob("*.docx"))
    packed = f"{_STREET}/党政办-小周/民政口附件打包.zip"
    bundles.write_zip(desk.path(packed, 5), [*made[:3], *documents[:2]])
    inside = {f"{_STREET}/党政办-小周/公文/{path.name}": path.name for path in documents[:2]}
    desk.rows += [
        row | {"file": f"{packed}!/{inside[row['file']]}"}
        for row in desk.rows
        if row["file"] in inside
    ]
    _write_mail(desk, made[3])
    text = next(desk.folder / e["path"] for e in load("layout")["file"] if e["format"] == "qq_txt")
    for path in bundles.write_bad(
        desk.folder / _STREET / "党政办-小周" / "桌面杂物",
        workbook=desk.folder / _STREET / "电话记录.xlsx",
        text=text,
    ):
        desk.files[path.relative_to(desk.folder).as_posix()] = 0
