"""The detector without a network: MAT-3, SMP-5, LOSS-6 together, on drawn signs."""

from dataclasses import replace

import numpy as np
import pytest
from tolerances import close

import refdet
from refdet import box_iou, encode_rcnn
from refdet.classical.orientation_map import orientation_map
from refdet.classical.ridge_boxes import RidgeBoxes
from refdet.data.scenes import digit_scenes
from refdet.detectors import hog_svm
from refdet.detectors.hog_features import box_features, features_of_each, orientation_maps, window_features
from refdet.detectors.hog_preset import Preset
from refdet.detectors.hog_svm import HogSvm, fit
from refdet.evaluation import evaluate_detections

SMALL = Preset(proposals="windows", sides=(20, 28), cell=4, grid=4, orientations=4)


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


SEARCH = Preset(cell=4, grid=4, orientations=4, ridge=10.0)


@pytest.fixture(scope="module")
def detector():
    return fit(scenes(45, 0), 3, rng=rng(1), preset=SMALL)


@pytest.fixture(scope="module")
def searching():
    return fit(scenes(45, 0), 3, rng=rng(1), preset=SEARCH)


def mean_average_precision(detector, seed=9, iou_threshold=0.5):
    test = scenes(24, seed)
    found = detector.detect([s.image for s in test])
    return evaluate_detections(
        found, [s.boxes for s in test], [s.labels for s in test], 3, iou_threshold
    ).mean


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


def test_a_regressor_moves_the_boxes_of_its_own_class_before_suppression_and_within_the_image():
    """Class 1 goes half a width to the right, class 0 stays; the image ends at 40."""
    still = np.zeros((2, 64, 4)), np.array([[0.0, 0, 0, 0], [0.5, 0, 0, 0]])
    moving = RidgeBoxes(*still, np.zeros((2, 4)), np.stack([np.eye(4)] * 2))
    both = HogSvm(np.zeros((64, 2), np.float32), np.array([0.5, 0.4], np.float32), SMALL, moving)
    boxes = np.array([[0, 0, 20, 20], [20, 0, 40, 20]])
    (found,) = both.detect([np.zeros((24, 40))], proposals=[boxes])
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert found.boxes.tolist() == [[0, 0, 20, 20], [20, 0, 40, 20], [10, 0, 30, 20], [30, 0, 40, 20]]
    (found,) = both.without_regressors().detect([np.zeros((24, 40))], proposals=[boxes])
    assert found.boxes.tolist() == [*boxes.tolist(), *boxes.tolist()]
    # IoU 8/32, and moved 8/32 again; but then the second is cut off at 32, and 8/22 is too much.
    apart = np.array([[0, 0, 20, 20], [12, 0, 32, 20]])
    one = HogSvm(both.weights, np.array([-2, 0.4], np.float32), replace(SMALL, nms_threshold=0.25), moving)
    (found,) = one.detect([np.zeros((24, 32))], proposals=[apart])
    assert found.boxes.tolist() == [[10, 0, 30, 20]]


# Properties


def test_it_finds_signs_that_it_has_not_seen(detector, searching):
    assert mean_average_precision(detector) > 0.9 and mean_average_precision(searching) > 0.9


def test_regressors_place_the_boxes_of_selective_search_better(searching):
    before, after = (
        mean_average_precision(d, iou_threshold=0.8) for d in (searching.without_regressors(), searching)
    )
    assert after > before + 0.1


def test_the_regressors_learn_from_what_overlaps_an_object_by_more_than_the_preset_says(monkeypatch):
    """MAT-4, RCNN-7: of these proposals the first overlaps by 0.59 and has no pair."""
    (scene,) = scenes(2, 0)[:1]
    x1, y1, x2, y2 = scene.boxes[0]
    width = x2 - x1
    near = [[x1, y1, x2 - share * width, y2] for share in (0.41, 0.3, 0.2)]
    seen = []

    def recorded(features, labels, targets, *args, **options):
        seen.extend([features, labels, targets, fitted(features, labels, targets, *args, **options)])
        return seen[3]

    fitted = hog_svm.fit_ridge_boxes
    monkeypatch.setattr(hog_svm, "fit_ridge_boxes", recorded)
    alone = replace(scene, boxes=scene.boxes[:1], labels=scene.labels[:1])
    proposals = [np.array([*near, [0, 0, 5, 5]])]
    trained = fit([alone], 3, rng=rng(), preset=SEARCH, proposals=proposals)
    features, labels, targets, fresh = seen
    assert labels.tolist() == [scene.labels[0]] * 2
    assert close(targets, encode_rcnn(scene.boxes[[0, 0]], np.array(near[1:])), "float32 scores")
    maps = orientation_maps([scene.image], SEARCH)
    raw = box_features(maps, [np.array(near[1:])], SEARCH)
    # Trained on scaled features, asked with the raw ones: the answers must be the same.
    assert close(trained.regressors.predict(raw, labels), fresh.predict(features, labels), "float32 scores")


def test_without_regress_there_are_none():
    assert fit(scenes(9, 0), 3, rng=rng(1), preset=replace(SEARCH, regress=False)).regressors is None


def test_given_proposals_take_the_place_of_the_presets_own(searching):
    train, images = scenes(9, 0), [s.image for s in scenes(6, 5)]
    own = [SEARCH.propose(s.image, training=True) for s in train]
    first = fit(train, 3, rng=rng(1), preset=SEARCH)
    again = fit(train, 3, rng=rng(1), preset=SEARCH, proposals=own)
    assert (first.weights == again.weights).all()
    assert (first.regressors.weights == again.regressors.weights).all()
    own = [SEARCH.propose(image) for image in images]
    for one, other in zip(searching.detect(images), searching.detect(images, proposals=own), strict=True):
        assert (one.boxes == other.boxes).all() and (one.scores == other.scores).all()
    none = [np.zeros((0, 4))] * len(images)
    assert [len(found) for found in searching.detect(images, proposals=none)] == [0] * len(images)


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


def test_features_come_image_by_image_whether_the_boxes_are_the_same_or_not():
    maps = orientation_maps([s.image for s in scenes(6, 5)][:2], SMALL)
    boxes = np.array([[3.0, 7, 30, 34], [20, 20, 40, 40], [0, 4, 30, 20]])
    for both in ([boxes, boxes], [boxes, boxes[:1]], [boxes[:0], boxes]):
        each = features_of_each(maps, both, SMALL)
        assert [len(part) for part in each] == [len(part) for part in both]
        assert (np.concatenate(each) == box_features(maps, both, SMALL)).all()


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


def test_bad_proposals_are_named(detector):
    train = scenes(2, 0)[:1]
    with pytest.raises(ValueError, match="proposals: 2 images came; wanted 1"):
        fit(train, 3, rng=rng(), preset=SMALL, proposals=[np.zeros((0, 4))] * 2)
    with pytest.raises(ValueError, match=r"proposals\[0\]: "):
        detector.detect([train[0].image], proposals=[np.full((1, 4), np.nan)])
    bright = replace(train[0], image=np.full((72, 72), 7.0))
    with pytest.raises(ValueError, match=r"scenes\[0\].image: 7.0 came"):
        fit([bright], 3, rng=rng(), preset=SEARCH)
