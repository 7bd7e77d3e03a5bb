"""Web pages: notices on government sites, saved WeChat articles, .mht pages. No chat exports.

Source of the meta names: 政府网站发展指引 (国办发〔2017〕47号), 附件: 网页标签规范.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message as MimeMessage
from email.policy import compat32
from typing import Any
from urllib.parse import unquote, urlsplit

from qingzhuang.intake.adapters.encoding import codec_of, head_text
from qingzhuang.intake.adapters.moments import parse_moment
from qingzhuang.intake.adapters.official import document_message, tidy
from qingzhuang.intake.adapters.streams import base_name, seekable, told_too_long
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.clock import from_unix
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import normalise

_LIMIT = 24 << 20  # bytes; a page takes ten times as much while it is read
_LOOK = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_SILENT = {
    "script", "style", "noscript", "template", "svg", "nav", "footer", "header", "aside", "iframe",
    "button", "select", "option", "textarea", "head", "input", "object", "canvas", "video", "audio",
}  # fmt: skip
_BLOCKS = {
    "p", "div", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "table",
    "tr", "blockquote", "pre", "center", "dd", "dt", "dl", "form", "fieldset", "hr", "main", "tbody",
    "thead", "figure", "body", "html",
}  # fmt: skip
# Where the common publishing systems of government sites put the article, then guesses.
_BODIES = (
    "js_content", "UCAP-CONTENT", "TRS_Editor", "TRS_UEDITOR", "zoom", "Zoom", "ContentRegion",
    "article-content", "article_content", "news_content", "content_detail", "pages_content",
    "xxgk_content", "view_content", "vsb_content", "Custom_UnionStyle", "detail-content", "mainText",
)  # fmt: skip
_FILE_LINK = re.compile(
    r"\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar|7z|txt|csv|pptx?)(?:$|[?#])", re.I
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
_WECHAT_TIME = re.compile(r"\bvar\s+ct\s*=\s*[\"'](\d{9,11})[\"']|createTime\s*[:=]\s*'([^']+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a web page says: title and text, who published it when, the files it links."""

    title: str | None
    text: str
    sender: str | None
    sent_at: datetime | None
    attachments: tuple[str, ...]


class HtmlReader:
    name = "html"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head)
        if not text:
            return 0
        if is_saved_page(text):
            return 3
        return 2 if _LOOK.match(text) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        name = base_name(blob.path)
        with seekable(blob) as stream:
            data = stream.read(_LIMIT)
        if is_saved_page(head_text(data[:65536]) or ""):
            data = _html_of_mime(data)
        page = read_page(data)
        if page is None:
            raise UserError("intake.document_damaged", name=name)
        text = page.text
        if page.title and normalise(page.title) not in normalise(text[:600]):
            text = f"{page.title}\n{text}"
        message = document_message(
            path=blob.path,
            text=text,
            sender=page.sender,
            sent_at=page.sent_at,
            attachments=page.attachments,
        )
        if message and page.text.strip():
            yield message
        else:
            params = {"name": name, "place": "全文"}
            yield Skip(
                path=blob.path, locator="全文", code="intake.document_no_text", params=params
            )
        yield from told_too_long(blob, _LIMIT)


def is_saved_page(head: str) -> bool:
    """A page saved whole (.mht) by a browser or by Word; QQ's exports are not ours."""
    start = head[:8192]
    if "Tencent MsgMgr" in start or "MIME-Version" not in start:
        return False
    return "Snapshot-Content-Location" in start or (
        "multipart/related" in start and "text/html" in head and "Received:" not in start
        and not re.search(r"^To:", start, re.M)
    )  # fmt: skip


def _html_of_mime(data: bytes) -> bytes:
    mime = message_from_bytes(data, policy=compat32)
    for part in mime.walk():
        if part.get_content_type() == "text/html":
            return payload_of(part)
    return b""


def payload_of(part: MimeMessage) -> bytes:
    """A part's bytes with its transfer encoding undone; empty for a container."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def decode_html(data: bytes, charset: str | None = None) -> str:
    """By the mark, the caller's charset, the page's own word for it, or its look."""
    declared = _META_CHARSET.search(data[:4096])
    name = charset or (declared[1].decode("ascii") if declared else None)
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or not name:
        return data.decode(codec_of(data[:65536]) or "gb18030", "replace")
    # GB2312 on a page means what a browser takes it for; many a UTF-8 page says gb2312, too.
    codec = "gb18030" if name.lower() in ("gb2312", "gbk", "gb_2312-80", "x-gbk") else name
    try:
        return data.decode(codec)
    except (LookupError, UnicodeDecodeError):
        return data.decode(codec_of(data[:65536]) or "gb18030", "replace")


def parse_html(data: bytes | str, charset: str | None = None) -> Any | None:
    """The page as an lxml tree; None when there is nothing in it."""
    from lxml import etree, html

    text = data if isinstance(data, str) else decode_html(data, charset)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    if not text.strip():
        return None
    try:
        return html.document_fromstring(text, parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def read_page(data: bytes | str, charset: str | None = None) -> Page | None:
    """Title, article text, publisher and date of a page; None when it is no page."""
    root = parse_html(data, charset)
    if root is None:
        return None
    source = data if isinstance(data, str) else decode_html(data, charset)
    meta = {
        (node.get("name") or node.get("property") or "").lower(): (
            node.get("content") or ""
        ).strip()
        for node in root.iter("meta")
    }
    body = _find_body(root)
    text = tidy("\n".join(text_lines(body)))
    return Page(
        title=_title(root, meta),
        text=text,
        sender=_first_text(root, ("js_name", "profileBt")) or meta.get("contentsource") or None,
        sent_at=_published(source, meta),
        attachments=tuple(dict.fromkeys(_linked_files(body))),
    )


def _title(root: Any, meta: dict[str, str]) -> str | None:
    title = meta.get("articletitle") or _first_text(root, ("activity-name",))
    if not title:
        title = meta.get("og:title")
    if not title:
        headings = [h for h in root.iter("h1") if h.text_content().strip()]
        title = headings[0].text_content() if len(headings) == 1 else None
    if not title:
        title = next((t.text_content() for t in root.iter("title")), "")
        # "关于…的通知_江岚区人民政府": the site's name is no part of the title.
        title = re.split(r"\s*[_|｜]\s*|\s+-{1,2}\s+", title.strip())[0]
    return re.sub(r"\s+", " ", title).strip() or None


def _published(source: str, meta: dict[str, str]) -> datetime | None:
    found = _WECHAT_TIME.search(source)
    if found:
        return from_unix(int(found[1])) if found[1] else parse_moment(found[2])
    for name in ("pubdate", "article:published_time", "publishdate"):
        moment = parse_moment(meta.get(name, ""))
        if moment:
            return moment
    return None


def _first_text(root: Any, ids: Sequence[str]) -> str | None:
    for name in ids:
        for node in root.xpath("//*[@id=$name]", name=name):
            text = re.sub(r"\s+", " ", node.text_content()).strip()
            if text:
                return text
    return None


def _find_body(root: Any) -> Any:
    for name in _BODIES:
        found = root.xpath(
            "//*[@id=$name or contains(concat(' ', normalize-space(@class), ' '), $spaced)]",
            name=name,
            spaced=f" {name} ",
        )
        best = max(found, key=lambda node: len(node.text_content()), default=None)
        if best is not None and len(best.text_content().strip()) > 5:
            return best
    articles = list(root.iter("article"))
    if len(articles) == 1 and len(articles[0].text_content().strip()) > 50:
        return articles[0]
    body = root.find("body")
    return body if body is not None else root


def text_lines(node: Any) -> list[str]:
    """The lines that a browser would show: blocks apart, cells of a row joined by ' | '."""
    lines: list[str] = [""]

    def add(text: str | None, *, kept: bool) -> None:
        if text:
            lines[-1] += text if kept else re.sub(r"[ \t\r\n\f]+", " ", text)

    def cut() -> None:
        if lines[-1].strip():
            lines.append("")
        else:
            lines[-1] = ""

    def show(element: Any, *, kept: bool) -> None:
        tag = element.tag.lower() if isinstance(element.tag, str) else ""
        hidden = _HIDDEN.search(element.get("style") or "") if tag else None
        # WeChat hides an article's body by style until its script runs.
        if tag and tag not in _SILENT and (not hidden or element.get("id") == "js_content"):
            if tag == "br":
                lines.append("")
            elif tag == "tr":
                cut()
                _row(element)
                cut()
            else:
                block = tag in _BLOCKS
                if block:
                    cut()
                add(element.text, kept=kept or tag == "pre")
                if tag == "pre" and "\n" in lines[-1]:
                    lines[-1:] = lines[-1].splitlines()
                for child in element:
                    show(child, kept=kept)
                    add(child.tail, kept=kept)
                if block:
                    cut()

    def _row(row: Any) -> None:
        cells = [
            " ".join(line.strip() for line in text_lines_of_cell(cell) if line.strip())
            for cell in row
            if isinstance(cell.tag, str) and cell.tag.lower() in ("td", "th")
        ]
        if any(cells):
            # A table of one cell a row is layout: its lines stay lines.
            if len(cells) == 1:
                lines[-1:] = text_lines_of_cell(next(c for c in row if c.tag in ("td", "th")))
            else:
                lines[-1] = " | ".join(cells).rstrip(" |")

    def text_lines_of_cell(cell: Any) -> list[str]:
        return text_lines_inside(cell)

    show(node, kept=False)
    return [line.strip() for line in lines]


def text_lines_inside(cell: Any) -> list[str]:
    """The lines inside one element, itself not counted as a cell."""
    from lxml import html

    box = html.Element("div")
    box.text = cell.text
    for child in list(cell):
        box.append(child)
    found = text_lines(box)
    for child in list(box):
        cell.append(child)
    return found


def _linked_files(body: Any) -> Iterator[str]:
    for link in body.iter("a"):
        target = link.get("href") or ""
        if not _FILE_LINK.search(target):
            continue
        name = re.sub(r"\s+", " ", link.text_content()).strip()
        file = unquote(urlsplit(target).path.rsplit("/", 1)[-1])
        ending = file.rsplit(".", 1)[-1]
        if not name or name in ("下载", "点击下载", "附件下载", "附件"):
            yield file
        else:
            name = re.sub(r"^附件\s*\d*\s*[：:.、]\s*", "", name)
            yield name if _FILE_LINK.search(name) else f"{name}.{ending}"


READERS: tuple[Reader, ...] = (HtmlReader(),)
