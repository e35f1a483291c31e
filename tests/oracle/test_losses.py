"""The losses and their gradients are those of PyTorch and torchvision, where those have an answer."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet import TORCHVISION
from refdet import losses as refdet_losses
from refdet.losses import fast_rcnn_loss, fast_rcnn_loss_backward, rpn_loss, rpn_loss_backward, smooth_labels

from . import losses, recordings

# torchvision's losses add 1e-7 to the union and to the enclosing area too.
ADDED = dataclasses.replace(
    TORCHVISION, overlap=dataclasses.replace(TORCHVISION.overlap, union_eps=1e-7, giou_eps=1e-7)
)
RECORDED = recordings.load("torch_losses")
NAMES = {"mse_loss": "squared_error"}


def both(group):
    """(term, option) of a group."""
    return tuple(group.split("/")[:2])


def in_both(term, option):
    """These groups in float32 and float64, in every family."""
    return [group for group in losses.GROUPS if both(group) == (term, option)]


DISAGREEMENTS = {
    **dict.fromkeys(
        in_both("cross_entropy", "all_ignored"),
        "the mean of no rows: PyTorch divides 0 by 0, refdet has 0 (C-7)",
    ),
    **dict.fromkeys(
        [group for group in losses.GROUPS if "/empty/" in group and "box_iou" not in group],
        "the same, without any rows",
    ),
    **dict.fromkeys(
        in_both("cross_entropy", "smoothed_weighted"),
        "the mean: PyTorch divides by the weights of the labels, refdet by those of the smoothed shares",
    ),
    **{
        group: "gamma below 1 where p_t rounds to 1: autograd multiplies infinity by 0, and gives NaN"
        for group in in_both("sigmoid_focal_loss", "root")
        if "/far/" in group
    },
    **{
        f"complete_box_iou_loss/plain/lattice/{dtype}": "a box without height: NaN again"
        for dtype in losses.FLOATS
    },
}


def called(group, arguments):
    """The name of refdet's function, its arguments, and its options; of the weights too."""
    term, option, _, dtype = group.split("/")
    found = dict(losses.OPTIONS.get(term, {}).get(option, {}))
    first, second, _ = arguments
    if term in losses.OVERLAPS:
        found["convention"] = ADDED
    if term == "cross_entropy":
        if "label_smoothing" in found:
            second = smooth_labels(np.eye(losses.CLASSES, dtype=dtype)[second], found.pop("label_smoothing"))
        if "weight" in found:
            found["class_weights"] = found.pop("weight")
        if option == "all_ignored":
            found["ignore_index"] = -100
    if "weight" in found:
        found["weights"] = found.pop("weight")
    if found.get("alpha") == -1:
        found["alpha"] = None
    return NAMES.get(term, term), (first, second), found


def ours(group, arguments):
    """What refdet says, in the form in which PyTorch answered."""
    if group.startswith(losses.TOTALS):
        return our_total(group.partition("/")[0], *arguments)
    name, pair, options = called(group, arguments)
    answers = []
    for reduction in losses.REDUCTIONS:
        # The weights of labels are what PyTorch's mean divides by, those of shares are not.
        weighted = reduction == "mean" and both(group)[1] in ("weighted", "smoothed_weighted")
        found = "weighted_mean" if weighted and name == "cross_entropy" else reduction
        answers.append(getattr(refdet_losses, name)(*pair, **options, reduction=found))
        grad = arguments[2] if reduction == "none" else 2.0
        slopes = getattr(refdet_losses, f"{name}_backward")(grad, *pair, **options, reduction=found)
        answers += slopes if isinstance(slopes, tuple) else [slopes]
    return tuple(map(np.asarray, answers))


def our_total(term, logits, deltas, labels, targets):
    """torchvision's beta is 1/9 in both, its RPN has one logit."""
    if term == "fast_rcnn":
        terms = fast_rcnn_loss(logits, deltas, labels, targets, sigma=3)
        slopes = fast_rcnn_loss_backward(1, logits, deltas, labels, targets, sigma=3)
    else:
        options = {"variant": "code", "objectness": "sigmoid"}
        terms = rpn_loss(logits[:, 0], deltas, labels, targets, **options)
        by_logits, by_deltas = rpn_loss_backward(1, logits[:, 0], deltas, labels, targets, **options)
        slopes = by_logits[:, None], by_deltas
    return tuple(map(np.asarray, (terms["class"], terms["box"], *slopes)))


def agree(group, theirs, mine):
    return all(agreeing(group, i, *pair) for i, pair in enumerate(zip(theirs, mine, strict=True)))


def agreeing(group, place, theirs, mine):
    """True if that part of the answer is the same; losses of far logits are differences of numbers of their size."""
    size = theirs.dtype.type(1e4 if "/far/" in group and place % 2 == 0 else 1)
    same_kind = (theirs.dtype, theirs.shape) == (mine.dtype, mine.shape)
    return same_kind and close(mine / size, theirs / size, "torch losses")


def told(group, arguments, was):
    """What differs, in few words."""
    mine = ours(group, arguments)
    at = [i for i, pair in enumerate(zip(was, mine, strict=True)) if not agreeing(group, i, *pair)]
    return "; ".join(f"{group} {i}: {was[i].tolist()} against {mine[i].tolist()}" for i in at)[:900]


def differing(group):
    """The recorded cases of a group in which refdet says something else."""
    pairs = zip(losses.cases(group), RECORDED[group], strict=True)
    return [text for arguments, was in pairs if (text := told(group, arguments, was))]


@pytest.mark.parametrize("group", [group for group in losses.GROUPS if group not in DISAGREEMENTS])
def test_losses_and_gradients_are_those_that_were_recorded(group):
    assert differing(group) == []


@pytest.mark.parametrize("group", DISAGREEMENTS)
def test_a_listed_disagreement_is_still_there_and_about_nothing_else(group):
    """Of NaN alone, where the reason says so; where the mean is meant, one by one and in sum both agree."""
    assert differing(group) != []
    for arguments, was in zip(losses.cases(group), RECORDED[group], strict=True):
        for i, (theirs, mine) in enumerate(zip(was, ours(group, arguments), strict=True)):
            rows = np.isfinite(theirs)
            assert rows.all() or np.isfinite(mine).all() or group.startswith("complete")
            if "mean:" not in DISAGREEMENTS[group] or i < 4:
                assert close(mine[rows], theirs[rows], "torch losses")


def test_every_reduction_and_every_option_would_be_seen():
    """Another reduction, a thousandth of a loss, no class weights, another beta: none of them agrees."""
    group = "cross_entropy/weighted/uniform/float64"
    arguments, was = losses.cases(group)[0], RECORDED[group][0]
    name, pair, options = called(group, arguments)
    mean = refdet_losses.cross_entropy(*pair, **options, reduction="mean")
    assert not close(mean, was[4], "torch losses")  # by the rows, not by their weights
    plain = refdet_losses.cross_entropy(*pair, reduction="none")
    assert not close(plain, was[0], "torch losses") and not close(1.001 * was[0], was[0], "torch losses")
    group = "smooth_l1_loss/beta_0.5/uniform/float32"
    arguments, was = losses.cases(group)[0], RECORDED[group][0]
    assert not close(refdet_losses.smooth_l1_loss(*arguments[:2], 0.51), was[0], "torch losses")


# PyTorch itself


def installed():
    try:
        return losses.versions()
    except LookupError as missing:
        pytest.skip(str(missing))


def judge(same, versions, text):
    """Fail on a difference from the recorded version, warn of one from another version."""
    known = recordings.load_text("losses_versions.json")["torch"]
    if not same and versions == known:
        pytest.fail(text)
    if not same:
        warnings.warn(f"recorded with {known}, this is {versions}: {text}", stacklevel=2)


def live(test):
    """Runs PyTorch; its own warnings are not ours."""
    for mark in ("ignore", "default:recorded with"):
        test = pytest.mark.filterwarnings(mark)(test)
    return pytest.mark.oracle(test)


@live
@pytest.mark.parametrize("group", losses.GROUPS)
def test_pytorch_gives_what_was_recorded(group):
    versions = installed()
    for arguments, was in zip(losses.cases(group), RECORDED[group], strict=True):
        now = losses.answer(group, arguments)
        same = all(
            close(np.nan_to_num(a), np.nan_to_num(b), "torch losses") for a, b in zip(now, was, strict=True)
        )
        judge(same, versions, f"{group}: {was!r} was recorded, now it is {now!r}"[:900])


@live
@given(seed=st.integers(0, 2**32 - 1), place=st.integers(0, 10**6))
def test_refdet_agrees_with_pytorch_on_fresh_cases(seed, place):
    versions = installed()
    groups = [group for group in losses.GROUPS if group not in DISAGREEMENTS]
    group = groups[place % len(groups)]
    arguments = losses.case(seed, group)
    theirs = losses.answer(group, arguments)
    judge(agree(group, theirs, ours(group, arguments)), versions, told(group, arguments, theirs))
