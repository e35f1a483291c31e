"""A convention with a field that is none: an error where the variant is made, and none of the languages sees it."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from odd_conventions import PARTS, fields
from odd_conventions import WRONG as WRONG_VALUES
from strategies import same_bits

import refdet
from refdet.conventions import AveragePrecision, Coder, Convention, Overlap, Roi, Suppression
from refdet.profiles import PROFILES

WRONG = [
    (
        Overlap,
        {"division": "guraded"},
        ValueError,
        "Overlap.division: 'guraded' came; wanted guarded or ieee or",
    ),
    (Overlap, {"inverted": None}, TypeError, "Overlap.inverted: 'None' came; wanted empty or signed"),
    (Overlap, {"inverted": ["empty"]}, TypeError, "Overlap.inverted"),
    (Overlap, {"plus_one": 0.5}, ValueError, "Overlap.plus_one: '0.5' came; wanted a whole number"),
    (
        Overlap,
        {"plus_one": 2**31},
        ValueError,
        "Overlap.plus_one: 2147483648 came; wanted 0 to 65535",
    ),
    (
        Overlap,
        {"plus_one": 10**5000},
        ValueError,
        "Overlap.plus_one: a whole number of very many digits came",
    ),
    (Overlap, {"union_eps": 10**400}, ValueError, "Overlap.union_eps: '1000"),
    (
        Overlap,
        {"inverted": 10**5000},
        ValueError,
        "Overlap.inverted: a whole number of very many digits came",
    ),
    (
        Roi,
        {"lowest": -1e300},
        ValueError,
        "Roi.lowest: '-1e.300' came; wanted a number that float32 can hold",
    ),
    (Coder, {"weights": (1, 1, 1, 1e39)}, TypeError, "Coder.weights"),
    (Overlap, {"plus_one": True}, ValueError, "Overlap.plus_one: 'True' came; wanted a whole number"),
    (Overlap, {"union_eps": math.nan}, ValueError, "Overlap.union_eps: 'nan' came; wanted a number"),
    (Overlap, {"beta": "0.6"}, ValueError, "Overlap.beta: '0.6' came; wanted a number"),
    (Suppression, {"ties": "lst"}, ValueError, "Suppression.ties: 'lst' came; wanted first or last"),
    (Suppression, {"inclusive": 1}, ValueError, "Suppression.inclusive: '1' came; wanted True or False"),
    (Suppression, {"threshold_dtype": "float3"}, ValueError, "wanted boxes or float32 or float64"),
    (Roi, {"edges": "int"}, ValueError, "Roi.edges: 'int' came; wanted integer or float or continuous"),
    (Roi, {"aligned": "yes"}, ValueError, "Roi.aligned: 'yes' came; wanted True or False or None"),
    (Roi, {"most_samples": None}, TypeError, "Roi.most_samples: 'None' came; wanted a whole number"),
    (Roi, {"most_samples": 0}, ValueError, "Roi.most_samples: 0 came; wanted 1 to 65536"),
    (Roi, {"most_samples": 2**17}, ValueError, "Roi.most_samples: 131072 came"),
    *[
        (Overlap, {f"{area}_eps": -1e-7}, ValueError, f"Overlap.{area}_eps: -1e-07 came; wanted 0 to")
        for area in ("union", "giou", "diou", "ciou")
    ],
    (Overlap, {"plus_one": -1}, ValueError, "Overlap.plus_one: -1 came"),
    (Coder, {"plus_one": -1}, ValueError, "Coder.plus_one: -1 came; wanted 0 to 65535"),
    (Coder, {"weights": (1, 1, 0, 1)}, ValueError, "Coder.weights: .* came; wanted four numbers from 1e-30"),
    (Overlap, {"union_eps": 2e38}, ValueError, r"Overlap.union_eps: 2e\+38 came; wanted 0 to 1e\+38"),
    (
        Overlap,
        {"beta": 2e38},
        ValueError,
        r"Overlap.beta: 2e\+38 came; wanted a number above 0, up to 1e\+38",
    ),
    (Overlap, {"beta": 0}, ValueError, "Overlap.beta: 0.0 came; wanted a number above 0"),
    (Roi, {"sampling_ratio": -1}, ValueError, "Roi.sampling_ratio: -1 came; wanted 0 or more"),
    (Coder, {"clamp": "x"}, ValueError, "Coder.clamp: 'x' came; wanted a number .* or None"),
    (Coder, {"weights": (1, 1)}, TypeError, "Coder.weights: .* came; wanted a tuple of 4 numbers"),
    (Coder, {"weights": (1, 1, 1, "1")}, TypeError, "Coder.weights"),
    (AveragePrecision, {"integration": "12point"}, ValueError, "wanted area or 11point or 101point"),
]


@pytest.mark.parametrize(("rule", "fields", "error", "text"), WRONG)
def test_a_field_that_is_none_is_refused(rule, fields, error, text):
    with pytest.raises(error, match=text):
        rule(**fields)
    with pytest.raises(error, match=text):
        dataclasses.replace(rule(), **fields)


@pytest.mark.parametrize(("part", "name"), [(p, name) for p in PARTS for name, _ in fields(p)])
def test_no_field_takes_what_it_may_not_be(part, name):
    for value in WRONG_VALUES:
        with pytest.raises((ValueError, TypeError), match=rf"{PARTS[part].__name__}\.{name}: .*; wanted"):
            PARTS[part](**{name: value})


def test_a_part_is_of_its_own_kind():
    with pytest.raises(TypeError, match="Convention.suppression: .* came; wanted Suppression or None"):
        dataclasses.replace(refdet.REFDET, suppression=refdet.REFDET.roi)
    with pytest.raises(TypeError, match="Convention.overlap: 'None' came; wanted Overlap"):
        dataclasses.replace(refdet.REFDET, overlap=None)


def test_whatever_looks_like_a_convention_is_none():
    lookalike = type("Lookalike", (), {"overlap": 1, "part": None})()
    with pytest.raises(TypeError, match="convention: .*wanted a Convention"):
        refdet.nms([[0, 0, 1, 1]], [1], 0.5, convention=lookalike)


@pytest.mark.parametrize("form", [np.float64, np.float32, np.float16, np.longdouble, Fraction])
@pytest.mark.parametrize("field", ["union_eps", "giou_eps", "diou_eps"])
def test_a_number_of_another_kind_computes_as_one_of_python_does(field, form):
    """A float64 of NumPy would lift every float32 sum that it takes part in."""
    boxes = np.random.default_rng(0).uniform(0, 3, (40, 4)).astype(np.float32)
    own, other = (
        dataclasses.replace(refdet.REFDET, overlap=Overlap(plus_one=whole(1), **{field: number(0.125)}))
        for whole, number in ((int, float), (np.int64, form))
    )
    assert type(other.overlap.plus_one) is int and type(getattr(other.overlap, field)) is float
    for function in (refdet.box_iou, refdet.generalized_box_iou, refdet.distance_box_iou):
        assert same_bits(function(boxes, boxes, convention=other), function(boxes, boxes, convention=own))
    weights = Coder(weights=(np.float64(10), np.int64(10), Fraction(5), 5)).weights
    assert weights == (10, 10, 5, 5) and {type(weight) for weight in weights} == {float}


def test_what_is_right_is_taken():
    assert Overlap(beta=np.float32(0.5), union_eps=0, plus_one=np.int64(1)).plus_one == 1
    assert Roi(aligned=None, lowest=-math.inf) and Coder(clamp=None) and Coder(clamp=4)
    assert Convention("mine", "none", suppression=None) and all(map(dataclasses.replace, PROFILES.values()))
