"""The experiment on a few digits; the whole one is the tour's."""

import numpy as np
import pytest

from refdet.data.scenes import Scene
from refdet.detections import Detections
from refdet.detectors import hog_svm_on_digits as module
from refdet.detectors.hog_preset import Preset
from refdet.detectors.hog_svm_on_digits import STAGES, evaluate, run, shuffled
from refdet.proposals.recall import proposal_recall

SMALL = Preset(cell=4, grid=4)
WINDOWS = Preset(proposals="windows", sides=(24, 32), stride=8, cell=4, grid=4, regress=False)


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def outcome(told):
    pytest.importorskip("sklearn")
    rows = {"train_rows": slice(0, 40), "test_rows": slice(1200, 1220)}
    return run(3, preset=SMALL, windows=WINDOWS, progress=lambda *message: told.append(message), **rows)


def test_the_outcome_holds_what_a_report_needs(outcome):
    assert sum(len(s.labels) for s in outcome.train_scenes) == 40
    assert sum(len(s.labels) for s in outcome.test_scenes) == 20
    assert len(outcome.detections) == len(outcome.test_scenes)
    first = outcome.test_scenes[0]
    assert (outcome.proposals[0] == SMALL.propose(first.image)).all()
    assert len(outcome.proposals) == len(outcome.test_scenes)
    assert set(outcome.average_precision) == {"area", "11 points", "101 points"}
    assert len(outcome.evaluation.curves) == 10 and outcome.map50 == outcome.evaluation.mean
    assert outcome.map50 == outcome.mean_average_precision("area")
    assert outcome.control_map50 == outcome.control.mean


def test_the_comparison_tells_what_regressors_and_windows_give(outcome):
    truths = [s.boxes for s in outcome.test_scenes]
    with_regressors, without, windows = outcome.comparison.values()
    assert list(outcome.comparison) == ["selective search, regressors", "selective search", "windows"]
    assert with_regressors.map50 == outcome.map50 and with_regressors.map75 == outcome.map75
    assert outcome.map75 == evaluate(outcome.detections, outcome.test_scenes, 0.75).mean
    assert with_regressors.recall == without.recall == outcome.recall
    assert outcome.recall == proposal_recall(outcome.proposals, truths, 0.5)
    assert with_regressors.boxes == np.mean([len(boxes) for boxes in outcome.proposals]) == without.boxes
    grid = WINDOWS.windows((128, 128))
    assert windows.boxes == len(grid)
    assert windows.recall == proposal_recall([grid] * len(truths), truths, 0.5)
    images = [s.image for s in outcome.test_scenes]
    still = outcome.detector.without_regressors().detect(images)
    assert without.map75 == evaluate(still, outcome.test_scenes, 0.75).mean != outcome.map75


def test_every_stage_is_timed_and_the_long_ones_tell_how_far_they_are(outcome, told):
    assert set(outcome.seconds) == set(STAGES)
    assert all(wall > 0 and processor >= 0 for wall, processor in outcome.seconds.values())
    train, test = len(outcome.train_scenes), len(outcome.test_scenes)
    for stage, total in (("propose", train + test), ("train", train), ("detect control", test)):
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

    preset = WINDOWS

    def without_regressors(self):
        return self

    def detect(self, images, *, proposals=None, kernels, progress=None):
        return [Detections([], [], []) for _ in images]


def test_the_control_is_trained_on_dealt_out_labels_and_both_see_the_same_test_scenes(monkeypatch):
    labels = np.arange(40) % 10
    trained = []
    monkeypatch.setattr(module, "load_digits", lambda rows: (np.ones((40, 8, 8))[rows], labels[rows]))
    monkeypatch.setattr(module, "fit", lambda scenes, *args, **options: trained.append(scenes) or Blind())
    outcome = run(0, preset=WINDOWS, train_rows=slice(0, 30), test_rows=slice(30, 40))
    true, again, dealt = (np.concatenate([s.labels for s in scenes]) for scenes in trained)
    assert true.tolist() == again.tolist() == labels[:30].tolist() and sorted(dealt) == sorted(true)
    assert dealt.tolist() != true.tolist()
    assert all(a.image is b.image for a, b in zip(*trained[1:], strict=True))
    assert outcome.map50 == outcome.control_map50 == 0 and len(outcome.test_scenes) == len(outcome.detections)


def test_train_and_test_rows_have_no_digit_in_common():
    train, test = module.TRAIN, module.TEST
    assert train.stop <= test.start and (train.start, test.stop) == (0, 1797)
