"""The fictional district 江岚区 as raw files, for a first look and for tests."""

from qingzhuang.demo.types import DemoSummary
from qingzhuang.demo.writing import write_demo

__all__ = ["DemoSummary", "write_demo"]
