"""The emulator runs the CUDA kernels in three orders, and refuses what a device would, or CuPy should."""

import importlib
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THRESHOLDS, boxes, classified_boxes, pooling, same_bits, scored_boxes

import refdet
from refdet import kernels
from refdet.kernels import launch
from refdet.profiles import PROFILES

ORDERS = ("forward", "reverse", "shuffle")
HOSTILE = (np.nan, np.inf, -np.inf, 1e30, -1e30, 2.0**31, -1.0, 1e-45)


@pytest.fixture(scope="module")
def emulator():
    """The module; a skip, or a failure if REFDET_REQUIRE_EMULATOR=1, where it is not built."""
    from conftest import required

    if "emulator" not in kernels.implementations("nms"):
        (pytest.fail if required("emulator") else pytest.skip)(kernels.backends()["emulator"]["reason"])
    return importlib.import_module("refdet.kernels.emulator")


@pytest.fixture
def raw(emulator):
    """Launch a kernel past all checks."""
    native = importlib.import_module("refdet._emulator")

    def start(kernel, *arguments, dtype="float32", grid=(1,), block=(64,), order="forward"):
        native.launch(kernel, dtype, grid, block, arguments, order, 0)

    return start


# By hand


def test_nms_keeps_the_first_and_the_third_box(emulator):
    drawn = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]])
    scores, classes = np.array([0.9, 0.8, 0.7]), np.array([4, -4, 4])
    for function in (emulator.nms, emulator.nms_plain):
        assert function(drawn, scores, 0.5).tolist() == [0, 2]
    for function in (emulator.batched_nms, emulator.batched_nms_plain):
        assert function(drawn, scores, classes, 0.5).tolist() == [0, 1, 2]


def test_a_map_pools_to_its_largest_quarters(emulator):
    features = np.arange(16.0).reshape(1, 1, 4, 4)
    pooled, argmax = emulator.roi_pool_with_argmax(features, np.array([[0, 0, 0, 3, 3.0]]), (2, 2))
    assert pooled.tolist() == [[[[5, 7], [13, 15]]]] and argmax.tolist() == pooled.tolist()


# Every order gives the reference's bits


@pytest.mark.parametrize("order", ORDERS)
@given(case=scored_boxes(max_size=80), threshold=THRESHOLDS, seed=st.integers(0, 9))
def test_nms_gives_the_same_bits_in_every_order(emulator, order, case, threshold, seed):
    expected = refdet.nms(*case, threshold)
    with emulator.schedule(order, seed):
        assert same_bits(emulator.nms(*case, threshold), expected)
        assert same_bits(emulator.nms_plain(*case, threshold), expected)


@pytest.mark.parametrize("order", ORDERS)
@given(case=classified_boxes(max_size=80), threshold=THRESHOLDS, seed=st.integers(0, 9))
def test_batched_nms_gives_the_same_bits_in_every_order(emulator, order, case, threshold, seed):
    expected = refdet.batched_nms(*case, threshold)
    with emulator.schedule(order, seed):
        assert same_bits(emulator.batched_nms(*case, threshold), expected)
        assert same_bits(emulator.batched_nms_plain(*case, threshold), expected)


@pytest.mark.parametrize("order", ORDERS)
@given(first=boxes(), second=boxes(), case=pooling(), seed=st.integers(0, 9))
def test_other_kernels_give_the_same_bits_in_every_order(emulator, order, first, second, case, seed):
    features, rois, size, scale = case
    with emulator.schedule(order, seed):
        assert same_bits(emulator.box_iou(first, second), refdet.box_iou(first, second))
        pooled, argmax = emulator.roi_pool_with_argmax(features, rois, size, scale)
        back = emulator.roi_pool_backward(pooled, argmax, rois, features.shape)
    assert same_bits((pooled, argmax), refdet.roi_pool_with_argmax(features, rois, size, scale))
    assert same_bits(back, refdet.roi_pool_backward(pooled, argmax, rois, features.shape))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", [63, 64, 65, 129, 300])
def test_nms_agrees_at_tile_edges_in_every_order(emulator, order, count):
    rng = np.random.default_rng(count)
    drawn = rng.integers(0, 40, (count, 4)).astype(np.float32)
    drawn[:, 2:] = drawn[:, :2] + rng.integers(0, 12, (count, 2))
    scores = rng.integers(0, 50, count) / 49
    for profile in (profile for profile in PROFILES.values() if profile.suppression):
        expected = refdet.nms(drawn, scores, 0.3, convention=profile)
        with emulator.schedule(order, count):
            assert same_bits(emulator.nms(drawn, scores, 0.3, convention=profile), expected)
            assert same_bits(emulator.nms_plain(drawn, scores, 0.3, convention=profile), expected)


def test_rows_beyond_the_grid_are_done_too(emulator, monkeypatch):
    drawn = np.random.default_rng(0).integers(0, 9, (20, 4)).astype(np.float32)
    monkeypatch.setattr(launch, "MAX_GRID", (2**31 - 1, 3))
    assert same_bits(emulator.box_iou(drawn, drawn[:5]), refdet.box_iou(drawn, drawn[:5]))


def test_a_schedule_holds_within_its_block_and_must_be_known(emulator):
    one = np.array([[0.0, 0, 1, 1]])
    with pytest.raises(ValueError, match="random came; wanted forward, reverse or shuffle"):
        with emulator.schedule("random"):
            emulator.box_iou(one, one)
    assert emulator.box_iou(one, one) == 1


# What a kernel leaves out shows


def test_words_left_of_the_diagonal_stay_poisoned_and_are_not_read(raw):
    count, words = 130, 3
    drawn = np.random.default_rng(1).integers(0, 9, (count, 4)).astype(np.float32)
    order, n, overlap = np.arange(count), np.int64(count), (*map(np.int32, (0, 0, 0)), np.float64(0))
    rule = np.zeros(count, np.int64), *overlap, np.int32(0), np.float64(0.3)
    mask = np.full((count, words), 2**64 - 1, np.uint64)
    raw("nms_mask", drawn, order, n, *rule, mask, grid=(words, words))
    assert (mask[64:, 0] == 2**64 - 1).all() and (mask[128:, :2] == 2**64 - 1).all()
    expected = refdet.nms(drawn, np.linspace(1, 0, count), 0.3).tolist()
    for left in (2**64 - 1, 0):
        mask[64:, 0], mask[128:, 1] = left, left
        keep, number = np.full(count, -1), np.full(1, -1)
        raw("nms_reduce", mask, order, n, np.zeros(words, np.uint64), keep, number, block=(96,))
        assert keep[: number[0]].tolist() == expected


def test_workspaces_begin_as_0xff(emulator):
    device = emulator._operations._device
    assert device.empty(3, np.int64).tolist() == [-1] * 3
    assert np.isnan(device.empty((2, 2), np.float32)).all()


# Bad input: what a launch refuses


def iou_arguments(dtype=np.float32):
    drawn = np.array([[0, 0, 2, 2], [1, 0, 3, 2]], dtype)
    rule = np.int32(0), np.int32(0), np.int32(0), np.float64(0)
    return [drawn, drawn.copy(), np.int64(2), np.int64(2), *rule, np.empty((2, 2), dtype)]


def test_a_right_launch_is_accepted(raw):
    arguments = iou_arguments()
    raw("box_iou", *arguments)
    assert same_bits(arguments[-1], refdet.box_iou(*arguments[:2]))


read_only = np.empty((2, 2), np.float32)
read_only.flags.writeable = False


@pytest.mark.parametrize(
    ("place", "given_instead", "message"),
    [
        (2, 2, "argument 2: int came; wanted a NumPy scalar of int64"),
        (2, 2.0, "argument 2: float came; wanted a NumPy scalar of int64"),
        (2, np.int32(2), "int32 of int32 came; wanted a NumPy scalar of int64"),
        (2, np.array(2), "argument 2: ndarray of int64 came; wanted a NumPy scalar"),
        (4, np.float32(0), "argument 4: float32 of float32 came; wanted a NumPy scalar of int32"),
        (0, np.zeros((2, 4)), "argument 0: ndarray of float64 came; wanted a C-contiguous array of float32"),
        (0, np.zeros((2, 4), ">f4"), "ndarray of >f4 came"),
        (0, [[0.0] * 4] * 2, "argument 0: list came"),
        (0, np.zeros((4, 4), np.float32)[::2], "not a strided one"),
        (8, read_only, "argument 8: .* that can be written"),
        (8, np.float32(0), "argument 8: float32 of float32 came; wanted a C-contiguous array"),
    ],
)
def test_a_wrong_argument_is_refused(raw, place, given_instead, message):
    arguments = iou_arguments()
    arguments[place] = given_instead
    with pytest.raises(TypeError, match=message):
        raw("box_iou", *arguments)


def test_a_wrong_number_of_arguments_is_refused(raw):
    with pytest.raises(TypeError, match="8 arguments came; wanted 9"):
        raw("box_iou", *iou_arguments()[:-1])


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"grid": (0,)}, r"grid\[0\]: 0 came; wanted 1 to 2147483647"),
        ({"grid": (1, 65536)}, r"grid\[1\]: 65536 came; wanted 1 to 65535"),
        ({"grid": (1, 1, 65536)}, r"grid\[2\]"),
        ({"grid": (1, 1, 1, 1)}, "one to three lengths"),
        ({"block": (1025,)}, r"block\[0\]: 1025 came; wanted 1 to 1024"),
        ({"block": (64, 17)}, "more than 1024 threads"),
        ({"block": (1, 1, 65)}, r"block\[2\]"),
        ({"dtype": "float16"}, "float16 came; wanted float32 or float64"),
        ({"order": "backward"}, "wanted forward, reverse or shuffle"),
    ],
)
def test_limits_of_a_launch_are_a_devices(raw, limits, message):
    with pytest.raises(ValueError, match=message):
        raw("box_iou", *iou_arguments(), **limits)


def test_an_unknown_kernel_is_refused(raw):
    with pytest.raises(ValueError, match="there is no iou"):
        raw("iou")


def test_a_mask_beyond_the_limit_is_refused_with_its_size_and_a_way_out(emulator, monkeypatch):
    drawn, scores = np.tile([0.0, 0, 1, 1], (129, 1)), np.ones(129)
    monkeypatch.setattr(launch, "MAX_WORKSPACE", 129 * 3 * 8 - 1)
    with pytest.raises(MemoryError, match="129 boxes needs 3096 bytes, more than 3095; nms_plain needs none"):
        emulator.nms(drawn, scores, 0.5)
    assert emulator.nms_plain(drawn, scores, 0.5).tolist() == [0]
    monkeypatch.setattr(launch, "MAX_WORKSPACE", 129 * 3 * 8)
    assert emulator.nms(drawn, scores, 0.5).tolist() == [0]


def test_a_grid_beyond_the_limit_is_refused(emulator, monkeypatch):
    monkeypatch.setattr(launch, "MAX_GRID", (2, 3))
    with pytest.raises(ValueError, match="nms_mask: 3 blocks along x; a launch can have 2"):
        emulator.nms(np.zeros((129, 4)), np.ones(129), 0.5)


def test_empty_inputs_return_before_any_launch(emulator, monkeypatch):
    device = emulator._operations._device
    monkeypatch.setattr(device, "launch", lambda *_: pytest.fail("a kernel was launched"))
    none, features = np.empty((0, 4), np.float32), np.ones((1, 2, 3, 3))
    assert emulator.box_iou(none, np.ones((3, 4), np.float32)).shape == (0, 3)
    assert emulator.box_iou(np.ones((3, 4), np.float32), none).shape == (3, 0)
    for function in (emulator.nms, emulator.nms_plain):
        assert same_bits(function(none, np.empty(0), 0.5), np.empty(0, np.int64))
    pooled, argmax = emulator.roi_pool_with_argmax(features, np.empty((0, 5)), 2)
    assert pooled.shape == argmax.shape == (0, 2, 2, 2)
    assert emulator.roi_pool_backward(pooled, argmax, np.empty((0, 5)), (1, 2, 3, 3)).sum() == 0
    assert emulator.roi_pool(np.ones((1, 0, 3, 3)), np.zeros((4, 5)), 2).shape == (4, 0, 2, 2)


@pytest.mark.parametrize("edges", [0, 1, 2])
@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("place", range(5))
def test_roi_pool_stands_hostile_regions_past_the_checks(raw, place, value, edges):
    features = np.arange(24, dtype=np.float32).reshape(2, 1, 3, 4)
    roi = np.array([[1, 0, 0, 3, 2]], np.float32)
    roi[0, place] = value
    sizes = map(np.int64, (2, 1, 3, 4, 1, 2, 2))
    pooled, argmax = np.full((2, 2), np.nan, np.float32), np.full((2, 2), -9)
    rule = np.float32(1), np.int32(edges), np.float32(-np.inf)
    raw("roi_pool", features, roi, *sizes, *rule, pooled, argmax)
    inside, taken = place > 0 or value == HOSTILE[-1], argmax >= 0  # 1e-45 names image 0
    assert (argmax >= -1).all() and (argmax < 12).all() and (inside or not taken.any())
    image = features[0 if place == 0 else 1, 0].ravel()
    assert (pooled == np.where(taken, image[argmax], 0)).all()


@pytest.mark.parametrize("aligned", [0, 1])
@pytest.mark.parametrize("ratio", [0, 2])
@pytest.mark.parametrize("value", (*HOSTILE, 1e9, -1e9))
@pytest.mark.parametrize("place", range(5))
def test_roi_align_stands_hostile_regions_past_the_checks(raw, place, value, ratio, aligned):
    """The reads and writes of the second image alone, of 12 cells, or none."""
    features = np.full((2, 1, 3, 4), np.nan, np.float32)
    features[1] = 1
    roi = np.array([[1, 0, 0, 3, 2]], np.float32)
    roi[0, place] = value
    sizes = list(map(np.int64, (2, 1, 3, 4, 1, 2, 2)))
    rule = np.float32(1), np.int32(aligned), np.int64(ratio), np.int64(4096)
    pooled, back = np.full((2, 2), np.nan, np.float32), np.zeros((2, 12), np.float32)
    raw("roi_align", features, roi, *sizes, *rule, pooled)
    raw("roi_align_backward", np.ones((2, 2), np.float32), roi, *sizes, *rule, back)
    if place == 0:
        assert np.isnan(pooled).any() == (value == HOSTILE[-1]) == back[0].any() and (back[1] == 0).all()
        return
    assert ((pooled >= 0) & (pooled <= 1)).all() and (back[0] == 0).all() and back[1].sum() <= 4


@pytest.mark.parametrize("cell", [-1, -(2**40), 12, 2**40, 2**63 - 1])
@pytest.mark.parametrize("image", [0, -1, 2, 2**40])
def test_roi_pool_backward_stands_hostile_cells_and_images_past_the_checks(raw, cell, image):
    argmax, images = np.array([cell, 3]), np.array([image, 1])
    sizes = map(np.int64, (2, 1, 12, 2, 1))
    back = np.zeros((2, 12), np.float32)
    raw("roi_pool_backward", np.ones(2, np.float32), argmax, images, *sizes, back)
    assert np.argwhere(back).tolist() == [[1, 3]]


def test_an_emulator_that_is_not_built_is_an_import_error_that_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "refdet._emulator", None)
    monkeypatch.delitem(sys.modules, "refdet.kernels.emulator", raising=False)
    monkeypatch.delattr(kernels, "emulator", raising=False)
    with pytest.raises(ImportError, match="refdet._emulator is not there"):
        importlib.import_module("refdet.kernels.emulator")
