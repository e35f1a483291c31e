"""The orientation map, step by step."""

import numpy as np
import pytest
from tolerances import close

from refdet.classical.orientation_map import EPSILON, orientation_map

# By hand


def ramp(degrees, size=24, slope=0.02):
    """Brightness that rises by `slope` per pixel in one direction; 0 is to the right, 90 down."""
    y, x = np.mgrid[:size, :size]
    angle = np.radians(degrees)
    return 0.5 + slope * (np.cos(angle) * (x - size / 2) + np.sin(angle) * (y - size / 2))


def inner(image, **options):
    """The histogram of a cell in the middle."""
    features = orientation_map(image, **options)
    return features[:, features.shape[1] // 2, features.shape[2] // 2]


@pytest.mark.parametrize(("degrees", "bin"), [(0, 0), (90, 2), (180, 4), (270, 6), (45, 1), (315, 7)])
def test_a_ramp_votes_for_its_direction(degrees, bin):
    histogram = inner(ramp(degrees))
    assert histogram.argmax() == bin and close(np.delete(histogram, bin), 0, "float32 vote")


def test_a_direction_between_two_bins_is_shared_by_both():
    """22.5 degrees is halfway between bins 0 and 1 of 8; 11.25 is a quarter of the way."""
    half, quarter = inner(ramp(22.5)), inner(ramp(11.25))
    assert close(half[0], half[1], "float32 vote, relative") and half[2:].max() < 1e-4
    assert close(quarter[0] / quarter[1], 3, "float32 votes")


@pytest.mark.parametrize("slope", [0.02, 0.01])
def test_each_cell_is_divided_by_the_3_by_3_cells_around(slope):
    """Central differences are twice the slope; nine cells alike: v / sqrt(9 v^2 + eps^2)."""
    vote = 2 * slope
    expected = vote / np.sqrt(9 * vote**2 + EPSILON**2)
    assert close(inner(ramp(0, slope=slope))[0], expected, "float32 vote, relative")


def test_the_strongest_colour_decides():
    colours = np.stack([ramp(0), ramp(90, slope=0.03), ramp(180)], axis=-1)
    assert (inner(colours) == inner(ramp(90, slope=0.03))).all()


def test_flat_paper_has_no_features():
    assert not orientation_map(np.full((16, 16), 0.7)).any()


# Properties


def picture(seed=0, shape=(32, 40)):
    return np.random.default_rng(seed).uniform(0.2, 0.8, shape)


def test_the_shape_is_rounded_up_to_whole_cells():
    assert orientation_map(picture(shape=(33, 40)), cell=4, orientations=9).shape == (9, 9, 10)
    assert orientation_map(picture(shape=(1, 1)), cell=4).shape == (8, 1, 1)
    assert orientation_map(picture()).dtype == np.float32


def test_more_light_changes_nothing_and_strong_contrast_little():
    image = picture()
    assert close(orientation_map(image + 0.1), orientation_map(image), "float32 map")
    strong = orientation_map(image * 100) / np.maximum(orientation_map(image * 200), 1e-6)
    assert close(strong[orientation_map(image) > 0.05], 1, "without contrast")


def test_a_quarter_turn_of_the_image_turns_the_map_and_moves_the_bins():
    """Clockwise: what rose to the right (bin 0) rises downwards (bin 2 of 8)."""
    image = picture(shape=(32, 32))
    turned = orientation_map(np.rot90(image, -1))
    expected = np.rot90(np.roll(orientation_map(image), 2, axis=0), -1, axes=(1, 2))
    assert close(turned, expected, "float32 map")


def test_bytes_are_divided_by_255():
    image = np.random.default_rng(1).integers(0, 256, (16, 16)).astype(np.uint8)
    assert (orientation_map(image) == orientation_map((image / 255).astype(np.float32))).all()


# Bad input


@pytest.mark.parametrize(
    ("image", "options", "error", "words"),
    [
        (np.zeros(4), {}, ValueError, "image: shape"),
        (np.zeros((0, 4)), {}, ValueError, "image: shape"),
        (np.full((4, 4), np.nan), {}, ValueError, "image: row 0"),
        (np.full((4, 4), "x"), {}, TypeError, "image: dtype"),
        (np.zeros((4, 4)), {"cell": 0}, ValueError, "cell: 0"),
        (np.zeros((4, 4)), {"orientations": 1}, ValueError, "orientations: 1"),
    ],
)
def test_bad_arguments_are_named(image, options, error, words):
    with pytest.raises(error, match=words):
        orientation_map(image, **options)
