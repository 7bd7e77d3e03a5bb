"""How much anybody may send: little before the door, what the office allows behind it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from qingzhuang.intake.models import Source
from qingzhuang.org.types import Role

from .conftest import Enter, Town, text_of

pytestmark = pytest.mark.django_db
BIG = 2 * 1024 * 1024


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes that Django's upload handlers were given."""
    seen: list[int] = []
    for name in ("MemoryFileUploadHandler", "TemporaryFileUploadHandler"):
        handler = getattr(uploadhandler, name)
        receive = handler.receive_data_chunk

        def noted(self: Any, data: bytes, start: int, receive: Any = receive) -> Any:
            seen.append(len(data))
            return receive(self, data, start)

        monkeypatch.setattr(handler, "receive_data_chunk", noted)
    return seen


def test_a_stranger_cannot_fill_the_disk_by_the_login_page(town: Town, written: list[int]) -> None:
    client = Client(headers={"host": "localhost"})
    answer = client.post("/login/", {"file": SimpleUploadedFile("a.bin", b"x" * BIG)})
    assert answer.status_code == 413
    assert "1 MB" in text_of(answer)
    assert written == []


def test_a_cookie_of_no_session_is_a_stranger_too(town: Town, written: list[int]) -> None:
    client = Client(headers={"host": "localhost"})
    client.cookies["sessionid"] = "a" * 32
    answer = client.post("/in/drop", {"files": SimpleUploadedFile("a.bin", b"x" * BIG)})
    assert (answer.status_code, written) == (413, [])


def test_a_body_that_does_not_say_how_long_it_is_is_refused(town: Town) -> None:
    client = Client(headers={"host": "localhost"})
    answer = client.generic("POST", "/login/", headers={"transfer-encoding": "chunked"})
    assert answer.status_code == 411
    assert "长度" in text_of(answer)


def test_who_has_signed_in_may_send_what_the_office_allows(
    enter: Enter, town: Town, settings: Any, written: list[int]
) -> None:
    settings.QZ_MAX_UPLOAD_BYTES = 3 * 1024 * 1024
    pond = enter(Role.COMMUNITY, town.pond)
    file = SimpleUploadedFile("a.txt", b"x" * BIG)
    assert pond.post("/in/drop", {"basis": "duty", "files": file}).status_code == 302
    del written[:]
    file = SimpleUploadedFile("a.txt", b"x" * 5 * 1024 * 1024)
    answer = pond.post("/in/drop", {"basis": "duty", "files": file})
    assert (answer.status_code, written) == (413, [])
    assert "3 MB" in text_of(answer)


def test_a_paste_too_long_for_a_form_is_told_to_be_a_file(
    enter: Enter, town: Town, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
    answer = enter(Role.COMMUNITY, town.pond).post("/in/paste", {"text": "字" * 5000})
    assert answer.status_code == 413
    assert "存成文本文件" in text_of(answer)


def test_a_file_too_large_is_refused_in_words_and_the_others_go_on(
    enter: Enter, town: Town, settings: Any
) -> None:
    settings.QZ_MAX_UPLOAD_BYTES = 1000
    pond = enter(Role.COMMUNITY, town.pond)
    files = [
        SimpleUploadedFile("大.txt", b"x" * 5000),
        SimpleUploadedFile("小.txt", "请3月6日前报《情况表》。".encode()),
    ]
    given = pond.post("/in/drop", {"basis": "duty", "files": files})
    assert "没有收下" in text_of(pond.get(given["Location"]))
    states = dict(Source.objects.unscoped("test").values_list("name", "state"))
    assert states == {"大.txt": "refused", "小.txt": "waiting"}
    for url, sent in (
        ("/in/paste", {"text": "字" * 2000, "save": "1", "basis": "duty"}),
        ("/in/phone", {"said": "字" * 2000}),
    ):
        assert "没有收下" in text_of(pond.post(url, sent))
