"""Every published item of the specification has its function, its test and its page."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import status

FOUND = status.status()


@pytest.mark.parametrize("item", FOUND)
def test_item_has_function_test_and_page(item):
    assert [place for place in status.PLACES if not FOUND[item][place]] == []


def test_items_are_published():
    assert len(FOUND) >= 40


def test_ranges_are_spelled_out_and_other_words_are_not_items():
    assert status.mentioned("ROI-2 to ROI-4, IOU-1; UTF-8 and NMS-10") == {
        "ROI-2",
        "ROI-3",
        "ROI-4",
        "IOU-1",
        "NMS-10",
    }


def test_a_missing_page_is_seen(tmp_path, monkeypatch):
    (tmp_path / "docs" / "spec").mkdir(parents=True)
    (tmp_path / "docs" / "spec" / "x.md").write_text("## BOX-2 Planted\n")
    (tmp_path / "refdet").mkdir()
    (tmp_path / "refdet" / "x.py").write_text('"""BOX-2"""')
    monkeypatch.setattr(status, "ROOT", tmp_path)
    assert {place for place, files in status.status()["BOX-2"].items() if files} == {"function"}
    assert status.main([]) == 1
