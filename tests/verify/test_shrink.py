"""The shrinker: what comes out fails, and nothing smaller that it knows does."""

import numpy as np

from refdet.verify.shrink import fewer_rows, one_of, plainer_numbers, ranked, ranked_coordinates, shrunk

BOXES = np.array([[10.5, 20, 30, 47.25], [3, 4, 5, 6], [100, 100, 200, 150], [7, 7, 9, 9]])
GIVEN = {"boxes": BOXES, "scores": np.array([0.3, 0.9, 0.1, 0.7]), "threshold": 0.37}


def test_rows_go_together_until_none_can():
    small = shrunk(GIVEN, lambda a: (a["boxes"][:, 0] == 100).any(), (fewer_rows("boxes", "scores"),), 5)
    assert small["boxes"].tolist() == [[100, 100, 200, 150]] and small["scores"].tolist() == [0.1]


def test_two_rows_that_need_each_other_stay():
    def fails(a):
        return {3.0, 7.0} <= set(a["boxes"][:, 0].tolist())

    assert len(shrunk(GIVEN, fails, (fewer_rows("boxes", "scores"),), 5)["boxes"]) == 2


def test_coordinates_become_ranks_and_then_small():
    def fails(a):
        return bool(len(a["boxes"])) and a["boxes"][0, 2] > a["boxes"][0, 0]

    ranks = shrunk(GIVEN, fails, (ranked_coordinates("boxes"),), 5)["boxes"]
    assert ranks[0].tolist() == [4, 4, 5, 5] and ranks[2].tolist() == [6, 6, 7, 7]
    passes = (fewer_rows("boxes", "scores"), ranked_coordinates("boxes"), plainer_numbers("boxes"))
    assert shrunk(GIVEN, fails, passes, 5)["boxes"].tolist() == [[0, 0, 1, 0]]


def test_scores_become_ranks_and_a_plain_number_one_of_those_wanted():
    small = shrunk(GIVEN, lambda _: True, (ranked("scores"), one_of("threshold", 0.5, 0.25)), 5)
    assert small["scores"].tolist() == [0.5, 1.0, 0.25, 0.75] and small["threshold"] == 0.5


def test_when_time_is_over_the_best_so_far_is_given():
    calls = []

    def fails(a):
        calls.append(len(a["boxes"]))
        return len(a["boxes"]) >= 3

    assert len(shrunk(GIVEN, fails, (fewer_rows("boxes", "scores"),), 0.0)["boxes"]) == 4
    assert len(shrunk(GIVEN, fails, (fewer_rows("boxes", "scores"),), 5)["boxes"]) == 3


def test_arguments_are_left_as_they_were():
    before = {name: np.copy(value) for name, value in GIVEN.items()}
    passes = (
        fewer_rows("boxes", "scores"),
        ranked_coordinates("boxes"),
        plainer_numbers("boxes"),
        ranked("scores"),
    )
    shrunk(GIVEN, lambda a: len(a["boxes"]) > 1, passes, 5)
    assert all(np.array_equal(GIVEN[name], before[name]) for name in GIVEN)
