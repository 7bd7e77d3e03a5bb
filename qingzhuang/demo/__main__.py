"""`python -m qingzhuang.demo FOLDER`: write the demo district's raw files into a folder."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from qingzhuang.demo.writing import write_demo


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m qingzhuang.demo", description="生成示例区“江岚区”的原始文件"
    )
    parser.add_argument("folder", type=Path, help="写到哪个文件夹")
    parser.add_argument(
        "--until", type=date.fromisoformat, default=date(2026, 3, 2), help="截止日期，如 2026-03-02"
    )
    parser.add_argument("--months", type=int, default=2, help="往前几个月")
    parser.add_argument("--seed", type=int, default=2025, help="随机种子")
    parser.add_argument("--truth", type=Path, default=None, help="另存标注（truth.jsonl）的文件夹")
    args = parser.parse_args()
    summary = write_demo(
        args.folder, seed=args.seed, months=args.months, until=args.until, truth=args.truth
    )
    print("\n".join(summary.lines()))


if __name__ == "__main__":
    main()
