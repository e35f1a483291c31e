"""What ``refdet nms --method`` names: the op, its numbers, and how its answer is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from refdet.cli.input_error import InputError

# Method: the op, its threshold unless another is given, and the least one.
METHODS = {
    "nms": ("nms", 0.5, 0),
    "diou": ("diou_nms", 0.5, -1),
    "soft-linear": ("soft_nms", 0.3, 0),
    "soft-gaussian": ("soft_nms", 0.3, 0),
}


def add_method(parser):
    """Declare --method and the numbers that go with it."""
    parser.add_argument("--method", choices=METHODS, default="nms", help="drop boxes, or lower scores (nms)")
    parser.add_argument(
        "--threshold", type=float, help="largest IoU, or DIoU, without consequence (0.5; soft-linear 0.3)"
    )
    parser.add_argument("--beta", type=float, help="exponent of the distance in diou (the profile's)")
    parser.add_argument("--sigma", type=float, help="width of soft-gaussian (0.5)")
    parser.add_argument("--score-threshold", type=float, help="soft methods drop a score below this (0.001)")


@dataclass(frozen=True)
class Method:
    """One method with its numbers."""

    name: str
    threshold: float
    sigma: float = 0.5
    least: float = 1e-3
    beta: float | None = None

    @property
    def op(self):
        """The name that `refdet.kernels.implementations` knows."""
        return METHODS[self.name][0]

    @property
    def soft(self):
        """True if it lowers scores."""
        return self.op == "soft_nms"

    @property
    def numbers(self):
        """The arguments after boxes, scores and classes."""
        if self.soft:
            return self.threshold, self.sigma, self.least, self.name.removeprefix("soft-")
        return (self.threshold, self.beta) if self.name == "diou" else (self.threshold,)

    def reference(self, *, batched):
        """The reference, for one class or for several."""
        from refdet.ops import diou_nms, nms, soft_nms

        module = {"nms": nms, "diou_nms": diou_nms, "soft_nms": soft_nms}[self.op]
        return getattr(module, f"batched_{self.op}" if batched else self.op)

    def answer(self, result, scores):
        """Kept indices and their scores, from what a function of the op returned."""
        return result if self.soft else (result, np.asarray(scores)[result])

    def agrees(self, answer, expected):
        """True if both keep the same, and their scores are the same but for the bits of an exponential."""
        kept_the_same = np.array_equal(answer[0], expected[0])
        return kept_the_same and (
            self.name == "soft-gaussian" or np.array_equal(answer[1], expected[1], equal_nan=True)
        )

    def told(self, rule):
        """The rule in words, for the last line."""
        if not self.soft:
            measure = "DIoU" if self.name == "diou" else "IoU"
            return f"suppressed at {measure} {'>=' if rule.inclusive else '>'} {self.threshold:g}"
        sign = ">=" if rule.soft_inclusive else ">"
        linear = f"1 - IoU where that is {sign} {self.threshold:g}"
        weight = linear if self.name == "soft-linear" else f"exp(-IoU^2 / {self.sigma:g})"
        return f"scores times {weight}, dropped below {self.least:g}"


def method_of(args):
    """The method that the arguments name; InputError for a number that is wrong or has no meaning with it."""
    from refdet import checks

    _, usual, lowest = METHODS[args.method]
    for option, value, has_it in (
        ("--threshold", args.threshold, args.method != "soft-gaussian"),
        ("--beta", args.beta, args.method == "diou"),
        ("--sigma", args.sigma, args.method == "soft-gaussian"),
        ("--score-threshold", args.score_threshold, args.method.startswith("soft-")),
    ):
        if value is not None and not has_it:
            raise InputError(f"{option}: --method {args.method} has none")
    threshold = usual if args.threshold is None else args.threshold
    sigma = 0.5 if args.sigma is None else args.sigma
    least = 1e-3 if args.score_threshold is None else args.score_threshold
    try:
        checks.threshold(threshold, "--threshold", least=lowest)
        checks.positive_number(sigma, "--sigma")
        if args.beta is not None:
            checks.positive_number(args.beta, "--beta")
        checks.real_number(least, "--score-threshold")
    except ValueError as error:
        raise InputError(str(error)) from None
    if least < 0:
        raise InputError(f"--score-threshold: {least} came; wanted a number from 0 on")
    return Method(args.method, threshold, sigma, least, args.beta)


def by_kernel(method, kernel, found, groups, convention):
    """The batched form with a kernel inside: class by class, or for hard methods as the convention has it."""
    if groups is None:
        result = kernel(found.boxes, found.scores, *method.numbers, convention=convention)
        return method.answer(result, found.scores)
    from refdet.ops.nms import check_batched_nms

    boxes, scores, groups, _, _ = check_batched_nms(
        found.boxes, found.scores, groups, 0, convention=convention
    )
    rule = convention.suppression
    moved = None if method.soft else rule.moved_apart(boxes, groups)
    if moved is not None:
        return method.answer(kernel(moved, scores, *method.numbers, convention=convention), scores)
    kept, new_scores = np.zeros(len(boxes), bool), scores.copy()
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        result = kernel(boxes[members], scores[members], *method.numbers, convention=convention)
        winners, lowered = method.answer(result, scores[members])
        kept[members[winners]] = True
        new_scores[members[winners]] = lowered
    keep = np.flatnonzero(kept)
    keep = keep[rule.by_score(new_scores[keep])]
    return keep, new_scores[keep]
