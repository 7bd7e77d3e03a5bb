"""Lines as they lie on a page, joined to the paragraphs they were before the page broke them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

_PAGE_NUMBER = re.compile(r"^\s*(?:[-—–－·\s]*\d{1,4}[-—–－·\s]*|第\s*\d+\s*页.*)\s*$")

# Typesetting programs set a thin space between Chinese and figures; it was never typed.
_SET_APART = re.compile(
    r"(?<=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]) (?=\S)|(?<=\S) (?=[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of text at its place; any unit, y growing downwards, `size` the height of type."""

    text: str
    left: float
    right: float
    top: float
    size: float


def typed(text: str) -> str:
    """The text as it was typed, without the spaces that only set it apart."""
    return _SET_APART.sub("", text.strip())


def lines_of(runs: Iterable[Run]) -> list[Run]:
    """Runs gathered to lines from top to bottom; gaps wider than a character become spaces."""
    rows: list[list[Run]] = []
    for run in sorted((r for r in runs if r.text.strip()), key=lambda r: (r.top, r.left)):
        # A line's own runs differ a little in height; half a character apart is another line.
        if rows and abs(run.top - rows[-1][0].top) < 0.5 * max(
            min(run.size, rows[-1][0].size), 1e-6
        ):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [_join(sorted(row, key=lambda r: r.left)) for row in rows]


def _join(row: Sequence[Run]) -> Run:
    text = row[0].text
    for before, after in pairwise(row):
        gap = after.left - before.right
        text += (
            "  " if gap > 2 * after.size else " " if gap > 0.9 * after.size else ""
        ) + after.text
    return Run(
        text=text,
        left=row[0].left,
        right=max(r.right for r in row),
        top=row[0].top,
        size=max(r.size for r in row),
    )


def paragraphs(pages: Sequence[Sequence[Run]]) -> str:
    """The pages' lines as text: a line that fills the width goes on in an unindented next one."""
    out: list[str] = []
    open_end = False
    for page in pages:
        lines = [line for line in page if not _PAGE_NUMBER.match(line.text)]
        if not lines:
            continue
        sizes = sorted(line.size for line in lines)
        size = sizes[len(sizes) // 2] or 1.0
        # The margins: where most lines begin, and where the longest ones end.
        starts = [round(line.left / size) for line in lines]
        often = [s for s, group in groupby(sorted(starts)) if len(list(group)) >= 2]
        left = min(often or starts) * size
        right = max(line.right for line in lines)
        for line in lines:
            indented = line.left > left + 1.2 * size
            if open_end and not indented and out and "  " not in line.text:
                glue = (
                    " "
                    if out[-1][-1:].isascii() and line.text[:1].isascii() and out[-1][-1:].isalpha()
                    else ""
                )
                out[-1] += glue + line.text.strip()
            else:
                out.append(line.text.strip())
            full = line.right > right - 1.6 * size and len(line.text) > 14
            open_end = full and "  " not in line.text
    return "\n".join(out)
