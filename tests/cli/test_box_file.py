"""Boxes from files: the forms that are read, and one clear line for each that cannot be."""

import io
import json
import sys
import tracemalloc

import numpy as np
import pytest

from refdet.cli.box_file import read_boxes
from refdet.cli.input_error import InputError

ROWS = [[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]]
SCORES = [0.9, 0.8, 0.7]


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


GOOD = {
    "rows.csv": "0,0,10,10,0.9\n1,1,11,11,0.8\n20,20,30,30,0.7\n",
    "header.csv": "score,x1,y1,x2,y2\n0.9,0,0,10,10\n0.8,1,1,11,11\n0.7,20,20,30,30\n",
    "windows.csv": "\ufeffX1, Y1, X2, Y2, Score\r\n0,0,10,10,0.9\r\n\r\n1,1,11,11,.8\r\n2e1,20,30,30,0.7",
    "coco.json": json.dumps(
        [{"bbox": [x, y, u - x, v - y], "score": s} for (x, y, u, v), s in zip(ROWS, SCORES, strict=True)]
    ),
    "columns.json": json.dumps({"boxes": ROWS, "scores": SCORES, "model": "ours"}),
    "arrays.npz": npz(boxes=np.array(ROWS), scores=np.array(SCORES)),
    "SHOUTED.CSV": "0,0,10,10,0.9\n1,1,11,11,0.8\n20,20,30,30,0.7\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_every_form_gives_the_same_boxes(name, tmp_path):
    found = read_boxes(write(tmp_path, name, GOOD[name]), 64)
    assert found.boxes.tolist() == ROWS and found.scores.tolist() == SCORES
    assert found.labels is None and found.images is None


def test_classes_and_images_are_read(tmp_path):
    found = read_boxes(write(tmp_path, "a.csv", "0,0,1,1,0.5,a cat\n0,0,1,1,0.5,7\n"), 64)
    assert found.labels == ["a cat", "7"]
    entry = {"bbox": [0, 0, 1, 1], "score": 1, "category_id": 3, "image_id": "x"}
    found = read_boxes(write(tmp_path, "a.json", json.dumps([entry])), 64)
    assert (found.labels, found.images) == ([3], ["x"])
    found = read_boxes(write(tmp_path, "a.npz", npz(boxes=np.zeros((2, 4)), labels=np.array(["a", "b"]))), 64)
    assert (found.labels, found.scores) == (["a", "b"], None)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "x1,y1,x2,y2,score\n"),
        ("a.json", "[]"),
        ("a.json", '{"boxes": [], "scores": []}'),
        ("a.npz", npz(boxes=np.zeros((0, 4)), scores=np.zeros(0))),
    ],
)
def test_no_boxes_are_legal(name, content, tmp_path):
    found = read_boxes(write(tmp_path, name, content), 64)
    assert found.boxes.shape == (0, 4) and found.scores.shape == (0,)


def test_the_precision_is_that_of_the_file_or_the_one_asked_for(tmp_path):
    path = write(tmp_path, "a.npz", npz(boxes=np.ones((1, 4), np.float32), scores=np.ones(1)))
    assert read_boxes(path, 64).boxes.dtype == np.float32
    assert read_boxes(path, 64, ("float64", "float32")).boxes.dtype == np.float32
    found = read_boxes(path, 64, ("float64",))
    assert found.boxes.dtype == found.scores.dtype == np.float64
    assert read_boxes(write(tmp_path, "a.csv", "0,0,1,1,1"), 64).boxes.dtype == np.float64
    found = read_boxes(str(tmp_path / "a.csv"), 64, ("float32", "float64"))
    assert found.boxes.dtype == found.scores.dtype == np.float32


BAD = {
    "empty": ("a.csv", "", "the file is empty; wanted rows of x1,y1,x2,y2"),
    "blank": ("a.csv", "\n \n", "blank lines only"),
    "binary": ("a.csv", bytes(range(256)), "binary data came; wanted rows of"),
    "latin-1": (
        "a.csv",
        "0,0,1,1,0.5,a\n0,0,1,1,0.5,caf\xe9\n".encode("latin-1"),
        r"a.csv:2: byte 0xe9 is not UTF-8",
    ),
    "word": ("a.csv", "0,0,1,1,0.5\n0,0,one,1,0.5\n", "a.csv:2: 'one' came for x2; wanted a number"),
    "underscore": ("a.csv", "0,0,1_0,1,0.5\n", "a.csv:1: '1_0' came for x2"),
    "hole": ("a.csv", "0,0,1,,0.5\n", "a.csv:1: '' came for y2"),
    "too few": ("a.csv", "0,0,1\n", "a.csv:1: 3 cells came; wanted 4 to 6"),
    "too many": ("a.csv", "0,0,1,1,0.5,1,1\n", "a.csv:1: 7 cells came"),
    "ragged": ("a.csv", "0,0,1,1,0.5\n\n0,0,1,1\n", "a.csv:3: 4 cells came; wanted 5, x1,y1,x2,y2,score"),
    "semicolons": ("a.csv", "0;0;1;1;0.5\n", "a.csv:1: the header '0;0;1;1;0.5' came; wanted the columns x1"),
    "xywh": ("a.csv", "x,y,w,h,score\n0,0,1,1,0.5\n", "a.csv:1: the header 'x,y,w,h,score' came"),
    "column twice": ("a.csv", "x1,y1,x2,y2,x1\n", "a.csv:1: the header"),
    "second header": ("a.csv", "x1,y1,x2,y2\nx1,y1,x2,y2\n", "a.csv:2: 'x1' came for x1; wanted a number"),
    "open quote": ("a.csv", '0,0,1,1,0.5,"cat\n', "a.csv:1: unexpected end of data"),
    "extension": ("a.txt", "0,0,1,1,0.5\n", "the extension '.txt' came; wanted .csv, .json or .npz"),
    "no extension": ("boxes", "0,0,1,1,0.5\n", "the extension '' came"),
    "broken json": ("a.json", '[{"bbox":\n [0, 0,}]', "a.json:2: Expecting value, column 8; wanted JSON"),
    "deep json": ("a.json", "[" * 100000, "a.json: brackets nested too deep came; wanted COCO results"),
    "digits": ("a.json", "[" + "9" * 5000 + "]", "a.json: a number of thousands of digits came; wanted"),
    "number": ("a.json", "3", "a.json: 3 came; wanted COCO results"),
    "other object": (
        "a.json",
        '{"images": [], "annotations": []}',
        r'an object with \["images", "annotations"\] came',
    ),
    "no bbox": ("a.json", '[{"score": 1}]', 'entry 0 is {"score": 1}; wanted COCO results'),
    "short bbox": (
        "a.json",
        '[{"bbox": [1, 2, 3]}]',
        r'entry 0, "bbox" is \[1, 2, 3\]; wanted \[x, y, w, h\]',
    ),
    "text in bbox": ("a.json", '[{"bbox": [1, 2, 3, "4"]}]', 'value 3 is "4"; wanted a number'),
    "true in bbox": ("a.json", '[{"bbox": [1, 2, 3, true]}]', "value 3 is true; wanted a number"),
    "huge number": ("a.json", '[{"bbox": [1, 2, 3, 1' + "0" * 400 + "]}]", "holds a number beyond float64"),
    "score missing": (
        "a.json",
        '[{"bbox": [0,0,1,1], "score": 1}, {"bbox": [0,0,1,1]}]',
        'entry 1 has no "score"',
    ),
    "null score": ("a.json", '[{"bbox": [0,0,1,1], "score": null}]', "value 0 is null; wanted a number"),
    "list class": (
        "a.json",
        '[{"bbox": [0,0,1,1], "category_id": []}]',
        r'"category_id" 0 is \[\]; wanted a whole',
    ),
    "lengths": ("a.json", '{"boxes": [[0,0,1,1]], "scores": []}', r"scores is \[\]; wanted a list of 1"),
    "boxes object": ("a.json", '{"boxes": {}}', '"boxes" is {}; wanted a list'),
    "cut npz": ("a.npz", npz(boxes=np.ones((9, 4)), scores=np.ones(9))[:300], "not a readable npz file"),
    "text as npz": ("a.npz", "0,0,1,1", "not a readable npz file: 'File is not a zip file'"),
    "pickle": (
        "a.npz",
        npz(boxes=np.array([{}], object)),
        "not a readable npz file: 'Object arrays cannot be loaded",
    ),
    "other arrays": (
        "a.npz",
        npz(bboxes=np.ones((1, 4))),
        "it holds 'bboxes'; wanted arrays boxes and scores",
    ),
    "labels of floats": (
        "a.npz",
        npz(boxes=np.ones((1, 4)), labels=np.ones(1)),
        r"labels is float64 of shape \(1,\)",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_says_what_came_and_what_is_wanted(case, tmp_path):
    name, content, message = BAD[case]
    path = write(tmp_path, name, content)
    with pytest.raises(InputError, match=message) as raised:
        read_boxes(path, 64)
    assert str(raised.value).startswith(path)


@pytest.mark.parametrize("case", BAD)
def test_the_command_prints_one_line_and_ends_with_2(case, tmp_path, refdet):
    name, content, _ = BAD[case]
    done = refdet("nms", write(tmp_path, name, content))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("refdet nms: ") and done.err.count("\n") == 1 and len(done.err) < 500


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="a folder came; wanted a file"):
        read_boxes(str(tmp_path), 64)


def test_a_name_with_control_characters_is_shown_escaped(tmp_path):
    with pytest.raises(InputError) as raised:
        read_boxes(str(tmp_path / "a\x1b[31m\n.csv"), 64)
    assert "\\x1b" in str(raised.value) and str(raised.value).isprintable()
    with pytest.raises(InputError, match="null"):
        read_boxes("a\0b.csv", 64)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    with open(path, "wb") as file:
        file.truncate(3 * 2**30)  # sparse: no such space is used
    monkeypatch.setattr("builtins.open", lambda *args, **kwargs: pytest.fail("it was opened"))
    with pytest.raises(InputError, match="more than 64 MB; raise the limit with --max-mb"):
        read_boxes(str(path), 64)


def test_an_endless_file_is_read_up_to_the_limit():
    with pytest.raises(InputError, match="more than 0.1 MB"):
        read_boxes("/dev/zero", 0.1)


def test_an_npz_that_unpacks_to_too_much_is_refused(tmp_path):
    stream = io.BytesIO()
    np.savez_compressed(stream, boxes=np.zeros((2**18, 4)))
    path = write(tmp_path, "a.npz", stream.getvalue())
    assert len(stream.getvalue()) < 2**16
    with pytest.raises(InputError, match="unpacked: more than 1 MB"):
        read_boxes(path, 1)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf")])
def test_the_limit_must_be_finite_and_positive(limit):
    with pytest.raises(InputError, match="--max-mb: .* came; wanted a finite size above 0"):
        read_boxes("a.csv", limit)


@pytest.mark.parametrize("limit", [1e7, 1e13, 1e308])
@pytest.mark.parametrize("name", ["rows.csv", "arrays.npz"])
def test_a_limit_larger_than_memory_costs_no_memory(name, limit, tmp_path):
    assert read_boxes(write(tmp_path, name, GOOD[name]), limit).boxes.tolist() == ROWS


def test_the_standard_input_is_asked_for_a_piece_at_a_time(monkeypatch):
    asked = []

    class Endless:
        def read(self, count):
            asked.append(count)
            return b"0" * count

    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": Endless()}))
    with pytest.raises(InputError, match="<stdin>: more than 2.5 MB"):
        read_boxes("-", 2.5)
    assert max(asked) <= 2**20 and sum(asked) == 2.5 * 2**20 + 1


def test_a_row_costs_little_more_than_its_numbers(tmp_path):
    """A row of 5 numbers is 40 bytes; the table is there twice, and its text."""
    path = write(tmp_path, "a.csv", "10.25,20.25,30.25,40.25,0.5\n" * 10_000)
    tracemalloc.start()
    try:
        read_boxes(path, 64)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000 * 200


def test_brackets_that_can_be_read_can_be_shown(tmp_path):
    """Wherever the limit of the recursion is met, in the reader or in the message."""
    limit = sys.getrecursionlimit()
    for depth in range(limit - 100, limit + 10):
        with pytest.raises(InputError, match="wanted COCO results"):
            read_boxes(write(tmp_path, "a.json", "[" * depth + "]" * depth), 64)
