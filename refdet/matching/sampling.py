"""Which candidates make up a mini-batch: so many positives at most, and the background fills up (SMP-1, SMP-7).

Nearly all candidates of an image are background; drawn evenly, a batch would hold next to no object. So there are two
pools, and each is drawn from on its own. Every candidate of a pool gets a ticket, a random number from 0 to 1, and the
lowest tickets are taken: all sets of that many candidates are equally likely, and no candidate is taken twice.

Letters: P positives, N negatives, F and B how many of each are taken, C candidates, M of them in the batch.
Source: R. Girshick et al., R-CNN, CVPR 2014, section 2.3; R. Girshick, Fast R-CNN, ICCV 2015, section 2.3; S. Ren et
al., Faster R-CNN, NIPS 2015, section 3.1.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


def check_sample(pos, neg, total, pos_fraction, rng):
    """Two pools without a candidate in common, a whole number, a fraction, a generator."""
    pos, neg = _pool(pos, "pos"), _pool(neg, "neg")
    both = np.intersect1d(pos, neg)
    if both.size:
        raise ValueError(f"neg: {both[0]} is in pos too; wanted each candidate in one pool")
    total = checks.whole_number(total, "total", 0, below=2**31)
    pos_fraction = checks.threshold(pos_fraction, "pos_fraction")
    return pos, neg, total, pos_fraction, object_checks.generator(rng, "rng")


@stepwise(check=check_sample)
def sample(
    pos: Array, neg: Array, total: int, pos_fraction: float, rng: np.random.Generator
) -> Steps[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Draw a batch from two pools: positives up to their share, negatives for the rest.

    Parameters
    ----------
    pos : (P,) int array
        Numbers of the positive candidates, each once, from 0 on.
    neg : (N,) int array
        Those of the negative ones, others than in `pos`.
    total : int
        How many the batch should have.
    pos_fraction : float in [0, 1]
        The largest share of positives; `total` times it is rounded, a half to the even number.
    rng : numpy.random.Generator

    Returns
    -------
    pos_taken : (F,) int64 array
        In the order of their pool.
    neg_taken : (B,) int64 array
        The same.

    Raises
    ------
    ValueError
        Numbers below 0, a candidate that comes twice, a fraction outside [0, 1].
    TypeError
        Numbers that are not whole, another generator.

    Notes
    -----
    quota.    How many positives there may be.
    positive. So many of them are drawn; if there are fewer, all are taken.
    negative. The other places go to negatives; if there are fewer, the batch is smaller.

    SMP-7, behind SMP-1 to SMP-4. Few positives leave more places to the negatives; few negatives leave none to the
    positives. Both pools get their tickets even where all are taken: what is drawn next depends on their sizes alone.

    Examples
    --------
    Two positives where four could be, and six negatives fill up:

    >>> pos_taken, neg_taken = sample([3, 8], [0, 1, 2, 4, 5, 6, 7, 9], 8, 0.5, np.random.default_rng(0))
    >>> pos_taken, len(neg_taken)
    (array([3, 8]), 6)
    """
    quota = round(pos_fraction * total)
    yield "quota: of {total} at most {quota} are positive"
    pos_tickets = rng.random(len(pos))
    pos_taken = pos[_lowest(pos_tickets, quota)]
    yield "positive: the lowest tickets of {pos_tickets} have {pos_taken}"
    places = total - len(pos_taken)
    neg_tickets = rng.random(len(neg))
    neg_taken = neg[_lowest(neg_tickets, places)]
    yield "negative: for {places} places the lowest tickets of {neg_tickets} have {neg_taken}"
    return pos_taken, neg_taken


def check_fine_tuning_batch(labels, *, rng, total=128, pos_fraction=0.25):
    """Labels from 0 on; the numbers as `sample` has them."""
    labels = checks.whole_numbers(labels, "labels", None, "0 for background, above it the classes")
    if labels.ndim != 1:
        raise ValueError(f"labels: shape is {labels.shape}; wanted (C,), one label per candidate")
    if (labels < 0).any():
        row = int((labels < 0).argmax())
        raise ValueError(f"labels: row {row} is {labels[row]}; wanted 0 for background, or a class above it")
    none = np.zeros(0, np.int64)
    *_, total, pos_fraction, rng = check_sample(none, none, total, pos_fraction, rng)
    return labels, rng, total, pos_fraction


@stepwise(check=check_fine_tuning_batch)
def fine_tuning_batch(
    labels: Array, *, rng: np.random.Generator, total: int = 128, pos_fraction: float = 0.25
) -> Steps[NDArray[np.int64]]:
    """R-CNN's mini-batch: 32 windows on objects, of all classes together, and 96 of background.

    Parameters
    ----------
    labels : (C,) int array
        Of every candidate of every image, the ground-truth boxes among them: 0 for background, k + 1 for class k, as
        `fine_tuning_labels` gives them.
    rng : numpy.random.Generator
    total : int
    pos_fraction : float in [0, 1]

    Returns
    -------
    rows : (M,) int64 array
        Which candidates; first those on objects.

    Raises
    ------
    ValueError, TypeError
        As `sample`; a label below 0.

    Notes
    -----
    pools. The candidates on objects, and those on background.
    batch. What was drawn from each, together.

    SMP-1, RCNN-4; the steps of `sample` come between. It is one batch from two pools, not "two batches" (ERR-7). There
    is no quota for each class: it has the share of the 32 that it has of the pool. Caffe's window layer draws each
    window anew, so that one may come twice; here it does not, and a small pool leaves its places to the background.

    Examples
    --------
    Ten of 100 candidates are on an object; a batch of 16 takes four of them:

    >>> labels = np.where(np.arange(100) % 10 == 0, 1, 0)
    >>> rows = fine_tuning_batch(labels, rng=np.random.default_rng(0), total=16)
    >>> np.bincount(labels[rows])
    array([12,  4])
    """
    pos, neg = np.flatnonzero(labels > 0), np.flatnonzero(labels == 0)
    yield "pools: {pos} are on objects, {neg} on background"
    pos_taken, neg_taken = yield from sample.steps(pos, neg, total, pos_fraction, rng)
    rows = np.concatenate([pos_taken, neg_taken])
    yield "batch: {rows} together"
    return rows


def _lowest(tickets, count):
    """Where the `count` lowest tickets are, in ascending order; all, if there are no more."""
    return np.sort(np.argsort(tickets, kind="stable")[:count])


def _pool(value, name):
    """`value` as numbers from 0 on, each once."""
    numbers = checks.whole_numbers(value, name, None, "the numbers of candidates")
    if numbers.ndim != 1:
        raise ValueError(f"{name}: shape is {numbers.shape}; wanted one number per candidate")
    if (numbers < 0).any():
        row = int((numbers < 0).argmax())
        raise ValueError(f"{name}: row {row} is {numbers[row]}; wanted a number from 0 on")
    different, counts = np.unique(numbers, return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"{name}: {different[counts > 1][0]} came twice; wanted each candidate once")
    return numbers
