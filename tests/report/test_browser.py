"""The page in a real browser, from a file: steps change what is shown, nothing is fetched."""

import numpy as np
import pytest

from refdet import batched_nms, batched_soft_nms, nms, roi_pool, soft_nms
from refdet.report import bars, curves, detections
from refdet.report.markup import Markup
from refdet.report.page import Page
from refdet.report.png import png

pytestmark = pytest.mark.slow

BOXES = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30.0]])
SCORES = np.array([0.9, 0.8, 0.7])
HOSTILE = '</script><img src=x onerror="window.harmed=1"><script>window.harmed=1</script>\'"&'

STEPS = """
const player = document.querySelector("refdet-player");
const note = () => player.querySelector(".note").textContent;
const press = (name) => player.querySelector(`[data-go=${name}]`).click();
const all = (what) => [...player.querySelectorAll(what)];
const fates = () => all("svg rect:not(.tag)").map((rect) => rect.getAttribute("class")).sort().join(" ");
const marked = () => all("mark").map((line) => line.textContent.trim().split(/ +/)[0]);
"""


@pytest.fixture
def page():
    page = Page("Two boxes")
    page.player(nms.trace(BOXES, SCORES, 0.5))
    return page


def test_every_step_shows_its_note_its_boxes_and_its_lines(page, browser):
    trace = nms.trace(BOXES, SCORES, 0.5)
    script = """
    const seen = [];
    for (let k = 0; k < 6; k++) { seen.push([note(), fates(), marked().at(-1)]); press("next"); }
    return seen;
    """
    seen, console = browser(page, STEPS + script)
    assert console == []
    notes = [f"{step.name}: {step.note}" for step in trace]
    assert [note for note, _, _ in seen] == [*notes, notes[-1]]  # the last step stays
    assert [fates for _, fates, _ in seen[:5]] == [
        "alive alive alive",
        "alive alive picked",
        "alive picked suppressed",
        "gone kept picked",
        "gone kept picked",
    ]
    assert [int(line) for _, _, line in seen[:5]] == [step.line for step in trace]


def test_soft_suppression_lowers_and_drops(browser):
    """IoU 1/2 of boxes 0 and 1; box 2 is a copy of box 0."""
    boxes, page = np.array([[0, 0, 4, 2], [0, 0, 4, 4], [0, 0, 4, 2.0]]), Page("Soft")
    page.player(soft_nms.trace(boxes, SCORES))
    script = """
    const seen = [];
    const texts = () => all("svg text").map((text) => text.textContent).sort();
    for (let k = 0; k < 8; k++) { seen.push([fates(), texts()]); press("next"); }
    return seen;
    """
    seen, console = browser(page, STEPS + script)
    assert console == []
    assert [fates for fates, _ in seen] == [
        "alive alive alive",
        "alive alive picked",
        "lowered lowered picked",
        "alive dropped picked",
        "gone kept picked",
        "gone kept picked",
        "gone kept picked",
        "gone kept picked",
    ]
    assert seen[0][1] == ["0: 0.90", "1: 0.80", "2: 0.70"] and "1: 0.40 of 0.80" in seen[2][1]
    page = Page("Soft, by class")
    page.player(batched_soft_nms.trace(boxes, SCORES, [0, 1, 1], method="gaussian"))
    seen, console = browser(page, STEPS + 'press("last"); return [note(), fates()];')
    assert console == [] and seen == ["merge: [0, 1, 2] are left, best to worst", "kept kept kept"]
    script = 'for (const name of ["last", "previous", "previous"]) press(name);'
    seen, console = browser(
        page, STEPS + script + 'return [note(), ...all("svg text").map((t) => t.textContent)];'
    )
    # Of class 1 = {1, 2}, IoU 1/2.
    note = "drop: boxes with less than 0.001 go: none (inside batched_soft_nms)"
    assert console == [] and seen == [note, "1: 0.80", "2: 0.42 of 0.70"]


def test_a_score_that_falls_by_less_than_a_label_shows_stands_there_once(browser):
    page = Page("Soft, hardly")
    page.player(soft_nms.trace([[0, 0, 10, 10], [0, 0, 10, 0.1]], [0.9, 0.45], method="gaussian"))
    seen, _ = browser(page, STEPS + 'press("last"); return all("svg text").map((t) => t.textContent);')
    assert seen == ["0: 0.90", "1: 0.45"]


def test_buttons_keys_and_play_move_between_the_steps(page, browser):
    script = """
    const seen = [];
    const key = (name) => player.dispatchEvent(new KeyboardEvent("keydown", { key: name }));
    const count = () => player.querySelector(".count").textContent;
    press("last"); seen.push(count());
    press("previous"); seen.push(count());
    press("first"); seen.push(count());
    key("ArrowRight"); key("ArrowRight"); seen.push(count());
    const source = player.querySelector(".source");
    source.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    seen.push(count());
    key("ArrowLeft"); seen.push(count());
    key("End"); seen.push(count());
    key("Home"); key("ArrowLeft"); seen.push(count());
    press("play");
    seen.push(player.querySelector("[data-go=play]").textContent);
    await new Promise((done) => setTimeout(done, 2500));
    seen.push(count());
    press("play");
    await new Promise((done) => setTimeout(done, 1500));
    seen.push(count(), player.querySelector("[data-go=play]").textContent);
    return seen;
    """
    seen, console = browser(page, STEPS + script)
    of = [f"step {k} of 5" for k in range(6)]
    assert seen == [of[5], of[4], of[1], of[3], of[3], of[2], of[5], of[1], "Pause", of[3], of[3], "Play"]
    assert console == []


def test_a_whole_report_is_quiet_narrow_and_harmless(browser):
    """Players beside each other, every drawing, hostile words everywhere, in 390 pixels and in the dark."""
    page = Page(HOSTILE)
    page.heading(HOSTILE)
    page.text(HOSTILE + "long" * 100)
    page.table([HOSTILE] * 9, [[HOSTILE] * 9], caption=HOSTILE)
    image = np.zeros((30, 40), np.uint8)
    drawing = detections.draw(image, BOXES, [HOSTILE] * 3, SCORES, right=[True, False, True], truths=BOXES)
    page.svg(drawing, HOSTILE)
    page.gallery([(drawing, HOSTILE)] * 5)
    page.svg(curves.draw({HOSTILE: ([0, 1], [1, 0])}, x=HOSTILE), HOSTILE)
    page.svg(bars.draw({HOSTILE: 1.0}, unit=HOSTILE), HOSTILE)
    page.image(image, HOSTILE)
    page.player(nms.trace(BOXES, SCORES, 0.5), image=image)
    page.player(batched_nms.trace(BOXES, SCORES, [0, 1, 0], 0.5))
    page.player(roi_pool.trace(np.zeros((1, 1, 4, 4)), [[0, 0, 0, 3, 3]], 2), view="source")
    page.player(roi_pool.trace(np.zeros((1, 1, 4, 4)), [], 2), view="source")
    script = """
    const players = [...document.querySelectorAll("refdet-player")];
    players[1].querySelector("[data-go=last]").click();
    const root = document.documentElement;
    return {
      harmed: window.harmed ?? null, title: document.title, width: innerWidth, page: root.scrollWidth,
      counts: players.map((one) => one.querySelector(".count").textContent),
      notes: players.map((one) => one.querySelector(".note").textContent.split(":")[0]),
      loaded: performance.getEntriesByType("resource").map((entry) => entry.name.slice(0, 5)),
      unnamed: [...document.querySelectorAll("svg")].filter((svg) => !svg.getAttribute("aria-label")).length,
      ground: getComputedStyle(document.body).backgroundColor,
    };
    """
    seen, console = browser(page, script, width=390, flags=["--blink-settings=preferredColorScheme=0"])
    assert console == []
    assert seen["harmed"] is None and seen["title"] == HOSTILE
    assert seen["width"] == 390 and seen["page"] <= 390
    assert seen["counts"] == ["step 1 of 5", "step 11 of 11", "step 1 of 3", ""]
    assert seen["notes"] == ["sort", "merge", "project", "no steps"]
    assert set(seen["loaded"]) <= {"data:"}
    assert seen["unnamed"] == 0
    assert seen["ground"] == "rgb(20, 23, 27)"


def test_labels_lie_over_all_boxes_on_filled_tags_apart_and_in_view(browser):
    """An edge behind the text would read as a minus sign: -0.68 as --0.68."""
    boxes = np.concatenate([BOXES, BOXES + 0.5, BOXES + [0, 3, 0, 3], BOXES + [6, 0, 0, 0]])
    trace = nms.trace(boxes, np.linspace(0.74, -1.9, 12), 0.9)
    page = Page("Labels")
    page.player(trace)
    page.player(trace, image=np.full((31, 31), 90, np.uint8))
    script = """
    const inside = (a, b, by) => a.left >= b.left - by && a.right <= b.right + by
      && a.top >= b.top - by && a.bottom <= b.bottom + by;
    const meet = (a, b) => a.left < b.right - 0.1 && b.left < a.right - 0.1
      && a.top < b.bottom - 0.1 && b.top < a.bottom - 0.1;
    return [...document.querySelectorAll("refdet-player")].flatMap((player) => {
      const seen = [];
      for (let k = 0; k < 4; k++, player.next()) {
        const svg = player.querySelector("svg");
        const marks = [...svg.querySelectorAll("rect, text")];
        const tags = marks.filter((mark) => mark.matches(".tag"));
        const texts = marks.filter((mark) => mark.matches("text"));
        const places = tags.map((tag) => tag.getBoundingClientRect());
        const fills = tags.map((tag) => getComputedStyle(tag));
        seen.push({
          labels: texts.map((text) => text.textContent),
          over: marks.findLastIndex((mark) => mark.matches("rect:not(.tag)")) < marks.indexOf(tags[0]),
          pairs: texts.every((text, t) => text.previousSibling === tags[t]
            && inside(text.getBoundingClientRect(), places[t], 1)),
          opaque: fills.every((style) => /^rgb[(]/.test(style.fill) && style.fillOpacity === "1"
            && style.stroke === "none"),
          legible: texts.every((text, t) => getComputedStyle(text).fill !== fills[t].fill),
          apart: places.every((a, t) => places.slice(t + 1).every((b) => !meet(a, b))),
          inView: places.every((place) => inside(place, svg.getBoundingClientRect(), 0.1)),
        });
      }
      return seen;
    });
    """
    for width in (1300, 390):
        seen, console = browser(page, script, width=width)
        assert console == []
        for step in seen:
            labels = step.pop("labels")
            assert len(labels) >= 5 and labels[0] == "0: 0.74"
            assert step == dict.fromkeys(step, True)


def test_a_narrow_screen_shows_every_column_and_breaks_no_number(browser):
    page = Page("Tables")
    page.table(["measure", "value"], [["the same, trained on shuffled labels (control)", "0.052 and 1"]] * 2)
    page.table(
        ["op", "by", "ms", "times the reference", "SHA-256", "bits"],
        [["roi_pool_with_argmax", "vectorized", "-351.32", "1,411.0", "4038dd760a7225a3", "equal"]],
    )
    page.table(["unbreakable"] * 9, [["unbreakable"] * 9])
    script = """
    const scrolls = [...document.querySelectorAll(".scroll")];
    const lines = (cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map((line) => line.top)).size;
    };
    return {
      right: [...scrolls[0].querySelectorAll("th, td")].map((cell) => cell.getBoundingClientRect().right),
      hidden: scrolls.map((one) => one.scrollWidth - one.clientWidth),
      numbers: [...document.querySelectorAll("td.number")].map(lines),
      long: [...document.querySelectorAll("td.long")].map(lines),
      words: [...scrolls[2].querySelectorAll("td")].map(lines),
      hint: scrolls.map((one) => getComputedStyle(one).backgroundAttachment),
    };
    """
    seen, _ = browser(page, script, width=390)
    assert max(seen["right"]) <= 390
    assert seen["hidden"][:2] == [0, 0] and seen["hidden"][2] > 0
    assert seen["numbers"] == [1, 1] and min(seen["long"]) > 1 and len(seen["long"]) == 2
    assert seen["words"] == [1] * 9
    assert set(seen["hint"]) == {"local, local, scroll, scroll"}  # a shade where a table goes on


def test_the_policy_refuses_a_picture_that_is_not_in_the_page(page, browser, tmp_path):
    white = np.full((3, 5), 255, np.uint8)
    (tmp_path / "beside.png").write_bytes(png(white))
    page.parts.append(Markup('<img src="beside.png" alt="planted">'))
    page.image(white, "inside")
    script = """
    await new Promise((done) => setTimeout(done, 500));
    return [...document.images].map((image) => image.naturalWidth);
    """
    seen, _ = browser(page, script)
    assert seen == [0, 5]
