"""The segmentation beside scikit-image's, colour spaces too, and selective search beside OpenCV's (PROP-2 to PROP-4).

Known differences of scikit-image's `felzenszwalb`, each shown below:

- It smooths with a kernel of int(4 sigma + 1/2) pixels and mirrors the border; refdet reaches ceil(4 sigma) pixels and
  repeats the border.
- An edge that is exactly as heavy as the limit does not join; the paper's predicate says that it does.
- Edges of equal weight come in any order (an unstable sort), which decides whom a small region joins.
"""

import numpy as np
import pytest
from tolerances import close

from refdet.proposals.colour_spaces import in_colour_space
from refdet.proposals.gaussian import gaussian_weights, smoothed
from refdet.proposals.recall import proposal_recall
from refdet.proposals.segmentation import graph_segmentation
from refdet.proposals.segmentation_fast import graph_segmentation as fast
from refdet.proposals.selective_search import selective_search

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def theirs(image, k, min_size):
    """scikit-image's labels, without smoothing; it divides k by 255, and takes floats as they are."""
    segmentation = pytest.importorskip("skimage.segmentation")
    return segmentation.felzenszwalb(
        image.astype(np.float64), scale=255 * k, sigma=0, min_size=min_size, channel_axis=-1
    )


def test_images_without_equal_weights_have_the_same_labels():
    rng, divided = np.random.default_rng(0), 0
    for i in range(60):
        shape = (*rng.integers(2, 30, 2), 3)
        image = rng.uniform(0, 255, shape) if i % 2 else np.cumsum(rng.normal(0, 9, shape), axis=1)
        k, min_size = float(rng.choice([20, 100, 300])), int(rng.choice([0, 5, 20]))
        labels = graph_segmentation(image, k, sigma=0, min_size=min_size)
        assert np.array_equal(theirs(image, k, min_size), labels)
        divided += labels.max() > 0
    assert divided > 20


def test_a_photograph_that_refdet_has_smoothed_has_the_same_labels():
    data = pytest.importorskip("skimage.data")
    image = data.coffee()[:375, :500]
    smooth = smoothed(image.astype(np.float32), gaussian_weights(0.8))
    labels = fast(image, 100, min_size=100)
    assert np.array_equal(theirs(smooth, 100, 100), labels) and labels.max() > 100


def test_their_smoothing_is_another_one_at_the_border_alone_but_for_the_last_tap():
    data, filters = pytest.importorskip("skimage.data"), pytest.importorskip("scipy.ndimage")
    image = data.coffee()[:60, :60].astype(np.float32)
    mine, other = smoothed(image, gaussian_weights(0.8)), filters.gaussian_filter(image, (0.8, 0.8, 0))
    assert np.abs(mine - other)[4:-4, 4:-4].max() < 0.01 < np.abs(mine - other).max()


def test_an_edge_as_heavy_as_the_limit_joins_here_and_not_there():
    row = np.array(
        [[[0.0], [1], [3]]]
    )  # k = 2: after the first merge the limit is 1 + 2/2, and the edge weighs 2
    assert graph_segmentation(row, 2, sigma=0, min_size=0).tolist() == [[0, 0, 0]]
    assert theirs(row, 2, 0).tolist() == [[0, 0, 1]]


def test_lab_and_hsv_are_scikit_images():
    color = pytest.importorskip("skimage.color")
    corners = np.stack(np.meshgrid(*[np.linspace(0, 255, 12)] * 3), axis=-1).reshape(1, -1, 3)
    lab = color.rgb2lab(corners / 255) * [2.55, 1, 1] + [0, 128, 128]
    assert close(in_colour_space(corners.astype(np.float32), "lab"), lab, "white of Lab")
    hsv = 255 * color.rgb2hsv(corners / 255)
    assert close(in_colour_space(corners.astype(np.float32), "hsv"), hsv, "float32 colours")


def still_life(rng, count=6):
    """Textured ellipses on a textured ground, and their boxes."""
    image = np.clip(rng.uniform(40, 200, 3) + rng.normal(0, 12, (240, 320, 3)), 0, 255)
    y, x = np.mgrid[:240, :320]
    boxes = []
    for _ in range(count):
        (w, h), u, v = rng.uniform(15, 45, 2), rng.uniform(50, 270), rng.uniform(50, 190)
        inside = ((x - u) / w) ** 2 + ((y - v) / h) ** 2 <= 1
        image[inside] = np.clip(rng.uniform(0, 255, 3) + rng.normal(0, 12, (int(inside.sum()), 3)), 0, 255)
        boxes.append([u - w, v - h, u + w, v + h])
    return image.astype(np.uint8), np.array(boxes)


def test_as_many_objects_are_covered_as_by_opencv():
    """On photographs: benchmarks/selective_search.py."""
    cv2 = pytest.importorskip("cv2")
    if not hasattr(cv2, "ximgproc"):
        pytest.skip("OpenCV without its contributed modules")
    rng, mine, other, truth = np.random.default_rng(0), [], [], []
    for _ in range(5):
        image, boxes = still_life(rng)
        truth.append(boxes)
        mine.append(selective_search(image, rng=np.random.default_rng(0), width=None))
        search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
        search.setBaseImage(np.ascontiguousarray(image[..., ::-1]))
        search.switchToSelectiveSearchFast()
        found = search.process().astype(np.float64)
        other.append(np.hstack([found[:, :2], found[:, :2] + found[:, 2:]]))
    recalls = [proposal_recall(proposals, truth, 0.5, top=2000) for proposals in (mine, other)]
    assert recalls[0] >= recalls[1] - 0.05 and recalls[0] > 0.8
