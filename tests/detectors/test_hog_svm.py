"""The detector without a network: MAT-3, SMP-5, LOSS-6 together, on drawn signs."""

from dataclasses import replace

import numpy as np
import pytest
from tolerances import close

import refdet
from refdet import box_iou
from refdet.classical.orientation_map import orientation_map
from refdet.data.scenes import digit_scenes
from refdet.detectors import hog_svm
from refdet.detectors.hog_svm import HogSvm, Preset, box_features, fit, orientation_maps, window_features
from refdet.evaluation import evaluate_detections

SMALL = Preset(sides=(20, 28), grid=4, orientations=4)


def rng(seed=0):
    return np.random.default_rng(seed)


def signs():
    """A standing bar, a lying bar and a frame."""
    bars = np.zeros((3, 8, 8))
    bars[0, 1:7, 3:5] = bars[1, 3:5, 1:7] = bars[2, 1:7, 1:7] = 1
    bars[2, 2:6, 2:6] = 0
    return bars


def scenes(count, seed):
    labels = np.arange(count) % 3
    return digit_scenes(signs()[labels], labels, rng=rng(seed), size=72, count=(1, 2), scale=(2.5, 3.5))


@pytest.fixture(scope="module")
def detector():
    return fit(scenes(45, 0), 3, rng=rng(1), preset=SMALL)


def mean_average_precision(detector, seed=9):
    test = scenes(24, seed)
    found = detector.detect([s.image for s in test])
    return evaluate_detections(found, [s.boxes for s in test], [s.labels for s in test], 3).mean


# By hand


def test_a_window_is_pooled_from_the_cells_under_it():
    """A window of 16 pixels at (8, 4) covers rows 1 to 4 and columns 2 to 5 of a map of 4-pixel cells."""
    image = rng().uniform(0, 1, (40, 40))
    preset = replace(SMALL, grid=2)
    features = window_features(orientation_maps([image], preset), np.array([[8, 4, 24, 20]]), preset)
    cells = orientation_map(image, orientations=4)[:, 1:5, 2:6]
    bins = [[cells[:, r : r + 2, c : c + 2].max(axis=(1, 2)) for c in (0, 2)] for r in (0, 2)]
    assert (features[0, 0].reshape(4, 2, 2) == np.moveaxis(np.array(bins), -1, 0)).all()


def test_windows_without_a_high_score_are_dropped_and_duplicates_suppressed():
    """Scores by hand: a plane that sees nothing, and a bias of its own for each class."""
    windows = SMALL.windows((24, 24))
    assert windows.tolist() == [[0, 0, 20, 20], [4, 0, 24, 20], [0, 4, 20, 24], [4, 4, 24, 24]]
    blind = HogSvm(np.zeros((64, 2), np.float32), np.array([0.5, -2], np.float32), SMALL)
    (found,) = blind.detect([np.zeros((24, 24))])
    # Equal scores: the first goes first. IoU 320/480 and 256/544 with it, all over 0.3.
    assert found.boxes.tolist() == [[0, 0, 20, 20]]
    assert found.labels.tolist() == [0] and found.scores.tolist() == [0.5]
    few = HogSvm(blind.weights, np.array([0.5, 0.7], np.float32), replace(SMALL, nms_threshold=1.0, most=5))
    (found,) = few.detect([np.zeros((24, 24))])
    assert found.labels.tolist() == [1, 1, 1, 1, 0]


# Properties


def test_it_finds_signs_that_it_has_not_seen(detector):
    assert mean_average_precision(detector) > 0.9


def test_its_scores_are_the_margins_of_the_machine_on_scaled_features(monkeypatch):
    """SMP-5: the machine sees features of mean length 20 over the positives."""
    seen = []

    def recorded(positives, *args, **options):
        seen.extend([positives, mine(positives, *args, **options)])
        return seen[1]

    mine = hog_svm.mine_hard_negatives
    monkeypatch.setattr(hog_svm, "mine_hard_negatives", recorded)
    train = scenes(9, 0)
    detector = fit(train, 3, rng=rng(1), preset=SMALL)
    maps = orientation_maps([s.image for s in train], SMALL)
    scores = box_features(maps, [s.boxes for s in train], SMALL) @ detector.weights + detector.bias
    positives, svm = seen
    assert close(scores, svm.decision(positives), "float32 scores")
    assert close(np.linalg.norm(positives, axis=1).mean(), 20, "objective")


def test_with_shuffled_labels_it_finds_little():
    train = scenes(45, 0)
    labels = rng(3).permutation(np.concatenate([s.labels for s in train]))
    parts = np.split(labels, np.cumsum([len(s.labels) for s in train])[:-1])
    shuffled = [replace(s, labels=part) for s, part in zip(train, parts, strict=True)]
    assert mean_average_precision(fit(shuffled, 3, rng=rng(1), preset=SMALL)) < 0.5


def test_images_of_any_size_colour_and_number_and_a_tiny_one(detector):
    (scene,) = scenes(2, 9)[:1]
    wide = np.pad(scene.image, ((0, 9), (0, 30)), mode="edge")
    images = [wide, scene.image, np.repeat(scene.image[..., None], 3, axis=2), np.zeros((5, 5), np.uint8)]
    found = detector.detect(images)
    best = [box_iou(scene.boxes, f.boxes).max() if len(f) else 0 for f in found]
    assert min(best[:3]) >= 0.5 and len(found[3]) == 0
    assert (found[1].scores == found[2].scores).all()
    assert detector.detect([]) == []


def test_a_batch_is_pooled_as_each_image_alone(detector):
    images = [s.image for s in scenes(12, 5)]
    for together, image in zip(detector.detect(images), images, strict=True):
        (alone,) = detector.detect([image])
        assert (together.boxes == alone.boxes).all() and (together.labels == alone.labels).all()
        assert close(together.scores, alone.scores, "float32 scores")


def test_detections_are_sorted_and_of_one_class_hardly_overlap(detector):
    for found in detector.detect([s.image for s in scenes(6, 7)]):
        assert (np.diff(found.scores) <= 0).all() and found.boxes.dtype == found.scores.dtype == np.float32
        for label in range(3):
            boxes = found[found.labels == label].boxes
            assert (box_iou(boxes, boxes) - np.eye(len(boxes)) <= SMALL.nms_threshold).all()


def test_a_seed_gives_the_same_detector():
    first, again = (fit(scenes(9, 0), 3, rng=rng(1), preset=SMALL) for _ in range(2))
    assert (first.weights == again.weights).all() and (first.bias == again.bias).all()


def test_progress_counts_scenes(detector):
    seen = []
    fit(scenes(12, 0), 3, rng=rng(1), preset=SMALL, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == len(scenes(12, 0))
    seen.clear()
    detector.detect([np.zeros((30, 30))] * (hog_svm.BATCH + 1), progress=seen.append)
    assert seen[-1] == hog_svm.BATCH + 1


# Paths agree


def test_the_references_give_what_the_fast_kernels_give(detector):
    images = [s.image[:40, :40] for s in scenes(3, 5)]
    for fast, slow in zip(detector.detect(images), detector.detect(images, kernels=refdet), strict=True):
        assert fast.boxes.tobytes() == slow.boxes.tobytes() and fast.scores.tobytes() == slow.scores.tobytes()
        assert fast.labels.tobytes() == slow.labels.tobytes()


def test_boxes_of_each_image_are_pooled_as_windows_are():
    maps = orientation_maps([s.image for s in scenes(6, 5)][:2], SMALL)
    boxes = np.array([[3.0, 7, 30, 34], [20, 20, 40, 40]])
    as_windows = window_features(maps, boxes, SMALL).reshape(4, -1)
    assert (box_features(maps, [boxes, boxes], SMALL) == as_windows).all()
    assert box_features(maps, [boxes[:0], boxes[:0]], SMALL).shape == (0, 64)


# Bad input


def test_bad_scenes_are_named():
    (scene,) = scenes(1, 0)
    with pytest.raises(ValueError, match="scenes: label 2 came; wanted 0 to 1"):
        fit([replace(scene, labels=np.array([2]))], 2, rng=rng(), preset=SMALL)
    with pytest.raises(ValueError, match="scenes: none of them has an object"):
        fit([replace(scene, boxes=np.zeros((0, 4)), labels=np.zeros(0, int))], 2, rng=rng(), preset=SMALL)
    with pytest.raises(ValueError, match="scenes: none of them has an object"):
        fit([], 2, rng=rng())
