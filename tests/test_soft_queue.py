"""The queue of soft suppression: what a convention says of its order, and of the best in it."""

import numpy as np

from refdet.conventions import Suppression


def test_a_queue_loses_boxes_in_order_or_closes_its_gaps_from_behind():
    line, drop = np.arange(5) + 10, np.array([False, True, False, False, True])
    stable, swap = Suppression(), Suppression(soft_order="swap")
    assert stable.without_dropped(line, drop).tolist() == [10, 12, 13]
    assert swap.without_dropped(line, drop).tolist() == [10, 13, 12]
    assert swap.without_dropped(line, ~drop).tolist() == [14, 11]
    assert stable.without_picked(line, 3).tolist() == [10, 11, 12, 14]
    assert swap.without_picked(line, 3).tolist() == [11, 12, 10, 14]
    assert stable.queue(drop).tolist() == [0, 2, 3] and swap.queue(drop).tolist() == [0, 1, 2, 3, 4]


def test_the_best_score_is_the_first_or_the_last_and_no_number_beats_all():
    scores = np.array([1, np.nan, 3, np.nan, 3])
    assert (Suppression().best(scores), Suppression(ties="last").best(scores)) == (1, 3)
    swap = Suppression(soft_order="swap")  # a running maximum by `>`, which NaN neither passes nor lets pass
    assert (swap.best(scores), swap.best(scores[1:]), swap.best(np.array([-np.inf, np.nan]))) == (2, 0, 0)
    assert (Suppression().best(scores[::2]), Suppression(ties="last").best(scores[::2])) == (1, 2)
