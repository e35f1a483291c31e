"""PROP-3: every form of the segmentation gives the labels of the reference."""

import numpy as np
import pytest
from hypothesis import given
from regions import KS, MIN_SIZES, SIGMAS, images, scene
from strategies import layouts, same_bits

from refdet.proposals import segmentation_fast
from refdet.proposals.segmentation import graph_segmentation

FORMS = {"fast": segmentation_fast.graph_segmentation}


@pytest.fixture(params=FORMS)
def form(request):
    return FORMS[request.param]


@given(images(most=12, channels=(1, 2, 3, 9)), KS, SIGMAS, MIN_SIZES)
def test_small_images_with_ties(form, image, k, sigma, min_size):
    arguments = {"k": k, "sigma": sigma, "min_size": min_size}
    assert same_bits(form(image, **arguments), graph_segmentation(image, **arguments))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_a_scene_of_several_thousand_pixels(form, dtype):
    image = scene().astype(dtype)
    for k, min_size in ((0, 0), (20, 5), (300, 50)):
        labels = graph_segmentation(image, k, min_size=min_size)
        assert labels.max() > 0
        assert same_bits(form(image, k, min_size=min_size), labels)


def test_every_layout(form):
    image = scene(1, (20, 20, 3)).astype(np.float32)
    expected = graph_segmentation(image, 100, min_size=5)
    for name, laid in layouts(image).items():
        assert same_bits(form(laid, 100, min_size=5), expected), name


def test_the_largest_values(form):
    image = np.array([[1e15, -1e15, 0], [1e-40, 1e15, 5e-324]])
    for k in (0, 1e15, 1e300):
        arguments = {"k": k, "sigma": 100, "min_size": 0}
        assert same_bits(form(image, **arguments), graph_segmentation(image, **arguments))
