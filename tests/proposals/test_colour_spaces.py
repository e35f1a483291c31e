"""PROP-2: the colour spaces of selective search."""

import numpy as np
import pytest
from regions import scene
from strategies import same_bits
from tolerances import close

from refdet.proposals.colour_spaces import SPACES, in_colour_space

# Colours: red, green, blue, white, black, grey; then a dark red.
COLOURS = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0], [51, 51, 51], [51, 0, 0]]

# By hand

IN_SPACE = {
    "rgb": COLOURS,
    "intensity": [[85], [85], [85], [255], [0], [51], [17]],
    "normalized_rgb": [[255, 0, 0], [0, 255, 0], [0, 0, 255], *[[85, 85, 85]] * 3, [255, 0, 0]],
    "rgi": [[255, 0, 85], [0, 255, 85], [0, 0, 85], [85, 85, 255], [85, 85, 0], [85, 85, 51], [255, 0, 17]],
    # A third of the circle is 85 of 255.
    "hsv": [[0, 255, 255], [85, 255, 255], [170, 255, 255], [0, 0, 255], [0, 0, 0], [0, 0, 51], [0, 255, 51]],
    "hue": [[0], [85], [170], [0], [0], [0], [0]],
    # Grey is 0 of -1..1 and 0 of -2..1.
    "c": [[255, 255], [0, 255], [127.5, 0], [127.5, 170], [127.5, 170], [127.5, 170], [255, 255]],
}


@pytest.mark.parametrize("space", IN_SPACE)
def test_pure_colours_white_black_and_grey(space):
    result = in_colour_space(np.array([COLOURS], np.float32), space)
    assert result.dtype == np.float32 and close(result[0], IN_SPACE[space], "float32 colours")


@pytest.mark.parametrize(
    ("colour", "lightness", "a", "b"),
    [
        # Of IEC 61966-2-1 and CIE 1976, as colour pickers show them.
        ([255, 0, 0], 53.24, 80.09, 67.20),
        ([0, 255, 0], 87.73, -86.18, 83.18),
        ([0, 0, 255], 32.30, 79.20, -107.86),
        ([255, 255, 255], 100, 0, 0),
        ([0, 0, 0], 0, 0, 0),
        ([119, 119, 119], 50.03, 0, 0),
    ],
)
def test_lab(colour, lightness, a, b):
    result = in_colour_space(np.array([[colour]], np.float32), "lab")[0, 0]
    assert close(result, [2.55 * lightness, a + 128, b + 128], "two digits of Lab")


@pytest.mark.parametrize("grey", [20, 23, 24, 25])
def test_lab_is_straight_below_its_knee_and_a_cube_root_above(grey):
    """CIE 1976: the knee, Y = (6/29)^3 = .008856, lies between the greys 23 and 24, Y = .00857 and .00913."""
    y = ((grey / 255 + 0.055) / 1.055) ** 2.4
    lightness = (29 / 3) ** 3 * y if grey <= 23 else 116 * np.cbrt(y) - 16
    result = in_colour_space(np.full((1, 1, 3), grey, np.float32), "lab")[0, 0]
    assert close(result, [2.55 * lightness, 128, 128], "float32 colours")


def test_the_hue_between_blue_and_red_is_near_the_end_of_the_circle():
    assert close(
        in_colour_space(np.array([[[255, 0, 51]]], np.float32), "hsv")[0, 0],
        [246.5, 255, 255],
        "float32 colours",
    )


# Properties


@pytest.mark.parametrize("space", SPACES)
def test_channels_stay_within_0_and_255(space):
    corners = np.stack(np.meshgrid(*[np.linspace(0, 255, 18)] * 3), axis=-1).reshape(1, -1, 3)
    result = in_colour_space(corners.astype(np.float32), space)
    assert result.min() >= 0 and result.max() <= 255 and np.isfinite(result).all()
    assert result.max() - result.min() > 128


@pytest.mark.parametrize("space", ["normalized_rgb", "c", "hue"])
def test_shade_does_not_change_what_has_no_intensity(space):
    image = scene()[:20, :20].astype(np.float32) + 8
    bright, dark = in_colour_space(image / 2, space), in_colour_space(image / 8, space)
    assert same_bits(bright, dark)  # a power of two changes no rounding


def test_an_input_is_not_handed_out():
    image = np.zeros((2, 2, 3), np.float32)
    for space in SPACES:
        assert not np.may_share_memory(in_colour_space(image, space), image)
