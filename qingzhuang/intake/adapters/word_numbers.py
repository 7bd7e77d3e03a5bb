"""The numbers that Word writes before paragraphs by itself ("一、", "1.") and that no run holds.

Source: ECMA-376 part 1, 17.9 (numbering); only what official documents use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "零一二三四五六七八九"
_CHINESE = {
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "ideographTraditional",
    "taiwaneseCountingThousand",
    "taiwaneseCounting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    format: str
    text: str
    start: int


@dataclass(slots=True)
class Numbering:
    """Gives each numbered paragraph its label, counting as Word does. One a document."""

    levels: Mapping[str, Mapping[int, _Level]] = field(default_factory=dict)
    styles: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def parse(cls, numbering: bytes | None, styles: bytes | None) -> Numbering:
        """From numbering.xml and styles.xml; no labels when there is none or it is broken."""
        return cls(_levels(_root(numbering)), _styles(_root(styles)))

    def label(self, paragraph: etree._Element) -> str:
        """'（一）' and the like for this paragraph, '' when it has none; counts it."""
        found = self._place(paragraph)
        if found is None:
            return ""
        number, level = found
        rules = self.levels.get(number, {})
        rule = rules.get(level)
        if rule is None or rule.format in ("none", "bullet"):
            return ""
        counts = self._counts.setdefault(number, {})
        counts[level] = counts.get(level, rule.start - 1) + 1
        for deeper in [n for n in counts if n > level]:
            del counts[deeper]

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            inner = rules.get(at, rule)
            return _write(counts.get(at, inner.start), inner.format)

        return re.sub(r"%(\d)", shown, rule.text)

    def _place(self, paragraph: etree._Element) -> tuple[str, int] | None:
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return None
        own = _number_of(properties)
        if own:
            return own if own[0] != "0" else None
        style = properties.find(f"{_W}pStyle")
        return self.styles.get(style.get(f"{_W}val", "")) if style is not None else None


def _root(data: bytes | None) -> etree._Element | None:
    if not data:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    return etree.fromstring(data, parser)


def _value(node: etree._Element, name: str, default: str) -> str:
    child = node.find(f"{_W}{name}")
    return child.get(f"{_W}val", default) if child is not None else default


def _number_of(properties: etree._Element) -> tuple[str, int] | None:
    node = properties.find(f"{_W}numPr")
    if node is None or node.find(f"{_W}numId") is None:
        return None
    level = _value(node, "ilvl", "0")
    return _value(node, "numId", "0"), int(level) if level.isdecimal() else 0


def _styles(root: etree._Element | None) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for style in root.iter(f"{_W}style") if root is not None else ():
        properties = style.find(f"{_W}pPr")
        number = _number_of(properties) if properties is not None else None
        if number:
            found[style.get(f"{_W}styleId", "")] = number
    return found


def _levels(root: etree._Element | None) -> dict[str, dict[int, _Level]]:
    if root is None:
        return {}
    abstract: dict[str, dict[int, _Level]] = {}
    for node in root.iter(f"{_W}abstractNum"):
        levels: dict[int, _Level] = {}
        for level in node.iter(f"{_W}lvl"):
            at, start = level.get(f"{_W}ilvl", "0"), _value(level, "start", "1")
            if at.isdecimal():
                levels[int(at)] = _Level(
                    format=_value(level, "numFmt", "decimal"),
                    text=_value(level, "lvlText", ""),
                    start=int(start) if start.isdecimal() else 1,
                )
        abstract[node.get(f"{_W}abstractNumId", "")] = levels
    return {
        node.get(f"{_W}numId", ""): abstract.get(_value(node, "abstractNumId", ""), {})
        for node in root.iter(f"{_W}num")
    }


def _write(number: int, style: str) -> str:
    if style in _CHINESE and 0 < number < 100:
        tens, ones = divmod(number, 10)
        return (
            ("" if tens < 2 else _DIGITS[tens])
            + ("十" if tens else "")
            + (_DIGITS[ones] * (ones > 0))
        )
    if style in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 0 < number <= 20:
        return chr(0x245F + number)
    if style in ("lowerLetter", "upperLetter") and 0 < number <= 26:
        return chr((96 if style == "lowerLetter" else 64) + number)
    return str(number)
