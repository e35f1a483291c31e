"""PROP-2: size, box, colour, texture and neighbours of regions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regions import label_maps
from tolerances import close

from refdet.proposals.region_features import measure_regions

# By hand


def test_sizes_boxes_and_neighbours():
    """Regions 0 and 3 touch nowhere, 1 and 2 at a corner."""
    labels = [[0, 0, 1, 1], [0, 2, 2, 1], [3, 3, 2, 1]]
    regions = measure_regions(labels, np.zeros((3, 4)))
    assert regions.size.tolist() == [3, 4, 3, 2] and regions.labels.tolist() == labels
    assert regions.box.tolist() == [[0, 0, 2, 2], [2, 0, 4, 3], [1, 1, 3, 3], [0, 2, 2, 3]]
    assert regions.neighbours.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [2, 3]]
    assert measure_regions([[0, 1], [2, 0]], np.zeros((2, 2))).neighbours.tolist() == [[0, 1], [0, 2], [1, 2]]


def test_colours_fall_into_25_bins_of_10_2():
    values = np.array([[0, 10, 11, 20, 21, 254, 255, 300, -5]])
    regions = measure_regions(np.zeros((1, 9), int), values)
    assert {int(b): round(9 * regions.colour[0, b]) for b in np.flatnonzero(regions.colour[0])} == {
        **{0: 3, 1: 2, 2: 1, 24: 3}
    }
    two = measure_regions([[0, 1]], [[[0, 255], [128, 128]]])
    assert np.flatnonzero(two.colour[0]).tolist() == [0, 49] and two.colour[0].sum() == 1
    assert np.flatnonzero(two.colour[1]).tolist() == [12, 37]


@pytest.mark.parametrize(
    ("turn", "rising"),
    [
        # A slope of 20 per pixel is in the second bin of 10.2; at 45 degrees it is 14.1, in the second one too.
        (lambda a: a, {7, 0, 1}),  # to the right
        (lambda a: a.T, {1, 2, 3}),  # down
        (lambda a: a[:, ::-1], {3, 4, 5}),
        (lambda a: a.T[::-1], {5, 6, 7}),
    ],
)
def test_a_ramp_rises_in_three_of_eight_directions(turn, rising):
    ramp = turn(np.tile(np.arange(13) * 20.0, (13, 1)))
    labels = np.zeros((13, 13), int)
    labels[5:8, 5:8] = 1  # far from the border
    shares = measure_regions(labels, ramp).texture[1].reshape(8, 10)
    assert {int(d) for d in np.flatnonzero(shares[:, 1])} == rising
    assert close(shares.sum(axis=1), np.full(8, 1 / 8), "float64 sums")
    assert set(np.flatnonzero(shares[:, 0])) == set(range(8)) - rising


def test_the_slope_is_that_of_a_gaussian_one_pixel_wide():
    """A step of 230: the slope is 83.7 in the pixel beside it, bin 8 of 10.2, and 28.0 in the next, bin 2."""
    step = np.repeat([[0.0] * 8 + [230.0] * 8], 16, axis=0)
    labels = np.tile(np.repeat([0, 1, 2, 3], [6, 1, 1, 8]), (16, 1))
    rising = measure_regions(labels, step).texture.reshape(4, 8, 10)[:, 0]
    assert np.flatnonzero(rising[1]).tolist() == [2] and np.flatnonzero(rising[2]).tolist() == [8]


def test_a_step_from_black_to_white_is_the_steepest():
    step = np.repeat([[0.0] * 8 + [255.0] * 8], 16, axis=0)
    shares = measure_regions(np.zeros((16, 16), int), step).texture[0].reshape(8, 10)
    # Beside the edge the slope is 255 e^(-1/2) / (e^(-1/2) + 4 e^(-2) + ...) / 2 ... : nearly 102, in the last bin.
    assert np.flatnonzero(shares[0]).max() == 9 and np.flatnonzero(shares[4]).tolist() == [0]


# Properties


@given(label_maps(), st.integers(1, 3))
def test_measures_from_their_definitions(labels, channels):
    image = np.random.default_rng(0).uniform(0, 255, (*labels.shape, channels))
    regions = measure_regions(labels, image)
    for r in range(labels.max() + 1):
        rows, columns = np.nonzero(labels == r)
        assert regions.size[r] == len(rows)
        assert regions.box[r].tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        bins = np.minimum((image[labels == r].astype(np.float32) * np.float32(25 / 255)).astype(int), 24)
        counted = [np.bincount(bins[:, c], minlength=25) for c in range(channels)]
        assert regions.colour[r].tolist() == (np.concatenate(counted) / (len(rows) * channels)).tolist()
    assert regions.texture.shape == (labels.max() + 1, 80 * channels)
    assert close(regions.texture.sum(axis=1), np.ones(len(regions.size)), "float64 sums")


@given(label_maps())
def test_neighbours_are_the_pairs_of_which_two_pixels_touch(labels):
    found, (height, width) = set(), labels.shape
    for y, x in np.ndindex(labels.shape):
        for other in labels[max(y - 1, 0) : min(y + 2, height), max(x - 1, 0) : min(x + 2, width)].flat:
            if labels[y, x] < other:
                found.add((int(labels[y, x]), int(other)))
    pairs = measure_regions(labels, np.zeros(labels.shape)).neighbours
    assert [tuple(pair) for pair in pairs.tolist()] == sorted(found)


# Bad input


@pytest.mark.parametrize(
    ("labels", "channels", "error", "words"),
    [
        ([[0, 2]], [[1, 1]], ValueError, "labels: wanted the numbers 0, 1, .* without gaps"),
        ([[0, 2, 2]], [[1, 1, 1]], ValueError, "labels: wanted the numbers 0, 1, .* without gaps"),
        ([[0, -1]], [[1, 1]], ValueError, "labels: wanted the numbers"),
        ([[0, 2**60]], [[1, 1]], ValueError, "labels: wanted the numbers"),
        ([[0]], [[1, 1]], ValueError, r"labels: shape is \(1, 1\); wanted \(1, 2\)"),
        ([[0.5, 1]], [[1, 1]], TypeError, "labels: dtype"),
        ([[0, 0]], [[1, np.nan]], ValueError, "channels: row 0 has nan"),
    ],
)
def test_bad_arguments_are_named(labels, channels, error, words):
    with pytest.raises(error, match=words):
        measure_regions(labels, channels)
