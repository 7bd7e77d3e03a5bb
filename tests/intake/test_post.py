"""What comes by itself: the inbox folder, and the mailbox on a server of somebody else's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from qingzhuang.intake import post
from qingzhuang.intake.adapters.imap import encode_folder, parse_mail_url
from qingzhuang.intake.models import Ask, LawfulBasis, Source, SourceKind
from qingzhuang.kit.jobs.worker import run_ready_jobs, run_twice
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.models import Unit

from .conftest import Town, qq_group
from .imap_server import MailServer, make_certificate

pytestmark = pytest.mark.django_db
GROUP = qq_group([("2026-03-02 08:30:00", "小陈(10001)", "请各社区3月6日前报《高龄津贴表》。")])


def sources() -> Any:
    return Source.objects.unscoped("test").order_by("pk")


def lay(folder: Path, name: str, data: str | bytes = GROUP, *, age: float = 60) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    os.utime(file, (time.time() - age,) * 2)
    return file


@pytest.fixture
def inbox(town: Town, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(post, "QUIET_SECONDS", -5)  # a file's ctime cannot be set back
    return own_home / "inbox"


def test_the_first_run_makes_the_folder_and_says_what_it_is_for(inbox: Path) -> None:
    assert post.collect_inbox() == 0
    text = (inbox / "读我.txt").read_text("utf-8-sig")
    assert "以单位命名的文件夹" in text
    assert "没能收的" not in text


def test_files_of_a_unit_are_taken_in_and_leave(inbox: Path, town: Town) -> None:
    file = lay(inbox, "荷塘社区/三月/群.txt")
    assert post.collect_inbox() == 1
    assert not file.exists()
    source = sources().get()
    assert (source.place, source.kind, source.name) == (
        town.pond.path, SourceKind.INBOX, "荷塘社区/三月/群.txt",
    )  # fmt: skip
    assert source.lawful_basis == LawfulBasis.DUTY
    run_ready_jobs()
    assert Ask.objects.unscoped("test").filter(place=town.pond.path).count() == 1


def test_a_folder_may_be_called_by_the_units_code(inbox: Path, town: Town) -> None:
    Unit.objects.unscoped("test").filter(pk=town.bridge.pk).update(code="SQ02")
    lay(inbox, "sq02/群.txt")
    assert post.collect_inbox() == 1
    assert sources().get().place == town.bridge.path


def test_what_belongs_to_nobody_stays_and_is_named(inbox: Path) -> None:
    stray = lay(inbox, "散的.txt")
    unknown = lay(inbox, "没有的社区/群.txt")
    assert post.collect_inbox() == 0
    assert stray.exists()
    assert unknown.exists()
    text = (inbox / "读我.txt").read_text("utf-8-sig")
    assert "散的.txt" in text
    assert "没有的社区" in text
    stray.unlink()
    unknown.unlink()
    unknown.parent.rmdir()
    post.collect_inbox()
    assert "没能收的" not in (inbox / "读我.txt").read_text("utf-8-sig")


def test_files_still_on_their_way_hidden_ones_and_links_are_left(
    inbox: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(inbox, "荷塘社区/下载中.txt.part")
    lay(inbox, "荷塘社区/~$表.docx")
    lay(inbox, "荷塘社区/.DS_Store")
    outside = lay(own_home, "别处.txt")
    (inbox / "荷塘社区" / "链接.txt").symlink_to(outside)
    (inbox / "荷塘社区" / "圈").symlink_to(inbox)
    os.mkfifo(inbox / "荷塘社区" / "管道")
    assert post.collect_inbox() == 0
    monkeypatch.setattr(post, "QUIET_SECONDS", 10)
    growing = lay(inbox, "荷塘社区/正在拷.txt", age=0)
    assert post.collect_inbox() == 0
    assert growing.exists()
    assert outside.exists()
    assert not sources().exists()


def test_killed_between_storing_and_removing_nothing_is_read_twice(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = lay(inbox, "荷塘社区/群.txt")

    unlink = Path.unlink

    def die(self: Path, missing_ok: bool = False) -> None:
        if self == file:
            raise KeyboardInterrupt
        unlink(self, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            post.collect_inbox()
    assert file.exists()
    run_ready_jobs()
    assert post.collect_inbox() == 1
    run_ready_jobs()
    assert not file.exists()
    assert [source.state for source in sources()] == ["done", "repeated"]
    assert Ask.objects.unscoped("test").count() == 1


def test_a_file_that_is_too_large_stays_and_is_named(inbox: Path, settings: Any) -> None:
    settings.QZ_MAX_UPLOAD_BYTES = 100
    file = lay(inbox, "荷塘社区/大.txt")
    assert post.collect_inbox() == 0
    assert file.exists()
    assert "大.txt" in (inbox / "读我.txt").read_text("utf-8-sig")
    assert not sources().exists()


def test_the_jobs_may_run_twice(inbox: Path) -> None:
    lay(inbox, "荷塘社区/群.txt")
    run_twice("intake.collect_inbox")
    run_twice("intake.collect_mail")
    assert sources().count() == 1


# Mailbox


@pytest.fixture
def server(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[MailServer]:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    running = MailServer(certificate, folder=encode_folder("通知"))
    settings.QZ_MAIL_URL = f"imaps://collect:right@127.0.0.1:{running.port}/通知"
    settings.QZ_MAIL_SENDERS = ["Chen@example.com", "@office.example"]
    yield running
    running.close()


def mail(
    text: str = "请各社区3月6日前报送《高龄津贴发放表》。",
    *,
    to: str = "box@example.com",
    **more: str,
) -> bytes:
    message = EmailMessage()
    message["Subject"] = "转发：关于报送高龄津贴的通知"
    message["From"] = more.get("sender", "小陈 <chen@example.com>")
    message["To"] = to
    message["Date"] = "Mon, 02 Mar 2026 08:30:00 +0800"
    message.set_content(text)
    return message.as_bytes().replace(b"\n", b"\r\n")


def test_unseen_mails_are_taken_in_and_then_marked_seen(server: MailServer, town: Town) -> None:
    server.mails = [mail(), mail("请各社区3月9日前报送《孤儿名册》。")]
    server.seen = {1}
    assert post.collect_mail() == 1
    assert server.seen == {1, 2}
    source = sources().get()
    assert (source.kind, source.place) == (SourceKind.MAIL, town.district.path)
    assert source.name == "转发：关于报送高龄津贴的通知.eml"
    run_ready_jobs()
    ask = Ask.objects.unscoped("test").get()
    assert ask.forms == ["孤儿名册"]
    assert post.collect_mail() == 0
    assert post.mail_trouble() is None


@pytest.mark.parametrize(
    ("to", "sender", "unit"),
    [
        ("box+HT01@example.com", "小陈 <chen@example.com>", "pond"),
        ("ht01@example.com", "小陈 <c@office.example>", "pond"),
        ("=?utf-8?b?6I235aGY56S+5Yy6?= <box@example.com>", "小陈 <chen@example.com>", "district"),
        ("box@example.com", "石桥社区 <chen@example.com>", "district"),
    ],
)
def test_the_unit_is_found_from_the_address_and_from_no_shown_name(
    server: MailServer, town: Town, to: str, sender: str, unit: str
) -> None:
    Unit.objects.unscoped("test").filter(pk=town.pond.pk).update(code="HT01")
    server.mails = [mail(to=to, sender=sender)]
    post.collect_mail()
    assert sources().get().place == getattr(town, unit).path


def test_mails_of_senders_who_are_not_listed_stay_unread(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.mails = [
        mail(sender="chen@example.com <evil@elsewhere.example>"),
        mail(sender="小陈 <chen@example.com.elsewhere.example>"),
        mail(sender="chen@example.com, evil@elsewhere.example"),
        mail(sender="小陈 <chen@example.com>"),
    ]
    assert post.collect_mail() == 1
    assert server.seen == {4}
    assert sources().count() == 1
    assert "1 taken, 3 of senders not listed" in caplog.text


def test_without_a_list_of_senders_nothing_is_taken_and_that_is_said(
    server: MailServer, settings: Any
) -> None:
    settings.QZ_MAIL_SENDERS = []
    server.mails = [mail()]
    assert post.collect_mail() == 0
    assert not server.fetched
    trouble = post.mail_trouble()
    assert trouble is not None
    assert "QZ_MAIL_SENDERS" in trouble.next_step


def test_a_mail_that_is_too_large_is_told_and_not_fetched(
    server: MailServer, settings: Any
) -> None:
    settings.QZ_MAX_UPLOAD_BYTES = 1_000
    server.mails = [mail("长" * 2_000)]
    post.collect_mail()
    assert sources().get().error_code == "intake.mail_too_big"
    assert not any("BODY.PEEK[]" in what for what in server.fetched)
    assert server.seen == {1}


@pytest.mark.parametrize("command", ["SEARCH", "RFC822.SIZE", "BODY.PEEK[]", "STORE"])
def test_a_line_that_is_cut_loses_nothing_and_doubles_nothing(
    server: MailServer, command: str
) -> None:
    server.mails = [mail()]
    server.hang_up_at = command
    post.collect_mail()
    run_ready_jobs()
    trouble = post.mail_trouble()
    assert trouble is not None
    assert "信都还在信箱里" in trouble.message
    assert not server.seen
    server.hang_up_at = ""
    post.collect_mail()
    run_ready_jobs()
    assert post.mail_trouble() is None
    assert server.seen == {1}
    assert Ask.objects.unscoped("test").count() == 1


def test_wrong_password_and_wrong_folder_are_said(server: MailServer, settings: Any) -> None:
    right = settings.QZ_MAIL_URL
    for url, words in (
        (right.replace("right", "wrong"), "拒绝登录"),
        (right.replace("通知", "没有"), "没有“没有”这个文件夹"),
        (right.replace("imaps", "imap"), "没有用加密连接"),
        ("nonsense", "写得不对"),
        ("imaps://collect:right@127.0.0.1:1/x", "连不上"),
    ):
        settings.QZ_MAIL_URL = url
        assert post.collect_mail() == 0
        trouble = post.mail_trouble()
        assert trouble is not None
        assert words in trouble.message
    settings.QZ_MAIL_URL = ""
    post.collect_mail()
    assert post.mail_trouble() is None


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    server.mails = [mail()]
    assert post.collect_mail() == 0
    trouble = post.mail_trouble()
    assert trouble is not None
    assert "证书不可信" in trouble.message
    assert not server.fetched


def test_addresses_with_signs_and_chinese_folders() -> None:
    address = parse_mail_url("imaps://a%40b.cn:p%2Fw%40@mail.example.com/%E9%80%9A%E7%9F%A5")
    assert (address.user, address.password) == ("a@b.cn", "p/w@")
    assert (address.host, address.port, address.folder) == ("mail.example.com", 993, "通知")
    assert "p/w" not in repr(address)
    assert encode_folder("通知") == "&kBp35Q-"
    assert encode_folder("A&B") == "A&-B"
    with pytest.raises(UserError, match=r"intake\.mail_address_wrong"):
        parse_mail_url("imaps://host:port/x")
