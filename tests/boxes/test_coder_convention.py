"""The fields of `Coder`: each changes one answer that can be checked with a pencil."""

import dataclasses

import numpy as np
import pytest

from refdet.boxes.rcnn import decode_rcnn, encode_rcnn
from refdet.conventions import REFDET, Coder


def encoded(box, anchor, convention, weights=None):
    return encode_rcnn([box], [anchor], weights, convention=convention).tolist()[0]


def decoded(deltas, anchor, convention):
    return decode_rcnn([deltas], [anchor], convention=convention).tolist()[0]


def nothing_moves(convention):
    return decoded([0, 0, 0, 0], [0, 0, 7, 7], convention)


def centre_of_decimals(convention):
    # (0.1 + 0.5) / 2 is 0.3, 0.1 + (0.5 - 0.1) / 2 is one bit more.
    return encoded([0.1, 0, 0.5, 1], [-1, 0, 1, 1], convention, (2, 1, 1, 1))[0]


def a_quarter(convention):
    return encoded([1, 0, 5, 4], [0, 0, 4, 4], convention)


def a_third(convention):
    # 10 * 1 / 3 rounds once more than it must, 1 / 3 / 0.1 twice.
    return encoded([1, 0, 4, 3], [0, 0, 3, 3], convention, (10, 1, 1, 1))[0]


def e_squared(convention):
    return np.round(decoded([0, 0, 2, -2], [0, 0, 2, 2], convention), 3).tolist()


def e_squared_with_a_bound(convention):
    return e_squared(dataclasses.replace(convention, coder=dataclasses.replace(convention.coder, clamp=1.0)))


def corner_of_decimals(convention):
    return decoded([0, 0, 0, 0], [0.3, 0, 0.4, 1], convention)[2]


def flat_box(convention):
    return blamed_or_first(encoded, [0, 0, 0, 2], [0, 0, 2, 2], convention)


def flat_anchor(convention):
    return blamed_or_first(encoded, [0, 0, 2, 2], [0, 0, 0, 2], convention)


def infinite_box(convention):
    return blamed_or_first(encoded, [0, 0, np.inf, 2], [0, 0, 2, 2], convention)


def blamed_or_first(function, *arguments):
    """dx, dy, dw, dh, or the argument that the error names."""
    try:
        return function(*arguments)
    except ValueError as error:
        return str(error).partition(":")[0]


CLAMPED_ABOVE = [-1.718, 0.865, 3.718, 1.135]
SHOWN = [
    # field, value, what shows it, the answer then, REFDET's answer
    ("plus_one", 1, nothing_moves, [0, 0, 8, 8], [0, 0, 7, 7]),
    ("centre", "mean", centre_of_decimals, 0.3, 0.30000000000000004),
    ("weights", (10.0, 10.0, 5.0, 5.0), a_quarter, [2.5, 0, 0, 0], [0.25, 0, 0, 0]),
    ("scaling", "variances", a_third, 3.333333333333333, 3.3333333333333335),
    ("clamp", 1.0, e_squared, [-1.718, 0.865, 3.718, 1.135], [-6.389, 0.865, 8.389, 1.135]),
    ("clamp_below", True, e_squared_with_a_bound, [-1.718, 0.632, 3.718, 1.368], CLAMPED_ABOVE),
    ("second_corner", "first", corner_of_decimals, 0.39999999999999997, 0.4),
    ("sizes", "anchors", flat_box, [-0.5, 0, -np.inf, 0], "boxes"),
    ("sizes", "propagate", flat_anchor, [np.inf, 0, np.inf, 0], "proposals"),
    ("finite", "propagate", infinite_box, [np.inf, 0, np.inf, 0], "boxes"),
]


@pytest.mark.parametrize(("field", "value", "show", "then", "now"), SHOWN)
def test_a_field_changes_what_it_says(field, value, show, then, now):
    varied = dataclasses.replace(REFDET, coder=dataclasses.replace(REFDET.coder, **{field: value}))
    assert show(varied) == then
    assert show(REFDET) == now


def test_every_field_is_shown_above():
    assert {field.name for field in dataclasses.fields(Coder)} == {field for field, *_ in SHOWN}


def test_of_weights_and_variances_one_pair_is_ones_and_the_other_is_used_as_it_came():
    weights = np.array([3.0, 1, 1, 1])
    assert [part.tolist() for part in Coder().factors(weights=weights)] == [[3, 1, 1, 1], [1] * 4]
    assert [part[0] for part in Coder(scaling="variances").factors(weights=weights)] == [1, 1 / 3]
    assert [part[0] for part in Coder().factors(variances=weights)] == [1 / 3, 1]
    assert [part[0] for part in Coder(scaling="variances").factors(variances=weights)] == [1, 3]
