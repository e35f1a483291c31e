"""ROI-2 to ROI-6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pooling, same_bits

import refdet
from refdet import REFDET, roi_pool, roi_pool_backward, roi_pool_with_argmax

# By hand


def test_worked_example_of_the_notes():
    """ROI-2 to ROI-4, ERR-15: RoI (50,30,290,310) at stride 40 covers rows 1..8, columns 1..7; bins 4 and 3.5 cells."""
    features = np.zeros((1, 1, 10, 10))
    features[0, 0, 1:9, 1:8] = 7 * np.arange(8)[:, None] + np.arange(7)  # F[r, c] = 7 r + c
    pooled, argmax = roi_pool_with_argmax(features, [[0, 50, 30, 290, 310]], (2, 2), 1 / 40)
    assert pooled[0, 0].tolist() == [[24, 27], [52, 55]]
    assert argmax[0, 0].tolist() == [[44, 47], [84, 87]]


def test_x_is_the_column_and_y_the_row():
    """C-3."""
    features = np.zeros((1, 1, 3, 5))
    features[0, 0, 1, 4] = 7  # row 1, column 4
    assert roi_pool_with_argmax(features, [[0, 4, 1, 4, 1]], 1)[1].item() == 1 * 5 + 4
    assert roi_pool(features, [[0, 1, 4, 1, 4]], 1).item() == 0


@pytest.mark.parametrize(
    ("size", "bins", "edges"),
    [
        (8, 2, [(0, 4), (4, 8)]),
        (7, 2, [(0, 4), (3, 7)]),
        (5, 7, [(0, 1), (0, 2), (1, 3), (2, 3), (2, 4), (3, 5), (4, 5)]),
        (10, 7, [(0, 2), (1, 3), (2, 5), (4, 6), (5, 8), (7, 9), (8, 10)]),
    ],
)
def test_bin_edges_by_hand(size, bins, edges):
    """ROI-4."""
    assert REFDET.roi.bins(0, size, bins, 100, np.float32).tolist() == list(map(list, edges))


def test_float_bin_edge_reads_one_cell_too_far():
    """7 * float32(235 / 7) is above 235."""
    assert REFDET.roi.bins(0, 235, 7, 999, np.float32)[-1].tolist() == [201, 235]
    assert refdet.TORCHVISION.roi.bins(0, 235, 7, 999, np.float32)[-1].tolist() == [201, 236]


@pytest.mark.parametrize(
    ("corner", "cell"),
    [(0.5, 1), (1.5, 2), (2.5, 3), (-0.5, -1), (-2.5, -3), (2.4999, 2), (0.49999999999999994, 0), (7.0, 7)],
)
def test_corners_round_half_away_from_zero(corner, cell):
    """C-5; np.round would give 0, 2, 2, 0, -2."""
    assert REFDET.roi.cells(np.array([corner])) == [cell]


def test_gradient_goes_to_the_first_largest_cell_alone():
    features = np.array([[[[1.0, 5], [5, 2]]]])
    _, argmax = roi_pool_with_argmax(features, [[0, 0, 0, 1, 1]], (1, 1))
    assert argmax.tolist() == [[[[1]]]]
    grad = roi_pool_backward(np.full((1, 1, 1, 1), 3.0), argmax, [[0, 0, 0, 1, 1]], features.shape)
    assert grad.tolist() == [[[[0, 3], [0, 0]]]]


def test_gradients_of_shared_cells_add_up():
    features = np.array([[[[1.0, 9, 2]]]])
    rois = [[0, 0, 0, 2, 0], [0, 1, 0, 2, 0]]  # bins of the first: {1, 9} and {9, 2}
    _, argmax = roi_pool_with_argmax(features, rois, (1, 2))
    assert argmax.ravel().tolist() == [1, 1, 1, 2]
    grad = roi_pool_backward(np.array([[[[1.0, 2]]], [[[4, 8]]]]), argmax, rois, features.shape)
    assert grad.ravel().tolist() == [0, 7, 8]


def test_the_gradient_step_by_step_roi_after_roi():
    """Two maps of 1 x 3, the RoIs on the second, the first and the second; -1 sends nothing."""
    rois, argmax = [[1, 0, 0, 2, 0], [0, 1, 0, 2, 0], [1, 0, 0, 0, 0]], [[1, 1], [2, -1], [0, 1]]
    grad = np.array([[1.0, 2], [4, 8], [16, 32]]).reshape(3, 1, 1, 2)
    trace = roi_pool_backward.trace(grad, np.reshape(argmax, grad.shape), rois, (2, 1, 1, 3))
    assert [(step.name, step.k, step.image) for step in trace] == [
        ("scatter", k, (1, 0, 1)[k]) for k in range(3)
    ]
    shown = [step.grad_input.reshape(2, 3).tolist() for step in trace]
    assert shown == [[[0] * 3, [0, 3, 0]], [[0, 0, 4], [0, 3, 0]], [[0, 0, 4], [16, 35, 0]]]
    assert trace[1].note == "RoI 1 adds each value to the cell that it came from, in image 0"


def test_gradients_add_in_order_and_in_the_dtype_of_the_array():
    """2^24 + 1 is 2^24 in float32, 1 + 1 + 2^24 is not: float64 sums or another order would show."""
    rois, argmax = [[0, 0, 0, 0, 0]] * 3, np.zeros((3, 1, 1, 1), np.int64)
    for values, total in (([2.0**24, 1, 1], 2.0**24), ([1, 1, 2.0**24], 2.0**24 + 2)):
        grad = np.array(values, np.float32).reshape(3, 1, 1, 1)
        assert roi_pool_backward(grad, argmax, rois, (1, 1, 1, 1)).item() == total


def test_region_outside_the_map_is_zero_and_sends_no_gradient():
    pooled, argmax = roi_pool_with_argmax(-np.ones((1, 2, 4, 4)), [[0, 10, 10, 20, 20]], (2, 3))
    assert (pooled == 0).all() and (argmax == -1).all()
    assert (roi_pool_backward(pooled + 1, argmax, [[0, 10, 10, 20, 20]], (1, 2, 4, 4)) == 0).all()


def test_malformed_region_becomes_one_cell():
    """ROI-3: max(end - start + 1, 1)."""
    features = np.arange(16.0).reshape(1, 1, 4, 4)
    assert (roi_pool(features, [[0, 2, 2, 0, 0]], (2, 2)) == 10).all()


# Properties


def listing_of_the_notes(cropped, out_h, out_w):
    """ROI-6: the triple loop over channel, row and column of an already cropped region."""
    channels, h, w = cropped.shape
    result = np.zeros((channels, out_h, out_w), cropped.dtype)
    for c in range(channels):
        for j in range(out_h):
            for i in range(out_w):
                rows = slice(int(np.floor(j * h / out_h)), int(np.ceil((j + 1) * h / out_h)))
                columns = slice(int(np.floor(i * w / out_w)), int(np.ceil((i + 1) * w / out_w)))
                result[c, j, i] = cropped[c, rows, columns].max()
    return result


@given(
    seed=st.integers(0, 2**16),
    corners=st.tuples(*[st.integers(0, 7)] * 4),
    size=st.tuples(*[st.integers(1, 4)] * 2),
)
def test_equals_the_listing_of_the_notes_within_the_map(seed, corners, size):
    (x1, x2), (y1, y2) = sorted(corners[:2]), sorted(corners[2:])
    features = np.random.default_rng(seed).integers(-9, 9, (1, 2, 8, 8)).astype(np.float64)
    pooled = roi_pool(features, [[0, x1, y1, x2, y2]], size)
    assert same_bits(pooled[0], listing_of_the_notes(features[0, :, y1 : y2 + 1, x1 : x2 + 1], *size))


def cells_at(features, rois, argmax):
    """The value of each cell that argmax names; 0 for -1."""
    flat = features.reshape(*features.shape[:2], -1)  # (N, C, H * W)
    images = rois[:, 0].astype(int)[:, None, None, None]
    channels = np.arange(features.shape[1])[:, None, None]
    return np.where(argmax < 0, 0, flat[images, channels, np.maximum(argmax, 0)])


@given(case=pooling())
def test_argmax_points_at_the_pooled_value(case):
    features, rois, size, scale = case
    pooled, argmax = roi_pool_with_argmax(features, rois, size, scale)
    assert (cells_at(features, rois, argmax) == pooled).all()


@given(case=pooling(), seed=st.integers(0, 2**16))
def test_backward_is_the_transpose_of_forward(case, seed):
    """<pool'(x) u, v> = <u, pool'(x)^T v>: pooling along the argmax is linear."""
    features, rois, size, scale = (
        np.float64(part) if isinstance(part, np.ndarray) else part for part in case
    )
    _, argmax = roi_pool_with_argmax(features, rois, size, scale)
    rng = np.random.default_rng(seed)
    u, v = rng.integers(-4, 5, features.shape).astype(float), rng.integers(-4, 5, argmax.shape).astype(float)
    forward = (cells_at(u, rois, argmax) * v).sum()
    assert forward == (u * roi_pool_backward(v, argmax, rois, features.shape)).sum()


@given(case=pooling())
def test_list_of_boxes_per_image_means_the_same(case):
    features, rois, size, scale = case
    rois = rois[np.argsort(rois[:, 0], kind="stable")]
    parts = [rois[rois[:, 0] == image, 1:] for image in range(len(features))]
    assert same_bits(roi_pool(features, parts, size, scale), roi_pool(features, rois, size, scale))


def test_empty_inputs():
    assert roi_pool(np.zeros((1, 2, 3, 3)), np.zeros((0, 5)), (2, 2)).shape == (0, 2, 2, 2)
    assert roi_pool(np.zeros((1, 0, 3, 3)), [[0, 0, 0, 1, 1]], (2, 2)).shape == (1, 0, 2, 2)
    assert (roi_pool(np.zeros((1, 1, 0, 3)), [[0, 0, 0, 1, 1]], (2, 2)) == 0).all()
    assert roi_pool_backward(np.zeros((0, 2, 1, 1)), np.zeros((0, 2, 1, 1), int), [], (1, 2, 3, 3)).shape == (
        1,
        2,
        3,
        3,
    )


# Paths agree: tests/kernels/test_paths_agree.py

# Bad input

MAP = np.zeros((2, 1, 4, 4), np.float32)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            (MAP, np.zeros((1, 4)), (2, 2)),
            ValueError,
            r"boxes: shape is \(1, 4\); wanted \(K, 5\).*one \(L, 4\) array",
        ),
        (
            (MAP, [[2, 0, 0, 1, 1]], (2, 2)),
            ValueError,
            "boxes: row 0 names image 2.0; wanted a whole number from 0 to 1",
        ),
        ((MAP, [[0, 0, 0, 1, 1], [-1, 0, 0, 1, 1]], 2), ValueError, "boxes: row 1 names image -1.0"),
        ((MAP, [[0.5, 0, 0, 1, 1]], 2), ValueError, "names image 0.5"),
        ((MAP, [[np.nan, 0, 0, 1, 1]], 2), ValueError, "names image nan"),
        ((MAP, [[0, np.inf, 0, 1, 1]], 2), ValueError, "boxes: row 0 is .*finite corners in float32"),
        ((MAP, [[0, 1e300, 0, 1, 1]], 2), ValueError, "finite corners in float32"),
        ((MAP, [np.zeros((1, 4))], 2), ValueError, "a list of 1 came; wanted one .* for each of 2 images"),
        (
            (MAP, [[0, 0, 0, 1, 1]], (0, 2)),
            ValueError,
            r"output_size\[0\]: 0 came; wanted a whole number of at least 1",
        ),
        ((MAP, [[0, 0, 0, 1, 1]], (2, 2.5)), TypeError, r"output_size\[1\]: 2.5 came"),
        ((MAP, [[0, 0, 0, 1, 1]], "7"), TypeError, "output_size: '7' came"),
        ((MAP, [[0, 0, 0, 1, 1]], 2, 0), ValueError, "spatial_scale: 0 came, 0.0 in float32"),
        ((MAP, [[0, 0, 0, 1, 1]], 2, np.inf), ValueError, "spatial_scale: inf came"),
        ((MAP[0], [[0, 0, 0, 1, 1]], 2), ValueError, r"input: shape is \(1, 4, 4\); wanted \(N, C, H, W\)"),
        (
            (MAP + np.nan, [[0, 0, 0, 1, 1]], 2),
            ValueError,
            "input: row 0 is 16 non-finite values|input: row 0",
        ),
        ((MAP.astype(complex), [[0, 0, 0, 1, 1]], 2), TypeError, "input: dtype is complex128"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(arguments, error, text):
    with pytest.raises(error, match=text):
        roi_pool(*arguments)


def test_far_away_corners_saturate_instead_of_overflowing():
    far = [[0, -1e30, -1e30, 1e30, 1e30], [0, 1e30, 1e30, 1e30, 1e30]]
    pooled = roi_pool(MAP + 1, far, (3, 3))
    assert pooled[0, 0].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert (pooled[1] == 0).all()


@pytest.mark.parametrize("function", [roi_pool, roi_pool_with_argmax])
@pytest.mark.parametrize("scale", [1e-60, 1e300])
def test_a_scale_that_the_dtype_cannot_hold_is_refused(function, scale):
    with pytest.raises(ValueError, match="spatial_scale: 1e.* came, (0.0|inf) in float32"):
        function(MAP, [[0, 0, 0, 1, 1]], 2, scale)
    assert roi_pool(MAP.astype(np.float64), [[0, 0, 0, 1, 1]], 2, scale).shape == (1, 1, 2, 2)


def test_a_list_may_hold_images_without_boxes():
    assert roi_pool(MAP, [[], [[0, 0, 1, 1]]], 2).shape == (1, 1, 2, 2)
    assert roi_pool(MAP, [np.zeros((0, 4)), np.zeros((0, 4))], 2).shape == (0, 1, 2, 2)


def test_an_image_index_that_the_dtype_of_the_map_would_round_is_refused():
    many = np.zeros((2**24 + 2, 1, 1, 1), np.float32)
    assert roi_pool(many, np.array([[2**24, 0, 0, 0, 0]]), 1).shape == (1, 1, 1, 1)
    with pytest.raises(
        ValueError, match="boxes: image 16777217 cannot be told in float32; wanted a map in float64"
    ):
        roi_pool(many, np.array([[2**24 + 1, 0, 0, 0, 0]]), 1)


def test_a_result_larger_than_any_array_is_refused():
    with pytest.raises(ValueError, match="out: a result of shape .* is more than an array can hold"):
        roi_pool(MAP, [[0, 0, 0, 1, 1]] * 4, 2**31 - 1)
    with pytest.raises(ValueError, match="input_shape: .* more than an array can hold"):
        roi_pool_backward(np.zeros((0, 1, 1, 1)), np.zeros((0, 1, 1, 1), int), [], (1, 1, 2**40, 2**40))


def test_out_may_not_be_the_map():
    with pytest.raises(ValueError, match="out: it overlaps an input"):
        roi_pool(MAP[:1], [[0, 0, 0, 3, 3]], (4, 4), out=MAP[:1])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"argmax": np.full((1, 1, 1, 1), 16)}, "argmax: 16 to 16 came; wanted -1 to 15"),
        ({"argmax": np.full((1, 1, 1, 1), -2)}, "argmax: -2 to -2"),
        ({"argmax": np.zeros((1, 1, 1, 2), int)}, r"argmax: shape is \(1, 1, 1, 2\)"),
        ({"boxes": [[5, 0, 0, 1, 1]]}, "names image 5"),
        ({"boxes": np.zeros((2, 5))}, "boxes: 2 RoIs came; wanted 1"),
        ({"input_shape": (2, 3, 4, 4)}, "input_shape: 3 channels came; wanted 1"),
        ({"input_shape": (2, 1, 4)}, "wanted 4 whole numbers"),
        ({"input_shape": (2, 1, 4, -4)}, r"input_shape\[3\]: -4 came"),
        ({"grad_output": np.zeros((1, 1, 1))}, "grad_output: shape is"),
    ],
)
def test_backward_refuses_what_does_not_fit(change, text):
    good = {
        "grad_output": np.zeros((1, 1, 1, 1)),
        "argmax": np.zeros((1, 1, 1, 1), int),
        "boxes": np.zeros((1, 5)),
        "input_shape": (2, 1, 4, 4),
    }
    with pytest.raises((ValueError, TypeError), match=text):
        roi_pool_backward(**{**good, **change})
