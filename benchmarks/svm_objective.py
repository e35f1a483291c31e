"""How far above LIBLINEAR's the objective of R-CNN's machines stays: the table of docs/classical/linear_svm.md.

    python -m benchmarks.svm_objective        needs scikit-learn; two minutes

Ten machines with R-CNN's numbers on scikit-learn's 1797 digits, their features scaled to a mean length of 20.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from benchmarks import machine
from refdet.classical.linear_svm import fit_linear_svm
from refdet.losses import rcnn_svm_loss

NUMBERS = {"positive_weight": 2.0, "bias_scale": 10.0}
TOLERANCES = {1e-3: (1e-2, 1e-3, 1e-6), 1e-2: (1e-2, 1e-3, 1e-6), 1.0: (1e-3,)}
"""Of each price; at the last, a thousand times R-CNN's, the sweeps run out."""


def digits():
    """Features (1797, 64) and labels (1797, 10) of -1 and 1."""
    from sklearn.datasets import load_digits

    features, numbers = load_digits(return_X_y=True)
    features = features * (20 / np.linalg.norm(features, axis=1).mean())
    return features, np.where(numbers[:, None] == np.arange(10), 1, -1)


def objective(weights, bias, features, labels, cost, loss):
    """LOSS-6 of one machine, (D,) weights; its hinge may be squared."""
    if loss == "hinge":
        terms = rcnn_svm_loss(weights[:, None], [bias], features, labels[:, None], cost=cost, **NUMBERS)
        return float(terms["total"])
    lack = np.maximum(0, 1 - labels * (features @ weights + bias))
    regularizer = (weights @ weights + (bias / NUMBERS["bias_scale"]) ** 2) / 2
    return regularizer + cost * (np.where(labels > 0, NUMBERS["positive_weight"], 1.0) * lack**2).sum()


def liblinear(features, labels, cost, loss):
    """Its objective for each class, and its seconds."""
    from sklearn.svm import LinearSVC

    start = time.process_time()
    found = []
    for of_class in labels.T:
        machine = LinearSVC(
            C=cost,
            loss=loss,
            dual=True,
            intercept_scaling=10,
            tol=1e-6,
            max_iter=10**5,
            class_weight={1: 2.0},
        ).fit(features, of_class)
        found.append(objective(machine.coef_[0], machine.intercept_[0], features, of_class, cost, loss))
    return np.array(found), time.process_time() - start


def main():
    """Measure, print, write: a row for each loss, price and tolerance."""
    features, labels = digits()
    rows = []
    for loss in ("hinge", "squared_hinge"):
        for cost, tolerances in TOLERANCES.items():
            theirs, seconds = liblinear(features, labels, cost, loss)
            print(f"{loss}, C = {cost}: LIBLINEAR {seconds:.2f} s")
            case = {"loss": loss, "cost": cost, "LIBLINEAR seconds": round(seconds, 3)}
            for tolerance in tolerances:
                start = time.process_time()
                svm = fit_linear_svm(
                    features,
                    labels,
                    cost,
                    loss=loss,
                    tolerance=tolerance,
                    rng=np.random.default_rng(0),
                    **NUMBERS,
                )
                seconds = time.process_time() - start
                columns = zip(svm.weights.T, svm.bias, labels.T, strict=True)
                ours = [objective(w, b, features, y, cost, loss) for w, b, y in columns]
                above = ((np.array(ours) - theirs) / theirs).max()
                print(f"  tolerance {tolerance}: {above:.1e} above it, {seconds:.2f} s")
                rows.append(
                    {
                        **case,
                        "tolerance": tolerance,
                        "above": float(f"{above:.3g}"),
                        "gap": float(f"{svm.gap.max():.3g}"),
                        "seconds": round(seconds, 3),
                    }
                )
    result = {**machine.heading("python -m benchmarks.svm_objective"), "rows": rows}
    path = Path(__file__).parent / "results" / "svm_objective.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
