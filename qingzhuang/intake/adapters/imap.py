"""A mailbox over IMAP: unseen mails one by one, marked seen when the caller says so."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from qingzhuang.kit.pure.errors import UserError

TIMEOUT_SECONDS = 30
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e]+|&")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddress:
    """Where a mailbox is and who reads it, from imaps://user:password@host:port/folder."""

    host: str
    port: int
    user: str
    password: str
    folder: str

    def __repr__(self) -> str:  # never the password, in no log
        return f"MailAddress({self.host})"


def parse_mail_url(url: str) -> MailAddress:
    """The parts of the address. Raises UserError intake.mail_address_wrong, mail_not_secure."""
    try:
        parts = urlsplit(url)
        port = parts.port or 993
    except ValueError:
        raise UserError("intake.mail_address_wrong") from None
    if parts.scheme == "imap":
        raise UserError("intake.mail_not_secure")
    if parts.scheme != "imaps" or not parts.hostname or not parts.username:
        raise UserError("intake.mail_address_wrong")
    return MailAddress(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An open mailbox. `uids` are its unseen mails, oldest first."""

    connection: imaplib.IMAP4_SSL
    uids: tuple[str, ...]

    def size(self, uid: str) -> int:
        """Bytes of a mail, as the server says; 0 when it does not."""
        answer = self._fetch(uid, "(RFC822.SIZE)")
        found = _SIZE.search(b" ".join(part for part in answer if isinstance(part, bytes)))
        return int(found[1]) if found else 0

    def head(self, uid: str) -> bytes:
        """Its header lines; the mail stays unseen."""
        return self._literal(uid, "(BODY.PEEK[HEADER])")

    def whole(self, uid: str) -> bytes:
        """The mail as it came; it stays unseen. Empty when it is gone meanwhile."""
        return self._literal(uid, "(BODY.PEEK[])")

    def mark_seen(self, uid: str) -> None:
        self.connection.uid("STORE", uid, "+FLAGS", r"(\Seen)")

    def _literal(self, uid: str, what: str) -> bytes:
        for part in self._fetch(uid, what):
            if isinstance(part, tuple):
                return bytes(part[1])
        return b""

    def _fetch(self, uid: str, what: str) -> list[bytes | tuple[bytes, bytes]]:
        status, answer = self.connection.uid("FETCH", uid, what)
        if status != "OK":
            raise imaplib.IMAP4.abort(f"FETCH answered {status}")
        return [part for part in answer if part is not None]


@contextlib.contextmanager
def open_mailbox(address: MailAddress) -> Iterator[Mailbox]:
    """Log in over TLS, the certificate proved for the host, and select the folder.

    Raises UserError: intake.mail_untrusted, mail_unreachable (also while reading),
    mail_login_refused, mail_no_folder.
    """
    try:
        connection = imaplib.IMAP4_SSL(
            address.host,
            address.port,
            ssl_context=ssl.create_default_context(),
            timeout=TIMEOUT_SECONDS,
        )
    except ssl.SSLCertVerificationError:
        raise UserError("intake.mail_untrusted", host=address.host) from None
    except (OSError, imaplib.IMAP4.error):
        raise UserError("intake.mail_unreachable", host=address.host) from None
    try:
        _enter(connection, address)
        status, found = connection.uid("SEARCH", "UNSEEN")
        uids = found[0].decode("ascii").split() if status == "OK" and found[0] else []
        yield Mailbox(connection=connection, uids=tuple(uids))
    except (OSError, imaplib.IMAP4.error):
        raise UserError("intake.mail_unreachable", host=address.host) from None
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            connection.logout()


def _enter(connection: imaplib.IMAP4_SSL, address: MailAddress) -> None:
    try:
        connection.login(address.user, address.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeEncodeError):
        raise UserError("intake.mail_login_refused") from None
    name = encode_folder(address.folder).replace("\\", "\\\\").replace('"', '\\"')
    status, _ = connection.select(f'"{name}"')
    if status != "OK":
        raise UserError("intake.mail_no_folder", folder=address.folder)


def encode_folder(name: str) -> str:
    """A folder's name as IMAP writes it: '通知' → '&kBp35Q-' (RFC 3501, 5.1.3)."""

    def encode(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        packed = base64.b64encode(match[0].encode("utf-16-be")).decode("ascii")
        return "&" + packed.rstrip("=").replace("/", ",") + "-"

    return _BEYOND_ASCII.sub(encode, name)
