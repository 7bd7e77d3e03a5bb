"""Learn the weights of intake/data/reader.json from labelled messages.

    python tools/train_reader.py tests/labelled/asks_a.jsonl … [--check [FOLDS]]

Needs scikit-learn (only here; the program itself adds up numbers). With --check nothing is
written: every message is read with weights that were learned without it, over FOLDS parts (0:
one whole file at a time), and the same figures as of `qz bench reader` are printed. The held-out
half of a labelled file is never read.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from qingzhuang.intake.bench import Score, format_score, read_rows, to_message
from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.rules.features import list_features, look
from qingzhuang.intake.rules.issuer import sender_kind
from qingzhuang.intake.rules.model import Judge
from qingzhuang.intake.rules.parts import Cut, find_cuts, list_cut_features, parts_of
from qingzhuang.intake.rules.times import read_times
from qingzhuang.intake.types import ChannelKind, Deliverable, Flag
from qingzhuang.kit.pure.text import fold_in_place
from qingzhuang.org.rules import load_calendar

TARGET = Path(__file__).parent.parent / "qingzhuang/intake/data/reader.json"
COMPUTED = {Flag.SHORT_NOTICE, Flag.OFF_HOURS}
NAMES = {
    "ask": ["ask"],
    "cut": ["cut"],
    "kinds": [str(kind) for kind in Deliverable],
    "flags": [str(flag) for flag in Flag if flag not in COMPUTED],
}
LEAST_SEEN = 3
LEAST_WEIGHT = 0.06
# Cues are few and meant; pairs of characters are many and by chance.
GRAM_SCALE = {"ask": 0.8, "cut": 1.0, "kinds": 0.7, "flags": 0.35}
# What a group does better without: a flag lies in its own words, not in what is done with what.
UNUSED = {"ask": ("p:",), "cut": ("-",), "kinds": ("-",), "flags": ("p:", "d:", "t:")}
STRENGTH = {"ask": 0.3, "cut": 0.3, "kinds": 0.3, "flags": 0.3}
# A kind or flag is rare in the set, not in the world where it is meant: its yes weighs more.
RARE = {"ask": 1.0, "cut": 1.8, "kinds": 2.5, "flags": 4.0}


class Sample:
    """One labelled message and what was seen in it: computed once, used in every fold."""

    def __init__(self, row: dict, file: str) -> None:
        self.row, self.file, self.message = row, file, to_message(row)
        text = row["text"]
        sent_at = datetime.fromisoformat(row["sent_at"])
        times = read_times(text, sent_at=sent_at, calendar=load_calendar())
        folded = fold_in_place(text)
        seen = look(folded, times)
        given = {
            "channel": ChannelKind(row["channel"]),
            "sender_kind": sender_kind(row["sender"], row["group"]),
        }
        labels = row["asks"]
        whole = list_features(seen, 0, len(folded), **given)
        self.ask = (whole, [int(bool(labels))])
        cuts = right_cuts(find_cuts(seen), labels)
        self.cuts = [(list_cut_features(seen, cut), [int(cut in cuts[1])]) for cut in cuts[0]]
        self.parts: list[tuple[set[str], dict]] = []
        parts = parts_of(seen, cuts[1])
        if len(parts) == len(labels) == 1:
            self.parts = [(whole, labels[0])]
        elif len(parts) == len(cuts[2]) > 1:
            self.parts = [
                (list_features(seen.part(start, end), start, end, **given), label)
                for (start, end), label in zip(parts, cuts[2], strict=True)
            ]

    def of(self, group: str) -> list[tuple[set[str], list[int]]]:
        if group == "ask":
            return [self.ask]
        if group == "cut":
            return self.cuts if self.row["asks"] else []
        field = "deliverables" if group == "kinds" else "flags"
        return [(f, [int(n in label[field]) for n in NAMES[group]]) for f, label in self.parts]


def right_cuts(cuts: list[Cut], labels: list[dict]) -> tuple[list[Cut], list[Cut], list[dict]]:
    """All places, those between two labelled asks, and the labels in the order of the parts.

    Told by the deadlines: a part begins with the first time that is due by a label.
    """
    if len(labels) < 2:
        return cuts, [], labels
    left = {label["due_at"][:16]: label for label in labels if label["due_at"]}
    between: list[Cut] = []
    order: list[dict] = []
    for cut in cuts:
        for due, is_later in ((cut.due_before, False), (cut.due, True)):
            if due and due[:16] in left:
                if order and is_later:
                    between.append(cut)
                elif order:
                    continue
                order.append(left.pop(due[:16]))
    return cuts, between, order


def matrix(samples: list[set[str]], index: dict[str, int], scale: float) -> csr_matrix:
    rows, columns, values = [], [], []
    for at, features in enumerate(samples):
        for feature in features:
            column = index.get(feature)
            if column is not None:
                rows.append(at)
                columns.append(column)
                values.append(scale if feature.startswith("g:") else 1.0)
    return csr_matrix((values, (rows, columns)), shape=(len(samples), len(index)))


def build_index(samples: list[set[str]], unused: tuple[str, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for features in samples:
        for feature in features:
            counts[feature] = counts.get(feature, 0) + 1
    kept = sorted(
        name
        for name, count in counts.items()
        if count >= LEAST_SEEN and not name.startswith(unused)
    )
    return {name: at for at, name in enumerate(kept)}


def learn(samples: list[Sample], group: str) -> dict:
    """Weights of one group as reader.json has them."""
    pairs = [pair for sample in samples for pair in sample.of(group)]
    features = [f for f, _ in pairs]
    scale = GRAM_SCALE[group]
    index = build_index(features, UNUSED[group])
    table = matrix(features, index, scale)
    weights: dict[str, list] = {}
    bias: list[float] = []
    for at, column in enumerate(np.array([t for _, t in pairs]).T):
        if not 0 < column.sum() < len(column):
            bias.append(-9.0)
            continue
        share = (len(column) - column.sum()) / column.sum()
        balance = {0: 1.0, 1: max(1.0, min(RARE[group], share))}
        model = LogisticRegression(
            C=STRENGTH[group], max_iter=2000, class_weight=balance, solver="liblinear"
        ).fit(table, column)
        bias.append(round(float(model.intercept_[0]), 3))
        for feature, place in index.items():
            weight = model.coef_[0][place] * (scale if feature.startswith("g:") else 1.0)
            if abs(weight) >= LEAST_WEIGHT:
                weights.setdefault(feature, []).append([at, round(float(weight), 2)])
    return {"names": NAMES[group], "bias": bias, "weights": dict(sorted(weights.items()))}


def to_judges(packed: dict) -> dict[str, Judge]:
    return {group: Judge.of(entry) for group, entry in packed.items()}


def check(samples: list[Sample], folds: int, each: bool) -> None:
    if folds:
        cut = KFold(folds, shuffle=True, random_state=1).split(samples)
        tests = [set(test.tolist()) for _, test in cut]
    else:
        files = sorted({sample.file for sample in samples})
        tests = [{i for i, s in enumerate(samples) if s.file == file} for file in files]
    total = Score()
    calendar = load_calendar()
    for test in tests:
        kept = [sample for at, sample in enumerate(samples) if at not in test]
        judges = to_judges({group: learn(kept, group) for group in NAMES})
        own = Score()
        for at in sorted(test):
            got = read_asks(samples[at].message, calendar=calendar, judges=judges)
            total.add(samples[at].row, got)
            own.add(samples[at].row, got)
        if not folds:
            name = samples[min(test)].file
            figures = " ".join(f"{k} {t.figures()['f1']:.3f}" for k, t in own.tallies.items())
            print(f"{name}: {figures}")
    print(format_score(total, each=each))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--check", nargs="?", type=int, const=8, default=None)
    parser.add_argument("--each", action="store_true")
    arguments = parser.parse_args()
    samples = [
        Sample(row, path.name) for path in arguments.files for row in read_rows([path], "dev")
    ]
    if arguments.check is not None:
        check(samples, arguments.check, arguments.each)
        return 0
    packed = {group: learn(samples, group) for group in NAMES}
    sources = [
        f"{path.name}: {sum(s.file == path.name for s in samples)}" for path in arguments.files
    ]
    document = {"learned_from": sources, "judges": packed}
    TARGET.write_text(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8"
    )
    count = sum(len(entry["weights"]) for entry in packed.values())
    print(f"{TARGET.stat().st_size} bytes, {count} features")
    return 0


if __name__ == "__main__":
    sys.exit(main())
