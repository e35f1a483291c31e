"""Every public function can be stepped through, unless there is nothing to step through."""

import inspect
from pathlib import Path

import refdet

# One formula: there is nothing to step through (docs/boxes.md).
WITHOUT_STEPS = {
    "box_area": "width times height",
    "clip_boxes_to_image": "the nearest coordinate in the image",
    "every_cell": "the numbers of all cells",
    "remove_small_boxes": "a comparison of the sides",
}


def test_every_public_function_has_steps_unless_it_is_one_formula():
    functions = {name: getattr(refdet, name) for name in refdet.__all__}
    plain = {name for name, f in functions.items() if inspect.isfunction(f) and not hasattr(f, "trace")}
    assert plain == set(WITHOUT_STEPS)
    page = (Path(__file__).parents[1] / "docs" / "boxes.md").read_text()
    assert [name for name in WITHOUT_STEPS if f"`{name}" not in page] == []
