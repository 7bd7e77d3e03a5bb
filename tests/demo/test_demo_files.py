"""The demo district's files: same seed same bytes, figures as published, nobody real in them."""

from __future__ import annotations

import csv
import email
import hashlib
import io
import json
import re
import time
import tomllib
import zipfile
from collections import Counter
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from qingzhuang.demo import DemoSummary, write_demo

UNTIL = date(2026, 3, 2)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID = re.compile(r"(?<!\d)\d{17}[\dX](?!\d)")
PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


class Written:
    def __init__(self, base: Path) -> None:
        self.folder, self.truth_folder = base / "raw", base / "truth"
        started = time.perf_counter()
        self.summary: DemoSummary = write_demo(self.folder, until=UNTIL, truth=self.truth_folder)
        self.seconds = time.perf_counter() - started
        lines = (self.truth_folder / "truth.jsonl").read_text("utf-8").splitlines()
        self.truth: list[dict[str, Any]] = [json.loads(line) for line in lines]
        # one row a message, whatever the number of files that hold it
        self.messages = list(
            {
                r["message"]: r
                for r in reversed(self.truth)
                if r["life"] not in ("document", "mail")
            }.values()
        )
        self.asks = [r for r in self.messages if r["is_ask"]]
        self.firsts = [r for r in self.asks if r["life"] == "first"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("demo"))


def layout() -> list[dict[str, Any]]:
    text = files("qingzhuang.demo").joinpath("data", "layout.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["file"]
    return found


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_same_seed_gives_the_same_bytes(written: Written, tmp_path: Path) -> None:
    write_demo(tmp_path / "raw", until=UNTIL, truth=tmp_path / "truth")
    assert hashes(tmp_path) == hashes(written.folder.parent)


@pytest.mark.slow
def test_another_seed_gives_other_messages(written: Written, tmp_path: Path) -> None:
    write_demo(tmp_path / "raw", until=UNTIL, seed=7)
    name = layout()[0]["path"]
    assert (tmp_path / "raw" / name).read_bytes() != (written.folder / name).read_bytes()
    assert not list(tmp_path.rglob("truth.jsonl"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("until", "months"), [(date(2025, 10, 9), 1), (date(2026, 2, 23), 1), (date(2026, 9, 30), 2)]
)
def test_any_end_day_works(tmp_path: Path, until: date, months: int) -> None:
    summary = write_demo(tmp_path / "raw", until=until, months=months, truth=tmp_path / "t")
    assert summary.distinct_asks == pytest.approx(1600 * months, rel=0.1)
    for line in (tmp_path / "t" / "truth.jsonl").read_text("utf-8").splitlines():
        assert json.loads(line)["sent_at"][:10] <= until.isoformat()


@pytest.mark.slow
def test_two_months_are_written_quickly(written: Written) -> None:
    assert written.seconds < 15


@pytest.mark.slow
def test_figures_are_those_of_the_district(written: Written) -> None:
    asks, firsts = written.asks, written.firsts
    distinct = {(r["matter"], r["round"]) for r in asks}
    assert len(distinct) == written.summary.distinct_asks == len(firsts)
    assert len(distinct) / 2 == pytest.approx(1600, rel=0.05)
    assert len(asks) / len(distinct) == pytest.approx(1.7, abs=0.12)
    assert 1 - len(asks) / len(written.messages) == pytest.approx(0.45, abs=0.01)
    assert sum("off_hours" in r["flags"] for r in asks) / len(asks) == pytest.approx(0.14, abs=0.02)
    assert sum("short_notice" in r["flags"] for r in firsts) / len(firsts) == pytest.approx(
        0.22, abs=0.03
    )
    assert sum(r["rebound"] for r in firsts) / len(firsts) == pytest.approx(0.03, abs=0.01)
    assert sum("life_safety" in r["flags"] for r in firsts) / len(firsts) == pytest.approx(
        0.02, abs=0.01
    )
    one = {(r["matter"], r["round"]) for r in firsts if "福安社区" in r["targets"]}
    assert len(one) / 2 == pytest.approx(150, rel=0.15)
    by_day = Counter(datetime.fromisoformat(r["sent_at"]).weekday() for r in firsts)
    assert by_day[0] > 1.15 * max(by_day[2], by_day[3])
    assert sum(datetime.fromisoformat(r["sent_at"]).hour == 23 for r in asks) > 40


@pytest.mark.slow
def test_units_are_those_of_the_district(written: Written) -> None:
    text = files("qingzhuang.demo").joinpath("data", "units.toml").read_text("utf-8")
    units = tomllib.loads(text)
    sizes = [d["staff"] for d in units["department"]]
    assert [len(sizes), sum(s <= 20 for s in sizes), sum(s >= 100 for s in sizes)] == [38, 12, 8]
    names = [name for street in units["street"] for name in street["communities"]]
    assert len(units["street"]) == 10
    assert len(set(names)) == 100
    assert {"兴华社区", "福安社区", "锦绣社区", "桂园社区", "朝阳里社区", "红星村"} <= set(names)
    assert written.summary.units == 148


@pytest.mark.slow
def test_deadlines_lie_after_the_saying(written: Written) -> None:
    late = [r for r in written.asks if r["due_at"] and r["due_at"] <= r["sent_at"]]
    assert late == []


@pytest.mark.slow
def test_words_of_the_deadline_agree_with_it(written: Written) -> None:
    days = "一二三四五六日"
    checked = 0
    for r in written.asks:
        if not r["due_at"] or "月底" in r["text"]:
            continue
        sent, due = datetime.fromisoformat(r["sent_at"]), datetime.fromisoformat(r["due_at"])
        ahead = (due.date() - sent.date()).days
        for word, value in (("今天下班前", 0), ("明早", 1), ("后天之内", 2), ("半小时内", 0)):
            if word in r["text"]:
                assert ahead == value, r
                checked += 1
        for found in re.findall(r"(?<!\d日\()下周([一二三四五六日])", r["text"])[:1]:
            assert days[due.weekday()] == found, r
            weeks = (due.date().toordinal() - 1) // 7 - (sent.date().toordinal() - 1) // 7
            assert weeks == 1, r
            checked += 1
    assert checked > 300


@pytest.mark.slow
def test_text_variety(written: Written) -> None:
    texts = Counter(r["text"] for r in written.asks)
    assert len(texts) / len(written.asks) > 0.97
    assert len({r["template"] for r in written.asks}) > 900
    assert not [t for t in texts if "{" in t or "前前" in t]


@pytest.mark.slow
def test_copies_point_at_the_first_of_their_round(written: Written) -> None:
    by_number = {r["message"]: r for r in written.messages}
    for r in written.asks:
        if r["copy_of"] is not None:
            first = by_number[r["copy_of"]]
            assert (first["matter"], first["round"]) == (r["matter"], r["round"])
            assert first["sent_at"] <= r["sent_at"]
        else:
            assert r["life"] == "first"


@pytest.mark.slow
def test_chat_files_decode_as_claimed_and_hold_their_messages(written: Written) -> None:
    for entry in layout():
        text = (written.folder / entry["path"]).read_bytes().decode(entry["encoding"])
        rows = [r for r in written.truth if r["file"] == entry["path"]]
        assert rows
        asks = [r for r in rows if r["is_ask"]]
        flat = text.replace("&quot;", '"').replace("&amp;", "&")
        for r in asks[:: max(len(asks) // 40, 1)]:
            assert r["text"] in flat, entry["path"]
        if entry["encoding"] == "gbk":
            with pytest.raises(UnicodeDecodeError):
                (written.folder / entry["path"]).read_bytes().decode("utf-8")
        if entry["path"].endswith(".json"):
            assert len(json.loads(text)) == len(rows)
        if entry["path"].endswith(".csv"):
            assert len(list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))) == len(rows)


@pytest.mark.slow
def test_two_members_exports_overlap(written: Written) -> None:
    held = Counter(r["message"] for r in written.truth if r["group"] == "石桥街道社区工作群")
    assert 80 < sum(count == 2 for count in held.values()) < len(held)


@pytest.mark.slow
def test_archives_mail_and_bad_files(written: Written) -> None:
    (packed,) = written.folder.rglob("*.zip")
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 5
    (mail,) = written.folder.rglob("*.eml")
    parsed = email.message_from_bytes(mail.read_bytes())
    assert [part.get_filename() is not None for part in parsed.get_payload()] == [False, True]  # type: ignore[union-attr]
    bad = {path.name: path for path in written.folder.rglob("桌面杂物/*")}
    assert bad["消息记录.txt"].stat().st_size == 0
    assert not zipfile.is_zipfile(bad["群消息.docx"])
    assert not zipfile.is_zipfile(bad["电话记录(拷贝中断).xlsx"])
    documents = list((written.folder / "石桥街道/党政办-小周/公文").iterdir())
    assert Counter(p.suffix for p in documents) == {".docx": 30, ".html": 2, ".txt": 2}


def _all_text(folder: Path) -> str:
    parts = []
    for path in folder.rglob("*"):
        if path.suffix in (".xlsx", ".docx") and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                parts += [
                    archive.read(n).decode("utf-8")
                    for n in archive.namelist()
                    if n.endswith(".xml")
                ]
        elif path.is_file() and path.suffix in (".txt", ".csv", ".json", ".mht", ".html"):
            data = path.read_bytes()
            try:
                parts.append(data.decode("utf-8-sig"))
            except UnicodeDecodeError:
                parts.append(data.decode("gbk"))
    return "\n".join(parts)


@pytest.mark.slow
def test_nobody_real_is_in_it(written: Written) -> None:
    text = _all_text(written.folder)
    numbers = [n for n in ID.findall(text) if 1900 <= int(n[6:10]) <= 2026 and int(n[10:12]) <= 12]
    assert len(numbers) > 500
    for number in numbers:
        assert number.startswith("99")
        check = "10X98765432"[
            sum(int(d) * w for d, w in zip(number[:17], WEIGHTS, strict=True)) % 11
        ]
        assert check == number[17]
    phones = set(PHONE.findall(text)) - {
        n for n in PHONE.findall(text) if n.startswith("17")
    }  # Unix seconds
    assert {p[:7] for p in phones if len(p) == 11} == {"1990000"}


def test_truth_may_not_lie_where_it_would_be_imported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside"):
        write_demo(tmp_path / "raw", until=UNTIL, truth=tmp_path / "raw" / "truth")


def test_at_least_one_month(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="months"):
        write_demo(tmp_path / "raw", until=UNTIL, months=0)


def test_the_generator_knows_no_other_room() -> None:
    allowed = ("qingzhuang.demo", "qingzhuang.kit.pure")
    sources = list(Path(str(files("qingzhuang.demo"))).rglob("*.py"))
    assert len(sources) > 10
    for source in sources:
        for line in source.read_text("utf-8").splitlines():
            found = re.match(r"\s*(?:from|import) (django|qingzhuang)([\w.]*)", line)
            if found:
                assert (found[1] + found[2]).startswith(allowed), f"{source.name}: {line}"
