"""轻装 (Qingzhuang): the gate, the duplicate-finder, the pre-filler and the exporter."""

__version__ = "0.1.0"
