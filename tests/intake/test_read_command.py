"""qz read: the contract's document, exit codes, and words a person can act on."""

from __future__ import annotations

import argparse
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qingzhuang.intake.cli import add_commands
from qingzhuang.kit.pure.errors import UserError

CHATS = Path(__file__).parent.parent / "fixtures" / "chats"
BAD = Path(__file__).parent.parent / "fixtures" / "bad"
KEYS = {"id", "path", "locator", "channel", "group", "sender", "sent_at", "text", "attachments"}


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["read", *map(str, words)])
    return int(arguments.run(arguments))


def document(capsys: pytest.CaptureFixture[str], *words: str | Path) -> dict[str, Any]:
    assert run(*words, "--json") == 0
    out = capsys.readouterr()
    assert out.err == ""
    return dict(json.loads(out.out))


def test_json_has_exactly_the_contracts_keys(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, CHATS / "qq_txt")
    assert set(found) == {"messages", "skipped"}
    assert len(found["messages"]) == 8
    assert all(set(message) == KEYS for message in found["messages"])
    assert found["messages"][4] == {
        "id": found["messages"][4]["id"],
        "path": str(CHATS / "qq_txt/两个群.txt"),
        "locator": "行 27",
        "channel": "chat",
        "group": "长乐街道民生条线",
        "sender": "赵六",
        "sent_at": "2026-03-02T20:46:00+08:00",
        "text": "[文件]名单.xlsx",
        "attachments": ["名单.xlsx"],
    }


def test_numbers_and_room_keys_do_not_leave_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    printed = json.dumps(document(capsys, CHATS / "qq_txt", CHATS / "weflow"), ensure_ascii=False)
    for key in ("10001", "20002", "lisi@example.com", "111@chatroom", "wxid_qin"):
        assert key not in printed


def test_overlapping_exports_are_printed_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = (CHATS / "qq_txt/两个群.txt").read_text("utf-8")
    (tmp_path / "甲.txt").write_bytes(data.encode("gb18030"))
    (tmp_path / "乙.txt").write_text(data.replace("【群主】", ""), "utf-8")
    assert len(document(capsys, tmp_path)["messages"]) == 8


def test_what_was_not_read_is_under_skipped_with_place_and_next_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = document(capsys, BAD / "中间坏了一条.json", BAD / "认不出.xyz")
    assert len(found["messages"]) == 6
    assert [(s["path"], s["locator"]) for s in found["skipped"]] == [
        (str(BAD / "中间坏了一条.json"), "第 3 条"),
        (str(BAD / "认不出.xyz"), ""),
    ]
    assert found["skipped"][1]["why"] == (
        "认不出这是什么文件。请用聊天软件自带的导出，或把内容复制到文本里再交；支持的格式见使用说明。"
    )


def test_the_whole_bad_folder_is_one_good_document(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, BAD)
    assert found["messages"]
    assert {Path(s["path"]).name for s in found["skipped"]} >= {"空的.txt", "不是文字.txt"}
    assert all(s["why"].endswith("。") for s in found["skipped"])
    assert "涉密的话" not in json.dumps(found, ensure_ascii=False)
    assert "不得外传" not in json.dumps(found, ensure_ascii=False)


def test_readable_text_without_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(CHATS / "weflow/echotrace.json", BAD / "空的.txt") == 0
    out = capsys.readouterr().out
    assert "2026-03-02 09:10 · 长乐街道民生条线 · 民生办小覃\n    请报独居老人数\n" in out
    assert "空的.txt：这个文件是空的，没有内容。请确认导出时选对了群和日期，再交一次。" in out
    assert out.endswith("共 1 条消息，1 处没读出来。\n")


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["没有.txt"], "intake.no_such_path"),
        (["空的.txt"], "intake.file_empty"),
        (["不是文字.txt"], "intake.unknown_format"),
        (["认不出.xyz", "空的.txt"], "intake.nothing_read"),
    ],
)
def test_input_of_which_nothing_is_usable_is_an_error(
    capsys: pytest.CaptureFixture[str], names: list[str], code: str
) -> None:
    with pytest.raises(UserError) as error:
        run(*(BAD / name for name in names), "--json")
    assert error.value.code == code
    out = capsys.readouterr().out
    if code != "intake.no_such_path":
        assert len(json.loads(out)["skipped"]) == len(names)


def test_a_refused_secret_is_a_verdict_and_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, BAD / "带密级的通知.txt")
    assert found["messages"] == []
    assert found["skipped"][0]["why"].startswith("这里带有密级标志")


def _qz(*words: str | Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "qingzhuang.site.cli", "read", *map(str, words)]
    return subprocess.run(command, check=False, timeout=60, **more)


@pytest.mark.slow
def test_the_command_itself_speaks_utf8_and_answers_2_with_an_error_object() -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = _qz(CHATS / "wecom", "--json", capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(done.stdout.decode("utf-8"))["messages"]) == 15
    failed = _qz(BAD / "没有.txt", "--json", capture_output=True)
    assert failed.returncode == 2
    assert set(json.loads(failed.stderr)) == {"code", "message", "next_step"}
    assert failed.stdout == b""


@pytest.mark.slow
def test_progress_is_shown_to_somebody_who_watches_and_leaves_no_trace(tmp_path: Path) -> None:
    with (tmp_path / "群.txt").open("w", encoding="utf-8") as out:
        for i in range(120_000):
            out.write(f"2026-03-{1 + i % 28:02} 9:{i // 28 % 60:02}:00 张三(10001)\n第{i}件事\n\n")
    parent, child = pty.openpty()
    done = _qz(tmp_path, "--json", stdout=subprocess.DEVNULL, stderr=child)
    os.close(child)
    shown = os.read(parent, 65_536).decode("utf-8")
    os.close(parent)
    assert done.returncode == 0
    assert " MB，" in shown
    assert shown.endswith("\x1b[K")
