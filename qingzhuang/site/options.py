"""Every setting an office can choose: one table, read from the environment or $QZ_HOME/qingzhuang.env.

`docs/reference/settings.md` is made from this table. Without any setting the program starts:
SQLite and its keys live in $QZ_HOME (default ~/.qingzhuang).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    default: str
    unit: str
    help: str


OPTIONS: tuple[Option, ...] = (
    Option("QZ_HOME", "~/.qingzhuang", "folder", "数据库、密钥、收件夹和原件都在这里。"),
    Option(
        "QZ_DATABASE_URL",
        "",
        "address",
        "PostgreSQL 的地址 postgresql://用户:口令@主机/库名；空着就用 SQLite。",
    ),
    Option("QZ_HOST", "127.0.0.1", "address", "网页服务听哪个地址。"),
    Option("QZ_PORT", "8600", "port", "网页服务的端口。"),
    Option(
        "QZ_ALLOWED_HOSTS",
        "127.0.0.1,localhost,[::1]",
        "names",
        "浏览器里可以用的主机名，逗号分开。",
    ),
    Option("QZ_HTTPS", "0", "0/1", "前面有 HTTPS 网关时设为 1：会话只走加密连接，并开启 HSTS。"),
    Option("QZ_DEBUG", "0", "0/1", "开发时显示出错细节；正式使用必须为 0。"),
    Option("QZ_WORKERS", "1", "count", "后台办事进程的数目。"),
    Option("QZ_MAX_UPLOAD_MB", "500", "MB", "一次交来的文件最大多少。"),
    Option("QZ_SESSION_MINUTES", "30", "minutes", "多久不用就退出登录。"),
    Option(
        "QZ_MAIL_URL", "", "address", "收转发邮件的信箱 imaps://用户:口令@主机/文件夹；空着就不收。"
    ),
    Option(
        "QZ_MAIL_SENDERS",
        "",
        "names",
        "只收这些发件人的信：地址或域名，逗号分开，如 tongzhi@example.com,example.org；"
        "空着一封也不收，别人的信原样留在信箱里。发件人可以冒名，信箱那头要先验过。",
    ),
)
_BY_NAME = {option.name: option for option in OPTIONS}


def home() -> Path:
    """The data folder; not created here."""
    return Path(os.environ.get("QZ_HOME") or "~/.qingzhuang").expanduser()


@cache
def _file_values(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def option(name: str) -> str:
    """The value of a setting of the table: environment first, then the file, then the default.

    Raises KeyError for a name that is not in the table.
    """
    entry = _BY_NAME[name]
    if name == "QZ_HOME":
        return str(home())
    return (
        os.environ.get(name) or _file_values(home() / "qingzhuang.env").get(name) or entry.default
    )


def flag(name: str) -> bool:
    return option(name).lower() in {"1", "true", "yes", "on"}
