"""ROI-1."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import layouts, same_bits
from tolerances import close

from refdet.proposals.warping import warp_proposal

IMAGE = np.arange(1.0, 17).reshape(4, 4)

# By hand


def test_the_worked_example_of_the_specification():
    """s / (s - 2 p) is 227 / 195; 8.2051 and 16.4103 pixels of context are 16 after the warp."""
    trace = warp_proposal.trace(np.zeros((400, 400, 3)), [100, 100, 200, 300])
    dilated = trace.named("dilate")[0].dilated
    assert close(dilated, [91.794872, 83.589744, 208.205128, 316.410256], "six digits")
    k = Fraction(227, 195)
    for side, context in ((100, Fraction(100) * (k - 1) / 2), (200, Fraction(200) * (k - 1) / 2)):
        assert context * 227 / (side * k) == 16
    assert trace.named("round")[0].window.tolist() == [92, 84, 208, 316]
    assert trace.result.shape == (227, 227, 3)


def test_half_of_the_result_is_the_box():
    """s / (s - 2 p) = 4 / 2: the box grows to the whole image, which has the size of the result."""
    assert warp_proposal(IMAGE, [1, 1, 3, 3], 4, padding=1).tolist() == IMAGE.tolist()


def test_the_mean_stands_where_the_image_ends():
    crop = warp_proposal(IMAGE, [0, 2, 2, 4], 4, padding=1, mean=[7])
    assert crop.tolist() == [[7, 5, 6, 7], [7, 9, 10, 11], [7, 13, 14, 15], [7, 7, 7, 7]]
    assert warp_proposal(IMAGE, [0, 2, 2, 4], 4, padding=1)[0, 0] == IMAGE.mean() == 8.5


def test_an_image_that_is_smaller_than_the_window_lies_in_its_middle():
    crop = warp_proposal(IMAGE[:2, :2], [0, 0, 2, 2], 6, padding=2, mean=[0])
    assert crop.tolist() == np.pad(IMAGE[:2, :2], 2).tolist()


def test_without_padding_the_box_alone_is_stretched():
    """Two pixels to four: the middles of the new ones lie at -1/4, 1/4, 3/4 and 5/4."""
    assert warp_proposal(IMAGE, [1, 0, 3, 1], 4, padding=0).tolist() == [[2, 2.25, 2.75, 3]] * 4


def test_a_square_keeps_the_shape():
    """Around 1 x 3 pixels the square is 3 x 3, from 0 to 3."""
    assert warp_proposal(IMAGE, [1, 0, 2, 3], 3, padding=0, mode="square").tolist() == IMAGE[:3, :3].tolist()
    assert warp_proposal(IMAGE, [1, 0, 2, 3], 3, padding=0).tolist() == [[2] * 3, [6] * 3, [10] * 3]


def test_nothing_is_averaged_when_it_shrinks():
    """Four pixels to one: the middle, at 3/2, lies between two of them."""
    row = np.array([[0.0, 0, 8, 100]])
    assert warp_proposal(row, [0, 0, 4, 1], 1, padding=0).tolist() == [[4]]


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ([0.5, 1.5, 2.5, 3.49], [1, 2, 3, 3]),
        ([-0.5, -1.5, 1, 1], [-1, -2, 1, 1]),  # away from zero
        ([1.6, 1.6, 2.4, 2.4], [2, 2, 3, 3]),  # a pixel at least
    ],
)
def test_corners_are_rounded_half_away_from_zero(box, window):
    step = warp_proposal.trace(IMAGE, box, 4, padding=0).named("round")[0]
    assert step.window.tolist() == window


# Properties

CORNERS = st.tuples(*[st.integers(-6, 8)] * 2, *[st.integers(1, 7)] * 2)


@given(CORNERS, st.integers(1, 9), st.integers(0, 4), st.sampled_from(["warp", "square"]))
def test_a_uniform_image_with_its_own_mean_stays_uniform(corners, size, padding, mode):
    x1, y1, w, h = corners
    crop = warp_proposal(
        np.full((5, 6, 2), 3),
        np.array([x1, y1, x1 + w, y1 + h]) / 2,
        size + 2 * padding,
        padding=padding,
        mode=mode,
    )
    assert crop.shape == (size + 2 * padding,) * 2 + (2,) and crop.dtype == np.float32
    assert close(crop, np.full(crop.shape, 3), "float32 map")


@given(CORNERS, st.integers(1, 9), st.integers(0, 4), st.sampled_from(["warp", "square"]))
def test_every_channel_goes_its_own_way_and_lies_between_its_least_and_its_largest(
    corners, size, padding, mode
):
    x1, y1, w, h = corners
    image = np.stack([IMAGE, 100 - IMAGE], axis=-1)
    options = {"size": size + 2 * padding, "padding": padding, "mode": mode}
    crop = warp_proposal(image, [x1, y1, x1 + w, y1 + h], **options)
    single = warp_proposal(IMAGE, [x1, y1, x1 + w, y1 + h], **options)
    assert close(crop[..., 0], single, "float64 sums") and close(crop[..., 1], 100 - single, "float64 sums")
    assert single.min() >= 1 - 1e-12 and single.max() <= 16 + 1e-12


def pixel(window, row, column, size, mean):
    """One pixel of the result, from the definition: where its middle lies among the pixels that were cut out."""
    places = []
    for axis, place in ((0, column), (1, row)):
        low, high = max(window[axis], 0), min(window[axis + 2], IMAGE.shape[1 - axis])
        scale = size / (window[axis + 2] - window[axis])
        first, count = (int(np.floor(v * scale + 0.5)) for v in (low - window[axis], high - low))
        if not 0 <= place - first < min(count, size - first):
            return mean
        count = min(count, size - first)
        middle = (place - first + 0.5) * (high - low) / count - 0.5
        places.append((low, high - low, min(max(middle, 0), high - low - 1)))
    (x, width, across), (y, height, down) = places
    return sum(
        IMAGE[y + i, x + j] * max(0, 1 - abs(down - i)) * max(0, 1 - abs(across - j))
        for i, j in np.ndindex(height, width)
    )


@given(CORNERS, st.integers(1, 9), st.integers(0, 4))
def test_every_pixel_from_the_definition(corners, size, padding):
    x1, y1, w, h = corners
    size += 2 * padding
    trace = warp_proposal.trace(IMAGE, [x1, y1, x1 + w, y1 + h], size, padding=padding, mean=[-1])
    window = trace.named("round")[0].window.tolist()
    expected = [[pixel(window, row, column, size, -1) for column in range(size)] for row in range(size)]
    assert close(trace.result, expected, "float64 sums")


# Paths agree


@given(CORNERS, st.sampled_from(["warp", "square"]))
def test_the_trace_ends_with_the_result(corners, mode):
    x1, y1, w, h = corners
    arguments = IMAGE, [x1, y1, x1 + w, y1 + h], 9
    trace = warp_proposal.trace(*arguments, padding=2, mode=mode)
    assert same_bits(trace.result, warp_proposal(*arguments, padding=2, mode=mode))
    assert [step.name for step in trace] == ["dilate", "round", "clip", "resize", "fill"]
    assert all(step.note for step in trace)


def test_every_layout_gives_the_same_crop():
    image = np.arange(60, dtype=np.float32).reshape(4, 5, 3)
    expected = warp_proposal(image, [0, 1, 3, 4], 7, padding=1)
    for name, laid in layouts(image).items():
        assert same_bits(warp_proposal(laid, [0, 1, 3, 4], 7, padding=1), expected), name
    assert warp_proposal(image.astype(">f8"), [0, 1, 3, 4], 7, padding=1).dtype == np.float64
    assert same_bits(warp_proposal(image.astype(np.uint8), [0, 1, 3, 4], 7, padding=1), expected)


# Bad input


@pytest.mark.parametrize(
    ("box", "options", "error", "words"),
    [
        ([1, 1, 1, 3], {}, ValueError, r"box: \[1.0, 1.0, 1.0, 3.0\] came; wanted sides above 0"),
        ([1, 3, 2, 1], {}, ValueError, "box: .* wanted sides above 0"),
        ([[0, 0, 1, 1]], {}, ValueError, r"box: shape is \(1, 4\)"),
        ([0, 0, 1, np.inf], {}, ValueError, "box: row 3 has inf"),
        ([0, 0, 1e10, 1], {}, ValueError, "box: row 2 has 10000000000.0"),
        ([0, 0, 1, 1], {"size": 32}, ValueError, "padding: 16 came; wanted less than half of size 32"),
        ([0, 0, 1, 1], {"size": 0}, ValueError, "size: 0"),
        ([0, 0, 1, 1], {"padding": -1}, ValueError, "padding: -1"),
        ([0, 0, 1, 1], {"mode": "round"}, ValueError, "mode: 'round' came; wanted one of warp, square"),
        ([0, 0, 1, 1], {"mean": [1, 2]}, ValueError, r"mean: shape is \(2,\); wanted \(1,\)"),
        ([0, 0, 1, 1], {"mean": [np.nan]}, ValueError, "mean: row 0 has nan"),
    ],
)
def test_bad_arguments_are_named(box, options, error, words):
    with pytest.raises(error, match=words):
        warp_proposal(IMAGE, box, **options)
