"""Weighing what is seen: logistic weights learned from labelled messages (data/reader.json).

Each judgement adds up the weights of the features present; above zero means yes. The weights
come from tools/train_reader.py, which names the files they were learned from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Judge:
    """Weights of one group of judgements: feature → ((judgement, weight), …)."""

    names: tuple[str, ...]
    bias: tuple[float, ...]
    weights: dict[str, tuple[tuple[int, float], ...]]
    known: frozenset[str]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Judge:
        """One group as reader.json has it."""
        weights = {
            feature: tuple((int(at), float(weight)) for at, weight in pairs)
            for feature, pairs in entry["weights"].items()
        }
        return cls(tuple(entry["names"]), tuple(entry["bias"]), weights, frozenset(weights))

    def weigh(self, features: Set[str]) -> dict[str, float]:
        """Judgement → sum of weights (log odds)."""
        sums = list(self.bias)
        weights = self.weights
        # Most features of a text are pairs of characters that say nothing: left out in one go.
        for feature in self.known & features:
            for at, weight in weights[feature]:
                sums[at] += weight
        return dict(zip(self.names, sums, strict=True))

    def explain(self, features: Set[str], name: str) -> list[tuple[str, float]]:
        """What spoke for one judgement, the strongest first."""
        at = self.names.index(name)
        spoken = (
            (feature, weight)
            for feature in self.known & features
            for to, weight in self.weights[feature]
            if to == at and weight > 0
        )
        return sorted(spoken, key=lambda pair: (-pair[1], pair[0]))


@cache
def load_judges() -> dict[str, Judge]:
    """The judges by group: "ask", "cut", "kinds", "flags"."""
    source = files("qingzhuang.intake").joinpath("data/reader.json")
    table = json.loads(source.read_text("utf-8"))
    return {group: Judge.of(entry) for group, entry in table["judges"].items()}
