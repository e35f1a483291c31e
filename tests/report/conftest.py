"""Reading a page back, and a browser to open it in."""

import html.parser
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

VOID = {"meta", "link", "img", "br", "hr", "input"}
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
    "--window-size=1300,1000", "--virtual-time-budget=5000", "--dump-dom",
]  # fmt: skip

ANSWER = ".catch(String).then((seen) => parent.postMessage(JSON.stringify(seen), '*'));"


class Document(html.parser.HTMLParser):
    """Elements as (tag, attributes), texts, and the contents of scripts; an unbalanced tag is an error."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.data, self.open = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"an attribute of <{tag}> stands twice"
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.data.append(data)
        elif self.open[-1:] != ["style"]:
            self.texts.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def players(self):
        """The data of every player."""
        scripts = zip(self.named("script"), self.data, strict=True)
        return [
            json.loads(data) for attributes, data in scripts if attributes.get("type") == "application/json"
        ]


@pytest.fixture
def document():
    return Document


@pytest.fixture
def browser(tmp_path):
    """``browser(page, script, width)``: what the script returns on that page, and what the console said."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("REFDET_REQUIRE_BROWSER") == "1":
            pytest.fail(f"a browser is required and none of {', '.join(PROGRAMS)} is there")
        pytest.skip("no Chromium")

    def visit(page, script, width=1300, flags=()):
        probe = f"<script>(async () => {{{script}}})(){ANSWER}</script></body>"
        (tmp_path / "page.html").write_text(page.html().replace("</body>", probe), encoding="utf-8")
        # A window is never narrower than 500 pixels, a frame may be.
        (tmp_path / "frame.html").write_text(
            "<!DOCTYPE html><title>frame</title><body><script>onmessage = (event) => "
            "{ document.documentElement.dataset.seen = event.data; };</script>"
            f'<iframe src="page.html" style="width:{width}px;height:900px;border:0"></iframe></body>'
        )
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        words = [program, *FLAGS, *flags, profile, f"file://{tmp_path}/frame.html"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=90)
        seen = Document(done.stdout.replace("<!DOCTYPE html>", "")).named("html")[0].get("data-seen")
        assert seen is not None, f"the page did not answer: {done.stderr[-2000:]}"
        return json.loads(seen), [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]

    return visit


@pytest.fixture
def assets():
    return Path(__file__).parents[2] / "refdet" / "report"
