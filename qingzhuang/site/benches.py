"""qz bench NAME: whole commands timed on made-up input, beside a floor, as ratios of one run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One command over one input: seconds by the wall, MiB of its largest process at its peak."""

    what: str
    messages: int
    seconds: float
    peak_mib: float


def run_bench(name: str, *, count: int, as_json: bool) -> int:
    """Print one benchmark's figures. Raises KeyError for an unknown name."""
    benches: dict[str, Callable[[int], dict[str, object]]] = {
        "intake": bench_intake,
        "reader": bench_reader,
    }
    report = benches[name](count)
    print(json.dumps(report, ensure_ascii=False, indent=None if as_json else 2))
    return 0


def bench_reader(_count: int) -> dict[str, object]:
    """F1 on the labelled messages' held-out part; not run where the labels are not at hand."""
    from qingzhuang.intake.bench import run_reader

    folder = Path(__file__).parents[2] / "tests/labelled"
    paths = sorted(folder.glob("asks_*.jsonl"))
    if not paths:
        return {"not_run": "tests/labelled is not here: run it from a checkout"}
    return {"held_out": run_reader(paths, part="held")}


def bench_intake(count: int) -> dict[str, object]:
    """Reading and understanding a QQ export of `count` messages, and of a tenth of them.

    The floor is reading the file's lines and nothing else. `growth` is the time of the whole
    over that of the tenth; ten would be in step with the input.
    """
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.txt"), Path(folder, "large.txt")
        lines = list(_said(Path(folder)))
        _write_export(small, lines, max(count // 10, 1))
        _write_export(large, lines, count)
        floor = _time("floor: lines only", count, [sys.executable, "-c", _FLOOR, str(large)])
        read = _time("qz read", count, _qz("read", large))
        asks = _time("qz asks", count, _qz("asks", large))
        tenth = _time("qz asks", count // 10, _qz("asks", small))
    return {
        "cores": os.cpu_count(),
        "timings": [asdict(one) for one in (floor, read, tenth, asks)],
        "growth": round(asks.seconds / tenth.seconds, 2),
        "over_floor": round(asks.seconds / floor.seconds, 1),
    }


_FLOOR = "import sys; print(sum(1 for _ in open(sys.argv[1], encoding='utf-8')))"


def _qz(command: str, path: Path) -> list[str]:
    return [sys.executable, "-m", "qingzhuang.site.cli", command, str(path), "--json"]


def _time(what: str, messages: int, command: list[str]) -> Timing:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise UserError("site.bench_failed", what=what)
    peak = usage.ru_maxrss / 1024  # of the command itself or its largest helper
    return Timing(what=what, messages=messages, seconds=round(seconds, 2), peak_mib=round(peak, 1))


def _said(folder: Path) -> Iterator[tuple[str, str]]:
    """Who said what in the demo district's files, as texts of natural length and mixture."""
    from qingzhuang.demo import write_demo
    from qingzhuang.intake.inputs import read_paths
    from qingzhuang.intake.types import Message

    source = folder / "demo"
    write_demo(source, until=date(2026, 3, 2), months=1)
    for found in read_paths([source]):
        if isinstance(found, Message) and found.text.strip():
            yield found.sender or "某人", found.text


def _write_export(path: Path, said: list[tuple[str, str]], count: int) -> None:
    """A QQ export of one group; every message has a minute and a number of its own."""
    start = at(date(2024, 1, 1), 8)
    with path.open("w", encoding="utf-8") as out:
        out.write("消息记录（此消息记录为文本格式，不支持重新导入）\n\n")
        out.write("=" * 64 + "\n消息分组:工作\n" + "=" * 64 + "\n消息对象:石桥街道工作群\n")
        out.write("=" * 64 + "\n\n")
        for number, (sender, text) in enumerate(islice(cycle(said), count)):
            moment: datetime = start + timedelta(minutes=number)
            out.write(
                f"{moment:%Y-%m-%d} {moment.hour}:{moment:%M:%S} {sender}(1{number % 500:04})\n"
            )
            out.write(f"{text}\n\n")
