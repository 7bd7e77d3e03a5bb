"""The trail: written once, sealed, and every tampering found with its batch."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from qingzhuang.kit import clock
from qingzhuang.kit.append_only import drop_guards, list_missing_guards, put_guards
from qingzhuang.kit.jobs.worker import run_twice
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.request import request_scope
from qingzhuang.trail.actions import keyed_digest, record, seal_trail
from qingzhuang.trail.cli import add_commands
from qingzhuang.trail.models import TrailEntry, TrailSeal
from qingzhuang.trail.queries import list_entries, seal_log, verify_trail
from qingzhuang.trail.types import Damage

pytestmark = pytest.mark.django_db
Capture = Callable[..., Any]


def write(count: int = 1, **changes: Any) -> list[int]:
    values = {"actor": "user:1", "action": "org.import_people", "target": "org.Unit:3"} | changes
    return [record(**values, rows=n).pk for n in range(count)]


def execute(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def tamper(sql: str, *params: object) -> None:
    """What somebody with the database's password can do."""
    drop_guards(connection)
    execute(sql, *params)
    put_guards(connection)


def found() -> list[tuple[Damage, int]]:
    return [(finding.damage, finding.seal) for finding in verify_trail().findings]


@pytest.mark.parametrize("table", ["trail_trailentry", "trail_trailseal"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id + 100", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(table: str, sql: str) -> None:
    write(2)
    seal_trail()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute(sql.format(table))
    assert TrailEntry.objects.count() == 2


def test_postgresql_refuses_to_truncate_too() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute("TRUNCATE trail_trailentry")


def test_missing_guards_are_named() -> None:
    assert list_missing_guards() == []
    drop_guards(connection)
    assert "keep_trail_trailentry_update" in list_missing_guards()
    put_guards(connection)
    assert list_missing_guards() == []


def test_an_entry_goes_with_its_transaction_and_carries_its_request() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not TrailEntry.objects.exists()
    with request_scope("job:7"):
        write(place="1301/02", outcome="refused", reason="不在名单")
    (entry,) = list_entries(place="1301")
    assert (entry.request_id, entry.outcome, entry.reason) == ("job:7", "refused", "不在名单")
    assert entry.details == {"rows": 0}


def test_numbers_of_people_never_reach_the_trail() -> None:
    phone, card = "1" + "3" * 10, "11010119900101001X"
    record(
        actor="user:1",
        action="org.import_people",
        target="org.Unit:3",
        reason=f"电话{phone}",
        cards=[card],
        division="130102001001",
    )
    whole = json.dumps(TrailEntry.objects.values("reason", "details").get(), ensure_ascii=False)
    assert phone not in whole
    assert card not in whole
    assert keyed_digest(phone) in whole
    assert "130102001001" in whole  # a division's code is nobody's number


@pytest.mark.parametrize(
    "said",
    [
        "打138 1234 5678", "Tel13812345678", "138-1234-5678找他", "１３８１２３４５６７８",
        "138\u200b1234\u200b5678", "138.1234.5678", "2026年3月2日13812345678", "x13812345678y",
        "8613812345678", "+86 138 1234 5678，两次：13812345678",
    ],
)  # fmt: skip
def test_a_phone_is_one_digest_however_it_is_written(said: str) -> None:
    kept = record(actor="user:1", action="b.c", target="d", reason=said).reason
    assert f"[{keyed_digest('13812345678')}]" in kept
    assert "5678" not in kept.replace(keyed_digest("13812345678"), "")


@pytest.mark.parametrize(
    "said", ["ID11010119900101123x", "110101  19900101  123X", "110101.19900101.123X的证"]
)
def test_an_identity_number_is_one_digest_however_it_is_written(said: str) -> None:
    kept = record(actor="user:1", action="b.c", target="d", reason=said).reason
    assert f"[{keyed_digest('11010119900101123X')}]" in kept
    assert "123" not in kept.replace(keyed_digest("11010119900101123X"), "")


@pytest.mark.parametrize(
    "said",
    [
        "0a13812345678bcdef012345", "files.StoredFile:4f81a138-1234-5678-9abc-13812345678d",
        "org.Unit:130102001001", "2026-03-02 14:30", "第 1、2、3 行",
    ],
)  # fmt: skip
def test_digests_and_codes_stay_as_they_are(said: str) -> None:
    assert record(actor="user:1", action="b.c", target=said).target == said


def test_details_that_databases_spell_differently_are_refused() -> None:
    for value in (1.5, {"a": 1}, object()):
        with pytest.raises(TypeError):
            record(actor="a", action="b.c", target="d", value=value)


def test_a_keyed_digest_tells_sameness_and_needs_the_key(settings: Any, tmp_path: Any) -> None:
    first = keyed_digest("甲")
    assert first == keyed_digest("甲") != keyed_digest("乙")
    settings.QZ_HOME = tmp_path / "another"
    assert keyed_digest("甲") != first


def test_what_is_sealed_verifies_and_sealing_twice_adds_nothing() -> None:
    write(5)
    assert verify_trail().unsealed == 5
    run_twice("trail.seal")
    write(3)
    assert seal_trail() == 3
    report = verify_trail()
    assert report.is_whole
    assert (report.seals, report.sealed, report.unsealed) == (2, 8, 0)


def test_long_trails_are_sealed_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingzhuang.trail.actions.BATCH", 4)
    write(10)
    assert seal_trail() == 10
    assert list(TrailSeal.objects.order_by("number").values_list("count", flat=True)) == [4, 4, 2]
    assert verify_trail().is_whole


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'user:2'",
        "outcome = 'refused'",
        "reason = 'x'",
        "place = 'x'",
        "request_id = 'x'",
        "details = '{}'",
        "at = '2020-01-01 00:00:00+00:00'",
    ],
)
def test_a_changed_entry_is_found_with_its_batch(change: str) -> None:
    write(3)
    seal_trail()
    (second, _, _) = write(3)
    seal_trail()
    tamper(f"UPDATE trail_trailentry SET {change} WHERE id = %s", second)
    assert found() == [(Damage.CHANGED, 2)]


def test_a_removed_entry_is_found_with_its_batch_and_id() -> None:
    _, gone, _ = write(3)
    seal_trail()
    tamper("DELETE FROM trail_trailentry WHERE id = %s", gone)
    (finding,) = verify_trail().findings
    assert (finding.damage, finding.seal, finding.ids) == (Damage.REMOVED, 1, (gone,))


def test_a_number_left_empty_is_no_alarm_and_a_late_commit_is_sealed_later() -> None:
    late = leave_a_gap()
    seal_trail()
    assert verify_trail().is_whole
    with clock.fixed_at(clock.now() + timedelta(days=3)):  # the program was switched off meanwhile
        put_in(late)
        report = verify_trail()
        assert (report.is_whole, report.unsealed) == (True, 1)
        assert seal_trail() == 1
        assert verify_trail().is_whole
    assert TrailSeal.objects.get(number=2).members == str(late)
    tamper("UPDATE trail_trailentry SET actor = 'x' WHERE id = %s", late)
    assert found() == [(Damage.CHANGED, 2)]


def test_an_entry_put_into_an_old_gap_is_found() -> None:
    gap = leave_a_gap()
    seal_trail()
    with clock.fixed_at(clock.now() + timedelta(days=2)):
        write()
        seal_trail()
        put_in(gap)
        (finding,) = verify_trail().findings
        assert (finding.damage, finding.seal, finding.ids) == (Damage.INSERTED, 1, (gap,))
        assert seal_trail() == 0  # and it is not made good by the next seal


def leave_a_gap() -> int:
    """The number, between two others, of a transaction that has not committed."""
    (first,) = write()
    put_in(first + 2)
    if connection.vendor == "postgresql":  # SQLite counts on from the highest by itself
        execute("SELECT setval(pg_get_serial_sequence('trail_trailentry', 'id'), %s)", first + 2)
    return first + 1


def put_in(number: int) -> None:
    TrailEntry.objects.create(
        id=number, at=at(date(2026, 3, 2)), actor="user:9", action="org.x", target="org.Unit:1"
    )


def test_a_changed_seal_is_found() -> None:
    write(2)
    seal_trail()
    write(2)
    seal_trail()
    tamper("UPDATE trail_trailseal SET sealed_at = '2020-01-01 00:00:00+00:00' WHERE number = 1")
    assert found() == [(Damage.SEAL_CHANGED, 1)]
    tamper("UPDATE trail_trailseal SET members = '??' WHERE number = 2")
    assert (Damage.SEAL_CHANGED, 2) in found()


def test_a_seal_taken_out_of_the_middle_is_found() -> None:
    for _ in range(3):
        write()
        seal_trail()
    tamper("DELETE FROM trail_trailseal WHERE number = 2")
    assert (Damage.SEAL_REMOVED, 2) in found()


def test_a_cut_off_end_is_found_by_the_log_outside_of_the_database(
    django_capture_on_commit_callbacks: Capture,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        write()
        seal_trail()
        (last,) = write()
        seal_trail()
    assert len(seal_log().read_text().splitlines()) == 2
    assert verify_trail().is_whole
    tamper("DELETE FROM trail_trailseal WHERE number = 2")
    tamper("DELETE FROM trail_trailentry WHERE id = %s", last)
    assert found() == [(Damage.SEAL_REMOVED, 2)]


def test_the_officer_filters_and_pages() -> None:
    write(3, action="org.import_people", place="1301/02")
    write(2, action="intake.store_paste", actor="user:2", place="1301/03")
    assert [e.action for e in list_entries(limit=1)] == ["intake.store_paste"]
    assert len(list_entries(action="org.")) == len(list_entries(place="1301/02")) == 3
    assert len(list_entries(actor="user:2", action="intake.store_paste", outcome="done")) == 2
    first = list_entries(limit=2)
    second = list_entries(limit=5, before_id=first[-1].id)
    assert len({entry.id for entry in first + second}) == 5
    assert list_entries(since=clock.now() + timedelta(minutes=1)) == []
    assert list_entries(until=clock.now() - timedelta(minutes=1)) == []
    assert len(list_entries(target="org.Unit:3")) == 5


def verify(*arguments: str) -> int:
    parser = ArgumentParser()
    add_commands(parser.add_subparsers())
    parsed = parser.parse_args(["verify", *arguments])
    assert parsed.needs_django
    return int(parsed.run(parsed))


def test_qz_verify_answers_by_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    (first, _) = write(2)
    seal_trail()
    assert verify("--json") == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    tamper("DELETE FROM trail_trailentry WHERE id = %s", first)
    drop_guards(connection)
    assert verify("--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["trail"]["findings"] == [{"damage": "removed", "seal": 1, "ids": [first]}]
    (guards,) = [check for check in report["checks"] if check["name"] == "trail.append_only"]
    assert guards["ok"] is False
    assert verify() == 1
    assert "第 1 道：有记录被删掉" in capsys.readouterr().out
    put_guards(connection)
