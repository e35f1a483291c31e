"""PROP-3: every form of the segmentation gives the labels of the reference."""

import numpy as np
import pytest
from conftest import required
from hypothesis import given
from regions import KS, MIN_SIZES, SIGMAS, images, scene
from strategies import layouts, same_bits

from refdet import kernels
from refdet.proposals import segmentation_cpp, segmentation_fast
from refdet.proposals.segmentation import graph_segmentation

FORMS = {
    "fast": segmentation_fast.graph_segmentation,
    "cpp": segmentation_cpp.graph_segmentation,
    "cpp plain": segmentation_cpp.graph_segmentation_plain,
}


@pytest.fixture(params=FORMS)
def form(request):
    if request.param != "fast" and not kernels.backends()["cpp"]["available"]:
        if required("cpp"):
            pytest.fail(f"C++ is required and not there: {kernels.backends()}")
        pytest.skip("no C++")
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


@pytest.mark.parametrize("shape", [(1, 2, 3), (2, 1, 9), (1, 12, 3), (7, 5, 3)])
def test_the_last_bit_of_a_weight_decides(form, shape):
    """With k as large as the lightest weight one edge joins two pixels, with the next smaller k none does."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        image = rng.uniform(0, 255, shape)
        lightest = float(graph_segmentation.trace(image, keep=["weight"])[1].weight.min())
        below = np.nextafter(lightest, 0)
        assert form(image, lightest, min_size=0).max() < shape[0] * shape[1] - 1
        assert form(image, below, min_size=0).max() == shape[0] * shape[1] - 1
