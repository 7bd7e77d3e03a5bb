"""Mail files as mail programs write them, with their quirks of charset and name."""

from __future__ import annotations

import base64
import datetime as dt
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path

import pytest
import xlsxwriter

from qingzhuang.intake.inputs import read_paths
from qingzhuang.intake.types import ChannelKind, Message, Skip
from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.kit.pure.errors import describe


def _read(path: Path) -> tuple[list[Message], list[Skip]]:
    items = list(read_paths([path]))
    messages = [i for i in items if isinstance(i, Message)]
    skips = [i for i in items if isinstance(i, Skip)]
    for skip in skips:
        describe(skip.code, skip.params)
    return messages, skips


def _mail(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "区民政局 <mz@example.gov.cn>"
    mail["To"] = "street@example.gov.cn"
    mail["Date"] = "Mon, 2 Mar 2026 09:05:00 +0800"
    mail["Subject"] = "关于报送独居老人数据的通知"
    for name, value in headers.items():
        del mail[name]
        mail[name] = value
    return mail


def _save(path: Path, mail: EmailMessage | MIMEMultipart) -> Path:
    path.write_bytes(mail.as_bytes())
    return path


def test_mail_with_text(tmp_path: Path) -> None:
    mail = _mail()
    mail.set_content("各社区：\n\n请于周五前报送。\n")
    (message,), skips = _read(_save(tmp_path / "通知.eml", mail))
    assert skips == []
    assert message.channel is ChannelKind.DOCUMENT
    assert message.text == "关于报送独居老人数据的通知\n各社区：\n\n请于周五前报送。"
    assert message.sender == "区民政局"
    assert message.account == "mz@example.gov.cn"
    assert message.sent_at == dt.datetime(2026, 3, 2, 9, 5, tzinfo=CHINA)
    assert message.locator == "邮件正文"


def test_headers_and_body_in_bare_gbk_without_any_label(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    text = "From: 区住建局 <zj@example.gov.cn>\r\nSubject: 关于排查的通知\r\nDate: Mon, 2 Mar 2026 01:05:00 +0000\r\n\r\n请今日报送。\r\n"
    path.write_bytes(text.encode("gbk"))
    (message,), _ = _read(path)
    assert message.text == "关于排查的通知\n请今日报送。"
    assert message.sender == "区住建局"
    assert message.sent_at == dt.datetime(2026, 3, 2, 9, 5, tzinfo=CHINA)


def test_encoded_words_that_lie_about_their_charset_or_are_cut_inside_a_character(
    tmp_path: Path,
) -> None:
    raw = "关于镕城社区数据".encode("gbk")  # 镕 is not in GB2312, the label says it is
    one, two = (base64.b64encode(part).decode() for part in (raw[:5], raw[5:]))
    path = tmp_path / "a.eml"
    path.write_bytes(
        f"From: =?gb2312?B?{base64.b64encode('区局'.encode('gbk')).decode()}?= <a@b.cn>\n"
        f"Subject: =?gb2312?B?{one}?=\n =?gb2312?B?{two}?=\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: base64\n\n".encode()
        + base64.b64encode("请镕城报送。".encode("gbk")) + b"\n"
    )  # fmt: skip
    (message,), _ = _read(path)
    assert message.text == "关于镕城社区数据\n请镕城报送。"
    assert message.sender == "区局"
    assert message.sent_at is None


def test_forwarded_mail_keeps_what_was_forwarded(tmp_path: Path) -> None:
    mail = _mail(Subject="Fwd: 关于报数的通知")
    mail.set_content(
        "请阅。\n\n-------- 转发邮件 --------\n发件人：区残联\n主题：关于报数的通知\n\n请周五前报数。\n"
    )
    (message,), _ = _read(_save(tmp_path / "a.eml", mail))
    assert "转发邮件" in message.text
    assert message.text.endswith("请周五前报数。")


def test_page_alone_and_page_instead_of_a_useless_text(tmp_path: Path) -> None:
    page = "<html><body><div>各社区：</div><div>请报<b>名单</b>。</div><style>p{}</style></body></html>"
    alone = _mail()
    alone.set_content(page, subtype="html")
    both = _mail()
    both.set_content("请使用支持 HTML 的邮件软件查看")
    both.add_alternative(page, subtype="html")
    plain = _mail()
    plain.set_content("各社区：\n请报名单。")
    plain.add_alternative("<p>不该用这一份</p>", subtype="html")
    for name, mail in (("a", alone), ("b", both), ("c", plain)):
        (message,), _ = _read(_save(tmp_path / f"{name}.eml", mail))
        assert message.text == "关于报送独居老人数据的通知\n各社区：\n请报名单。"


def test_attachments_are_read_in_their_turn(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "x.xlsx"))
    page = book.add_worksheet("收文")
    page.write_row(0, 0, ["收文日期", "来文单位", "标题"])
    page.write_row(1, 0, ["2026-03-01", "区妇联", "通知一"])
    book.close()
    mail = _mail()
    mail.set_content("见附件。")
    data = (tmp_path / "x.xlsx").read_bytes()
    mail.add_attachment(
        data, maintype="application", subtype="octet-stream", filename="收文登记簿.xlsx"
    )
    mail.add_attachment(
        data, maintype="application", subtype="octet-stream", filename="收文登记簿.xlsx"
    )
    mail.add_attachment(
        "附件里的话".encode(), maintype="text", subtype="plain", filename="../../说明.txt"
    )
    path = _save(tmp_path / "a.eml", mail)
    messages, _ = _read(path)
    first, *rest = messages
    assert first.attachments == ("收文登记簿.xlsx", "说明.txt")
    assert [m.path for m in rest] == [
        f"{path}!/收文登记簿.xlsx", f"{path}!/收文登记簿(2).xlsx", f"{path}!/说明.txt",
    ]  # fmt: skip
    assert rest[0].sender == "区妇联"


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Disposition: attachment; filename*=GBK''%C3%FB%B5%A5.txt",
        b"Content-Disposition: attachment;\n filename*0*=utf-8''%E5%90%8D;\n filename*1*=%E5%8D%95.txt",
        b'Content-Disposition: attachment; filename="=?gb18030?B?w/u1pS50eHQ=?="',
        b'Content-Disposition: attachment; filename="' + "名单.txt".encode("gbk") + b'"',
        b'Content-Type: text/plain; name="=?utf-8?B?5ZCN5Y2VLnR4dA==?="',
    ],
)
def test_names_of_attachments_in_every_coding(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"From: a@b.cn\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=q\n\n"
        b"--q\n\nhello body\n--q\n" + header + "\n\n名单在此\n--q--\n".encode()
    )
    messages, _ = _read(path)
    assert messages[0].attachments == ("名单.txt",)


def test_a_mail_inside_a_mail_is_a_file_of_its_own(tmp_path: Path) -> None:
    inner = _mail(Subject="原来的通知")
    inner.set_content("原文在此。")
    outer = _mail(Subject="转发")
    outer.set_content("请看。")
    outer.add_attachment(inner)
    path = _save(tmp_path / "a.eml", outer)
    messages, _ = _read(path)
    assert [m.text for m in messages] == ["转发\n请看。", "原来的通知\n原文在此。"]
    assert messages[1].path == f"{path}!/原来的通知.eml"


def test_encrypted_mail_and_mail_with_nothing_are_told(tmp_path: Path) -> None:
    sealed = MIMEMultipart("encrypted")
    for name, value in _mail().items():
        if name.lower() != "mime-version":
            sealed[name] = value
    sealed.attach(MIMEText("x"))
    _, skips = _read(_save(tmp_path / "a.eml", sealed))
    assert [s.code for s in skips] == ["intake.document_encrypted"]
    empty = tmp_path / "b.eml"
    empty.write_bytes(b"From: a@b.cn\nDate: Mon, 2 Mar 2026 09:05:00 +0800\n\n")
    messages, skips = _read(empty)
    assert messages == []
    assert [s.code for s in skips] == ["intake.document_no_text"]


def test_every_cut_of_a_mail_ends_in_words(tmp_path: Path) -> None:
    mail = _mail()
    mail.set_content("各社区：请报送。")
    mail.add_attachment(
        b"PK\x03\x04" + bytes(200), maintype="application", subtype="zip", filename="包.zip"
    )
    whole = mail.as_bytes()
    path = tmp_path / "a.eml"
    for size in range(10, len(whole), 23):
        path.write_bytes(whole[:size])
        messages, skips = _read(path)
        assert messages or skips
