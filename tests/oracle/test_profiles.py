"""Under a named convention refdet gives what that system gave, bit for bit, on recorded cases."""

import dataclasses
import itertools
import typing
from pathlib import Path

import numpy as np
import pytest
from strategies import same_bits

from refdet import conventions
from refdet.ops.box_iou import aligned_box_iou
from refdet.profiles import PROFILES

from .groups import DISAGREEMENTS, GROUPS
from .replay import DECIDES, agreeing, differences, given, recorded, told

PARTS = (
    conventions.Overlap,
    conventions.Suppression,
    conventions.Roi,
    conventions.Coder,
    conventions.AveragePrecision,
)
CASES = [(system, group) for system in GROUPS for group in agreeing(system)]


@pytest.mark.parametrize(("system", "group"), CASES)
def test_the_profile_gives_the_recorded_answers(system, group):
    first = next(differences(system, group), None)
    assert first is None, told(first)


@pytest.mark.parametrize("system", list(GROUPS))
def test_every_group_was_recorded_and_nothing_else(system):
    assert {name: len(GROUPS[system][name]()) for name in GROUPS[system]} == {
        name: len(answers) for name, answers in recorded(system).items()
    }


@pytest.mark.parametrize(("system", "group"), list(DISAGREEMENTS))
def test_a_listed_disagreement_is_still_there(system, group):
    assert any(True for _ in differences(system, group)), "refdet agrees now: take it off the list"


@pytest.mark.parametrize(("system", "group"), [case for case in CASES if case[1].startswith("box_iou/")])
def test_aligned_boxes_have_the_recorded_diagonal(system, group):
    for (boxes1, boxes2), matrix in zip(given(system, group), recorded(system)[group], strict=True):
        aligned = aligned_box_iou(boxes1, boxes2[: len(boxes1)], convention=PROFILES[system])
        assert same_bits(aligned, np.diagonal(matrix).copy())


# Every field of a profile is pinned by a recorded case: any other value changes an answer

FLIPS = {
    "plus_one": (0, 1),
    "lowest": (-np.inf, 0.0, float(np.finfo(np.float32).min)),
    "offset_classes_up_to": (0, 3999, 4000, 4004, 2**63),
    "least_offset": (-np.inf, 0.0),
}
IMMATERIAL = {
    ("fast_rcnn", "overlap", "inverted", "empty"): "its overlap is 0 for an inverted box, whatever the area",
    ("coco", "overlap", "inverted", "signed"): "its overlap is 0 for an inverted box, whatever the area",
    ("onnx", "suppression", "threshold_dtype", "boxes"): "NonMaxSuppression takes float32 boxes alone",
    ("onnx", "suppression", "least_offset", 0.0): "it does not move classes aside",
    ("onnx", "roi", "lowest", -np.inf): "only an argmax shows it in a finite map, and ONNX gives none",
}
NOT_RUN = {
    ("fast_rcnn", "overlap", "finite"): "the source does not expect non-finite boxes",
    ("onnx", "overlap", "finite"): "the standard does not define non-finite boxes",
    ("opencv", "overlap", "finite"): "OpenCV does not define non-finite boxes",
    ("coco", "overlap", "finite"): "COCO files do not hold non-finite boxes",
    ("fast_rcnn", "roi", "finite"): "the layer does not expect non-finite maps",
    ("onnx", "roi", "finite"): "non-finite maps are a listed disagreement",
    ("fast_rcnn", "suppression", "offset_classes_up_to"): "it has no operation for several classes",
    ("fast_rcnn", "suppression", "least_offset"): "it has no operation for several classes",
}


def alternatives(part, field):
    """Every other value of a field: all its literals, the other truth, or the numbers in `FLIPS`."""
    hint = typing.get_type_hints(type(part))[field.name]
    options = FLIPS.get(field.name) or ((False, True) if hint is bool else typing.get_args(hint))
    return [value for value in options if value != getattr(part, field.name)]


def flips():
    """(system, part, field, value) for each single change of each profile."""
    for system, name in itertools.product(GROUPS, ("overlap", "suppression", "roi")):
        part = getattr(PROFILES[system], name)
        for field in dataclasses.fields(part) if part else ():
            if (system, name, field.name) not in NOT_RUN:
                yield from ((system, name, field.name, value) for value in alternatives(part, field))


def flipped(system, name, field, value):
    profile = PROFILES[system]
    part = dataclasses.replace(getattr(profile, name), **{field: value})
    return dataclasses.replace(profile, **{name: part})


def notices(system, name, field, convention):
    """True if an agreeing group of the ops that the field decides has another answer under `convention`."""
    groups = agreeing(system, DECIDES.get(field, DECIDES[name]))
    return any(True for group in groups for _ in differences(system, group, convention))


@pytest.mark.parametrize("flip", list(flips()), ids=lambda flip: "-".join(map(str, flip)))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_field_of_a_profile_is_pinned_by_a_recorded_case(flip):
    system, name, field, _ = flip
    assert notices(system, name, field, flipped(*flip)) == (flip not in IMMATERIAL)


def test_the_list_of_values_that_cannot_matter_names_real_flips():
    assert set(IMMATERIAL) <= set(flips())


def test_a_wrong_answer_is_told_with_its_arguments():
    wrong = [np.array([1, 0]) for _ in given("torchvision", "nms/exact/float32")]
    first = next(differences("torchvision", "nms/exact/float32", answers=wrong))
    assert "case 0" in told(first) and "the system: array([1, 0])" in told(first)


def test_every_profile_but_the_default_was_recorded():
    assert set(GROUPS) == {name for name, profile in PROFILES.items() if profile is not conventions.REFDET}


# The kernels follow the profiles too

WITH_KERNELS = ("box_iou", "nms", "roi_pool", "roi_pool_with_argmax", "roi_pool_backward")


@pytest.mark.parametrize("system", list(GROUPS))
@pytest.mark.parametrize("backend", ["vectorized", "cpp", "emulator forward", "cuda"], indirect=True)
def test_every_kernel_gives_the_recorded_answers(system, implementation):
    for group in agreeing(system, WITH_KERNELS):
        first = next(differences(system, group, take=implementation), None)
        assert first is None, f"{group}, {told(first)}"


# docs/conventions.md says the same

PART_NAMES = ("overlap", "suppression", "roi", "coder", "average_precision")
PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"


def test_the_page_names_every_field_and_every_disagreement():
    text = PAGE.read_text()
    fields = {field.name for part in PARTS for field in dataclasses.fields(part)}
    missing = [f for f in fields if f"| `{f}` |" not in text] + [
        g for _, g in DISAGREEMENTS if f"`{g}`" not in text
    ]
    assert not missing


@pytest.mark.parametrize("system", list(GROUPS))
def test_the_page_counts_the_recorded_cases(system):
    count = sum(map(len, recorded(system).values()))
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{system.upper()}` | ")]
    assert any(row.endswith(f" | {count} |") for row in rows)


def shown(value):
    """A field's value as the page writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "no"
    if isinstance(value, tuple):
        return " ".join(f"{number:g}" for number in value)
    if isinstance(value, float):
        return f"{value:.2g}".replace("e+", "e")
    return "always" if value == 2**63 else str(value)


def page_values():
    """(profile, field, text) of each cell in the page's tables of fields."""
    profiles = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells[:2] == ["field", "what it decides"]:
            profiles = cells[2:]
        elif not cells:
            profiles = []
        elif profiles and cells[0].startswith("`"):
            yield from (
                (name, cells[0].strip("`"), cell) for name, cell in zip(profiles, cells[2:], strict=True)
            )


def test_the_page_shows_the_values_of_the_profiles():
    cells = list(page_values())
    assert len(cells) == 6 * 5 + 5 * 5 + 4 * 3 + 3 * 4 + 3 * 9
    for name, field, text in cells:
        profile = PROFILES[name.lower()]
        parts = [getattr(profile, part) for part in PART_NAMES]
        values = {shown(getattr(part, field)) for part in parts if part and hasattr(part, field)}
        assert values and text in values, (name, field, text, values)
