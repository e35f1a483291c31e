"""The five boxes of NMS-9, step by step: a filmstrip (nms.png) and a page to click through (nms.html).

    python examples/nms_filmstrip.py [FOLDER]

Needs matplotlib for the filmstrip: pip install "refdet[viz]".
"""

import sys
from pathlib import Path

import numpy as np

from refdet import box_convert, nms, viz
from refdet.report.page import Page

BOXES = [
    [150, 200, 100, 150],
    [153, 202, 102, 148],
    [155, 205, 98, 145],
    [200, 300, 100, 150],
    [230, 290, 95, 140],
]
SCORES = [0.95, 0.92, 0.88, 0.40, 0.20]


def main(folder):
    """Write both files to `folder`."""
    trace = nms.trace(box_convert(np.array(BOXES), "cxcywh", "xyxy"), SCORES, 0.5)
    print(trace)
    print("kept:", trace.result)

    viz.filmstrip(trace, viz.nms.draw).savefig(folder / "nms.png")

    page = Page("Five boxes")
    page.text("Greedy non-maximum suppression at IoU 0.5 keeps boxes 0, 3 and 4.")
    page.player(trace)
    page.write(folder / "nms.html")
    print("wrote", folder / "nms.png", "and", folder / "nms.html")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
