"""OFD, China's own page format (GB/T 33190-2016): text objects by their place on the page.

A zip of XML: OFD.xml → Document.xml → Pages/Page_N/Content.xml. Signatures are not judged here.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from qingzhuang.intake.adapters.layout import Run, lines_of, paragraphs, typed
from qingzhuang.intake.adapters.official import document_message
from qingzhuang.intake.adapters.streams import base_name, check_package, is_package, seekable
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.errors import UserError

_Matrix = tuple[float, float, float, float, float, float]
_SAME: _Matrix = (1, 0, 0, 1, 0, 0)
_PAGES_LIMIT = 3000


class OfdReader:
    name = "ofd"

    def rate(self, blob: Blob, head: bytes) -> int:
        return 3 if is_package(blob, head, "OFD.xml") else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        try:
            with seekable(blob) as stream, zipfile.ZipFile(stream) as archive:
                refused = check_package(blob, archive)
                if refused:
                    yield refused
                    return
                yield from _read_package(blob, _Package(archive))
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
            raise UserError("intake.document_damaged", name=base_name(blob.path)) from error


class _Package:
    """Parts of the zip by the locations OFD writes: absolute, relative, in any case."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {
            name.replace("\\", "/").lstrip("/").lower(): name for name in archive.namelist()
        }

    def find(self, place: str, beside: str = "") -> str | None:
        """The part's name for a location found in part `beside`."""
        place = place.strip().replace("\\", "/")
        whole = place if place.startswith("/") else posixpath.join(posixpath.dirname(beside), place)
        return self._names.get(posixpath.normpath(whole).lstrip("/").lower())

    def has(self, place: str) -> bool:
        return place.lower() in self._names

    def parse(self, name: str | None) -> etree._Element | None:
        """The part's XML; None when it is absent or broken."""
        if name is None:
            return None
        parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
        try:
            return etree.fromstring(self._archive.read(name), parser)
        except (etree.XMLSyntaxError, zipfile.BadZipFile, EOFError, RuntimeError, ValueError):
            return None


def _read_package(blob: Blob, package: _Package) -> Iterator[Message | Skip | Blob]:
    root = package.parse(package.find("OFD.xml"))
    if package.has("Encryptions.xml"):
        yield _skip(blob, "intake.document_encrypted", "全文")
        return
    if root is None:
        raise UserError("intake.document_damaged", name=base_name(blob.path))
    bodies = [e.text or "" for e in _named(root, "DocRoot")]
    for number, place in enumerate(bodies):
        where = "全文" if len(bodies) == 1 else f"第{number + 1}个文档"
        part = package.find(place)
        document = package.parse(part)
        if part is None or document is None:
            yield _skip(blob, "intake.page_damaged", where)
            continue
        pages, skips = _read_pages(blob, package, document, part)
        message = document_message(
            path=blob.path,
            text=paragraphs(pages),
            locator=where,
            attachments=_list_attachments(package, document, part),
        )
        if message:
            yield message
        elif not skips:
            yield _skip(blob, "intake.document_no_text", where)
        yield from skips


def _skip(blob: Blob, code: str, place: str) -> Skip:
    params = {"name": base_name(blob.path), "place": place}
    return Skip(path=blob.path, locator=place, code=code, params=params)


def _read_pages(
    blob: Blob, package: _Package, document: etree._Element, part: str
) -> tuple[list[list[Run]], list[Skip]]:
    templates = {
        e.get("ID", ""): package.find(e.get("BaseLoc", ""), part)
        for e in _named(document, "TemplatePage")
    }
    pages: list[list[Run]] = []
    skips: list[Skip] = []
    listed = [e for e in _named(document, "Page") if e.get("BaseLoc")]
    for number, entry in enumerate(islice(listed, _PAGES_LIMIT)):
        where = f"第{number + 1}页"
        page = package.parse(package.find(entry.get("BaseLoc", ""), part))
        if page is None:
            skips.append(_skip(blob, "intake.page_damaged", where))
            continue
        runs: list[Run] = []
        for used in _named(page, "Template"):
            template = package.parse(templates.get(used.get("TemplateID", "")))
            if template is not None:
                runs.extend(_runs_of(template))
        runs.extend(_runs_of(page))
        pages.append(lines_of(runs))
        if not runs and next(_named(page, "ImageObject"), None) is not None:
            skips.append(_skip(blob, "intake.scan_needs_ocr", where))
    if len(listed) > _PAGES_LIMIT:
        skips.append(_skip(blob, "intake.document_too_long", f"第{_PAGES_LIMIT}页以后"))
    return pages, skips


def _list_attachments(package: _Package, document: etree._Element, part: str) -> list[str]:
    names: list[str] = []
    for entry in _named(document, "Attachments"):
        listed = package.parse(package.find(entry.text or "", part))
        for attachment in _named(listed, "Attachment") if listed is not None else ():
            file = next((e.text or "" for e in _named(attachment, "FileLoc")), "")
            name = attachment.get("Name") or base_name(file)
            form = attachment.get("Format")
            if form and not name.lower().endswith(f".{form.lower()}"):
                name = f"{name}.{form.lower()}"
            if name:
                names.append(name)
    return names


def _named(node: etree._Element, name: str) -> Iterator[etree._Element]:
    """Elements of that local name: writers use the namespace with and without prefix."""
    yield from node.iter("{*}" + name)


def _floats(text: str | None) -> list[float]:
    numbers: list[float] = []
    for piece in (text or "").split():
        try:
            numbers.append(float(piece))
        except ValueError:
            continue
    return numbers


def _runs_of(page: etree._Element) -> Iterator[Run]:
    for item in _named(page, "TextObject"):
        if item.get("Visible", "true").lower() == "false":
            continue
        bounds = _floats(item.get("Boundary"))
        matrix = _floats(item.get("CTM"))
        size = (_floats(item.get("Size") or item.get("size")) or [3.7])[0]
        origin_x, origin_y = (bounds[0], bounds[1]) if len(bounds) == 4 else (0.0, 0.0)
        a, b, c, d, e, f = matrix if len(matrix) == 6 else _SAME
        x = y = 0.0
        scale = (abs(a * d - b * c)) ** 0.5 or 1.0
        for code in _named(item, "TextCode"):
            # X and Y are left out when they do not change from the code before.
            x = (_floats(code.get("X")) or [x])[0]
            y = (_floats(code.get("Y")) or [y])[0]
            text = code.text or ""
            if not text.strip():
                continue
            across, down = expand_deltas(code.get("DeltaX")), expand_deltas(code.get("DeltaY"))
            advances = [_advance(ch, size) for ch in text]
            for n in range(min(len(across), len(text) - 1)):
                advances[n] = across[n]
            if down and any(abs(v) > 0.5 * size for v in down):
                # Set downwards: a column of single characters, read as one run.
                yield Run(
                    text=text,
                    left=origin_x + a * x + c * y + e,
                    right=origin_x + a * x + c * y + e + size * scale,
                    top=origin_y + b * x + d * y + f,
                    size=size * scale,
                )
                continue
            start = 0.0
            piece, piece_start = "", 0.0
            for ch, advance in zip(text, advances, strict=True):
                piece += ch
                start += advance
                if advance > 3 * size:  # a jump to the next column of a table
                    end = start - advance + _advance(ch, size)
                    yield _place(
                        piece,
                        x + piece_start,
                        x + end,
                        y,
                        size,
                        (a, b, c, d, e, f),
                        (origin_x, origin_y),
                    )
                    piece, piece_start = "", start
            if piece:
                yield _place(
                    piece,
                    x + piece_start,
                    x + start,
                    y,
                    size,
                    (a, b, c, d, e, f),
                    (origin_x, origin_y),
                )


def _place(
    text: str,
    left: float,
    right: float,
    y: float,
    size: float,
    matrix: _Matrix,
    origin: tuple[float, float],
) -> Run:
    a, b, c, d, e, f = matrix
    return Run(
        text=typed(text),
        left=origin[0] + a * left + c * y + e,
        right=origin[0] + a * right + c * y + e,
        top=origin[1] + b * left + d * y + f,
        size=size * (abs(a * d - b * c) ** 0.5 or 1.0),
    )


def _advance(character: str, size: float) -> float:
    """How far a character moves on when the file does not say: Chinese are square."""
    return size if ord(character) > 0x2E7F else size * 0.5


def expand_deltas(text: str | None) -> list[float]:
    """'g 3 4.2 5' is 4.2 three times, then 5; at most a page's worth of characters."""
    out: list[float] = []
    pieces = iter((text or "").split())
    try:
        for piece in pieces:
            if piece == "g":
                count, value = int(float(next(pieces))), float(next(pieces))
                out.extend([value] * min(max(count, 0), 10_000))
            else:
                out.append(float(piece))
    except (StopIteration, ValueError):
        pass  # gaps are all they serve: what was read until here is enough
    return out


READERS: tuple[Reader, ...] = (OfdReader(),)
