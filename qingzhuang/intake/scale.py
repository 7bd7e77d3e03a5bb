"""How long pages take with a million messages: python -m qingzhuang.intake.scale --home FOLDER.

Fills the database of an empty data folder (or the one of QZ_DATABASE_URL) with an invented
district whose rows have the shape that reading gives them, then asks for every page as every
role and prints milliseconds of server time. Nothing here is used by the program itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qingzhuang.intake import types
    from qingzhuang.org.models import Unit, User

STREETS, COMMUNITIES = 12, 25  # of each street
DAYS = 365
BATCH = 4_000
LIMIT_MS = 100
_ISSUERS = (
    "住建局", "民政局", "应急管理局", "卫健局", "农业农村局", "统计局", "公安分局", "团区委",
    "妇联", "残联", "组织部", "宣传部", "司法局", "教育局", "生态环境局", "城管局", "商务局",
    "文旅局", "市场监管局", "人社局", "医保局", "退役军人事务局", "交通局", "信访局",
)  # fmt: skip
_THINGS = (
    "老旧小区", "独居老人", "困境儿童", "燃气安全", "出租房屋", "犬只免疫", "高龄津贴", "残疾人补贴",
    "农贸市场", "校外托管", "两癌筛查", "矛盾纠纷", "消防通道", "电动自行车", "防汛物资", "反诈宣传",
)  # fmt: skip
_SHAPES = (
    "@所有人 请各社区于{m}月{d}日17:00前将《{o}情况统计表》报{i}，逾期不候。",
    "各社区：请于{m}月{d}日前报送{o}工作总结，{i}。",
    "【{i}】明天上午9点在街道三楼会议室召开{o}工作推进会，请社区书记参加，不得请假。",
    "请各单位转发{o}公众号文章并截图发群里，今天下班前完成，收到请回复。{i}",
    "{i}将于{m}月{d}日到各社区检查{o}工作，请提前准备台账。",
    "每周五报送《{o}排查台账》，零报告也要报。{i}",
    "请入户走访{o}并拍照上传，{m}月{d}日前完成，{i}。",
)
_CHAT = ("收到", "好的，谢谢", "{o}的事已经办了", "今天下雨大家注意", "辛苦各位", "在开会，稍后回")


def fill(count: int, *, seed: int = 7) -> None:
    """An invented district with `count` messages, 40 in 100 of them asking something."""
    from qingzhuang.intake import models

    chance = random.Random(seed)  # noqa: S311 - rows for a measurement
    places = _make_units()
    _make_users()
    channels = _make_channels(places)
    sources = _make_sources(places, max(count // 50, 1))
    readings = _make_readings(chance)
    started = time.monotonic()
    made = _messages(count, places, channels, readings, chance)
    done = 0
    while batch := list(islice(made, BATCH)):
        _write(batch, sources, chance, models)
        done += len(batch)
        if done % 100_000 == 0:
            print(f"{done:,} messages, {time.monotonic() - started:.0f} s", file=sys.stderr)
    _tidy()


def _make_units() -> list[str]:
    """Paths to give messages to, the busier ones more often."""
    from qingzhuang.org.actions import add_unit
    from qingzhuang.org.types import Actor, UnitKind

    actor = Actor.program("scale")
    district = add_unit(actor=actor, name="量区", kind=UnitKind.DISTRICT)
    for name in _ISSUERS:
        add_unit(actor=actor, name=f"量区{name}", kind=UnitKind.DEPARTMENT, parent=district)
    streets, communities = [], []
    for number in range(STREETS):
        street = add_unit(
            actor=actor, name=f"街{number}街道", kind=UnitKind.STREET, parent=district
        )
        streets.append(street.path)
        for part in range(COMMUNITIES):
            name = f"街{number}第{part}社区"
            communities.append(
                add_unit(actor=actor, name=name, kind=UnitKind.COMMUNITY, parent=street).path
            )
    # 2 in 100 at the district, 20 at streets, the rest at communities, the first one a busy one.
    return [district.path] * 20 + streets * 17 + [communities[0]] * 40 + communities * 2


def _make_users() -> None:
    from qingzhuang.org.actions import create_person, create_user, grant_post
    from qingzhuang.org.models import Unit
    from qingzhuang.org.types import Actor, Role

    actor = Actor.program("scale")
    units = Unit.objects.unscoped("the invented ones")
    where = {
        Role.BURDEN_OFFICE: "量区",
        Role.DEPARTMENT_CLERK: "量区住建局",
        Role.STREET_DESK: "街0街道",
        Role.COMMUNITY: "街0第0社区",
        Role.GRID_WORKER: "街3第4社区",
        Role.INSPECTOR: "街1街道",
        Role.LEADER: "量区",
    }
    for role, name in where.items():
        unit: Unit = units.get(name=name)
        person = create_person(actor=actor, name=f"{role}某", unit=unit)
        grant_post(actor=actor, person=person, unit=unit, role=role, title="干部")
        user, _ = create_user(actor=actor, username=f"scale-{role}", person=person)
        user.must_change_password = False
        user.save(update_fields=["must_change_password"])


def _make_channels(places: list[str]) -> dict[str, list[int]]:
    from qingzhuang.intake.models import Channel

    found: dict[str, list[int]] = {}
    for place in dict.fromkeys(places):
        for kind, name in (("chat", "工作群"), ("chat", "条线群"), ("phone", "")):
            row = Channel.objects.create(place=place, kind=kind, name=name, key="")
            found.setdefault(place, []).append(row.pk)
    return found


def _make_sources(places: list[str], count: int) -> dict[str, list[int]]:
    from qingzhuang.intake.models import LawfulBasis, Source, SourceKind, SourceState
    from qingzhuang.kit import clock

    now = clock.now()
    every = list(dict.fromkeys(places))
    Source.objects.bulk_create(
        [
            Source(
                place=every[number % len(every)],
                kind=SourceKind.UPLOAD,
                name=f"工作群 {number} 月导出.txt",
                batch=uuid.UUID(int=number // 10 + 1),
                digest=f"{number:064x}",
                size=30_000,
                state=SourceState.DONE,
                lawful_basis=LawfulBasis.DUTY,
                retention_days=30,
                added_by="scale",
                added_at=now - timedelta(minutes=number * 20),
                finished_at=now,
                message_count=50,
                new_message_count=50,
                ask_count=20,
            )
            for number in range(count)
        ],
        batch_size=BATCH,
    )
    found: dict[str, list[int]] = {}
    rows = Source.objects.unscoped("the invented ones").values_list("place", "pk")
    for place, pk in rows:
        found.setdefault(place, []).append(pk)
    return found


def _make_readings(chance: random.Random) -> list[tuple[str, tuple[types.Ask, ...]]]:
    """A few hundred texts with what the reader reads of them."""
    from qingzhuang.intake.rules.asks import read_asks
    from qingzhuang.intake.types import ChannelKind, Message
    from qingzhuang.kit import clock
    from qingzhuang.org.rules import load_calendar

    readings = []
    for _ in range(600):
        text = chance.choice(_SHAPES).format(
            m=clock.now().month, d=chance.randint(1, 28), o=chance.choice(_THINGS),
            i=chance.choice(_ISSUERS),
        )  # fmt: skip
        message = Message(
            path="", locator="", channel=ChannelKind.CHAT, sent_at=clock.now(), text=text
        )
        asks = read_asks(message, calendar=load_calendar())
        if asks:
            readings.append((text, asks))
    return readings


def _messages(
    count: int,
    places: list[str],
    channels: dict[str, list[int]],
    readings: list[tuple[str, tuple[types.Ask, ...]]],
    chance: random.Random,
) -> Iterator[tuple[Any, tuple[types.Ask, ...]]]:
    from qingzhuang.intake.models import Message
    from qingzhuang.kit import clock

    now = clock.now()
    for number in range(count):
        place = chance.choice(places)
        asks: tuple[types.Ask, ...] = ()
        text = chance.choice(_CHAT).format(o=chance.choice(_THINGS))
        if chance.random() < 0.4:
            text, asks = chance.choice(readings)
        sent_at: datetime = now - timedelta(seconds=chance.randrange(DAYS * 86_400))
        row = Message(
            place=place,
            digest=f"{number:024x}",
            shown_digest=f"{number:024x}",
            has_account=False,
            channel_id=chance.choice(channels[place]),
            sender=f"干部{chance.randrange(400)}",
            sent_at=sent_at,
            text=text,
            is_ask=bool(asks),
            expires_on=None if asks else (sent_at + timedelta(days=DAYS)).date(),
        )
        yield row, asks


def _write(
    batch: list[tuple[Any, tuple[types.Ask, ...]]],
    sources: dict[str, list[int]],
    chance: random.Random,
    models: Any,
) -> None:
    from django.db import transaction

    from qingzhuang.intake.actions.rows import ask_row, fold_of, remember_issuers
    from qingzhuang.kit import clock

    now = clock.now()
    with transaction.atomic():
        models.Message.objects.bulk_create([row for row, _ in batch])
        first = models.Message.objects.unscoped("those just written").filter(
            digest__in=[batch[0][0].digest]
        ).values_list("pk", flat=True)[0]  # fmt: skip
        rows, sightings, issuers = [], [], set()
        for pk, (message, asks) in enumerate(batch, first):
            for ask in asks:
                row = ask_row(
                    ask,
                    message_pk=pk,
                    place=message.place,
                    received_at=message.sent_at,
                    channel="chat",
                )
                if row.due_at:
                    row.due_at = message.sent_at + (row.due_at - now)
                    row.fold = fold_of(row)
                rows.append(row)
                issuers.add((row.place, row.issuer))
            sightings.append(
                models.Sighting(
                    message_id=pk,
                    source_id=chance.choice(sources.get(message.place) or [1]),
                    path="工作群.txt",
                    locator=f"行 {pk}",
                )
            )
        models.Ask.objects.bulk_create(rows)
        models.Sighting.objects.bulk_create(sightings)
        for place, name in issuers:
            remember_issuers(place, {name})


def _tidy() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(*, rounds: int = 5) -> list[dict[str, Any]]:
    """Every page of the intake and the day as every role: median milliseconds and queries."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from qingzhuang.org.models import User

    users: list[User] = list(User.objects.filter(username__startswith="scale-"))
    found = []
    for user in sorted(users, key=lambda one: one.username):
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for name, url in _pages(user, reverse):
            taken, worked = [], []
            for _ in range(rounds + 1):
                started, began = time.perf_counter(), time.process_time()
                answer = client.get(url, follow=True)
                taken.append((time.perf_counter() - started) * 1000)
                worked.append((time.process_time() - began) * 1000)
            with CaptureQueriesContext(connection) as queries:
                client.get(url)
            slowest = max(queries, key=lambda query: float(query["time"]), default=None)
            found.append(
                {
                    "role": user.username.removeprefix("scale-"),
                    "page": name,
                    "status": answer.status_code,
                    "ms": round(statistics.median(taken[1:]), 1),
                    # Of this process alone: what a machine shared with others does not blur.
                    "cpu_ms": round(statistics.median(worked[1:]), 1),
                    "first_ms": round(taken[0], 1),
                    "queries": len(queries),
                    "kb": round(len(answer.content) / 1024) if not answer.streaming else 0,
                    "slowest": f"{slowest['time']} s {slowest['sql'][:160]}" if slowest else "",
                }
            )
    return found


def _pages(user: User, reverse: Any) -> list[tuple[str, str]]:
    from qingzhuang.intake.models import Ask, Source
    from qingzhuang.org.queries import scope_of
    from qingzhuang.org.types import Permission

    scope = scope_of(user).narrowed(Permission.INTAKE_READ)
    ask = Ask.objects.for_scope(scope).order_by("-sent_at").first()
    source = Source.objects.for_scope(scope).order_by("-added_at").first()
    asks = reverse("intake:asks")
    pages = [
        ("today", reverse("desk:today")),
        ("add", reverse("intake:add")),
        ("asks", asks),
        ("asks page 20", f"{asks}?page=20"),
        ("asks last page", f"{asks}?page=9999"),
        ("asks issuer", f"{asks}?issuer=住建局"),
        ("asks kind", f"{asks}?kind=form"),
        ("asks flag", f"{asks}?flag=relay_reply"),
        ("asks rare flag", f"{asks}?flag=quota"),
        ("asks channel", f"{asks}?channel=chat"),
        ("asks due", f"{asks}?due_from=2026-03-01&due_until=2026-03-07"),
        ("asks due wide", f"{asks}?due_from=2020-01-01"),
        ("asks words", f"{asks}?words=老旧小区情况统计表"),
        ("asks common word", f"{asks}?words=社区"),
        ("asks words kind issuer", f"{asks}?words=燃气&kind=form&issuer=民政局"),
        ("search", f"{reverse('desk:search')}?words=燃气安全"),
        ("sources", reverse("intake:sources")),
        ("sources words", f"{reverse('intake:sources')}?words=月导出&state=done"),
    ]
    if ask:
        pages.append(("ask", reverse("intake:ask", args=[ask.pk])))
    if source:
        pages.append(("source", reverse("intake:source", args=[source.pk])))
        pages.append(("batch", reverse("intake:batch", args=[source.batch])))
    return pages


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="an empty folder, or a filled one")
    parser.add_argument("--count", type=int, default=1_000_000, help="messages")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ["QZ_HOME"] = str(arguments.home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingzhuang.site.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from qingzhuang.intake.models import Message

    call_command("migrate", interactive=False, verbosity=0)
    if not Message.objects.unscoped("is it filled?").exists():
        fill(arguments.count)
    found = measure()
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        for row in found:
            print(
                "{role:18} {page:24} {status} {ms:8.1f} ms {cpu_ms:8.1f} cpu {queries:3} q {kb:5} kB".format(
                    **row
                )
            )
            if row["ms"] >= LIMIT_MS:
                print(f"    slow: {row['slowest']}")
    return 1 if any(row["ms"] >= LIMIT_MS for row in found) else 0


if __name__ == "__main__":
    raise SystemExit(main())
