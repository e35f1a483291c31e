"""Selective search beside OpenCV's: recall on annotated photographs, and time. What docs/proposals quotes.

    python -m benchmarks.selective_search DATA        writes benchmarks/results/selective_search.json

DATA holds data sets as VOC lays them out (`cards/`, `bccd/`: JPEGImages, Annotations, ImageSets/Main/test.txt), and
`photos/astronaut_512.png`. Needs opencv-contrib-python and pillow. OpenCV gets the very image that refdet searches.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from benchmarks import machine
from refdet.proposals import segmentation_cpp, segmentation_fast
from refdet.proposals.recall import proposal_recall
from refdet.proposals.resampling import resized
from refdet.proposals.selective_search import new_size, selective_search

SETS = ("cards", "bccd")
WIDTH, TOP = 500, 2000
TOPS = (10, 30, 100, 300, 1000, 2000)
OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9)
ROUNDS = 7


def annotated(folder):
    """(image, boxes) of the test split, one after another."""
    from PIL import Image

    files = {path.stem: path for path in (folder / "JPEGImages").iterdir()}
    for stem in (folder / "ImageSets" / "Main" / "test.txt").read_text().split():
        root = ElementTree.parse(folder / "Annotations" / f"{stem}.xml").getroot()
        rows = [
            [float(box.findtext(side, "nan")) for side in ("xmin", "ymin", "xmax", "ymax")]
            for box in root.iter("bndbox")
        ]
        boxes = np.array(rows).reshape(-1, 4)
        has_area = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        yield np.asarray(Image.open(files[stem]).convert("RGB")), boxes[has_area]


def searched(image):
    """What refdet brings an image to before it searches, as bytes."""
    return np.rint(resized(image.astype(np.float32), *new_size(image.shape, WIDTH), antialias=True)).astype(
        np.uint8
    )


def refdet_search(image, kernels=segmentation_fast):
    """Boxes of the fast mode."""
    return selective_search(image, rng=np.random.default_rng(0), width=None, kernels=kernels)


def opencv_search(image, *first_k_and_step):
    """The same by OpenCV's fast mode; its own k are 150 and 300, those of refdet and of the paper 50 and 100."""
    import cv2

    cv2.setRNGSeed(0)
    search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    search.setBaseImage(np.ascontiguousarray(image[..., ::-1]))
    search.switchToSelectiveSearchFast(*first_k_and_step)
    corners = search.process().astype(np.float64)
    corners[:, 2:] += corners[:, :2]
    return corners


def recall_on(folder):
    """The numbers of one data set."""
    found, truth = {"refdet": [], "OpenCV": [], "OpenCV, k of 50 and 100": []}, []
    for image, boxes in annotated(folder):
        small = searched(image)
        truth.append(boxes * np.tile(np.divide(small.shape[1::-1], image.shape[1::-1]), 2))
        found["refdet"].append(refdet_search(small, segmentation_cpp))
        found["OpenCV"].append(opencv_search(small))
        found["OpenCV, k of 50 and 100"].append(opencv_search(small, 50, 50))
        print(folder.name, len(truth), *(len(boxes[-1]) for boxes in found.values()), flush=True)
    return {
        "images": len(truth),
        "boxes": sum(map(len, truth)),
        **{name: row(proposals, truth) for name, proposals in found.items()},
    }


def row(proposals, truth):
    """Recall of one search."""
    best = [boxes[:TOP] for boxes in proposals]
    return {
        "proposals per image": round(statistics.mean(map(len, proposals))),
        f"recall at 0.5 by {TOP}": round(proposal_recall(best, truth, 0.5), 4),
        "recall at 0.5 by number": dict(
            zip(
                map(str, TOPS),
                proposal_recall(proposals, truth, 0.5, top=TOPS).round(4).tolist(),
                strict=True,
            )
        ),
        f"recall by overlap, {TOP}": dict(
            zip(map(str, OVERLAPS), proposal_recall(best, truth, OVERLAPS).round(4).tolist(), strict=True)
        ),
    }


def times(photo):
    """Median process time in seconds on 500 x 375 pixels, one core, forms in turn."""
    import cv2
    from PIL import Image

    cv2.setNumThreads(1)
    image = np.asarray(Image.open(photo).convert("RGB"))[:375, :500]
    forms = {
        "refdet, NumPy": refdet_search,
        "refdet, segmentation in C++": lambda given: refdet_search(given, segmentation_cpp),
        "OpenCV": opencv_search,
        "segmentation, NumPy": lambda given: segmentation_fast.graph_segmentation(given, 100, min_size=100),
        "segmentation, C++": lambda given: segmentation_cpp.graph_segmentation(given, 100, min_size=100),
        "segmentation, OpenCV": lambda given: cv2.ximgproc.segmentation.createGraphSegmentation(
            0.8, 100, 100
        ).processImage(given),
    }
    spent = {name: [] for name in forms}
    for _ in range(ROUNDS):
        for name, form in forms.items():
            begin = time.process_time()
            form(image)
            spent[name].append(time.process_time() - begin)
    return {name: round(statistics.median(values), 4) for name, values in spent.items()}


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    result = {
        **machine.heading("python -m benchmarks.selective_search DATA"),
        "process seconds of 500 x 375 pixels": times(data / "photos" / "astronaut_512.png"),
        "recall": {name: recall_on(data / name) for name in SETS},
    }
    key = f"recall at 0.5 by {TOP}"
    for name, of_set in result["recall"].items():
        difference = of_set["refdet"][key] - of_set["OpenCV"][key]
        print(name, of_set, "difference", round(difference, 4))
    path = Path(__file__).parent / "results" / "selective_search.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
