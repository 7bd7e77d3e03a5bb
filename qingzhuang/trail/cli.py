"""qz verify: is the trail whole, does everything hold that must?"""

from __future__ import annotations

import argparse
import json
from typing import Any

_DAMAGE = {
    "changed": "有记录被改过",
    "removed": "有记录被删掉",
    "inserted": "有记录是后来塞进去的",
    "seal_changed": "封条被改过",
    "seal_removed": "封条不见了",
}


def add_commands(subparsers: Any) -> None:
    """Add `qz verify`."""
    verify: argparse.ArgumentParser = subparsers.add_parser("verify", help="核对留痕和数据")
    verify.add_argument("--json", action="store_true", help="输出一个 JSON 文档")
    verify.set_defaults(run=_verify, needs_django=True, needs_tables=True)


def _verify(arguments: argparse.Namespace) -> int:
    """The trail and every registered integrity check; 1 if one fails."""
    from qingzhuang.kit.checks import list_integrity_checks, run_integrity_check
    from qingzhuang.trail.queries import verify_trail

    report = verify_trail()
    results = [run_integrity_check(check) for check in list_integrity_checks()]
    is_well = report.is_whole and all(result.is_passed for result in results)
    if arguments.json:
        document = {
            "ok": is_well,
            "trail": {
                "seals": report.seals,
                "sealed": report.sealed,
                "unsealed": report.unsealed,
                "findings": [
                    {"damage": item.damage.value, "seal": item.seal, "ids": list(item.ids)}
                    for item in report.findings
                ],
            },
            "checks": [
                {
                    "name": result.check.name,
                    "ok": result.is_passed,
                    "count": result.count,
                    "offenders": list(result.offenders),
                    "introduction": result.check.introduction,
                    "recommendation": result.check.recommendation,
                }
                for result in results
            ],
        }
        print(json.dumps(document, ensure_ascii=False))
        return 0 if is_well else 1
    print(
        f"留痕：{report.seals} 道封条，封了 {report.sealed} 条，{report.unsealed} 条等下一道封条。"
    )
    for item in report.findings:
        ids = "、".join(map(str, item.ids))
        print(f"  ✗ 第 {item.seal} 道：{_DAMAGE[item.damage]}{f'（编号 {ids}）' if ids else ''}")
    for result in results:
        print(f"{'✓' if result.is_passed else '✗'} {result.check.introduction}")
        if not result.is_passed:
            print(f"  不符的有 {result.count} 处：{'、'.join(result.offenders)}")
            print(f"  怎么办：{result.check.recommendation}")
    print("都对得上。" if is_well else "有对不上的地方，见上面的 ✗。")
    return 0 if is_well else 1
