"""qz read and qz asks: what came in and what it asks, as one JSON document or as text."""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from qingzhuang.intake.types import Ask, Message, Skip

_WHOLE_FILE = ""  # the locator of a Skip that is about a file as a whole


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this room."""
    read = subparsers.add_parser("read", help="读聊天记录、公文、表格：里面有哪些消息")
    _take_paths(read)
    read.set_defaults(run=run_read)
    asks = subparsers.add_parser("asks", help="读出要求：谁要什么、什么时候要")
    _take_paths(asks)
    asks.add_argument(
        "--now",
        type=_moment,
        metavar="T",
        help="现在是什么时候，如 2026-03-02T09:00；没有时间的消息按这时收到",
    )
    asks.add_argument("--scope", metavar="NAME", default="", help="地方；现在的规则都是全国的")
    asks.set_defaults(run=run_asks)


def _moment(given: str) -> datetime:
    from qingzhuang.kit.pure.clock import in_china

    try:
        return in_china(datetime.fromisoformat(given))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{given}”不是时间，请写成 2026-03-02T09:00") from None


def _take_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="文件或文件夹")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run_read(arguments: argparse.Namespace) -> int:
    """Print every message once and everything that could not be read. Streams: memory stays flat.

    Raises UserError (exit 2) when not one message could be read and every file was unusable as a
    whole; the document on stdout is complete then too.
    """
    from qingzhuang.intake.inputs import read_paths, unique

    out = utf8_output()
    with Ticker() as ticker, Skipped() as skipped:
        items = unique(read_paths(arguments.paths, progress=ticker.read))
        messages = skipped.sift(ticker.count(items))
        if arguments.json:
            write_list(out, "messages", map(message_json, messages))
            skipped.write_json(out)
        else:
            for message in messages:
                _print_message(out, message)
            ticker.clear()
            skipped.print(out)
            print(f"共 {ticker.messages} 条消息，{skipped.count} 处没读出来。", file=out)
        out.flush()
        if not ticker.messages:
            skipped.raise_if_nothing_usable()
    return 0


def run_asks(arguments: argparse.Namespace) -> int:
    """Print what the messages ask, and everything that could not be read. Streams like run_read."""
    from qingzhuang.intake.inputs import read_paths, unique
    from qingzhuang.intake.reading import read_all_asks
    from qingzhuang.kit import clock
    from qingzhuang.org.rules import load_calendar

    now = arguments.now or clock.now()
    with Ticker() as ticker, Skipped() as skipped:
        items = unique(read_paths(arguments.paths, progress=ticker.read))
        asks = read_all_asks(
            skipped.sift(ticker.count(items)),
            now=now,
            calendar=load_calendar(),
            render=ask_line if arguments.json else ask_text,
        )
        out = utf8_output()
        count = 0
        if arguments.json:
            write_lines(out, "asks", asks)
            out.write(f',"messages":{ticker.messages}')
            skipped.write_json(out)
        else:
            for ask in asks:
                count += 1
                print(ask, file=out)
            ticker.clear()
            skipped.print(out)
            print(
                f"{ticker.messages} 条消息里有 {count} 件要求，{skipped.count} 处没读出来。",
                file=out,
            )
        out.flush()
        if not ticker.messages:
            skipped.raise_if_nothing_usable()
    return 0


def ask_json(ask: Ask) -> dict[str, Any]:
    """An ask as the contract writes it."""
    return {
        "id": ask.id,
        "message": ask.message,
        "text": ask.text,
        "issuer": ask.issuer,
        "audience": list(ask.audience),
        "summary": ask.summary,
        "deliverables": [kind.value for kind in ask.deliverables],
        "forms": list(ask.forms),
        "due_at": ask.due_at.isoformat() if ask.due_at else None,
        "lead_working_hours": ask.lead_working_hours,
        "recurrence": ask.recurrence.value,
        "flags": [flag.value for flag in ask.flags],
        "because": list(ask.because),
    }


def ask_line(ask: Ask) -> str:
    """An ask as one line of JSON."""
    return json.dumps(ask_json(ask), ensure_ascii=False)


def ask_text(ask: Ask) -> str:
    """An ask for people: by when, who, what; what to hand in; the words that made it so."""
    due = ask.due_at.strftime("%Y-%m-%d %H:%M") if ask.due_at else "没说期限"
    details = [*(kind.value for kind in ask.deliverables), *(f"《{name}》" for name in ask.forms)]
    flags = " ".join(flag.value for flag in ask.flags)
    return (
        f"{due}  {ask.issuer or '（没说谁要的）'}  {ask.summary}\n"
        f"    {' '.join(details)}  {flags}\n    因为：{'、'.join(ask.because)}"
    )


def utf8_output() -> TextIO:
    """stdout speaking UTF-8 whatever the locale: the contract says so, and Chinese needs it."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    return sys.stdout


def message_json(message: Message) -> dict[str, Any]:
    """A message as the contract writes it; keys behind people and groups stay inside."""
    return {
        "id": message.id,
        "path": message.path,
        "locator": message.locator,
        "channel": message.channel.value,
        "group": message.group,
        "sender": message.sender,
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
        "text": message.text,
        "attachments": list(message.attachments),
    }


def write_list(out: TextIO, key: str, values: Iterator[dict[str, Any]]) -> None:
    """The opening of a JSON document and its first list, one value a line as they come.

    The reader of `values` may raise before the first one: then nothing has been written.
    """
    write_lines(out, key, (json.dumps(value, ensure_ascii=False) for value in values))


def write_lines(out: TextIO, key: str, lines: Iterator[str]) -> None:
    """The same for values that are JSON already."""
    first = next(lines, None)
    out.write(f'{{"{key}":[')
    if first is not None:
        out.write("\n" + first)
    for line in lines:
        out.write(",\n" + line)
    out.write("]")


class Skipped:
    """What could not be read, kept aside until the messages are out; on disk when it is much."""

    def __init__(self) -> None:
        self.count = 0
        self._lines = tempfile.SpooledTemporaryFile(  # noqa: SIM115 (closed in __exit__)
            max_size=1 << 22, mode="w+", encoding="utf-8"
        )
        self._whole: list[Skip] = []  # the first two Skips about whole files
        self._refused = False
        self._partly = False

    def __enter__(self) -> Skipped:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

    def sift(self, items: Iterator[Message | Skip]) -> Iterator[Message]:
        """Hand on the messages and keep the Skips."""
        from qingzhuang.intake.types import Skip

        for item in items:
            if isinstance(item, Skip):
                self.keep(item)
            else:
                yield item

    def keep(self, skip: Skip) -> None:
        self.count += 1
        self._lines.write(json.dumps(skip_json(skip), ensure_ascii=False) + "\n")
        if skip.code == "intake.secret_refused":
            self._refused = True
        elif skip.locator == _WHOLE_FILE:
            self._whole = [*self._whole, skip][:2]
        else:
            self._partly = True

    def write_json(self, out: TextIO) -> None:
        """The `skipped` list and the end of the document."""
        out.write(',\n"skipped":[')
        self._lines.seek(0)
        for index, line in enumerate(self._lines):
            out.write(("," if index else "") + "\n" + line.rstrip("\n"))
        out.write("]}\n")

    def print(self, out: TextIO) -> None:
        self._lines.seek(0)
        for line in self._lines:
            entry = json.loads(line)
            place = f" {entry['locator']}" if entry["locator"] else ""
            print(f"没读：{entry['path']}{place}：{entry['why']}", file=out)

    def raise_if_nothing_usable(self) -> None:
        """Raise the one file's error, or intake.nothing_read for several; a refusal is a verdict."""
        from qingzhuang.kit.pure.errors import UserError

        if not self._whole or self._refused or self._partly:
            return
        if self.count == 1:
            raise UserError(self._whole[0].code, **self._whole[0].params)
        raise UserError("intake.nothing_read", files=self.count)


def skip_json(skip: Skip) -> dict[str, str]:
    """File, place and why: what happened and what to do now."""
    from qingzhuang.kit.pure.errors import describe

    why = str(describe(skip.code, skip.params))
    return {"path": skip.path, "locator": skip.locator, "why": why, "code": skip.code}


class Ticker:
    """How far it is, on stderr, once a second, only where somebody watches."""

    def __init__(self) -> None:
        self.messages = 0
        self._bytes = 0
        self._shown = False
        self._next = time.monotonic() + 1
        self._watched = sys.stderr.isatty()

    def __enter__(self) -> Ticker:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def count(self, items: Iterator[Message | Skip]) -> Iterator[Message | Skip]:
        """Pass items on and count the messages among them."""
        from qingzhuang.intake.types import Skip

        for item in items:
            self.messages += not isinstance(item, Skip)
            yield item

    def read(self, total: int) -> None:
        """So many bytes have been read."""
        self._bytes = total
        if self._watched and (now := time.monotonic()) >= self._next:
            self._next, self._shown = now + 1, True
            line = f"\r已读 {self._bytes / 1e6:,.0f} MB，{self.messages:,} 条消息"
            print(line, end="\x1b[K", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = False


def _print_message(out: TextIO, message: Message) -> None:
    when = message.sent_at.strftime("%Y-%m-%d %H:%M") if message.sent_at else ""
    head = " · ".join(filter(None, (when, message.group, message.sender)))
    print(f"{message.path} {message.locator}  {head}", file=out)
    shown = message.text or "（没有文字）"
    print("\n".join(f"    {line}" for line in shown.split("\n")), file=out)
    if message.attachments:
        print(f"    附件：{'、'.join(message.attachments)}", file=out)
    print(file=out)
