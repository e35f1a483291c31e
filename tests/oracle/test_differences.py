"""Two profiles whose rules differ also answer differently: some recorded input shows it."""

import dataclasses
import itertools
from functools import cache

import pytest
from strategies import same_bits

from refdet.conventions import REFDET
from refdet.profiles import PROFILES

from .groups import GROUPS
from .replay import attempt

OPS = {
    "overlap": ("box_area", "box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou"),
    "suppression": ("nms", "batched_nms", "soft_nms"),
    "roi": ("roi_pool", "roi_pool_with_argmax", "roi_align"),
}
MOST = 4
"""Cases of each group, but all of `exact`, and none of more boxes than are needed to cross a limit."""


@cache
def pool(op):
    """(group, arguments) of some cases of each group of an op, whichever systems they were made for."""
    groups = {
        group: make
        for system in GROUPS
        for group, make in GROUPS[system].items()
        if group.startswith(f"{op}/")
    }
    cases = {group: make() if "/exact/" in group else make()[:MOST] for group, make in groups.items()}
    return [(group, case) for group in cases for case in cases[group] if len(case[0]) <= 10_000]


@cache
def answers(name, part):
    """What refdet gives on the pool with one part of a profile, the rest being its own; None where it refuses."""
    convention = dataclasses.replace(REFDET, **{part: getattr(PROFILES[name], part)})
    results = [attempt(group, case, convention) for op in OPS[part] for group, case in pool(op)]
    return [None if isinstance(result, ValueError) else result for result in results]


def same(first, second):
    return first is second if first is None or second is None else same_bits(first, second)


def pairs():
    """(part, profile, profile) for every two profiles whose parts differ."""
    for part in OPS:
        rules = {name: getattr(profile, part) for name, profile in PROFILES.items() if getattr(profile, part)}
        for first, second in itertools.combinations(rules, 2):
            if rules[first] != rules[second]:
                yield part, first, second


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("part", "first", "second"), list(pairs()))
def test_profiles_that_differ_are_told_apart_by_a_case(part, first, second):
    shown = not all(itertools.starmap(same, zip(answers(first, part), answers(second, part), strict=True)))
    assert shown
