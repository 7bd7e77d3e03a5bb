"""Keys, request ids, guards' text, checks of the error catalogue."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

import pytest

from qingzhuang.kit import checks
from qingzhuang.kit.checks import integrity_check, list_integrity_checks, run_integrity_check
from qingzhuang.kit.jobs import register, registry
from qingzhuang.kit.jobs.registry import JobKind
from qingzhuang.kit.keys import key_at
from qingzhuang.kit.pure.errors import Words
from qingzhuang.kit.request import current_request_id, request_scope
from qingzhuang.kit.system_checks import check_jobs, list_placeholders, list_wrong_uses


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "some.key"
    key = key_at(path)
    key_at.cache_clear()
    assert key_at(path) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["some.key"]


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.key").write_text("abcd")
    with pytest.raises(ValueError, match="32-byte"):
        key_at(tmp_path / "some.key")


def test_a_request_id_holds_inside_its_block() -> None:
    assert current_request_id() == ""
    with request_scope("job:7"), request_scope() as inner:
        assert current_request_id() == inner != "job:7"
    assert current_request_id() == ""


CATALOGUE = {"kit.lost": Words(message="“{name}”不见了。", next_step="再找找 {place!r:>4}。")}


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ('UserError("kit.lost", name=1, place=2)', []),
        ('UserError("kit.lost", **params)', []),
        ('UserError("kit.lost", name=1)', ["a.py:1 raises kit.lost without place"]),
        ('UserError("kit.found")', ["a.py:1 raises kit.found, which no errors.toml has"]),
        ("UserError(code)", []),
    ],
)
def test_wrong_uses_of_errors_are_seen(call: str, wrong: list[str]) -> None:
    assert list(list_wrong_uses(call, "a.py", CATALOGUE)) == wrong


def test_broken_braces_are_seen() -> None:
    assert list_placeholders(CATALOGUE["kit.lost"]) == {"name", "place"}
    with pytest.raises(ValueError, match="expected"):
        list_placeholders(Words(message="{name", next_step=""))


@pytest.mark.parametrize(
    "wrong", [{"name": "nameless"}, {"retries": -1}, {"backoff_seconds": 0}, {"timeout_seconds": 0}]
)
def test_a_job_without_a_sound_rule_is_refused(wrong: dict[str, object]) -> None:
    sound: dict[str, object] = {
        "name": "kit.x",
        "function": print,
        "retries": 0,
        "backoff_seconds": 1,
        "timeout_seconds": 1,
        "priority": 0,
    }
    JobKind(**sound)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"room\.name|retries"):
        JobKind(**{**sound, **wrong})  # type: ignore[arg-type]


def test_a_schedule_of_nothing_and_a_foreign_name_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(registry, "_schedules", {})
    assert not check_jobs()
    registry.every(minutes=1, name="kittest.nowhere")
    register("org.stolen", retries=0, backoff_seconds=1)(run_integrity_check)  # type: ignore[type-var]
    assert [error.id for error in check_jobs()] == ["qz.E001", "qz.E002"]


@pytest.mark.django_db
def test_an_integrity_check_counts_and_shows_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_checks", {})

    def offend() -> Iterable[int]:
        return range(25)

    integrity_check("a.callable", offend, "要对。", "改对。")
    integrity_check("b.sql", "SELECT 1 WHERE 1 = 0", "要对。", "改对。")
    integrity_check("c.sql", "SELECT 7", "要对。", "改对。")
    many, none, one = [run_integrity_check(check) for check in list_integrity_checks()]
    assert (many.count, len(many.offenders), many.is_passed) == (25, checks.SHOWN, False)
    assert none.is_passed
    assert one.offenders == ("7",)
