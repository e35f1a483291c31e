"""The C++ kernels beyond what all paths share: plain and fast forms, threads, memory, direct misuse."""

import dataclasses
import itertools
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, THRESHOLDS, boxes, layouts, pooling, same_bits, scored_boxes

import refdet
from refdet.conventions import Overlap
from refdet.profiles import PROFILES

cpp = pytest.importorskip("refdet.kernels.cpp", exc_type=ImportError)

SUPPRESSION = st.sampled_from([profile for profile in PROFILES.values() if profile.suppression])
ROI = st.sampled_from([profile for profile in PROFILES.values() if profile.roi])


def spread(count, span, dtype, seed=0):
    """Boxes with random mantissas, so that rounding shows, and their scores, with ties."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, span, (count, 2))
    drawn = np.hstack([corners, corners + rng.uniform(0, 30, (count, 2))]).astype(dtype)
    return drawn, (rng.integers(0, 300, count) / 300).astype(dtype)


def map_and_rois(dtype, count=60, channels=37):
    """More bins than cells, so that the fast form runs; 37 channels leave a rest in every vector."""
    rng = np.random.default_rng(1)
    corners = rng.uniform(-20, 140, (count, 4))
    return rng.standard_normal((2, channels, 9, 11)).astype(dtype), np.c_[rng.integers(0, 2, count), corners]


# Plain and fast forms agree


@given(data=st.data(), convention=st.sampled_from(list(PROFILES.values())))
def test_fast_box_iou_equals_the_plain_one(data, convention):
    dtype = data.draw(DTYPES)
    pair = data.draw(boxes(dtype=dtype)), data.draw(boxes(dtype=dtype, max_size=70))
    expected = refdet.box_iou(*pair, convention=convention)
    assert same_bits(cpp.box_iou_plain(*pair, convention=convention), expected)
    assert same_bits(cpp.box_iou(*pair, convention=convention), expected)


def test_values_that_are_not_finite_agree_under_every_overlap():
    values = np.random.default_rng(0).choice([np.nan, np.inf, -np.inf, 0, 1, 2, 3, 3e38], (300, 4))
    for inverted, division in itertools.product(
        ("empty", "signed", "sorted"), ("guarded", "ieee", "distance")
    ):
        rule = Overlap(inverted=inverted, division=division, finite="propagate")
        convention = dataclasses.replace(refdet.REFDET, overlap=rule)
        with np.errstate(all="ignore"):
            expected = refdet.box_iou(values, values, convention=convention)
        assert same_bits(cpp.box_iou_plain(values, values, convention=convention), expected)
        assert same_bits(cpp.box_iou(values, values, convention=convention), expected)


@given(case=scored_boxes(max_size=70), threshold=THRESHOLDS, convention=SUPPRESSION)
def test_fast_nms_equals_the_plain_one(case, threshold, convention):
    expected = refdet.nms(*case, threshold, convention=convention)
    assert same_bits(cpp.nms_plain(*case, threshold, convention=convention), expected)
    assert same_bits(cpp.nms(*case, threshold, convention=convention), expected)
    classes = np.arange(len(case[0])) % 3
    expected = refdet.batched_nms(*case, classes, threshold, convention=convention)
    assert same_bits(cpp.batched_nms_plain(*case, classes, threshold, convention=convention), expected)
    assert same_bits(cpp.batched_nms(*case, classes, threshold, convention=convention), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nms_sees_every_place_around_the_edges_of_a_block(dtype):
    """Boxes lie apart, best first; copies of the first one stand where a block of 2048 begins or ends."""
    copies = [1, 2, 2046, 2047, 2048, 2049, 2050, 4095, 4096, 4097, 4098, 4199]
    corner = 3.0 * np.arange(4200)
    corner[copies] = 0
    drawn = np.stack([corner, corner, corner + 2, corner + 2], axis=1).astype(dtype)
    kept = np.setdiff1d(np.arange(4200), copies)
    assert same_bits(cpp.nms(drawn, -np.arange(4200.0), 0.5), kept)
    assert same_bits(cpp.nms_plain(drawn, -np.arange(4200.0), 0.5), kept)


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.3, 1 / 3, 0.4, 0.6, 0.7, 1.0])
def test_a_double_threshold_parts_float_overlaps_as_the_reference_does(threshold, inclusive):
    """IoU k/10 in float32 lies on either side of the double k/10: 0.1 above, 0.3 above, 0.7 below."""
    convention = refdet.FAST_RCNN if inclusive else refdet.TORCHVISION
    one = convention.overlap.plus_one
    ladder = np.array([[0, 0, 30 - one, k - one] for k in (30, *range(1, 31))], np.float32)
    for pair in (ladder[[0, k]] for k in range(1, len(ladder))):
        expected = refdet.nms(pair, [1, 0.5], threshold, convention=convention)
        assert same_bits(cpp.nms(pair, [1, 0.5], threshold, convention=convention), expected)


@given(case=pooling(), convention=ROI)
def test_fast_roi_pool_equals_the_plain_one(case, convention):
    expected = refdet.roi_pool_with_argmax(*case, convention=convention)
    assert same_bits(cpp.roi_pool_with_argmax_plain(*case, convention=convention), expected)
    assert same_bits(cpp.roi_pool_with_argmax(*case, convention=convention), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fast_roi_pool_equals_the_plain_one_on_many_channels(dtype):
    features, rois = map_and_rois(dtype)
    expected = refdet.roi_pool_with_argmax(features, rois, (3, 5), 1 / 16)
    assert same_bits(cpp.roi_pool_with_argmax(features, rois, (3, 5), 1 / 16), expected)
    assert same_bits(cpp.roi_pool(features, rois, (3, 5), 1 / 16), expected[0])


# Threads


@pytest.mark.parametrize("threads", [2, 3, 7, 10**30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_of_threads_does_not_matter(threads, dtype):
    """2.4 million pairs and 1.1 million results are shared by up to four threads."""
    drawn, _ = spread(1549, 300, dtype)
    for op in (cpp.box_iou, cpp.generalized_box_iou, cpp.distance_box_iou, cpp.complete_box_iou):
        assert same_bits(op(drawn, drawn, threads=threads), op(drawn, drawn))
    case = *map_and_rois(dtype, count=601), (7, 7), 1 / 16
    assert same_bits(cpp.roi_pool_with_argmax(*case, threads=threads), cpp.roi_pool_with_argmax(*case))
    assert same_bits(cpp.roi_pool(*case, threads=threads), cpp.roi_pool(*case))


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2", None])
def test_a_wrong_number_of_threads_is_refused(threads):
    drawn, _ = spread(2, 9, np.float32)
    with pytest.raises((ValueError, TypeError), match="threads: .* wanted a whole number"):
        cpp.box_iou(drawn, drawn, threads=threads)
    with pytest.raises((ValueError, TypeError), match="threads: .* wanted a whole number"):
        cpp.roi_pool(np.ones((1, 1, 2, 2)), np.zeros((1, 5)), 1, threads=threads)


def test_other_python_threads_run_while_a_kernel_does():
    drawn, scores = spread(4000, 20000, np.float32)
    span = []

    def kernel():
        span.append(time.perf_counter())
        cpp.nms_plain(drawn, scores, 0.5)
        span.append(time.perf_counter())

    running = threading.Thread(target=kernel)
    running.start()
    ticks = []
    while running.is_alive():
        ticks.append(time.perf_counter())
    start, end = span
    margin = (end - start) / 5
    assert any(start + margin < tick < end - margin for tick in ticks)


# Memory


@pytest.mark.parametrize("layout", layouts(np.zeros((2, 4))))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_plain_forms_take_every_memory_layout(layout, dtype):
    drawn, scores = spread(30, 60, dtype)
    features, rois = map_and_rois(dtype, count=5, channels=2)

    def laid(array):
        return layouts(array)[layout]

    assert same_bits(cpp.box_iou_plain(laid(drawn), laid(drawn[:7])), refdet.box_iou(drawn, drawn[:7]))
    assert same_bits(cpp.nms_plain(laid(drawn), laid(scores), 0.3), refdet.nms(drawn, scores, 0.3))
    classes = np.arange(30) % 2
    expected = refdet.batched_nms(drawn, scores, classes, 0.3)
    assert same_bits(cpp.batched_nms_plain(laid(drawn), laid(scores), laid(classes), 0.3), expected)
    expected = refdet.roi_pool_with_argmax(features, rois, 2, 0.1)
    assert same_bits(cpp.roi_pool_with_argmax_plain(laid(features), laid(rois), 2, 0.1), expected)


def test_out_is_filled_where_it_lies_and_returned():
    drawn, _ = spread(20, 40, np.float32)
    expected = refdet.box_iou(drawn, drawn)
    misaligned = np.zeros(expected.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(expected.shape)
    strided = np.zeros((20, 40), np.float32)[:, ::2]
    for out in (np.empty_like(expected), misaligned, strided):
        assert cpp.box_iou(drawn, drawn, out=out) is out
        assert out.tobytes() == expected.tobytes()


# Bad input


@pytest.mark.parametrize(
    ("op", "arguments"),
    [
        ("box_iou", (np.zeros((2, 3)), np.zeros((2, 4)))),
        ("box_iou", (np.zeros((2, 4)), np.zeros((2, 4), complex))),
        ("box_iou", ([[0, 0, np.nan, 1]], np.zeros((2, 4)))),
        ("generalized_box_iou", (np.zeros((2, 4)), [[0, 0, 1e200, 1]])),
        ("complete_box_iou", ([[0, 0, np.nan, 1]], np.zeros((2, 4)))),
        ("diou_nms", (np.zeros((2, 4)), np.zeros(2), 0.5, -1)),
        ("nms", (np.zeros((2, 4)), np.zeros(3), 0.5)),
        ("nms", (np.zeros((2, 4)), [1, np.inf], 0.5)),
        ("nms", (np.zeros((2, 4)), np.zeros(2), 1.5)),
        ("soft_nms", (np.zeros((2, 4)), np.zeros(2), 0.3, 0)),
        ("soft_nms", (np.zeros((2, 4)), np.zeros(2), 0.3, 0.5, 0, "hard")),
        ("batched_nms", (np.zeros((2, 4)), np.zeros(2), np.zeros(3, int), 0.5)),
        ("roi_pool", (np.zeros((1, 1, 2, 2)), [[1, 0, 0, 1, 1]], 1)),
        ("roi_pool_with_argmax", (np.zeros((1, 1, 2, 2)), [[0, 0, 0, 1, 1]], 0)),
        ("roi_pool_backward", (np.zeros((1, 1, 1, 1)), [[[[4]]]], [[0, 0, 0, 1, 1]], (1, 1, 2, 2))),
    ],
)
def test_errors_are_those_of_the_reference(op, arguments):
    with pytest.raises((ValueError, TypeError)) as wanted:
        getattr(refdet, op)(*arguments)
    with pytest.raises(type(wanted.value)) as came:
        getattr(cpp, op)(*arguments)
    assert str(came.value) == str(wanted.value)


def test_the_module_itself_converts_nothing():
    """A silent copy would leave the caller's `out` unchanged."""
    rule = {"plus_one": 0, "inverted": 0, "division": 0, "union_eps": 0.0, "threads": 1}
    drawn, out = np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)
    for wrong in (drawn.astype(np.float64), drawn.T, drawn[::-1], drawn.tolist(), drawn.astype(">f4")):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            cpp._core.box_iou(wrong, drawn, **rule, out=out)
    with pytest.raises(ValueError, match="sizes do not fit"):
        cpp._core.box_iou(drawn, drawn[:3], **rule, out=out)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="not writeable"):
        cpp._core.box_iou(drawn, drawn, **rule, out=out)


@pytest.mark.parametrize("image", [-1.0, 1.0, 1e30, np.nan, np.inf])
@pytest.mark.parametrize("kernel", ["roi_pool", "roi_pool_plain"])
def test_a_region_whose_image_changes_after_the_check_reads_no_memory(kernel, image):
    pooled, argmax = np.ones((4, 1, 1, 1)), np.zeros((4, 1, 1, 1), np.int64)
    rois = np.array([[image, 0, 0, 1, 1]] * 4)
    rule = {"scale": 1.0, "edges": 0, "lowest": -np.inf, "threads": 1}
    getattr(cpp._core, kernel)(np.ones((1, 1, 2, 2)), rois, **rule, out=pooled, argmax=argmax)
    assert pooled.ravel().tolist() == [0.0] * 4 and argmax.ravel().tolist() == [-1] * 4


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted as Linux shows them")
def test_threads_start_and_python_goes_on_meanwhile():
    """A watcher in Python counts the threads of this process while the kernel runs, for which it needs the GIL."""
    drawn = np.random.default_rng(0).uniform(0, 9, (5000, 4))
    out, seen, done = np.empty((5000, 5000)), [0], threading.Event()

    def watch():
        while not done.is_set():
            seen[0] = max(seen[0], len(list(Path("/proc/self/task").iterdir())))

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(0.05)
    before = seen[0]
    for _ in range(5):
        cpp.box_iou(drawn, drawn, out=out, threads=4)
    done.set()
    watcher.join()
    assert seen[0] >= before + 3
