"""Selective search beside OpenCV's on photographs (PROP-2, PROP-4): benchmarks/selective_search.py on fewer of them."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import selective_search as benchmark
from refdet import kernels
from refdet.proposals import segmentation_cpp, segmentation_fast
from refdet.proposals.recall import proposal_recall

pytestmark = [pytest.mark.oracle, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

DATA = Path(__file__).parents[3] / "shared" / "data"
SEGMENTATION = segmentation_cpp if "cpp" in kernels.implementations("nms") else segmentation_fast

# Of each test split every so many-th image, and the (height, width) that all of these are searched at.
EVERY = {"bccd": 6, "cards": 15}
SHAPES = {"bccd": {(375, 500)}, "cards": {(667, 500), (281, 500)}}


@pytest.fixture(scope="module", params=EVERY)
def searched(request):
    """The set's name; image by image the objects, and the boxes of refdet, OpenCV, and OpenCV with refdet's k."""
    cv2, name = pytest.importorskip("cv2"), request.param
    pytest.importorskip("PIL.Image")
    if not hasattr(cv2, "ximgproc"):
        pytest.skip("OpenCV without its contributed modules")
    if not (DATA / name).is_dir():
        pytest.skip(f"no photographs in {DATA / name}")
    shapes, truth, mine, other, same_k = set(), [], [], [], []
    for image, boxes in list(benchmark.annotated(DATA / name))[:: EVERY[name]]:
        small = benchmark.searched(image)
        shapes.add(small.shape[:2])
        truth.append(boxes * np.tile(np.divide(small.shape[1::-1], image.shape[1::-1]), 2))
        mine.append(benchmark.refdet_search(small, SEGMENTATION))
        other.append(benchmark.opencv_search(small))
        same_k.append(benchmark.opencv_search(small, 50, 50))
    assert shapes == SHAPES[name], "the photographs are searched 500 pixels wide"
    return name, truth, mine, other, same_k


def recalls(truth, *proposals, top=benchmark.TOP):
    """Recall at IoU 0.5 of each search."""
    return [proposal_recall(of_one, truth, 0.5, top=top) for of_one in proposals]


def test_recall_of_2000_proposals_is_within_a_twentieth_of_opencvs(searched):
    _, truth, *proposals = searched
    mine, other, same_k = recalls(truth, *proposals)
    assert mine >= other - 0.05
    assert abs(mine - same_k) <= 0.05


def test_the_comparison_sees_a_search_that_stops_early(searched):
    """Blood cells are small and many: the first 200 proposals are not enough. A card needs fewer; 30 are not."""
    name, truth, mine, other, _ = searched
    few = recalls(truth, mine, top={"bccd": 200, "cards": 30}[name])[0]
    assert few < recalls(truth, other)[0] - 0.05
