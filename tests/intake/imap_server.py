"""A small mail server that speaks IMAP over TLS: somebody else's system, with one mailbox."""

from __future__ import annotations

import datetime
import ipaddress
import re
import shlex
import socket
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def make_certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """A self-signed certificate with its key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


class MailServer:
    """`mails` lie in `folder`; `seen` are the places of those marked seen, from 1."""

    def __init__(self, certificate: Path, *, folder: str = "INBOX") -> None:
        self.mails: list[bytes] = []
        self.seen: set[int] = set()
        self.fetched: list[str] = []
        self.hang_up_at = ""  # a command at which the line is cut
        self._folder = folder
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(plain, server_side=True) as line:
                    self._talk(line)
            except (OSError, ssl.SSLError):
                continue

    def _talk(self, line: ssl.SSLSocket) -> None:
        line.sendall(b"* OK ready\r\n")
        reader = line.makefile("rb")
        while raw := reader.readline():
            tag, command = raw.decode("ascii").strip().split(" ", 1)
            if self.hang_up_at and self.hang_up_at in command:
                return
            line.sendall(self._answer(tag, command))
            if command == "LOGOUT":
                return

    def _answer(self, tag: str, command: str) -> bytes:
        words = shlex.split(command)
        done = f"{tag} OK done\r\n".encode()
        match words:
            case ["CAPABILITY"]:
                return b"* CAPABILITY IMAP4rev1\r\n" + done
            case ["LOGIN", "collect", "right"]:
                return done
            case ["LOGIN", *_]:
                return f"{tag} NO wrong\r\n".encode()
            case ["SELECT", name]:
                known = name == self._folder
                found = f"* {len(self.mails)} EXISTS\r\n".encode()
                return found + done if known else f"{tag} NO no such folder\r\n".encode()
            case ["UID", "SEARCH", "UNSEEN"]:
                new = [str(n) for n in range(1, len(self.mails) + 1) if n not in self.seen]
                return f"* SEARCH {' '.join(new)}\r\n".encode() + done
            case ["UID", "FETCH", uid, *what]:
                return self._fetch(int(uid), " ".join(what)) + done
            case ["UID", "STORE", uid, "+FLAGS", r"(\Seen)" | "(Seen)"]:
                self.seen.add(int(uid))
                return done
        return done if words[0] in ("LOGOUT", "CLOSE", "NOOP") else f"{tag} BAD\r\n".encode()

    def _fetch(self, uid: int, what: str) -> bytes:
        self.fetched.append(what)
        mail = self.mails[uid - 1]
        if "RFC822.SIZE" in what:
            return f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(mail)})\r\n".encode()
        assert "PEEK" in what, "fetching must not mark anything seen"
        name = re.search(r"BODY\.PEEK(\[\w*\])", what)
        assert name
        if name[1] == "[HEADER]":
            mail = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        head = f"* {uid} FETCH (UID {uid} BODY{name[1]} {{{len(mail)}}}\r\n".encode()
        return head + mail + b")\r\n"
