"""What was planted, for tests of what comes later. The importers never see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qingzhuang.demo.plan import Plan
from qingzhuang.demo.types import Said


def row(
    plan: Plan, said: Said, *, file: str, group: str | None, sender: str, text: str | None = None
) -> dict[str, Any]:
    """One line of truth.jsonl: a message as it stands in one file. `message` is the same in
    every file that holds the same message; `copy_of` is the `message` of the round's first.
    """
    made = said.round
    return {
        "message": said.number,
        "file": file,
        "group": group,
        "sender": sender,
        "sent_at": said.at.isoformat(),
        "text": said.text if text is None else text,
        "life": said.life,
        "is_ask": said.is_ask,
        "matter": made.key if made else None,
        "template": made.matter.id if made else None,
        "name": made.name if made else None,
        "round": made.number if made else None,
        "issuer": made.issuer if made else None,
        "kinds": list(made.matter.kinds) if made else [],
        "flags": list(said.flags) if made else [],
        "due_at": said.due_at.isoformat() if said.due_at else None,
        "targets": list(plan.targets(made)) if made else [],
        "rebound": bool(made and made.rebound),
        "copy_of": said.copy_of,
    }


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    (folder / "truth.jsonl").write_bytes(lines.encode("utf-8"))
