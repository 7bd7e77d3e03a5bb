"""Word, WPS, RTF, PDF, OFD, web pages and pictures: one notice, the same message from each."""

from __future__ import annotations

import datetime as dt
import shutil
import struct
import zipfile
from pathlib import Path

import docx
import olefile
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from qingzhuang.intake.adapters import ocr
from qingzhuang.intake.adapters.layout import Run, lines_of, paragraphs
from qingzhuang.intake.adapters.ofd import expand_deltas
from qingzhuang.intake.adapters.rtf import strip_rtf
from qingzhuang.intake.inputs import read_paths
from qingzhuang.intake.types import ChannelKind, Message, Skip
from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.kit.pure.errors import describe

FIXTURES = Path(__file__).parent.parent / "fixtures"
TITLE = "江岚区民政局关于开展独居老人探访情况统计工作的通知"


def _read(*paths: Path) -> tuple[list[Message], list[Skip]]:
    items = list(read_paths(paths))
    messages = [i for i in items if isinstance(i, Message)]
    skips = [i for i in items if isinstance(i, Skip)]
    for skip in skips:
        describe(skip.code, skip.params)
    return messages, skips


def _check_notice(message: Message) -> None:
    assert message.channel is ChannelKind.DOCUMENT
    assert message.sender == "江岚区民政局"
    assert message.sent_at == dt.datetime(2026, 3, 2, 9, tzinfo=CHINA)
    assert message.attachments[:2] == ("独居老人探访情况统计表", "填报说明")
    lines = message.text.splitlines()
    assert lines[0] == TITLE
    assert lines[1:4] == ["江岚区民政局文件", "江民发〔2026〕12号", "各镇（街道）、各社区："]
    assert any(line.startswith("二、请于2026年3月10日17:00前将统计表报送") for line in lines)


# ---- Word ----------------------------------------------------------------------------------------


def _notice_docx(path: Path) -> Path:
    document = docx.Document()
    for line in ("江岚区民政局文件", "江民发〔2026〕12号", TITLE, "各镇（街道）、各社区："):
        document.add_paragraph(line)
    document.add_paragraph("为掌握底数，请认真组织落实。")
    document.add_paragraph("二、请于2026年3月10日17:00前将统计表报送至区民政局。")
    table = document.add_table(2, 3)
    for column, words in enumerate((("社区", "兴华"), ("人数", "12"), ("备注", ""))):
        for row, word in enumerate(words):
            table.cell(row, column).text = word
    for line in ("附件：1.独居老人探访情况统计表", "2.填报说明", "江岚区民政局", "2026年3月2日"):
        document.add_paragraph(line)
    document.sections[0].footer.paragraphs[0].text = "— 1 —"
    document.save(str(path))
    return path


def test_docx(tmp_path: Path) -> None:
    (message,), skips = _read(_notice_docx(tmp_path / "通知.docx"))
    assert skips == []
    _check_notice(message)
    assert "社区 | 人数 | 备注\n兴华 | 12 |" in message.text
    assert "— 1 —" not in message.text


def test_docx_is_known_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    path = _notice_docx(tmp_path / "a.docx").rename(tmp_path / "通知.wps")
    (message,), _ = _read(path)
    _check_notice(message)


def test_docx_boxes_numbers_insertions_and_embedded_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "通知.docx"
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "江岚区工作群管理"
    box = parse_xml(
        f"<w:r {nsdecls('w')} xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>"
        "<mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>江岚区残联文件</w:t></w:r></w:p>"
        "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>江岚区残联文件</w:t></w:r>"
        "</w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
    )
    document.add_paragraph("关于核实名单的通知")._p.append(box)
    document.add_paragraph("先报底数", style="List Number")
    document.add_paragraph("再报名单", style="List Number")
    changed = document.add_paragraph("时限")
    for tag, text, inner in (("ins", "周五", "t"), ("del", "周四", "delText")):
        changed._p.append(
            parse_xml(f"<w:{tag} {nsdecls('w')}><w:r><w:{inner}>{text}</w:{inner}></w:r></w:{tag}>")
        )
    document.save(str(path))
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("word/embeddings/名单.xlsx", b"x")
    (message,), skips = _read(path)
    assert skips == []
    lines = message.text.splitlines()
    assert lines.count("江岚区残联文件") == 1
    assert "1.先报底数" in lines
    assert "2.再报名单" in lines
    assert "时限周五" in lines
    assert "江岚区工作群管理" in lines
    assert message.sender == "江岚区残联"
    assert message.attachments == ("名单.xlsx",)


@pytest.mark.parametrize("name", ["notice.doc", "notice.rtf"])
def test_word_binary_and_rtf_made_by_an_office_program(name: str, tmp_path: Path) -> None:
    (message,), skips = _read(FIXTURES / "documents" / name)
    assert skips == []
    _check_notice(message)
    assert "社区 | 人数 | 备注\n兴华 | 12 |\n福安 |  | 无" in message.text
    # The same bytes under the names that offices give them.
    for other in ("通知.wps", "通知.doc", "通知.docx"):
        copy = tmp_path / other
        shutil.copy(FIXTURES / "documents" / name, copy)
        assert _read(copy)[0][0].text == message.text


def test_encrypted_doc_is_told(tmp_path: Path) -> None:
    path = tmp_path / "密.doc"
    shutil.copy(FIXTURES / "documents" / "notice.doc", path)
    with olefile.OleFileIO(str(path), write_mode=True) as ole:
        stream = bytearray(ole.openstream("WordDocument").read())
        flags = struct.unpack_from("<H", stream, 0x0A)[0]
        struct.pack_into("<H", stream, 0x0A, flags | 0x0100)
        ole.write_stream("WordDocument", bytes(stream))
    messages, skips = _read(path)
    assert messages == []
    assert [s.code for s in skips] == ["intake.document_encrypted"]


def test_rtf_words() -> None:
    gbk = "".join(f"\\'{b:02x}" for b in "通知".encode("gbk"))
    data = (
        "{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fcharset134 SimSun;}{\\f1\\fcharset0 Arial;}}"
        f"{{\\*\\generator x;}}\\f0 {gbk}\\par \\uc1\\u19968?\\u-28668?{{\\pict 00ff}}\\f1 {gbk}\\line a\\{{b\\}}}}"
    )
    assert strip_rtf(data.encode("latin-1")) == "通知\n一逄通知\na{b}"


# ---- pages ---------------------------------------------------------------------------------------


def test_lines_are_gathered_and_joined_to_paragraphs() -> None:
    runs = [
        Run(text="关于报数的通知", left=200, right=350, top=50, size=22),
        Run(
            text="为掌握底数切实做好关爱服务工作现就有关事", left=132, right=500, top=100.5, size=16
        ),
        Run(text="项通知如下。", left=100, right=196, top=130, size=16),
        Run(text="一、范围。", left=132, right=212, top=160, size=16),
        Run(text="兴华", left=100, right=132, top=190, size=16),
        Run(text="12", left=300, right=316, top=191, size=16),
        Run(text="— 1 —", left=250, right=290, top=800, size=12),
    ]
    assert paragraphs([lines_of(runs)]) == (
        "关于报数的通知\n为掌握底数切实做好关爱服务工作现就有关事项通知如下。\n一、范围。\n兴华  12"
    )


def test_deltas() -> None:
    assert expand_deltas("g 3 4.5 5 g 2 1") == [4.5, 4.5, 4.5, 5.0, 1.0, 1.0]
    assert expand_deltas("3 g 2") == [3.0]
    assert len(expand_deltas("g 999999999 1")) == 10_000


def _ofd(path: Path, pages: list[str], *, documents: int = 1, extra: str = "") -> Path:
    ofd = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    with zipfile.ZipFile(path, "w") as package:
        bodies = "".join(
            f"<ofd:DocBody><ofd:DocRoot>Doc_{n}/Document.xml</ofd:DocRoot></ofd:DocBody>"
            for n in range(documents)
        )
        package.writestr("OFD.xml", f"<ofd:OFD {ofd}>{bodies}</ofd:OFD>")
        for n in range(documents):
            listed = "".join(
                f'<ofd:Page ID="{i}" BaseLoc="Pages/Page_{i}/Content.xml"/>'
                for i in range(len(pages))
            )
            package.writestr(
                f"Doc_{n}/Document.xml",
                f"<ofd:Document {ofd}><ofd:CommonData/><ofd:Pages>{listed}</ofd:Pages>"
                f"<ofd:Attachments>/Doc_{n}/Attachs/Attachments.xml</ofd:Attachments></ofd:Document>",
            )
            package.writestr(
                f"Doc_{n}/Attachs/Attachments.xml",
                f'<ofd:Attachments {ofd}><ofd:Attachment ID="1" Name="名单" Format="xlsx">'
                "<ofd:FileLoc>a.xlsx</ofd:FileLoc></ofd:Attachment></ofd:Attachments>",
            )
            for i, page in enumerate(pages):
                package.writestr(
                    f"Doc_{n}/Pages/Page_{i}/Content.xml",
                    f"<ofd:Page {ofd}><ofd:Content><ofd:Layer>{page}</ofd:Layer></ofd:Content></ofd:Page>",
                )
        if extra:
            package.writestr(extra, "<x/>")
    return path


def _text_object(text: str, x: float, y: float, *, size: float = 5, more: str = "") -> str:
    deltas = f"g {len(text) - 1} {size}" if len(text) > 1 else ""
    return (
        f'<ofd:TextObject Boundary="{x} {y} 200 10" Size="{size}" {more}>'
        f'<ofd:TextCode X="0" Y="{size}" DeltaX="{deltas}">{text}</ofd:TextCode></ofd:TextObject>'
    )


def test_ofd(tmp_path: Path) -> None:
    lines = [
        ("江岚区民政局文件", 60), ("江民发〔2026〕12号", 70), (TITLE, 20), ("各镇（街道）、各社区：", 20),
        ("二、请于2026年3月10日17:00前将统计表报送至区民政局。", 30), ("附件：1.独居老人探访情况统计表", 30),
        ("2.填报说明", 45), ("江岚区民政局", 120), ("2026年3月2日", 120),
    ]  # fmt: skip
    objects = [_text_object(text, x, 20 + 10 * n) for n, (text, x) in enumerate(lines)]
    page = "".join(reversed(objects))  # the file's order is not the reader's
    (message,), skips = _read(_ofd(tmp_path / "通知.ofd", [page]))
    assert skips == []
    _check_notice(message)
    assert message.attachments[2:] == ("名单.xlsx",)


def test_ofd_characters_one_by_one_scaled_pages_scanned_and_several_documents(
    tmp_path: Path,
) -> None:
    single = "".join(_text_object(c, 20 + 5 * n, 20) for n, c in enumerate("关于报数的函"))
    scaled = _text_object("请各社区报送", 20, 40, size=10, more='CTM="0.5 0 0 0.5 0 0"')
    gap = (
        '<ofd:TextObject Boundary="20 60 200 10" Size="5"><ofd:TextCode X="0" Y="5" '
        'DeltaX="5 60 5">兴华十二</ofd:TextCode></ofd:TextObject>'
    )
    pages = [single + scaled + gap, '<ofd:ImageObject Boundary="0 0 210 297" ResourceID="3"/>']
    messages, skips = _read(_ofd(tmp_path / "a.ofd", pages, documents=2))
    assert [m.text for m in messages][:1] == ["关于报数的函\n请各社区报送\n兴华  十二"]
    assert [m.locator for m in messages] == ["第1个文档", "第2个文档"]
    assert {(s.locator, s.code) for s in skips} == {("第2页", "intake.scan_needs_ocr")}


def test_encrypted_ofd(tmp_path: Path) -> None:
    _, skips = _read(_ofd(tmp_path / "a.ofd", [""], extra="Encryptions.xml"))
    assert [s.code for s in skips] == ["intake.document_encrypted"]


def _pdf(path: Path, pages: int, *, picture: bool) -> Path:
    """The smallest PDF that pdfium takes: pages with a picture or with nothing."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    kids = " ".join(f"{4 + n} 0 R" for n in range(pages))
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode())
    objects.append(
        b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Length 1>>stream\n\x80\nendstream"
    )
    content = b"q 500 0 0 700 0 0 cm /I Do Q" if picture else b" "
    for _ in range(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 3 0 R>>>>"
            + f"/Contents {4 + pages} 0 R>>".encode()
        )
    objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
    path.write_bytes(bytes(out))
    return path


def test_scanned_pages_are_named_and_blank_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingzhuang.intake.adapters.pdf.has_ocr", lambda: False)
    messages, skips = _read(_pdf(tmp_path / "扫描.pdf", 2, picture=True))
    assert messages == []
    assert [(s.locator, s.code) for s in skips] == [
        ("第1页", "intake.scan_needs_ocr"),
        ("第2页", "intake.scan_needs_ocr"),
    ]
    _, skips = _read(_pdf(tmp_path / "空白.pdf", 1, picture=False))
    assert [s.code for s in skips] == ["intake.document_no_text"]


def test_pictures_without_the_extra_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "has_ocr", lambda: False)
    for name, start in {
        "截图.png": b"\x89PNG\r\n\x1a\n", "截图.jpg": b"\xff\xd8\xff\xe0", "截图.webp": b"RIFF\x00\x00\x00\x00WEBP",
    }.items():  # fmt: skip
        path = tmp_path / name
        path.write_bytes(start + bytes(100))
        _, (skip,) = _read(path)
        assert skip.code == "intake.image_needs_ocr"
        assert "qingzhuang[ocr]" in describe(skip.code, skip.params).next_step


@pytest.mark.slow
@pytest.mark.skipif(not ocr.has_ocr(), reason="the extra ocr is not installed")
def test_ocr_reads_an_empty_picture_as_no_text(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "白.png"
    Image.new("RGB", (200, 100), "white").save(path)
    _, skips = _read(path)
    assert [s.code for s in skips] == ["intake.image_no_text"]


# ---- web pages -----------------------------------------------------------------------------------


def test_page_of_a_government_site(tmp_path: Path) -> None:
    path = tmp_path / "通知.html"
    page = (
        "<!DOCTYPE html><html><head><meta charset='gb2312'><title>关于报数的通知_江岚区人民政府</title>"
        "<meta name='ArticleTitle' content='关于报数的通知'><meta name='PubDate' content='2026-03-02 10:22'>"
        "<meta name='ContentSource' content='区民政局'></head><body><nav>首页 走进江岚</nav>"
        "<div class='TRS_Editor'><p>各社区：</p><p>请于<b>周五</b>前报送。<br>零报告。</p>"
        "<a href='/x/P02.xls'>附件1：独居老人统计表</a><script>var a=1</script></div>"
        "<footer>版权所有</footer></body></html>"
    )
    path.write_bytes(page.encode("gb18030"))
    (message,), skips = _read(path)
    assert skips == []
    assert (
        message.text
        == "关于报数的通知\n各社区：\n请于周五前报送。\n零报告。\n附件1：独居老人统计表"
    )
    assert message.sender == "区民政局"
    assert message.sent_at == dt.datetime(2026, 3, 2, 10, 22, tzinfo=CHINA)
    assert message.attachments == ("独居老人统计表", "独居老人统计表.xls")


def test_saved_wechat_article(tmp_path: Path) -> None:
    path = tmp_path / "文章.html"
    path.write_text(
        "<!DOCTYPE html><html><head><title></title><meta property='og:title' content='停水通知'></head><body>"
        "<h1 id='activity-name'> 停水通知 </h1><a id='js_name'> 江岚发布 </a>"
        "<div id='js_content' style='visibility:hidden;display:none'><section><p>明天9点停水，请储水。</p>"
        "<p style='display:none'>看不见的</p></section></div><script>var ct = '1772413500';</script></body></html>",
        encoding="utf-8",
    )
    (message,), _ = _read(path)
    assert message.text == "停水通知\n明天9点停水，请储水。"
    assert message.sender == "江岚发布"
    assert message.sent_at == dt.datetime(2026, 3, 2, 9, 5, tzinfo=CHINA)


def test_web_page_named_doc_and_a_page_saved_whole(tmp_path: Path) -> None:
    page = "<html><body><p>关于报数的函</p><p>请各社区报送。</p></body></html>"
    named = tmp_path / "函.doc"
    named.write_text(page, encoding="utf-8")
    saved = tmp_path / "函.mht"
    saved.write_bytes(
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.gov.cn/a\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + page.encode() + b"\r\n--x--\r\n"
    )  # fmt: skip
    for path in (named, saved):
        (message,), _ = _read(path)
        assert message.text == "关于报数的函\n请各社区报送。"
