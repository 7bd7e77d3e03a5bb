"""Files that hold files (.zip, .eml), and files that are a little broken."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path

from qingzhuang.demo.formats.official import add_to_zip


def write_zip(path: Path, members: list[Path]) -> None:
    """The files under their own names, with fixed times."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as target:
        for member in members:
            add_to_zip(target, member.name, member.read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw.getvalue())


def write_eml(
    path: Path, *, at: datetime, sender: str, subject: str, text: str, attachment: Path
) -> None:
    """A mail with one attachment, as saved from a mail program."""

    def word(value: str) -> str:
        return f"=?utf-8?B?{base64.b64encode(value.encode()).decode()}?="

    def body(data: bytes) -> str:
        return base64.encodebytes(data).decode().replace("\n", "\r\n")

    border = "----=_Part_jianglan_0001"
    lines = [
        f"From: {word(sender)} <office@jianglan.invalid>",
        "To: shiqiao@jianglan.invalid",
        f"Subject: {word(subject)}",
        f"Date: {format_datetime(at)}",
        "Message-ID: <1@jianglan.invalid>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/mixed; boundary="{border}"',
        "",
        f"--{border}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        body(text.encode()),
        f"--{border}",
        f'Content-Type: application/octet-stream; name="{word(attachment.name)}"',
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{word(attachment.name)}"',
        "",
        body(attachment.read_bytes()),
        f"--{border}--",
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\r\n".join(lines).encode("ascii"))


def write_bad(folder: Path, *, workbook: Path, text: Path) -> list[Path]:
    """Three files as they turn up: a workbook cut off, a text called .docx, an empty export."""
    folder.mkdir(parents=True, exist_ok=True)
    cut, wrong, empty = (
        folder / "电话记录(拷贝中断).xlsx",
        folder / "群消息.docx",
        folder / "消息记录.txt",
    )
    cut.write_bytes(workbook.read_bytes()[: workbook.stat().st_size * 3 // 5])
    wrong.write_bytes(text.read_bytes()[:6000].rsplit(b"\n", 1)[0])
    empty.write_bytes(b"")
    return [cut, wrong, empty]
