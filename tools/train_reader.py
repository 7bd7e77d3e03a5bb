"""Learn the weights of intake/data/reader.json from labelled messages.

    python tools/train_reader.py tests/labelled/asks_a.jsonl … [--check]

Needs scikit-learn (only here; the program itself adds up numbers). Cross-validated figures are
printed with --check, nothing is written then. What the held-out set gives: `qz bench reader`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from qingzhuang.intake.rules.features import list_features, look
from qingzhuang.intake.rules.issuer import sender_kind
from qingzhuang.intake.rules.parts import split_parts
from qingzhuang.intake.rules.times import read_times
from qingzhuang.intake.types import ChannelKind, Deliverable, Flag
from qingzhuang.kit.pure.text import fold_in_place
from qingzhuang.org.rules import load_calendar

TARGET = Path(__file__).parent.parent / "qingzhuang/intake/data/reader.json"
COMPUTED = {Flag.SHORT_NOTICE, Flag.OFF_HOURS}
FLAGS = [str(flag) for flag in Flag if flag not in COMPUTED]
KINDS = [str(kind) for kind in Deliverable]
LEAST_SEEN = 3
LEAST_WEIGHT = 0.015
# Cues are few and meant; pairs of characters are many and by chance.
GRAM_SCALE = 0.35
STRENGTH = {"ask": 1.0, "kinds": 0.5, "flags": 0.5}
# A kind or flag is rare in the set, not in the world where it is meant: its yes weighs more.
RARE = {"ask": 1.0, "kinds": 3.0, "flags": 3.0}


def read_rows(paths: list[Path]) -> list[dict]:
    return [
        json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line
    ]


def see(row: dict) -> tuple[set[str], list[tuple[set[str], dict]]]:
    """Features of the whole message, and of each part that can be told which label it has."""
    text = row["text"]
    times = read_times(
        text, sent_at=datetime.fromisoformat(row["sent_at"]), calendar=load_calendar()
    )
    folded = fold_in_place(text)
    seen = look(folded, times)
    given = {
        "channel": ChannelKind(row["channel"]),
        "sender_kind": sender_kind(row["sender"], row["group"]),
    }
    whole = list_features(seen, 0, len(folded), **given)
    if len(row["asks"]) == 1:
        return whole, [(whole, row["asks"][0])]
    parts = split_parts(seen)
    if len(parts) != len(row["asks"]):
        return whole, []
    return whole, [
        (list_features(seen.part(start, end), start, end, **given), label)
        for (start, end), label in zip(parts, row["asks"], strict=True)
    ]


def matrix(samples: list[set[str]], index: dict[str, int]) -> csr_matrix:
    rows, columns, values = [], [], []
    for at, features in enumerate(samples):
        for feature in features:
            column = index.get(feature)
            if column is not None:
                rows.append(at)
                columns.append(column)
                values.append(GRAM_SCALE if feature.startswith("g:") else 1.0)
    return csr_matrix((values, (rows, columns)), shape=(len(samples), len(index)))


def build_index(samples: list[set[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for features in samples:
        for feature in features:
            counts[feature] = counts.get(feature, 0) + 1
    return {
        name: at for at, name in enumerate(sorted(n for n, c in counts.items() if c >= LEAST_SEEN))
    }


def fit(samples: list[set[str]], targets: list[list[int]], group: str):
    index = build_index(samples)
    table = matrix(samples, index)
    models = []
    for column in np.array(targets).T:
        if 0 < column.sum() < len(column):
            share = (len(column) - column.sum()) / column.sum()
            weight = {0: 1.0, 1: max(1.0, min(RARE[group], share))}
            model = LogisticRegression(C=STRENGTH[group], max_iter=2000, class_weight=weight)
            models.append(model.fit(table, column))
        else:
            models.append(None)
    return index, models


def judge(index, models, samples) -> np.ndarray:
    table = matrix(samples, index)
    return np.array(
        [m.decision_function(table) if m else np.full(len(samples), -9.0) for m in models]
    ).T


def pack(names: list[str], index, models) -> dict:
    weights: dict[str, list] = {}
    for at, model in enumerate(models):
        if model is None:
            continue
        for feature, column in index.items():
            weight = model.coef_[0][column] * (GRAM_SCALE if feature.startswith("g:") else 1.0)
            if abs(weight) >= LEAST_WEIGHT:
                weights.setdefault(feature, []).append([at, round(float(weight), 3)])
    bias = [round(float(m.intercept_[0]), 3) if m else -9.0 for m in models]
    return {"names": names, "bias": bias, "weights": dict(sorted(weights.items()))}


def f1(truth: np.ndarray, said: np.ndarray) -> float:
    hits = int((truth & said).sum())
    total = int(truth.sum() + said.sum())
    return 2 * hits / total if total else math.nan


def groups_of(rows: list[dict]):
    seen = [see(row) for row in rows]
    whole = [one for one, _ in seen]
    parts = [part for _, some in seen for part in some]
    yield "ask", ["ask"], whole, [[int(bool(row["asks"]))] for row in rows]
    yield (
        "kinds",
        KINDS,
        [f for f, _ in parts],
        [[int(k in a["deliverables"]) for k in KINDS] for _, a in parts],
    )
    yield (
        "flags",
        FLAGS,
        [f for f, _ in parts],
        [[int(k in a["flags"]) for k in FLAGS] for _, a in parts],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    rows = read_rows(arguments.files)
    packed = {}
    for group, names, samples, targets in groups_of(rows):
        if arguments.check:
            truth = np.array(targets).astype(bool)
            said = np.zeros_like(truth)
            for train, test in KFold(8, shuffle=True, random_state=1).split(samples):
                index, models = fit([samples[i] for i in train], [targets[i] for i in train], group)
                scores = judge(index, models, [samples[i] for i in test])
                said[test] = scores > 0
                if group == "kinds":
                    for row, score in zip(test, scores, strict=True):
                        if not said[row].any():
                            said[row][score.argmax()] = True
            print(f"{group}: F1 {f1(truth, said):.3f} over {len(samples)}")
            if len(names) > 1:
                for at, name in enumerate(names):
                    print(
                        f"   {name:20} {f1(truth[:, at], said[:, at]):.3f}  n={truth[:, at].sum()}"
                    )
            continue
        index, models = fit(samples, targets, group)
        packed[group] = pack(names, index, models)
    if not arguments.check:
        learned = {
            "learned_from": [f"{path.name}: {len(read_rows([path]))}" for path in arguments.files]
        }
        TARGET.write_text(
            json.dumps(learned | {"judges": packed}, ensure_ascii=False, separators=(",", ":")),
            "utf-8",
        )
        print(
            f"{TARGET.stat().st_size} bytes, {sum(len(p['weights']) for p in packed.values())} features"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
