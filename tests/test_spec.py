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


# Cited where a part of them is built; published when the whole is.
PARTLY = {
    "BOX-1": "detections alone; the types for classification and localisation come with their detectors",
    "C-11": "CIoU's alpha, targets of losses, proposals of a joint loss; matching and sampling have no tape yet",
    "PROP-5": "a pointer to the region proposal network, which comes with Faster R-CNN",
    "LOSS-24": "its weighted mean alone; DETR's total comes with its detector",
    "RCNN-9": "the scores alone; the whole of it comes with its detector",
    "ERR-27": "the squares alone; YOLOv1's sums come with its detector",
    "ERR-37": "the gradient, and the sizes as numbers of the sampler; joint training comes with its detector",
    "ERR-14": "the number alone; Fast R-CNN's batch comes with its detector",
    "SMP-2": "the sampler and the numbers; what is foreground (MAT-5) comes with Fast R-CNN",
    "SMP-3": "the same; the labels of anchors (MAT-6) come with the region proposal network",
    "SMP-4": "the same; the regions come with Faster R-CNN",
    "RCNN-4": "its batches alone; the network comes with its detector",
}


def test_what_the_package_cites_is_published_or_says_why_not():
    cited = set()
    for folder, pattern in (("refdet", "*.py"), ("docs", "*.md")):
        for path in (status.ROOT / folder).rglob(pattern):
            if "spec" not in path.relative_to(status.ROOT).parts:
                cited |= status.mentioned(path.read_text())
    assert cited - set(FOUND) == set(PARTLY)


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
