"""The organisation's pages as people use them, without JavaScript."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from qingzhuang.org.models import CalendarException, ImportDraft, Person, Post, Unit, User
from qingzhuang.org.types import Role

pytestmark = pytest.mark.django_db
PASSWORD = "Reeds-by-the-lake-7"
MakeUser = Callable[..., User]


@pytest.fixture
def sign_in(client: Client, make_user: MakeUser):
    def enter(role: Role, unit: Unit, *, elevated: bool = False) -> User:
        user = make_user(f"{role}", role, unit)
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        if elevated:
            client.post(reverse("org:elevate"), {"password": PASSWORD, "reason": "维护名单"})
        return user

    return enter


def cells(answer) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return book.get_sheet_by_index(0).to_python()


def upload(client: Client, kind: str, data: bytes, **fields: str):
    file = SimpleUploadedFile("名单.xlsx", data)
    return client.post(reverse("org:import_file", args=[kind]), {"file": file, **fields})


def test_the_tree_the_list_and_the_workbook_show_the_same(
    client: Client, district, sign_in
) -> None:
    sign_in(Role.LEADER, district.district)
    top = client.get("/units/").content.decode()
    assert "江岚区" in top
    assert "柳巷街道" not in top
    below = client.get(f"/units/?under={district.willow.pk}").content.decode()
    assert "石桥社区" in below
    assert "清泉街道" not in below
    found = client.get("/units/?q=社区").content.decode()
    assert "石桥社区" in found
    rows = cells(client.get("/units/export.xlsx?q=社区"))
    assert [row[1] for row in rows[1:]] == ["石桥社区", "荷塘社区"]
    assert rows[0][1:5] == ["单位名称", "简称", "类别", "上级单位"]
    assert "没有符合条件的单位" in client.get("/units/?q=没有这个").content.decode()


@pytest.mark.parametrize(
    "address", ["/units/?under=x", "/units/?under=999999", "/people/?unit=x", "/units/999999/"]
)
def test_addresses_of_nothing_get_the_one_answer(
    client: Client, district, sign_in, address: str
) -> None:
    sign_in(Role.LEADER, district.district)
    answer = client.get(address)
    assert answer.status_code == 404
    assert "这里没有您要找的内容" in answer.content.decode()


def test_strange_filters_do_no_harm(client: Client, district, sign_in) -> None:
    sign_in(Role.LEADER, district.district)
    for address in ("/units/?kind=moon", "/units/?page=99", "/units/?page=x", "/calendar/?year=9"):
        assert client.get(address).status_code == 200


def test_what_is_exported_can_be_imported_and_changes_nothing(
    client: Client, district, sign_in
) -> None:
    sign_in(Role.SYSTEM_OFFICER, district.district, elevated=True)
    data = client.get("/units/export.xlsx?q=街道").content
    preview = client.get(upload(client, "units", data)["Location"]).content.decode()
    assert "会新增 0、变更 0、结束 0；2 条未变；0 行看不懂" in preview


def test_a_formula_in_a_name_stays_text_in_the_workbook(client: Client, district, sign_in) -> None:
    Unit.objects.unscoped("test").filter(pk=district.bridge.pk).update(name="=1+1社区")
    sign_in(Role.LEADER, district.district)
    assert cells(client.get("/units/export.xlsx?q=社区"))[1][1] == "=1+1社区"


def test_a_roster_goes_through_preview_and_yes(client: Client, district, sign_in, workbook) -> None:
    sign_in(Role.SYSTEM_OFFICER, district.district, elevated=True)
    before = Person.objects.count()
    data = workbook(
        [
            ["单位", "姓名", "职务", "手机"],
            ["石桥社区", "张三石", "书记", "13800000000"],
            ["月亮社区", "李四木", "委员", None],
        ]
    )
    sent = upload(client, "people", data)
    shown = client.get(sent["Location"]).content.decode()
    assert "会新增 1" in shown
    assert "找不到单位“月亮社区”" in shown
    assert "手机属于个人信息" in shown
    assert Person.objects.count() == before
    assert "13800000000" not in repr(ImportDraft.objects.get().sheet)
    refused = client.post(sent["Location"], {"seen": "another plan"})
    assert refused.status_code == 400
    assert "您看预览之后，名单有了变动" in refused.content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', shown)[1]
    done = client.post(sent["Location"], {"seen": seen})
    assert done["Location"] == reverse("org:people")
    assert Person.objects.count() == before + 1
    assert not ImportDraft.objects.exists()
    assert "新增 1，变更 0" in client.get("/people/").content.decode()
    assert "预览已经过期" in client.post(sent["Location"], {"seen": seen}).content.decode()
    assert "张三石" in client.get("/people/?q=张三").content.decode()
    assert "张三石" not in client.get("/people/?q=李四").content.decode()


def test_a_roster_without_units_takes_the_one_that_is_named(
    client: Client, district, sign_in, workbook
) -> None:
    sign_in(Role.SYSTEM_OFFICER, district.district, elevated=True)
    data = workbook([["姓名", "职务"], ["张三石", "书记"]])
    sent = upload(client, "people", data, under="石桥社区")
    shown = client.get(sent["Location"]).content.decode()
    assert "张三石（石桥社区）" in shown
    wrong = upload(client, "people", data, under="月亮社区")
    assert wrong.status_code == 400
    assert "没有叫“月亮社区”的单位" in wrong.content.decode()


def test_another_persons_draft_is_absent(
    client: Client, district, sign_in, make_user, workbook
) -> None:
    sign_in(Role.SYSTEM_OFFICER, district.district, elevated=True)
    sent = upload(client, "units", workbook([["单位名称", "类别"], ["新局", "部门"]]))
    client.force_login(
        make_user("second", Role.SYSTEM_OFFICER, district.district),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.post(reverse("org:elevate"), {"password": PASSWORD, "reason": "看别人的"})
    assert client.get(sent["Location"]).status_code == 400


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "没有选文件"),
        (b"PK\x03\x04 broken", "读不出来"),
        ("甲,乙\n1,2\n".encode(), "找不到表头"),
    ],
)
def test_files_that_cannot_be_used_get_a_sentence(
    client: Client, district, sign_in, data: bytes, words: str
) -> None:
    sign_in(Role.SYSTEM_OFFICER, district.district, elevated=True)
    if not data:
        answer = client.post(reverse("org:import_file", args=["units"]), {})
    else:
        answer = upload(client, "units", data)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert client.get(reverse("org:import_file", args=["moons"])).status_code == 404


def test_officers_open_an_account_give_a_role_and_close_both(
    client: Client, district, make_user, sign_in
) -> None:
    worker = make_user("gone", None, district.bridge)
    post = Post.objects.unscoped("test").get(person=worker.person)
    person = Person.objects.create(name="王五禾")
    bare = Post.objects.create(person=person, unit=district.bridge, title="委员")
    sign_in(Role.SYSTEM_OFFICER, district.district, elevated=True)
    page = reverse("org:post", args=[bare.pk])
    assert "开账号" in client.get(page).content.decode()
    assert "改角色" not in client.get(page).content.decode()
    opened = client.post(reverse("org:post_account", args=[bare.pk]), {"username": "wangwu"})
    assert opened.status_code == 302
    told = client.get(page).content.decode()
    first = re.search(r"初始口令是 (\S+)，", told)[1]
    assert User.objects.get(username="wangwu").check_password(first)
    assert first not in client.get(page).content.decode()
    client.post(reverse("org:account_reset", args=[worker.pk]))
    worker.refresh_from_db()
    assert worker.must_change_password
    client.post(reverse("org:account_close", args=[worker.pk]))
    worker.refresh_from_db()
    assert not worker.is_active
    refused = client.post(reverse("org:post_role", args=[bare.pk]), {"role": "community"})
    assert refused.status_code == 403
    bad = client.post(reverse("org:post_close", args=[post.pk]), {"until_on": "昨天"})
    assert "日期“昨天”看不懂" in bad.content.decode()
    client.post(reverse("org:post_close", args=[post.pk]), {"until_on": "2026-03-02"})
    assert Post.objects.unscoped("test").get(pk=post.pk).until_on is not None
    sign_in(Role.SECURITY_OFFICER, district.district, elevated=True)
    assert "改角色" in client.get(page).content.decode()
    client.post(reverse("org:post_role", args=[bare.pk]), {"role": "community"})
    roles = Post.objects.unscoped("test").filter(person=person, until_on=None)
    assert [row.role for row in roles] == [Role.COMMUNITY]
    strange = client.post(reverse("org:post_role", args=[roles[0].pk]), {"role": "king"})
    assert "没有“king”这个角色" in strange.content.decode()


def test_forms_sent_without_the_short_mode_come_back_to_their_page(
    client: Client, district, sign_in
) -> None:
    sign_in(Role.SYSTEM_OFFICER, district.district)
    post = Post.objects.unscoped("test").first()
    page = reverse("org:post", args=[post.pk])
    sent = client.post(
        reverse("org:post_close", args=[post.pk]),
        {"until_on": "2026-03-02"},
        headers={"Referer": f"http://testserver{page}"},
    )
    assert sent["Location"].startswith(reverse("org:elevate"))
    assert sent["Location"].endswith(page.replace("/", "%2F"))
    assert Post.objects.unscoped("test").get(pk=post.pk).until_on is None


def test_a_calendar_is_shown_and_ordered(client: Client, district, sign_in) -> None:
    sign_in(Role.BURDEN_OFFICE, district.burden_office, elevated=True)
    year = client.get("/calendar/?year=2026").content.decode()
    assert year.count("<caption>") == 12
    assert year.count(">休<") > 5
    order = {
        "unit": district.willow.pk, "day": "2026-03-07", "work": "work", "reason": "防汛演练",
    }  # fmt: skip
    sent = client.post(reverse("org:calendar_override"), order)
    assert sent["Location"] == f"/calendar/?year=2026&unit={district.willow.pk}"
    shown = client.get(sent["Location"]).content.decode()
    assert "防汛演练" in shown
    assert re.search(r"7 <small[^>]*>班<", shown)
    for wrong in ({"work": "maybe"}, {"day": "x"}, {"reason": ""}, {"unit": "x"}):
        answer = client.post(reverse("org:calendar_override"), order | wrong)
        assert answer.status_code in {400, 404}
    assert CalendarException.objects.unscoped("test").count() == 1


def test_lists_ask_the_database_a_fixed_number_of_times(
    client: Client, district, sign_in, django_assert_max_num_queries
) -> None:
    user = sign_in(Role.LEADER, district.district)
    for number in range(30):
        Post.objects.create(person=user.person, unit=district.bridge, title=f"委员{number}")
    for address in ("/units/?q=社区", "/people/", f"/units/{district.bridge.pk}/"):
        with django_assert_max_num_queries(16):
            assert client.get(address).status_code == 200
