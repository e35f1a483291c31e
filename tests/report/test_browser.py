"""The page in a real browser, from a file: steps change what is shown, nothing is fetched."""

import numpy as np
import pytest

from refdet import batched_nms, nms, roi_pool
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
const fates = () => all("svg rect").map((rect) => rect.getAttribute("class")).sort().join(" ");
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
