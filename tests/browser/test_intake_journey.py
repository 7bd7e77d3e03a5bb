"""A secretary gives in what she received: pasted, as a folder, while the worker is killed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from qingzhuang.kit.pure.clock import CHINA

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOTICE = (
    "区住建局-李工 2026/3/2 9:10\n"
    "@所有人 请各社区填报《老旧小区数据统计表》({mark}),3月20日17点前报街道城建办,勿漏!\n"
    "福安-王主任 2026/3/2 9:12\n"
    "收到\n"
)


def test_paste_see_correct_and_answer(page, request):
    mark = f"{request.node.name}{datetime.now(CHINA):%H%M%S%f}"
    page.goto("/in/")
    page.fill("#text", NOTICE.format(mark=mark))
    page.click("text=看看要我做什么")
    page.wait_for_selector("h1:has-text('要做的有 1 件')")
    assert "3月20日17点前" in page.locator("mark").all_inner_texts()
    page.click("button[name=save]")
    page.wait_for_selector("h1:has-text('读完了')", timeout=30_000)
    assert "2 条消息，其中新的" in page.inner_text("main")

    page.click("ol.today a >> nth=0")
    page.wait_for_selector("h2:has-text('原话')")
    page.click("summary:has-text('读得不对')")
    page.fill("#issuer", "区住建局房管科")
    page.click("text=改好了")
    page.wait_for_selector("text=机器原来的读法留在下面")
    assert "区住建局房管科" in page.inner_text("dl.facts")
    assert "住建局" in page.inner_text("ul:below(h3:has-text('改过的地方'))")


def test_a_folder_is_read_once_though_the_worker_is_killed(page, house, tmp_path, request):
    name = f"群{datetime.now(CHINA):%H%M%S%f}"
    folder = tmp_path / "导出"
    folder.mkdir()
    count = 12_000
    _write_export(folder / "三月.txt", name, count, start=0)
    _write_export(folder / "三月-小李的.txt", name, count // 2, start=count // 2)  # overlaps

    page.goto("/in/")
    page.set_input_files("#folder", str(folder))
    page.click("text=交上去读")
    page.wait_for_selector("h1:has-text('正在读')", timeout=60_000)
    page.wait_for_function(
        "() => /\\d/.test(document.querySelector('p.lead').textContent)"
        " && !document.querySelector('p.lead').textContent.startsWith('0 条')",
        timeout=60_000,
    )
    house.kill_worker()
    page.wait_for_selector("h1:has-text('读完了')", timeout=180_000)
    said = page.inner_text("p.lead")
    assert f"{count + count // 2} 条消息，其中新的 {count} 条" in said
    assert "导出/三月.txt" in page.inner_text("table")


def _write_export(path: Path, group: str, count: int, *, start: int) -> None:
    first = datetime(2026, 3, 1, 8, tzinfo=CHINA)
    lines = [
        "消息记录（此消息记录为文本格式，不支持重新导入）",
        "",
        "=" * 64,
        "消息分组:工作",
        "=" * 64,
    ]
    lines += [f"消息对象:{group}", "=" * 64, ""]
    for number in range(start, start + count):
        moment = first + timedelta(minutes=number)
        lines.append(f"{moment:%Y-%m-%d %H:%M:%S} 街道民政办小叶(10001)")
        ask = (
            f"请各社区4月10日前报第{number}批高龄老人名单"
            if number % 3 == 0
            else f"第{number}批收到了,谢谢"
        )
        lines += [ask, ""]
    path.write_text("\n".join(lines), "utf-8")
