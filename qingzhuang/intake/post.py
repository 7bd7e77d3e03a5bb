"""What comes by itself: files laid into the inbox folder, mails forwarded to the mailbox."""

from __future__ import annotations

import io
import logging
import os
import re
import stat
import time
import uuid
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from qingzhuang.intake import models
from qingzhuang.intake.actions.sources import add_source, refuse_source
from qingzhuang.intake.adapters.imap import Mailbox, open_mailbox, parse_mail_url
from qingzhuang.intake.rules.redact import redact
from qingzhuang.kit import clock
from qingzhuang.kit.pure.errors import UserError, Words, describe
from qingzhuang.org.queries import find_unit_by_name, list_children, list_units
from qingzhuang.org.types import Actor, Permission

if TYPE_CHECKING:
    from qingzhuang.org.models import Unit

logger = logging.getLogger(__name__)
QUIET_SECONDS = 10  # a file that changed later than this may still be on its way
MOST_FILES = 500  # of one run; the next comes in a minute
MOST_MAILS = 200
MOST_LOOKED_AT = 2_000  # newest unseen mails: those of strangers stay, and must not keep others out
MOST_MAIL_BYTES = 50 * 1024 * 1024
MOST_NOTES = 100
README = "读我.txt"
_ADDRESS = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")
_UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".filepart", ".!qb")
_EXPLANATION = """这是轻装的收件夹。

把群导出、通知、表格放进以单位命名的文件夹，一分钟左右自动收走，原件加密保存、读完销毁。
文件夹用单位的全称、简称或代码，例如：
  福安社区/
  石桥街道/
一份文件放好以后十秒钟没有变化才收。里面的子文件夹也会收。
涉密文件不得放在这里。
"""


# Inbox


def collect_inbox() -> int:
    """Give in what lies in $QZ_HOME/inbox/<unit>/ and is at rest; answers how many files.

    A file leaves the folder once it is stored. What cannot be taken stays and is named, with the
    reason, in the folder's 读我.txt. Killed between storing and removing, the next run sees that
    the file was given before and removes it.
    """
    folder = Path(settings.QZ_HOME) / "inbox"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    notes: list[str] = []
    count = 0
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == README or _is_hidden(entry.name):
            continue
        if not entry.is_dir(follow_symlinks=False):
            notes.append(f"“{entry.name}”没有放在单位的文件夹里，不知道给谁收，没有动。")
            continue
        unit = _find_unit(entry.name)
        if unit is None:
            notes.append(f"“{entry.name}”不是哪一个单位的名称、简称或代码，里面的没有收。")
            continue
        count += _collect_unit(unit, Path(entry.path), notes, MOST_FILES - count)
        if count >= MOST_FILES:
            break
    _write_readme(folder, notes)
    return count


def _collect_unit(unit: Unit, folder: Path, notes: list[str], most: int) -> int:
    batch = uuid.uuid4()
    count = 0
    for file in _files_at_rest(folder):
        if count >= most:
            break
        name = str(file.relative_to(folder.parent))
        try:
            _take_in(file, name, unit, batch)
            count += 1
        except UserError as error:
            notes.append(f"“{name}”没有收：{describe(error.code, error.params)}")
        except OSError:
            notes.append(f"“{name}”打不开或移不走，请检查它的权限；没有收，或收了还留在这里。")
    return count


def _take_in(file: Path, name: str, unit: Unit, batch: uuid.UUID) -> None:
    # No link is followed: what it leads to was not given to us.
    # Windows knows neither flag; there lstat, when the file was chosen, has to do.
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(file, os.O_RDONLY | careful | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as stream:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            return
        add_source(
            actor=Actor.program("inbox"),
            place=unit.path,
            kind=models.SourceKind.INBOX,
            name=name,
            stream=stream,
            lawful_basis=models.LawfulBasis.DUTY,
            batch=batch,
            max_bytes=settings.QZ_MAX_UPLOAD_BYTES,
        )
    now = os.lstat(file)
    if (now.st_ino, now.st_size, now.st_mtime_ns) == (
        before.st_ino,
        before.st_size,
        before.st_mtime_ns,
    ):
        file.unlink()  # else somebody has written to it since: the new one is taken next time


def _files_at_rest(folder: Path) -> Iterator[Path]:
    """Files below, by name, that have not changed for QUIET_SECONDS."""
    until = time.time() - QUIET_SECONDS  # the file system's own clock
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        for name in sorted(names):
            file = Path(parent) / name
            if _is_hidden(name) or name.lower().endswith(_UNFINISHED):
                continue
            try:
                found = file.lstat()
            except FileNotFoundError:
                continue
            if stat.S_ISREG(found.st_mode) and max(found.st_mtime, found.st_ctime) <= until:
                yield file


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in {"thumbs.db", "desktop.ini"}


def _write_readme(folder: Path, notes: list[str]) -> None:
    lines = [_EXPLANATION]
    if notes:
        lines.append("没能收的：")
        lines += [f"  {note}" for note in notes[:MOST_NOTES]]
        if len(notes) > MOST_NOTES:
            lines.append(f"  还有 {len(notes) - MOST_NOTES} 处。")
    text = "\n".join(lines) + "\n"
    file = folder / README
    # With the mark and line ends that Windows' Notepad of any age shows rightly.
    data = text.replace("\n", "\r\n").encode("utf-8-sig", "replace")
    if not file.is_file() or file.read_bytes() != data:
        draft = folder / ".读我.draft"
        draft.write_bytes(data)
        draft.replace(file)


# Mailbox


def collect_mail() -> int:
    """Give in the unseen mails of the mailbox QZ_MAIL_URL that QZ_MAIL_SENDERS sent; answers how many.

    A mail is marked seen once it is stored; those of others stay unseen. What goes wrong is kept
    in words for the page of sources and tried again with the next run. Without the address
    nothing is done.
    """
    if not settings.QZ_MAIL_URL:
        _set_trouble(None)
        return 0
    count = left = 0
    try:
        if not settings.QZ_MAIL_SENDERS:
            raise UserError("intake.mail_no_senders")
        with open_mailbox(parse_mail_url(settings.QZ_MAIL_URL)) as box:
            for uid in box.uids[-MOST_LOOKED_AT:]:
                if count >= MOST_MAILS:
                    break
                if _is_known_sender(_parse_head(box.head(uid))):
                    _take_mail(box, uid)
                    count += 1
                else:
                    left += 1
    except UserError as error:
        _set_trouble(error)
    else:
        _set_trouble(None)
    if left:
        logger.warning("mailbox: %d taken, %d of senders not listed left unread", count, left)
    return count


def _parse_head(data: bytes) -> EmailMessage:
    head = BytesParser(policy=policy.default).parsebytes(data, headersonly=True)
    assert isinstance(head, EmailMessage)
    return head


def _is_known_sender(head: EmailMessage) -> bool:
    """Whether the one address it is from, or that address's domain, is on the office's list."""
    # Of "chen@example.com <evil@example.org>" readers of mail make this or that: two are none.
    shown = " ".join(str(said) for name, said in head.raw_items() if name.lower() == "from")
    given = {address.lower() for address in _ADDRESS.findall(shown)}
    if len(given) != 1:
        return False
    address = given.pop()
    known = {sender.lower().removeprefix("@") for sender in settings.QZ_MAIL_SENDERS}
    return address in known or address.rpartition("@")[2] in known


def mail_trouble() -> Words | None:
    """Why the mailbox could not be emptied the last time, in words."""
    row = models.CollectingTrouble.objects.filter(name="mail").first()
    return describe(row.code, row.params) if row else None


def _set_trouble(error: UserError | None) -> None:
    rows = models.CollectingTrouble.objects
    if error is None:
        rows.filter(name="mail").delete()
    else:
        values = {"code": error.code, "params": _safe(error), "at": clock.now()}
        rows.update_or_create(name="mail", defaults=values)


def _safe(error: UserError) -> dict[str, object]:
    return {
        name: value if isinstance(value, int) else redact(str(value))
        for name, value in error.params.items()
    }


def _take_mail(box: Mailbox, uid: str) -> None:
    size = box.size(uid)
    limit = min(MOST_MAIL_BYTES, settings.QZ_MAX_UPLOAD_BYTES)
    data = box.head(uid) if size > limit else box.whole(uid)
    if not data:  # somebody has deleted it meanwhile
        return
    head = _parse_head(data)
    unit = _unit_of_mail(head)
    if unit is None:
        return  # there is no organisation yet: it stays unseen until there is
    name = f"{_header(head, 'subject') or '没有主题的邮件'}.eml"
    actor = Actor.program("mail")
    if size > limit:
        refuse_source(
            actor=actor,
            place=unit.path,
            kind=models.SourceKind.MAIL,
            name=name,
            size=size,
            error=UserError("intake.mail_too_big", name=name),
        )
    else:
        add_source(
            actor=actor,
            place=unit.path,
            kind=models.SourceKind.MAIL,
            name=name,
            stream=io.BytesIO(data),
            lawful_basis=models.LawfulBasis.DUTY,
        )
    box.mark_seen(uid)


def _unit_of_mail(head: EmailMessage) -> Unit | None:
    """The unit that the address names (box+FUAN@…, fuan@…), else the topmost.

    Shown names count for nothing: anybody writes there what he likes.
    """
    given = [
        _header(head, name) for name in ("delivered-to", "x-original-to", "to", "cc", "resent-to")
    ]
    for _shown, address in getaddresses([value for value in given if value]):
        local = address.partition("@")[0]
        for word in (local.partition("+")[2], local):
            if unit := _find_unit(word):
                return unit
    everywhere = Actor.program("mail").scope.narrowed(Permission.ORG_READ)
    return list_children(everywhere, None).filter(parent=None).first()


def _header(head: EmailMessage, name: str) -> str:
    """A header's text; broken ones as far as they can be read."""
    try:
        values = head.get_all(name) or []
    except (ValueError, IndexError, AttributeError):  # the parser's own faults on broken headers
        return ""
    return re.sub(r"[\r\n\0\ud800-\udfff]", " ", ", ".join(str(value) for value in values)).strip()


def _find_unit(name: str) -> Unit | None:
    name = name.strip()
    if not name:
        return None
    everywhere = Actor.program("inbox").scope.narrowed(Permission.ORG_READ)
    coded = list_units(everywhere, on=clock.now().date()).filter(code__iexact=name)[:2]
    return coded[0] if len(coded) == 1 else find_unit_by_name(name)
