"""From a file to rows: redacted, once, whole or not at all, and always to a stated end."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from qingzhuang.files.actions import shred_expired
from qingzhuang.files.models import StoredFile
from qingzhuang.intake import actions
from qingzhuang.intake.models import (
    Ask,
    Channel,
    ChannelAlias,
    ChannelDay,
    Message,
    Sighting,
    Skip,
    Source,
    SourceKind,
    SourceState,
)
from qingzhuang.kit import clock
from qingzhuang.kit.jobs import JobContext, JobStopped, find_job
from qingzhuang.kit.jobs.worker import run_ready_jobs, run_twice
from qingzhuang.kit.models import Job
from qingzhuang.kit.pure.clock import at, in_china
from qingzhuang.kit.pure.errors import UserError, describe
from qingzhuang.trail.models import TrailEntry

from .conftest import Give, Town, qq_group, somebody

pytestmark = pytest.mark.django_db
BAD = Path(__file__).parent.parent / "fixtures" / "bad"
ASKED = ("2026-03-02 08:30:00", "民政局小陈(10001)", "请各社区3月6日前报《高龄津贴发放表》。")
THANKS = ("2026-03-02 08:31:00", "小刘(10003)", "收到，谢谢")


def rows(model: Any) -> Any:
    manager = model.objects
    return manager.unscoped("test") if hasattr(manager, "unscoped") else manager.all()


# Redaction and least data


def test_no_number_of_a_person_is_stored_anywhere(town: Town, give: Give) -> None:
    said = "请各社区3月6日前报《高龄津贴表》，张某11010119491231002X，电话13812345678"
    text = qq_group([("2026-03-02 08:30:00", "小陈13912345678(10001)", said)], "群13712345678")
    source = give(town.pond, text, name="张某13612345678.txt")
    assert source.state == SourceState.DONE
    tables = [Source, Message, Ask, Channel, ChannelAlias, Sighting, Skip, TrailEntry, Job]
    stored = repr([list(rows(model).values()) for model in tables])
    for number in (
        "13812345678",
        "13912345678",
        "13712345678",
        "13612345678",
        "11010119491231002X",
    ):
        assert number not in stored
    assert "138****5678" in stored


def test_the_original_is_sealed_while_it_waits_and_shredded_when_read(
    town: Town, give: Give, own_home: Path
) -> None:
    source = give(town.pond, qq_group([ASKED]), read=False)
    kept = [path for path in (own_home / "files").rglob("*") if path.is_file()]
    assert kept
    assert not any("高龄津贴".encode() in path.read_bytes() for path in kept)
    run_ready_jobs()
    source.refresh_from_db(from_queryset=rows(Source))
    assert source.file_id is None
    assert not rows(StoredFile).filter(shredded_at=None).exists()


def test_a_basis_is_needed_and_nothing_is_kept_without(town: Town, own_home: Path) -> None:
    import io

    with pytest.raises(UserError, match=r"intake\.no_basis"):
        actions.add_source(
            actor=somebody(town.pond), place=town.pond.path, kind=SourceKind.UPLOAD, name="群.txt",
            stream=io.BytesIO(b"x"), lawful_basis="curiosity",
        )  # fmt: skip
    assert not rows(Source).exists()
    assert not rows(StoredFile).exists()


def test_what_asks_nothing_goes_in_time_and_only_its_number_stays(town: Town, give: Give) -> None:
    with clock.fixed_at(at(date(2026, 3, 2), 9)):
        early = ("2026-03-02 00:30:00", "小刘(10003)", "早")
        give(town.pond, qq_group([ASKED, THANKS, early]), retention_days=5)
    kept = at(date(2026, 3, 6), 23)
    assert actions.expire_messages(on=kept) == 0
    over = at(date(2026, 3, 7), 2)
    assert actions.expire_messages(on=over) == 2
    assert actions.expire_messages(on=over) == 0
    assert [m.is_ask for m in rows(Message)] == [True]
    day = ChannelDay.objects.get()
    assert (day.day, day.message_count) == (date(2026, 3, 2), 2)
    assert "小刘" not in repr(list(rows(Sighting).values()))
    run_twice("intake.expire_messages")
    assert ChannelDay.objects.get().message_count == 2


# Once


def test_two_overlapping_exports_give_each_message_once_across_two_jobs(
    town: Town, give: Give
) -> None:
    later = ("2026-03-03 08:30:00", "民政局小陈(10001)", "请各社区3月9日前报《孤儿名册》。")
    first = give(town.pond, qq_group([ASKED, THANKS]))
    second = give(town.pond, qq_group([THANKS, later]))
    assert (first.new_message_count, second.new_message_count) == (2, 1)
    assert (rows(Message).count(), rows(Ask).count(), Sighting.objects.count()) == (3, 2, 4)


@pytest.mark.parametrize("keyed_first", [True, False])
def test_another_members_export_without_numbers_is_the_same_messages(
    town: Town, give: Give, keyed_first: bool
) -> None:
    keyed = qq_group([ASKED, THANKS])
    plain = qq_group([(at, who.partition("(")[0], text) for at, who, text in (ASKED, THANKS)])
    first, second = (keyed, plain) if keyed_first else (plain, keyed)
    give(town.pond, first)
    again = give(town.pond, second, name="另一人的.txt")
    assert (again.message_count, again.new_message_count) == (2, 0)
    assert rows(Message).count() == 2


def test_namesakes_keep_their_messages_apart_by_their_accounts(town: Town, give: Give) -> None:
    other = (ASKED[0], "民政局小陈(10009)", ASKED[2])
    give(town.pond, qq_group([ASKED]))
    second = give(town.pond, qq_group([other]))
    assert second.new_message_count == 1


def test_the_same_file_again_is_said_and_not_read(town: Town, give: Give) -> None:
    with clock.fixed_at(at(date(2026, 3, 2), 9)):
        give(town.pond, qq_group([ASKED]))
    again = give(town.pond, qq_group([ASKED]), name="又一份.txt")
    assert again.state == SourceState.REPEATED
    words = describe(again.error_code, again.error_params)
    assert "3月2日收过" in words.message
    assert again.file_id is None
    assert not rows(StoredFile).filter(shredded_at=None).exists()
    elsewhere = give(town.bridge, qq_group([ASKED]))
    assert elsewhere.state == SourceState.DONE, "another place has not had it"


def test_a_file_that_could_not_be_read_whole_may_be_given_again(town: Town, give: Give) -> None:
    first = give(town.pond, (BAD / "夹着坏字节.txt").read_bytes(), name="夹着坏字节.txt")
    again = give(town.pond, (BAD / "夹着坏字节.txt").read_bytes(), name="夹着坏字节.txt")
    assert first.skip_count
    assert again.state == SourceState.DONE
    assert again.new_message_count == 0


def test_what_is_pasted_without_a_head_may_be_said_again_another_day(
    town: Town, give: Give
) -> None:
    text = "请各社区今天下班前报《防汛物资表》。"
    for day, state in ((2, "done"), (2, "repeated"), (3, "done")):
        with clock.fixed_at(at(date(2026, 3, day), 9)):
            assert give(town.pond, text, kind=SourceKind.PASTE).state == state
    assert sorted(in_china(a.due_at).day for a in rows(Ask)) == [2, 3]
    assert len({a.fold for a in rows(Ask)}) == 2


def test_a_renamed_group_stays_one_channel_with_another_name(town: Town, give: Give) -> None:
    def archive(group: str, second: int) -> str:
        return (
            f'[{{"seq": {second}, "time": "2026-03-02T08:30:{second:02}+08:00", '
            f'"talker": "777@chatroom", "talkerName": "{group}", "isChatRoom": true, '
            '"sender": "wxid_a", "senderName": "小陈", "isSelf": false, "type": 1, "subType": 0, '
            f'"content": "请各社区3月{second}日前报《名册》。"}}]'
        )

    give(town.pond, archive("民生群", 6), name="一.json")
    give(town.pond, archive("民生条线群", 7), name="二.json")
    channel = rows(Channel).get()
    assert channel.name == "民生群"
    assert "777" not in channel.key, "a private chat's key would be a person's account"
    assert list(channel.aliases.values_list("name", flat=True)) == ["民生条线群"]


def test_an_undated_document_is_taken_as_received_and_blames_nobody(town: Town, give: Give) -> None:
    night = at(date(2026, 3, 1), 23)  # a Sunday
    with clock.fixed_at(night):
        give(
            town.pond,
            "关于报送资料的通知\n各社区：请明天中午前报送《台账》。\n民政局",
            name="通知.md",
        )
    ask = rows(Ask).get()
    assert ask.sent_at == night
    assert ask.due_at is not None
    assert not {"off_hours", "short_notice"} & set(ask.flags)
    assert ask.lead_working_hours is None


# Ends


@pytest.mark.parametrize("file", sorted(p for p in BAD.rglob("*") if p.is_file()), ids=str)
def test_bad_files_end_with_a_state_and_sentences(town: Town, give: Give, file: Path) -> None:
    source = give(town.pond, file.read_bytes(), name=file.name)
    assert source.state in (SourceState.DONE, SourceState.REFUSED)
    assert source.file_id is None
    assert source.message_count == Sighting.objects.values("message").distinct().count()
    for skip in source.skips.all():
        words = describe(skip.code, skip.params)
        assert words.message
        assert words.next_step
    if source.state == SourceState.REFUSED:
        assert source.message_count == 0
        assert describe(source.error_code, source.error_params).next_step
    assert not Job.objects.exclude(status="done").filter(name="intake.read_source").exists()


def test_a_secret_leaves_no_word_behind(town: Town, give: Give) -> None:
    source = give(town.pond, "机密★10年\n关于某事的通知\n请各社区3月6日前报送防空洞位置表。")
    assert source.state == SourceState.REFUSED
    assert source.error_code == "intake.secret_refused"
    assert not rows(Message).exists()
    assert "防空洞" not in repr(list(rows(Source).values()) + list(Skip.objects.values()))
    assert not rows(StoredFile).filter(shredded_at=None).exists()


def test_an_original_whose_time_is_over_is_said(town: Town, give: Give) -> None:
    source = give(town.pond, qq_group([ASKED]), read=False)
    with clock.fixed_at(clock.now() + timedelta(days=8)):
        shred_expired()
        run_ready_jobs()
        source.refresh_from_db(from_queryset=rows(Source))
        assert source.state == SourceState.REFUSED
        assert source.error_code == "files.expired"


def test_reading_twice_changes_nothing(town: Town, give: Give) -> None:
    source = give(town.pond, qq_group([ASKED, THANKS]))

    def state() -> list[Any]:
        return [list(rows(model).values()) for model in (Source, Message, Ask, Sighting, Channel)]

    before = state()
    run_twice("intake.read_source", source.pk)
    assert state() == before


class Killed(Exception):  # noqa: N818 - nothing is wrong with it
    """Stands for the moment at which a worker is gone."""


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_stopped_between_any_two_batches_and_run_again_everything_is_there_once(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    from qingzhuang.intake.actions import reading

    monkeypatch.setattr(reading, "BATCH", 2)
    lines = [
        (f"2026-03-02 08:3{n}:00", "小陈(10001)", f"请各社区3月6日前报《第{n}号表》。")
        for n in range(6)
    ]
    source = give(town.pond, qq_group(lines), read=False)

    class Ctx(JobContext):
        left = after

        def checkpoint(self) -> None:
            if self.left == 0:
                raise Killed
            self.left -= 1

        def progress(self, *_: Any, **__: Any) -> None:
            if self.left == 0:
                raise Killed

    with pytest.raises(Killed):
        actions.read_source(source_id=source.pk, ctx=Ctx(job_id=1))
    run_ready_jobs()
    source.refresh_from_db(from_queryset=rows(Source))
    assert (source.state, source.message_count, source.ask_count) == ("done", 6, 6)
    assert source.new_message_count == 6
    assert (rows(Message).count(), rows(Ask).count(), Sighting.objects.count()) == (6, 6, 6)


def test_a_cancelled_source_keeps_what_was_read_and_takes_no_more(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingzhuang.intake.actions import reading

    monkeypatch.setattr(reading, "BATCH", 1)
    source = give(town.pond, qq_group([ASKED, THANKS]), read=False)

    class Ctx(JobContext):
        def checkpoint(self) -> None:
            if rows(Message).exists():
                actions.cancel_source(actor=somebody(town.pond), source_id=source.pk)

        def progress(self, *_: Any, **__: Any) -> None: ...

    with pytest.raises(JobStopped):
        actions.read_source(source_id=source.pk, ctx=Ctx(job_id=1))
    run_ready_jobs()
    source.refresh_from_db(from_queryset=rows(Source))
    assert (source.state, source.message_count, source.file_id) == ("cancelled", 1, None)
    assert rows(Message).count() == 1
    assert not rows(StoredFile).filter(shredded_at=None).exists()


def test_a_job_that_fails_for_good_leaves_a_sentence_and_another_try(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingzhuang.intake.actions import reading

    def fall(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    real = reading.read_asks
    source = give(town.pond, qq_group([ASKED]), read=False)
    monkeypatch.setattr(reading, "read_asks", fall)
    now = clock.now()
    for hours in range(6):
        with clock.fixed_at(now + timedelta(hours=hours)):
            run_ready_jobs()
    assert find_job(source.job_id).status == "failed"  # type: ignore[union-attr]
    assert actions.mend_sources() == 1
    assert actions.mend_sources() == 0
    source.refresh_from_db(from_queryset=rows(Source))
    assert source.state == SourceState.FAILED
    assert "7天" in describe(source.error_code, source.error_params).message
    assert source.file_id is not None

    monkeypatch.setattr(reading, "read_asks", real)
    actions.retry_source(actor=somebody(town.pond), source_id=source.pk)
    run_ready_jobs()
    source.refresh_from_db(from_queryset=rows(Source))
    assert (source.state, source.ask_count, source.error_code) == ("done", 1, "")
    with pytest.raises(UserError, match=r"intake\.no_retry"):
        actions.retry_source(actor=somebody(town.pond), source_id=source.pk)


def test_a_file_broken_throughout_is_counted_and_not_listed_without_end(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingzhuang.intake.actions import reading

    monkeypatch.setattr(reading, "MOST_SKIPS", 5)
    text = (BAD / "坏了一行.jsonl").read_text("utf-8").splitlines()
    broken = "\n".join([text[0], *("{broken" + str(n) for n in range(40))])
    source = give(town.pond, broken, name="存档.jsonl")
    assert source.skip_count >= 40
    assert source.skips.count() <= 5
