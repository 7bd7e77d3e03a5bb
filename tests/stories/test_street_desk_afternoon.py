"""A street desk's afternoon: a folder of exports is dropped in, looked through, handed on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import load_workbook

from qingzhuang.intake.models import Ask, Source
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.types import Role

from .conftest import Enter, Town, text_of

pytestmark = pytest.mark.django_db
CHATS = Path(__file__).parent.parent / "fixtures" / "chats"
GROUP = """消息记录（此消息记录为文本格式，不支持重新导入）

================================================================
消息分组:我的群聊
================================================================
消息对象:柳巷街道工作群
================================================================

2026-03-02 8:30:00 民政局小陈(10001)
请3月6日前报《高龄津贴发放表》。

2026-03-02 9:00:00 应急局老周(10002)
【紧急】燃气泄漏，请荷塘社区立即组织疏散楼内群众！

2026-03-02 9:01:00 石桥小刘(10003)
收到
"""


@pytest.fixture(autouse=True)
def _afternoon():
    with clock.fixed_at(at(date(2026, 3, 2), 14)):
        yield


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_the_desk_drops_files_good_and_bad_and_hands_one_on(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("群/工作群.txt", GROUP.replace("高龄津贴", "低保动态"))
    given = desk.post(
        "/in/drop",
        {
            "files": [
                upload("柳巷街道工作群.txt", GROUP.encode("gb18030")),
                upload("打包.zip", packed.getvalue()),
                upload("空的.txt", b""),
                upload("认不出.xyz", b"\0\1\2\3" * 50),
            ],
            "basis": "duty",
        },
    )
    assert given.status_code == 302
    worker_runs()
    batch = text_of(desk.get(given["Location"]))
    assert "读完了" in batch
    assert "这个文件是空的" in batch
    states = dict(Source.objects.unscoped("test").values_list("name", "state"))
    assert states == {
        "柳巷街道工作群.txt": "done",
        "打包.zip": "done",
        "空的.txt": "refused",
        "认不出.xyz": "refused",
    }

    today = text_of(desk.get("/", follow=True))
    assert today.index("燃气泄漏") < today.index("高龄津贴"), "life safety stands first"

    ask = Ask.objects.unscoped("test").get(forms=["高龄津贴发放表"])
    handed = text_of(
        desk.post(
            f"/asks/{ask.pk}/mark",
            {"place": town.street.path, "state": "handed_on", "colleague": "小赵", "next": "/"},
        )
    )
    assert "已转小赵承办" in handed
    assert "高龄津贴" in text_of(enter(Role.COMMUNITY, town.pond).get("/", follow=True)), (
        "what the desk says is the desk's alone"
    )

    found = text_of(desk.get("/asks/", {"words": "高龄津贴", "kind": "form", "issuer": "民政局"}))
    assert "共 1 件" in found
    none = text_of(desk.get("/asks/", {"words": "高龄津贴", "kind": "meeting"}))
    assert "没有这样的要求" in none

    exported = desk.get("/asks/export", {"words": "高龄津贴"})
    book = load_workbook(io.BytesIO(b"".join(exported.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 2
    assert "高龄津贴发放表" in rows[1]

    searched = text_of(desk.get("/search", {"words": "燃气泄漏"}))
    assert f"/asks/{Ask.objects.unscoped('test').filter(summary__contains='燃气').first().pk}" in (
        searched
    )


def test_the_next_month_overlaps_and_nothing_comes_twice(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    later = GROUP + "\n2026-03-02 10:00:00 民政局小陈(10001)\n请各社区3月9日前报《孤儿名册》。\n"
    for name, text in (("一.txt", GROUP), ("二.txt", later)):
        desk.post("/in/drop", {"files": [upload(name, text.encode())], "basis": "duty"})
        worker_runs()
    first, second = Source.objects.unscoped("test").order_by("pk")
    assert (first.message_count, first.new_message_count) == (3, 3)
    assert (second.message_count, second.new_message_count) == (4, 1)
    page = text_of(desk.get(f"/sources/{second.pk}"))
    assert "4 条消息，新的 1 条" in page


def test_a_neighbour_street_sees_none_of_it(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    desk.post("/in/drop", {"files": [upload("群.txt", GROUP.encode())], "basis": "duty"})
    worker_runs()
    source = Source.objects.unscoped("test").get()
    ask = Ask.objects.unscoped("test").first()
    other = enter(Role.STREET_DESK, town.other_street)
    for url in (
        f"/sources/{source.pk}", f"/sources/batch/{source.batch}", f"/asks/{ask.pk}",
    ):  # fmt: skip
        assert other.get(url).status_code == 404
    for url, data in (
        (f"/sources/{source.pk}/cancel", {}),
        (f"/asks/{ask.pk}/correct", {"not_an_ask": "1", "version": "1"}),
        (f"/asks/{ask.pk}/mark", {"place": town.other_street.path, "state": "done"}),
        (f"/asks/{ask.pk}/mark", {"place": town.street.path, "state": "done"}),
    ):
        assert other.post(url, data).status_code == 404
    assert "共 0 件" in text_of(other.get("/asks/"))
    assert "没有找到" in text_of(other.get("/search", {"words": "高龄津贴"}))


def test_an_export_that_is_cut_short_says_so(
    enter: Enter, town: Town, worker_runs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingzhuang.intake.pages import asks

    monkeypatch.setattr(asks, "MOST_EXPORTED", 1)
    desk = enter(Role.STREET_DESK, town.street)
    desk.post("/in/drop", {"files": [upload("群.txt", GROUP.encode())], "basis": "duty"})
    worker_runs()
    exported = desk.get("/asks/export")
    book = load_workbook(io.BytesIO(b"".join(exported.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == 3
    assert "只写了前 1 件" in str(rows[2])
