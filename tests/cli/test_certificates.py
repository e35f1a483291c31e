"""Certificates of ``refdet steps NAME --verify``: they hold of right results, and of no wrong one."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from calls import CALLS, function_of
from hypothesis import given, settings
from hypothesis import strategies as st

from refdet.cli.certificates import CERTIFICATES, certified
from refdet.cli.certificates.overlaps import exact
from refdet.cli.worked_examples import EXAMPLES
from refdet.profiles import PROFILES

BY_NAME = {name: example.path.replace(":", ".") for name, example in EXAMPLES.items()}
BY_NAME = {name: path if path in CALLS else name for name, path in BY_NAME.items()}


def doubled(value):
    """Floats as float64, as the command reads them."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64)
    if isinstance(value, (list, tuple)):
        return type(value)(map(doubled, value))
    return value


def first_example(name):
    return EXAMPLES[name].given


def other_call(name):
    """The call of the hostile suite: other numbers, and what the example leaves to a default."""
    return {
        part: doubled(value) for part, value in CALLS[BY_NAME[name]].items() if part not in ("rng", "out")
    } | ({"rng": 0} if "rng" in EXAMPLES[name].parameters() else {})


def result_of(name, arguments):
    example = EXAMPLES[name]
    assert function_of(BY_NAME[name]) is example.function
    return example.function(**example.fresh(arguments))


def verdicts(name, arguments, result):
    example = EXAMPLES[name]
    return list(certified(name, example.function, example.fresh(arguments), result))


PAIRWISE = [f"{kind}box_iou" for kind in ("", "generalized_", "distance_", "complete_")]

# By hand


def test_a_dearer_assignment_and_a_box_too_many_are_named():
    found = np.array([0, 1]), np.array([0, 1])  # costs 5, where 3 would do
    told = dict(verdicts("linear_sum_assignment", {"cost": [[1, 2], [1, 4]]}, found))
    assert [words for words, holds in told.items() if not holds] == [
        "the pairs cost what all prices come to: none is cheaper"
    ]
    told = dict(verdicts("nms", first_example("nms"), np.array([0, 1, 3, 4])))
    assert [words for words, holds in told.items() if not holds] == ["no two that stay overlap too much"]
    told = dict(verdicts("nms", first_example("nms"), np.array([0, 4])))
    assert [words for words, holds in told.items() if not holds] == [
        "who goes overlaps a better one that stays"
    ]


def test_exact_overlaps_are_those_of_a_pencil():
    assert exact("giou", ([0, 0, 2, 1], [0, 0, 1, 2])) == float(Fraction(1, 3) - Fraction(1, 4))
    assert exact("diou", ([0, 0, 2, 2], [1, 1, 3, 3])) == float(Fraction(1, 7) - Fraction(1, 9))


# Properties


def test_every_algorithm_of_the_command_has_a_certificate():
    assert set(CERTIFICATES) == set(EXAMPLES)


@pytest.mark.parametrize("arguments", [first_example, other_call])
@pytest.mark.parametrize("name", EXAMPLES)
def test_certificates_hold_of_what_the_algorithm_gives(name, arguments):
    arguments = arguments(name)
    told = verdicts(name, arguments, result_of(name, arguments))
    assert any(holds for _, holds in told) and all(holds is not False for _, holds in told), told


@pytest.mark.parametrize("profile", PROFILES)
def test_certificates_hold_by_the_rules_of_every_system(profile):
    for name, example in EXAMPLES.items():
        if "convention" in example.parameters():
            arguments = {**other_call(name), "convention": PROFILES[profile]}
            try:
                result = result_of(name, arguments)
            except ValueError:
                continue  # this system has no such rule
            told = verdicts(name, arguments, result)
            assert all(holds is not False for _, holds in told), (name, told)


ROWS = st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=1, max_size=7)


@given(first=ROWS, second=ROWS, threshold=st.sampled_from([0.0, 0.3, 0.5, 1.0]))
@settings(max_examples=50)
def test_certificates_hold_of_boxes_that_touch_coincide_or_have_no_size(first, second, threshold):
    first, second = np.array(first, float), np.array(second, float)
    scores, idxs = np.arange(len(first)) % 3 / 4, np.arange(len(first)) % 2
    calls = {name: {"boxes1": first, "boxes2": second} for name in PAIRWISE}
    calls |= {
        f"{name}_backward": {"grad": np.ones((len(first), len(second))), **calls[name]} for name in PAIRWISE
    }
    calls |= {"nms": {"boxes": first, "scores": scores, "iou_threshold": threshold}}
    calls["batched_nms"] = {**calls["nms"], "idxs": idxs}
    calls["batched_soft_nms"] = {**calls["batched_nms"], "method": "gaussian"}
    calls["soft_nms"] = calls["nms"]
    calls["diou_nms"] = {"boxes": first, "scores": scores, "threshold": threshold, "beta": 0.6}
    calls["best_ground_truth"] = {"proposals": first, "gt_boxes": second}
    calls["match_detections"] = {
        **{"boxes": first, "scores": scores, "images": idxs, "iou_threshold": threshold},
        **{
            "gt_boxes": second,
            "gt_images": np.arange(len(second)) % 2,
            "difficult": np.arange(len(second)) % 3 == 2,
        },
    }
    for name, arguments in calls.items():
        told = verdicts(name, arguments, result_of(name, arguments))
        assert all(holds is not False for _, holds in told), (name, told)


# Planted bugs


def leaves(value, path=()):
    """The path to each array or number of a result."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*path, key))
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, (tuple, list)):
        for i, part in enumerate(value):
            yield from leaves(part, (*path, i))
    else:
        yield path, value


def replaced(value, path, leaf):
    """The result with another leaf there."""
    if not path:
        return leaf
    key, rest = path[0], path[1:]
    if dataclasses.is_dataclass(value):
        return dataclasses.replace(value, **{key: replaced(getattr(value, key), rest, leaf)})
    if isinstance(value, dict):
        return value | {key: replaced(value[key], rest, leaf)}
    return type(value)(replaced(part, rest, leaf) if i == key else part for i, part in enumerate(value))


MOST = 8  # entries of a leaf, evenly spread
LEAST = 0.1  # below it a leaf may be 0 but for rounding


def mutants(result):
    """The result with one number changed: a flag or a whole one by 1, others by 1 % of the largest."""
    for path, leaf in leaves(result):
        array = np.asarray(leaf)
        if array.dtype.kind not in "iufb":
            continue
        for place in (
            np.unique(np.linspace(0, array.size - 1, min(array.size, MOST)).astype(int)) if array.size else ()
        ):
            changed = array.copy()
            flat = changed.reshape(-1)
            if not np.isfinite(flat[place]):
                continue
            if array.dtype.kind == "b":
                flat[place] = not flat[place]
            elif array.dtype.kind == "f":
                flat[place] += 0.01 * max(np.nanmax(np.abs(flat)), LEAST)
            else:
                flat[place] += 1
            yield (*path, int(place)), replaced(result, path, changed if array.ndim else changed[()].item())


@pytest.mark.parametrize("arguments", [first_example, other_call])
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_number_of_a_result_can_be_changed_unseen(name, arguments):
    arguments = arguments(name)
    result, unseen = result_of(name, arguments), []
    for path, wrong in mutants(result):
        if all(holds is not False for _, holds in verdicts(name, arguments, wrong)):
            unseen.append(path)
    assert not unseen, str(unseen)


def without_a_row(result):
    """Every array of the result without its last row, if they have one; None if there is none."""
    arrays = [leaf for _, leaf in leaves(result) if isinstance(leaf, np.ndarray) and leaf.ndim]
    if not arrays or not all(map(len, arrays)):
        return None
    for path, leaf in list(leaves(result)):
        if isinstance(leaf, np.ndarray) and leaf.ndim:
            result = replaced(result, path, leaf[:-1])
    return result


def backwards(result):
    """The first array of the result in the opposite order, where that is another one."""
    for path, leaf in leaves(result):
        if isinstance(leaf, np.ndarray) and leaf.ndim and not np.array_equal(leaf, leaf[::-1]):
            return replaced(result, path, leaf[::-1].copy())
    return None


IN_ANY_ORDER = {
    "mine_hard_negatives": "which negatives alpha belongs to is not in the result",
}


@pytest.mark.parametrize("spoil", [without_a_row, backwards])
@pytest.mark.parametrize("arguments", [first_example, other_call])
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_row_can_be_missing_or_stand_elsewhere(name, arguments, spoil):
    arguments = arguments(name)
    wrong = spoil(result_of(name, arguments))
    if wrong is not None and not (spoil is backwards and name in IN_ANY_ORDER):
        assert any(holds is False for _, holds in verdicts(name, arguments, wrong))


def with_empty(arguments):
    """The arguments with each array in turn empty."""
    for part, value in arguments.items():
        if isinstance(value, (list, np.ndarray)):
            yield part, arguments | {part: []}


@pytest.mark.parametrize("name", EXAMPLES)
def test_certificates_hold_of_empty_arguments_that_are_legal(name):
    for part, arguments in with_empty(first_example(name)):
        try:
            result = result_of(name, arguments)
        except (ValueError, TypeError):
            continue
        assert all(holds is not False for _, holds in verdicts(name, arguments, result)), part


def test_nothing_that_comes_of_something_is_named():
    none = np.zeros(0, np.int64)
    told = verdicts("sample", first_example("sample") | {"pos": []}, (none, none))
    told_of_nms = verdicts("nms", first_example("nms"), none)
    assert all(any(holds is False for _, holds in lines) for lines in (told, told_of_nms))


# The command


def test_certificates_stand_below_the_comparisons_whatever_the_arguments(refdet):
    done = refdet("steps", "nms", "--arguments", "-", "--verify", stdin=b'{"iou_threshold": 0.9}')
    assert done.code == 0 and "holds       who goes overlaps a better one that stays\n" in done.out
    done = refdet(
        "steps", "linear_sum_assignment", "--arguments", "-", "--verify", stdin=b'{"cost": [[1, 2], [1, 4]]}'
    )
    assert done.code == 0 and done.out.endswith(
        "holds       the pairs cost what all prices come to: none is cheaper\n"
    )


def test_a_broken_certificate_is_said_and_the_exit_code_is_1(refdet, monkeypatch):
    monkeypatch.setitem(
        CERTIFICATES, "nms", lambda a, result: iter([("a wrong result", False), ("a riddle", None)])
    )
    done = refdet("steps", "nms", "--verify")
    assert done.code == 1 and done.out.endswith("BROKEN      a wrong result\nnot here    a riddle\n")


def test_numbers_that_are_not_finite_or_too_large_and_misshapen_results_are_no_crash(refdet):
    done = refdet(
        "steps",
        "box_iou",
        "--arguments",
        "-",
        "--profile",
        "torchvision",
        "--verify",
        stdin=b'{"boxes1": [[0, 0, NaN, 1]]}',
    )
    assert (
        done.code == 0
        and "not here    a number is not finite, or over 1e+100: there is no certificate\n" in done.out
    )
    told = verdicts("nms", first_example("nms"), np.array([0, 9]))
    assert [holds for _, holds in told] == [False] and told[0][0].startswith(
        "the result fits the arguments (index 9"
    )
