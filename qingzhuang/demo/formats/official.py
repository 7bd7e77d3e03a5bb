"""Official documents in the layout of GB/T 9704: as .docx, and as the .html or .txt of an OA."""

from __future__ import annotations

import html
import io
import zipfile
from datetime import date
from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt, RGBColor

from qingzhuang.demo.formats.workbooks import MADE
from qingzhuang.demo.types import Round
from qingzhuang.demo.wording import Wording
from qingzhuang.demo.world import World

_STAMP = (2026, 1, 5, 9, 0, 0)


class Document:
    """The parts of one document, in the order of the standard."""

    def __init__(
        self, made: Round, number: str, world: World, words: Wording, form: str | None
    ) -> None:
        unit = world.department(made.department or made.issuer)
        self.head, self.number, self.unit = f"{unit.name}文件", number, unit.name
        self.title = f"{unit.name}{words.title(made)}"
        self.to = "各街道办事处、镇(乡)人民政府:"
        day = made.sent_at.date()
        self.dated = f"{day.year}年{day.month}月{day.day}日"
        self.ask = words.formal(made)
        self.paragraphs = [
            "为进一步做好有关工作,现将有关事项通知如下:",
            "一、提高认识",
            "各单位要高度重视,结合实际抓好落实,不得层层加码。",
            "二、工作要求",
            self.ask,
            "三、联系方式",
            f"联系人:{world.staff(unit.name)[-1].name},联系电话:{world.staff(unit.name)[-1].phone}。",
        ]
        self.attachments = [form] if form else []
        self.cc = "区减负办。"

    def lines(self) -> list[str]:
        """Its text, a line a paragraph."""
        attached = [f"附件:1.{name}" for name in self.attachments]
        return [
            self.head,
            self.number,
            self.title,
            self.to,
            *self.paragraphs,
            *attached,
            self.unit,
            self.dated,
            f"抄送:{self.cc}",
        ]


def document_number(short: str, day: date, order: int) -> str:
    """江民发〔2026〕12号: the issuer's sign, the year in 〔〕, the number without a zero in front."""
    sign = (
        short.removeprefix("区")
        .removesuffix("分局")
        .removesuffix("局")
        .removesuffix("大队")
        .removesuffix("部")[:2]
    )
    return f"江{sign}发〔{day.year}〕{order}号"


def write_docx(path: Path, document: Document) -> None:
    """As .docx, with the red head, centred title, and signature to the right."""
    page = docx.Document()
    page.core_properties.author, page.core_properties.created = document.unit, MADE
    page.core_properties.modified = MADE

    def put(
        text: str,
        *,
        align: WD_ALIGN_PARAGRAPH | None = None,
        size: int = 16,
        red: bool = False,
        indent: bool = False,
    ) -> None:
        paragraph = page.add_paragraph()
        if align is not None:
            paragraph.alignment = align
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt(32)
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        if red:
            run.font.color.rgb = RGBColor(0xE0, 0, 0)

    centre, right = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
    put(document.head, align=centre, size=36, red=True)
    put(document.number, align=centre)
    put("")
    put(document.title, align=centre, size=22)
    put(document.to)
    for text in document.paragraphs:
        put(text, indent=True)
    for number, name in enumerate(document.attachments, 1):
        put(f"附件:{number}.{name}", indent=True)
    put("")
    put(document.unit, align=right)
    put(document.dated, align=right)
    put("(此件公开发布)", indent=True)
    put(f"抄送:{document.cc}", size=14)
    put(f"{document.unit}办公室    {document.dated}印发", size=14)
    raw = io.BytesIO()
    page.save(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    _same_times(raw, path)


def _same_times(raw: io.BytesIO, path: Path) -> None:
    """The same archive with fixed times inside, so that two runs give the same bytes."""
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            add_to_zip(target, name, source.read(name))


def add_to_zip(target: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    target.writestr(entry, data)


def write_html(path: Path, document: Document) -> None:
    """As an OA's saved page."""
    body = "\n".join(f"<p>{html.escape(line)}</p>" for line in document.lines())
    page = (
        '<!DOCTYPE html><html><head><meta charset="utf-8">'
        f"<title>{html.escape(document.title)}</title><style>p{{text-indent:2em}}</style></head>"
        f"<body><nav>首页 &gt; 收文 &gt; 正文</nav>{body}</body></html>"
    )
    _write(path, page)


def write_txt(path: Path, document: Document) -> None:
    _write(path, "\n".join(document.lines()) + "\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))
