"""Days that offices count by but that are no public holidays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_FILE = Path(__file__).parents[2] / "data" / "observances.toml"
_YEARS = range(2019, 2031)


@lru_cache(maxsize=1)
def load_observances() -> Mapping[str, tuple[date, ...]]:
    """Each day's dates by its name ("元宵节"), in order of time, 2019 to 2030.

    Those of the solar calendar come every year; those of the lunar one are listed in the file.
    """
    read = tomllib.loads(_FILE.read_text("utf-8"))
    days = {
        name: tuple(date(year, *map(int, day.split("-"))) for year in _YEARS)
        for name, day in read["solar"].items()
    }
    days |= {name: tuple(sorted(listed)) for name, listed in read["lunar"].items()}
    return MappingProxyType(days)
