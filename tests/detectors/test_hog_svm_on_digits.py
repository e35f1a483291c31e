"""The experiment on a few digits; the whole one is the tour's."""

import numpy as np
import pytest

from refdet.data.scenes import Scene
from refdet.detections import Detections
from refdet.detectors import hog_svm_on_digits as module
from refdet.detectors.hog_svm import Preset
from refdet.detectors.hog_svm_on_digits import STAGES, run, shuffled

SMALL = Preset(sides=(24, 32), stride=8, grid=4)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def outcome(told):
    pytest.importorskip("sklearn")
    rows = {"train_rows": slice(0, 40), "test_rows": slice(1200, 1220)}
    return run(3, preset=SMALL, progress=lambda *message: told.append(message), **rows)


def test_the_outcome_holds_what_a_report_needs(outcome):
    assert sum(len(s.labels) for s in outcome.train_scenes) == 40
    assert sum(len(s.labels) for s in outcome.test_scenes) == 20
    assert len(outcome.detections) == len(outcome.test_scenes)
    assert 0 <= outcome.recall <= 1 and outcome.windows_per_scene == len(SMALL.windows((128, 128)))
    assert set(outcome.average_precision) == {"area", "11 points", "101 points"}
    assert len(outcome.evaluation.curves) == 10 and outcome.map50 == outcome.evaluation.mean
    assert outcome.map50 == outcome.mean_average_precision("area")
    assert outcome.control_map50 == outcome.control.mean


def test_every_stage_is_timed_and_the_long_ones_tell_how_far_they_are(outcome, told):
    assert set(outcome.seconds) == set(STAGES)
    assert all(wall > 0 and processor >= 0 for wall, processor in outcome.seconds.values())
    for stage, total in (("train", len(outcome.train_scenes)), ("detect control", len(outcome.test_scenes))):
        done = [message[1] for message in told if message[0] == stage]
        assert done == sorted(done) and done[-1] == total
        assert {message[2] for message in told if message[0] == stage} == {total}


def test_the_control_sees_the_same_images_with_the_labels_dealt_out_anew():
    scenes = [Scene(np.zeros((4, 4), np.uint8), np.zeros((n, 4)), np.arange(n) + n) for n in (3, 0, 5)]
    dealt = shuffled(scenes, np.random.default_rng(0))
    before, after = (np.concatenate([s.labels for s in group]) for group in (scenes, dealt))
    assert sorted(before) == sorted(after) and before.tolist() != after.tolist()
    for scene, other in zip(scenes, dealt, strict=True):
        assert other.image is scene.image and other.boxes is scene.boxes
        assert len(other.labels) == len(scene.labels)


class Blind:
    """A detector that finds nothing."""

    def detect(self, images, *, kernels, progress):
        return [Detections([], [], []) for _ in images]


def test_the_control_is_trained_on_dealt_out_labels_and_both_see_the_same_test_scenes(monkeypatch):
    labels = np.arange(40) % 10
    trained = []
    monkeypatch.setattr(module, "load_digits", lambda rows: (np.ones((40, 8, 8))[rows], labels[rows]))
    monkeypatch.setattr(module, "fit", lambda scenes, *args, **options: trained.append(scenes) or Blind())
    outcome = run(0, train_rows=slice(0, 30), test_rows=slice(30, 40))
    true, dealt = (np.concatenate([s.labels for s in scenes]) for scenes in trained)
    assert true.tolist() == labels[:30].tolist() and sorted(dealt) == sorted(true)
    assert dealt.tolist() != true.tolist()
    assert all(a.image is b.image for a, b in zip(*trained, strict=True))
    assert outcome.map50 == outcome.control_map50 == 0 and len(outcome.test_scenes) == len(outcome.detections)


def test_train_and_test_rows_have_no_digit_in_common():
    train, test = module.TRAIN, module.TEST
    assert train.stop <= test.start and (train.start, test.stop) == (0, 1797)
