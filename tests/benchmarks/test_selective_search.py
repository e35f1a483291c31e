"""What was measured of selective search keeps its bounds, and the page quotes it."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULT = json.loads((ROOT / "benchmarks" / "results" / "selective_search.json").read_text())
SECONDS = RESULT["process seconds of 500 x 375 pixels"]
AT_HALF = "recall at 0.5 by 2000"
PAGE = (ROOT / "docs" / "proposals" / "selective_search.md").read_text()


def test_a_photograph_takes_six_seconds_at_most():
    assert 0 < SECONDS["refdet, NumPy"] <= 6
    assert SECONDS["segmentation, OpenCV"] >= 1.8 * SECONDS["segmentation, C++"]


@pytest.mark.parametrize("name", RESULT["recall"])
def test_recall_is_within_a_twentieth_of_opencv(name):
    """Of OpenCV with the same k on both sides, and not below OpenCV as it comes."""
    of_set = RESULT["recall"][name]
    assert of_set["images"] >= 60 and of_set["boxes"] > 100
    assert abs(of_set["refdet"][AT_HALF] - of_set["OpenCV, k of 50 and 100"][AT_HALF]) <= 0.05
    assert of_set["refdet"][AT_HALF] >= of_set["OpenCV"][AT_HALF] - 0.05


def test_it_was_made_from_a_commit_on_a_known_machine():
    assert len(RESULT["commit"]) == 40 and RESULT["dirty"] is False
    assert RESULT["machine"]["processor"] and RESULT["versions"]["opencv-contrib-python-headless"]


def test_the_page_quotes_the_numbers():
    rows = {
        "refdet": "refdet",
        "OpenCV 5.0, k of 50 and 100": "OpenCV, k of 50 and 100",
        "OpenCV 5.0": "OpenCV",
    }
    for title, name in rows.items():
        cells = []
        for of_set in RESULT["recall"].values():
            row = of_set[name]
            recall = row["recall by overlap, 2000"]
            cells += [str(row["proposals per image"]), f"{recall['0.5']:.3f}", f"{recall['0.7']:.3f}"]
        assert f"| {title} | {' | '.join(cells)} |" in PAGE
    times = (f"{SECONDS['refdet, NumPy']:.1f} s", f"{SECONDS['refdet, segmentation in C++']:.2f} s")
    assert all(text in PAGE for text in times)
    page = (ROOT / "docs" / "proposals" / "segmentation.md").read_text()
    for name, digits in (("NumPy", 2), ("C++", 3), ("OpenCV", 3)):
        assert f"{SECONDS[f'segmentation, {name}']:.{digits}f} s" in page
