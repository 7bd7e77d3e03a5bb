"""Mail files (.eml): subject, body as it was written or forwarded, attachments to be read in turn.

Source: RFC 5322, 2045–2047, 2231; and what QQ mail, 163 and OA systems do instead.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.header import decode_header
from email.message import Message as MimeMessage
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parseaddr, parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from qingzhuang.intake.adapters.encoding import codec_of
from qingzhuang.intake.adapters.html import is_saved_page, payload_of, read_page
from qingzhuang.intake.adapters.official import official_head, tidy
from qingzhuang.intake.adapters.streams import base_name, seekable, shown_name
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip
from qingzhuang.kit.pure.clock import at, in_china
from qingzhuang.kit.pure.errors import UserError

_LIMIT = 200 << 20
_SMALL_PICTURE = 20_000  # bytes; signatures' logos are smaller, photographs larger
_HEADER = re.compile(
    rb"^(from|to|subject|date|received|message-id|mime-version|return-path|delivered-to|x-mailer"
    rb"|reply-to|cc|sender)\s*:",
    re.I | re.M,
)
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "cp936": "gb18030",
           "x-gbk": "gb18030", "unknown-8bit": "", "default": "", "us-ascii": "", "ascii": ""}  # fmt: skip
_ADJACENT = re.compile(r"(\?=)\s+(=\?)")
_ENDINGS = {
    "application/pdf": "pdf", "application/msword": "doc", "application/vnd.ms-excel": "xls",
    "application/zip": "zip", "text/html": "html", "text/plain": "txt", "text/csv": "csv",
    "image/png": "png", "image/jpeg": "jpg", "message/rfc822": "eml", "text/calendar": "ics",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file inside a mail, to be read in its turn."""

    path: str
    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.data)


class MailReader:
    name = "mail"

    def rate(self, blob: Blob, head: bytes) -> int:
        if b"Tencent MsgMgr" in head[:2048]:
            return 0
        block = re.split(rb"\r?\n\r?\n", head.lstrip(b"\xef\xbb\xbf\r\n"), maxsplit=1)[0]
        if not re.match(rb"[!-9;-~]{1,76}:[ \t\r\n]|From ", block):
            return 0
        known = {match[1].lower() for match in _HEADER.finditer(block)}
        if len(known) < 2 or not known & {b"from", b"subject", b"received", b"date"}:
            return 0
        if is_saved_page(head[:8192].decode("latin-1")):
            return 0
        return 3 if known & {b"message-id", b"mime-version", b"received", b"date"} else 2

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        name = base_name(blob.path)
        if blob.size > _LIMIT:
            raise UserError("intake.mail_too_big", name=name)
        with seekable(blob) as stream:
            data = stream.read(_LIMIT + 1)
        mail = BytesParser(policy=compat32).parsebytes(data.lstrip(b"\xef\xbb\xbf\r\n"))
        parts = _Parts()
        _sort(mail, parts)
        body = parts.text()
        subject = re.sub(r"\s+", " ", _header(mail, "Subject")).strip()
        text = tidy("\n".join([subject, body] if subject else [body]))
        names = tuple(dict.fromkeys(n for n, _ in parts.files))
        if text:
            sender, address = _sender(mail)
            yield Message(
                path=blob.path,
                locator="邮件正文",
                channel=ChannelKind.DOCUMENT,
                sender=sender,
                account=address,
                sent_at=_sent_at(mail) or _closing_date(body),
                text=text,
                attachments=names,
            )
        elif not parts.files:
            params = {"name": name, "place": "全文"}
            yield Skip(
                path=blob.path, locator="全文", code="intake.document_no_text", params=params
            )
        if parts.encrypted:
            yield Skip(
                path=blob.path,
                locator="邮件正文",
                code="intake.document_encrypted",
                params={"name": name, "place": "邮件正文"},
            )
        seen: dict[str, int] = {}
        for shown, payload in parts.files:
            seen[shown] = seen.get(shown, 0) + 1
            if seen[shown] > 1:  # two files of one name must stay two places
                stem, dot, end = shown.rpartition(".")
                shown = f"{stem}({seen[shown]}){dot}{end}" if dot else f"{shown}({seen[shown]})"
            yield Attachment(path=f"{blob.path}!/{shown}", data=payload)


@dataclass(slots=True)
class _Parts:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    encrypted: bool = False

    def text(self) -> str:
        plain = "\n".join(p for p in self.plain if p.strip())
        pages = "\n".join(p for p in self.html if p.strip())
        # Some programs put only "请用支持 HTML 的软件查看" into the plain part.
        useless = len(plain.strip()) < 60 and "html" in plain.lower() and pages
        return pages if useless or not plain.strip() else plain


def _sort(part: MimeMessage, parts: _Parts, depth: int = 0) -> None:
    """Bodies to bodies, files to files; a mail inside a mail is a file of its own."""
    kind = part.get_content_type()
    name = _file_name(part)
    if kind in ("multipart/encrypted", "application/pkcs7-mime") and b"signed" not in str(
        part.get("Content-Type", "")
    ).encode("utf-8", "replace"):
        parts.encrypted = True
        return
    if kind == "message/rfc822":
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], MimeMessage):
            subject = re.sub(r"\s+", " ", _header(inner[0], "Subject")).strip()
            title = name or f"{subject[:60] or '转发的邮件'}.eml"
            parts.files.append((shown_name(title).replace("/", "_"), inner[0].as_bytes()))
        return
    if part.is_multipart():
        if depth < 50:
            for child in part.get_payload():
                if isinstance(child, MimeMessage):
                    _sort(child, parts, depth + 1)
        return
    payload = payload_of(part)
    disposition = str(part.get("Content-Disposition", "")).lower()
    if not name and "attachment" not in disposition and kind in ("text/plain", "text/html"):
        charset = part.get_content_charset()
        if kind == "text/plain":
            parts.plain.append(_decode(payload, charset))
        else:
            page = read_page(payload, _codec(charset))
            parts.html.append(page.text if page else "")
        return
    inline = "attachment" not in disposition and (part.get("Content-ID") or "inline" in disposition)
    if not payload or kind in ("application/pgp-signature", "application/pkcs7-signature"):
        return
    if kind.startswith("image/") and inline and len(payload) < _SMALL_PICTURE:
        return
    ending = _ENDINGS.get(kind, kind.rsplit("/", 1)[-1])
    title = shown_name(name or f"附件{len(parts.files) + 1}.{ending}").replace("/", "_")
    parts.files.append((title, payload))


def _codec(charset: str | None) -> str | None:
    """A codec that Python knows for a mail's word, None when the bytes should decide."""
    name = (charset or "").strip().lower().strip("\"'")
    name = _CODECS.get(name, name)
    if not name:
        return None
    try:
        "".encode(name)
    except LookupError:
        return None
    return name


def _decode(data: bytes, charset: str | None) -> str:
    codec = _codec(charset)
    if codec:
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            pass  # the label is wrong often enough; the bytes know better
    return data.decode(codec_of(data[:65536]) or codec or "gb18030", "replace")


def _header(part: MimeMessage, name: str) -> str:
    """A header decoded: RFC 2047 words, raw GBK or UTF-8 bytes, words cut inside a character."""
    for key, value in part.raw_items():
        if key.lower() == name.lower():
            return _decode_words(str(value))
    return ""


def _decode_words(value: str) -> str:
    raw = value.encode("utf-8", "surrogateescape")
    if not raw.isascii():
        value = _decode(raw, None)
        if not value.isascii() and "=?" not in value:
            return value
    value = _ADJACENT.sub(r"\1\2", value.replace("\r", "").replace("\n", ""))
    out: list[str] = []
    try:
        pieces = decode_header(value)
    except ValueError:  # broken base64: better shown raw than lost
        return value
    for piece, charset in pieces:
        out.append(piece if isinstance(piece, str) else _decode(piece, charset))
    return "".join(out)


def _file_name(part: MimeMessage) -> str:
    for header, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        raw = next((str(v) for k, v in part.raw_items() if k.lower() == header.lower()), "")
        if not raw:
            continue
        found = _continued(raw, parameter)
        if found:
            return re.sub(r"\s+", " ", found).strip()
    return ""


def _continued(raw: str, parameter: str) -> str:
    """filename*0*=…; filename*1=… (RFC 2231), filename="=?gbk?…?=" or raw bytes, whichever is there."""
    pieces: dict[int, tuple[bool, str]] = {}
    pattern = rf"[;\s]{parameter}(\*\d+)?(\*)?\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;\r\n]+)"
    for number, coded, value in re.findall(pattern, raw, re.I):
        value = value.strip()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value.strip('"'))
        index = int(number[1:]) if number else (-1 if coded else -2)
        pieces[index] = (bool(coded), value)
    if not pieces:
        return ""
    if any(i >= 0 for i in pieces):
        chosen = [pieces[i] for i in sorted(i for i in pieces if i >= 0)]
    else:
        chosen = [pieces.get(-1) or pieces[-2]]
    if not any(coded for coded, _ in chosen):
        return _decode_words("".join(value for _, value in chosen))
    charset, data = None, b""
    for index, (coded, value) in enumerate(chosen):
        if coded and index == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if coded else value.encode("utf-8", "surrogateescape")
    return _decode(data, charset)


def _sender(mail: MimeMessage) -> tuple[str | None, str | None]:
    """The shown name and the address: '区民政局 <mz@example.gov.cn>'."""
    raw = _header(mail, "From") or _header(mail, "Sender")
    name, address = parseaddr(raw)
    if not name and "<" in raw:
        name = raw.split("<", 1)[0].strip().strip('"')
    address = address.lower() if "@" in address else ""
    return (name.strip() or address.split("@")[0] or None), (address or None)


def _sent_at(mail: MimeMessage) -> datetime | None:
    raw = _header(mail, "Date")
    try:
        moment = parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # "-0000" and no zone at all: the sender's clock, which is China's.
    try:
        return in_china(moment).replace(microsecond=0)
    except OverflowError:
        return None


def _closing_date(body: str) -> datetime | None:
    day = official_head(body).date
    return at(day, 9) if day else None


READERS: tuple[Reader, ...] = (MailReader(),)
