"""Workbooks and CSV files of units, people and divisions, parsed into types."""

from qingzhuang.org.inputs.divisions import read_divisions
from qingzhuang.org.inputs.drafts import pack_sheet, unpack_people, unpack_units
from qingzhuang.org.inputs.people import read_people
from qingzhuang.org.inputs.units import read_units

__all__ = [
    "pack_sheet",
    "read_divisions",
    "read_people",
    "read_units",
    "unpack_people",
    "unpack_units",
]
