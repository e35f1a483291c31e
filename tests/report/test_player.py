"""What the player is given: the trace as it is, the bodies, and the lines that ran before each step."""

import inspect
import json

import numpy as np
import pytest

from refdet import TORCHVISION, batched_nms, nms, roi_pool, roi_pool_with_argmax
from refdet.report.page import Page
from refdet.report.player import player_data
from refdet.stepwise import stepwise

BOXES = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30.0]])
SCORES = np.array([0.9, 0.8, 0.7])


def code(body, needle):
    """Line number of the first line of a body that holds those words."""
    lines, first = inspect.getsourcelines(inspect.unwrap(body))
    return first + next(n for n, line in enumerate(lines) if needle in line)


# By hand


def test_the_lines_of_nms_run_from_yield_to_yield_and_around_the_loop():
    ran = player_data(nms.trace(BOXES, SCORES, 0.5))["ran"]
    sort, pick, suppress = code(nms, 'yield "sort'), code(nms, 'yield "pick'), code(nms, 'yield "suppress')
    assert ran == [
        [code(nms, "rule = "), sort],
        [sort + 1, pick],
        [pick + 1, suppress],
        [code(nms, "for i in order"), pick],  # again from the head of the loop
        [pick + 1, suppress],
    ]


def test_a_nested_body_has_its_own_lines():
    trace = batched_nms.trace(BOXES, SCORES, [0, 0, 1], 0.5)
    data = player_data(trace)
    assert set(data["bodies"]) == {"batched_nms", "nms"}
    closing = [k for k, step in enumerate(trace) if step.name == "class"]
    loop, class_ = code(batched_nms, "for label in"), code(batched_nms, 'yield "class')
    assert [data["ran"][k] for k in closing] == [[code(batched_nms, "rule ="), class_], [loop, class_]]
    second_sort = [k for k, step in enumerate(trace) if step.name == "sort"][1]
    assert data["ran"][second_sort] == [code(nms, "rule = "), code(nms, 'yield "sort')]


def test_the_body_that_did_the_steps_is_shown_and_not_the_one_that_only_called_it():
    data = player_data(roi_pool.trace(np.zeros((1, 1, 2, 2)), [[0, 0, 0, 1, 1]], 1))
    assert set(data["bodies"]) == {"roi_pool_with_argmax"} and None not in data["ran"]


def test_a_body_without_source_has_steps_but_no_lines():
    scope = {"stepwise": stepwise}
    exec("@stepwise(check=lambda n: (n,))\ndef typed(n):\n    yield 'only: {n}'\n    return n\n", scope)
    data = player_data(scope["typed"].trace(3))
    assert data["ran"] == [None] and data["bodies"] == {} and data["trace"]["steps"][0]["note"] == "3"


def test_the_docstring_is_left_out_and_nothing_else():
    lines = player_data(nms.trace(BOXES, SCORES, 0.5))["bodies"]["nms"]["lines"]
    text, first = inspect.getsourcelines(inspect.unwrap(nms))
    for number, line in lines:
        assert text[number - first].rstrip("\n") == line
    shown = "\n".join(line for _, line in lines)
    assert '"""' not in shown and len(text) - len(lines) == len(inspect.unwrap(nms).__doc__.splitlines())


def test_a_body_without_docstring_starts_at_its_first_line():
    def check(n):
        return (n,)

    @stepwise(check=check)
    def count(n):
        while n:
            n -= 1
            yield "down: to {n}"
        return n

    first = code(count, "while n")
    assert player_data(count.trace(2))["ran"] == [[first, first + 2], [first, first + 2]]


def test_the_lines_start_at_the_innermost_loop_that_holds_both_yields():
    def check(n):
        return (n,)

    @stepwise(check=check)
    def grid(n):
        for _ in range(n):
            for _ in range(n):
                yield "cell: one"
        both = (yield "left: one"), (yield "right: two")
        return both

    outer = code(grid, "for _")
    ran = player_data(grid.trace(2))["ran"]
    assert ran[:4] == [
        [outer, outer + 2],
        [outer + 1, outer + 2],
        [outer + 1, outer + 2],
        [outer + 1, outer + 2],
    ]
    assert ran[4:] == [[outer + 3, outer + 3], [outer + 3, outer + 3]]


# Properties


@pytest.mark.parametrize(
    "trace",
    [
        nms.trace(BOXES, SCORES, 0.5),
        nms.trace(np.zeros((0, 4)), np.zeros(0), 0.5),
        nms.trace([[0, 0, np.nan, np.inf]], [np.nan], 0.5, convention=TORCHVISION),
        batched_nms.trace(BOXES, SCORES, [0, 1, 0], 0.5, convention=TORCHVISION),
        roi_pool_with_argmax.trace(np.zeros((1, 1, 80, 80)), [[0, 0, 0, 1, 1]], 1),
    ],
    ids=["nms", "no boxes", "not finite", "shifted", "large"],
)
def test_the_trace_comes_back_from_the_page_as_it_was(trace, document):
    page = Page("t")
    page.player(trace, view="source")
    (data,) = document(page.html()).players()
    assert data["trace"] == json.loads(trace.to_json())
    assert len(data["ran"]) == len(trace)
    for (first, last), step in zip(data["ran"], trace, strict=True):
        assert first <= last == step.line


def test_nothing_in_the_data_can_end_the_script(document):
    def check(word):
        return (word,)

    @stepwise(check=check)
    def greet(word):
        yield "hello: {word}"
        return word

    hostile = "</script><!-- <script>"
    page = Page("t")
    page.player(greet.trace(hostile), view="source")
    assert hostile not in page.html()
    (data,) = document(page.html()).players()
    assert data["trace"]["result"] == hostile and data["trace"]["steps"][0]["note"] == hostile


def test_large_arrays_are_summarised_beyond_the_limit():
    boxes = np.tile(BOXES, (20, 1))
    data = player_data(nms.trace(boxes, np.arange(60), 0.5), limit=100)
    assert "data" not in data["trace"]["steps"][0]["set"]["boxes"]["array"]
    assert "data" in data["trace"]["steps"][0]["set"]["scores"]["array"]
