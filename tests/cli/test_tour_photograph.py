"""The tour's photograph: what is searched, and what the report shows of it."""

import re

import numpy as np
import pytest

from refdet.cli import tour_photograph
from refdet.data.photograph import load_photograph
from refdet.proposals.selective_search import selective_search
from refdet.report.page import Page


def scene():
    """40 rows and 50 columns, ten times smaller than what is searched: grey, a red and a blue rectangle."""
    image = np.full((40, 50, 3), 128, np.uint8)
    image[5:20, 5:20] = 200, 20, 20
    image[22:35, 25:45] = 20, 20, 200
    image += np.random.default_rng(0).integers(0, 9, image.shape, dtype=np.uint8)
    return image


@pytest.fixture(scope="module")
def found():
    return tour_photograph.search(scene(), 3, lambda *told: None)


@pytest.fixture(scope="module")
def html(found):
    page = Page("a tour")
    tour_photograph.section(page, found)
    return page.html()


# By hand


def test_the_photograph_is_searched_at_a_width_of_500_by_the_fast_mode(found):
    assert found.image.shape == (400, 500, 3) and found.labels.shape == (400, 500)
    again = selective_search(found.image, rng=np.random.default_rng(3), width=None)
    assert (found.boxes == again).all()
    for corners in ([50, 50, 200, 200], [250, 220, 450, 350]):
        assert (np.abs(found.boxes - corners) <= 8).all(axis=1).any()


def test_the_grouping_that_is_shown_ends_with_one_region(found):
    assert found.hierarchy.box[-1].tolist() == [0, 0, 500, 400]
    assert len(found.hierarchy.parts) == found.labels.max()
    assert set(found.seconds) == {"one segmentation", "one grouping", "the whole search"}
    assert all(seconds > 0 for seconds in found.seconds.values())


def test_the_section_shows_photograph_regions_merges_and_proposals_each_with_its_words(found, html):
    regions = int(found.labels.max()) + 1
    shown = [left for left in tour_photograph.LEFT if left < regions]
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html)
    alts = re.findall(r'<svg[^>]* aria-label="([^"]+)"', html)
    assert len(captions) == len(alts) == len(set(alts)) == 3 + len(shown) and shown
    assert captions[1].startswith(f"At the start: {regions} regions")
    for caption, left in zip(captions[2:-1], shown, strict=True):
        assert caption.startswith(f"After {regions - left} merges {left} regions are left.")
    assert f"all {len(found.boxes):,} go to a detector" in captions[-1]
    first, *_, last = re.findall(r"<svg.*?</svg>", html)
    assert last.count("<rect") == min(tour_photograph.BEST, len(found.boxes)) and first.count("<rect") == 0


def test_a_merge_is_drawn_with_the_box_of_the_region_that_it_made(found):
    drawing, caption = tour_photograph._merge(found, 4)
    box = found.hierarchy.box[-4]  # three more come: of 3, of 2 regions, and the whole image
    x, y, width, height = box[0], box[1], box[2] - box[0], box[3] - box[1]
    assert f'<rect x="{x}" y="{y}" width="{width}" height="{height}"' in drawing
    a, b = found.hierarchy.parts[-4]
    assert caption.endswith(f"The newest, {a} with {b}, gives a proposal of {width} x {height}")


def test_the_numbers_are_told_in_one_line(found):
    line = tour_photograph.numbers(found)
    assert line.startswith(
        f"photograph: {found.labels.max() + 1} regions in one segmentation, {len(found.boxes):,} "
    )


# Properties


def test_progress_ends_at_its_total():
    told = []
    tour_photograph.search(scene()[:9, :20], 0, lambda *message: told.append(message))
    assert told == [("photograph", done, 3) for done in (1, 2, 3)]


def test_the_photograph_is_installed_and_nothing_is_downloaded(monkeypatch):
    pytest.importorskip("skimage")
    import socket

    def refused(*args, **options):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refused)
    image = load_photograph()
    assert image.shape == (400, 600, 3) and image.dtype == np.uint8
