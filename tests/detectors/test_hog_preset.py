"""Where the detector looks: selective search, squared, or a grid of windows."""

from dataclasses import replace

import numpy as np
import pytest

from refdet.detectors.hog_preset import Preset, squares
from refdet.proposals.recall import proposal_recall
from refdet.proposals.selective_search import selective_search

SEARCH = Preset()


def drawing():
    """A bright bar of 6 x 20 pixels at (10, 8), and a frame of 16 x 16 at (30, 26), on dark paper."""
    image = np.full((48, 64), 40, np.uint8)
    image[8:28, 10:16] = 230
    image[26:42, 30:46] = 230
    image[30:38, 34:42] = 40
    return image


# By hand


def test_a_square_has_the_centre_and_the_longer_side_of_its_box_within_the_image():
    """The bar's square reaches from 13 - 10 to 13 + 10; the other ones end at the image, 40 high and 30 wide."""
    boxes = [[10, 8, 16, 28], [0, 10, 4, 20], [20, 36, 30, 40], [4, 4, 12, 12]]
    wanted = [[3, 8, 23, 28], [0, 10, 7, 20], [20, 33, 30, 40], [4, 4, 12, 12]]
    assert squares(boxes, (40, 30)).tolist() == wanted


def test_boxes_with_the_same_square_give_it_once_in_the_order_of_the_first():
    boxes = [[5, 5, 6, 9], [0, 0, 2, 2], [4, 5, 7, 9], [3.5, 6, 7.5, 7]]
    assert squares(boxes, (20, 20)).tolist() == [[3.5, 5, 7.5, 9], [0, 0, 2, 2], [3.5, 4.5, 7.5, 8.5]]
    assert squares(np.zeros((0, 4)), (3, 3)).shape == (0, 4)


def test_a_narrow_object_is_proposed_as_it_is_and_as_a_square():
    bar, square = np.array([[10, 8, 16, 28.0]]), np.array([[3, 8, 23, 28.0]])
    plain = replace(SEARCH, square=False).propose(drawing())
    assert proposal_recall([plain], [bar], 0.8) == 1 and proposal_recall([plain], [square], 0.8) == 0
    squared = SEARCH.propose(drawing())
    assert proposal_recall([squared], [square], 0.8) == 1
    assert proposal_recall([squared], [np.array([[30, 26, 46, 42.0]])], 0.8) == 1


# Properties


def test_the_proposals_are_those_of_the_search_that_the_preset_describes():
    preset = Preset(colour_spaces=("rgb", "hsv"), similarities=("S",), ks=(30, 60), min_side=9, square=False)
    image = np.repeat(drawing()[..., None], 3, axis=2)
    image[8:28, 10:16, 0] = 0
    found = preset.propose(image)
    wanted = selective_search(
        image,
        rng=np.random.default_rng(5),
        colour_spaces=("rgb", "hsv"),
        similarities=("S",),
        ks=(30, 60),
        width=None,
        min_side=9,
    )
    assert found.dtype == np.float32 and sorted(found.tolist()) == sorted(wanted.tolist())


def test_an_image_has_the_same_proposals_every_time_and_in_training():
    first = SEARCH.propose(drawing())
    assert (first == SEARCH.propose(drawing())).all() and (
        first == SEARCH.propose(drawing(), training=True)
    ).all()


def test_windows_depend_on_the_size_alone_and_are_fewer_in_training():
    preset = Preset(proposals="windows", sides=(8,), stride=4, mining_stride=8)
    assert (preset.propose(drawing()) == preset.windows((48, 64))).all()
    assert (
        len(preset.propose(drawing())) == 11 * 15 and len(preset.propose(drawing(), training=True)) == 6 * 8
    )


# Bad input


def test_another_source_of_proposals_is_refused():
    with pytest.raises(
        ValueError, match="proposals: 'anchors' came; wanted one of selective_search, windows"
    ):
        Preset(proposals="anchors")


def test_an_image_that_cannot_be_searched_is_named():
    with pytest.raises(ValueError, match=r"images\[3\]: 2.0 came; wanted floats from 0 to 1"):
        SEARCH.propose(np.full((9, 9), 2.0), name="images[3]")
