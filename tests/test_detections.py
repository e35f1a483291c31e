"""BOX-1: what a detector answers."""

import numpy as np
import pytest

from refdet.detections import Detections

# By hand


def three():
    boxes = np.array([[0, 0, 4, 4], [1, 1, 5, 5], [2, 2, 6, 6]], np.float32)
    return Detections(boxes, np.array([0.9, 0.5, 0.1], np.float32), [7, 3, 7])


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (np.array([True, False, True]), [7, 7]),
        (np.zeros(3, bool), []),
        ([2, 1], [7, 3]),
        (slice(0, 2), [7, 3]),
        (1, [3]),
    ],
)
def test_a_mask_indices_a_slice_or_one_index_takes_rows(index, labels):
    part = three()[index]
    rows = np.arange(3)[index].reshape(-1)
    assert part.boxes[:, 0].tolist() == rows.tolist()
    assert part.scores.tolist() == three().scores[rows].tolist()
    assert part.labels.tolist() == labels
    assert part.boxes.shape == (len(labels), 4) and len(part) == len(labels)


def test_precision_stays_and_lists_become_arrays():
    found = three()
    assert found.boxes.dtype == found.scores.dtype == np.float32 and found.labels.dtype == np.int64
    assert len(Detections([], [], [])) == 0


def test_detections_cannot_be_changed():
    with pytest.raises(AttributeError):
        three().scores = np.zeros(3)


# Bad input


@pytest.mark.parametrize(
    ("boxes", "scores", "labels", "error", "words"),
    [
        ([[0, 0, 1]], [1.0], [0], ValueError, "boxes: shape"),
        ([[0, 0, 1, 1]], [1.0, 2.0], [0], ValueError, "scores: shape"),
        ([[0, 0, 1, 1]], [1.0], [0, 1], ValueError, "labels: shape"),
        ([[0, 0, 1, 1]], [1.0], [0.5], TypeError, "labels: dtype"),
        ([[0, 0, 1, np.nan]], [1.0], [0], ValueError, "boxes: row 0"),
        ([[0, 0, 1, 1]], [np.inf], [0], ValueError, "scores: row 0"),
    ],
)
def test_bad_rows_are_named(boxes, scores, labels, error, words):
    with pytest.raises(error, match=words):
        Detections(boxes, scores, labels)
