"""``refdet iou``: the matrix, and what it refuses."""

import numpy as np
import pytest

from refdet import box_iou


def numbers(out):
    return [[float(word) for word in line.split()[1:]] for line in out.splitlines()[1:-1]]


def test_the_matrix_has_a_row_for_each_box_of_the_first_file(tmp_path, refdet):
    """Two squares of area 4 share 1 of 7; and with inclusive pixels, 4 of 14."""
    (tmp_path / "b.csv").write_text("1,1,3,3\n0,0,2,2\n9,9,9,9\n")
    done = refdet("iou", "-", tmp_path / "b.csv", stdin=b"0,0,2,2\n")
    assert done.code == 0
    assert done.out.splitlines() == [
        "               0         1         2",
        "     0  0.142857  1.000000  0.000000",
        "IoU of 1 by 3 boxes; profile refdet, float64",
    ]
    done = refdet("iou", "-", tmp_path / "b.csv", "--profile", "fast_rcnn", stdin=b"0,0,2,2\n")
    assert numbers(done.out)[0][0] == round(4 / 14, 6)


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("iou", 0.333333, "IoU"),
        ("giou", 0.083333, "GIoU"),
        ("diou", 0.270833, "DIoU"),
        ("ciou", 0.237082, "CIoU"),
    ],
)
def test_other_kinds_of_overlap(kind, value, name, tmp_path, refdet):
    """IOU-8."""
    (tmp_path / "b.csv").write_text("0,0,1,2\n")
    done = refdet("iou", "-", tmp_path / "b.csv", "--kind", kind, stdin=b"0,0,2,1\n")
    assert done.code == 0 and numbers(done.out) == [[value]]
    assert done.out.splitlines()[-1] == f"{name} of 1 by 1 boxes; profile refdet, float64"


def test_boxes_too_far_apart_for_a_distance_name_both_files(tmp_path, refdet):
    (tmp_path / "b.csv").write_text("1e200,0,1e200,1\n")
    done = refdet("iou", "-", tmp_path / "b.csv", "--kind", "diou", stdin=b"0,0,1,1\n")
    assert done.code == 2 and "b.csv: boxes2: row 0 is [1e+200, 0.0, 1e+200, 1.0], so far away" in done.err


def test_nms_9_against_itself(five, refdet):
    boxes = np.loadtxt(five, delimiter=",", skiprows=1)[:, :4]
    found = numbers(refdet("iou", five, five).out)
    assert found == box_iou(boxes, boxes).round(6).tolist()
    assert found[0][1] == 0.918164 and found[3][4] == 0.474919


def test_no_boxes_give_no_rows_or_no_columns(tmp_path, five, refdet):
    (tmp_path / "none.csv").write_text("x1,y1,x2,y2\n")
    assert len(refdet("iou", tmp_path / "none.csv", five).out.splitlines()) == 2
    assert numbers(refdet("iou", five, tmp_path / "none.csv").out) == [[]] * 5


def test_nan_is_printed_where_the_system_gives_it(refdet, tmp_path):
    (tmp_path / "b.csv").write_text("7,7,7,7\n")
    done = refdet("iou", "-", tmp_path / "b.csv", "--profile", "torchvision", stdin=b"7,7,7,7\n")
    assert done.code == 0 and done.err == "" and done.out.splitlines()[1].split()[-1] == "nan"


@pytest.mark.parametrize(
    ("profile", "dtype"),
    [
        ("refdet", "float64"),
        ("torchvision", "float32"),
        ("fast_rcnn", "float64"),
        ("onnx", "float32"),
        ("opencv", "float64"),
        ("coco", "float64"),
    ],
)
def test_the_precision_is_what_the_system_takes(profile, dtype, five, refdet):
    done = refdet("iou", five, five, "--profile", profile)
    assert done.out.splitlines()[-1] == f"IoU of 5 by 5 boxes; profile {profile}, {dtype}"
    for asked in ("float32", "float64"):
        done = refdet("iou", five, five, "--dtype", asked)
        assert done.out.splitlines()[-1].endswith(f"profile refdet, {asked}")


def test_bad_boxes_name_their_file(tmp_path, five, refdet):
    (tmp_path / "b.csv").write_text("0,0,nan,1\n")
    done = refdet("iou", five, tmp_path / "b.csv")
    assert done.code == 2 and "b.csv: boxes: row 0 is [0.0, 0.0, nan, 1.0]" in done.err


def test_the_standard_input_is_read_once(refdet):
    done = refdet("iou", "-", "-", stdin=b"0,0,1,1\n")
    assert (done.code, done.err) == (2, "refdet iou: - came twice; the standard input can be read once\n")
