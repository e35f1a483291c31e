"""Scenes of digits: every digit once, in order, in its box."""

import numpy as np
import pytest
from tolerances import close

from refdet import box_iou
from refdet.data import scenes as module
from refdet.data.scenes import TEST, TRAIN, digit_scenes, load_digits


def rng(seed=0):
    return np.random.default_rng(seed)


# By hand


def test_interpolation_is_linear_between_the_centres_of_the_samples():
    """Two samples over [1, 5]: their centres are at 2 and 4; beyond the outer ones the weight falls to 0."""
    weights = module._interpolation(1, 5, 2, 6, edge="zero")
    assert weights.tolist() == [[0.25, 0], [0.75, 0], [0.75, 0.25], [0.25, 0.75], [0, 0.75], [0, 0.25]]
    repeated = module._interpolation(0, 4, 2, 4, edge="repeat")
    assert repeated.tolist() == [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]


def test_ink_fills_its_box_and_the_background_stays_below_the_clutter(monkeypatch):
    monkeypatch.setattr(module, "NOISE", 0.0)
    (scene,) = digit_scenes(np.ones((1, 8, 8)), [3], rng=rng(), size=48)
    x1, y1, x2, y2 = scene.boxes[0]
    inside = scene.image[int(y1) + 3 : int(y2) - 3, int(x1) + 3 : int(x2) - 3]
    assert (inside == 255).all() and inside.size > 100
    outside = scene.image.copy()
    outside[max(int(y1) - 3, 0) : int(y2) + 4, max(int(x1) - 3, 0) : int(x2) + 4] = 0
    assert outside.max() <= np.ceil(255 * module.CLUTTER)


def test_noise_has_the_deviation_that_is_said():
    (scene,) = digit_scenes(np.full((1, 8, 8), 0.5), [0], rng=rng(3), size=200, scale=(20, 20))
    x1, y1, x2, y2 = scene.boxes[0].astype(int)
    half_lit = scene.image[y1 + 15 : y2 - 15, x1 + 15 : x2 - 15] / 255  # nothing is clipped there
    difference = np.diff(half_lit, axis=0)  # the clutter is smooth, so this is two draws of noise
    assert abs(difference.std() / np.sqrt(2) - module.NOISE) < 0.001


# Properties


@pytest.mark.parametrize("seed", range(4))
def test_every_digit_appears_once_in_order(seed):
    labels = np.arange(40)
    made = digit_scenes(np.ones((40, 8, 8)), labels, rng=rng(seed))
    assert np.concatenate([s.labels for s in made]).tolist() == labels.tolist()
    assert all(2 <= len(s.labels) <= 6 for s in made[:-1]) and 1 <= len(made[-1].labels) <= 6


@pytest.mark.parametrize("seed", range(4))
def test_boxes_are_squares_of_20_to_40_within_the_scene_and_hardly_overlap(seed):
    for scene in digit_scenes(np.ones((30, 8, 8)), np.zeros(30, int), rng=rng(seed)):
        sides = scene.boxes[:, 2:] - scene.boxes[:, :2]
        assert close(sides[:, 0], sides[:, 1], "round trip") and sides.min() >= 20 and sides.max() <= 40
        assert scene.boxes.min() >= 0 and scene.boxes.max() <= 128
        overlap = box_iou(scene.boxes, scene.boxes) - np.eye(len(scene.boxes))
        assert overlap.max(initial=0) <= module.LARGEST_OVERLAP
        assert scene.image.shape == (128, 128) and scene.image.dtype == np.uint8


def test_a_seed_gives_the_same_scenes_and_another_one_others():
    """C-6."""
    patches, labels = np.ones((6, 8, 8)), np.arange(6)
    first, again, other = (digit_scenes(patches, labels, rng=rng(seed)) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        assert (a.image == b.image).all() and (a.boxes == b.boxes).all()
    assert (first[0].image != other[0].image).any() and not np.array_equal(first[0].boxes, other[0].boxes)


def test_no_digits_no_scenes():
    assert digit_scenes(np.ones((0, 8, 8)), [], rng=rng()) == []


def test_the_split_cuts_the_file_of_1797_digits_in_order():
    pytest.importorskip("sklearn")
    patches, labels = load_digits()
    assert patches.shape == (1797, 8, 8) and (patches.min(), patches.max()) == (0.0, 1.0)
    train, test = load_digits(TRAIN), load_digits(TEST)
    assert (len(train[1]), len(test[1])) == (1200, 597)
    assert (np.concatenate([train[0], test[0]]) == patches).all() and set(labels) == set(range(10))


# Bad input


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"patches": np.ones((2, 8, 7))}, ValueError, "patches: shape"),
        ({"labels": [1]}, ValueError, "labels: shape"),
        ({"labels": [0.5, 1]}, TypeError, "labels: dtype"),
        ({"count": (3, 2)}, ValueError, "count: .* fewest first"),
        ({"count": (0, 2)}, ValueError, r"count\[0\]"),
        ({"scale": (5.0, 2.5)}, ValueError, "scale: .* smallest first"),
        ({"size": 39}, ValueError, "size: 39 came; wanted 40.0 or more"),
        ({"size": 42, "scale": (5.0, 5.0)}, ValueError, "wanted a larger scene"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    arguments = {"patches": np.ones((2, 8, 8)), "labels": [1, 2], "rng": rng(), "count": (2, 2)} | changed
    with pytest.raises(error, match=words):
        digit_scenes(**arguments)


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"refdet\[demo\]"):
        load_digits()
