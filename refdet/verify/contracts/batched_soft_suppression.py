"""Contract of soft suppression within classes (NMS-5): each class is right by itself, and all stand best first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from refdet.conventions import Convention
from refdet.ops.soft_nms import batched_soft_nms
from refdet.verify.answers import array_like, indices, parts
from refdet.verify.contract import Case, Lines, Terms
from refdet.verify.contracts import soft_suppression
from refdet.verify.contracts.suppression import classes, with_classes
from refdet.verify.shrink import fewer_rows, plainer_numbers


def judge(case: Case, answer: Any, terms: Terms) -> Lines:
    """The promises of indices and lowered scores."""
    a = case.arguments
    yield from parts(answer, 2, "keep, new_scores")
    keep, new_scores = answer
    yield from indices(keep, len(a["boxes"]), "keep")
    yield from array_like(new_scores, keep.shape, {a["scores"].dtype}, "new_scores")
    rule = terms.convention.part("suppression")
    turns = np.diff(keep) * (1 if rule.ties == "first" else -1)
    ordered = (np.diff(new_scores) < 0) | ((np.diff(new_scores) == 0) & (terms.free_ties | (turns > 0)))
    yield f"the best lowered score first, of equal ones the {rule.ties} index first", bool(ordered.all())
    # A queue that swaps picks equal scores in an order of its own, which the merged answer no longer shows.
    alone = dataclasses.replace(terms, free_ties=terms.free_ties or rule.soft_order == "swap")
    for label in np.unique(a["idxs"]):
        yield from _of_class(label, a, keep, new_scores, alone)


def _of_class(label, a, keep, new_scores, terms):
    members, its = np.flatnonzero(a["idxs"] == label), a["idxs"][keep] == label
    given = {name: value for name, value in a.items() if name != "idxs"}
    given |= {"boxes": a["boxes"][members], "scores": a["scores"][members]}
    part = np.searchsorted(members, keep[its]), new_scores[its]
    for words, holds in soft_suppression.judge(Case(given, ""), part, terms):
        yield f"within class {label}, whose boxes are {_few(members)}, counted from 0: {words}", holds


def _few(members):
    shown = ", ".join(map(str, members[:8]))
    return f"{shown}, ..." if len(members) > 8 else shown


def draw_cases(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Those of soft suppression, with a class for each box."""
    for case in soft_suppression.draw_cases(rng, convention, dtype):
        idxs = classes(rng, len(case.arguments["boxes"]))
        if case.family == "exact pairs" and rng.random() < 0.5:
            idxs[:] = idxs[0]
        yield case.with_arguments(with_classes(case.arguments, idxs))


_SINGLE = soft_suppression.CONTRACTS[0]

CONTRACTS = (
    dataclasses.replace(
        _SINGLE,
        op="batched_soft_nms",
        reference=batched_soft_nms,
        says="as soft_nms, each class for itself; the lowered scores of all stand best first",
        cases=draw_cases,
        judge=judge,
        shrink=(fewer_rows("boxes", "scores", "idxs"), *_SINGLE.shrink[1:], plainer_numbers("idxs")),
        relations={},
        c_signature=_SINGLE.c_signature.replace("soft_nms(", "batched_soft_nms(").replace(
            "const real *scores, ", "const real *scores, const int64_t *idxs, "
        ),
    ),
)
