"""Commands of the whole house: serve, demo, migrate, bench, docs."""

from __future__ import annotations

import argparse
from typing import Any


def add_commands(subparsers: Any) -> None:
    """Add the commands that belong to no one room."""
    serve: argparse.ArgumentParser = subparsers.add_parser("serve", help="开网页服务和后台")
    serve.set_defaults(run=_serve, needs_django=True, demo=False)
    demo: argparse.ArgumentParser = subparsers.add_parser(
        "demo", help="备好演示区江岚区，再开网页服务"
    )
    demo.add_argument("--no-serve", action="store_true", help="只备好，不开服务")
    demo.set_defaults(run=_demo, needs_django=True)
    migrate: argparse.ArgumentParser = subparsers.add_parser("migrate", help="建立或升级数据库")
    migrate.set_defaults(run=_migrate, needs_django=True)
    bench: argparse.ArgumentParser = subparsers.add_parser("bench", help="量一量：intake、reader")
    bench.add_argument("name", choices=["intake", "reader"])
    bench.add_argument("--json", action="store_true", help="输出一个 JSON 文档")
    bench.add_argument("--count", type=int, default=100_000, help="intake：多少条消息")
    bench.set_defaults(run=_bench)
    docs: argparse.ArgumentParser = subparsers.add_parser("docs", help="重新生成参考文档")
    docs.add_argument("--check", action="store_true", help="只看是不是最新的")
    docs.set_defaults(run=_docs, needs_django=True)


def _serve(arguments: argparse.Namespace) -> int:
    from qingzhuang.site.serving import serve

    _migrate(arguments)
    return serve()


def _demo(arguments: argparse.Namespace) -> int:
    from qingzhuang.site.serving import serve
    from qingzhuang.site.showing import prepare_demo

    _migrate(arguments)
    logins = prepare_demo()
    return 0 if arguments.no_serve else serve(logins)


def _migrate(_: argparse.Namespace) -> int:
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from qingzhuang.site.benches import run_bench

    return run_bench(arguments.name, count=arguments.count, as_json=arguments.json)


def _docs(arguments: argparse.Namespace) -> int:
    from qingzhuang.site.reference import write_reference

    return write_reference(check=arguments.check)
