"""SMP-1, SMP-7, and the numbers of SMP-2 to SMP-4; RCNN-4. ERR-7, ERR-14, ERR-37: what the course notes say of them."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet.matching.rcnn_labels import fine_tuning_labels
from refdet.matching.sampling import fine_tuning_batch, sample


def rng(seed=0):
    return np.random.default_rng(seed)


def pools(positives, negatives):
    """Numbers 0, 1, ... for the positives, the next ones for the negatives."""
    return np.arange(positives), positives + np.arange(negatives)


def taken(positives, negatives, total, fraction):
    """How many of each the batch has."""
    return tuple(map(len, sample(*pools(positives, negatives), total, fraction, rng())))


# By hand


@pytest.mark.parametrize(
    ("case", "positives", "negatives", "total", "fraction", "wanted"),
    [
        ("SMP-1: 32 windows on objects and 96 of background", 500, 5000, 128, 0.25, (32, 96)),
        ("SMP-2: 64 per image, 16 of them foreground", 40, 900, 64, 0.25, (16, 48)),
        ("SMP-2: fewer foreground, all of it, and the background fills up", 5, 900, 64, 0.25, (5, 59)),
        ("SMP-2: fewer background, a smaller batch", 40, 10, 64, 0.25, (16, 10)),
        ("SMP-2: no background", 40, 0, 64, 0.25, (16, 0)),
        ("SMP-3: up to 128 of 256 anchors", 200, 20_000, 256, 0.5, (128, 128)),
        ("SMP-3: one to one at most", 128, 128, 256, 0.5, (128, 128)),
        ("SMP-3: few positives, negatives fill to 256", 7, 20_000, 256, 0.5, (7, 249)),
        ("SMP-3: negatives short, fewer than 256", 200, 100, 256, 0.5, (128, 100)),
        ("SMP-4, ERR-37: 128 of the one image of the original", 300, 1700, 128, 0.25, (32, 96)),
        ("SMP-4, ERR-14: 64, as the notes have it", 300, 1700, 64, 0.25, (16, 48)),
        ("a half goes to the even number: 2.5", 9, 90, 10, 0.25, (2, 8)),
        ("a half goes to the even number: 3.5", 9, 90, 14, 0.25, (4, 10)),
        ("less than a half goes down: 1.25", 9, 90, 5, 0.25, (1, 4)),
        ("more than a half goes up: 1.75", 9, 90, 7, 0.25, (2, 5)),
        ("no positives", 9, 90, 10, 0, (0, 10)),
        ("nothing else", 9, 90, 9, 1, (9, 0)),
        ("nothing at all", 9, 90, 0, 0.5, (0, 0)),
        ("empty pools", 0, 0, 10, 0.5, (0, 0)),
    ],
)
def test_quotas(case, positives, negatives, total, fraction, wanted):
    assert taken(positives, negatives, total, fraction) == wanted, case


def test_the_lowest_tickets_are_taken():
    """The first four numbers of this generator are the positives' tickets, the next three the negatives'."""
    tickets = rng(7).random(7)
    trace = sample.trace([10, 11, 12, 13], [20, 21, 22], 4, 0.5, rng(7))
    assert [step.name for step in trace] == ["quota", "positive", "negative"]
    assert trace[1].pos_tickets.tolist() == tickets[:4].tolist()
    assert trace[2].neg_tickets.tolist() == tickets[4:].tolist()
    by_hand = (
        sorted(range(4), key=lambda i: tickets[i])[:2],
        sorted(range(3), key=lambda i: tickets[4 + i])[:2],
    )
    assert trace.result[0].tolist() == sorted(10 + i for i in by_hand[0])
    assert trace.result[1].tolist() == sorted(20 + i for i in by_hand[1])


def test_the_numbers_of_rcnn_are_the_defaults():
    given_ = inspect.signature(fine_tuning_batch).parameters
    assert (given_["total"].default, given_["pos_fraction"].default) == (128, 0.25)


def test_one_batch_comes_from_two_pools():
    """ERR-7: 32 + 96 in one batch, not two batches. Its positives come first and are of all classes together."""
    labels = np.repeat([0, 1, 2], [900, 70, 30])[rng().permutation(1000)]
    rows = fine_tuning_batch(labels, rng=rng())
    assert len(rows) == 128
    assert (labels[rows[:32]] > 0).all() and (labels[rows[32:]] == 0).all()
    assert {1, 2} <= set(labels[rows])


def test_labels_of_proposals_give_the_pools():
    """An object, a proposal on half of it, one on a quarter and one beside it: two of each."""
    boxes = [[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1], [8, 8, 9, 9]]
    labels = fine_tuning_labels(boxes, [[0, 0, 4, 4]], [3])
    trace = fine_tuning_batch.trace(labels, rng=rng(), total=4, pos_fraction=0.5)
    assert (trace[0].pos.tolist(), trace[0].neg.tolist()) == ([0, 1], [2, 3])
    assert [step.name for step in trace] == ["pools", "quota", "positive", "negative", "batch"]
    assert trace.result.tolist() == [0, 1, 2, 3]


# Properties


@st.composite
def drawn_pools(draw):
    """Two pools in any order, some empty."""
    numbers = draw(st.lists(st.integers(0, 200), unique=True, max_size=40))
    cut = draw(st.integers(0, len(numbers)))
    return np.array(numbers[:cut], np.int64), np.array(numbers[cut:], np.int64)


FRACTIONS = st.sampled_from([0, 0.25, 0.5, 1]) | st.floats(0, 1)


@given(both=drawn_pools(), total=st.integers(0, 60), fraction=FRACTIONS, seed=st.integers(0, 99))
def test_quotas_hold_and_nobody_comes_twice(both, total, fraction, seed):
    pos, neg = both
    pos_taken, neg_taken = sample(pos, neg, total, fraction, rng(seed))
    assert len(pos_taken) == min(len(pos), round(fraction * total))
    assert len(neg_taken) == min(len(neg), total - len(pos_taken))
    for pool, part in ((pos, pos_taken), (neg, neg_taken)):
        assert part.tolist() == [number for number in pool.tolist() if number in set(part.tolist())]


@given(both=drawn_pools(), total=st.integers(0, 60), fraction=FRACTIONS, seed=st.integers(0, 99))
def test_a_batch_of_labels_is_the_sample_of_their_pools(both, total, fraction, seed):
    labels = np.zeros(201, np.int64)
    labels[both[0]] = 1 + both[0] % 3
    rows = fine_tuning_batch(labels, rng=rng(seed), total=total, pos_fraction=fraction)
    wanted = sample(np.flatnonzero(labels), np.flatnonzero(labels == 0), total, fraction, rng(seed))
    assert rows.tolist() == np.concatenate(wanted).tolist()


SEEDS = 10_000
# By Hoeffding's inequality a count of n draws is further than this from n times its probability once in 1e9 times at
# most, whatever the probability: 327 of 10,000.
BOUND = np.sqrt(SEEDS * np.log(2 / 1e-9) / 2)


def test_every_candidate_is_equally_likely_and_so_is_every_pair():
    """4 of 10 positives and 6 of 12 negatives, under 10,000 seeds: each of them, and each pair."""
    pos, neg = pools(10, 12)
    chosen = np.zeros((SEEDS, 22))
    for seed in range(SEEDS):
        chosen[seed, np.concatenate(sample(pos, neg, 10, 0.4, rng(seed)))] = 1
    together = chosen.T @ chosen
    wanted = np.empty((22, 22))
    wanted[:10, :10], wanted[10:, 10:] = 4 / 10 * 3 / 9, 6 / 12 * 5 / 11
    wanted[:10, 10:] = wanted[10:, :10] = 4 / 10 * 6 / 12
    wanted[np.diag_indices(22)] = np.repeat([4 / 10, 6 / 12], [10, 12])
    assert np.abs(together - SEEDS * wanted).max() < BOUND


def test_the_same_seed_gives_the_same_batch_and_another_one_another():
    both = pools(50, 500)
    first, again, other = (np.concatenate(sample(*both, 64, 0.25, rng(seed))).tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_what_is_drawn_next_depends_on_the_sizes_of_the_pools_alone():
    few, many = rng(), rng()
    sample(*pools(5, 9), 2, 0.5, few)
    sample(*pools(5, 9), 100, 0.5, many)
    assert few.random() == many.random()


# Paths agree


def test_the_plain_call_gives_what_the_trace_gives():
    labels = rng().integers(0, 3, 300)
    assert (
        fine_tuning_batch(labels, rng=rng()).tolist()
        == fine_tuning_batch.trace(labels, rng=rng()).result.tolist()
    )


# Bad input


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"pos": [1, 2, 1]}, ValueError, "pos: 1 came twice"),
        ({"neg": [5, 5]}, ValueError, "neg: 5 came twice"),
        ({"neg": [7, 1]}, ValueError, "neg: 1 is in pos too; wanted each candidate in one pool"),
        ({"pos": [-1]}, ValueError, "pos: row 0 is -1"),
        ({"pos": [[1]]}, ValueError, r"pos: shape is \(1, 1\)"),
        ({"neg": [0.5]}, TypeError, "neg: dtype is float64"),
        ({"neg": [True]}, TypeError, "neg: dtype is bool"),
        ({"total": -1}, ValueError, "total: -1 came"),
        ({"total": 2.0}, TypeError, "total: 2.0 came"),
        ({"total": 2**31}, ValueError, "total: 2147483648 came"),
        ({"pos_fraction": 1.5}, ValueError, "pos_fraction: 1.5 came; wanted a number from 0 to 1"),
        ({"pos_fraction": np.nan}, ValueError, "pos_fraction: nan"),
        ({"rng": 0}, TypeError, "rng: 0 came; wanted a numpy.random.Generator"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    arguments = {"pos": [1, 2], "neg": [3, 4], "total": 2, "pos_fraction": 0.5, "rng": rng()} | changed
    with pytest.raises(error, match=words):
        sample(**arguments)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"labels": [0, -1]}, ValueError, "labels: row 1 is -1; wanted 0 for background"),
        ({"labels": [[0]]}, ValueError, r"labels: shape is \(1, 1\); wanted \(C,\)"),
        ({"labels": [0.5]}, TypeError, "labels: dtype"),
        ({"total": -1}, ValueError, "total: -1"),
        ({"pos_fraction": 2}, ValueError, "pos_fraction: 2"),
        ({"rng": None}, TypeError, "rng: None came"),
    ],
)
def test_bad_labels_are_named(changed, error, words):
    with pytest.raises(error, match=words):
        fine_tuning_batch(**({"labels": [0, 1], "rng": rng()} | changed))
