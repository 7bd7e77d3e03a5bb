"""Pictures: chat screenshots and scans, read by the optional extra `ocr` (rapidocr, all offline).

Without the extra a picture is not lost: it comes as a Skip that names the extra.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from qingzhuang.intake.adapters.layout import Run, lines_of, paragraphs
from qingzhuang.intake.adapters.official import NUMBER, document_message, official_head, tidy
from qingzhuang.intake.adapters.streams import base_name, seekable
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip
from qingzhuang.kit.pure.errors import UserError

_PIXELS_LIMIT = 120_000_000  # a long screenshot has 30 million; more would fill the memory
_SIZE_LIMIT = 100 << 20
_FRAMES_LIMIT = 200
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*", b"GIF8")
_SURE = 0.5  # lines the recogniser itself doubts more than that are noise of the background


@cache
def has_ocr() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime"))


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical"})


def lines_of_picture(picture: Any) -> list[Run]:
    """The lines on a picture (array or bytes) from top to bottom, places in pixels."""
    result = _engine()(picture)
    if result is None or result.txts is None or result.boxes is None:
        return []
    runs = []
    for text, box, score in zip(result.txts, result.boxes, result.scores, strict=True):
        if score < _SURE:
            continue
        across, down = [float(p[0]) for p in box], [float(p[1]) for p in box]
        runs.append(
            Run(
                text=text,
                left=min(across),
                right=max(across),
                top=(min(down) + max(down)) / 2,
                size=max(max(down) - min(down), 1.0) * 0.8,
            )
        )
    return lines_of(runs)


class PictureReader:
    name = "ocr"

    def rate(self, blob: Blob, head: bytes) -> int:
        webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
        # "BM" alone begins many texts: a bitmap also has four zero bytes at a known place.
        if head.startswith(b"BM"):
            return 3 if head[6:10] == bytes(4) and len(head) > 26 else 0
        return 3 if webp or head.startswith(_STARTS) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        name = base_name(blob.path)
        if not has_ocr():
            yield _skip(blob, "intake.image_needs_ocr", "全图")
            return
        from PIL import Image, ImageSequence, UnidentifiedImageError

        if blob.size > _SIZE_LIMIT:
            yield _skip(blob, "intake.image_too_big", "全图")
            return
        pages: list[list[Run]] = []
        with seekable(blob) as stream:
            try:
                with Image.open(stream) as image:
                    if image.width * image.height > _PIXELS_LIMIT:
                        yield _skip(blob, "intake.image_too_big", "全图")
                        return
                    moving = image.format in ("GIF", "WEBP", "PNG")
                    for count, frame in enumerate(ImageSequence.Iterator(image)):
                        if count >= _FRAMES_LIMIT or (moving and count):
                            break
                        pages.append(lines_of_picture(frame.convert("RGB")))
            except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
                raise UserError("intake.document_damaged", name=name) from error
        text = tidy(paragraphs(pages))
        if not text:
            yield _skip(blob, "intake.image_no_text", "全图")
            return
        head = official_head(text)
        if head.sender or head.date or NUMBER.search(text[:200]):
            message = document_message(path=blob.path, text=text, locator="全图")
            if message:
                yield message
            return
        lines = "\n".join(line.text for page in pages for line in page)
        chat = ChannelKind.CHAT
        # Who said it and when stands in the picture, but where differs from phone to phone.
        yield Message(
            path=blob.path, locator="全图", channel=chat, text=re.sub(r" {2,}", " ", lines)
        )


def _skip(blob: Blob, code: str, place: str) -> Skip:
    params = {"name": base_name(blob.path), "place": place}
    return Skip(path=blob.path, locator=place, code=code, params=params)


READERS: tuple[Reader, ...] = (PictureReader(),)
