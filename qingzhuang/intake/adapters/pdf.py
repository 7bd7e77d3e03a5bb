"""PDF: the text layer page by page, lines joined to paragraphs; pages without text named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qingzhuang.intake.adapters.layout import Run, lines_of, paragraphs, typed
from qingzhuang.intake.adapters.ocr import has_ocr, lines_of_picture
from qingzhuang.intake.adapters.official import document_message
from qingzhuang.intake.adapters.streams import base_name, seekable
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import fold_width

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

_SCAN_SCALE = 200 / 72  # 200 dpi reads small print and takes half a second a page
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_PAGES_LIMIT = 3000


class PdfReader:
    name = "pdf"

    def rate(self, blob: Blob, head: bytes) -> int:
        return 3 if b"%PDF-" in head[:1024] else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        import pypdfium2

        name = base_name(blob.path)
        pages: list[list[Run]] = []
        skips: list[Skip] = []
        attached: list[str] = []
        with seekable(blob) as stream:
            try:
                document = pypdfium2.PdfDocument(stream)
            except pypdfium2.PdfiumError as error:
                if getattr(error, "err_code", None) == _PASSWORD:
                    yield _skip(blob, "intake.document_encrypted", "全文")
                    return
                raise UserError("intake.document_damaged", name=name) from error
            try:
                attached = [
                    document.get_attachment(n).get_name()
                    for n in range(document.count_attachments())
                ]
                for number in range(min(len(document), _PAGES_LIMIT)):
                    place = f"第{number + 1}页"
                    try:
                        page = document[number]
                    except pypdfium2.PdfiumError:
                        skips.append(_skip(blob, "intake.page_damaged", place))
                        continue
                    lines = _read_page(page)
                    if not lines and _has_picture(page):
                        if has_ocr():
                            lines = _scan(page)
                        else:
                            skips.append(_skip(blob, "intake.scan_needs_ocr", place))
                    pages.append(lines)
                    page.close()
                if len(document) > _PAGES_LIMIT:
                    skips.append(_skip(blob, "intake.document_too_long", f"第{_PAGES_LIMIT}页以后"))
            finally:
                document.close()
        message = document_message(path=blob.path, text=paragraphs(pages), attachments=attached)
        if message:
            yield message
        elif not skips:
            yield _skip(blob, "intake.document_no_text", "全文")
        yield from skips


def _skip(blob: Blob, code: str, place: str) -> Skip:
    params = {"name": base_name(blob.path), "place": place}
    return Skip(path=blob.path, locator=place, code=code, params=params)


def _read_page(page: PdfPage) -> list[Run]:
    """The page's lines with their places, radicals mended, in the order of the page."""
    import ctypes

    from pypdfium2 import raw

    height = page.get_height()
    text_page = page.get_textpage()
    runs: list[Run] = []
    box = [ctypes.c_double() for _ in range(4)]  # left, right, bottom, top
    text, left, right, top, size = "", 0.0, 0.0, 0.0, 0.0
    for index in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(text_page, index)
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        if character in ("", "\ufffe", "\uffff"):
            continue
        if character in "\r\n":
            if text.strip():
                runs.append(_run(text, left, right, top, size))
            text = ""
            continue
        if character.isspace():
            text += " " if text else ""
            continue
        raw.FPDFText_GetCharBox(text_page, index, *box)
        type_size = raw.FPDFText_GetFontSize(text_page, index)
        if not text:
            left, size = box[0].value, 0.0
            top = height - (box[2].value + box[3].value) / 2
        elif box[0].value - right > 2 * max(size, 1.0):
            runs.append(_run(text, left, right, top, size))  # a column of a table begins
            text, left, size = "", box[0].value, 0.0
        text += character
        right = box[1].value
        size = max(size, type_size if type_size > 1 else box[3].value - box[2].value)
    if text.strip():
        runs.append(_run(text, left, right, top, size))
    text_page.close()
    return lines_of(runs)


def _run(text: str, left: float, right: float, top: float, size: float) -> Run:
    # Only radicals and invisible marks are mended: full-width signs of the text stay.
    text = text.replace("\xad", "-")  # typesetters' hyphen between figures, invisible elsewhere
    mended = "".join(
        fold_width(c) if "\u2e80" <= c <= "\u2fdf" or "\uf900" <= c <= "\ufaff" else c for c in text
    )
    mended = typed(mended)
    return Run(text=mended, left=left, right=right, top=top, size=size or 1.0)


def _has_picture(page: PdfPage) -> bool:
    from pypdfium2 import raw

    # A scan is a picture; a form drawn as paths without text (fonts as outlines) is unreadable too.
    kinds = {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_FORM}
    return any(found.type in kinds for found in page.get_objects(max_depth=2))


def _scan(page: PdfPage) -> list[Run]:
    return lines_of_picture(page.render(scale=_SCAN_SCALE).to_numpy())


READERS: tuple[Reader, ...] = (PdfReader(),)
