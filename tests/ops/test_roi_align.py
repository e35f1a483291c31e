"""RoI align: He et al., Mask R-CNN, section 3."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pooling, same_bits

import refdet
from refdet import FAST_RCNN, REFDET, TORCHVISION, roi_align, roi_align_backward

RAMP = np.arange(16.0).reshape(1, 1, 4, 4)  # F[y, x] = 4 y + x

# By hand


def test_worked_example():
    """RoI (4, 4, 12, 28) at stride 8 is (0.5, 0.5, 1.5, 3.5): 1 x 3 cells; docs/ops/roi_align.md."""
    # Aligned: y from 0 to 3 in two bins, x from 0 to 1 in one; two rows of one point in each bin.
    # Points (0.375, 0.5), (1.125, 0.5) and (1.875, 0.5), (2.625, 0.5): F = 4 y + x.
    pooled = roi_align(RAMP, [[0, 4, 4, 12, 28]], (2, 1), 1 / 8)
    assert pooled.ravel().tolist() == [(2 + 5) / 2, (8 + 11) / 2]


def test_half_a_cell_lies_between_the_two_readings_of_a_corner():
    """The middle of cell 1 lies at 1.5, where aligned finds it; not aligned, the point falls between 1 and 2."""
    row = np.array([0.0, 8, 16, 40]).reshape(1, 1, 1, 4)
    roi = [[0, 1, 0, 2, 1]]
    assert roi_align(row, roi, 1).item() == 8
    assert roi_align(row, roi, 1, aligned=False).item() == (8 + 16) / 2


@pytest.mark.parametrize(
    ("x", "value"),
    [(-0.51, 0), (-0.5, 8), (-0.25, 8), (0.5, 8), (0.75, 10), (1.5, 16), (2.0, 16), (2.5, 16), (2.51, 0)],
)
def test_a_point_up_to_a_cell_off_the_map_takes_the_cell_at_the_border(x, value):
    """Cells 8 and 16, their middles at 0.5 and 1.5; a RoI without size is one point."""
    row = np.array([8.0, 16]).reshape(1, 1, 1, 2)
    assert roi_align(row, [[0, x, 0.5, x, 0.5]], 1, sampling_ratio=1).item() == value


def test_x_is_the_column_and_y_the_row():
    """C-3."""
    features = np.zeros((1, 1, 3, 5))
    features[0, 0, 1, 4] = 7  # row 1, column 4
    assert roi_align(features, [[0, 4, 1, 5, 2]], 1).item() == 7
    assert roi_align(features, [[0, 1, 4, 2, 5]], 1).item() == 0


@pytest.mark.parametrize(("ratio", "mean"), [(0, 2.0), (1, 0.0), (2, 2.0), (4, 2.0)])
def test_the_number_of_points_decides_what_is_seen(ratio, mean):
    """Cells 0, 0, 0, 8: one point lies at index 1.5, two at 0.5 and 2.5, four at 0, 1, 2 and 3; 0 is four here."""
    row = np.array([0.0, 0, 0, 8]).reshape(1, 1, 1, 4)
    assert roi_align(row, [[0, 0, 0, 4, 1]], 1, sampling_ratio=ratio).item() == mean


def test_a_region_without_size_has_no_points_unless_they_are_asked_for():
    """[5, 5, 5, 5] on a ramp of 10 x 10: the point (4.5, 4.5) between four cells, 49.5."""
    ramp, roi = np.arange(100.0).reshape(1, 1, 10, 10), [[0, 5, 5, 5, 5]]
    assert (roi_align(ramp, roi, 2) == 0).all()
    assert (roi_align(ramp, roi, 2, sampling_ratio=2) == 49.5).all()
    # Not aligned it is widened to one cell, (5, 5) to (6, 6): the middle is 55 + 5.5.
    assert roi_align(ramp, roi, 1, aligned=False).item() == 60.5


def test_a_region_inside_out_has_no_points_unless_they_are_asked_for():
    """Then its bins run backwards: the points of the last come first."""
    assert (roi_align(RAMP, [[0, 4, 0, 0, 4]], 2) == 0).all()
    forward, backward = ([[0, 0, 0, 4, 4]], [[0, 4, 0, 0, 4]])
    pair = [roi_align(RAMP, roi, 2, sampling_ratio=2)[0, 0] for roi in (forward, backward)]
    assert (pair[0] == [[2.5, 4.5], [10.5, 12.5]]).all() and (pair[1] == pair[0][:, ::-1]).all()


def test_points_add_up_row_after_row():
    """2^24 + 1 is 2^24 in float32: row after row the sum is 1, column after column it would be 2."""
    square = np.array([2.0**24, 1, -(2.0**24), 1], np.float32).reshape(1, 1, 2, 2)
    assert roi_align(square, [[0, 0, 0, 2, 2]], 1).item() == 1 / 4


def test_the_gradient_goes_to_the_four_cells_by_nearness():
    """The point (y, x) = (0.25, 0.5) in a map of 2 x 2: weights 3/8, 3/8, 1/8, 1/8."""
    roi = [[0, 1, 0.75, 1, 0.75]]
    grad = roi_align_backward(np.full((1, 1, 1, 1), 8.0), roi, (1, 1, 2, 2), sampling_ratio=1)
    assert grad.tolist() == [[[[3, 3], [1, 1]]]]
    # Four such points share it.
    grad = roi_align_backward(np.full((1, 1, 1, 1), 8.0), roi, (1, 1, 2, 2), sampling_ratio=2)
    assert grad.tolist() == [[[[3, 3], [1, 1]]]]


def test_the_gradient_step_by_step_roi_after_roi():
    """The same point on the second of two maps, and the middle of cell (1, 1) of the first."""
    rois, grad = [[1, 1, 0.75, 1, 0.75], [0, 1.5, 1, 1.5, 2]], np.full((2, 1, 1, 1), 8.0)
    first, second = roi_align_backward.trace(grad, rois, (2, 1, 2, 2), sampling_ratio=1)
    assert first.note == "RoI 0 adds to the cells of image 1 around the 1 x 1 points of each bin"
    assert first.ys.tolist() == [[0.25]] and first.xs.tolist() == [[0.5]]
    assert first.grad_input.tolist() == [[[[0, 0], [0, 0]]], [[[3, 3], [1, 1]]]]
    assert (second.name, second.k, second.image) == ("scatter", 1, 0)
    assert second.grad_input.tolist() == [[[[0, 0], [0, 8]]], [[[3, 3], [1, 1]]]]
    (both,) = roi_align_backward.trace(grad[:1], [[0, 0, 0, 2, 3]], (1, 1, 2, 2))
    assert "the 3 x 2 points" in both.note


def test_a_point_at_the_last_row_gives_its_gradient_to_that_row_once():
    grad = roi_align_backward(np.full((1, 1, 1, 1), 4.0), [[0, 0, 1, 2, 3]], (1, 1, 2, 2))
    # Points y 1 and 2, x 0 and 1; y = 2 lies a cell off and takes row 1.
    assert grad.tolist() == [[[[0, 0], [2, 2]]]]


def test_gradients_add_in_order_and_in_the_dtype_of_the_array():
    """2^24 + 1 is 2^24 in float32, 1 + 1 + 2^24 is not: RoI after RoI, and bin after bin."""
    for values, total in (([2.0**24, 1, 1], 2.0**24), ([1, 1, 2.0**24], 2.0**24 + 2)):
        grad = np.array(values, np.float32)
        one = grad.reshape(3, 1, 1, 1), [[0, 0, 0, 1, 1]] * 3
        assert roi_align_backward(*one, (1, 1, 1, 1)).item() == total
        three_bins = grad.reshape(1, 1, 1, 3), [[0, 0, 0, 1, 1]]
        assert roi_align_backward(*three_bins, (1, 1, 1, 1), sampling_ratio=1).item() == total


def test_a_share_is_the_gradient_times_the_weight_and_then_divided():
    """Nine points in one place of a row of two cells, at 0.8 - 0.5: cell 1 gets nine shares, one after the other."""
    weight, grad = np.float32(0.8) - np.float32(0.5), np.float32(23)
    share = grad * weight / np.float32(9)
    assert share != grad * (weight / np.float32(9)) and share != grad / np.float32(9) * weight
    roi = np.array([[0, 0.8, 0.5, 0.8, 0.5]], np.float32)
    result = roi_align_backward(grad.reshape(1, 1, 1, 1), roi, (1, 1, 1, 2), sampling_ratio=3)
    total = np.float32(0)
    for _ in range(9):
        total += share
    assert result[0, 0, 0, 1] == total


# Properties


def dyadic():
    """Cases in which every product and every sum is exact."""
    sizes = st.sampled_from([1, 2, 4])
    corners = st.tuples(*[st.integers(-8, 40)] * 4)
    return st.tuples(
        st.integers(0, 2**16),
        st.lists(corners, max_size=4),
        st.tuples(sizes, sizes),
        sizes,
        st.booleans(),
    )


def exact_case(seed, corners):
    features = np.random.default_rng(seed).integers(-9, 9, (1, 2, 7, 6)).astype(np.float64)
    return features, np.array([[0, *row] for row in corners], float).reshape(-1, 5) / ([1] + [4] * 4)


@given(case=dyadic())
def test_backward_is_the_transpose_of_forward(case):
    """<A u, v> = <u, A^T v>."""
    seed, corners, size, ratio, aligned = case
    features, rois = exact_case(seed, corners)
    pooled = roi_align(features, rois, size, 0.5, ratio, aligned)
    grad = np.random.default_rng(seed).integers(-9, 9, pooled.shape).astype(float)
    back = roi_align_backward(grad, rois, features.shape, 0.5, ratio, aligned)
    assert (pooled * grad).sum() == (features * back).sum()


@given(case=dyadic())
def test_a_plane_has_the_value_at_the_middle_of_each_bin(case):
    """Wherever a RoI lies within the map: the mean of a linear function is its value at the mean."""
    _, corners, size, ratio, _ = case
    y, x = np.mgrid[:12, :12].astype(float)
    rois = np.array([[0, *row] for row in corners], float).reshape(-1, 5) / ([1] + [4] * 4)
    rois[:, 1:] = np.sort(np.clip(rois[:, 1:], 0.5, 11.5).reshape(-1, 2, 2), axis=1).reshape(-1, 4)
    pooled = roi_align((8 * y + x)[None, None], rois, size, 1.0, ratio)[:, 0]
    for (_, x1, y1, x2, y2), values in zip(rois, pooled, strict=True):
        across = x1 - 0.5 + (np.arange(size[1]) + 0.5) * (x2 - x1) / size[1]
        down = y1 - 0.5 + (np.arange(size[0]) + 0.5) * (y2 - y1) / size[0]
        assert (values == 8 * down[:, None] + across).all()


@given(case=pooling(), ratio=st.integers(0, 3), aligned=st.booleans())
def test_it_equals_the_result_of_its_trace_and_a_list_means_the_same(case, ratio, aligned):
    features, rois, size, scale = case
    rois = rois[np.argsort(rois[:, 0], kind="stable")]
    expected = roi_align(features, rois, size, scale, ratio, aligned)
    assert same_bits(roi_align.trace(features, rois, size, scale, ratio, aligned).result, expected)
    parts = [rois[rois[:, 0] == image, 1:] for image in range(len(features))]
    assert same_bits(roi_align(features, parts, size, scale, ratio, aligned), expected)
    back = roi_align_backward(expected, rois, features.shape, scale, ratio, aligned)
    assert same_bits(roi_align_backward(expected, parts, features.shape, scale, ratio, aligned), back)


def test_empty_inputs():
    assert roi_align(np.zeros((1, 2, 3, 3)), np.zeros((0, 5)), (2, 2)).shape == (0, 2, 2, 2)
    assert roi_align(np.zeros((1, 0, 3, 3)), [[0, 0, 0, 1, 1]], (2, 2)).shape == (1, 0, 2, 2)
    assert (roi_align(np.zeros((1, 1, 0, 3)), [[0, 0, 0, 1, 1]], (2, 2)) == 0).all()
    assert roi_align_backward(np.zeros((0, 2, 1, 1)), [], (1, 2, 3, 3)).shape == (1, 2, 3, 3)
    assert roi_align_backward(np.ones((1, 1, 1, 1)), [[0, 0, 0, 1, 1]], (1, 1, 3, 0)).size == 0


# Paths agree: tests/kernels/test_roi_align_paths.py

# Bad input


def test_a_region_as_large_as_the_earth_ends_and_is_laid_with_the_most_points():
    far = [[0, -1e9, -1e9, 1e9, 1e9]]
    assert (roi_align(RAMP + 1, far, 3) == 0).all()  # 4096 points of 1e9 / 4096 cells each miss a map of 4
    few = dataclasses.replace(REFDET, roi=dataclasses.replace(REFDET.roi, most_samples=3))
    # One bin of 12 cells: of 12 x 12 points 4 x 4 lie in the map, and some a cell off; of 3 x 3, one does.
    assert roi_align(np.ones((1, 1, 4, 4)), [[0, -4, -4, 8, 8]], 1, convention=few).item() == 1 / 9


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38])
@pytest.mark.parametrize("place", [1, 2, 3, 4])
@pytest.mark.parametrize("ratio", [0, 2])
def test_a_corner_that_is_no_number_lays_its_points_off_the_map(value, place, ratio):
    roi = np.array([[0, 0, 0, 2, 2]], np.float32)
    roi[0, place] = value
    features = np.ones((1, 1, 4, 4), np.float32)
    pooled = roi_align(features, roi, 2, 1, ratio, True, convention=TORCHVISION)
    back = roi_align_backward(pooled + 1, roi, features.shape, 1, ratio, True, convention=TORCHVISION)
    assert (pooled == 0).all() and (back == 0).all()


ROI = [[0, 0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("arguments", "named", "error", "text"),
    [
        ((RAMP, ROI, 2, 1.0, 4097), {}, ValueError, "sampling_ratio: 4097 came; wanted at most 4096"),
        (
            (RAMP, ROI, 2, 1.0, -2),
            {},
            ValueError,
            "sampling_ratio: -2 came; wanted a whole number of at least -1",
        ),
        ((RAMP, ROI, 2, 1.0, 1.5), {}, TypeError, "sampling_ratio: 1.5 came; wanted a whole number"),
        ((RAMP, ROI, 2, 1.0, 1, 1), {}, TypeError, "aligned: 1 came; wanted True or False"),
        (
            (RAMP, ROI, 2),
            {"convention": FAST_RCNN},
            ValueError,
            "aligned: None came, and FAST_RCNN has no RoI align",
        ),
        ((RAMP, ROI, 2), {"convention": refdet.COCO}, ValueError, "COCO has no rule for roi"),
        ((RAMP, ROI, 2, 0), {}, ValueError, "spatial_scale: 0 came"),
        ((RAMP, [[1, 0, 0, 1, 1]], 2), {}, ValueError, "boxes: row 0 names image 1.0"),
        ((RAMP + np.inf, ROI, 2), {}, ValueError, "input: row 0 is 16 non-finite values"),
        ((RAMP, ROI, 0), {}, ValueError, r"output_size\[0\]: 0 came"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(arguments, named, error, text):
    with pytest.raises(error, match=text):
        roi_align(*arguments, **named)


def test_a_system_without_roi_align_takes_what_the_caller_says():
    assert roi_align(RAMP, ROI, 1, aligned=True, convention=FAST_RCNN) == roi_align(RAMP, ROI, 1)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"boxes": [[2, 0, 0, 1, 1]]}, ValueError, "boxes: row 0 names image 2.0"),
        ({"boxes": np.zeros((2, 5))}, ValueError, "boxes: 2 RoIs came; wanted 1"),
        ({"boxes": [[0, 0, np.nan, 1, 1]]}, ValueError, "boxes: row 0 .* finite corners"),
        ({"input_shape": (2, 3, 4, 4)}, ValueError, "input_shape: 3 channels came; wanted 1"),
        ({"input_shape": (2, 1, 4, 2**62)}, ValueError, "more than an array can hold"),
        ({"grad_output": np.zeros((1, 1, 1))}, ValueError, "grad_output: shape is"),
        ({"spatial_scale": -1}, ValueError, "spatial_scale: -1 came"),
        ({"sampling_ratio": 5000}, ValueError, "sampling_ratio: 5000 came"),
        ({"aligned": "yes"}, TypeError, "aligned: 'yes' came"),
        ({"convention": "torchvision"}, TypeError, "convention: 'torchvision' came"),
    ],
)
def test_backward_refuses_what_does_not_fit(change, error, text):
    good = {"grad_output": np.zeros((1, 1, 1, 1)), "boxes": np.zeros((1, 5)), "input_shape": (2, 1, 4, 4)}
    with pytest.raises(error, match=text):
        roi_align_backward(**{**good, **change})
