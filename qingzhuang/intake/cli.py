"""qz read: what came in, as one JSON document or as text. Beside it stands qz asks."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from qingzhuang.intake.types import Message, Skip

_WHOLE_FILE = ""  # the locator of a Skip that is about a file as a whole


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this room."""
    read = subparsers.add_parser("read", help="读聊天记录、公文、表格：里面有哪些消息")
    _take_paths(read)
    read.set_defaults(run=run_read)


def _take_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="文件或文件夹")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 文档")


def run_read(arguments: argparse.Namespace) -> int:
    """Print every message once and everything that could not be read. Streams: memory stays flat.

    Raises UserError (exit 2) when not one message could be read and every file was unusable as a
    whole; the document on stdout is complete then too.
    """
    from qingzhuang.intake.inputs import read_paths, unique

    with Ticker() as ticker, Skipped() as skipped:
        items = unique(read_paths(arguments.paths, progress=ticker.read))
        out = sys.stdout
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
    first = next(values, None)
    out.write(f'{{"{key}":[')
    if first is not None:
        out.write("\n" + json.dumps(first, ensure_ascii=False))
    for value in values:
        out.write(",\n" + json.dumps(value, ensure_ascii=False))
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
