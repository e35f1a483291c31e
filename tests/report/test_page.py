"""The page: valid, self-contained, harmless whatever stands in it, and there whole or not at all."""

import numpy as np
import pytest

from refdet import batched_nms, nms, roi_pool
from refdet.report import bars, curves, detections
from refdet.report.markup import Markup
from refdet.report.page import Page

BOXES = [[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]]
TRACE = nms.trace(BOXES, [0.9, 0.8, 0.7], 0.5)
IMAGE = np.arange(12, dtype=np.uint8).reshape(3, 4)
HOSTILE = "</script></svg><script>alert(1)</script>\"'&\x00\ud800 http://example.com"


def whole(word="plain"):
    """A page with every part, that word in all of them."""
    page = Page(word)
    page.heading(word)
    page.heading(word, level=3)
    page.text(word)
    page.table([word, "score"], [[word, 0.5], [word, 1]], caption=word)
    page.table([], [])
    page.svg(detections.draw(IMAGE, BOXES, [word] * 3, [1, 1, 1], truths=BOXES), word)
    page.gallery([(curves.draw({word: ([0, 1], [1, 0])}, x=word, y=word), word)] * 2)
    page.svg(bars.draw({word: 3.0}, unit=word), word)
    page.image(IMAGE, word)
    page.player(TRACE, image=IMAGE)
    page.player(batched_nms.trace(BOXES, [0.9, 0.8, 0.7], [0, 1, 0], 0.5))
    page.player(roi_pool.trace(np.zeros((1, 1, 2, 2)), [[0, 0, 0, 1, 1]], 1), view="source")
    return page


# By hand


def test_a_table_aligns_numbers_and_shortens_floats(document):
    page = Page("t")
    page.table(["op", "ms"], [["nms", 1 / 3], ["iou", 2]], caption="times")
    seen = document(page.html())
    assert [cell.get("class") for cell in seen.named("td")] == [None, "number", None, "number"]
    texts = [text for text in seen.texts if text.strip()]
    assert texts == ["t", "t", "times", "op", "ms", "nms", "0.333333", "iou", "2"]


def test_text_that_shows_a_number_is_aligned_like_one(document):
    page = Page("t")
    page.table(["a", "b", "c"], [["0.50", "1", True], ["1,234", "mean", False]])
    kinds = [cell.get("class") for cell in document(page.html()).named("td")]
    assert kinds == ["number", None, None] * 2


def test_only_words_as_long_as_a_hash_may_break(document):
    page = Page("t")
    page.table(["hash", "words"], [["4038dd760a7225a3", "trained on shuffled labels"]])
    assert [cell.get("class") for cell in document(page.html()).named("td")] == ["long", None]


def test_parts_stand_in_the_order_of_the_calls(document):
    page = Page("title")
    page.text("one")
    page.heading("two")
    page.text("three")
    texts = [text for text in document(page.html()).texts if text.strip()]
    assert texts == ["title", "title", "one", "two", "three"]


# Properties


@pytest.mark.parametrize("word", ["plain", HOSTILE])
def test_a_page_is_balanced_and_needs_nothing_from_outside(word, document):
    text = whole(word).html()
    seen = document(text)
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in seen.elements:
        assert attributes.get("src", "data:")[:5] == attributes.get("href", "data:")[:5] == "data:"
    assert "@import" not in text and "url(" not in text
    assert "://" not in text.replace("http://example.com", "")
    assert not {"object", "iframe", "embed", "base", "form"} & {tag for tag, _ in seen.elements}


def test_hostile_words_are_shown_and_never_run(document):
    plain, hostile = document(whole().html()), document(whole(HOSTILE).html())
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    events = [name for _, attributes in hostile.elements for name in attributes if name.startswith("on")]
    assert events == []
    shown = "</script></svg><script>alert(1)</script>\"'&\ufffd\ufffd http://example.com"
    assert hostile.texts.count(shown) >= 12


def test_every_picture_has_words_for_those_who_cannot_see_it(document):
    seen = document(whole().html())
    assert all(attributes.get("aria-label") for attributes in seen.named("svg"))
    assert all(attributes.get("alt") for attributes in seen.named("img"))
    assert all(attributes.get("aria-label") for attributes in seen.named("refdet-player"))
    buttons = {attributes["data-go"] for attributes in seen.named("button")}
    assert buttons == {"first", "previous", "play", "next", "last"}


def test_the_script_is_there_once_and_only_if_a_player_is(document):
    kinds = [attributes.get("type") for attributes in document(whole().html()).named("script")]
    assert kinds == ["application/json"] * 3 + [None]
    assert document(Page("no player").html()).named("script") == []


def test_the_same_calls_give_the_same_bytes():
    assert whole().html() == whole().html()


def test_write_replaces_the_file_whole(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    whole().write(path)
    assert path.read_text(encoding="utf-8") == whole().html()
    assert list(tmp_path.iterdir()) == [path]


# Bad input


def test_markup_of_others_is_no_drawing():
    with pytest.raises(TypeError, match="drawing: str came"):
        Page("t").svg("<svg><script>alert(1)</script></svg>", "caption")
    page = Page("t")
    page.svg(Markup("<svg></svg>"), "caption")
    assert "<svg></svg>" in page.html()


def test_rows_that_do_not_fit_the_header_are_refused():
    with pytest.raises(ValueError, match="rows: row 1 has 1 cells; wanted 2"):
        Page("t").table(["a", "b"], [[1, 2], [3]])


def test_a_heading_of_another_level_is_refused():
    with pytest.raises(ValueError, match="level: 1 came; wanted 2 or 3"):
        Page("t").heading("again", level=1)


def test_a_trace_without_fates_is_not_drawn_as_boxes():
    trace = roi_pool.trace(np.zeros((1, 1, 2, 2)), [[0, 0, 0, 1, 1]], 1)
    with pytest.raises(ValueError, match="view: roi_pool has no boxes that are kept or go; wanted 'source'"):
        Page("t").player(trace)
    with pytest.raises(ValueError, match="view: 'film' came"):
        Page("t").player(TRACE, view="film")
    with pytest.raises(TypeError, match="trace: list came"):
        Page("t").player([])
